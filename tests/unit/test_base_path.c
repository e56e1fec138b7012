/* Paths as text: the folder of a path, names that a model must not use, by both kinds of rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/path.h"

static void folders(void **state) {
    (void)state;
    static const struct {
        const char *path, *posix, *windows;
    } rows[] = {
        {"m.onnx", ".", "."},
        {"", ".", "."},
        {"a/m.onnx", "a", "a"},
        {"a/b/m.onnx", "a/b", "a/b"},
        {"/m.onnx", "/", "/"},
        {"/a/m.onnx", "/a", "/a"},
        {"a\\m.onnx", ".", "a"},
        {"a/b\\m.onnx", "a", "a/b"},
        {"C:m.onnx", ".", "C:"},
        {"C:\\m.onnx", ".", "C:\\"},
        {"C:/a\\m.onnx", "C:", "C:/a"},
        {"\\\\server\\share\\m.onnx", ".", "\\\\server\\share"},
        {"\\\\?\\C:\\a\\m.onnx", ".", "\\\\?\\C:\\a"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const sdx_str posix = sdx_path_folder(rows[i].path, SDX_PATHS_POSIX);
        const sdx_str windows = sdx_path_folder(rows[i].path, SDX_PATHS_WINDOWS);
        if (!sdx_str_is(posix, rows[i].posix) || !sdx_str_is(windows, rows[i].windows))
            fail_msg("'%s': folders '%.*s' and '%.*s'", rows[i].path, SDX_FMT(posix),
                     SDX_FMT(windows));
    }
}

/* Checks one name by one kind of rules; `why` is a part of the error, NULL: the name is good. */
static void expect(sdx_str name, sdx_path_rules rules, const char *why) {
    const sdx_status status = sdx_path_check(name, rules);
    const bool good = why ? sdx_status_code(status) == SDX_INVALID_MODEL &&
                                strstr(sdx_status_text(status), why) != NULL
                          : status == NULL;
    if (!good)
        fail_msg("'%.*s' by rules %d: '%s', expected '%s'", SDX_FMT(name), (int)rules,
                 sdx_status_text(status), why ? why : "ok");
    sdx_status_free(status);
}

static void refused_everywhere(void **state) {
    (void)state;
    static const struct {
        sdx_str name;
        const char *why;
    } rows[] = {
        {{"", 0}, "empty"},
        {{"/etc/passwd", 11}, "absolute"},
        {{"//server/share/w", 16}, "absolute"},
        {{"..", 2}, "upward"},
        {{"../w", 4}, "upward"},
        {{"a/../../w", 9}, "upward"},
        {{"a/..", 4}, "upward"},
        {{"a\\b", 3}, "backslash"},
        {{"..\\w", 4}, "backslash"},
        {{"\\\\server\\share\\w", 16}, "backslash"},
        {{"\\\\?\\C:\\w", 8}, "backslash"},
        {{"C:\\w", 4}, "backslash"},
        {{"a\0b", 3}, "NUL"},
    };
    static char longer[5000];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        expect(rows[i].name, SDX_PATHS_POSIX, rows[i].why);
        expect(rows[i].name, SDX_PATHS_WINDOWS, rows[i].why);
    }
    memset(longer, 'w', sizeof longer);
    expect((sdx_str){longer, sizeof longer}, SDX_PATHS_POSIX, "too long");
    expect((sdx_str){longer, sizeof longer}, SDX_PATHS_WINDOWS, "too long");
}

static void refused_on_windows(void **state) {
    (void)state;
    static const struct {
        const char *name, *why;
    } rows[] = {
        {"C:w", "colon"},          {"C:/w", "colon"},
        {"c:", "colon"},           {"w:stream", "colon"},
        {"a/w::$DATA", "colon"},   {".. /w", "ends with"},
        {"... ", "ends with"},     {".../w", "ends with"},
        {"w.", "ends with"},       {"w ", "ends with"},
        {"a./w", "ends with"},     {"NUL", "device"},
        {"nul", "device"},         {"a/NuL/w", "device"},
        {"nul.bin", "device"},     {"nul .bin", "device"},
        {"CON", "device"},         {"con.tar.gz", "device"},
        {"PRN", "device"},         {"aux.onnx", "device"},
        {"COM0", "device"},        {"com1", "device"},
        {"COM9.data", "device"},   {"LPT1", "device"},
        {"lpt\xc2\xb3", "device"}, {"COM\xc2\xb9.bin", "device"},
        {"CONIN$", "device"},      {"conout$.txt", "device"},
        {"a*", "character"},       {"a?b", "character"},
        {"<a", "character"},       {"a>", "character"},
        {"a\"", "character"},      {"a|b", "character"},
        {"a\tb", "character"},     {"a\nb", "character"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        expect(sdx_str_from(rows[i].name), SDX_PATHS_WINDOWS, rows[i].why);
        expect(sdx_str_from(rows[i].name), SDX_PATHS_POSIX, NULL);
    }
}

static void allowed(void **state) {
    (void)state;
    static const char *const names[] = {
        "w",           "weights.bin", "a/b/w", "./w",       "a//w",  "a/./w", "..data",
        "a..b",        "a b/w",       "null",  "con1",      "COM",   "COM10", "LPTX",
        ".hidden",     "auxiliary",   "conin", "nul-1.bin", "x.nul", "CON_",  "\xc3\xa9t\xc3\xa9",
        "COM\xc3\xa9", "a/",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        expect(sdx_str_from(names[i]), SDX_PATHS_POSIX, NULL);
        expect(sdx_str_from(names[i]), SDX_PATHS_WINDOWS, NULL);
    }
}

static void beneath(void **state) {
    (void)state;
    static const struct {
        const char *file, *folder;
        bool good;
    } rows[] = {
        {"/m/w", "/m", true},
        {"/m/a/w", "/m", true},
        {"/w", "/", true},
        {"//?/C:/m/w", "//?/C:/m", true},
        {"//?/C:/w", "//?/C:/", true},
        {"/m2/w", "/m", false},
        {"/m", "/m", false},
        {"//?/D:/m/w", "//?/C:/m", false},
        {"/h/blobs/1f", "/h/snapshots/r", true},
        {"/h/blobs/1f", "/h/snapshots/r/onnx", true},
        {"/h/private/1f", "/h/snapshots/r", false},
        {"/h/blobs/1f", "/h/other/r", false},
        {"/h/blobs/1f", "/h/snapshots/a/snapshots/r", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (sdx_path_beneath(rows[i].file, rows[i].folder) != rows[i].good)
            fail_msg("'%s' in '%s'", rows[i].file, rows[i].folder);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folders),
        cmocka_unit_test(refused_everywhere),
        cmocka_unit_test(refused_on_windows),
        cmocka_unit_test(allowed),
        cmocka_unit_test(beneath),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
