/* os.h for Windows 10 and later. Paths, arguments and what the console shows are UTF-8. */
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#if !defined(_WIN32_WINNT)
#define _WIN32_WINNT 0x0A00
#endif
#include "cli/os.h"

#include <fcntl.h>
#include <io.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include <psapi.h>
#include <shellapi.h>

#include "cli/memory.h"

/* ---- texts ---- */

/* UTF-16, to be ended with mem_free; NULL: it is no UTF-8. */
static wchar_t *widen(const char *text) {
    const int len = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, NULL, 0);
    if (len <= 0) {
        return NULL;
    }
    wchar_t *const wide = mem_new((size_t)len, sizeof *wide);
    (void)MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide, len);
    return wide;
}

/* What is no UTF-16 becomes U+FFFD. */
static char *narrow(const wchar_t *wide) {
    const int len = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
    char *const text = mem_new(len > 0 ? (size_t)len : 1, 1);
    (void)WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, len, NULL, NULL);
    return text;
}

static bool system_fault(struct fault *fault, const char *path, DWORD error) {
    wchar_t wide[256];
    DWORD len = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS |
                                   FORMAT_MESSAGE_MAX_WIDTH_MASK,
                               NULL, error, 0, wide, sizeof wide / sizeof *wide - 1, NULL);
    while (len > 0 && (wide[len - 1] <= L' ' || wide[len - 1] == L'.')) {
        len--;
    }
    wide[len] = 0;
    char *const reason = narrow(wide);
    const bool nothing = error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND;
    fault_code(fault, nothing ? SDX_NOT_FOUND : SDX_IO, "folder '%s': %s (error %lu)", path, reason,
               error);
    mem_free(reason);
    return false;
}

/* ---- streams ---- */

static UINT code_page_before;

static void restore_console(void) { (void)SetConsoleOutputCP(code_page_before); }

void os_begin(int *n, char ***arguments) {
    int n_wide = 0;
    wchar_t **const wide = CommandLineToArgvW(GetCommandLineW(), &n_wide);
    if (wide != NULL) { /* for the life of the process */
        *n = n_wide;
        *arguments = mem_new((size_t)n_wide + 1, sizeof **arguments);
        for (int i = 0; i < n_wide; i++) {
            (*arguments)[i] = narrow(wide[i]);
        }
        (void)LocalFree(wide);
    }
    for (int stream = 0; stream < 3; stream++) {
        (void)_setmode(stream, _O_BINARY);
    }
    if (os_is_terminal(2)) { /* else each byte would be shown by itself, and no letter of several */
        (void)setvbuf(stderr, NULL, _IOFBF, BUFSIZ);
    }
    code_page_before = GetConsoleOutputCP();
    if (code_page_before != 0 && SetConsoleOutputCP(CP_UTF8) != 0) {
        (void)atexit(restore_console);
    }
}

FILE *os_open(const char *path, const char *mode) {
    wchar_t *const wide_path = widen(path);
    wchar_t *const wide_mode = widen(mode);
    FILE *file = NULL;
    if (wide_path != NULL && wide_mode != NULL) {
        file = _wfopen(wide_path, wide_mode);
    }
    mem_free(wide_path);
    mem_free(wide_mode);
    return file;
}

bool os_is_separator(char c) { return c == '/' || c == '\\' || c == ':'; }

static HANDLE stream_handle(int stream) {
    static const DWORD streams[] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};
    return GetStdHandle(streams[stream]);
}

/* What understands the sequences for colours and for the start of a line; asks it to. */
static bool understands_sequences(int stream) {
    const HANDLE console = stream_handle(stream);
    DWORD mode = 0;
    return GetConsoleMode(console, &mode) != 0 &&
           SetConsoleMode(console,
                          mode | ENABLE_PROCESSED_OUTPUT | ENABLE_VIRTUAL_TERMINAL_PROCESSING) != 0;
}

bool os_is_terminal(int stream) {
    DWORD mode = 0;
    return stream == 0 ? GetConsoleMode(stream_handle(0), &mode) != 0
                       : understands_sequences(stream);
}

enum os_colours os_colours(void) {
    return understands_sequences(1) ? OS_ALL_COLOURS : OS_NO_COLOURS;
}

unsigned os_columns(void) {
    CONSOLE_SCREEN_BUFFER_INFO about;
    if (GetConsoleScreenBufferInfo(stream_handle(1), &about) == 0) {
        return 0;
    }
    const int columns = about.srWindow.Right - about.srWindow.Left + 1;
    return columns > 0 ? (unsigned)columns : 0;
}

/* ---- the process ---- */

uint64_t os_now(void) {
    LARGE_INTEGER ticks;
    LARGE_INTEGER per_second;
    if (QueryPerformanceCounter(&ticks) == 0 || QueryPerformanceFrequency(&per_second) == 0) {
        return 0;
    }
    const uint64_t count = (uint64_t)ticks.QuadPart;
    const uint64_t rate = (uint64_t)per_second.QuadPart;
    return count / rate * 1000000000u + count % rate * 1000000000u / rate;
}

uint64_t os_resident(void) {
    PROCESS_MEMORY_COUNTERS counters = {.cb = sizeof counters};
    return GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof counters) != 0
               ? counters.WorkingSetSize
               : 0;
}

/* The system does not tell which part of a mapping is resident without a look at each page. */
bool os_footprint(const void *const *mapped, size_t n, struct os_footprint *out) {
    (void)mapped;
    (void)n;
    (void)out;
    return false;
}

bool os_footprint_reset(void) { return false; }

bool os_can_isolate(void) { return false; }

bool os_isolate(os_job *job, void *user, double seconds, struct text *answer, struct fault *fault) {
    (void)job;
    (void)user;
    (void)seconds;
    (void)answer;
    return fault_code(fault, SDX_UNSUPPORTED, "processes of this system cannot be forked");
}

/* ---- folders ---- */

static enum os_kind kind_of(DWORD attributes) {
    return attributes == INVALID_FILE_ATTRIBUTES          ? OS_NOTHING
           : (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0 ? OS_FOLDER
                                                          : OS_FILE;
}

enum os_kind os_kind_of(const char *path) {
    wchar_t *const wide = widen(path);
    const enum os_kind kind = wide != NULL ? kind_of(GetFileAttributesW(wide)) : OS_NOTHING;
    mem_free(wide);
    return kind;
}

bool os_list(const char *path, struct os_listing *out, struct fault *fault) {
    struct text pattern = {0};
    text_add(&pattern, "%s/*", path);
    wchar_t *const wide = widen(text_get(&pattern));
    text_free(&pattern);
    WIN32_FIND_DATAW found;
    const HANDLE search = wide != NULL ? FindFirstFileW(wide, &found) : INVALID_HANDLE_VALUE;
    const DWORD error = wide != NULL ? GetLastError() : ERROR_NO_UNICODE_TRANSLATION;
    mem_free(wide);
    if (search == INVALID_HANDLE_VALUE) {
        return system_fault(fault, path, error);
    }
    struct os_listing list = {0};
    do {
        char *const name = narrow(found.cFileName);
        const bool link = (found.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0;
        const enum os_kind kind = kind_of(found.dwFileAttributes);
        if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
            os_listing_add(&list, name, link && kind == OS_FOLDER ? OS_NOTHING : kind);
        }
        mem_free(name);
    } while (FindNextFileW(search, &found) != 0);
    (void)FindClose(search);
    os_listing_sort(&list);
    *out = list;
    return true;
}

bool os_make_folder(const char *path, struct fault *fault) {
    wchar_t *const wide = widen(path);
    const bool made = wide != NULL && CreateDirectoryW(wide, NULL) != 0;
    const DWORD error = wide != NULL ? GetLastError() : ERROR_NO_UNICODE_TRANSLATION;
    mem_free(wide);
    return made || os_kind_of(path) == OS_FOLDER || system_fault(fault, path, error);
}

/* ---- libraries ---- */

/* Beside the command or where the system has its own: not in the current folder, where a library
 * may lie that came with a model. */
void *os_library(const char *const *names) {
    HMODULE library = NULL;
    for (; library == NULL && *names != NULL; names++) {
        wchar_t *const wide = widen(*names);
        library = LoadLibraryExW(wide, NULL, LOAD_LIBRARY_SEARCH_DEFAULT_DIRS);
        mem_free(wide);
    }
    return library;
}

const char *os_library_advice(const char *install) { return install; }

bool os_function(void *library, const char *name, void *function) {
    const FARPROC address = GetProcAddress(library, name);
    memcpy(function, &address, sizeof address);
    return address != NULL;
}
