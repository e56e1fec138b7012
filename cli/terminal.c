/* terminal.h: decided once for each command. */
#include "cli/terminal.h"

#include <stdlib.h>
#include <string.h>

#include "cli/os.h"

struct terminal terminal_look(bool plain) {
    const char *const no_colour = getenv("NO_COLOR");
    const char *const term = getenv("TERM");
    const char *const depth = getenv("COLORTERM");
    if (plain || !os_is_terminal(1)) {
        return (struct terminal){0};
    }
    const bool dumb = term == NULL || strcmp(term, "dumb") == 0;
    return (struct terminal){.colour = !dumb && (no_colour == NULL || no_colour[0] == 0),
                             .all_colours = depth != NULL && (strcmp(depth, "truecolor") == 0 ||
                                                              strcmp(depth, "24bit") == 0),
                             .columns = os_columns()};
}

const char *terminal_paint(const struct terminal *terminal, enum paint paint) {
    static const char *const sequences[] = {
        [PAINT_PLAIN] = "\033[0m", [PAINT_BOLD] = "\033[1m",   [PAINT_DIM] = "\033[2m",
        [PAINT_RED] = "\033[31m",  [PAINT_GREEN] = "\033[32m", [PAINT_YELLOW] = "\033[33m",
    };
    return terminal->colour ? sequences[paint] : "";
}
