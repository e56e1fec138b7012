/* Operators on strings. */
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

/* Case is Unicode's; what is no UTF-8 stays as it is. */
static void string_normalizer(void **state) {
    (void)state;
    op_test *t = op_begin("StringNormalizer", 10);
    op_text(t, "case_change_action", "UPPER");
    op_texts(t, "stopwords", 2, TEXTS("\xc3\x89t\xc3\xa9", "gone"));
    op_strings(t, DIMS(5),
               TEXTS("\xc3\xa9T\xc3\x89", "a\xff\xc3", "\xc3\x9f\xc3\xbf", "GONE", "i"));
    op_expect_strings(t, 0, DIMS(3), TEXTS("A\xff\xc3", "\xc3\x9f\xc5\xb8", "I"));
    op_infers(t, 0, "[?0]");
    op_end(t);
    t = op_begin("StringNormalizer", 10);
    op_text(t, "case_change_action", "LOWER");
    op_text(t, "locale", "tr_TR");
    op_int(t, "is_case_sensitive", 1);
    op_texts(t, "stopwords", 1, TEXTS("gone"));
    op_strings(t, DIMS(1, 3), TEXTS("Ii", "GONE", "gone"));
    op_expect_strings(t, 0, DIMS(1, 2), TEXTS("\xc4\xb1i", "gone"));
    op_end(t);
    t = op_begin("StringNormalizer", 10);
    op_strings(t, DIMS(1, 0), NULL);
    op_expect_strings(t, 0, DIMS(1, 1), TEXTS(""));
    op_end(t);
    t = op_begin("StringNormalizer", 10);
    op_strings(t, DIMS(2, 1), TEXTS("a", "b"));
    op_fails(t, "[1,c]");
    op_end(t);
    t = op_begin("StringNormalizer", 10);
    op_text(t, "case_change_action", "TITLE");
    op_strings(t, DIMS(1), TEXTS("a"));
    op_fails(t, "'TITLE', expected NONE, LOWER or UPPER");
    op_end(t);
}

static op_test *tfidf(const char *mode, int64_t skip, int64_t min, int64_t max) {
    op_test *const t = op_begin("TfIdfVectorizer", 9);
    op_text(t, "mode", mode);
    op_int(t, "max_skip_count", skip);
    op_int(t, "min_gram_length", min);
    op_int(t, "max_gram_length", max);
    return t;
}

/* Weights stand in the order of the pool, counts in that of the indexes. */
static void tfidf_weights(void **state) {
    (void)state;
    static const struct {
        const char *mode;
        double y[8];
    } cases[] = {{"TF", {1, 0, 0, 2, 0, 0, 0, 0}},
                 {"IDF", {4, 0, 0, 2, 0, 0, 0, 0}},
                 {"TFIDF", {4, 0, 0, 4, 0, 0, 0, 0}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        op_test *const t = tfidf(cases[i].mode, 0, 1, 2);
        op_ints(t, "ngram_counts", DIMS(0, 2));
        op_ints(t, "ngram_indexes", DIMS(3, 1, 0));
        op_floats(t, "weights", 3, (const float[]){2, 3, 4});
        op_texts(t, "pool_strings", 4, TEXTS("a", "b", "a", "a"));
        op_strings(t, DIMS(2, 2), TEXTS("a", "a", "c", ""));
        op_expect(t, 0, SDX_FLOAT32, DIMS(2, 4), cases[i].y);
        op_infers(t, 0, "[2,4]");
        op_end(t);
    }
}

/* Pairs apart count for each distance, single items once; integers of 32 bits are like those of
 * 64. */
static void tfidf_skips(void **state) {
    (void)state;
    op_test *t = tfidf("TF", INT64_MAX - 1, 1, 2);
    op_ints(t, "ngram_counts", DIMS(0, 1));
    op_ints(t, "ngram_indexes", DIMS(0, 1));
    op_ints(t, "pool_int64s", DIMS(-7, -7, 5));
    op_input(t, SDX_INT32, DIMS(5), DATA(-7, 5, 5, 1, -7));
    op_expect(t, 0, SDX_FLOAT32, DIMS(2), DATA(2, 2));
    op_end(t);
    t = tfidf("TF", 0, 1, 1);
    op_ints(t, "ngram_counts", DIMS(0));
    op_ints(t, "ngram_indexes", DIMS(1));
    op_ints(t, "pool_int64s", DIMS(4));
    op_input(t, SDX_INT64, DIMS(2, 0), NULL);
    op_expect(t, 0, SDX_FLOAT32, DIMS(2, 2), DATA(0, 0, 0, 0));
    op_end(t);
}

static void tfidf_errors(void **state) {
    (void)state;
    static const struct {
        int64_t counts[2], index, min, pool[2];
        const char *text;
    } cases[] = {{{0, 2}, -1, 1, {1, 2}, "'ngram_indexes'[0]: found -1"},
                 {{0, 3}, 0, 1, {1, 2}, "'ngram_counts'[0]"},
                 {{0, 1}, 0, 1, {1, 2}, "1 items for n-grams of 2"},
                 {{1, 0}, 0, 1, {1, 2}, "'ngram_counts'[0]: found 1 before 0"},
                 {{0, 2}, 0, 1, {1, 1}, "twice"},
                 {{0, 2}, 0, 0, {1, 2}, "'min_gram_length' 0"},
                 {{0, 2}, 0, 1, {1, 2}, "each of 2 n-grams"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        op_test *const t = tfidf("TF", 0, cases[i].min, 2);
        op_ints(t, "ngram_counts", 2, cases[i].counts);
        op_ints(t, "ngram_indexes", 1, &cases[i].index);
        op_ints(t, "pool_int64s", 2, cases[i].pool);
        op_input(t, SDX_INT64, DIMS(1), DATA(1));
        op_fails(t, cases[i].text);
        op_end(t);
    }
    op_test *const t = tfidf("TF", 0, 1, 1);
    op_ints(t, "ngram_counts", DIMS(0));
    op_ints(t, "ngram_indexes", DIMS(0));
    op_texts(t, "pool_strings", 1, TEXTS("a"));
    op_input(t, SDX_INT64, DIMS(1), DATA(1));
    op_fails(t, "found int64, expected string");
    op_end(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(string_concat),     cmocka_unit_test(string_split),
        cmocka_unit_test(string_normalizer), cmocka_unit_test(tfidf_weights),
        cmocka_unit_test(tfidf_skips),       cmocka_unit_test(tfidf_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
