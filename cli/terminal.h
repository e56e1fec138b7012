/* What stands behind stdout, and colours for it. */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include "cli/text.h"

struct terminal {
    bool colour; /* a terminal, and the environment has no NO_COLOR and no
                    TERM=dumb */
    bool
        all_colours; /* 24 bits each, as COLORTERM=truecolor or 24bit says; else only xterm's 256 */
    unsigned columns; /* 0: no terminal */
};

/* `plain` (--json): no colour and no width whatever stdout is. */
struct terminal terminal_look(bool plain);

enum paint { PAINT_PLAIN, PAINT_BOLD, PAINT_DIM, PAINT_RED, PAINT_GREEN, PAINT_YELLOW };
/* The sequence that switches to `paint`, "" without colours. */
const char *terminal_paint(const struct terminal *terminal, enum paint paint);

#endif
