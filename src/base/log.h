/* Log lines to the callback of whoever asked for them; silent without one. */
#ifndef SDX_BASE_LOG_H
#define SDX_BASE_LOG_H

#include "base/status.h"

typedef struct sdx_logger {
    sdx_log_fn *write; /* NULL: silent */
    void *user;
    sdx_log_level level; /* lines above it are dropped */
} sdx_logger;

void sdx_log(const sdx_logger *logger, sdx_log_level level, const char *format, ...)
    SDX_PRINTF(3, 4);

#endif
