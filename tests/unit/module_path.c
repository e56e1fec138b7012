/* Where the build puts the shared libraries that tests load. */
#include "module_path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/library.h"

static char folder[400] = ".";

void module_path_init(const char *program) {
    const char *slash = strrchr(program, '/');
    if (!slash) slash = strrchr(program, '\\');
    if (slash) (void)snprintf(folder, sizeof folder, "%.*s", (int)(slash - program), program);
}

const char *module_path(const char *name) {
    static char path[600];
    (void)snprintf(path, sizeof path, "%s/modules/%s%s", folder, name, SDX_MODULE_SUFFIX);
    return path;
}

void module_need(void) {
    sdx_library library = {0};
    const sdx_status status = sdx_library_open(module_path("plain"), &library);
    const bool never = strstr(sdx_status_text(status), "Dynamic loading not supported") != NULL;
    sdx_status_free(status);
    sdx_library_close(&library);
    if (never) skip();
}
