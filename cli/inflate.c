/* Deflate through zlib, which is opened when the first compressed file is read: the command does
 * not depend on it otherwise. */
#include <limits.h>

#include "cli/os.h"
#include "cli/zip.h"

/* z_stream of zlib.h, whose layout is part of zlib's ABI since 1.0 and is checked by inflateInit2_
 * through its size. */
struct stream {
    const unsigned char *next_in;
    unsigned avail_in;
    unsigned long total_in;
    unsigned char *next_out;
    unsigned avail_out;
    unsigned long total_out;
    const char *msg;
    void *state;
    void *(*zalloc)(void *, unsigned, unsigned);
    void (*zfree)(void *, void *);
    void *opaque;
    int data_type;
    unsigned long adler;
    unsigned long reserved;
};
enum { STREAM_END = 1, NO_FLUSH = 0, RAW_DEFLATE = -15 };

struct zlib {
    int (*init)(struct stream *, int, const char *, int);
    int (*inflate)(struct stream *, int);
    int (*end)(struct stream *);
};

static bool load(struct zlib *out, struct fault *fault) {
    static const char *const names[] = {"libz.so.1", "libz.so", "libz.1.dylib", "zlib1.dll", NULL};
    void *const library = os_library(names);
    if (library == NULL || !os_function(library, "inflateInit2_", &out->init) ||
        !os_function(library, "inflate", &out->inflate) ||
        !os_function(library, "inflateEnd", &out->end)) {
        return fault_code(
            fault, SDX_UNSUPPORTED,
            "the file is compressed and zlib (libz.so.1) cannot be loaded; %s or save "
            "without compression",
            os_library_advice("install zlib1g"));
    }
    return true;
}

static unsigned chunk(size_t left) { return left > UINT_MAX / 2 ? UINT_MAX / 2 : (unsigned)left; }

bool inflate_bytes(const void *packed, size_t packed_size, void *out, size_t size,
                   struct fault *fault) {
    struct zlib zlib;
    struct stream stream = {.next_in = packed, .next_out = out};
    if (!load(&zlib, fault)) {
        return false;
    }
    if (zlib.init(&stream, RAW_DEFLATE, "1.2.11", (int)sizeof stream) != 0) {
        return fault_code(fault, SDX_UNSUPPORTED,
                          "zlib refuses to start; its version does not fit");
    }
    size_t in_left = packed_size;
    size_t out_left = size;
    int state = 0;
    while (state == 0) {
        const unsigned in = chunk(in_left);
        const unsigned room = chunk(out_left);
        stream.avail_in = in;
        stream.avail_out = room;
        state = zlib.inflate(&stream, NO_FLUSH);
        in_left -= in - stream.avail_in;
        out_left -= room - stream.avail_out;
        if (state == 0 && in == stream.avail_in && room == stream.avail_out) {
            break; /* neither input nor room: the data are longer or shorter than they say */
        }
    }
    (void)zlib.end(&stream);
    return (state == STREAM_END && out_left == 0) ||
           fault_code(fault, SDX_INVALID_ARGUMENT, "the compressed data are damaged");
}
