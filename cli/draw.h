/* A picture in a terminal: two pixels a character, the upper one as foreground and the lower one as
 * background of a half-block. */
#ifndef CLI_DRAW_H
#define CLI_DRAW_H

#include "cli/block.h"
#include "cli/image.h"

/* Adds the lines of the drawing, at most as wide as the terminal (80 columns without one). Without
 * colours, what is brighter than half is drawn. */
bool image_draw(const struct image *image, const struct terminal *terminal, struct block *block,
                struct fault *fault);

#endif
