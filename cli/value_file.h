/* Values in files: the ending of the name says the format (.npy, .npz, .pb, .json, .bin and .raw;
 * pictures are image.h's). */
#ifndef CLI_VALUE_FILE_H
#define CLI_VALUE_FILE_H

#include "cli/file.h"

/* What a file is asked for: the port it is for, and the shape that holds where the file has none
 * (raw elements). */
struct value_wish {
    const sdx_port_info *port;
    const int64_t *dims; /* rank numbers; -1: not known */
    size_t rank;
};

/* One value of the file; of an .npz the only array or the one with the port's name. */
bool value_read(const char *path, const struct value_wish *wish, sdx_value **out,
                struct fault *fault);
/* Writes by the ending; an .npz holds this one value. "-" writes JSON to the standard output. */
bool value_write(const char *path, const char *name, const sdx_value *value, struct fault *fault);
/* True for the endings that value_read knows. */
bool value_file_known(const char *path);
bool path_ends(const char *path, const char *extension); /* upper and lower case are the same */

#endif
