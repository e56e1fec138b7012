/* image.h: reading, gray, orientation. */
#include "cli/image.h"

#include <string.h>

#include "cli/memory.h"
#include "cli/resize.h"
#include "cli/value_file.h"

bool image_file_known(const char *path) {
    static const char *const endings[] = {"png", "jpg", "jpeg", "ppm", "pgm", "pnm"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (path_ends(path, endings[i])) {
            return true;
        }
    }
    return false;
}

bool image_create(size_t width, size_t height, unsigned channels, struct image *out,
                  struct fault *fault) {
    if (width < 1 || height < 1 || width > IMAGE_MAX_SIDE || height > IMAGE_MAX_SIDE ||
        width * height > image_max_pixels) {
        return fault_code(
            fault, SDX_LIMIT,
            "the picture has %zu x %zu pixels, expected sides of 1 to %d and at most %zu pixels",
            width, height, (int)IMAGE_MAX_SIDE, image_max_pixels);
    }
    *out =
        (struct image){width, height, channels, mem_new(width * height * channels, sizeof(float))};
    return true;
}

void image_free(struct image *image) {
    mem_free(image->samples);
    *image = (struct image){0};
}

static bool begins(const struct bytes *bytes, const char *magic, size_t len) {
    return bytes->size >= len && memcmp(bytes->ptr, magic, len) == 0;
}

bool image_read(const char *path, struct image *out, struct fault *fault) {
    struct bytes bytes = {0};
    if (!file_read(path, &bytes, fault)) {
        return false;
    }
    bool good;
    if (begins(&bytes, "\x89PNG\r\n\x1a\n", 8)) {
        good = png_decode(&bytes, out, fault);
    } else if (begins(&bytes, "\xff\xd8\xff", 3)) {
        good = jpeg_decode(&bytes, out, fault);
    } else if (begins(&bytes, "P", 1)) {
        good = pnm_decode(&bytes, out, fault);
    } else {
        good = fault_code(fault, SDX_UNSUPPORTED, "the bytes are no PNG, JPEG, PPM or PGM");
    }
    bytes_free(&bytes);
    return good || fault_in(fault, "picture '%s'", path);
}

bool image_gray(struct image *image, struct fault *fault) {
    struct image gray;
    if (image->channels == 1) {
        return true;
    }
    if (!image_create(image->width, image->height, 1, &gray, fault)) {
        return false;
    }
    const size_t n = image->width * image->height;
    const float *const rgb = image->samples;
    for (size_t i = 0; i < n; i++) {
        gray.samples[i] = (float)(0.299 * (double)rgb[i] + 0.587 * (double)rgb[n + i] +
                                  0.114 * (double)rgb[2 * n + i]);
    }
    image_free(image);
    *image = gray;
    return true;
}

/* EXIF: 2 mirrored, 3 upside down, 4 both, 5 to 8 with rows and columns exchanged. */
bool image_orient(struct image *image, unsigned orientation, struct fault *fault) {
    const bool swap = orientation >= 5;
    const bool right = orientation == 2 || orientation == 3 || orientation == 7 ||
                       orientation == 8; /* the source's x runs backwards */
    const bool down = orientation == 3 || orientation == 4 || orientation == 6 ||
                      orientation == 7; /* its y does */
    struct image turned;
    if (orientation < 2 || orientation > 8) {
        return true;
    }
    const size_t width = image->width;
    const size_t height = image->height;
    if (!image_create(swap ? height : width, swap ? width : height, image->channels, &turned,
                      fault)) {
        return false;
    }
    const size_t n = width * height;
    for (size_t y = 0; y < turned.height; y++) {
        for (size_t x = 0; x < turned.width; x++) {
            const size_t along = swap ? y : x;
            const size_t across = swap ? x : y;
            const size_t from_x = right ? width - 1 - along : along;
            const size_t from_y = down ? height - 1 - across : across;
            for (unsigned c = 0; c < image->channels; c++) {
                turned.samples[c * n + y * turned.width + x] =
                    image->samples[c * n + from_y * width + from_x];
            }
        }
    }
    image_free(image);
    *image = turned;
    return true;
}

bool image_resize(const struct image *image, size_t width, size_t height, struct image *out,
                  struct fault *fault) {
    struct image resized = {0};
    if (!image_create(width, height, image->channels, &resized, fault)) {
        return false;
    }
    for (unsigned c = 0; c < image->channels; c++) {
        resize_whole(image->samples + c * image->width * image->height, image->width, image->height,
                     width, height, resized.samples + c * width * height);
    }
    *out = resized;
    return true;
}
