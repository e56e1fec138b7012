/* Whole files in and out. */
#ifndef CLI_FILE_H
#define CLI_FILE_H

#include "cli/fault.h"

struct bytes {
    unsigned char *ptr; /* owned; NULL when there are none */
    size_t size;
};

/* "-" is the standard input or output. A file over 64 GiB is refused. */
bool file_read(const char *path, struct bytes *out, struct fault *fault);
bool file_write(const char *path, const void *bytes, size_t size, struct fault *fault);
void bytes_free(struct bytes *bytes);

/* What follows the last dot of the last part of a path; "" without one. */
const char *path_extension(const char *path);
/* What follows the last separator of the system's paths. */
const char *path_name(const char *path);

#endif
