/* zip.h: writing, members stored. Archives stay below 4 GiB, where no 64-bit fields are needed. */
#include <string.h>

#include "cli/crc.h"
#include "cli/zip.h"

static void put(struct text *out, uint64_t value, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const unsigned char byte = (unsigned char)(value >> (8 * i));
        text_bytes(out, &byte, 1);
    }
}

/* What the header before the data and the directory entry have in common: version needed to the
 * length of the name. */
static void put_common(struct text *out, const char *name, uint32_t crc, size_t size) {
    put(out, 20, 2);         /* version needed */
    put(out, 0x0800, 2);     /* names are UTF-8 */
    put(out, 0, 2);          /* stored */
    put(out, 0, 2);          /* time: none, so that equal contents give equal archives */
    put(out, 1 << 5 | 1, 2); /* date: 1980-01-01, the earliest */
    put(out, crc, 4);
    put(out, size, 4);
    put(out, size, 4);
    put(out, strlen(name), 2);
    put(out, 0, 2); /* extra fields */
}

bool zip_add(struct zip_out *zip, const char *name, const void *bytes, size_t size,
             struct fault *fault) {
    const size_t offset = zip->archive.len;
    const uint32_t crc = crc32_of(bytes, size);
    if (size > UINT32_MAX / 2 || offset > UINT32_MAX / 2 || strlen(name) > UINT16_MAX ||
        zip->n == UINT16_MAX) {
        return fault_code(
            fault, SDX_UNSUPPORTED,
            "npz: archives over 2 GiB are not written; write one .npy for each output");
    }
    text_bytes(&zip->archive, "PK\3\4", 4);
    put_common(&zip->archive, name, crc, size);
    text_bytes(&zip->archive, name, strlen(name));
    text_bytes(&zip->archive, bytes, size);
    text_bytes(&zip->directory, "PK\1\2", 4);
    put(&zip->directory, 20, 2); /* version made by */
    put_common(&zip->directory, name, crc, size);
    put(&zip->directory, 0, 2); /* comment */
    put(&zip->directory, 0, 2); /* disk */
    put(&zip->directory, 0, 2); /* internal attributes */
    put(&zip->directory, 0, 4); /* external attributes */
    put(&zip->directory, offset, 4);
    text_bytes(&zip->directory, name, strlen(name));
    zip->n++;
    return true;
}

void zip_end(struct zip_out *zip) {
    const size_t offset = zip->archive.len;
    text_bytes(&zip->archive, zip->directory.ptr, zip->directory.len);
    text_bytes(&zip->archive, "PK\5\6", 4);
    put(&zip->archive, 0, 4); /* disks */
    put(&zip->archive, zip->n, 2);
    put(&zip->archive, zip->n, 2);
    put(&zip->archive, zip->directory.len, 4);
    put(&zip->archive, offset, 4);
    put(&zip->archive, 0, 2); /* comment */
}

void zip_out_free(struct zip_out *zip) {
    text_free(&zip->archive);
    text_free(&zip->directory);
    zip->n = 0;
}
