/* Regular expressions: RegexFullMatch, and Tokenizer that cuts with them. What is expected is what
 * RE2 says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "op_test.h"

static void full_match(void **state) {
    (void)state;
    static const struct {
        const char *pattern, *text;
        double matches;
    } cases[] = {
        {"", "", 1},
        {"a|ab", "ab", 1}, /* not the alternative that Perl would take */
        {"a*?", "aaa", 1},
        {"(a{2}){2,3}", "aaaaa", 0},
        {"(a{2}){2,3}", "aaaaaa", 1},
        {"a{0}b{,2}", "b{,2}", 1}, /* no counts, so text */
        {"(|a)*b", "aab", 1},
        {"x{1,0", "x{1,0", 1},
        {".", "\n", 0},
        {"(?s).", "\n", 1},
        {"[^a]", "\n", 1},
        {"(?m)a$\n^b", "a\nb", 1},
        {"a$\nb", "a\nb", 0},
        {"\\w+\\b \\B.*", "ab -", 1},
        {"[]a^-]+", "]^-a", 1},
        {"[[:^alpha:]\\d]+", "1-2", 1},
        {"(?i)[a-k]\xc3\xa9(?-i)x", "K\xc3\x89x", 1},
        {"(?i)k", "\xe2\x84\xaa", 1}, /* the sign of Kelvin */
        {"(?i:\\x{212a})", "k", 1},
        {"\\Qa.b\\E+", "a.bb", 1},
        {"\\101\\x42\\x{10ffff}", "AB\xf4\x8f\xbf\xbf", 1},
        {"(?P<name>a)(?<b>b)", "ab", 1},
        {"[^x]", "\xff", 0}, /* no character */
        {"\xe6\x97\xa5.", "\xe6\x97\xa5\xe6\x9c\xac", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        op_test *const t = op_begin("RegexFullMatch", 20);
        op_text(t, "pattern", cases[i].pattern);
        op_strings(t, SCALAR, &cases[i].text);
        op_expect(t, 0, SDX_BOOL, SCALAR, &cases[i].matches);
        op_end(t);
    }
}

static void patterns_that_are_none(void **state) {
    (void)state;
    static const struct {
        const char *pattern, *text;
    } cases[] = {
        {"a**", "'a**' at 2: found a repetition"},
        {"|*", "at 1: found a repetition"},
        {"(?i)*", "found a repetition"},
        {"a{1001}", "counts that ascend up to 1000"},
        {"a{2,1}", "counts that ascend"},
        {"a)", "at 1: found ')'"},
        {"(a", "at 0: found '('"},
        {"[a", "expected ']'"},
        {"[b-a]", "range that ascends"},
        {"[[:alfa:]]", "name of POSIX"},
        {"(?=a)", "RE2 has no other groups"},
        {"(?P<a", "expected a name"},
        {"\\", "found its end"},
        {"\\1", "expected an escape"},
        {"\\pL", "name the characters"},
        {"\\x{110000}", "10FFFF"},
        {"\xff", "no UTF-8"},
        {"((a{1000}){1000}){1000}", "65536"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        op_test *const t = op_begin("RegexFullMatch", 20);
        op_text(t, "pattern", cases[i].pattern);
        op_strings(t, DIMS(1), TEXTS("a"));
        op_fails(t, cases[i].text);
        op_end(t);
    }
}

/* Where an engine that goes back would try 2^n ways. */
static void time_is_linear(void **state) {
    (void)state;
    static char many[50001];
    memset(many, 'a', sizeof many - 1);
    op_test *const t = op_begin("RegexFullMatch", 20);
    op_text(t, "pattern", "(((a*)*)*|a{1,9}a?)*b");
    op_strings(t, DIMS(1), TEXTS(many));
    op_expect(t, 0, SDX_BOOL, DIMS(1), DATA(0));
    op_end(t);
}

static op_test *tokenizer(const char *tokenexp, size_t n, const char *const *separators,
                          int64_t least, bool mark) {
    op_test *const t = op_begin_in("com.microsoft", "Tokenizer", 1);
    if (tokenexp != NULL) op_text(t, "tokenexp", tokenexp);
    if (n > 0) op_texts(t, "separators", n, separators);
    op_int(t, "mincharnum", least);
    op_int(t, "mark", mark);
    op_text(t, "pad_value", "#");
    return t;
}

static void tokens(void **state) {
    (void)state;
    op_test *t = tokenizer(NULL, 2, TEXTS(",", "\\s+|a"), 1, true);
    op_strings(t, DIMS(2), TEXTS("x  y,,za", ""));
    op_expect_strings(t, 0, DIMS(2, 5),
                      TEXTS("\x02", "x", "y", "z", "\x03", "\x02", "\x03", "#", "#", "#"));
    op_infers(t, 0, "[2,?0]");
    op_end(t);
    t = tokenizer("\\w+", 0, NULL, 2, false);
    op_strings(t, DIMS(1, 2), TEXTS("a bc", "d-efg hi"));
    op_expect_strings(t, 0, DIMS(1, 2, 2), TEXTS("bc", "#", "efg", "hi"));
    op_end(t);
    t = tokenizer("a|ab", 0, NULL, 1, false); /* the longest match */
    op_strings(t, DIMS(1), TEXTS("abxa"));
    op_expect_strings(t, 0, DIMS(1, 2), TEXTS("ab", "a"));
    op_end(t);
    t = tokenizer(".", 0, NULL, 1, false);
    op_strings(t, DIMS(1), TEXTS("\xc3\xa9\n"));
    op_expect_strings(t, 0, DIMS(1, 2), TEXTS("\xc3\xa9", "\n"));
    op_end(t);
    t = tokenizer(NULL, 1, TEXTS(""), 1, false);
    op_strings(t, DIMS(2), TEXTS("", "ab"));
    op_expect_strings(t, 0, DIMS(2, 2), TEXTS("#", "#", "a", "b"));
    op_end(t);
    t = tokenizer(NULL, 1, TEXTS("x*"), 1, true); /* an empty match takes a character */
    op_strings(t, DIMS(2), TEXTS("abxxc", ""));
    op_expect_strings(t, 0, DIMS(2, 0), NULL);
    op_end(t);
}

static void tokenizer_errors(void **state) {
    (void)state;
    static const struct {
        const char *tokenexp, *separator, *text;
        int64_t least;
    } cases[] = {{NULL, NULL, "found none, expected one of them", 1},
                 {"a(", NULL, "found '('", 1},
                 {NULL, "", "expected 1 for characters", 2},
                 {"a", NULL, "expected 1 or more", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        op_test *const t = tokenizer(cases[i].tokenexp, cases[i].separator != NULL,
                                     &cases[i].separator, cases[i].least, false);
        op_strings(t, DIMS(1), TEXTS("a"));
        op_fails(t, cases[i].text);
        op_end(t);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_match),       cmocka_unit_test(patterns_that_are_none),
        cmocka_unit_test(time_is_linear),   cmocka_unit_test(tokens),
        cmocka_unit_test(tokenizer_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
