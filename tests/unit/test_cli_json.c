/* The JSON reader and writer, and values as JSON. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/json_value.h"

static bool parses(const char *text) {
    struct json json = {0};
    struct fault fault = {0};
    const bool good = json_parse(text, strlen(text), &json, &fault);
    json_free(&json);
    fault_free(&fault);
    return good;
}

static void what_rfc_8259_allows_is_read(void **state) {
    (void)state;
    const char *const good[] = {"null",
                                " [] ",
                                "{}",
                                "-0.5e+10",
                                "[1,2,[3]]",
                                "{\"a\":{\"b\":[true,false]}}",
                                "\"\\u00e4\\ud83d\\ude00\\n\""};
    const char *const bad[] = {"",     "[1,]",   "{\"a\"}",   "01",      "1.",          "+1",
                               "nul",  "[1 2]",  "\"\x01\"",  "\"\\x\"", "\"\\ud83d\"", "{1:2}",
                               "[1]]", "\"open", "\"\\u12\"", "-"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(parses(good[i]));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(parses(bad[i]));
    }
}

static void depth_is_bounded(void **state) {
    (void)state;
    char text[2 * JSON_MAX_DEPTH + 3] = {0};
    memset(text, '[', JSON_MAX_DEPTH);
    memset(text + JSON_MAX_DEPTH, ']', JSON_MAX_DEPTH);
    assert_true(parses(text));
    memset(text, '[', JSON_MAX_DEPTH + 1);
    memset(text + JSON_MAX_DEPTH + 1, ']', JSON_MAX_DEPTH + 1);
    assert_false(parses(text));
}

static void escapes_become_utf8(void **state) {
    (void)state;
    const char text[] = "{\"k\\u0041\": \"\\u00e4\\ud83d\\ude00\\/\"}";
    struct json json = {0};
    struct fault fault = {0};
    assert_true(json_parse(text, strlen(text), &json, &fault));
    const size_t at = json_find(&json, 0, "kA");
    assert_int_not_equal(at, 0);
    assert_true(str_is(json.nodes[at].text, "\xc3\xa4\xf0\x9f\x98\x80/"));
    assert_int_equal(json_find(&json, 0, "k"), 0);
    json_free(&json);
}

static void the_writer_sets_commas_and_escapes(void **state) {
    (void)state;
    struct json_out out = {0};
    struct json json = {0};
    struct fault fault = {0};
    json_open(&out, NULL, '{');
    json_str(&out, "a", (sdx_str){"\"\\\n\x01\xff\xc3\xa4", 7});
    json_open(&out, "b", '[');
    json_number(&out, NULL, 0.1);
    json_int(&out, NULL, INT64_MIN);
    json_uint(&out, NULL, UINT64_MAX);
    json_close(&out, ']');
    json_open(&out, "c", '{');
    json_close(&out, '}');
    json_close(&out, '}');
    assert_true(json_parse(out.text.ptr, out.text.len, &json, &fault));
    assert_true(
        str_is(json.nodes[json_find(&json, 0, "a")].text, "\"\\\n\x01\xef\xbf\xbd\xc3\xa4"));
    const size_t list = json_find(&json, 0, "b");
    assert_int_equal(json.nodes[list].n, 3);
    assert_true(str_is(json.nodes[list + 1].text, "0.1"));
    assert_true(str_is(json.nodes[list + 2].text, "-9223372036854775808"));
    assert_true(str_is(json.nodes[list + 3].text, "18446744073709551615"));
    json_free(&json);
    text_free(&out.text);
}

static sdx_value *value_of(const char *text, const sdx_port_info *port) {
    struct json json = {0};
    struct fault fault = {0};
    sdx_value *value = NULL;
    if (json_parse(text, strlen(text), &json, &fault)) {
        (void)json_to_value(&json, 0, port, &value, &fault);
    }
    json_free(&json);
    fault_free(&fault);
    return value;
}

static void nested_arrays_are_tensors(void **state) {
    (void)state;
    const sdx_port_info port = {.kind = SDX_TENSOR, .dtype = SDX_FLOAT32};
    sdx_value *const value = value_of("[[1, 2.5, null], [\"inf\", -4, 5e-1]]", &port);
    assert_non_null(value);
    assert_int_equal(sdx_tensor_rank(value), 2);
    assert_int_equal(sdx_tensor_dims(value)[1], 3);
    const float *const data = sdx_tensor_data(value);
    assert_float_equal(data[1], 2.5, 0);
    assert_true(isnan(data[2]) && isinf(data[3]));
    assert_float_equal(data[5], 0.5, 0);
    sdx_value_release(value);
}

static void a_port_types_the_elements(void **state) {
    (void)state;
    const sdx_port_info port = {
        .kind = SDX_TENSOR, .dtype = SDX_INT64, .has_rank = true, .rank = 2, .dims = {3, 1}};
    sdx_value *const value = value_of("[9007199254740993, -1, 0]", &port);
    assert_non_null(value);
    assert_int_equal(sdx_tensor_rank(value), 2);
    assert_int_equal(((const int64_t *)sdx_tensor_data(value))[0], INT64_C(9007199254740993));
    sdx_value_release(value);
    assert_null(value_of("[1.5, 2, 3]", &port));
    assert_null(value_of("[9223372036854775808, 2, 3]", &port));
    assert_null(value_of("[[1, 2], [3]]", &port));
}

static void objects_say_type_and_shape(void **state) {
    (void)state;
    sdx_value *const value =
        value_of("{\"dtype\": \"uint4\", \"shape\": [2, 2], \"data\": [1, 2, 3, 15]}", NULL);
    assert_non_null(value);
    assert_int_equal(sdx_tensor_dtype(value), SDX_UINT4);
    assert_int_equal(((const unsigned char *)sdx_tensor_data(value))[1], 0xf3);
    sdx_value_release(value);
    assert_null(value_of("{\"dtype\": \"uint4\", \"data\": [16]}", NULL));
    assert_null(value_of("{\"dtype\": \"int\", \"data\": [1]}", NULL));
    assert_null(value_of("{\"shape\": [3], \"data\": [1]}", NULL));
    assert_null(value_of("{\"shape\": [-1], \"data\": [1]}", NULL));
    assert_null(value_of("{\"shape\": [4294967296, 4294967296], \"data\": [1]}", NULL));
    assert_null(value_of("{}", NULL));
}

static void maps_have_keys_and_values(void **state) {
    (void)state;
    sdx_value *const map =
        value_of("{\"type\": \"map(int64,float)\", \"entries\": [[1, 0.5], [7, 2]]}", NULL);
    assert_non_null(map);
    assert_int_equal(sdx_value_kind(map), SDX_MAP);
    assert_int_equal(((const int64_t *)sdx_tensor_data(sdx_map_keys(map)))[1], 7);
    assert_float_equal(((const float *)sdx_tensor_data(sdx_map_values(map)))[0], 0.5f, 0);
    sdx_value_release(map);
    assert_null(value_of("{\"type\": \"map(int64,float)\", \"entries\": [[1]]}", NULL));
    assert_null(value_of("{\"type\": \"map(float,float)\", \"entries\": [[1, 2]]}", NULL));
}

static void values_survive_the_way_out_and_in(void **state) {
    (void)state;
    const char *const texts[] = {
        "{\"dtype\": \"float64\", \"data\": [[0.1, \"nan\"], [\"-inf\", 1e300]]}",
        "{\"dtype\": \"complex64\", \"data\": [[1, 2], [3, -4]]}",
        "{\"dtype\": \"string\", \"data\": [\"a\", \"\"]}",
        "{\"dtype\": \"bool\", \"shape\": [], \"data\": [true]}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        sdx_value *const first = value_of(texts[i], NULL);
        struct json_out one = {0};
        struct json_out other = {0};
        assert_non_null(first);
        json_from_value(&one, NULL, first);
        sdx_value *const second = value_of(text_get(&one.text), NULL);
        assert_non_null(second);
        json_from_value(&other, NULL, second);
        assert_string_equal(text_get(&one.text), text_get(&other.text));
        text_free(&one.text);
        text_free(&other.text);
        sdx_value_release(first);
        sdx_value_release(second);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_rfc_8259_allows_is_read),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(escapes_become_utf8),
        cmocka_unit_test(the_writer_sets_commas_and_escapes),
        cmocka_unit_test(nested_arrays_are_tensors),
        cmocka_unit_test(a_port_types_the_elements),
        cmocka_unit_test(objects_say_type_and_shape),
        cmocka_unit_test(maps_have_keys_and_values),
        cmocka_unit_test(values_survive_the_way_out_and_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
