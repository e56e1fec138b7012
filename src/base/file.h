/* Files, as the loader needs them: a whole file as bytes, mapped or read, and names resolved
 * beneath a folder. */
#ifndef SDX_BASE_FILE_H
#define SDX_BASE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/heap.h"
#include "base/str.h"

typedef struct sdx_file {
    const uint8_t *data; /* read-only; NULL when size is 0 */
    size_t size;
    bool mapped;    /* else a block of `heap` */
    sdx_heap *heap; /* NULL when mapped */
} sdx_file;

/* Maps `path` privately and read-only. The file must not change while it is mapped. */
sdx_status sdx_file_map(const char *path, sdx_file *out) SDX_NODISCARD;
/* Reads `path` whole into a block of `heap`. */
sdx_status sdx_file_read(const char *path, sdx_heap *heap, sdx_file *out) SDX_NODISCARD;
/* Like map, of a private copy: an unlinked temporary file, so that later changes of `path` are not
 * seen. */
sdx_status sdx_file_snapshot(const char *path, sdx_file *out) SDX_NODISCARD;
void sdx_file_close(sdx_file *file);
/* Tells the system that [data, data+size) of a mapped file is not needed soon; its pages go back.
 */
void sdx_file_release_pages(const sdx_file *file, const void *data, size_t size);

/* The folder of a path, a part of it: "." when it names none. */
sdx_str sdx_file_folder(const char *path);
/* Opens `name`, a relative path from a model, beneath folder `dir` and maps it. Absolute names,
 * "..", and anything that leads out of the folder are refused; a symbolic link is followed only if
 * its target lies in the model's own tree: the folder, or, where the folder's real path is
 * REPOSITORY/snapshots/..., as in a hub cache, REPOSITORY/blobs. */
sdx_status sdx_file_map_beneath(const char *dir, sdx_str name, sdx_file *out) SDX_NODISCARD;

/* Writes the bytes to `path` through a temporary name, so that a reader sees the old file or the
 * new one. A device or pipe is written to as it is. */
sdx_status sdx_file_write(const char *path, const void *bytes, size_t size) SDX_NODISCARD;

#endif
