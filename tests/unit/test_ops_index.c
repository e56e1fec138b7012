/* Operators that name elements by indices: types, faults, empty tensors, symbols. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "op_test.h"

#define SIX DATA(1, 2, 3, 4, 5, 6)

static op_test *gather(sdx_dtype dtype, int64_t axis, size_t n, const double *indices) {
    op_test *t = op_begin("Gather", 13);
    op_int(t, "axis", axis);
    op_input(t, dtype, DIMS(2, 3), SIX);
    op_input(t, SDX_INT32, DIMS((int64_t)n), indices);
    return t;
}

static void gather_moves_any_type(void **state) {
    (void)state;
    static const sdx_dtype types[] = {SDX_UINT8, SDX_FLOAT16,  SDX_FLOAT32,    SDX_INT64,
                                      SDX_UINT4, SDX_BFLOAT16, SDX_FLOAT8E5M2, SDX_FLOAT64};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        op_test *t = gather(types[i], 1, 3, DATA(2, -3, 2));
        op_expect(t, 0, types[i], DIMS(2, 3), DATA(3, 1, 3, 6, 4, 6));
        op_end(t);
        t = gather(types[i], 0, 1, DATA(-1));
        op_expect(t, 0, types[i], DIMS(1, 3), DATA(4, 5, 6));
        op_end(t);
    }
    op_test *t = op_begin("Gather", 1);
    op_strings(t, DIMS(3), TEXTS("a", "", "ccc"));
    op_input(t, SDX_INT64, SCALAR, DATA(2));
    op_expect_strings(t, 0, SCALAR, TEXTS("ccc"));
    op_end(t);
}

static void gather_refuses(void **state) {
    (void)state;
    op_test *t = gather(SDX_FLOAT32, 1, 3, DATA(0, 3, 1));
    op_fails(t, "input 'indices'[1]: index 3 outside [-3, 2]");
    op_end(t);
    t = gather(SDX_FLOAT32, 0, 2, DATA(0, -3));
    op_fails(t, "input 'indices'[1]: index -3 outside [-2, 1]");
    op_end(t);
    t = op_begin("Gather", 13);
    op_input(t, SDX_FLOAT32, DIMS(0, 3), NULL);
    op_input(t, SDX_INT64, DIMS(1), DATA(0));
    op_fails(t, "index 0 into an empty dimension");
    op_end(t);
    t = gather(SDX_FLOAT32, 2, 1, DATA(0));
    op_fails(t, "attribute 'axis' is 2");
    op_end(t);
}

static void gather_of_nothing(void **state) {
    (void)state;
    op_test *t = gather(SDX_FLOAT32, 0, 0, NULL);
    op_expect(t, 0, SDX_FLOAT32, DIMS(0, 3), NULL);
    op_end(t);
}

static void gather_elements(void **state) {
    (void)state;
    for (int64_t axis = 0; axis < 2; axis++) { /* the index tensor is shorter than the data */
        op_test *t = op_begin("GatherElements", 13);
        op_int(t, "axis", axis);
        op_input(t, SDX_INT16, DIMS(2, 3), SIX);
        op_input(t, SDX_INT64, DIMS(1, 2), DATA(1, -1));
        op_expect(t, 0, SDX_INT16, DIMS(1, 2), axis == 0 ? DATA(4, 5) : DATA(2, 3));
        op_end(t);
    }
    op_test *t = op_begin("GatherElements", 13);
    op_input(t, SDX_INT16, DIMS(2, 3), SIX);
    op_input(t, SDX_INT64, DIMS(2, 4), DATA(0, 0, 0, 0, 0, 0, 0, 0));
    op_fails(t, "dimension 4 at axis 1, expected at most 3");
    op_end(t);
    t = op_begin("GatherElements", 13);
    op_input(t, SDX_INT16, DIMS(2, 3), SIX);
    op_input(t, SDX_INT64, DIMS(1, 2), DATA(0, 2));
    op_fails(t, "input 'indices'[1]: index 2 outside [-2, 1]");
    op_end(t);
}

static void gather_nd(void **state) {
    (void)state;
    op_test *t = op_begin("GatherND", 12);
    op_int(t, "batch_dims", 1);
    op_input(t, SDX_UINT8, DIMS(2, 3), SIX);
    op_input(t, SDX_INT64, DIMS(2, 1), DATA(2, -3));
    op_expect(t, 0, SDX_UINT8, DIMS(2), DATA(3, 4));
    op_end(t);
    t = op_begin("GatherND", 12);
    op_input(t, SDX_UINT8, DIMS(2, 3), SIX);
    op_input(t, SDX_INT64, DIMS(2, 2), DATA(0, 1, 1, 3));
    op_fails(t, "input 'indices'[3]: index 3 outside [-3, 2]");
    op_end(t);
    t = op_begin("GatherND", 12);
    op_input(t, SDX_UINT8, DIMS(2, 3), SIX);
    op_input(t, SDX_INT64, DIMS(1, 3), DATA(0, 0, 0));
    op_fails(t, "has 3 as its last dimension, expected 1 to 2");
    op_end(t);
    t = op_begin("GatherND", 12);
    op_int(t, "batch_dims", 1);
    op_input(t, SDX_UINT8, DIMS(2, 3), SIX);
    op_input(t, SDX_INT64, DIMS(3, 1), DATA(0, 0, 0));
    op_fails(t, "dimension 3 at batch axis 0, expected 2");
    op_end(t);
}

static op_test *scatter(sdx_dtype dtype, const char *reduction) {
    op_test *t = op_begin("ScatterElements", 18);
    op_text(t, "reduction", reduction);
    op_input(t, dtype, DIMS(3), DATA(1, 2, 3));
    op_input(t, SDX_INT64, DIMS(4), DATA(0, 0, -1, 0));
    op_input(t, dtype, DIMS(4), DATA(4, 0, 2, 5));
    return t;
}

/* Several updates of one element, in every type that has the reduction. */
static void scatter_reduces_any_type(void **state) {
    (void)state;
    static const sdx_dtype types[] = {SDX_UINT8,   SDX_UINT16,   SDX_UINT32,  SDX_UINT64,
                                      SDX_INT8,    SDX_INT16,    SDX_INT32,   SDX_INT64,
                                      SDX_FLOAT16, SDX_BFLOAT16, SDX_FLOAT32, SDX_FLOAT64};
    static const struct {
        const char *reduction;
        double result[3];
    } cases[] = {{"none", {5, 2, 2}},
                 {"add", {10, 2, 5}},
                 {"mul", {0, 2, 6}},
                 {"min", {0, 2, 2}},
                 {"max", {5, 2, 3}}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
            op_test *t = scatter(types[i], cases[k].reduction);
            op_expect(t, 0, types[i], DIMS(3), cases[k].result);
            op_end(t);
        }
    }
}

static void scatter_wraps_and_keeps_nan(void **state) {
    (void)state;
    op_test *t = op_begin("ScatterElements", 18);
    op_text(t, "reduction", "mul");
    op_input(t, SDX_INT16, DIMS(1), DATA(-32768));
    op_input(t, SDX_INT64, DIMS(1), DATA(0));
    op_input(t, SDX_INT16, DIMS(1), DATA(-1));
    op_expect(t, 0, SDX_INT16, DIMS(1), DATA(-32768));
    op_end(t);
    t = op_begin("ScatterElements", 18);
    op_text(t, "reduction", "max");
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(NAN, 1));
    op_input(t, SDX_INT64, DIMS(2), DATA(0, 1));
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, NAN));
    op_expect(t, 0, SDX_FLOAT32, DIMS(2), DATA(NAN, NAN));
    op_end(t);
}

static void scatter_refuses(void **state) {
    (void)state;
    op_test *t = scatter(SDX_FLOAT32, "mean");
    op_fails(t, "attribute 'reduction' is 'mean', expected none, add, mul, max or min");
    op_end(t);
    t = scatter(SDX_FLOAT8E5M2, "add");
    op_fails(t, "which type float8_e5m2 does not have");
    op_end(t);
    t = op_begin("ScatterElements", 18);
    op_input(t, SDX_INT32, DIMS(3), DATA(1, 2, 3));
    op_input(t, SDX_INT64, DIMS(2), DATA(0, 3));
    op_input(t, SDX_INT32, DIMS(2), DATA(1, 2));
    op_fails(t, "input 'indices'[1]: index 3 outside [-3, 2]");
    op_end(t);
    t = op_begin("ScatterElements", 18);
    op_input(t, SDX_INT32, DIMS(3), DATA(1, 2, 3));
    op_input(t, SDX_INT64, DIMS(2), DATA(0, 1));
    op_input(t, SDX_INT32, DIMS(1), DATA(1));
    op_fails(t, "input 'updates' has shape [1], expected [2]");
    op_end(t);
}

/* The dims before the axis are dealt out to lanes; an axis of length 1 leaves rows that never
 * meet. */
static void scatter_along_axes(void **state) {
    (void)state;
    op_test *t = op_begin("Scatter", 9);
    op_int(t, "axis", 1);
    op_input(t, SDX_FLOAT32, DIMS(2, 3), SIX);
    op_input(t, SDX_INT64, DIMS(2, 1), DATA(1, 2));
    op_input(t, SDX_FLOAT32, DIMS(2, 1), DATA(-1, -2));
    op_expect(t, 0, SDX_FLOAT32, DIMS(2, 3), DATA(1, -1, 3, 4, 5, -2));
    op_end(t);
    t = op_begin("ScatterElements", 11);
    op_input(t, SDX_FLOAT32, DIMS(2, 3), SIX);
    op_input(t, SDX_INT64, DIMS(0, 3), NULL);
    op_input(t, SDX_FLOAT32, DIMS(0, 3), NULL);
    op_expect(t, 0, SDX_FLOAT32, DIMS(2, 3), SIX);
    op_end(t);
}

static void scatter_nd(void **state) {
    (void)state;
    op_test *t = op_begin("ScatterND", 18); /* two slices meet */
    op_text(t, "reduction", "add");
    op_input(t, SDX_FLOAT16, DIMS(2, 3), SIX);
    op_input(t, SDX_INT64, DIMS(2, 1), DATA(1, -1));
    op_input(t, SDX_FLOAT16, DIMS(2, 3), SIX);
    op_expect(t, 0, SDX_FLOAT16, DIMS(2, 3), DATA(1, 2, 3, 9, 12, 15));
    op_end(t);
    t = op_begin("ScatterND", 11);
    op_strings(t, DIMS(2), TEXTS("a", "b"));
    op_input(t, SDX_INT64, DIMS(1, 1), DATA(1));
    op_strings(t, DIMS(1), TEXTS("c"));
    op_expect_strings(t, 0, DIMS(2), TEXTS("a", "c"));
    op_end(t);
    t = op_begin("ScatterND", 11);
    op_input(t, SDX_FLOAT32, DIMS(2, 3), SIX);
    op_input(t, SDX_INT64, DIMS(1, 2), DATA(2, 0));
    op_input(t, SDX_FLOAT32, DIMS(1), DATA(1));
    op_fails(t, "input 'indices'[0]: index 2 outside [-2, 1]");
    op_end(t);
    t = op_begin("ScatterND", 11);
    op_input(t, SDX_FLOAT32, DIMS(2, 3), SIX);
    op_input(t, SDX_INT64, DIMS(1, 1), DATA(0));
    op_input(t, SDX_FLOAT32, DIMS(1, 2), DATA(1, 2));
    op_fails(t, "input 'updates' has shape [1,2], expected [1,3]");
    op_end(t);
}

static void non_zero(void **state) {
    (void)state;
    static const sdx_dtype types[] = {SDX_BOOL,    SDX_UINT8,    SDX_INT16,   SDX_UINT32, SDX_INT64,
                                      SDX_FLOAT16, SDX_BFLOAT16, SDX_FLOAT32, SDX_FLOAT64};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        op_test *t = op_begin("NonZero", 13);
        op_input(t, types[i], DIMS(2, 3), DATA(0, 1, -0.0, 1, 0, 1));
        op_expect(t, 0, SDX_INT64, DIMS(2, 3), DATA(0, 1, 1, 1, 0, 2));
        op_end(t);
    }
    op_test *t = op_begin("NonZero", 13);
    op_input(t, SDX_FLOAT32, SCALAR, DATA(NAN));
    op_expect(t, 0, SDX_INT64, DIMS(0, 1), NULL);
    op_end(t);
    t = op_begin("NonZero", 13);
    op_strings(t, DIMS(3), TEXTS("", "a", "0"));
    op_expect(t, 0, SDX_INT64, DIMS(1, 2), DATA(1, 2));
    op_end(t);
    t = op_begin("NonZero", 13);
    op_input(t, SDX_FLOAT32, DIMS(2, 0), NULL);
    op_expect(t, 0, SDX_INT64, DIMS(2, 0), NULL);
    op_end(t);
}

static void compress(void **state) {
    (void)state;
    op_test *t = op_begin("Compress", 11);
    op_int(t, "axis", -1);
    op_input(t, SDX_INT4, DIMS(2, 3), SIX);
    op_input(t, SDX_BOOL, DIMS(5), DATA(0, 1, 1, 1, 1)); /* longer than the axis */
    op_expect(t, 0, SDX_INT4, DIMS(2, 2), DATA(2, 3, 5, 6));
    op_end(t);
    t = op_begin("Compress", 9);
    op_strings(t, DIMS(2, 2), TEXTS("a", "b", "c", "d"));
    op_input(t, SDX_BOOL, DIMS(3), DATA(1, 0, 1));
    op_expect_strings(t, 0, DIMS(2), TEXTS("a", "c"));
    op_end(t);
    t = op_begin("Compress", 9);
    op_int(t, "axis", 0);
    op_input(t, SDX_FLOAT32, DIMS(2, 3), SIX);
    op_input(t, SDX_BOOL, DIMS(0), NULL);
    op_expect(t, 0, SDX_FLOAT32, DIMS(0, 3), NULL);
    op_end(t);
}

static op_test *tensor_scatter(const char *mode, double first, double second) {
    op_test *t = op_begin("TensorScatter", 24);
    op_text(t, "mode", mode);
    op_input(t, SDX_FLOAT8E5M2, DIMS(2, 3, 1), DATA(0, 0, 0, 0, 0, 0));
    op_input(t, SDX_FLOAT8E5M2, DIMS(2, 2, 1), DATA(1, 2, 3, 4));
    op_input(t, SDX_INT64, DIMS(2), DATA(first, second));
    return t;
}

static void tensor_scatter_modes(void **state) {
    (void)state;
    op_test *t = tensor_scatter("linear", 0, 1);
    op_expect(t, 0, SDX_FLOAT8E5M2, DIMS(2, 3, 1), DATA(1, 2, 0, 0, 3, 4));
    op_end(t);
    t = tensor_scatter("circular", 2, -4);
    op_expect(t, 0, SDX_FLOAT8E5M2, DIMS(2, 3, 1), DATA(2, 0, 1, 4, 0, 3));
    op_end(t);
    t = tensor_scatter("linear", 1, 2);
    op_fails(t, "input 'write_indices'[1]: index 2 outside [0, 1]");
    op_end(t);
    t = tensor_scatter("linear", -1, 0);
    op_fails(t, "input 'write_indices'[0]: index -1");
    op_end(t);
    t = op_begin("TensorScatter", 24);
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1), DATA(0));
    op_input(t, SDX_FLOAT32, DIMS(1, 2, 1), DATA(1, 2));
    op_fails(t, "input 'update' has shape [1,2,1]");
    op_end(t);
}

static op_test *col2im(sdx_dtype dtype) {
    op_test *t = op_begin("Col2Im", 18);
    op_ints(t, "pads", DIMS(1, 0));
    op_ints(t, "strides", DIMS(2));
    op_input(t, dtype, DIMS(1, 2, 2), DATA(1, 2, 3, 4));
    return t;
}

/* One dim, with a block that begins in the padding. */
static void col2im_of_any_type(void **state) {
    (void)state;
    static const sdx_dtype types[] = {SDX_INT8, SDX_UINT64, SDX_FLOAT16, SDX_FLOAT32, SDX_FLOAT64};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        op_test *t = col2im(types[i]);
        op_input(t, SDX_INT64, DIMS(1), DATA(3));
        op_input(t, SDX_INT64, DIMS(1), DATA(2));
        op_expect(t, 0, types[i], DIMS(1, 1, 3), DATA(3, 2, 4));
        op_end(t);
    }
    op_test *t = col2im(SDX_FLOAT32);
    op_input(t, SDX_INT64, DIMS(1), DATA(5));
    op_input(t, SDX_INT64, DIMS(1), DATA(2));
    op_fails(t, "input 'input' has shape [1,2,2], expected [N,C*2,3]");
    op_end(t);
    t = col2im(SDX_FLOAT32);
    op_input(t, SDX_INT64, DIMS(1), DATA(3));
    op_input(t, SDX_INT64, DIMS(1), DATA(0));
    op_fails(t, "'block_shape'[0] are 3 and 0");
    op_end(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gather_moves_any_type),
        cmocka_unit_test(gather_refuses),
        cmocka_unit_test(gather_of_nothing),
        cmocka_unit_test(gather_elements),
        cmocka_unit_test(gather_nd),
        cmocka_unit_test(scatter_reduces_any_type),
        cmocka_unit_test(scatter_wraps_and_keeps_nan),
        cmocka_unit_test(scatter_refuses),
        cmocka_unit_test(scatter_along_axes),
        cmocka_unit_test(scatter_nd),
        cmocka_unit_test(non_zero),
        cmocka_unit_test(compress),
        cmocka_unit_test(tensor_scatter_modes),
        cmocka_unit_test(col2im_of_any_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
