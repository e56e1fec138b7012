/* Operators that move elements: types, faults, empty tensors, symbols. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "op_test.h"

#define SIX DATA(1, 2, 3, 4, 5, 6)

static void tile(void **state) {
    (void)state;
    op_test *t = op_begin("Tile", 13);
    op_input(t, SDX_UINT4, DIMS(2, 3), SIX);
    op_input(t, SDX_INT64, DIMS(2), DATA(2, 1));
    op_expect(t, 0, SDX_UINT4, DIMS(4, 3), DATA(1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6));
    op_end(t);
    t = op_begin("Tile", 6);
    op_input(t, SDX_FLOAT32, DIMS(2, 1), DATA(1, 2));
    op_input(t, SDX_INT64, DIMS(2), DATA(1, 3));
    op_expect(t, 0, SDX_FLOAT32, DIMS(2, 3), DATA(1, 1, 1, 2, 2, 2));
    op_end(t);
    t = op_begin("Tile", 6);
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, 2));
    op_input(t, SDX_INT64, DIMS(1), DATA(0));
    op_expect(t, 0, SDX_FLOAT32, DIMS(0), NULL);
    op_end(t);
    t = op_begin("Tile", 1); /* ONNX: Tile-1 tiles, axis */
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, 2));
    op_input(t, SDX_FLOAT32, DIMS(1), DATA(2));
    op_constant(t);
    op_input(t, SDX_FLOAT32, DIMS(1), DATA(0));
    op_constant(t);
    op_expect(t, 0, SDX_FLOAT32, DIMS(4), DATA(1, 2, 1, 2));
    op_end(t);
    t = op_begin("Tile", 6);
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, 2));
    op_input(t, SDX_INT64, DIMS(1), DATA(-1));
    op_fails(t, "input 'repeats'[0] is -1, expected 0 or more");
    op_end(t);
    t = op_begin("Tile", 6);
    op_input(t, SDX_FLOAT32, DIMS(1, 2), DATA(1, 2));
    op_symbols(t, "batch,2");
    op_input(t, SDX_INT64, DIMS(2), DATA(3, 2));
    op_infers(t, 0, "[3*batch,4]");
    op_end(t);
}

static op_test *pad(const char *mode, int64_t n, const double *data, double before, double after) {
    op_test *t = op_begin("Pad", 19);
    op_text(t, "mode", mode);
    op_input(t, SDX_FLOAT32, DIMS(n), data);
    op_input(t, SDX_INT64, DIMS(2), DATA(before, after));
    return t;
}

/* Longer than the axis, and with elements removed first. */
static void pad_modes(void **state) {
    (void)state;
    static const struct {
        const char *mode;
        double before, after, result[8];
        int64_t n;
    } cases[] = {
        {"constant", 2, 1, {0, 0, 1, 2, 3, 0}, 6},
        {"edge", 2, 1, {1, 1, 1, 2, 3, 3}, 6},
        {"reflect", 2, 1, {3, 2, 1, 2, 3, 2}, 6},
        {"wrap", 2, 1, {2, 3, 1, 2, 3, 1}, 6},
        {"reflect", 0, 5, {1, 2, 3, 2, 1, 2, 3, 2}, 8},
        {"wrap", 5, 0, {2, 3, 1, 2, 3, 1, 2, 3}, 8},
        {"constant", -1, 1, {2, 3, 0}, 3},
        {"edge", -1, 2, {2, 3, 3, 3}, 4},
        {"reflect", -1, 2, {2, 3, 2, 3}, 4},
        {"wrap", 2, -1, {1, 2, 1, 2}, 4},
        {"constant", -4, 2, {0}, 1},
        {"constant", -1, -2, {0}, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        op_test *t = pad(cases[i].mode, 3, DATA(1, 2, 3), cases[i].before, cases[i].after);
        op_expect(t, 0, SDX_FLOAT32, DIMS(cases[i].n), cases[i].result);
        op_end(t);
    }
}

static void pad_some_axes(void **state) {
    (void)state;
    op_test *t = op_begin("Pad", 25);
    op_input(t, SDX_INT4, DIMS(2, 1, 2), DATA(1, 2, 3, 4));
    op_input(t, SDX_INT64, DIMS(2), DATA(1, 0));
    op_input(t, SDX_INT4, SCALAR, DATA(-3));
    op_input(t, SDX_INT32, DIMS(1), DATA(-2));
    op_expect(t, 0, SDX_INT4, DIMS(2, 2, 2), DATA(-3, -3, 1, 2, -3, -3, 3, 4));
    op_end(t);
    t = op_begin("Pad", 18); /* rows of an outer axis, and ends of the last one */
    op_text(t, "mode", "reflect");
    op_input(t, SDX_FLOAT64, DIMS(2, 3), SIX);
    op_input(t, SDX_INT64, DIMS(4), DATA(1, 0, 0, 1));
    op_expect(t, 0, SDX_FLOAT64, DIMS(3, 4), DATA(4, 5, 6, 5, 1, 2, 3, 2, 4, 5, 6, 5));
    op_end(t);
    t = op_begin("Pad", 13);
    op_strings(t, DIMS(1), TEXTS("a"));
    op_input(t, SDX_INT64, DIMS(2), DATA(1, 0));
    op_expect_strings(t, 0, DIMS(2), TEXTS("", "a"));
    op_end(t);
}

static void pad_old_forms(void **state) {
    (void)state;
    op_test *t = op_begin("Pad", 1);
    op_ints(t, "paddings", DIMS(0, 1));
    op_float(t, "value", 9);
    op_input(t, SDX_FLOAT16, DIMS(2), DATA(1, 2));
    op_expect(t, 0, SDX_FLOAT16, DIMS(3), DATA(1, 2, 9));
    op_end(t);
    t = op_begin("Pad", 2);
    op_ints(t, "pads", DIMS(1, 0));
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, 2));
    op_expect(t, 0, SDX_FLOAT32, DIMS(3), DATA(0, 1, 2));
    op_end(t);
}

static void pad_refuses(void **state) {
    (void)state;
    op_test *t = pad("edge", 0, NULL, 1, 1);
    op_fails(t, "none left to repeat");
    op_end(t);
    t = pad("mirror", 1, DATA(1), 1, 1);
    op_fails(t, "attribute 'mode' is 'mirror', expected constant, edge, reflect or wrap");
    op_end(t);
    t = pad("constant", 2, DATA(1, 2), -2, -1);
    op_fails(t, "[1] are -2 and -1, expected to leave 0 or more");
    op_end(t);
    t = pad("constant", 2, DATA(1, 2), 4e18, -4e18); /* no overflow on the way */
    op_expect(t, 0, SDX_FLOAT32, DIMS(2), DATA(0, 0));
    op_end(t);
    t = op_begin("Pad", 13);
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, 2));
    op_input(t, SDX_INT64, DIMS(3), DATA(1, 0, 0));
    op_fails(t, "input 'pads' has 3 numbers, expected 2");
    op_end(t);
    static const double many[40];
    t = op_begin("Pad", 13);
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, 2));
    op_input(t, SDX_INT64, DIMS(40), many);
    op_fails(t, "input 'pads' has 40 numbers, expected 2");
    op_end(t);
}

static void center_crop_pad(void **state) {
    (void)state;
    op_test *t = op_begin("CenterCropPad", 18);
    op_input(t, SDX_FLOAT32, DIMS(2, 3), SIX);
    op_input(t, SDX_INT64, DIMS(2), DATA(3, 2));
    op_expect(t, 0, SDX_FLOAT32, DIMS(3, 2), DATA(1, 2, 4, 5, 0, 0));
    op_end(t);
}

static void depth_and_space(void **state) {
    (void)state;
    static const char *const modes[] = {"DCR", "CRD"};
    for (size_t i = 0; i < 2; i++) {
        op_test *t = op_begin("DepthToSpace", 11);
        op_int(t, "blocksize", 2);
        op_text(t, "mode", modes[i]);
        op_input(t, SDX_INT16, DIMS(1, 8, 1, 1), DATA(0, 1, 2, 3, 4, 5, 6, 7));
        op_expect(t, 0, SDX_INT16, DIMS(1, 2, 2, 2),
                  i == 0 ? DATA(0, 2, 4, 6, 1, 3, 5, 7) : DATA(0, 1, 2, 3, 4, 5, 6, 7));
        op_end(t);
    }
    op_test *t = op_begin("SpaceToDepth", 1);
    op_int(t, "blocksize", 2);
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 2, 4), DATA(0, 1, 2, 3, 4, 5, 6, 7));
    op_expect(t, 0, SDX_FLOAT32, DIMS(1, 4, 1, 2), DATA(0, 2, 1, 3, 4, 6, 5, 7));
    op_end(t);
    t = op_begin("SpaceToDepth", 1);
    op_int(t, "blocksize", 3);
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 2, 3), SIX);
    op_fails(t, "dimension 2 at axis 2, expected a multiple of 3");
    op_end(t);
    t = op_begin("DepthToSpace", 1);
    op_int(t, "blocksize", 4000000000); /* a block without elements, its square beyond int64 */
    op_input(t, SDX_FLOAT32, DIMS(1, 0, 2, 3), NULL);
    op_fails(t, "which no memory holds");
    op_end(t);
    t = op_begin("DepthToSpace", 1);
    op_int(t, "blocksize", 0);
    op_input(t, SDX_FLOAT32, DIMS(1, 0, 2, 3), NULL);
    op_fails(t, "attribute 'blocksize' is 0");
    op_end(t);
}

static void reverse_sequence(void **state) {
    (void)state;
    op_test *t = op_begin("ReverseSequence", 10);
    op_input(t, SDX_UINT8, DIMS(3, 2), SIX);
    op_input(t, SDX_INT64, DIMS(2), DATA(3, 0));
    op_expect(t, 0, SDX_UINT8, DIMS(3, 2), DATA(5, 2, 3, 4, 1, 6));
    op_end(t);
    t = op_begin("ReverseSequence", 10);
    op_input(t, SDX_UINT8, DIMS(3, 2), SIX);
    op_input(t, SDX_INT64, DIMS(2), DATA(1, 4));
    op_fails(t, "input 'sequence_lens'[1] is 4, expected 0 to 3");
    op_end(t);
    t = op_begin("ReverseSequence", 10);
    op_int(t, "time_axis", 1);
    op_input(t, SDX_UINT8, DIMS(3, 2), SIX);
    op_input(t, SDX_INT64, DIMS(2), DATA(1, 1));
    op_fails(t, "'batch_axis' and 'time_axis' are 1 and 1");
    op_end(t);
}

static void trilu(void **state) {
    (void)state;
    static const struct {
        int64_t upper;
        double k, result[6];
    } cases[] = {{1, 0, {1, 2, 3, 0, 5, 6}},     {1, 5, {0}},
                 {1, -9e18, {1, 2, 3, 4, 5, 6}}, {0, 0, {1, 0, 0, 4, 5, 0}},
                 {0, -1, {0, 0, 0, 4, 0, 0}},    {0, 9e18, {1, 2, 3, 4, 5, 6}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        op_test *t = op_begin("Trilu", 14);
        op_int(t, "upper", cases[i].upper);
        op_input(t, SDX_FLOAT16, DIMS(2, 3), SIX);
        op_input(t, SDX_INT64, SCALAR, DATA(cases[i].k));
        op_expect(t, 0, SDX_FLOAT16, DIMS(2, 3), cases[i].result);
        op_end(t);
    }
    op_test *t = op_begin("Trilu", 14);
    op_input(t, SDX_FLOAT32, DIMS(2, 0), NULL);
    op_expect(t, 0, SDX_FLOAT32, DIMS(2, 0), NULL);
    op_end(t);
    t = op_begin("Trilu", 14);
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, 2));
    op_fails(t, "input 'input' has rank 1, expected 2 or more");
    op_end(t);
}

/* Planes are transposed in bands: sizes around them, of every element size. */
static void transpose_of_any_size(void **state) {
    (void)state;
    static const sdx_dtype types[] = {SDX_UINT8, SDX_INT16, SDX_FLOAT32, SDX_INT64};
    static const int64_t sizes[][2] = {{1, 5}, {3, 130}, {65, 17}, {64, 64}};
    static double data[2 * 130 * 70], wanted[2 * 130 * 70];
    for (size_t i = 0; i < sizeof types / sizeof *types * 4; i++) {
        const int64_t rows = sizes[i / 4][0], cols = sizes[i / 4][1];
        for (int64_t p = 0; p < 2 * rows * cols; p++) {
            const int64_t c = p % cols, r = p / cols % rows, b = p / cols / rows;
            data[p] = (double)(p % 101);
            wanted[(b * cols + c) * rows + r] = data[p];
        }
        op_test *t = op_begin("Transpose", 13);
        op_ints(t, "perm", DIMS(0, 2, 1));
        op_input(t, types[i % 4], DIMS(2, rows, cols), data);
        op_expect(t, 0, types[i % 4], DIMS(2, cols, rows), wanted);
        op_end(t);
    }
}

/* ONNX: Split-18 num_outputs; more sizes than any buffer would have. */
static void split(void **state) {
    (void)state;
    op_test *t = op_begin("Split", 18);
    op_int(t, "num_outputs", 3);
    op_input(t, SDX_UINT4, DIMS(7), DATA(1, 2, 3, 4, 5, 6, 7));
    op_outputs(t, 3);
    op_expect(t, 0, SDX_UINT4, DIMS(3), DATA(1, 2, 3));
    op_expect(t, 2, SDX_UINT4, DIMS(1), DATA(7));
    op_end(t);
    enum { N = 60 };
    double data[2 * N], sizes[N];
    for (int i = 0; i < 2 * N; i++)
        data[i] = i;
    for (int i = 0; i < N; i++)
        sizes[i] = i == 0 ? 0 : i == 1 ? 4 : 2;
    t = op_begin("Split", 13);
    op_input(t, SDX_FLOAT32, DIMS(2 * N), data);
    op_input(t, SDX_INT64, DIMS(N), sizes);
    op_outputs(t, N);
    op_expect(t, 0, SDX_FLOAT32, DIMS(0), NULL);
    op_expect(t, N - 1, SDX_FLOAT32, DIMS(2), DATA(118, 119));
    op_end(t);
    t = op_begin("Split", 13);
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, 2));
    op_input(t, SDX_INT64, DIMS(2), DATA(3, -1));
    op_outputs(t, 2);
    op_fails(t, "input 'split'[0]: found 3, expected 0 to 2");
    op_end(t);
}

/* ONNX: Slice-13 starts, ends: clamping. */
static void slice_clamps(void **state) {
    (void)state;
    static const struct {
        double start, end, step, result[4];
        int64_t n;
    } cases[] = {
        {0, 9e18, 1, {1, 2, 3}, 3}, {-2, 9e18, 1, {2, 3}, 2},
        {-9e18, -1, 2, {1}, 1},     {9e18, -9e18, -1, {3, 2, 1}, 3},
        {-1, -9e18, -2, {3, 1}, 2}, {-7, -9e18, -1, {1}, 1},
        {2, 1, 1, {0}, 0},          {1, 2, -1, {0}, 0},
        {0, 3, 9e18, {1}, 1},       {2, -9e18, -9e18, {3}, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        op_test *t = op_begin("Slice", 13);
        op_input(t, SDX_UINT2, DIMS(3), DATA(1, 2, 3));
        op_input(t, SDX_INT64, DIMS(1), DATA(cases[i].start));
        op_input(t, SDX_INT64, DIMS(1), DATA(cases[i].end));
        op_input(t, SDX_INT64, DIMS(1), DATA(0));
        op_input(t, SDX_INT64, DIMS(1), DATA(cases[i].step));
        op_expect(t, 0, SDX_UINT2, DIMS(cases[i].n), cases[i].result);
        op_end(t);
    }
    static const double many[40];
    op_test *t = op_begin("Slice", 13);
    op_input(t, SDX_FLOAT32, DIMS(1), DATA(1));
    op_input(t, SDX_INT64, DIMS(40), many);
    op_input(t, SDX_INT64, DIMS(40), many);
    op_fails(t, "found 40 starts, 40 ends");
    op_end(t);
    t = op_begin("Slice", 10);
    op_input(t, SDX_FLOAT32, DIMS(0), NULL);
    op_input(t, SDX_INT32, DIMS(1), DATA(0));
    op_input(t, SDX_INT32, DIMS(1), DATA(-5));
    op_absent(t);
    op_input(t, SDX_INT32, DIMS(1), DATA(-1));
    op_expect(t, 0, SDX_FLOAT32, DIMS(0), NULL);
    op_end(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tile),
        cmocka_unit_test(pad_modes),
        cmocka_unit_test(pad_some_axes),
        cmocka_unit_test(pad_old_forms),
        cmocka_unit_test(pad_refuses),
        cmocka_unit_test(center_crop_pad),
        cmocka_unit_test(depth_and_space),
        cmocka_unit_test(reverse_sequence),
        cmocka_unit_test(trilu),
        cmocka_unit_test(transpose_of_any_size),
        cmocka_unit_test(split),
        cmocka_unit_test(slice_clamps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
