/* Shared libraries of the system, for what an application loads by name: custom operators,
 * execution providers. Their code is trusted as the application's own. */
#ifndef SDX_BASE_LIBRARY_H
#define SDX_BASE_LIBRARY_H

#include "base/status.h"

typedef struct sdx_library {
    void *handle; /* of the system; NULL: none is open */
} sdx_library;

/* Loads the file `path`, which is never searched for: a bare name is one in the current folder. Its
 * own dependencies must resolve; its symbols serve nobody else. Opened twice it is there once,
 * until the last close. Texts of this and the next have no place: callers put "library 'PATH'" in
 * front. Errors: SDX_NOT_FOUND, SDX_UNSUPPORTED (not a library, or not for this system), SDX_LIMIT
 * (a path that is too long). */
sdx_status sdx_library_open(const char *path, sdx_library *out) SDX_NODISCARD;
/* The address of an exported function, written to `function`, a pointer to a function pointer.
 * Errors: SDX_UNSUPPORTED. */
sdx_status sdx_library_function(const sdx_library *library, const char *name, void *function)
    SDX_NODISCARD;
/* NULL handles are allowed. No function of the library may be on, and none is valid afterwards. */
void sdx_library_close(sdx_library *library);

#endif
