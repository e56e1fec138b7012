/* Where the build puts the shared libraries that tests load. */
#include "module_path.h"

#include <stdio.h>
#include <string.h>

static char folder[400] = ".";

void module_path_init(const char *program) {
    const char *const slash = strrchr(program, '/');
    if (slash) (void)snprintf(folder, sizeof folder, "%.*s", (int)(slash - program), program);
}

const char *module_path(const char *name) {
    static char path[600];
    (void)snprintf(path, sizeof path, "%s/modules/%s%s", folder, name, SDX_MODULE_SUFFIX);
    return path;
}
