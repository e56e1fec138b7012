/* Log lines: formatted on the stack, cut at a fixed length. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void sdx_log(const sdx_logger *logger, sdx_log_level level, const char *format, ...) {
    if (!logger || !logger->write || level > logger->level) return;
    char line[2048];
    va_list args;
    va_start(args, format);
    const int counted = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (counted < 0) return;
    if ((size_t)counted >= sizeof line) memcpy(line + sizeof line - 4, "...", 4);
    logger->write(logger->user, level, line);
}
