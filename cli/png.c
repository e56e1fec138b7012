/* PNG through libpng's simplified interface, opened when a PNG is read. Its struct is declared
 * here, so that no header is needed to build. */
#include "cli/image.h"
#include "cli/memory.h"
#include "cli/os.h"

/* png_image of libpng 1.6, version 1 of its interface (png.h, "SIMPLIFIED API"). */
struct png {
    void *opaque;
    uint32_t version;
    uint32_t width, height, format, flags, colormap_entries;
    uint32_t warning_or_error; /* above 1: an error */
    char message[64];
};
enum {
    VERSION = 1,
    FORMAT_ALPHA = 1,
    FORMAT_COLOUR = 2,
    FORMAT_LINEAR = 4, /* 16 bits a sample, alpha multiplied in */
    FORMAT_COLOURMAP = 8,
};

struct library {
    int (*begin)(struct png *, const void *, size_t);
    int (*finish)(struct png *, const void *, void *, int32_t, void *);
    void (*free)(struct png *);
};

static bool load(struct library *out, struct fault *fault) {
    static const char *const names[] = {"libpng16.so.16",  "libpng16.so",  "libpng16.16.dylib",
                                        "libpng16-16.dll", "libpng16.dll", NULL};
    void *const library = os_library(names);
    if (library == NULL || !os_function(library, "png_image_begin_read_from_memory", &out->begin) ||
        !os_function(library, "png_image_finish_read", &out->finish) ||
        !os_function(library, "png_image_free", &out->free)) {
        return fault_code(fault, SDX_UNSUPPORTED,
                          "PNG needs libpng (libpng16.so.16), which cannot be loaded; %s or "
                          "convert to PPM",
                          os_library_advice("install libpng16-16"));
    }
    return true;
}

/* Samples over white. 8 bits: colour and alpha apart; 16 bits: the colour has its alpha in it
 * already. */
static void put_over_white(const void *pixels, bool wide, struct image *out) {
    const unsigned channels = out->channels;
    const unsigned stride = channels + 1;
    const size_t n = out->width * out->height;
    for (size_t i = 0; i < n; i++) {
        for (unsigned c = 0; c < channels; c++) {
            float *const to = &out->samples[c * n + i];
            if (wide) {
                const uint16_t *const at = (const uint16_t *)pixels + i * stride;
                *to = (float)(((double)at[c] + 65535.0 - (double)at[channels]) / 257);
            } else {
                const unsigned char *const at = (const unsigned char *)pixels + i * stride;
                *to =
                    (float)(((double)at[c] * at[channels] + 255.0 * (255.0 - at[channels])) / 255);
            }
        }
    }
}

static bool refuse(const struct png *png, struct fault *fault) {
    return fault_code(fault, SDX_INVALID_ARGUMENT, "PNG: %.63s", png->message);
}

static bool decode(const struct library *library, struct png *png, bool wide, struct image *out,
                   struct fault *fault) {
    const unsigned channels = (png->format & FORMAT_COLOUR) != 0 ? 3 : 1;
    struct image image = {0};
    if (!image_create(png->width, png->height, channels, &image, fault)) {
        return false;
    }
    png->format = FORMAT_ALPHA | (channels == 3 ? FORMAT_COLOUR : 0u) | (wide ? FORMAT_LINEAR : 0u);
    void *const pixels = mem_new(image.width * image.height * (channels + 1), wide ? 2 : 1);
    const bool good =
        library->finish(png, NULL, pixels, 0, NULL) != 0 && png->warning_or_error <= 1;
    if (good) {
        put_over_white(pixels, wide, &image);
        *out = image;
    } else {
        image_free(&image);
        refuse(png, fault);
    }
    mem_free(pixels);
    return good;
}

bool png_decode(const struct bytes *bytes, struct image *out, struct fault *fault) {
    struct library library;
    struct png png = {.version = VERSION};
    if (!load(&library, fault)) {
        return false;
    }
    if (library.begin(&png, bytes->ptr, bytes->size) == 0) {
        refuse(&png, fault);
        library.free(&png);
        return false;
    }
    const bool wide =
        bytes->size > 24 &&
        bytes->ptr[24] ==
            16; /* bit depth in IHDR, the first chunk; libpng has checked that it is there */
    const bool good = decode(&library, &png, wide, out, fault);
    library.free(&png);
    return good;
}
