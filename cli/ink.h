/* Strokes on paper made ready for a model: models/README.md, "Ink". */
#ifndef CLI_INK_H
#define CLI_INK_H

#include <stdbool.h>
#include <stddef.h>

enum ink_kind { INK_AUTO, INK_DARK, INK_LIGHT };

#define INK_LEAST_CONTRAST 24.0 /* of 255; below it there is no ink */

/* Finds the ink in a gray picture of 0 to 255 and lays it, centred, on `out_width` x `out_height`
 * samples at `out`: 255 is ink, 0 is paper. False when there is none: then `out` is untouched.
 * `*contrast` receives the largest contrast, of 255, in both cases. */
bool ink_find(const float *gray, size_t width, size_t height, enum ink_kind kind, size_t out_width,
              size_t out_height, float *out, double *contrast);

#endif
