/* Pictures: samples of 0 to 255 in float32, one plane a channel, rows from the top. Transparent
 * ones have been put over white. */
#ifndef CLI_IMAGE_H
#define CLI_IMAGE_H

#include "cli/file.h"

enum { IMAGE_MAX_SIDE = 65535 };                        /* pixels */
static const size_t image_max_pixels = (size_t)1 << 28; /* 268 million: above any camera */

struct image {
    size_t width, height;
    unsigned channels; /* 1 (gray) or 3 (red, green, blue) */
    float *samples;    /* owned: channels * height * width */
};

/* True for the endings of pictures: png, jpg, jpeg, ppm, pgm, pnm. */
bool image_file_known(const char *path);
/* What the bytes are is seen from their beginning, not from the name. */
bool image_read(const char *path, struct image *out, struct fault *fault);
/* A picture without content; false when the sides are out of bounds. */
bool image_create(size_t width, size_t height, unsigned channels, struct image *out,
                  struct fault *fault);
void image_free(struct image *image);

/* The decoders, over a whole file. PNG and JPEG open libpng and libturbojpeg. */
bool pnm_decode(const struct bytes *bytes, struct image *out, struct fault *fault);
bool png_decode(const struct bytes *bytes, struct image *out, struct fault *fault);
bool jpeg_decode(const struct bytes *bytes, struct image *out, struct fault *fault);

/* One channel: 0.299 R + 0.587 G + 0.114 B. */
bool image_gray(struct image *image, struct fault *fault);
/* Turns a picture so that it stands upright: `orientation` 1 to 8 of EXIF (TIFF 6.0, tag 274). */
bool image_orient(struct image *image, unsigned orientation, struct fault *fault);

/* The whole picture laid on width x height pixels. */
bool image_resize(const struct image *image, size_t width, size_t height, struct image *out,
                  struct fault *fault);

#endif
