/* The hooks that every custom operator has: they show the library what the engine knows, call its
 * hook, and check what it did. */
#include <string.h>

#include "ops/custom/hook.h"
#include "ops/upgrade.h"

enum { SMALL_CONSTANT = 1 << 20 }; /* bytes that are copied to show a misaligned one to infer */

bool sdx_hook_note(sdx_hook *hook, sdx_status status) {
    sdx_mutex_lock(&hook->mutex);
    const bool first = hook->error == NULL;
    if (first) hook->error = status;
    sdx_mutex_unlock(&hook->mutex);
    if (!first) sdx_status_free(status);
    return false;
}

/* ---- showing tensors */

static void show_view(const sdx_view *view, sdx_op_tensor *out) {
    *out = (sdx_op_tensor){.dtype = view->dtype,
                           .rank = view->rank,
                           .dims = view->dims,
                           .data = view->data,
                           .len = view->len,
                           .size = sdx_view_bytes(view)};
}

static void show_shape(const sdx_type *type, int rank, const sdx_dim *dims, sdx_op_tensor *out) {
    const bool tensor = type != NULL && type->kind == SDX_TENSOR;
    *out =
        (sdx_op_tensor){.dtype = tensor ? type->dtype : SDX_UNDEFINED, .rank = rank, .dims = dims};
    size_t len = 1;
    for (int i = 0; i < rank; i++) {
        if (dims[i] < 0 || !sdx_mul_size(len, (size_t)dims[i], &len)) return;
    }
    if (rank >= 0) out->len = len;
}

static bool is_aligned(const sdx_view *view) {
    const size_t size = sdx_dtype_size(view->dtype), unit = size > 8 ? 8 : size;
    return unit <= 1 || (uintptr_t)view->data % unit == 0;
}

/* Elements of a constant as a library may read them: where they are, or a copy that lives as long
 * as `arena`. */
static sdx_status show_constant(const sdx_view *view, sdx_arena *arena, sdx_op_tensor *out) {
    const bool packed = sdx_dtype_subbyte(view->dtype) && !view->unpacked;
    show_view(view, out);
    if (packed) {
        SDX_TRY(sdx_arena_alloc(arena, view->len + 1, 1, &out->data));
        sdx_bits_unpack(view->dtype, out->data, view->data, view->len);
        out->size = view->len;
    } else if (!is_aligned(view)) {
        SDX_TRY(sdx_arena_alloc(arena, out->size + 1, 1, &out->data));
        memcpy(out->data, view->data, out->size);
    }
    return NULL;
}

/* ---- attributes */

static void show_default(const sdx_op_attr *attr, const sdx_str *strings, sdx_op_attr_value *out) {
    *out = (sdx_op_attr_value){.kind = attr->kind,
                               .i = attr->i,
                               .f = attr->f,
                               .s = sdx_str_from(attr->s),
                               .ints = attr->ints,
                               .floats = attr->floats,
                               .strings = strings,
                               .n = attr->n};
}

static void show_given(const sdx_op_attr *attr, const sdx_attr *given, sdx_op_tensor *tensor,
                       sdx_op_attr_value *out) {
    *out = (sdx_op_attr_value){.kind = attr->kind, .given = true, .n = given->n};
    if (given->kind == SDX_ATTR_INT) out->i = given->i;
    if (given->kind == SDX_ATTR_FLOAT) out->f = given->f;
    if (given->kind == SDX_ATTR_STRING) out->s = given->s;
    if (given->kind == SDX_ATTR_INTS) out->ints = given->ints;
    if (given->kind == SDX_ATTR_FLOATS) out->floats = given->floats;
    if (given->kind == SDX_ATTR_STRINGS) out->strings = given->strings;
    if (given->kind == SDX_ATTR_TENSOR) {
        show_view(given->tensor, tensor);
        out->tensor = tensor;
    }
}

/* The three arrays have a place for each attribute of the row. */
static void show_attrs(const sdx_custom_row *custom, const sdx_node *node,
                       sdx_op_attr_value *values, sdx_op_tensor *tensors,
                       const sdx_op_attr_value **list) {
    for (size_t i = 0; i < custom->row.n_attrs; i++) {
        const sdx_op_attr *const attr = &custom->row.attrs[i];
        if (sdx_node_named(node, attr->name) != NULL)
            show_given(attr, sdx_node_attr(node, i), &tensors[i], &values[i]);
        else
            show_default(attr, custom->strings[i], &values[i]);
        list[i] = &values[i];
    }
}

/* A tensor in an attribute lies where the file has it: it moves to where it can be read. */
static sdx_status align_attr(sdx_upgrade *u, sdx_named_attr *attr) {
    const sdx_view *const view = attr->value.tensor;
    if (sdx_dtype_subbyte(view->dtype))
        return sdx_fail(SDX_UNSUPPORTED,
                        "attribute '%.*s' has type %s, expected one of 8 bits and more in a custom "
                        "operator; make it an input",
                        SDX_FMT(attr->name), sdx_dtype_name(view->dtype));
    if (is_aligned(view)) return NULL;
    sdx_view *copy;
    SDX_TRY(SDX_ARENA_NEW(u->node->graph->ir->arena, 1, &copy));
    *copy = *view;
    SDX_TRY(
        sdx_arena_copy(u->node->graph->ir->arena, view->data, sdx_view_bytes(view), &copy->data));
    attr->value.tensor = copy;
    return NULL;
}

static sdx_status align_attrs(sdx_upgrade *u) {
    u->same = true;
    for (size_t i = 0; i < u->node->n_named; i++) {
        if (u->node->named[i].value.kind == SDX_ATTR_TENSOR)
            SDX_TRY(align_attr(u, &u->node->named[i]));
    }
    return NULL;
}

const sdx_upgrade_rule sdx_custom_upgrade = {.below = INT32_MAX, .apply = align_attrs};

/* ---- around a hook */

static sdx_status check_counts(size_t n_in, size_t n_out) {
    if (n_in <= SDX_CUSTOM_VALUES && n_out <= SDX_CUSTOM_VALUES) return NULL;
    return sdx_fail(SDX_LIMIT,
                    "has %zu inputs and %zu outputs, expected at most %d of each in a custom "
                    "operator",
                    n_in, n_out, (int)SDX_CUSTOM_VALUES);
}

static size_t larger(size_t a, size_t b) { return a > b ? a : b; }

/* All but the tensors: a hook is too large to be cleared for each call. */
static void begin(sdx_hook *hook, const sdx_node *node, sdx_stage stage, size_t n_in,
                  size_t n_out) {
    const sdx_custom_row *const row = node->op->data;
    hook->row = row;
    hook->node = node;
    hook->stage = stage;
    hook->infer = NULL;
    hook->run = NULL;
    hook->mutex = (sdx_mutex){0};
    hook->error = NULL;
    hook->face = (sdx_op_call){.struct_size = sizeof hook->face,
                               .host = &sdx_custom_host,
                               .node = node->origin.len > 0 ? node->origin : node->name,
                               .version = node->version,
                               .inputs = hook->in_list,
                               .outputs = hook->out_list,
                               .n_attrs = row->row.n_attrs,
                               .n_inputs = larger(n_in, row->row.n_inputs),
                               .n_outputs = larger(n_out, row->row.n_outputs)};
    for (size_t i = 0; i < hook->face.n_inputs; i++)
        hook->in_list[i] = NULL;
    for (size_t k = 0; k < hook->face.n_outputs; k++)
        hook->out_list[k] = NULL;
}

static sdx_status finish(sdx_hook *hook, bool good, const char *name) {
    if (hook->error != NULL || good) return hook->error;
    if (hook->run != NULL && sdx_call_cancelled(hook->run)) return sdx_call_stopped();
    return sdx_fail(SDX_UNSUPPORTED,
                    "its function %s returned false without a word; tell why with host->fail",
                    name);
}

/* ---- infer */

static sdx_status show_fact(const sdx_infer *in, size_t i, sdx_arena *copies, sdx_op_tensor *out) {
    const sdx_fact *const fact = &in->in[i];
    const sdx_view *const view = fact->view;
    show_shape(fact->type, fact->rank, fact->dims, out);
    if (view == NULL || sdx_dtype_subbyte(view->dtype)) return NULL;
    if (is_aligned(view)) {
        show_view(view, out);
        return NULL;
    }
    if (in->arena == NULL || sdx_view_bytes(view) > SMALL_CONSTANT) return NULL;
    return show_constant(view, copies, out);
}

static sdx_status show_facts(sdx_hook *hook, const sdx_infer *in, sdx_arena *copies) {
    for (size_t i = 0; i < in->n_in; i++) {
        if (!in->present[i]) continue;
        SDX_TRY(show_fact(in, i, copies, &hook->in[i]));
        hook->in_list[i] = &hook->in[i];
    }
    for (size_t k = 0; k < hook->face.n_outputs; k++) {
        show_shape(k < in->n_out ? in->out[k].type : NULL, -1, NULL, &hook->out[k]);
        hook->out_list[k] = &hook->out[k];
    }
    return NULL;
}

static bool infer_like_first(sdx_hook *hook) {
    bool good = true;
    if (hook->row->row.flags & SDX_OP_FLAG_DYNAMIC) return true;
    for (size_t k = 0; good && k < hook->infer->n_out; k++)
        good = sdx_custom_host.shape_like(&hook->face, k, SDX_UNDEFINED, 0);
    return good;
}

/* With numbers for all shapes and all elements at hand nothing more will be known. */
static bool knows_all(const sdx_infer *in) {
    for (size_t i = 0; i < in->n_in; i++) {
        if (in->present[i] && in->in[i].view == NULL) return false;
    }
    return in->dims == NULL;
}

static sdx_status check_complete(const sdx_hook *hook, const sdx_infer *in) {
    if (hook->row->row.flags & SDX_OP_FLAG_DYNAMIC || !knows_all(in)) return NULL;
    for (size_t k = 0; k < in->n_out; k++) {
        const sdx_fact *const fact = &in->out[k];
        bool known = fact->type != NULL && fact->type->dtype != SDX_UNDEFINED && fact->rank >= 0;
        for (int d = 0; known && d < fact->rank; d++)
            known = sdx_dim_is_number(fact->dims[d]);
        if (known || !sdx_hook_wanted(hook, k)) continue;
        return sdx_fail(SDX_UNSUPPORTED,
                        "infer left the type or shape of output '%s' open although all inputs are "
                        "there; set it, or give the operator SDX_OP_FLAG_DYNAMIC",
                        sdx_hook_output_name(hook, k));
    }
    return NULL;
}

static sdx_status call_infer(sdx_hook *hook, sdx_infer *in, sdx_arena *copies) {
    const sdx_op_row *const row = &hook->row->row;
    SDX_TRY(show_facts(hook, in, copies));
    const bool good = row->infer != NULL ? row->infer(&hook->face) : infer_like_first(hook);
    SDX_TRY(finish(hook, good, "infer"));
    return check_complete(hook, in);
}

sdx_status sdx_custom_infer(sdx_infer *in) {
    sdx_hook hook;
    sdx_op_attr_value values[SDX_CUSTOM_ATTRS];
    sdx_op_tensor tensors[SDX_CUSTOM_ATTRS];
    const sdx_op_attr_value *list[SDX_CUSTOM_ATTRS];
    SDX_TRY(check_counts(in->n_in, in->n_out));
    begin(&hook, in->node, SDX_STAGE_INFER, in->n_in, in->n_out);
    hook.infer = in;
    hook.face.attrs = list;
    show_attrs(hook.row, in->node, values, tensors, list);
    sdx_arena copies; /* takes nothing at binding, where constants are aligned */
    sdx_arena_init(&copies, in->arena != NULL ? in->arena->heap : NULL);
    const sdx_status status = call_infer(&hook, in, &copies);
    if (in->arena != NULL) sdx_arena_deinit(&copies);
    return status;
}

/* ---- create and destroy */

typedef struct prepared {
    const sdx_op_row *row;
    const sdx_op_attr_value **attrs;
    void *state;
} prepared;

static sdx_status show_graph(sdx_hook *hook, const sdx_prepare *p, sdx_arena *copies) {
    for (size_t i = 0; i < p->n_in; i++) {
        const sdx_gvalue *const value = i < p->node->n_inputs ? p->node->inputs[i] : NULL;
        if (value == NULL) continue;
        if (p->constant[i] != NULL)
            SDX_TRY(show_constant(p->constant[i], copies, &hook->in[i]));
        else
            show_shape(value->type, value->shape.rank, value->shape.dims, &hook->in[i]);
        hook->in_list[i] = &hook->in[i];
    }
    for (size_t k = 0; k < p->node->n_outputs; k++) {
        const sdx_gvalue *const value = p->node->outputs[k];
        if (value == NULL) continue;
        show_shape(value->type, value->shape.rank, value->shape.dims, &hook->out[k]);
        hook->out_list[k] = &hook->out[k];
    }
    return NULL;
}

static sdx_status create(const sdx_prepare *p, prepared *made) {
    sdx_hook hook;
    begin(&hook, p->node, SDX_STAGE_CREATE, p->n_in, p->node->n_outputs);
    hook.face.attrs = made->attrs;
    sdx_arena copies;
    sdx_arena_init(&copies, p->arena->heap);
    sdx_status status = show_graph(&hook, p, &copies);
    if (status == NULL) {
        const bool good = made->row->create(&hook.face, &made->state);
        status = finish(&hook, good, "create");
        if (status != NULL && good && made->row->destroy != NULL) made->row->destroy(made->state);
    }
    sdx_arena_deinit(&copies);
    return status;
}

sdx_status sdx_custom_prepare(sdx_prepare *p) {
    const sdx_custom_row *const row = p->node->op->data;
    const size_t n = row->row.n_attrs + 1;
    prepared *made;
    sdx_op_attr_value *values;
    sdx_op_tensor *tensors;
    SDX_TRY(check_counts(p->n_in, p->node->n_outputs));
    SDX_TRY(SDX_ARENA_NEW(p->arena, 1, &made));
    SDX_TRY(SDX_ARENA_NEW(p->arena, n, &values));
    SDX_TRY(SDX_ARENA_NEW(p->arena, n, &tensors));
    SDX_TRY(SDX_ARENA_NEW(p->arena, n, &made->attrs));
    made->row = &row->row;
    show_attrs(row, p->node, values, tensors, made->attrs);
    if (row->row.create != NULL) SDX_TRY(create(p, made));
    p->prepared = made;
    p->how = "custom operator";
    return NULL;
}

void sdx_custom_release(const void *what) {
    const prepared *const made = what;
    if (made->row->create != NULL && made->row->destroy != NULL) made->row->destroy(made->state);
}

/* ---- run */

static void show_run(sdx_hook *hook, const sdx_call *c) {
    for (size_t i = 0; i < c->n_in; i++) {
        if (c->in[i] == NULL) continue;
        show_view(c->in[i], &hook->in[i]);
        hook->in_list[i] = &hook->in[i];
    }
    for (size_t k = 0; k < c->n_out; k++) {
        if (!sdx_hook_wanted(hook, k)) continue;
        if (c->out[k] != NULL)
            show_view(c->out[k], &hook->out[k]);
        else /* to be made */
            show_shape(c->node->outputs[k]->type, -1, NULL, &hook->out[k]);
        hook->out_list[k] = &hook->out[k];
    }
}

/* Strings are copied after run, and bools are taken for 0 or 1 everywhere. */
static sdx_status check_elements(const sdx_hook *hook, size_t k) {
    const sdx_op_tensor *const out = &hook->out[k];
    const sdx_str *const strings = out->data;
    uint8_t *const bools = out->data;
    for (size_t i = 0; out->dtype == SDX_STRING && i < out->len; i++) {
        if (strings[i].len > 0 && strings[i].ptr == NULL)
            return sdx_fail(SDX_INVALID_ARGUMENT,
                            "output '%s'[%zu] is a text of %zu bytes at NULL, expected an address",
                            sdx_hook_output_name(hook, k), i, strings[i].len);
    }
    for (size_t i = 0; out->dtype == SDX_BOOL && i < out->len; i++) {
        bools[i] = bools[i] != 0;
    }
    return NULL;
}

static sdx_status check_outputs(const sdx_hook *hook, const sdx_call *c) {
    for (size_t k = 0; k < c->n_out; k++) {
        if (hook->out_list[k] == NULL) continue;
        if (hook->out[k].rank < 0)
            return sdx_fail(SDX_UNSUPPORTED,
                            "run did not make output '%s'; call host->output for each that is read",
                            sdx_hook_output_name(hook, k));
        SDX_TRY(check_elements(hook, k));
    }
    return NULL;
}

sdx_status sdx_custom_run(const sdx_call *c) {
    const prepared *const made = c->prepared;
    sdx_hook hook;
    begin(&hook, c->node, SDX_STAGE_RUN, c->n_in, c->n_out);
    hook.run = c;
    hook.face.attrs = made->attrs;
    hook.face.state = made->state;
    hook.face.turn = c->turn;
    hook.face.lanes = c->lanes;
    show_run(&hook, c);
    const bool good = made->row->run(&hook.face);
    SDX_TRY(finish(&hook, good, "run"));
    return check_outputs(&hook, c);
}
