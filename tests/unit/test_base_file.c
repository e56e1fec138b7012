/* Files: mapping, reading, snapshots, names beneath a folder, writing. */
#define _DEFAULT_SOURCE 1 /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "posix.h"

static char root[200];

static const char *in_root(const char *name) {
    static char path[400];
    (void)snprintf(path, sizeof path, "%s/%s", root, name);
    return path;
}

static void expect(sdx_status status, sdx_code code, const char *part) {
    if (sdx_status_code(status) != code || !strstr(sdx_status_text(status), part))
        fail_msg("%s: '%s' has no '%s'", sdx_code_name(sdx_status_code(status)),
                 sdx_status_text(status), part);
    sdx_status_free(status);
}

static int make_root(void **state) {
    (void)state;
    (void)snprintf(root, sizeof root, "%.150s/sdx_file_XXXXXX", temporary_folder());
    return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state) {
    (void)state;
    return remove_folder(root);
}

static void put(const char *name, const char *text) {
    assert_null(sdx_file_write(in_root(name), text, strlen(text)));
}

typedef sdx_status open_fn(const char *path, sdx_file *out);

static sdx_status read_it(const char *path, sdx_file *out) {
    return sdx_file_read(path, sdx_heap_global(), out);
}

static void files_in_three_ways(void **state) {
    (void)state;
    static open_fn *const ways[] = {sdx_file_map, read_it, sdx_file_snapshot};
    put("text", "hello");
    put("empty", "");
    if (HAS_DEVICES) assert_int_equal(mkfifo(in_root("pipe"), 0600), 0);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        sdx_file file = {.size = 77};
        assert_null(ways[i](in_root("text"), &file));
        assert_int_equal(file.size, 5);
        assert_memory_equal(file.data, "hello", 5);
        assert_int_equal(file.mapped, ways[i] != read_it);
        sdx_file_close(&file);
        sdx_file_close(&file);
        assert_null(ways[i](in_root("empty"), &file));
        assert_int_equal(file.size, 0);
        assert_null(file.data);
        sdx_file_close(&file);
        expect(ways[i](in_root("absent"), &file), SDX_NOT_FOUND, "no such file or directory");
        expect(ways[i](in_root("text/below"), &file), SDX_NOT_FOUND, "directory; check the path");
        expect(ways[i](root, &file), SDX_IO, "is a folder, expected a regular file");
        if (HAS_DEVICES) {
            expect(ways[i](in_root("pipe"), &file), SDX_IO, "is a pipe");
            expect(ways[i]("/dev/zero", &file), SDX_IO, "is a device");
        }
        assert_null(file.data);
    }
}

static void a_snapshot_does_not_see_changes(void **state) {
    (void)state;
    put("model", "before");
    sdx_file file;
    assert_null(sdx_file_snapshot(in_root("model"), &file));
    const int fd = open(in_root("model"), O_WRONLY | O_TRUNC);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    assert_memory_equal(file.data, "before", 6);
    sdx_file_close(&file);
}

static void reading_obeys_the_limit(void **state) {
    (void)state;
    sdx_heap heap;
    sdx_heap_init(&heap, NULL, 4, "model");
    put("five", "12345");
    sdx_file file;
    expect(sdx_file_read(in_root("five"), &heap, &file), SDX_LIMIT, "five': model memory: 5 more");
    assert_int_equal(heap.used, 0);
}

static void released_pages_come_back(void **state) {
    (void)state;
    enum { SIZE = 64 * 1024 };
    char *const bytes = malloc(SIZE);
    assert_non_null(bytes);
    for (int i = 0; i < SIZE; i++)
        bytes[i] = (char)(i * 31);
    assert_null(sdx_file_write(in_root("large"), bytes, SIZE));
    sdx_file file;
    assert_null(sdx_file_map(in_root("large"), &file));
    assert_memory_equal(file.data, bytes, SIZE);
    sdx_file_release_pages(&file, file.data + 100, SIZE - 200);
    sdx_file_release_pages(&file, file.data + 100, SIZE);
    sdx_file_release_pages(&file, file.data + SIZE, 0);
    sdx_file_release_pages(&file, bytes, SIZE);
    assert_memory_equal(file.data, bytes, SIZE);
    sdx_file_close(&file);
    free(bytes);
}

static void names_must_stay_beneath(void **state) {
    (void)state;
    static const struct {
        sdx_str name;
        const char *why;
    } rows[] = {
        {{"", 0}, "empty"},           {{"/etc/passwd", 11}, "absolute"},
        {{"../secret", 9}, "upward"}, {{"a/../../secret", 14}, "upward"},
        {{"a/..", 4}, "upward"},      {{"..", 2}, "upward"},
        {{"a\\b", 3}, "backslash"},   {{"a\0b", 3}, "NUL"},
    };
    sdx_file file;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect(sdx_file_map_beneath(root, rows[i].name, &file), SDX_INVALID_MODEL, rows[i].why);
    static char wide[5000];
    memset(wide, 'w', sizeof wide);
    expect(sdx_file_map_beneath(root, (sdx_str){wide, sizeof wide}, &file), SDX_INVALID_MODEL,
           "long");
    expect(sdx_file_map_beneath(root, SDX_STR("absent"), &file), SDX_NOT_FOUND, "absent");
    assert_int_equal(mkdir(in_root("box"), 0700), 0);
    put("box/..data", "dots");
    assert_null(sdx_file_map_beneath(in_root("box"), SDX_STR("./..data"), &file));
    assert_memory_equal(file.data, "dots", 4);
    sdx_file_close(&file);
    expect(sdx_file_map_beneath(root, SDX_STR("box"), &file), SDX_IO, "folder");
}

static void link_to(const char *target, const char *name) {
    assert_int_equal(symlink(target, in_root(name)), 0);
}

static void links_stay_in_the_model_s_tree(void **state) {
    (void)state;
    if (!HAS_LINKS) skip();
    sdx_file file;
    assert_int_equal(mkdir(in_root("m"), 0700), 0);
    assert_int_equal(mkdir(in_root("m2"), 0700), 0);
    put("m/weights", "w");
    put("m2/secret", "s");
    link_to("weights", "m/inside");
    link_to("../m2/secret", "m/outside");
    link_to("../m2", "m/folder");
    link_to("m", "alias");
    assert_null(sdx_file_map_beneath(in_root("m"), SDX_STR("inside"), &file));
    sdx_file_close(&file);
    assert_null(sdx_file_map_beneath(in_root("alias"), SDX_STR("inside"), &file));
    sdx_file_close(&file);
    expect(sdx_file_map_beneath(in_root("m"), SDX_STR("outside"), &file), SDX_INVALID_MODEL,
           "link");
    expect(sdx_file_map_beneath(in_root("m"), SDX_STR("folder/secret"), &file), SDX_INVALID_MODEL,
           "link");

    static const char *const folders[] = {"hub", "hub/blobs", "hub/snapshots", "hub/snapshots/r1",
                                          "hub/private"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        assert_int_equal(mkdir(in_root(folders[i]), 0700), 0);
    put("hub/blobs/1f", "blob");
    put("hub/private/key", "key");
    link_to("../../blobs/1f", "hub/snapshots/r1/data");
    link_to("../../private/key", "hub/snapshots/r1/key");
    assert_null(sdx_file_map_beneath(in_root("hub/snapshots/r1"), SDX_STR("data"), &file));
    assert_memory_equal(file.data, "blob", 4);
    sdx_file_close(&file);
    expect(sdx_file_map_beneath(in_root("hub/snapshots/r1"), SDX_STR("key"), &file),
           SDX_INVALID_MODEL, "link");
}

static void expect_text(const char *name, const char *text) {
    sdx_file file;
    assert_null(sdx_file_map(in_root(name), &file));
    assert_int_equal(file.size, strlen(text));
    assert_memory_equal(file.data, text, file.size);
    sdx_file_close(&file);
}

static void writing_replaces_at_once(void **state) {
    (void)state;
    put("out", "first");
    expect_text("out", "first");
    put("out", "second");
    expect_text("out", "second");
    expect(sdx_file_write(root, "x", 1), SDX_IO, "is a folder");
    expect(sdx_file_write(in_root("no/such/folder"), "x", 1), SDX_NOT_FOUND, "no such file");
}

static void writing_heeds_readers_links_and_devices(void **state) {
    (void)state;
    if (!HAS_LINKS || !HAS_DEVICES) skip();
    put("out", "first");
    link_to("out", "out_link");
    sdx_file old;
    assert_null(sdx_file_map(in_root("out"), &old));
    put("out_link", "second");
    assert_memory_equal(old.data, "first", 5);
    sdx_file_close(&old);
    expect_text("out", "second");
    struct stat info;
    assert_int_equal(lstat(in_root("out_link"), &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    assert_null(sdx_file_write("/dev/null", "x", 1));
    assert_int_equal(stat("/dev/null", &info), 0);
    assert_true(S_ISCHR(info.st_mode));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_in_three_ways),
        cmocka_unit_test(a_snapshot_does_not_see_changes),
        cmocka_unit_test(reading_obeys_the_limit),
        cmocka_unit_test(released_pages_come_back),
        cmocka_unit_test(names_must_stay_beneath),
        cmocka_unit_test(links_stay_in_the_model_s_tree),
        cmocka_unit_test(writing_replaces_at_once),
        cmocka_unit_test(writing_heeds_readers_links_and_devices),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
