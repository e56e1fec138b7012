/* Shared libraries, POSIX: dlopen. */
#if !defined(_DEFAULT_SOURCE)
#define _DEFAULT_SOURCE
#endif
#include "base/library.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_CAP = 4096 }; /* bytes of a path with its NUL */

/* The system's sentence begins with the path, which stands in front already. */
SDX_COLD SDX_NEVER_NULL static sdx_status not_loaded(const char *path) {
    const char *const error = dlerror();
    const char *text = error ? error : "no reason given";
    const size_t len = strlen(path);
    if (strncmp(text, path, len) == 0 && text[len] == ':') text += len + 1;
    while (*text == ' ')
        text++;
    return sdx_fail(SDX_UNSUPPORTED,
                    "cannot be loaded (%s); expected a shared library of this system, whose own "
                    "libraries are there",
                    text);
}

sdx_status sdx_library_open(const char *path, sdx_library *out) {
    char here[PATH_CAP];
    const bool bare = strchr(path, '/') == NULL; /* which dlopen would search for */
    const int n = snprintf(here, sizeof here, "%s%s", bare ? "./" : "", path);
    if (n < 0 || (size_t)n >= sizeof here)
        return sdx_fail(SDX_LIMIT, "the path has more than %d bytes; shorten it", PATH_CAP);
    struct stat info;
    if (stat(here, &info) != 0) return sdx_fail(SDX_NOT_FOUND, "no such file; check the path");
    if (!S_ISREG(info.st_mode))
        return sdx_fail(SDX_UNSUPPORTED, "is not a regular file, expected a shared library");
    void *const handle = dlopen(here, RTLD_NOW | RTLD_LOCAL);
    if (!handle) return not_loaded(here);
    out->handle = handle;
    return NULL;
}

sdx_status sdx_library_function(const sdx_library *library, const char *name, void *function) {
    void *const address = dlsym(library->handle, name);
    if (!address)
        return sdx_fail(SDX_UNSUPPORTED,
                        "exports no function '%s'; declare it with the macro of "
                        "its header and link it in",
                        name);
    memcpy(function, &address, sizeof address); /* POSIX: a function's address fits a void * */
    return NULL;
}

void sdx_library_close(sdx_library *library) {
    if (library->handle) (void)dlclose(library->handle);
    library->handle = NULL;
}
