/* Element types as numbers, their comparison, and the pieces of options. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/cases.h"
#include "cli/compare.h"
#include "cli/elements.h"
#include "cli/operators.h"
#include "cli/random.h"
#include "cli/shapes.h"

/* Every finite bit pattern of a small float decodes to a number that encodes to the same bits. */
static void small_floats_survive(void **state) {
    (void)state;
    const sdx_dtype types[] = {SDX_FLOAT16,        SDX_BFLOAT16,   SDX_FLOAT8E4M3FN,
                               SDX_FLOAT8E4M3FNUZ, SDX_FLOAT8E5M2, SDX_FLOAT8E5M2FNUZ,
                               SDX_FLOAT4E2M1,     SDX_FLOAT8E8M0};
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
        for (uint32_t bits = 0; bits < UINT32_C(1) << sdx_dtype_bits(types[t]); bits++) {
            const uint16_t stored = (uint16_t)bits;
            uint16_t again = 0;
            const double value = element_get(types[t], &stored, 0);
            element_set(types[t], &again, 0, value);
            if (isnan(value)) {
                assert_true(isnan(element_get(types[t], &again, 0)));
            } else {
                assert_int_equal(again, stored);
            }
        }
    }
}

static void small_floats_have_known_values(void **state) {
    (void)state;
    const struct {
        sdx_dtype dtype;
        uint16_t bits;
        double value;
    } known[] = {{SDX_FLOAT16, 0x7bff, 65504},      {SDX_FLOAT16, 0x0001, 0x1p-24},
                 {SDX_BFLOAT16, 0x3f80, 1},         {SDX_FLOAT8E4M3FN, 0x7e, 448},
                 {SDX_FLOAT8E4M3FNUZ, 0x7f, 240},   {SDX_FLOAT8E5M2, 0x7b, 57344},
                 {SDX_FLOAT8E5M2FNUZ, 0x7f, 57344}, {SDX_FLOAT8E5M2FNUZ, 0x01, 0x1p-17},
                 {SDX_FLOAT4E2M1, 0x7, 6},          {SDX_FLOAT4E2M1, 0x9, -0.5},
                 {SDX_FLOAT8E8M0, 127, 1},          {SDX_FLOAT8E8M0, 0, 0x1p-127}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        assert_true(element_get(known[i].dtype, &known[i].bits, 0) == known[i].value);
    }
    uint16_t bits = 0;
    element_set(SDX_FLOAT16, &bits, 0, 1 + 0x1p-11); /* half-way: to even */
    assert_int_equal(bits, 0x3c00);
    element_set(SDX_FLOAT16, &bits, 0, 1e9);
    assert_int_equal(bits, 0x7c00);
    element_set(SDX_FLOAT8E4M3FN, &bits, 0, -1e9);
    assert_int_equal(bits & 0xff, 0xfe);
}

static void integers_keep_their_range(void **state) {
    (void)state;
    unsigned char byte = 0xff;
    int64_t wide = 0;
    assert_true(element_set_int(SDX_INT4, &byte, 0, -8));
    assert_int_equal(byte, 0xf8);
    assert_int_equal(element_int(SDX_INT4, &byte, 0), -8);
    assert_int_equal(element_int(SDX_INT4, &byte, 1), -1);
    assert_false(element_set_int(SDX_INT4, &byte, 0, 8));
    assert_false(element_set_int(SDX_INT2, &byte, 0, -3));
    assert_true(element_set_int(SDX_INT64, &wide, 0, INT64_MIN));
    assert_int_equal(element_int(SDX_INT64, &wide, 0), INT64_MIN);
    element_set(SDX_INT64, &wide, 0, -1e30);
    assert_int_equal(wide, INT64_MIN);
    element_set(SDX_INT64, &wide, 0, 1e30);
    assert_int_equal(wide, INT64_MAX);
    element_set(SDX_INT64, &wide, 0, NAN);
    assert_int_equal(wide, 0);
}

static bool same(const struct norm *norm, const float *got, const float *expected, size_t n) {
    const int64_t dims[1] = {(int64_t)n};
    sdx_value *a = NULL;
    sdx_value *b = NULL;
    struct fault fault = {0};
    double ratio = 0;
    assert_null(sdx_tensor_wrap(SDX_FLOAT32, 1, dims, (void *)(uintptr_t)got, n * sizeof *got, NULL,
                                NULL, &a));
    assert_null(sdx_tensor_wrap(SDX_FLOAT32, 1, dims, (void *)(uintptr_t)expected,
                                n * sizeof *expected, NULL, NULL, &b));
    const bool good = compare_values(norm, a, b, &ratio, &fault);
    fault_free(&fault);
    sdx_value_release(a);
    sdx_value_release(b);
    return good;
}

static void the_two_norms_differ_as_they_say(void **state) {
    (void)state;
    const struct norm whole = {.limit = 1e-3};
    const struct norm each = {.elementwise = true, .rtol = 1e-3, .atol = 1e-7};
    const float expected[4] = {1000, 1, NAN, INFINITY};
    const float near[4] = {1000, 1.5f, NAN, INFINITY};
    const float far[4] = {1000, 2.5f, NAN, INFINITY};
    const float finite[4] = {1000, 1, 0, INFINITY};
    const float sign[4] = {1000, 1, NAN, -INFINITY};
    assert_true(same(&whole, expected, expected, 4) && same(&each, expected, expected, 4));
    assert_true(same(&whole, near, expected, 4));
    assert_false(same(&each, near, expected, 4));
    assert_false(same(&whole, far, expected, 4));
    assert_false(same(&whole, finite, expected, 4) || same(&each, finite, expected, 4));
    assert_false(same(&whole, sign, expected, 4) || same(&each, sign, expected, 4));
}

static void globs_match_names(void **state) {
    (void)state;
    assert_true(glob_matches("test_*_axis?", "test_argmax_default_axis1"));
    assert_true(glob_matches("*", ""));
    assert_false(glob_matches("test_*_axis?", "test_argmax_axis"));
    assert_false(glob_matches("abc", "ab"));
    assert_true(glob_matches("*a*b", "xxaxxaxb"));
}

static void missing_operators_are_counted(void **state) {
    (void)state;
    struct operator_list list = {0};
    operators_add(&list, "LSTM\ncom.x::Op\n");
    operators_add(&list, "LSTM\n");
    operators_sort(&list);
    assert_int_equal(list.n, 2);
    assert_string_equal(list.operators[0].name, "LSTM");
    assert_int_equal(list.operators[0].n_cases, 2);
    assert_int_equal(list.operators[0].n_alone, 1);
    assert_string_equal(list.operators[1].name, "com.x::Op");
    operators_free(&list);
}

static void random_numbers_are_the_documented_ones(void **state) {
    (void)state;
    assert_true(random_bits(0, 0, 0) ==
                UINT64_C(0xe220a8397b1dcdaf)); /* SplitMix64 from 0, first and second number */
    assert_true(random_bits(0, 0, 1) == UINT64_C(0x6e789e6aa1b965f4));
}

static void numbers_and_shapes_are_parsed_whole(void **state) {
    (void)state;
    int64_t dims[SDX_MAX_RANK];
    size_t rank = 0;
    int64_t whole = 0;
    uint64_t positive = 0;
    double number = 0;
    assert_true(parse_shape(str_of("1x3x224x224"), dims, &rank) && rank == 4 && dims[3] == 224);
    assert_true(parse_shape(str_of(""), dims, &rank) && rank == 0);
    assert_false(parse_shape(str_of("1x"), dims, &rank) ||
                 parse_shape(str_of("1x-3"), dims, &rank));
    assert_false(parse_shape(str_of("1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1"), dims, &rank));
    assert_true(parse_int64(str_of("-9223372036854775808"), &whole) && whole == INT64_MIN);
    assert_false(parse_int64(str_of("9223372036854775808"), &whole) ||
                 parse_int64(str_of("-"), &whole));
    assert_false(parse_uint64(str_of("18446744073709551616"), &positive) ||
                 parse_uint64(str_of("1 "), &positive));
    assert_true(parse_number(str_of("-1e-3"), &number) && number == -1e-3);
    assert_false(parse_number(str_of(" 1"), &number) || parse_number(str_of("1x"), &number) ||
                 parse_number(str_of(""), &number));
}

struct settings {
    bool flag;
    uint64_t count, bytes;
    double number;
    const char *text;
};
static const struct option options[] = {
    {"flag", NULL, "", OPTION_FLAG, offsetof(struct settings, flag)},
    {"count", "N", "", OPTION_COUNT, offsetof(struct settings, count)},
    {"bytes", "N", "", OPTION_BYTES, offsetof(struct settings, bytes)},
    {"number", "X", "", OPTION_NUMBER, offsetof(struct settings, number)},
    {"text", "TEXT", "", OPTION_TEXT, offsetof(struct settings, text)},
};

static bool parse(struct settings *out, struct text_list *rest, struct fault *fault, int n,
                  char **arguments) {
    const struct command command = {.name = "test", .summary = "", .usage = "", .help = ""};
    const struct option_group group = {options, sizeof options / sizeof *options, out};
    return options_parse(&command, &group, 1, n, arguments, rest, fault);
}

static void options_fill_their_members(void **state) {
    (void)state;
    char *arguments[] = {"--flag",   "a",    "--count=7",  "--bytes", "2K",
                         "--number", "-1.5", "--text=x=y", "--",      "--flag"};
    struct settings settings = {0};
    struct text_list rest = {0};
    struct fault fault = {0};
    assert_true(parse(&settings, &rest, &fault, 10, arguments));
    assert_true(settings.flag && settings.count == 7 && settings.bytes == 2048 &&
                settings.number == -1.5);
    assert_string_equal(settings.text, "x=y");
    assert_int_equal(rest.n, 2);
    assert_string_equal(rest.items[1], "--flag");
    text_list_free(&rest);
}

static void wrong_options_are_explained(void **state) {
    (void)state;
    const struct {
        char *argument;
        const char *said;
    } wrong[] = {{"--cuont", "did you mean '--count'"},
                 {"--count", "needs a value"},
                 {"--flag=1", "takes no value"},
                 {"--count=-1", "expected a whole number"},
                 {"--bytes=99999999999T", "expected a number of bytes"},
                 {"--number=inf", "expected a number"},
                 {"-x", "two dashes"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char *arguments[] = {wrong[i].argument};
        struct settings settings = {0};
        struct text_list rest = {0};
        struct fault fault = {0};
        assert_false(parse(&settings, &rest, &fault, 1, arguments));
        assert_int_equal(fault.exit, EXIT_USAGE);
        assert_non_null(strstr(text_get(&fault.text), wrong[i].said));
        fault_free(&fault);
        text_list_free(&rest);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_floats_survive),
        cmocka_unit_test(small_floats_have_known_values),
        cmocka_unit_test(integers_keep_their_range),
        cmocka_unit_test(the_two_norms_differ_as_they_say),
        cmocka_unit_test(globs_match_names),
        cmocka_unit_test(missing_operators_are_counted),
        cmocka_unit_test(random_numbers_are_the_documented_ones),
        cmocka_unit_test(numbers_and_shapes_are_parsed_whole),
        cmocka_unit_test(options_fill_their_members),
        cmocka_unit_test(wrong_options_are_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
