/* Files, Windows. Paths are UTF-8 and may be longer than 260 characters. Only regular files are
 * read. A file that is open or mapped here can be read, replaced by another and deleted by others,
 * as far as the system allows it. */
#include "base/os_windows.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"

enum {
    TRIES = 4, /* at a file that changes under our eyes */
    IO_BLOCK = 1 << 30,
    FOR_ALL = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
};

/* ---- errors ---- */

/* "file 'm.onnx': cannot be opened (access is denied)" */
SDX_COLD SDX_NEVER_NULL static sdx_status file_error(const char *path, const char *what,
                                                     DWORD error) {
    switch (error) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_NAME:
    case ERROR_INVALID_DRIVE:
    case ERROR_BAD_NETPATH:
    case ERROR_BAD_NET_NAME:
        return sdx_fail(SDX_NOT_FOUND, "file '%s': no such file or directory; check the path",
                        path);
    default: break;
    }
    char reason[512];
    sdx_windows_reason(error, reason, sizeof reason);
    const bool memory = error == ERROR_NOT_ENOUGH_MEMORY || error == ERROR_OUTOFMEMORY ||
                        error == ERROR_COMMITMENT_LIMIT;
    return sdx_fail(memory ? SDX_OUT_OF_MEMORY : SDX_IO, "file '%s': %s (%s)", path, what, reason);
}

/* UTF-16 of a path, as the system takes it at any length. */
static sdx_status full_path(const char *path, WCHAR *full) {
    if (sdx_windows_full_path(path, full)) return NULL;
    return file_error(path, "the path cannot be used", GetLastError());
}

/* ---- opening ---- */

/* Opens what is there. A pipe's server learns nothing of who we are. */
static HANDLE open_handle(const WCHAR *path, DWORD access) {
    return CreateFileW(path, access, FOR_ALL, NULL, OPEN_EXISTING,
                       FILE_FLAG_BACKUP_SEMANTICS | SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS,
                       NULL);
}

static const char *kind_of(HANDLE file) {
    BY_HANDLE_FILE_INFORMATION about;
    const DWORD type = GetFileType(file);
    if (type == FILE_TYPE_PIPE) return "a pipe";
    if (type != FILE_TYPE_DISK) return "a device";
    const bool folder = GetFileInformationByHandle(file, &about) &&
                        (about.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
    return folder ? "a folder" : NULL;
}

static sdx_status regular_size(HANDLE file, const char *path, size_t *size) {
    const char *const kind = kind_of(file);
    if (kind) return sdx_fail(SDX_IO, "file '%s': is %s, expected a regular file", path, kind);
    LARGE_INTEGER bytes;
    if (!GetFileSizeEx(file, &bytes)) {
        return file_error(path, "cannot be examined", GetLastError());
    }
    if (bytes.QuadPart < 0 || (uint64_t)bytes.QuadPart > SIZE_MAX / 2) {
        return sdx_fail(SDX_LIMIT, "file '%s': is larger than the address space", path);
    }
    *size = (size_t)bytes.QuadPart;
    return NULL;
}

static sdx_status open_regular(const char *path, HANDLE *out, size_t *size) {
    WCHAR full[SDX_WINDOWS_PATH];
    SDX_TRY(full_path(path, full));
    const HANDLE file = open_handle(full, GENERIC_READ);
    if (file == INVALID_HANDLE_VALUE) return file_error(path, "cannot be opened", GetLastError());
    const sdx_status status = regular_size(file, path, size);
    if (status) {
        (void)CloseHandle(file);
        return status;
    }
    *out = file;
    return NULL;
}

static sdx_status changes(const char *path) {
    return sdx_fail(SDX_IO, "file '%s': changes its size while it is read, expected a file at rest",
                    path);
}

/* ---- reading ---- */

/* Reads up to `size` bytes, fewer only at the end of the file. */
static sdx_status read_bytes(HANDLE file, const char *path, void *bytes, size_t size,
                             size_t *n_read) {
    size_t done = 0;
    while (done < size) {
        const size_t rest = size - done;
        DWORD n = 0;
        if (!ReadFile(file, (char *)bytes + done, rest < IO_BLOCK ? (DWORD)rest : IO_BLOCK, &n,
                      NULL))
            return file_error(path, "cannot be read", GetLastError());
        if (n == 0) break;
        done += n;
    }
    *n_read = done;
    return NULL;
}

/* One attempt at a file of `size` bytes. *whole is false when it was not of that size after all. */
static sdx_status read_once(HANDLE file, const char *path, void *bytes, size_t size, bool *whole) {
    if (!SetFilePointerEx(file, (LARGE_INTEGER){.QuadPart = 0}, NULL, FILE_BEGIN)) {
        return file_error(path, "cannot be read", GetLastError());
    }
    size_t n = 0;
    SDX_TRY(read_bytes(file, path, bytes, size, &n));
    char beyond;
    size_t n_beyond = 0;
    SDX_TRY(read_bytes(file, path, &beyond, 1, &n_beyond));
    *whole = n == size && n_beyond == 0;
    return NULL;
}

static sdx_status read_handle(HANDLE file, const char *path, size_t size, sdx_heap *heap,
                              sdx_file *out) {
    for (int i = 0; i < TRIES; i++) {
        void *bytes;
        SDX_TRY(sdx_in(sdx_heap_alloc(heap, size, &bytes), "file '%s'", path));
        bool whole = false;
        sdx_status status = read_once(file, path, bytes, size, &whole);
        if (!status && whole) {
            *out = (sdx_file){.data = bytes, .size = size, .heap = heap};
            return NULL;
        }
        sdx_heap_free(heap, bytes, size);
        SDX_TRY(status);
        SDX_TRY(regular_size(file, path, &size));
    }
    return changes(path);
}

sdx_status sdx_file_read(const char *path, sdx_heap *heap, sdx_file *out) {
    HANDLE file;
    size_t size = 0;
    SDX_TRY(open_regular(path, &file, &size));
    const sdx_status status = read_handle(file, path, size, heap, out);
    (void)CloseHandle(file);
    return status;
}

/* ---- mapping ---- */

/* A view of a section of `size` bytes: of a file, or of memory with INVALID_HANDLE_VALUE. The view
 * keeps both alive. NULL: see GetLastError. */
static void *map_section(HANDLE file, size_t size, bool writable) {
    const HANDLE section = CreateFileMappingW(file, NULL, writable ? PAGE_READWRITE : PAGE_READONLY,
                                              (DWORD)((uint64_t)size >> 32), (DWORD)size, NULL);
    if (!section) return NULL;
    void *const view = MapViewOfFile(section, writable ? FILE_MAP_WRITE : FILE_MAP_READ, 0, 0, 0);
    const DWORD error = GetLastError();
    (void)CloseHandle(section);
    SetLastError(error);
    return view;
}

/* Maps the whole of `file`, which nobody can cut off while it is mapped. */
static sdx_status map_handle(HANDLE file, const char *path, size_t size, sdx_file *out) {
    for (int i = 0; i < TRIES; i++) {
        void *const data = size > 0 ? map_section(file, size, false) : NULL;
        const DWORD error = GetLastError();
        size_t now = 0;
        const sdx_status status = regular_size(file, path, &now);
        if (!status && now == size && (data || size == 0)) {
            *out = (sdx_file){.data = data, .size = size, .mapped = true};
            return NULL;
        }
        if (data) (void)UnmapViewOfFile(data);
        SDX_TRY(status);
        if (now == size) return file_error(path, "cannot be mapped", error);
        size = now;
    }
    return changes(path);
}

sdx_status sdx_file_map(const char *path, sdx_file *out) {
    HANDLE file;
    size_t size = 0;
    SDX_TRY(open_regular(path, &file, &size));
    const sdx_status status = map_handle(file, path, size, out);
    (void)CloseHandle(file);
    return status;
}

/* The private copy is memory that the system may put into its paging file: no temporary file that
 * could be left behind. */
static sdx_status copy_handle(HANDLE file, const char *path, size_t size, sdx_file *out) {
    for (int i = 0; i < TRIES; i++) {
        if (size == 0) {
            *out = (sdx_file){.mapped = true};
            return NULL;
        }
        void *const copy = map_section(INVALID_HANDLE_VALUE, size, true);
        if (!copy) return file_error(path, "has no room for a snapshot", GetLastError());
        bool whole = false;
        sdx_status status = read_once(file, path, copy, size, &whole);
        if (!status && whole) {
            DWORD before;
            (void)VirtualProtect(copy, size, PAGE_READONLY, &before);
            *out = (sdx_file){.data = copy, .size = size, .mapped = true};
            return NULL;
        }
        (void)UnmapViewOfFile(copy);
        SDX_TRY(status);
        SDX_TRY(regular_size(file, path, &size));
    }
    return changes(path);
}

sdx_status sdx_file_snapshot(const char *path, sdx_file *out) {
    HANDLE file;
    size_t size = 0;
    SDX_TRY(open_regular(path, &file, &size));
    const sdx_status status = copy_handle(file, path, size, out);
    (void)CloseHandle(file);
    return status;
}

void sdx_file_close(sdx_file *file) {
    if (file->mapped) {
        if (file->size > 0) (void)UnmapViewOfFile(file->data);
    } else if (file->heap) {
        sdx_heap_free(file->heap, (void *)(uintptr_t)file->data, file->size);
    }
    *file = (sdx_file){0};
}

void sdx_file_release_pages(const sdx_file *file, const void *data, size_t size) {
    const uintptr_t begin = (uintptr_t)data;
    const uintptr_t start = (uintptr_t)file->data;
    if (!file->mapped || begin < start || begin - start > file->size) return;
    if (size > file->size - (begin - start)) return;
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    /* Pages that reach beyond the range at either side belong to others as well. */
    const uintptr_t mask = (uintptr_t)system.dwPageSize - 1;
    const uintptr_t first = (begin + mask) & ~mask;
    const uintptr_t last = (begin + size) & ~mask;
    /* Unlocking what is not locked takes it out of the process's working set. */
    if (first < last) (void)VirtualUnlock((void *)first, last - first);
}

/* ---- names from a model ---- */

sdx_str sdx_file_folder(const char *path) { return sdx_path_folder(path, SDX_PATHS_WINDOWS); }

/* The real path of what is open: "\\?\C:\..."; 0: not known. */
static size_t real_path(HANDLE file, WCHAR *wide) {
    const DWORD len = GetFinalPathNameByHandleW(file, wide, SDX_WINDOWS_PATH, FILE_NAME_NORMALIZED);
    return len < SDX_WINDOWS_PATH ? len : 0;
}

/* As UTF-8 with slashes. */
static bool narrow(const WCHAR *wide, char *path, size_t size) {
    if (WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, wide, -1, path, (int)size, NULL, NULL) <=
        0)
        return false;
    for (char *at = path; *at; at++)
        if (*at == '\\') *at = '/';
    return true;
}

/* Adds a checked name to a real path, by the rules that take every name as it is: what is "." or
 * empty is left out here. */
static bool join(WCHAR *folder, size_t len, const WCHAR *name) {
    if (len > 0 && folder[len - 1] == L'\\') len--;
    for (const WCHAR *part = name; *part;) {
        const size_t n = wcscspn(part, L"/");
        if (n > 0 && !(n == 1 && part[0] == L'.')) {
            if (len + 1 + n >= SDX_WINDOWS_PATH) return false;
            folder[len++] = L'\\';
            memcpy(folder + len, part, n * sizeof *part);
            len += n;
        }
        part += n + (part[n] != L'\0');
    }
    folder[len] = L'\0';
    return true;
}

/* Maps what was opened if it lies where a model's data may lie. */
static sdx_status map_if_beneath(HANDLE file, const char *folder, sdx_str name, sdx_file *out) {
    WCHAR wide[SDX_WINDOWS_PATH];
    char path[3 * SDX_WINDOWS_PATH];
    size_t size = 0;
    if (real_path(file, wide) == 0 || !narrow(wide, path, sizeof path))
        return sdx_path_refuse(name, "it lies where no path leads");
    if (!sdx_path_beneath(path, folder))
        return sdx_path_refuse(name, "a symbolic link leads out of the model's folder");
    const char *const shown = strncmp(path, "//?/", 4) == 0 ? path + 4 : path;
    SDX_TRY(regular_size(file, shown, &size));
    return map_handle(file, shown, size, out);
}

sdx_status sdx_file_map_beneath(const char *dir, sdx_str name, sdx_file *out) {
    SDX_TRY(sdx_path_check(name, SDX_PATHS_WINDOWS));
    if (!dir || dir[0] == '\0') dir = ".";
    WCHAR wide[SDX_WINDOWS_PATH];
    WCHAR wide_name[SDX_WINDOWS_PATH];
    char folder[3 * SDX_WINDOWS_PATH];
    if (!sdx_windows_widen(name, wide_name)) return sdx_path_refuse(name, "the name is not UTF-8");
    SDX_TRY(full_path(dir, wide));
    const HANDLE root = open_handle(wide, FILE_READ_ATTRIBUTES);
    if (root == INVALID_HANDLE_VALUE) return file_error(dir, "cannot be opened", GetLastError());
    const size_t len = real_path(root, wide);
    (void)CloseHandle(root);
    if (len == 0 || !narrow(wide, folder, sizeof folder))
        return sdx_fail(SDX_IO, "file '%s': its real path is not known", dir);
    if (!join(wide, len, wide_name)) return sdx_path_refuse(name, "the path is too long");
    const HANDLE file = open_handle(wide, GENERIC_READ);
    if (file == INVALID_HANDLE_VALUE) {
        const DWORD error = GetLastError();
        (void)snprintf(folder, sizeof folder, "%s/%.*s", dir, SDX_FMT(name));
        return file_error(folder, "cannot be opened", error);
    }
    const sdx_status status = map_if_beneath(file, folder, name, out);
    (void)CloseHandle(file);
    return status;
}

/* ---- writing ---- */

static sdx_status write_and_close(HANDLE file, const char *path, const void *bytes, size_t size,
                                  bool flush) {
    sdx_status status = NULL;
    for (size_t done = 0; !status && done < size;) {
        const size_t rest = size - done;
        DWORD n = 0;
        const BOOL good = WriteFile(file, (const char *)bytes + done,
                                    rest < IO_BLOCK ? (DWORD)rest : IO_BLOCK, &n, NULL);
        if (!good || n == 0) status = file_error(path, "cannot be written", GetLastError());
        done += n;
    }
    if (!status && flush && !FlushFileBuffers(file))
        status = file_error(path, "cannot be written", GetLastError());
    if (!CloseHandle(file) && !status)
        status = file_error(path, "cannot be written", GetLastError());
    return status;
}

/* A pipe or a device is written to as it is: it must not be replaced by a file. */
static sdx_status write_in_place(const WCHAR *target, const char *path, const void *bytes,
                                 size_t size) {
    const HANDLE file = open_handle(target, GENERIC_WRITE);
    if (file == INVALID_HANDLE_VALUE)
        return file_error(path, "cannot be opened for writing", GetLastError());
    return write_and_close(file, path, bytes, size, false);
}

static sdx_status write_beside(const WCHAR *target, const char *path, const void *bytes,
                               size_t size) {
    enum { SUFFIX = 48 };
    WCHAR other[SDX_WINDOWS_PATH + SUFFIX];
    const size_t len = wcslen(target);
    HANDLE file = INVALID_HANDLE_VALUE;
    memcpy(other, target, len * sizeof *other);
    for (int i = 0; i < TRIES && file == INVALID_HANDLE_VALUE; i++) {
        char suffix[SUFFIX];
        const int n = snprintf(suffix, sizeof suffix, ".%lu-%llu.tmp", GetCurrentProcessId(),
                               (unsigned long long)sdx_clock_ns());
        for (int k = 0; k <= n; k++)
            other[len + (size_t)k] = (WCHAR)suffix[k];
        file = CreateFileW(other, GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
        if (file == INVALID_HANDLE_VALUE && GetLastError() != ERROR_FILE_EXISTS) break;
    }
    if (file == INVALID_HANDLE_VALUE) return file_error(path, "cannot be written", GetLastError());
    sdx_status status = write_and_close(file, path, bytes, size, true);
    if (!status && !MoveFileExW(other, target, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
        status =
            file_error(path, "cannot be replaced; does a model map it, or another program use it?",
                       GetLastError());
    if (status) (void)DeleteFileW(other);
    return status;
}

sdx_status sdx_file_write(const char *path, const void *bytes, size_t size) {
    WCHAR target[SDX_WINDOWS_PATH];
    SDX_TRY(full_path(path, target));
    const HANDLE there = open_handle(target, FILE_READ_ATTRIBUTES);
    if (there == INVALID_HANDLE_VALUE) {
        return write_beside(target, path, bytes, size);
    }
    const char *const kind = kind_of(there);
    const size_t len = kind ? 0 : real_path(there, target); /* the file, not the link to it */
    (void)CloseHandle(there);
    if (!kind && len > 0) return write_beside(target, path, bytes, size);
    if (!kind) return sdx_fail(SDX_IO, "file '%s': its real path is not known", path);
    if (strcmp(kind, "a folder") == 0)
        return sdx_fail(SDX_IO, "file '%s': is a folder, expected the name of a file", path);
    return write_in_place(target, path, bytes, size);
}
