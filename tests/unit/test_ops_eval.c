/* Evaluating one node: forms, packs, scratch, outputs made by run, strings, upgrades' helpers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/port.h"
#include "ops/call.h"
#include "ops/eval.h"
#include "ops/infer.h"
#include "ops/upgrade.h"

static sdx_heap heap;
static sdx_arena arena;
static sdx_ir *ir;
static sdx_store *store;

static int setup(void **state) {
    (void)state;
    sdx_heap_init(&heap, NULL, 0, "test");
    sdx_arena_init(&arena, &heap);
    assert_null(sdx_ir_create(&arena, &ir));
    assert_null(sdx_store_create(NULL, 0, "test", &store));
    return 0;
}

static int teardown(void **state) {
    (void)state;
    sdx_ir_destroy(ir);
    sdx_arena_deinit(&arena);
    assert_int_equal(atomic_load(&heap.used), 0);
    sdx_store_trim(store);
    assert_true(atomic_load(&sdx_store_heap(store)->used) < 4096); /* the store itself */
    sdx_store_release(store);
    return 0;
}

static sdx_value *tensor(sdx_dtype dtype, int64_t n, const double *data) {
    sdx_view view;
    sdx_value *value;
    assert_null(sdx_view_init(&view, dtype, 1, &n));
    assert_null(sdx_value_dense(store, &view, true, &value));
    for (size_t i = 0; i < (size_t)n && data; i++)
        sdx_view_set_double(&value->view, i, data[i]);
    return value;
}

/* A node of `op` with one input of this type and one output. */
static sdx_node *node_of(const sdx_op *op, sdx_dtype dtype) {
    sdx_gvalue *in, *out;
    sdx_node *node;
    assert_null(sdx_gvalue_create(ir->main, SDX_STR("x"), &in));
    assert_null(sdx_gvalue_create(ir->main, SDX_STR("y"), &out));
    in->type = sdx_type_tensor(dtype);
    assert_null(sdx_node_create(ir->main, NULL, SDX_STR(""), sdx_str_from(op->name), SDX_STR("n"),
                                &in, 1, &out, 1, &node));
    node->op = op;
    assert_null(sdx_op_check(node));
    return node;
}

static sdx_value *eval_one(const sdx_node *node, sdx_value *in) {
    sdx_value *out = NULL;
    assert_null(sdx_eval(node, &in, 1, &out, 1, store, sdx_kernels(SDX_NUMERICS_DEFAULT), false));
    sdx_value_release(in);
    return out;
}

static const sdx_port one[] = {{.name = "X", .var = "T", .types = SDX_T_ANY}};

/* ---- float32 inside */

static sdx_status run_third(const sdx_call *c) {
    assert_int_equal(c->in[0]->dtype, SDX_FLOAT32);
    assert_int_equal(c->out[0]->dtype, SDX_FLOAT32);
    for (size_t i = 0; i < c->in[0]->len; i++)
        ((float *)c->out[0]->data)[i] = ((const float *)c->in[0]->data)[i] / 3;
    return NULL;
}

static const sdx_op third = {.domain = "",
                             .name = "Third",
                             .since = 1,
                             .newest = 1,
                             SDX_ROWS(inputs, one),
                             SDX_ROWS(outputs, one),
                             .flags = SDX_OP_WIDEN,
                             .infer = sdx_infer_like_first,
                             .run = run_third};

static void small_floats_are_widened(void **state) {
    (void)state;
    static const sdx_dtype dtypes[] = {SDX_FLOAT32, SDX_FLOAT16, SDX_BFLOAT16, SDX_FLOAT8E4M3FN};
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++) {
        const sdx_node *node = node_of(&third, dtypes[i]);
        sdx_value *y = eval_one(node, tensor(dtypes[i], 2, (const double[]){1.5, -6}));
        assert_int_equal(y->view.dtype, dtypes[i]);
        assert_true(sdx_view_double(&y->view, 0) == 0.5);
        assert_true(sdx_view_double(&y->view, 1) == -2);
        sdx_value_release(y);
    }
}

/* ---- one element a byte; outputs made by run; scratch */

static sdx_status run_nonzero(const sdx_call *c) {
    const sdx_view *in = c->in[0];
    void *kept;
    assert_true(in->unpacked);
    SDX_TRY(sdx_call_scratch(c, in->len, &kept));
    assert_int_equal((uintptr_t)kept % 64, 0);
    int64_t n = 0;
    for (size_t i = 0; i < in->len; i++)
        if (((const int8_t *)in->data)[i]) ((int8_t *)kept)[n++] = ((const int8_t *)in->data)[i];
    sdx_view *out;
    SDX_TRY(sdx_call_output(c, 0, in->dtype, 1, &n, &out));
    assert_true(out->unpacked);
    memcpy(out->data, kept, (size_t)n);
    SDX_TRY(sdx_call_output(c, 0, in->dtype, 1, &n, &out)); /* again: the first is dropped */
    memcpy(out->data, kept, (size_t)n);
    return NULL;
}

static const sdx_op nonzero = {.domain = "",
                               .name = "Kept",
                               .since = 1,
                               .newest = 1,
                               SDX_ROWS(inputs, one),
                               SDX_ROWS(outputs, one),
                               .flags = SDX_OP_DATA_SHAPE,
                               .run = run_nonzero};

static void run_makes_outputs(void **state) {
    (void)state;
    const sdx_node *node = node_of(&nonzero, SDX_INT4);
    sdx_value *x = tensor(SDX_INT4, 5, NULL);
    sdx_bits_pack(SDX_INT4, x->view.data, (const uint8_t[]){3, 0, 0, (uint8_t)-2, 1}, 5);
    sdx_value *y = eval_one(node, x);
    uint8_t found[3];
    assert_int_equal(y->view.len, 3);
    sdx_bits_unpack(SDX_INT4, found, y->view.data, 3);
    assert_memory_equal(found, ((const uint8_t[]){3, (uint8_t)-2, 1}), 3);
    sdx_value_release(y);
}

/* ---- strings of scratch outlive the run */

static sdx_status run_words(const sdx_call *c) {
    sdx_str *out = c->out[0]->data;
    for (size_t i = 0; i < c->out[0]->len; i++) {
        void *text;
        SDX_TRY(sdx_call_scratch(c, 8, &text));
        const int n = snprintf(text, 8, "w%zu", i % 10);
        out[i] = (sdx_str){text, (size_t)n};
    }
    return NULL;
}

static sdx_status infer_words(sdx_infer *in) {
    sdx_infer_set_dtype(in, 0, SDX_STRING);
    return sdx_infer_set_shape(in, 0, 1, in->in[0].dims);
}

static const sdx_port word[] = {{.name = "Y", .var = "S", .types = SDX_T(STRING)}};
static const sdx_op words = {.domain = "",
                             .name = "Words",
                             .since = 1,
                             .newest = 1,
                             SDX_ROWS(inputs, one),
                             SDX_ROWS(outputs, word),
                             .infer = infer_words,
                             .run = run_words};

static void strings_are_sealed(void **state) {
    (void)state;
    sdx_value *y = eval_one(node_of(&words, SDX_INT64), tensor(SDX_INT64, 3, NULL));
    assert_true(sdx_str_is(((const sdx_str *)y->view.data)[2], "w2"));
    sdx_value_release(y);
}

/* ---- prepare, bind, packs, the reference */

static sdx_status fill(void *dst, const sdx_view *src, const int64_t *params,
                       const sdx_kernel_table *kernels, sdx_heap *temporary) {
    (void)kernels, (void)temporary;
    for (size_t i = 0; i < src->len; i++)
        ((float *)dst)[i] = (float)(sdx_view_double(src, i) * (double)params[0]);
    return NULL;
}

static sdx_status prepare_packed(sdx_prepare *p) {
    if (!p->constant[0]) return sdx_fail(SDX_UNSUPPORTED, "input 'X' must be a constant");
    const sdx_pack_spec spec = {
        .format = "times", .params = {10}, .size = 4 * p->constant[0]->len, .fill = fill};
    sdx_pack *pack;
    SDX_TRY(sdx_prepare_pack(p, 0, &spec, &pack));
    p->prepared = pack;
    return NULL;
}

static sdx_status bind_packed(sdx_bind *b) {
    *(size_t *)b->bound = b->in[0]->len;
    b->scratch = 100;
    return NULL;
}

static sdx_status run_packed(const sdx_call *c) {
    const void *pack;
    SDX_TRY(sdx_call_pack(c, (sdx_pack *)(uintptr_t)c->prepared, &pack));
    assert_non_null(c->scratch);
    memcpy(c->out[0]->data, pack, *(const size_t *)c->bound * sizeof(float));
    return NULL;
}

static sdx_status ref_packed(const sdx_call *c) {
    for (size_t i = 0; i < c->out[0]->len; i++)
        ((float *)c->out[0]->data)[i] = -1;
    return NULL;
}

static const sdx_op packed = {.domain = "",
                              .name = "Packed",
                              .since = 1,
                              .newest = 1,
                              SDX_ROWS(inputs, one),
                              SDX_ROWS(outputs, one),
                              .bound_size = sizeof(size_t),
                              .infer = sdx_infer_like_first,
                              .prepare = prepare_packed,
                              .bind = bind_packed,
                              .run = run_packed,
                              .ref = ref_packed};

static void constants_are_packed(void **state) {
    (void)state;
    sdx_node *node = node_of(&packed, SDX_FLOAT32);
    sdx_value *x = tensor(SDX_FLOAT32, 2, (const double[]){1, 2}), *y = NULL;
    sdx_status status =
        sdx_eval(node, &x, 1, &y, 1, store, sdx_kernels(SDX_NUMERICS_DEFAULT), false);
    assert_string_equal(sdx_status_text(status), "node 'n' (Packed): input 'X' must be a constant");
    sdx_status_free(status);
    node->inputs[0]->constant = &x->view;
    assert_null(sdx_eval(node, &x, 1, &y, 1, store, sdx_kernels(SDX_NUMERICS_DEFAULT), false));
    assert_true(sdx_view_double(&y->view, 1) == 20);
    sdx_value_release(y);
    assert_null(sdx_eval(node, &x, 1, &y, 1, store, sdx_kernels(SDX_NUMERICS_DEFAULT), true));
    assert_true(sdx_view_double(&y->view, 1) == -1);
    sdx_value_release(y);
    sdx_value_release(x);
}

/* ---- what upgrades are written with */

static void broadcasting_of_opset_6(void **state) {
    (void)state;
    sdx_node *node = node_of(&third, SDX_FLOAT32);
    sdx_gvalue *b;
    assert_null(sdx_gvalue_create(ir->main, SDX_STR("b"), &b));
    assert_null(sdx_node_set_input(node, 1, b));
    assert_null(sdx_node_set_attr(node, "broadcast", (sdx_attr){.kind = SDX_ATTR_INT, .i = 1}));
    assert_null(sdx_node_set_attr(node, "axis", (sdx_attr){.kind = SDX_ATTR_INT, .i = 1}));
    sdx_upgrade u = {.node = node, .version = 6};
    assert_null(sdx_upgrade_broadcast(&u));
    assert_int_equal(node->n_named, 0);
    const sdx_node *align = node->prev;
    assert_string_equal(align->op->name, "AlignAxis");
    assert_ptr_equal(align->inputs[0], b);
    assert_ptr_equal(node->inputs[1], align->outputs[0]);
    assert_int_equal(sdx_node_named(align, "axis")->i, 1);
    assert_true(sdx_str_is(align->origin, "n"));
}

static void nodes_behind(void **state) {
    (void)state;
    sdx_node *node = node_of(&third, SDX_FLOAT32), *behind;
    sdx_gvalue *y = node->outputs[0];
    sdx_upgrade u = {.node = node, .version = 6};
    assert_null(sdx_upgrade_after(&u, 0, "", "Identity", NULL, 0, &behind));
    assert_ptr_equal(behind, node->next);
    assert_ptr_equal(y->producer, behind);
    assert_ptr_equal(node->outputs[0], behind->inputs[0]);
    assert_ptr_equal(node->outputs[0]->producer, node);
    sdx_status status = sdx_upgrade_after(&u, 0, "", "Absent", NULL, 0, &behind);
    assert_int_equal(sdx_status_code(status), SDX_UNSUPPORTED_OPERATOR);
    sdx_status_free(status);
}

static void attributes_to_inputs(void **state) {
    (void)state;
    sdx_node *node = node_of(&third, SDX_FLOAT32);
    assert_null(sdx_node_set_attr(node, "k", (sdx_attr){.kind = SDX_ATTR_INT, .i = 5}));
    assert_null(sdx_node_set_attr(node, "ratio", (sdx_attr){.kind = SDX_ATTR_FLOAT, .f = 0.5f}));
    sdx_upgrade u = {.node = node, .version = 6};
    assert_null(sdx_upgrade_int_to_input(&u, "k", 1, 0));
    assert_null(sdx_upgrade_float_to_input(&u, "ratio", 2, SDX_FLOAT16));
    assert_null(sdx_upgrade_default_int(&u, "keepdims", 1));
    assert_null(sdx_upgrade_ints_to_input(&u, "absent", 3));
    assert_int_equal(node->n_inputs, 3);
    assert_int_equal(node->inputs[1]->constant->rank, 0);
    assert_int_equal(sdx_view_int(node->inputs[1]->constant, 0), 5);
    assert_int_equal(node->inputs[2]->constant->dtype, SDX_FLOAT16);
    assert_true(sdx_view_double(node->inputs[2]->constant, 0) == 0.5);
    assert_int_equal(node->n_named, 1);
    sdx_status status = sdx_upgrade_ints_to_input(&u, "keepdims", 3);
    assert_int_equal(sdx_status_code(status), SDX_INVALID_MODEL);
    sdx_status_free(status);
}

/* ---- any allocation may fail */

typedef struct countdown {
    int left;
} countdown;

static void *take(void *self, size_t size, size_t alignment) {
    countdown *c = self;
    return c->left-- > 0
               ? sdx_os_block_allocate((size + alignment - 1) / alignment * alignment, alignment)
               : NULL;
}

static void give(void *self, void *ptr, size_t size) {
    (void)self, (void)size;
    sdx_os_block_free(ptr);
}

static sdx_status build_and_eval(const sdx_allocator *allocator, sdx_store *values) {
    sdx_value *x = tensor(SDX_FLOAT16, 200, NULL), *y = NULL;
    sdx_heap failing;
    sdx_arena place;
    sdx_ir *model = NULL;
    sdx_node *node;
    sdx_gvalue *in, *out;
    sdx_heap_init(&failing, allocator, 0, "failing");
    sdx_arena_init(&place, &failing);
    sdx_status status = sdx_ir_create(&place, &model);
    if (!status) status = sdx_gvalue_create(model->main, SDX_STR("x"), &in);
    if (!status) status = sdx_gvalue_create(model->main, SDX_STR("y"), &out);
    if (!status)
        status = sdx_node_create(model->main, NULL, SDX_STR(""), SDX_STR("Third"), SDX_STR("n"),
                                 &in, 1, &out, 1, &node);
    if (!status) node->op = &third;
    if (!status) status = sdx_op_check(node);
    if (!status)
        status = sdx_eval(node, &x, 1, &y, 1, values, sdx_kernels(SDX_NUMERICS_DEFAULT), false);
    sdx_ir_destroy(model);
    sdx_arena_deinit(&place);
    assert_int_equal(atomic_load(&failing.used), 0);
    sdx_value_release(x);
    sdx_value_release(y);
    return status;
}

static void failing_allocations_are_errors(void **state) {
    (void)state;
    for (int n = 0, done = 0; !done; n++) {
        countdown c = {n};
        const sdx_allocator allocator = {.allocate = take, .deallocate = give, .self = &c};
        sdx_store *values;
        sdx_status status = sdx_store_create(&allocator, 0, "failing", &values);
        if (!status) {
            status = build_and_eval(&allocator, values);
            sdx_store_release(values);
        }
        done = status == NULL;
        if (status) assert_int_equal(sdx_status_code(status), SDX_OUT_OF_MEMORY);
        sdx_status_free(status);
        assert_true(n < 200);
    }
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(small_floats_are_widened), TEST(run_makes_outputs),
        TEST(strings_are_sealed),       TEST(constants_are_packed),
        TEST(broadcasting_of_opset_6),  TEST(nodes_behind),
        TEST(attributes_to_inputs),     TEST(failing_allocations_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
