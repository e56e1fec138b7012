/* See path.h. */
#include "base/path.h"

#include <string.h>

enum { NAME_CAP = 4096 }; /* bytes of a name from a model */

/* ---- folders ---- */

static bool separates(char c, sdx_path_rules rules) {
    return c == '/' || (rules == SDX_PATHS_WINDOWS && (c == '\\' || c == ':'));
}

sdx_str sdx_path_folder(const char *path, sdx_path_rules rules) {
    size_t len = strlen(path);
    while (len > 0 && !separates(path[len - 1], rules))
        len--;
    if (len == 0) return SDX_STR(".");
    /* A root and a drive keep their separator: "/" and "C:/" are folders, "" and "C:" others. */
    const bool root =
        len == 1 || path[len - 1] == ':' || (rules == SDX_PATHS_WINDOWS && path[len - 2] == ':');
    return (sdx_str){path, root ? len : len - 1};
}

/* ---- names from a model ---- */

SDX_COLD sdx_status sdx_path_refuse(sdx_str name, const char *why) {
    return sdx_fail(
        SDX_INVALID_MODEL,
        "external data '%.*s': %s, expected the relative name of a file in the model's folder",
        SDX_FMT(name), why);
}

static char upper(char c) { return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c; }

static bool is_word(sdx_str text, const char *word) {
    size_t i = 0;
    while (i < text.len && word[i] != '\0' && upper(text.ptr[i]) == word[i])
        i++;
    return i == text.len && word[i] == '\0';
}

/* "COM1", "LPT0", and with the digits 1, 2, 3 written above the line (U+00B9, U+00B2, U+00B3). */
static bool is_port(sdx_str text) {
    const sdx_str kind = {text.ptr, 3};
    if (text.len < 4 || (!is_word(kind, "COM") && !is_word(kind, "LPT"))) return false;
    const sdx_str digit = {text.ptr + 3, text.len - 3};
    if (digit.len == 1) return digit.ptr[0] >= '0' && digit.ptr[0] <= '9';
    return sdx_str_is(digit, "\xc2\xb9") || sdx_str_is(digit, "\xc2\xb2") ||
           sdx_str_is(digit, "\xc2\xb3");
}

/* Windows finds these devices in every folder, with any extension: "nul .txt" is one. */
static bool is_device(sdx_str part) {
    static const char *const devices[] = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"};
    const char *const dot = memchr(part.ptr, '.', part.len);
    if (dot) part.len = (size_t)(dot - part.ptr);
    while (part.len > 0 && part.ptr[part.len - 1] == ' ')
        part.len--;
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
        if (is_word(part, devices[i])) return true;
    }
    return is_port(part);
}

/* What is wrong on Windows with one part of a name; NULL: nothing. */
static const char *wrong_on_windows(sdx_str part) {
    for (size_t i = 0; i < part.len; i++) {
        const char c = part.ptr[i];
        if (c == ':') return "the name holds a colon, for a drive or a stream";
        if ((unsigned char)c < ' ' || strchr("<>\"|?*", c)) {
            return "the name holds a character that no file on this system has";
        }
    }
    if (part.len == 0 || sdx_str_is(part, ".")) return NULL;
    if (part.ptr[part.len - 1] == '.' || part.ptr[part.len - 1] == ' ') {
        return "a part of the name ends with a dot or a blank, which this system leaves out";
    }
    return is_device(part) ? "the name is that of a device" : NULL;
}

sdx_status sdx_path_check(sdx_str name, sdx_path_rules rules) {
    if (name.len == 0) return sdx_path_refuse(name, "the name is empty");
    if (name.len >= NAME_CAP) return sdx_path_refuse(name, "the name is too long");
    if (memchr(name.ptr, '\0', name.len)) return sdx_path_refuse(name, "the name holds a NUL byte");
    if (memchr(name.ptr, '\\', name.len))
        return sdx_path_refuse(name, "the name holds a backslash");
    if (name.ptr[0] == '/') return sdx_path_refuse(name, "the name is absolute");
    for (size_t begin = 0; begin < name.len;) {
        sdx_str part = {name.ptr + begin, 0};
        while (begin + part.len < name.len && part.ptr[part.len] != '/')
            part.len++;
        if (sdx_str_is(part, "..")) return sdx_path_refuse(name, "the name leads upward");
        const char *const wrong = rules == SDX_PATHS_WINDOWS ? wrong_on_windows(part) : NULL;
        if (wrong) return sdx_path_refuse(name, wrong);
        begin += part.len + 1;
    }
    return NULL;
}

/* ---- where they lead ---- */

static bool lies_in(const char *path, const char *folder) {
    size_t len = strlen(folder);
    while (len > 0 && folder[len - 1] == '/')
        len--;
    return strncmp(path, folder, len) == 0 && path[len] == '/';
}

/* A hub cache keeps REPOSITORY/snapshots/REVISION/name as a link to REPOSITORY/blobs/HASH. */
static bool lies_in_blobs(const char *path, const char *folder) {
    static const char snapshots[] = "/snapshots/";
    static const char blobs[] = "/blobs/";
    const char *last = NULL;
    for (const char *at = strstr(folder, snapshots); at; at = strstr(at + 1, snapshots))
        last = at;
    if (!last) return false;
    const size_t repository_len = (size_t)(last - folder);
    return strncmp(path, folder, repository_len) == 0 &&
           strncmp(path + repository_len, blobs, sizeof blobs - 1) == 0;
}

bool sdx_path_beneath(const char *file, const char *folder) {
    return lies_in(file, folder) || lies_in_blobs(file, folder);
}
