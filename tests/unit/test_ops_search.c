/* TopK, ArgMax, ArgMin, Unique, NonMaxSuppression: order of every type, NaN, ties, empty tensors.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "op_test.h"

static const sdx_dtype types[] = {SDX_UINT8,   SDX_UINT16,   SDX_UINT32,  SDX_UINT64,
                                  SDX_INT8,    SDX_INT16,    SDX_INT32,   SDX_INT64,
                                  SDX_FLOAT16, SDX_BFLOAT16, SDX_FLOAT32, SDX_FLOAT64};

static op_test *topk(sdx_dtype dtype, int64_t largest, int64_t n, const double *data, double k) {
    op_test *t = op_begin("TopK", 24);
    op_int(t, "largest", largest);
    op_input(t, dtype, DIMS(n), data);
    op_input(t, SDX_INT64, DIMS(1), DATA(k));
    op_outputs(t, 2);
    return t;
}

static void topk_of_any_type(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        op_test *t = topk(types[i], 1, 5, DATA(3, 7, 0, 7, 1), 3);
        op_expect(t, 0, types[i], DIMS(3), DATA(7, 7, 3));
        op_expect(t, 1, SDX_INT64, DIMS(3), DATA(1, 3, 0));
        op_end(t);
        t = topk(types[i], 0, 5, DATA(3, 7, 0, 7, 0), 3);
        op_expect(t, 0, types[i], DIMS(3), DATA(0, 0, 3));
        op_expect(t, 1, SDX_INT64, DIMS(3), DATA(2, 4, 0));
        op_end(t);
    }
}

static void topk_orders_floats(void **state) {
    (void)state;
    op_test *t = topk(SDX_FLOAT32, 1, 6, DATA(-1, -0.0, 0, NAN, -INFINITY, INFINITY), 6);
    op_expect(t, 1, SDX_INT64, DIMS(6), DATA(3, 5, 1, 2, 0, 4));
    op_end(t);
    t = topk(SDX_FLOAT64, 0, 6, DATA(-1, -0.0, 0, NAN, -INFINITY, INFINITY), 6);
    op_expect(t, 1, SDX_INT64, DIMS(6), DATA(4, 0, 1, 2, 5, 3));
    op_end(t);
    t = topk(SDX_INT64, 1, 3, DATA(-9223372036854775807.0, 0, -1), 2);
    op_expect(t, 1, SDX_INT64, DIMS(2), DATA(1, 2));
    op_end(t);
}

/* Longer than a tile of keys, along an inner axis; 7 * i mod 601 takes each value once. */
static void topk_of_long_rows(void **state) {
    (void)state;
    static double data[601 * 2];
    for (int i = 0; i < 601; i++) {
        data[2 * i] = 7 * i % 601;
        data[2 * i + 1] = -7 * i % 601;
    }
    op_test *t = op_begin("TopK", 11);
    op_int(t, "axis", 0);
    op_input(t, SDX_FLOAT32, DIMS(601, 2), data);
    op_input(t, SDX_INT64, DIMS(1), DATA(3));
    op_outputs(t, 2);
    op_expect(t, 0, SDX_FLOAT32, DIMS(3, 2), DATA(600, 0, 599, -1, 598, -2));
    op_expect(t, 1, SDX_INT64, DIMS(3, 2), DATA(515, 0, 429, 86, 343, 172));
    op_end(t);
}

static void topk_bounds(void **state) {
    (void)state;
    op_test *t = topk(SDX_FLOAT32, 1, 2, DATA(1, 2), 3);
    op_fails(t, "input 'K' is 3, expected 0 to 2");
    op_end(t);
    t = topk(SDX_FLOAT32, 1, 2, DATA(1, 2), -1);
    op_fails(t, "input 'K' is -1");
    op_end(t);
    t = topk(SDX_FLOAT32, 1, 0, NULL, 0);
    op_expect(t, 1, SDX_INT64, DIMS(0), NULL);
    op_end(t);
    t = op_begin("TopK", 1);
    op_int(t, "k", 1);
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, 2));
    op_outputs(t, 2);
    op_expect(t, 0, SDX_FLOAT32, DIMS(1), DATA(2));
    op_end(t);
}

static void arg_of_any_type(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        for (int64_t last = 0; last < 2; last++) {
            op_test *t = op_begin("ArgMax", 13);
            op_int(t, "axis", 1);
            op_int(t, "select_last_index", last);
            op_input(t, types[i], DIMS(2, 3), DATA(1, 5, 5, 2, 2, 0));
            op_expect(t, 0, SDX_INT64, DIMS(2, 1), last ? DATA(2, 1) : DATA(1, 0));
            op_end(t);
            t = op_begin("ArgMin", 13);
            op_int(t, "keepdims", 0);
            op_int(t, "select_last_index", last);
            op_input(t, types[i], DIMS(2, 3), DATA(1, 5, 0, 2, 5, 0));
            op_expect(t, 0, SDX_INT64, DIMS(3), last ? DATA(0, 1, 1) : DATA(0, 0, 0));
            op_end(t);
        }
    }
}

static void arg_takes_nan_first(void **state) {
    (void)state;
    static const char *const names[] = {"ArgMax", "ArgMin"};
    for (size_t i = 0; i < 4; i++) {
        op_test *t = op_begin(names[i % 2], 13);
        op_input(t, i < 2 ? SDX_FLOAT32 : SDX_FLOAT16, DIMS(4),
                 DATA(-INFINITY, NAN, INFINITY, NAN));
        op_expect(t, 0, SDX_INT64, DIMS(1), DATA(1));
        op_end(t);
    }
    for (int64_t last = 0; last < 2; last++) { /* along an outer axis */
        op_test *t = op_begin("ArgMin", 13);
        op_int(t, "select_last_index", last);
        op_input(t, SDX_FLOAT32, DIMS(3, 2), DATA(1, 2, NAN, 2, NAN, 3));
        op_expect(t, 0, SDX_INT64, DIMS(1, 2), last ? DATA(2, 1) : DATA(1, 0));
        op_end(t);
    }
    op_test *t = op_begin("ArgMax", 13);
    op_int(t, "select_last_index", 1);
    op_input(t, SDX_FLOAT32, DIMS(4), DATA(1, NAN, NAN, 2));
    op_expect(t, 0, SDX_INT64, DIMS(1), DATA(2));
    op_end(t);
}

/* More columns than a tile has, with ties, NaN and both ends. */
static void arg_of_many_columns(void **state) {
    (void)state;
    enum { ROWS = 5, COLUMNS = 1100 };
    static double x[ROWS * COLUMNS], first[COLUMNS], last[COLUMNS];
    for (size_t i = 0; i < ROWS * COLUMNS; i++) {
        x[i] = i % 97 == 0 ? (double)NAN : (double)(i * 7919 % 4);
    }
    for (size_t i = 0; i < COLUMNS; i++) {
        first[i] = last[i] = 0;
        for (size_t r = 1; r < ROWS; r++) {
            const double now = x[r * COLUMNS + i], best = x[(size_t)last[i] * COLUMNS + i];
            if (isnan(best) ? isnan(now) : isnan(now) || now >= best) last[i] = (double)r;
            if (!isnan(best) && (isnan(now) || now > best)) first[i] = (double)r;
        }
    }
    for (int64_t is_last = 0; is_last < 2; is_last++) {
        op_test *const t = op_begin("ArgMax", 13);
        op_int(t, "keepdims", 0);
        op_int(t, "select_last_index", is_last);
        op_input(t, SDX_FLOAT32, DIMS(ROWS, COLUMNS), x);
        op_expect(t, 0, SDX_INT64, DIMS(COLUMNS), is_last ? last : first);
        op_end(t);
    }
}

static void arg_of_nothing(void **state) {
    (void)state;
    op_test *t = op_begin("ArgMax", 13);
    op_input(t, SDX_FLOAT32, DIMS(0, 2), NULL);
    op_fails(t, "0 elements along axis 0");
    op_end(t);
    t = op_begin("ArgMax", 13);
    op_int(t, "axis", 1);
    op_input(t, SDX_FLOAT32, DIMS(0, 2), NULL);
    op_expect(t, 0, SDX_INT64, DIMS(0, 1), NULL);
    op_end(t);
}

static op_test *unique(sdx_dtype dtype, int64_t sorted) {
    op_test *t = op_begin("Unique", 11);
    op_int(t, "sorted", sorted);
    op_input(t, dtype, DIMS(6), DATA(2, 1, 1, 3, 4, 3));
    op_outputs(t, 4);
    return t;
}

static void unique_of_any_type(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        op_test *t = unique(types[i], 0);
        op_expect(t, 0, types[i], DIMS(4), DATA(2, 1, 3, 4));
        op_expect(t, 1, SDX_INT64, DIMS(4), DATA(0, 1, 3, 4));
        op_expect(t, 2, SDX_INT64, DIMS(6), DATA(0, 1, 1, 2, 3, 2));
        op_expect(t, 3, SDX_INT64, DIMS(4), DATA(1, 2, 2, 1));
        op_end(t);
        t = unique(types[i], 1);
        op_expect(t, 0, types[i], DIMS(4), DATA(1, 2, 3, 4));
        op_expect(t, 1, SDX_INT64, DIMS(4), DATA(1, 0, 3, 4));
        op_expect(t, 2, SDX_INT64, DIMS(6), DATA(1, 0, 0, 2, 3, 2));
        op_expect(t, 3, SDX_INT64, DIMS(4), DATA(2, 1, 2, 1));
        op_end(t);
    }
}

static void unique_strings_and_slices(void **state) {
    (void)state;
    op_test *t = op_begin("Unique", 11);
    op_strings(t, DIMS(4), TEXTS("b", "", "b", "ab"));
    op_expect_strings(t, 0, DIMS(3), TEXTS("", "ab", "b"));
    op_end(t);
    t = op_begin("Unique", 11);
    op_int(t, "axis", 1);
    op_outputs(t, 3);
    op_input(t, SDX_FLOAT32, DIMS(2, 3), DATA(2, 1, 2, 0, 5, -0.0));
    op_expect(t, 0, SDX_FLOAT32, DIMS(2, 2), DATA(1, 2, 5, 0));
    op_expect(t, 1, SDX_INT64, DIMS(2), DATA(1, 0));
    op_expect(t, 2, SDX_INT64, DIMS(3), DATA(1, 0, 1));
    op_end(t);
    t = op_begin("Unique", 11);
    op_input(t, SDX_FLOAT32, DIMS(4), DATA(NAN, 1, NAN, -1));
    op_expect(t, 0, SDX_FLOAT32, DIMS(3), DATA(-1, 1, NAN));
    op_end(t);
    t = op_begin("Unique", 11);
    op_input(t, SDX_FLOAT32, DIMS(0), NULL);
    op_expect(t, 0, SDX_FLOAT32, DIMS(0), NULL);
    op_end(t);
}

static op_test *nms(double limit, double iou) {
    op_test *t = op_begin("NonMaxSuppression", 11);
    op_input(t, SDX_FLOAT32, DIMS(1, 3, 4), DATA(0, 0, 1, 1, 1, 1, 0, 0.1, 0, 2, 1, 3));
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 3), DATA(0.5, 0.9, 0.5));
    op_input(t, SDX_INT64, SCALAR, DATA(limit));
    op_input(t, SDX_FLOAT32, DIMS(1), DATA(iou));
    return t;
}

static void non_max_suppression(void **state) {
    (void)state;
    op_test *t = nms(9e18, 0.5);
    op_expect(t, 0, SDX_INT64, DIMS(2, 3), DATA(0, 0, 1, 0, 0, 2));
    op_end(t);
    t = nms(9, 1); /* equal scores: the lower index first */
    op_expect(t, 0, SDX_INT64, DIMS(3, 3), DATA(0, 0, 1, 0, 0, 0, 0, 0, 2));
    op_end(t);
    t = nms(-1, 0.5);
    op_expect(t, 0, SDX_INT64, DIMS(0, 3), NULL);
    op_end(t);
    t = nms(1, 1.5);
    op_fails(t, "input 'iou_threshold' is 1.5, expected 0 to 1");
    op_end(t);
    t = op_begin("NonMaxSuppression", 11); /* no limit is none at all */
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 4), DATA(0, 0, 1, 1));
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1), DATA(1));
    op_expect(t, 0, SDX_INT64, DIMS(0, 3), NULL);
    op_end(t);
    t = op_begin("NonMaxSuppression", 11);
    op_input(t, SDX_FLOAT32, DIMS(1, 2, 4), DATA(0, 0, 1, 1, 0, 0, 1, 1));
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1), DATA(1));
    op_fails(t, "have shapes [1,2,4] and [1,1,1]");
    op_end(t);
}

/* Boxes of which each overlaps its neighbours, scores of which many are equal or too low: for every
 * limit the boxes that a search for the best of those that are left finds. */
static void non_max_suppression_of_many(void **state) {
    (void)state;
    enum { N = 90 };
    double boxes[N * 4], scores[N], picked[N * 3];
    for (size_t i = 0; i < N; i++) {
        const double place = (double)(i * 37 % N);
        const double corners[] = {0, place, 1, place + 2.5};
        for (size_t d = 0; d < 4; d++) {
            boxes[4 * i + d] = corners[d];
        }
        scores[i] = (double)(i * 29 % 8) / 8;
    }
    for (double limit = 1; limit <= 40; limit += 3) {
        bool gone[N] = {false};
        size_t n = 0;
        while ((double)n < limit) {
            size_t best = N;
            for (size_t i = 0; i < N; i++) {
                if (gone[i] || scores[i] <= 0.125) continue;
                if (best == N || scores[i] > scores[best]) best = i;
            }
            if (best == N) break;
            for (size_t i = 0; i < N; i++) { /* 1.5 of 3.5 overlap, or 0.5 of 4.5 */
                if (fabs(boxes[4 * i + 1] - boxes[4 * best + 1]) < 1.5) gone[i] = true;
            }
            picked[3 * n] = picked[3 * n + 1] = 0;
            picked[3 * n++ + 2] = (double)best;
        }
        op_test *const t = op_begin("NonMaxSuppression", 11);
        op_input(t, SDX_FLOAT32, DIMS(1, N, 4), boxes);
        op_input(t, SDX_FLOAT32, DIMS(1, 1, N), scores);
        op_input(t, SDX_INT64, SCALAR, DATA(limit));
        op_input(t, SDX_FLOAT32, DIMS(1), DATA(0.4));
        op_input(t, SDX_FLOAT32, DIMS(1), DATA(0.125));
        op_expect(t, 0, SDX_INT64, DIMS((int64_t)n, 3), picked);
        op_end(t);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(topk_of_any_type),    cmocka_unit_test(topk_orders_floats),
        cmocka_unit_test(topk_of_long_rows),   cmocka_unit_test(topk_bounds),
        cmocka_unit_test(arg_of_any_type),     cmocka_unit_test(arg_takes_nan_first),
        cmocka_unit_test(arg_of_many_columns), cmocka_unit_test(arg_of_nothing),
        cmocka_unit_test(unique_of_any_type),  cmocka_unit_test(unique_strings_and_slices),
        cmocka_unit_test(non_max_suppression), cmocka_unit_test(non_max_suppression_of_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
