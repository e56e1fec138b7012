/* See op_test.h: a graph of one node, and a small interpreter for it and what upgrades put around.
 */
#include "op_test.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ops/eval.h"
#include "ops/infer.h"
#include "ops/upgrade.h"
#include "tested.h"

enum { MAX_PORTS = 64, MAX_VALUES = 256 };

struct op_test {
    sdx_heap heap;
    sdx_arena arena;
    sdx_ir *ir;
    sdx_store *store;
    const sdx_op *op;
    const char *domain, *op_type;
    int version;
    sdx_named_attr attrs[MAX_PORTS];
    size_t n_attrs;
    sdx_value *inputs[MAX_PORTS]; /* owned */
    const char *symbols[MAX_PORTS];
    bool constant[MAX_PORTS];
    size_t n_inputs, n_outputs;
    sdx_value *kept[MAX_PORTS]; /* of tensor attributes; owned */
    size_t n_kept;
    sdx_node *node;                   /* NULL: not built yet */
    sdx_gvalue *results[MAX_PORTS];   /* what users of the node see */
    sdx_value *values[2][MAX_VALUES]; /* of run and of ref, by id; owned */
    bool evaluated;
    bool looked; /* somebody looked at a result */
};

static void ok(sdx_status status) {
    if (!status) return;
    print_error("%s\n", sdx_status_text(status));
    sdx_status_free(status);
    fail();
}

op_test *op_begin_in(const char *domain, const char *op_type, int version) {
    op_test *t = test_calloc(1, sizeof *t);
    sdx_heap_init(&t->heap, NULL, 0, "test");
    sdx_arena_init(&t->arena, &t->heap);
    ok(sdx_ir_create(&t->arena, &t->ir));
    ok(sdx_store_create(NULL, 0, "test", &t->store));
    t->domain = domain;
    t->op_type = op_type;
    t->version = version;
    t->n_outputs = 1;
    t->op = sdx_op_find(sdx_str_from(domain), sdx_str_from(op_type));
    if (!t->op) fail_msg("no operator '%s'", op_type);
    return t;
}

op_test *op_begin(const char *op_type, int version) { return op_begin_in("", op_type, version); }

void op_end(op_test *t) {
    if (t->looked) tested(t->domain, t->op_type);
    for (size_t i = 0; i < MAX_PORTS; i++) {
        sdx_value_release(t->inputs[i]);
        sdx_value_release(t->kept[i]);
    }
    for (size_t i = 0; i < 2 * MAX_VALUES; i++)
        sdx_value_release(t->values[i / MAX_VALUES][i % MAX_VALUES]);
    sdx_ir_destroy(t->ir);
    sdx_arena_deinit(&t->arena);
    sdx_store_release(t->store);
    assert_int_equal(atomic_load(&t->heap.used), 0);
    test_free(t);
}

/* ---- values */

/* Sub-byte types are written unpacked, then packed into the tensor. */
sdx_value *op_make(op_test *t, sdx_dtype dtype, size_t rank, const int64_t *dims,
                   const double *data) {
    sdx_value *value;
    sdx_view view;
    ok(sdx_view_init(&view, dtype, rank, dims));
    ok(sdx_value_dense(t->store, &view, true, &value));
    view = value->view;
    const size_t len = view.len;
    if (len == 0) return value;
    void *unpacked = test_calloc(len, 16);
    if (sdx_dtype_subbyte(dtype)) {
        view.unpacked = true;
        view.data = unpacked;
    }
    for (size_t i = 0; i < len; i++)
        sdx_view_set_double(&view, i, data[i]);
    if (view.unpacked) sdx_bits_pack(dtype, value->view.data, unpacked, len);
    test_free(unpacked);
    return value;
}

static double number_at(const sdx_view *view, size_t i) {
    if (!sdx_dtype_subbyte(view->dtype)) return sdx_view_double(view, i);
    uint8_t codes[4];
    const size_t per_byte = 8 / sdx_dtype_bits(view->dtype);
    sdx_bits_unpack(view->dtype, codes, (const uint8_t *)view->data + i / per_byte, per_byte);
    sdx_view one;
    ok(sdx_view_init(&one, view->dtype, 0, NULL));
    one.unpacked = true;
    one.data = &codes[i % per_byte];
    return sdx_view_double(&one, 0);
}

/* ---- describing the node */

static void add_attr(op_test *t, const char *name, sdx_attr value) {
    assert_true(t->n_attrs < MAX_PORTS);
    t->attrs[t->n_attrs++] = (sdx_named_attr){sdx_str_from(name), value};
}

void op_int(op_test *t, const char *name, int64_t value) {
    add_attr(t, name, (sdx_attr){.kind = SDX_ATTR_INT, .n = 1, .i = value});
}

void op_float(op_test *t, const char *name, float value) {
    add_attr(t, name, (sdx_attr){.kind = SDX_ATTR_FLOAT, .n = 1, .f = value});
}

void op_text(op_test *t, const char *name, const char *value) {
    add_attr(t, name, (sdx_attr){.kind = SDX_ATTR_STRING, .n = 1, .s = sdx_str_from(value)});
}

void op_ints(op_test *t, const char *name, size_t n, const int64_t *values) {
    void *copy;
    ok(sdx_arena_copy(&t->arena, values, n * sizeof *values, &copy));
    add_attr(t, name, (sdx_attr){.kind = SDX_ATTR_INTS, .n = n, .ints = copy});
}

void op_floats(op_test *t, const char *name, size_t n, const float *values) {
    void *copy;
    ok(sdx_arena_copy(&t->arena, values, n * sizeof *values, &copy));
    add_attr(t, name, (sdx_attr){.kind = SDX_ATTR_FLOATS, .n = n, .floats = copy});
}

void op_texts(op_test *t, const char *name, size_t n, const char *const *values) {
    sdx_str *copy;
    ok(SDX_ARENA_NEW(&t->arena, n, &copy));
    for (size_t i = 0; i < n; i++) {
        copy[i] = sdx_str_from(values[i]);
    }
    add_attr(t, name, (sdx_attr){.kind = SDX_ATTR_STRINGS, .n = n, .strings = copy});
}

void op_tensor(op_test *t, const char *name, sdx_dtype dtype, size_t rank, const int64_t *dims,
               const double *data) {
    assert_true(t->n_kept < MAX_PORTS);
    sdx_value *value = t->kept[t->n_kept++] = op_make(t, dtype, rank, dims, data);
    add_attr(t, name, (sdx_attr){.kind = SDX_ATTR_TENSOR, .n = 1, .tensor = &value->view});
}

void op_value(op_test *t, sdx_value *value) {
    assert_true(t->n_inputs < MAX_PORTS);
    t->inputs[t->n_inputs++] = value;
}

void op_input(op_test *t, sdx_dtype dtype, size_t rank, const int64_t *dims, const double *data) {
    op_value(t, op_make(t, dtype, rank, dims, data));
}

void op_strings(op_test *t, size_t rank, const int64_t *dims, const char *const *texts) {
    sdx_value *value;
    sdx_view view;
    ok(sdx_view_init(&view, SDX_STRING, rank, dims));
    ok(sdx_value_dense(t->store, &view, true, &value));
    for (size_t i = 0; i < view.len; i++)
        ((sdx_str *)value->view.data)[i] = sdx_str_from(texts[i]);
    ok(sdx_value_seal(value));
    op_value(t, value);
}

sdx_store *op_store(op_test *t) { return t->store; }

void op_absent(op_test *t) { op_value(t, NULL); }
void op_constant(op_test *t) { t->constant[t->n_inputs - 1] = true; }
void op_symbols(op_test *t, const char *shape) { t->symbols[t->n_inputs - 1] = shape; }
void op_outputs(op_test *t, size_t n) { t->n_outputs = n; }

/* ---- building it */

static const sdx_type *type_of(op_test *t, const sdx_value *value) {
    if (value->kind == SDX_TENSOR) return sdx_type_tensor(value->view.dtype);
    if (value->kind == SDX_SEQUENCE) return sdx_type_sequence(value->element);
    if (value->kind == SDX_OPTIONAL)
        return value->element_kind == SDX_SEQUENCE ? sdx_type_optional_sequence(value->element)
                                                   : sdx_type_optional(value->element);
    sdx_type *type;
    ok(SDX_ARENA_NEW(&t->arena, 1, &type));
    *type = (sdx_type){SDX_MAP, value->items[0]->view.dtype,
                       sdx_type_tensor(value->items[1]->view.dtype)};
    return type;
}

static sdx_gvalue *input_of(op_test *t, size_t i) {
    sdx_value *value = t->inputs[i];
    if (!value) return NULL;
    sdx_gvalue *gvalue;
    sdx_str name;
    ok(sdx_arena_printf(&t->arena, &name, "in%zu", i));
    if (t->constant[i]) {
        ok(sdx_graph_constant(t->ir->main, name, &value->view, &gvalue));
    } else {
        ok(sdx_gvalue_create(t->ir->main, name, &gvalue));
        gvalue->type = type_of(t, value);
        gvalue->is_input = true;
        if (value->kind == SDX_TENSOR) gvalue->shape.rank = value->view.rank;
        for (int d = 0; d < gvalue->shape.rank; d++)
            gvalue->shape.dims[d] = value->view.dims[d];
    }
    for (int way = 0; way < 2; way++)
        t->values[way][gvalue->id] = sdx_value_retain(value);
    return gvalue;
}

/* A rule may turn the node into another operator: then its rules follow. */
static sdx_status upgrade(op_test *t) {
    sdx_upgrade u = {.node = t->node, .version = (int)t->node->version};
    for (size_t i = 0; i < t->op->n_upgrades; i++) {
        if (u.version >= t->op->upgrades[i].below) continue;
        SDX_TRY(t->op->upgrades[i].apply(&u));
        const sdx_op *const op = sdx_op_find(t->node->domain, t->node->op_type);
        assert_non_null(op);
        if (op == t->op) continue;
        t->op = t->node->op = op;
        return upgrade(t);
    }
    return NULL;
}

static sdx_status build(op_test *t) {
    sdx_gvalue *inputs[MAX_PORTS];
    for (size_t i = 0; i < t->n_inputs; i++)
        inputs[i] = input_of(t, i);
    for (size_t k = 0; k < t->n_outputs; k++) {
        sdx_str name;
        ok(sdx_arena_printf(&t->arena, &name, "out%zu", k));
        ok(sdx_gvalue_create(t->ir->main, name, &t->results[k]));
    }
    ok(sdx_node_create(t->ir->main, NULL, sdx_str_from(t->domain), sdx_str_from(t->op_type),
                       SDX_STR("node"), inputs, t->n_inputs, t->results, t->n_outputs, &t->node));
    t->node->op = t->op;
    t->node->version = t->version;
    for (size_t i = 0; i < t->n_attrs; i++)
        ok(sdx_node_set_attr(t->node, t->attrs[i].name.ptr, t->attrs[i].value));
    SDX_TRY(sdx_in_node(upgrade(t), t->node));
    for (sdx_node *node = t->ir->main->first; node; node = node->next)
        SDX_TRY(sdx_op_check(node));
    assert_true(t->ir->n_values < MAX_VALUES);
    return NULL;
}

/* Constants that upgrades made have no value yet. */
static sdx_value *value_of(op_test *t, int way, const sdx_gvalue *gvalue) {
    if (!gvalue) return NULL;
    sdx_value **place = &t->values[way][gvalue->id];
    if (!*place && gvalue->constant) ok(sdx_value_copy(t->store, gvalue->constant, place));
    return *place;
}

static sdx_status eval_node(op_test *t, int way, const sdx_node *node) {
    sdx_value *inputs[MAX_PORTS] = {NULL}, *outputs[MAX_PORTS] = {NULL};
    for (size_t i = 0; i < node->n_inputs; i++)
        inputs[i] = value_of(t, way, node->inputs[i]);
    SDX_TRY(sdx_eval(node, inputs, node->n_inputs, outputs, node->n_outputs, t->store,
                     sdx_kernels(SDX_NUMERICS_DEFAULT), way == 1));
    for (size_t k = 0; k < node->n_outputs; k++)
        if (node->outputs[k]) t->values[way][node->outputs[k]->id] = outputs[k];
    return NULL;
}

static sdx_status evaluate(op_test *t) {
    if (t->evaluated) return NULL;
    if (!t->node) SDX_TRY(build(t));
    for (int way = 0; way < (t->op->ref ? 2 : 1); way++)
        for (const sdx_node *node = t->ir->main->first; node; node = node->next)
            SDX_TRY(eval_node(t, way, node));
    t->evaluated = true;
    return NULL;
}

/* ---- expectations */

static sdx_value *result(op_test *t, int way, size_t k) {
    ok(evaluate(t));
    t->looked = true;
    assert_true(k < t->n_outputs);
    sdx_value *value = t->values[way][t->results[k]->id];
    assert_non_null(value);
    return value;
}

sdx_value *op_output(op_test *t, size_t k) { return result(t, 0, k); }

static void same_shape(const sdx_view *view, sdx_dtype dtype, size_t rank, const int64_t *dims) {
    sdx_view wanted;
    char found[128], expected[128];
    ok(sdx_view_init(&wanted, dtype, rank, dims));
    assert_string_equal(sdx_view_text(view, found, sizeof found),
                        sdx_view_text(&wanted, expected, sizeof expected));
}

void op_near(op_test *t, size_t k, sdx_dtype dtype, size_t rank, const int64_t *dims,
             const double *data, double tolerance) {
    for (int way = 0; way < (t->op->ref ? 2 : 1); way++) {
        const sdx_view *view = &result(t, way, k)->view;
        same_shape(view, dtype, rank, dims);
        for (size_t i = 0; i < view->len; i++) {
            const double x = number_at(view, i), y = data[i];
            const double bound = tolerance * (fabs(y) > 1 ? fabs(y) : 1);
            if ((isnan(x) && isnan(y)) || x == y || fabs(x - y) <= bound) continue;
            fail_msg("%s of output %zu: element %zu is %.17g, expected %.17g", way ? "ref" : "run",
                     k, i, x, y);
        }
    }
}

void op_expect(op_test *t, size_t k, sdx_dtype dtype, size_t rank, const int64_t *dims,
               const double *data) {
    op_near(t, k, dtype, rank, dims, data, 0);
}

void op_expect_strings(op_test *t, size_t k, size_t rank, const int64_t *dims,
                       const char *const *texts) {
    const sdx_view *view = &op_output(t, k)->view;
    same_shape(view, SDX_STRING, rank, dims);
    for (size_t i = 0; i < view->len; i++) {
        const sdx_str found = ((const sdx_str *)view->data)[i];
        if (!sdx_str_is(found, texts[i]))
            fail_msg("output %zu: element %zu is '%.*s', expected '%s'", k, i, SDX_FMT(found),
                     texts[i]);
    }
}

void op_fails(op_test *t, const char *text) {
    sdx_status status = evaluate(t);
    assert_non_null(status);
    if (!strstr(sdx_status_text(status), text))
        fail_msg("'%s' lacks '%s'", sdx_status_text(status), text);
    sdx_status_free(status);
}

/* "batch,3" as dims. */
static int parse_symbols(op_test *t, const char *text, sdx_dim *dims) {
    int rank = 0;
    while (*text) {
        const size_t n = strcspn(text, ",");
        const sdx_str word = {text, n};
        int64_t number;
        dims[rank++] = sdx_str_int(word, &number) ? number : sdx_dim_symbol(t->ir->dims, word);
        text += n + (text[n] == ',');
    }
    return rank;
}

void op_infers(op_test *t, size_t k, const char *shape) {
    if (!t->node) ok(build(t));
    const sdx_node *node = t->node;
    sdx_fact facts[MAX_PORTS] = {{0}}, out[MAX_PORTS];
    sdx_dim dims[MAX_PORTS][SDX_MAX_RANK], out_dims[MAX_PORTS][SDX_MAX_RANK];
    bool present[MAX_PORTS] = {false};
    for (size_t i = 0; i < node->n_inputs; i++) {
        sdx_value *value = value_of(t, 0, node->inputs[i]);
        present[i] = value != NULL;
        if (!value) continue;
        facts[i] = (sdx_fact){.type = node->inputs[i]->type, .rank = -1, .dims = dims[i]};
        if (value->kind != SDX_TENSOR) continue;
        facts[i].rank = value->view.rank;
        memcpy(dims[i], value->view.dims, sizeof dims[i]);
        if (i < t->n_inputs && t->symbols[i])
            facts[i].rank = parse_symbols(t, t->symbols[i], dims[i]);
        else
            facts[i].view = &value->view;
    }
    for (size_t o = 0; o < t->n_outputs; o++)
        out[o] = (sdx_fact){.type = node->outputs[o]->type, .rank = -1, .dims = out_dims[o]};
    sdx_infer in = {.node = node,
                    .dims = t->ir->dims,
                    .arena = &t->arena,
                    .n_in = node->n_inputs,
                    .n_out = t->n_outputs,
                    .in = facts,
                    .present = present,
                    .out = out};
    if (t->op->infer) ok(t->op->infer(&in));
    char text[256] = "?";
    if (out[k].rank >= 0)
        sdx_dims_text(t->ir->dims, (size_t)out[k].rank, out[k].dims, text, sizeof text);
    assert_string_equal(text, shape);
}
