/* Operators on strings: StringConcat, StringSplit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "op_test.h"

static void string_concat(void **state) {
    (void)state;
    op_test *t = op_begin("StringConcat", 20);
    op_strings(t, DIMS(2, 1), TEXTS("a", ""));
    op_strings(t, DIMS(2), TEXTS("\xc3\xa9", ""));
    op_expect_strings(t, 0, DIMS(2, 2), TEXTS("a\xc3\xa9", "a", "\xc3\xa9", ""));
    op_end(t);
    t = op_begin("StringConcat", 20);
    op_strings(t, SCALAR, TEXTS("a"));
    op_strings(t, DIMS(0), NULL);
    op_expect_strings(t, 0, DIMS(0), NULL);
    op_end(t);
    t = op_begin("StringConcat", 20);
    op_strings(t, DIMS(2), TEXTS("a", "b"));
    op_strings(t, DIMS(3), TEXTS("a", "b", "c"));
    op_fails(t, "to broadcast");
    op_end(t);
}

/* As Python splits. */
static void string_split(void **state) {
    (void)state;
    static const struct {
        const char *text, *delimiter;
        int64_t maxsplit, n;
        const char *pieces[4];
    } cases[] = {
        {" a  b\tc ", NULL, -1, 3, {"a", "b", "c"}},
        {" a  b c ", "", 1, 2, {"a", "b c "}},
        {"  a b", NULL, 0, 1, {"a b"}},
        {" \xc2\xa0\xe3\x80\x80 ", NULL, -1, 0, {NULL}},
        {"x\xe2\x80\x83y\xe2\x82", NULL, -1, 2, {"x", "y\xe2\x82"}},
        {"a,,b,", ",", -1, 4, {"a", "", "b", ""}},
        {"a,,b,", ",", 2, 3, {"a", "", "b,"}},
        {"", ",", -1, 1, {""}},
        {"", NULL, -1, 0, {NULL}},
        {"aXXbXX", "XX", -1, 3, {"a", "b", ""}},
        {"ab", "abc", 5, 1, {"ab"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const double n = (double)cases[i].n;
        op_test *t = op_begin("StringSplit", 20);
        if (cases[i].delimiter) op_text(t, "delimiter", cases[i].delimiter);
        if (cases[i].maxsplit >= 0) op_int(t, "maxsplit", cases[i].maxsplit);
        op_outputs(t, 2);
        op_strings(t, DIMS(1), TEXTS(cases[i].text));
        op_expect_strings(t, 0, DIMS(1, cases[i].n), cases[i].pieces);
        op_expect(t, 1, SDX_INT64, DIMS(1), DATA(n));
        op_end(t);
    }
    op_test *t = op_begin("StringSplit", 20);
    op_strings(t, DIMS(2), TEXTS("a b", "c"));
    op_expect_strings(t, 0, DIMS(2, 2), TEXTS("a", "b", "c", ""));
    op_end(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(string_concat),
        cmocka_unit_test(string_split),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
