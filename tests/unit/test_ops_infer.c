/* What inference hooks are written with, with symbols and with numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ops/infer.h"

static const sdx_port inputs[] = {
    {.name = "A", .var = "T", .types = SDX_T_ANY},
    {.name = "B", .var = "T", .types = SDX_T_ANY, .flags = SDX_PORT_VARIADIC},
};
static const sdx_port outputs[] = {{.name = "C", .var = "T", .types = SDX_T_ANY}};
static const sdx_op row = {.domain = "",
                           .name = "Test",
                           .since = 1,
                           .newest = 1,
                           SDX_ROWS(inputs, inputs),
                           SDX_ROWS(outputs, outputs)};

static sdx_heap heap;
static sdx_arena arena;
static sdx_dims *dims;
static sdx_node node;
static sdx_fact facts[3], out[1];
static sdx_dim in_dims[3][SDX_MAX_RANK], out_dims[SDX_MAX_RANK];
static bool present[3];
static sdx_infer in;

static int setup(void **state) {
    (void)state;
    sdx_heap_init(&heap, NULL, 0, "test");
    sdx_arena_init(&arena, &heap);
    assert_null(sdx_dims_create(&arena, &dims));
    node = (sdx_node){.op = &row};
    for (size_t i = 0; i < 3; i++) {
        facts[i] = (sdx_fact){.rank = -1, .dims = in_dims[i]};
        present[i] = true;
    }
    out[0] = (sdx_fact){.rank = -1, .dims = out_dims};
    in = (sdx_infer){.node = &node,
                     .dims = dims,
                     .arena = &arena,
                     .n_in = 3,
                     .n_out = 1,
                     .in = facts,
                     .present = present,
                     .out = out};
    return 0;
}

static int teardown(void **state) {
    (void)state;
    sdx_dims_destroy(dims);
    sdx_arena_deinit(&arena);
    assert_int_equal(atomic_load(&heap.used), 0);
    return 0;
}

/* Input i has the shape of a text as sdx_dims_text writes it, without brackets. */
static void shape(size_t i, const char *text) {
    facts[i].rank = 0;
    while (*text) {
        const size_t n = strcspn(text, ",");
        int64_t number;
        const sdx_str word = {text, n};
        in_dims[i][facts[i].rank++] =
            sdx_str_int(word, &number) ? number : sdx_dim_symbol(dims, word);
        text += n + (text[n] == ',');
    }
}

static void is_shape(const char *text) {
    char found[100] = "none";
    if (out[0].rank >= 0)
        sdx_dims_text(in.dims, (size_t)out[0].rank, out[0].dims, found, sizeof found);
    assert_string_equal(found, text);
}

static void fails(sdx_status status, sdx_code code, const char *text) {
    assert_int_equal(sdx_status_code(status), code);
    if (!strstr(sdx_status_text(status), text)) fail_msg("%s", sdx_status_text(status));
    sdx_status_free(status);
}

static void broadcast(void **state) {
    (void)state;
    shape(0, "batch,1,4");
    shape(1, "3,1");
    shape(2, "");
    assert_null(sdx_infer_broadcast_all(&in));
    is_shape("[batch,3,4]");
    shape(1, "batch,1,n"); /* n can only be 1 or 4 */
    assert_null(sdx_infer_broadcast_all(&in));
    is_shape("[batch,1,4]");
    shape(1, "3,5");
    fails(sdx_infer_broadcast_all(&in), SDX_SHAPE_MISMATCH,
          "input 'B' has shape [3,5], expected dimension 4 or 1 at axis 1");
    present[1] = false;
    out[0].rank = -1;
    assert_null(sdx_infer_broadcast(&in, 0, 2, 0));
    is_shape("[batch,1,4]");
}

static void broadcast_of_symbols_is_a_new_one(void **state) {
    (void)state;
    shape(0, "n,m");
    shape(1, "k,m");
    shape(2, "0");
    in_dims[2][0] = 1;
    assert_null(sdx_infer_broadcast_all(&in));
    assert_true(out_dims[0] != in_dims[0][0] && out_dims[0] != in_dims[1][0]);
    assert_true(out_dims[0] != SDX_DIM_UNKNOWN && out_dims[1] == in_dims[0][1]);
    in.dims = NULL; /* binding: left open */
    in_dims[0][0] = SDX_DIM_UNKNOWN;
    assert_null(sdx_infer_set_rank(&in, 0, 2));
    assert_true(out_dims[0] == SDX_DIM_UNKNOWN);
    facts[1].rank = -1;
    out[0].rank = -1;
    assert_null(sdx_infer_broadcast_all(&in));
    is_shape("none");
}

static void shapes_are_checked(void **state) {
    (void)state;
    const sdx_dim negative[] = {2, -1}, large[] = {INT64_C(1) << 40, INT64_C(1) << 40},
                  empty[] = {INT64_C(1) << 40, INT64_C(1) << 40, 0};
    fails(sdx_infer_set_shape(&in, 0, 2, negative), SDX_SHAPE_MISMATCH, "-1 at axis 1");
    fails(sdx_infer_set_shape(&in, 0, 2, large), SDX_LIMIT, "more than 2^62 elements");
    fails(sdx_infer_set_rank(&in, 0, 17), SDX_LIMIT, "17 dimensions, expected at most 16");
    assert_null(sdx_infer_set_shape(&in, 0, 3, empty));
    assert_null(sdx_infer_set_shape(&in, 7, 2, empty));
    shape(0, "a,2");
    assert_null(sdx_infer_want_rank(&in, 0, 2));
    fails(sdx_infer_want_rank(&in, 0, 3), SDX_SHAPE_MISMATCH,
          "input 'A' has shape [a,2], expected rank 3");
    size_t axis;
    assert_null(sdx_infer_axis(&in, 0, -1, "attribute 'axis'", &axis));
    assert_int_equal(axis, 1);
    fails(sdx_infer_axis(&in, 0, 2, "attribute 'axis'", &axis), SDX_OUT_OF_RANGE, "'axis'");
}

static void same_takes_type_and_shape(void **state) {
    (void)state;
    shape(1, "batch,3");
    facts[1].type = sdx_type_tensor(SDX_INT8);
    assert_int_equal(sdx_infer_dtype(&in, 1), SDX_INT8);
    assert_int_equal(sdx_infer_dtype(&in, 0), SDX_UNDEFINED);
    assert_null(sdx_infer_same(&in, 0, 1));
    assert_ptr_equal(out[0].type, facts[1].type);
    is_shape("[batch,3]");
}

static void elements(void **state) {
    (void)state;
    sdx_dim ints[2], one;
    size_t n;
    assert_false(sdx_infer_ints(&in, 0, ints, 2, &n));
    sdx_dim *const batch = in_dims[2];
    batch[0] = sdx_dim_symbol(dims, SDX_STR("batch"));
    facts[0].ints = batch;
    facts[0].n_ints = 1;
    facts[0].type = sdx_type_tensor(SDX_INT64);
    assert_null(sdx_infer_scalar(&in, 0, &one));
    assert_true(one == batch[0]);
    assert_null(sdx_infer_same_ints(&in, 0, 0));
    assert_true(out[0].n_ints == 1 && out[0].ints[0] == batch[0]);
    int32_t data[] = {7, -1, 5};
    sdx_view view;
    assert_null(sdx_view_init(&view, SDX_INT32, 1, (const int64_t[]){3}));
    view.data = data;
    facts[0].view = &view;
    assert_false(sdx_infer_ints(&in, 0, ints, 2, &n));
    assert_int_equal(n, 3);
    view.len = 2;
    assert_true(sdx_infer_ints(&in, 0, ints, 2, &n));
    assert_true(n == 2 && ints[1] == -1);
    sdx_status status = sdx_infer_scalar(&in, 0, &one);
    assert_non_null(strstr(sdx_status_text(status), "has 2 elements, expected 1"));
    sdx_status_free(status);
    facts[0].view = NULL;
    facts[0].ints = NULL;
    facts[0].rank = 1;
    facts[0].dims = in_dims[0];
    facts[0].dims[0] = 0;
    status = sdx_infer_scalar(&in, 0, &one);
    assert_non_null(strstr(sdx_status_text(status), "has shape [0], expected 1 element"));
    sdx_status_free(status);
    facts[0].dims[0] = 1;
    assert_null(sdx_infer_scalar(&in, 0, &one));
    assert_true(one == SDX_DIM_UNKNOWN);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(broadcast),          TEST(broadcast_of_symbols_is_a_new_one),
        TEST(shapes_are_checked), TEST(same_takes_type_and_shape),
        TEST(elements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
