/* terminal.h: decided once for each command. */
#include "cli/terminal.h"

#include <stdlib.h>

#include "cli/os.h"

struct terminal terminal_look(bool plain) {
    const char *const no_colour = getenv("NO_COLOR");
    if (plain || !os_is_terminal(1)) {
        return (struct terminal){0};
    }
    const enum os_colours colours = os_colours();
    return (struct terminal){.colour = colours != OS_NO_COLOURS &&
                                       (no_colour == NULL || no_colour[0] == 0),
                             .all_colours = colours == OS_ALL_COLOURS,
                             .columns = os_columns()};
}

const char *terminal_paint(const struct terminal *terminal, enum paint paint) {
    static const char *const sequences[] = {
        [PAINT_PLAIN] = "\033[0m", [PAINT_BOLD] = "\033[1m",   [PAINT_DIM] = "\033[2m",
        [PAINT_RED] = "\033[31m",  [PAINT_GREEN] = "\033[32m", [PAINT_YELLOW] = "\033[33m",
    };
    return terminal->colour ? sequences[paint] : "";
}
