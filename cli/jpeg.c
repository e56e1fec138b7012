/* JPEG through libjpeg-turbo's own interface (libturbojpeg), opened when a JPEG is read: unlike
 * that of libjpeg it passes no structs. The orientation that a camera notes in EXIF is read here.
 */
#include <string.h>

#include "cli/image.h"
#include "cli/memory.h"
#include "cli/os.h"

enum {
    PIXELS_RGB = 0,
    PIXELS_GRAY = 6,
    COLOURS_GRAY = 2,
    COLOURS_CMYK = 3,
    FLAG_ACCURATE_DCT = 4096
}; /* turbojpeg.h */

struct library {
    void *(*open)(void);
    int (*header)(void *, const unsigned char *, unsigned long, int *, int *, int *, int *);
    int (*decompress)(void *, const unsigned char *, unsigned long, unsigned char *, int, int, int,
                      int, int);
    char *(*message)(void *);
    int (*close)(void *);
};

static bool load(struct library *out, struct fault *fault) {
    static const char *const names[] = {"libturbojpeg.so.0",    "libturbojpeg.so",
                                        "libturbojpeg.0.dylib", "libturbojpeg.dll",
                                        "turbojpeg.dll",        NULL};
    void *const library = os_library(names);
    if (library == NULL || !os_function(library, "tjInitDecompress", &out->open) ||
        !os_function(library, "tjDecompressHeader3", &out->header) ||
        !os_function(library, "tjDecompress2", &out->decompress) ||
        !os_function(library, "tjGetErrorStr2", &out->message) ||
        !os_function(library, "tjDestroy", &out->close)) {
        return fault_code(fault, SDX_UNSUPPORTED,
                          "JPEG needs libjpeg-turbo (libturbojpeg.so.0), which cannot be loaded; "
                          "%s or convert to PPM",
                          os_library_advice("install libturbojpeg0"));
    }
    return true;
}

/* ---- EXIF ---- */

static size_t number(const unsigned char *at, size_t n, bool little) {
    size_t value = 0;
    for (size_t i = 0; i < n; i++) {
        value = value << 8 | at[little ? n - 1 - i : i];
    }
    return value;
}

/* Tag 274 of the first directory of a TIFF block; 1 (upright) when there is none. */
static unsigned tiff_orientation(const unsigned char *tiff, size_t size) {
    if (size < 8 || (memcmp(tiff, "II", 2) != 0 && memcmp(tiff, "MM", 2) != 0)) {
        return 1;
    }
    const bool little = tiff[0] == 'I';
    const size_t directory = number(tiff + 4, 4, little);
    if (directory > size || size - directory < 2) {
        return 1;
    }
    const size_t n = number(tiff + directory, 2, little);
    for (size_t i = 0; i < n && size - directory - 2 >= 12 * (i + 1); i++) {
        const unsigned char *const entry = tiff + directory + 2 + 12 * i;
        if (number(entry, 2, little) == 274) {
            return (unsigned)number(entry + 8, 2, little);
        }
    }
    return 1;
}

/* Segments are 0xff, a mark, a length of two bytes that counts itself; APP1 with "Exif" is what is
 * looked for. */
static unsigned exif_orientation(const struct bytes *bytes) {
    size_t at = 2;
    while (bytes->size - at >= 4 && bytes->ptr[at] == 0xff) {
        const size_t len = number(bytes->ptr + at + 2, 2, false);
        const bool scan = bytes->ptr[at + 1] == 0xda;
        if (scan || len < 2 || len > bytes->size - at - 2) {
            return 1;
        }
        const unsigned char *const data = bytes->ptr + at + 4;
        if (bytes->ptr[at + 1] == 0xe1 && len >= 8 && memcmp(data, "Exif\0\0", 6) == 0) {
            return tiff_orientation(data + 6, len - 8);
        }
        at += 2 + len;
    }
    return 1;
}

/* ---- picture ---- */

static bool refuse(const struct library *library, void *handle, struct fault *fault) {
    return fault_code(fault, SDX_INVALID_ARGUMENT, "JPEG: %s", library->message(handle));
}

static bool decode(const struct library *library, void *handle, const struct bytes *bytes,
                   struct image *out, struct fault *fault) {
    int width = 0;
    int height = 0;
    int sampling = 0;
    int colours = 0;
    struct image image = {0};
    if (library->header(handle, bytes->ptr, (unsigned long)bytes->size, &width, &height, &sampling,
                        &colours) != 0) {
        return refuse(library, handle, fault);
    }
    if (colours >= COLOURS_CMYK) {
        return fault_code(fault, SDX_UNSUPPORTED,
                          "JPEG: the colours are CMYK, expected gray or RGB; convert the picture");
    }
    const bool gray = colours == COLOURS_GRAY;
    if (width < 1 || height < 1 ||
        !image_create((size_t)width, (size_t)height, gray ? 1 : 3, &image, fault)) {
        return width >= 1 && height >= 1 ? false : refuse(library, handle, fault);
    }
    const size_t n = image.width * image.height * image.channels;
    unsigned char *const pixels = mem_new(n, 1);
    const bool good =
        library->decompress(handle, bytes->ptr, (unsigned long)bytes->size, pixels, width, 0,
                            height, gray ? PIXELS_GRAY : PIXELS_RGB, FLAG_ACCURATE_DCT) == 0;
    for (size_t i = 0; good && i < n; i++) {
        image.samples[i % image.channels * (n / image.channels) + i / image.channels] =
            (float)pixels[i];
    }
    mem_free(pixels);
    if (!good) {
        image_free(&image);
        return refuse(library, handle, fault);
    }
    *out = image;
    return true;
}

bool jpeg_decode(const struct bytes *bytes, struct image *out, struct fault *fault) {
    struct library library;
    if (!load(&library, fault)) {
        return false;
    }
    void *const handle = library.open();
    if (handle == NULL) {
        return fault_code(fault, SDX_OUT_OF_MEMORY, "JPEG: libturbojpeg does not start");
    }
    const bool good = decode(&library, handle, bytes, out, fault);
    (void)library.close(handle);
    return good && image_orient(out, exif_orientation(bytes), fault);
}
