/* What the text of a path tells, without asking the system: the names that a model may use for its
 * external data, and where they lead. Both kinds of rules are compiled everywhere, so that both are
 * tested everywhere; os_*.c choose. Pure functions. */
#ifndef SDX_BASE_PATH_H
#define SDX_BASE_PATH_H

#include <stdbool.h>

#include "base/str.h"

typedef enum sdx_path_rules { SDX_PATHS_POSIX, SDX_PATHS_WINDOWS } sdx_path_rules;

/* The folder of a path, a part of it: "." when it names none. On Windows a backslash separates as
 * well, and so does a drive. */
sdx_str sdx_path_folder(const char *path, sdx_path_rules rules);

/* Whether a model may use this name for a file in its folder. Refused: empty and very long names,
 * NUL bytes, absolute names, "..", backslashes. On Windows also what means a drive, a stream or a
 * device, and what the system would silently change into another name. */
sdx_status sdx_path_check(sdx_str name, sdx_path_rules rules) SDX_NODISCARD;
/* The error for a name that must not be used; `why` says what is wrong with it. */
sdx_status sdx_path_refuse(sdx_str name, const char *why) SDX_NEVER_NULL;

/* Whether a file lies in the model's own tree: beneath `folder`, or, where that is
 * REPOSITORY/snapshots/..., as in a hub cache, in REPOSITORY/blobs. Both are real paths with '/'
 * between their parts. */
bool sdx_path_beneath(const char *file, const char *folder);

#endif
