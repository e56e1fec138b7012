/* Errors: texts, places, joining, caps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/status.h"

static void ok_is_null(void **state) {
    (void)state;
    assert_int_equal(sdx_status_code(NULL), SDX_OK);
    assert_string_equal(sdx_status_text(NULL), "ok");
    sdx_status_free(NULL);
    assert_null(sdx_in(NULL, "model '%s'", "m"));
    assert_null(sdx_join(NULL, NULL));
}

static void places_go_in_front(void **state) {
    (void)state;
    sdx_status s = sdx_fail(SDX_SHAPE_MISMATCH, "rank is %d, expected %d", 3, 4);
    s = sdx_in(s, "input '%s'", "W");
    s = sdx_in(s, "node 'conv1' (Conv)");
    assert_int_equal(sdx_status_code(s), SDX_SHAPE_MISMATCH);
    assert_string_equal(sdx_status_text(s),
                        "node 'conv1' (Conv): input 'W': rank is 3, expected 4");
    sdx_status_free(s);
}

static void join_keeps_the_first_code(void **state) {
    (void)state;
    sdx_status s = sdx_join(NULL, sdx_fail(SDX_IO, "one"));
    s = sdx_join(s, NULL);
    s = sdx_join(s, sdx_fail(SDX_LIMIT, "two"));
    assert_int_equal(sdx_status_code(s), SDX_IO);
    assert_string_equal(sdx_status_text(s), "one; also: two");
    sdx_status_free(s);
}

static void text_is_capped_between_characters(void **state) {
    (void)state;
    static char name[40000];
    for (size_t shift = 0; shift < 4; shift++) {
        memset(name, 'x', shift);
        for (size_t i = shift; i + 2 < sizeof name; i += 2)
            memcpy(name + i, "\xc3\xa9", 3);
        sdx_status s = sdx_fail(SDX_INVALID_MODEL, "%s", name);
        const char *const text = sdx_status_text(s);
        const size_t len = strlen(text);
        assert_true(len < 16384 && len > 16384 - 8);
        assert_string_equal(text + len - 3, "...");
        assert_int_equal((unsigned char)text[len - 4], 0xa9);
        s = sdx_in(s, "%s", name);
        assert_true(strlen(sdx_status_text(s)) < 16384);
        sdx_status_free(s);
    }
}

static void control_bytes_are_replaced(void **state) {
    (void)state;
    sdx_status s = sdx_fail(SDX_INVALID_MODEL, "name '%s'", "a\x1b[2Jb\x7f\nc");
    assert_string_equal(sdx_status_text(s), "name 'a?[2Jb?\nc'");
    sdx_status_free(s);
}

static void codes_have_names(void **state) {
    (void)state;
    assert_string_equal(sdx_code_name(SDX_OK), "ok");
    assert_string_equal(sdx_code_name(SDX_INTERNAL), "internal");
    assert_string_equal(sdx_code_name((sdx_code)200), "unknown");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ok_is_null),
        cmocka_unit_test(places_go_in_front),
        cmocka_unit_test(join_keeps_the_first_code),
        cmocka_unit_test(text_is_capped_between_characters),
        cmocka_unit_test(control_bytes_are_replaced),
        cmocka_unit_test(codes_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
