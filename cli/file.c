/* file.h over stdio. */
#include "cli/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/memory.h"
#include "cli/os.h"

static const size_t max_size =
    (size_t)1 << (sizeof(size_t) > 4 ? 36 : 30); /* 64 GiB: far above any input, far below absurd */

bool file_read(const char *path, struct bytes *out, struct fault *fault) {
    const bool standard = strcmp(path, "-") == 0;
    if (!standard && os_kind_of(path) == OS_FOLDER) {
        return fault_code(fault, SDX_IO, "'%s' is a folder, expected a file", path);
    }
    FILE *const file = standard ? stdin : os_open(path, "rb");
    if (file == NULL) {
        return fault_code(fault, errno == ENOENT ? SDX_NOT_FOUND : SDX_IO, "file '%s': %s", path,
                          strerror(errno));
    }
    struct bytes bytes = {0};
    size_t cap = 0;
    for (;;) {
        if (bytes.size == cap) {
            cap = cap > 0 ? 2 * cap : (size_t)1 << 16;
            bytes.ptr = mem_grow(bytes.ptr, cap, 1);
        }
        const size_t len = fread(bytes.ptr + bytes.size, 1, cap - bytes.size, file);
        bytes.size += len;
        if (len == 0 || bytes.size > max_size) {
            break;
        }
    }
    const bool good = ferror(file) == 0 && bytes.size <= max_size;
    if (!standard) {
        (void)fclose(file);
    }
    if (!good) {
        bytes_free(&bytes);
        return fault_code(fault, SDX_IO, "file '%s' cannot be read to its end", path);
    }
    *out = bytes;
    return true;
}

bool file_write(const char *path, const void *bytes, size_t size, struct fault *fault) {
    const bool standard = strcmp(path, "-") == 0;
    FILE *const file = standard ? stdout : os_open(path, "wb");
    if (file == NULL) {
        return fault_code(fault, SDX_IO, "file '%s': %s", path, strerror(errno));
    }
    bool good = size == 0 || fwrite(bytes, 1, size, file) == size;
    good = fflush(file) == 0 && good;
    if (!standard) {
        good = fclose(file) == 0 && good;
    }
    return good || fault_code(fault, SDX_IO, "file '%s': %s", path, strerror(errno));
}

void bytes_free(struct bytes *bytes) {
    mem_free(bytes->ptr);
    *bytes = (struct bytes){0};
}

const char *path_name(const char *path) {
    const char *name = path;
    for (const char *at = path; *at != 0; at++) {
        if (os_is_separator(*at)) {
            name = at + 1;
        }
    }
    return name;
}

const char *path_extension(const char *path) {
    const char *const dot = strrchr(path_name(path), '.');
    return dot != NULL ? dot + 1 : "";
}
