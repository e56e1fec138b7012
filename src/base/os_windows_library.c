/* Shared libraries, Windows: LoadLibrary. */
#include "base/os_windows.h"

#include <string.h>

#include "base/library.h"

SDX_COLD SDX_NEVER_NULL static sdx_status not_found(DWORD error) {
    char reason[512];
    if (error == ERROR_FILENAME_EXCED_RANGE)
        return sdx_fail(SDX_LIMIT, "the path has more than %d bytes; shorten it", SDX_WINDOWS_PATH);
    if (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND)
        return sdx_fail(SDX_NOT_FOUND, "no such file; check the path");
    sdx_windows_reason(error, reason, sizeof reason);
    return sdx_fail(SDX_NOT_FOUND, "cannot be examined (%s); check the path", reason);
}

/* Libraries that it needs are searched for in its own folder and where the system has them, not in
 * the current folder or along PATH. */
sdx_status sdx_library_open(const char *path, sdx_library *out) {
    WCHAR full[SDX_WINDOWS_PATH];
    if (!sdx_windows_full_path(path, full)) return not_found(GetLastError());
    const DWORD attributes = GetFileAttributesW(full);
    if (attributes == INVALID_FILE_ATTRIBUTES) return not_found(GetLastError());
    if ((attributes & (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_DEVICE)) != 0)
        return sdx_fail(SDX_UNSUPPORTED, "is not a regular file, expected a shared library");
    const HMODULE handle = LoadLibraryExW(
        full, NULL, LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_DEFAULT_DIRS);
    if (!handle) {
        char reason[512];
        sdx_windows_reason(GetLastError(), reason, sizeof reason);
        return sdx_fail(SDX_UNSUPPORTED,
                        "cannot be loaded (%s); expected a shared library of this system, whose "
                        "own libraries are there",
                        reason);
    }
    out->handle = handle;
    return NULL;
}

sdx_status sdx_library_function(const sdx_library *library, const char *name, void *function) {
    const FARPROC address = GetProcAddress(library->handle, name);
    if (!address)
        return sdx_fail(SDX_UNSUPPORTED,
                        "exports no function '%s'; declare it with the macro of "
                        "its header and link it in",
                        name);
    memcpy(function, &address, sizeof address);
    return NULL;
}

void sdx_library_close(sdx_library *library) {
    if (library->handle) (void)FreeLibrary(library->handle);
    library->handle = NULL;
}
