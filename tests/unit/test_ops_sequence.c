/* Sequences and optionals: positions, types, empty ones, packed types. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "op_test.h"

/* The next input: a sequence of float32 scalars 0, 1, ... */
static void input_list(op_test *t, size_t n) {
    sdx_value *items[8], *list;
    for (size_t i = 0; i < n; i++) {
        const double x = (double)i;
        items[i] = op_make(t, SDX_FLOAT32, SCALAR, &x);
    }
    assert_null(sdx_value_sequence(op_store(t), SDX_TENSOR, SDX_FLOAT32, items, n, &list));
    for (size_t i = 0; i < n; i++) {
        sdx_value_release(items[i]);
    }
    op_value(t, list);
}

static void expect_list(op_test *t, size_t n, const double *x) {
    const sdx_value *const list = op_output(t, 0);
    assert_int_equal(list->kind, SDX_SEQUENCE);
    assert_int_equal(list->n_items, n);
    for (size_t i = 0; i < n; i++) {
        assert_true(sdx_view_double(&list->items[i]->view, 0) == x[i]);
    }
}

static void at(void **state) {
    (void)state;
    static const struct {
        double position, item;
        const char *error;
    } cases[] = {
        {0, 0, NULL},
        {2, 2, NULL},
        {-1, 2, NULL},
        {-3, 0, NULL},
        {3, 0, "input 'position'[0]: index 3 outside [-3, 2]"},
        {-4, 0, "input 'position'[0]: index -4 outside [-3, 2]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        op_test *t = op_begin("SequenceAt", 11);
        input_list(t, 3);
        op_input(t, SDX_INT32, SCALAR, &cases[i].position);
        if (cases[i].error != NULL)
            op_fails(t, cases[i].error);
        else
            op_expect(t, 0, SDX_FLOAT32, SCALAR, &cases[i].item);
        op_end(t);
    }
}

static void insert_and_erase(void **state) {
    (void)state;
    op_test *t = op_begin("SequenceInsert", 11);
    input_list(t, 2);
    op_input(t, SDX_FLOAT32, SCALAR, DATA(7));
    expect_list(t, 3, DATA(0, 1, 7));
    op_end(t);
    t = op_begin("SequenceInsert", 11);
    input_list(t, 2);
    op_input(t, SDX_FLOAT32, SCALAR, DATA(7));
    op_input(t, SDX_INT64, SCALAR, DATA(-1));
    expect_list(t, 3, DATA(0, 7, 1));
    op_end(t);
    t = op_begin("SequenceInsert", 11);
    input_list(t, 0);
    op_input(t, SDX_INT64, SCALAR, DATA(7));
    op_fails(t, "input 'tensor': found tensor(int64), expected tensor(float32)");
    op_end(t);
    t = op_begin("SequenceErase", 11);
    input_list(t, 3);
    expect_list(t, 2, DATA(0, 1));
    op_end(t);
    t = op_begin("SequenceErase", 11);
    input_list(t, 3);
    op_input(t, SDX_INT64, SCALAR, DATA(-3));
    expect_list(t, 2, DATA(1, 2));
    op_end(t);
    t = op_begin("SequenceErase", 11);
    input_list(t, 0);
    op_fails(t, "found no item");
    op_end(t);
    t = op_begin("SequenceLength", 11);
    input_list(t, 5);
    op_expect(t, 0, SDX_INT64, SCALAR, DATA(5));
    op_end(t);
}

static void split(void **state) {
    (void)state;
    op_test *t = op_begin("SplitToSequence", 11);
    op_int(t, "axis", -1);
    op_int(t, "keepdims", 0);
    op_strings(t, DIMS(2, 2), TEXTS("a", "b", "c", "d"));
    const sdx_value *list = op_output(t, 0);
    assert_int_equal(list->n_items, 2);
    assert_int_equal(list->items[1]->view.rank, 1);
    assert_true(sdx_str_is(((const sdx_str *)list->items[1]->view.data)[1], "d"));
    op_end(t);
    t = op_begin("SplitToSequence", 24); /* a scalar: the last piece is what is left */
    op_input(t, SDX_FLOAT32, DIMS(5), DATA(1, 2, 3, 4, 5));
    op_input(t, SDX_INT32, SCALAR, DATA(3));
    list = op_output(t, 0);
    assert_int_equal(list->n_items, 2);
    assert_int_equal(list->items[1]->view.dims[0], 2);
    op_end(t);
    t = op_begin("SplitToSequence", 11);
    op_input(t, SDX_FLOAT32, DIMS(0, 3), NULL);
    assert_int_equal(op_output(t, 0)->n_items, 0);
    op_end(t);
    t = op_begin("SplitToSequence", 11);
    op_input(t, SDX_FLOAT32, DIMS(3), DATA(1, 2, 3));
    op_input(t, SDX_INT64, DIMS(2), DATA(1, 3));
    op_fails(t, "found sizes that sum to 4, expected 3");
    op_end(t);
    t = op_begin("SplitToSequence", 11);
    op_input(t, SDX_FLOAT32, DIMS(3), DATA(1, 2, 3));
    op_input(t, SDX_INT64, SCALAR, DATA(0));
    op_fails(t, "found 0, expected 1 or more");
    op_end(t);
}

static op_test *concat(sdx_dtype dtype, int64_t axis, int64_t new_axis) {
    op_test *t = op_begin("ConcatFromSequence", 11);
    op_int(t, "axis", axis);
    op_int(t, "new_axis", new_axis);
    sdx_value *items[] = {op_make(t, dtype, DIMS(2, 1), DATA(1, 2)),
                          op_make(t, dtype, DIMS(2, 1), DATA(3, 4)),
                          op_make(t, dtype, DIMS(2, 1), DATA(5, 6))};
    sdx_value *list;
    assert_null(sdx_value_sequence(op_store(t), SDX_TENSOR, dtype, items, 3, &list));
    for (size_t i = 0; i < 3; i++) {
        sdx_value_release(items[i]);
    }
    op_value(t, list);
    return t;
}

static void concatenation(void **state) {
    (void)state;
    static const sdx_dtype dtypes[] = {SDX_FLOAT32, SDX_INT8, SDX_UINT4};
    for (size_t i = 0; i < 3; i++) {
        op_test *t = concat(dtypes[i], 1, 0);
        op_expect(t, 0, dtypes[i], DIMS(2, 3), DATA(1, 3, 5, 2, 4, 6));
        op_end(t);
        t = concat(dtypes[i], -2, 0);
        op_expect(t, 0, dtypes[i], DIMS(6, 1), DATA(1, 2, 3, 4, 5, 6));
        op_end(t);
        t = concat(dtypes[i], -1, 1);
        op_expect(t, 0, dtypes[i], DIMS(2, 1, 3), DATA(1, 3, 5, 2, 4, 6));
        op_end(t);
    }
    op_test *t = concat(SDX_FLOAT32, 2, 0);
    op_fails(t, "attribute 'axis'");
    op_end(t);
    t = op_begin("ConcatFromSequence", 11);
    op_int(t, "axis", 0);
    input_list(t, 0);
    op_fails(t, "found no item");
    op_end(t);
}

static void optionals(void **state) {
    (void)state;
    sdx_value *empty, *full;
    op_test *t = op_begin("OptionalGetElement", 18);
    assert_null(sdx_value_optional(op_store(t), SDX_TENSOR, SDX_FLOAT32, NULL, &empty));
    op_value(t, empty);
    op_fails(t, "found an empty optional");
    op_end(t);
    t = op_begin("OptionalGetElement", 15);
    sdx_value *const item = op_make(t, SDX_INT4, DIMS(3), DATA(-1, 2, 3));
    assert_null(sdx_value_optional(op_store(t), SDX_TENSOR, SDX_INT4, item, &full));
    sdx_value_release(item);
    op_value(t, full);
    op_expect(t, 0, SDX_INT4, DIMS(3), DATA(-1, 2, 3));
    op_end(t);
    t = op_begin("OptionalHasElement", 18);
    input_list(t, 0);
    op_expect(t, 0, SDX_BOOL, SCALAR, DATA(1));
    op_end(t);
    t = op_begin("Optional", 15);
    op_fails(t, "attribute 'type' is absent");
    op_end(t);
    t = op_begin("Optional", 15);
    op_input(t, SDX_FLOAT16, DIMS(1), DATA(3));
    assert_int_equal(op_output(t, 0)->kind, SDX_OPTIONAL);
    assert_int_equal(op_output(t, 0)->element, SDX_FLOAT16);
    op_end(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at),        cmocka_unit_test(insert_and_erase),
        cmocka_unit_test(split),     cmocka_unit_test(concatenation),
        cmocka_unit_test(optionals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
