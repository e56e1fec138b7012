/* A picture in a terminal: two pixels a character, the upper one as foreground and the lower one as
 * background of a half-block. */
#ifndef CLI_DRAW_H
#define CLI_DRAW_H

#include "cli/image.h"
#include "cli/terminal.h"

/* Draws to stdout, at most as wide as the terminal (80 columns without one). Without colours, what
 * is brighter than half is drawn. */
bool image_draw(const struct image *image, const struct terminal *terminal, struct fault *fault);

#endif
