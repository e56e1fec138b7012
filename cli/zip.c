/* zip.h: reading through the central directory (PKWARE APPNOTE 4.3). */
#include "cli/zip.h"

#include <string.h>

#include "cli/crc.h"
#include "cli/memory.h"

enum {
    END_SIZE = 22,     /* of the record that ends an archive */
    END64_SIZE = 56,   /* of its 64-bit form */
    LOCATOR_SIZE = 20, /* of what says where that is */
    ENTRY_SIZE = 46,   /* of a directory entry without name */
    LOCAL_SIZE = 30,   /* of the header before a member's data, without name */
    MAX_MEMBERS = 1 << 16,
    MAX_RATIO = 1032, /* deflate never does better */
};

static uint64_t little(const unsigned char *bytes, size_t n) {
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++) {
        value |= (uint64_t)bytes[i] << (8 * i);
    }
    return value;
}

static bool damaged(struct fault *fault, const char *what) {
    return fault_code(fault, SDX_INVALID_ARGUMENT, "zip: %s", what);
}

static bool is_mark(const unsigned char *at, const char *mark) { return memcmp(at, mark, 4) == 0; }

/* Offset of the record at the end, which a comment of up to 65535 bytes may follow. */
static bool find_end(const struct zip *zip, size_t *out) {
    for (size_t back = END_SIZE; back <= zip->size && back <= END_SIZE + 65535u; back++) {
        if (is_mark(zip->bytes + zip->size - back, "PK\5\6")) {
            *out = zip->size - back;
            return true;
        }
    }
    return false;
}

struct directory {
    uint64_t n, size, offset;
};

static bool read_end(const struct zip *zip, struct directory *out, struct fault *fault) {
    size_t end = 0;
    if (!find_end(zip, &end)) {
        return damaged(fault,
                       "there is no directory at the end; the file is cut off or no archive");
    }
    const unsigned char *const record = zip->bytes + end;
    *out =
        (struct directory){little(record + 10, 2), little(record + 12, 4), little(record + 16, 4)};
    if (end >= LOCATOR_SIZE && is_mark(record - LOCATOR_SIZE, "PK\6\7")) {
        const uint64_t at = little(record - LOCATOR_SIZE + 8, 8);
        if (zip->size < END64_SIZE || at > zip->size - END64_SIZE ||
            !is_mark(zip->bytes + at, "PK\6\6")) {
            return damaged(fault, "the 64-bit directory is not where it should be");
        }
        *out = (struct directory){little(zip->bytes + at + 32, 8), little(zip->bytes + at + 40, 8),
                                  little(zip->bytes + at + 48, 8)};
    }
    if (out->offset > zip->size || out->size > zip->size - out->offset || out->n > MAX_MEMBERS ||
        out->n > out->size / ENTRY_SIZE) {
        return damaged(fault, "the directory lies outside the file");
    }
    return true;
}

/* Sizes and offset that do not fit 32 bits stand in extra field 1, in this order and only those
 * that are 0xffffffff in the entry. */
static bool read_extra(const unsigned char *extra, size_t len, uint64_t *const fields[3]) {
    for (size_t at = 0; at + 4 <= len;) {
        const size_t size = (size_t)little(extra + at + 2, 2);
        if (size > len - at - 4) {
            return false;
        }
        if (little(extra + at, 2) == 1) {
            size_t from = 0;
            for (size_t i = 0; i < 3; i++) {
                if (*fields[i] == UINT32_MAX && from + 8 <= size) {
                    *fields[i] = little(extra + at + 4 + from, 8);
                    from += 8;
                }
            }
        }
        at += 4 + size;
    }
    return true;
}

static bool read_entry(const struct zip *zip, const unsigned char *entry, size_t room,
                       struct zip_member *out, size_t *used, struct fault *fault) {
    if (room < ENTRY_SIZE || !is_mark(entry, "PK\1\2")) {
        return damaged(fault, "an entry of the directory is damaged");
    }
    const size_t name = (size_t)little(entry + 28, 2);
    const size_t extra = (size_t)little(entry + 30, 2);
    const size_t comment = (size_t)little(entry + 32, 2);
    uint64_t packed = little(entry + 20, 4);
    uint64_t size = little(entry + 24, 4);
    uint64_t offset = little(entry + 42, 4);
    uint64_t *const fields[3] = {&size, &packed, &offset};
    if (name + extra + comment > room - ENTRY_SIZE ||
        !read_extra(entry + ENTRY_SIZE + name, extra, fields)) {
        return damaged(fault, "an entry of the directory ends beyond it");
    }
    if (zip->size < LOCAL_SIZE || offset > zip->size - LOCAL_SIZE ||
        !is_mark(zip->bytes + offset, "PK\3\4")) {
        return damaged(fault, "a member is not where the directory says");
    }
    const uint64_t data = offset + LOCAL_SIZE + little(zip->bytes + offset + 26, 2) +
                          little(zip->bytes + offset + 28, 2);
    if (data > zip->size || packed > zip->size - data || size > packed * MAX_RATIO + 1024) {
        return damaged(fault, "a member ends beyond the file");
    }
    *out = (struct zip_member){{(const char *)entry + ENTRY_SIZE, name},
                               (unsigned)little(entry + 10, 2),
                               (uint32_t)little(entry + 16, 4),
                               (size_t)packed,
                               (size_t)size,
                               (size_t)data};
    *used = ENTRY_SIZE + name + extra + comment;
    return true;
}

bool zip_open(const void *bytes, size_t size, struct zip *out, struct fault *fault) {
    struct zip zip = {.bytes = bytes, .size = size};
    struct directory directory = {0};
    if (!read_end(&zip, &directory, fault)) {
        return false;
    }
    const unsigned char *at = zip.bytes + directory.offset;
    size_t room = (size_t)directory.size;
    zip.members = mem_new((size_t)directory.n, sizeof *zip.members);
    for (zip.n = 0; zip.n < directory.n; zip.n++) {
        size_t used = 0;
        if (!read_entry(&zip, at, room, &zip.members[zip.n], &used, fault)) {
            zip_close(&zip);
            return false;
        }
        at += used;
        room -= used;
    }
    *out = zip;
    return true;
}

void zip_close(struct zip *zip) {
    mem_free(zip->members);
    *zip = (struct zip){0};
}

bool zip_read(const struct zip *zip, const struct zip_member *member, struct bytes *out,
              struct fault *fault) {
    if (member->method != 0 && member->method != 8) {
        return fault_code(
            fault, SDX_UNSUPPORTED,
            "zip: member '%.*s' has compression method %u, expected stored or deflated",
            (int)member->name.len, member->name.ptr, member->method);
    }
    if (member->method == 0 && member->packed != member->size) {
        return damaged(fault, "a stored member has two sizes");
    }
    struct bytes bytes = {mem_new(member->size, 1), member->size};
    bool good = true;
    if (member->method == 8) {
        good =
            inflate_bytes(zip->bytes + member->data, member->packed, bytes.ptr, bytes.size, fault);
    } else if (member->size > 0) {
        memcpy(bytes.ptr, zip->bytes + member->data, member->size);
    }
    if (good && crc32_of(bytes.ptr, bytes.size) != member->crc) {
        good = damaged(fault, "a member has another checksum than the directory says");
    }
    if (!good) {
        bytes_free(&bytes);
        return false;
    }
    *out = bytes;
    return true;
}
