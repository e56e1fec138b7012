/* ZIP archives as NumPy makes them (.npz): members stored or deflated, with the 64-bit extension.
 */
#ifndef CLI_ZIP_H
#define CLI_ZIP_H

#include "cli/file.h"

struct zip_member {
    sdx_str name;        /* borrowed from the archive */
    unsigned method;     /* 0 stored, 8 deflated */
    uint32_t crc;        /* of the content */
    size_t packed, size; /* bytes in the archive and of the content */
    size_t data;         /* offset in the archive */
};

struct zip {
    const unsigned char *bytes; /* borrowed */
    size_t size;
    struct zip_member *members; /* owned */
    size_t n;
};

/* Reads the directory of an archive; every offset and size is inside it afterwards. */
bool zip_open(const void *bytes, size_t size, struct zip *out, struct fault *fault);
void zip_close(struct zip *zip);
/* The content of a member, checked by its CRC. Deflated ones need zlib. */
bool zip_read(const struct zip *zip, const struct zip_member *member, struct bytes *out,
              struct fault *fault);

/* An archive that is being made: add members, then end it. */
struct zip_out {
    struct text archive, directory; /* owned */
    size_t n;
};
bool zip_add(struct zip_out *zip, const char *name, const void *bytes, size_t size,
             struct fault *fault);
void zip_end(struct zip_out *zip);
void zip_out_free(struct zip_out *zip);

/* Inflates raw deflate data of exactly `size` bytes by zlib, which is loaded for it. */
bool inflate_bytes(const void *packed, size_t packed_size, void *out, size_t size,
                   struct fault *fault);

#endif
