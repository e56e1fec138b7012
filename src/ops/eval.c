/* One node evaluated by itself: a small host that runs loops in order, keeps scratch in an arena
 * and makes packs when they are asked for. */
#include "ops/eval.h"

#include <string.h>

#include "ops/adapt.h"
#include "ops/infer.h"

/* An input or output on its way to and from the operator. */
typedef struct port_state {
    sdx_value *value; /* inputs: borrowed; outputs: owned until they are handed over */
    const sdx_type *type;
    sdx_view given; /* what the operator sees, when that is not the value's view */
} port_state;

typedef struct eval {
    sdx_packer_face packer; /* first: the hook's pointer is also ours */
    const sdx_node *node;
    sdx_store *store;
    sdx_arena arena; /* everything temporary */
    port_state *in, *out;
    size_t n_in, n_out;
    const sdx_view **in_views;
    sdx_view **out_views;
} eval;

struct sdx_pack {
    void *bytes;
};

/* Arena blocks of 256 bytes and more are aligned to 64. */
static sdx_status alloc_aligned(eval *e, size_t size, void **out) {
    return sdx_arena_alloc(&e->arena, size < 256 ? 256 : size, 1, out);
}

/* ---- the host */

static void host_parallel_for(void *self, size_t n, size_t grain, sdx_loop_fn *fn, void *arg) {
    (void)self;
    for (size_t begin = 0, end; begin < n; begin = end) {
        end = grain > 0 && grain < n - begin ? begin + grain : n;
        fn(arg, begin, end, 0);
    }
}

static sdx_status host_scratch(void *self, size_t size, void **out) {
    return alloc_aligned(self, size, out);
}

static sdx_status host_request(sdx_packer_face *self, const sdx_view *source,
                               const sdx_pack_spec *spec, sdx_pack **out) {
    eval *e = (eval *)self;
    sdx_pack *pack;
    SDX_TRY(SDX_ARENA_NEW(&e->arena, 1, &pack));
    SDX_TRY(alloc_aligned(e, spec->size, &pack->bytes));
    SDX_TRY(spec->fill(pack->bytes, source, spec->params, self->kernels, sdx_store_heap(e->store)));
    *out = pack;
    return NULL;
}

static sdx_status host_pack(void *self, sdx_pack *pack, const void **out) {
    (void)self;
    *out = pack->bytes;
    return NULL;
}

/* A value of this type and shape and, where the operator wants another form, a place for that. */
static sdx_status make_output(eval *e, size_t k, sdx_dtype dtype, size_t rank,
                              const int64_t *dims) {
    const sdx_op *op = e->node->op;
    port_state *out = &e->out[k];
    sdx_view view;
    SDX_TRY(sdx_view_init(&view, dtype, rank, dims));
    sdx_value *value;
    SDX_TRY(sdx_value_dense(e->store, &view, false, &value));
    sdx_value_release(out->value);
    out->value = value;
    e->out_views[k] = &value->view;
    if (op->flags & SDX_OP_ALIAS || !sdx_adapt_needed(op, dtype)) return NULL;
    sdx_adapt_view(op, &value->view, &out->given);
    SDX_TRY(alloc_aligned(e, sdx_view_bytes(&out->given), &out->given.data));
    e->out_views[k] = &out->given;
    return NULL;
}

static sdx_status host_output(void *self, size_t k, sdx_dtype dtype, size_t rank,
                              const int64_t *dims, sdx_view **out) {
    eval *e = self;
    const sdx_type *type = e->out[k].type;
    const bool known = type && type->kind == SDX_TENSOR && type->dtype != SDX_UNDEFINED;
    SDX_TRY(make_output(e, k, known ? type->dtype : dtype, rank, dims));
    *out = e->out_views[k];
    return NULL;
}

static sdx_status host_in_value(void *self, size_t i, sdx_value **out) {
    const eval *e = self;
    *out = i < e->n_in ? e->in[i].value : NULL;
    return NULL;
}

static sdx_status host_set_value(void *self, size_t k, sdx_value *value) {
    eval *e = self;
    if (k >= e->n_out) {
        sdx_value_release(value);
        return NULL;
    }
    sdx_value_release(e->out[k].value);
    e->out[k].value = value;
    e->out_views[k] = NULL;
    return NULL;
}

static sdx_status host_run_graph(void *self, size_t attr, sdx_value *const *inputs, size_t n_inputs,
                                 sdx_value **outputs, size_t n_outputs) {
    (void)self, (void)inputs, (void)n_inputs, (void)outputs, (void)n_outputs;
    return sdx_fail(SDX_INTERNAL, "subgraph %zu cannot be run in a single evaluation", attr);
}

static bool host_cancelled(void *self) {
    (void)self;
    return false;
}

static const sdx_host host = {
    .parallel_for = host_parallel_for,
    .tiles = host_parallel_for,
    .scratch = host_scratch,
    .pack = host_pack,
    .output = host_output,
    .in_value = host_in_value,
    .set_value = host_set_value,
    .run_graph = host_run_graph,
    .cancelled = host_cancelled,
};

/* ---- steps of an evaluation */

static sdx_status type_of(eval *e, const sdx_value *value, const sdx_type **out) {
    *out = NULL;
    if (value->kind == SDX_TENSOR) *out = sdx_type_tensor(value->view.dtype);
    if (value->kind == SDX_SEQUENCE && value->element_kind == SDX_TENSOR)
        *out = sdx_type_sequence(value->element);
    if (value->kind == SDX_OPTIONAL)
        *out = value->element_kind == SDX_SEQUENCE ? sdx_type_optional_sequence(value->element)
                                                   : sdx_type_optional(value->element);
    if (value->kind == SDX_MAP && value->n_items == 2) {
        sdx_type *type;
        SDX_TRY(SDX_ARENA_NEW(&e->arena, 1, &type));
        type->kind = SDX_MAP;
        type->dtype = value->items[0]->view.dtype;
        type->element = sdx_type_tensor(value->items[1]->view.dtype);
        *out = type;
    }
    return NULL;
}

static sdx_status take_input(eval *e, size_t i, sdx_value *value) {
    const sdx_op *op = e->node->op;
    port_state *in = &e->in[i];
    in->value = value;
    if (!value) return NULL;
    SDX_TRY(type_of(e, value, &in->type));
    if (value->kind != SDX_TENSOR) return NULL;
    e->in_views[i] = &value->view;
    if (op->flags & SDX_OP_ALIAS || !sdx_adapt_needed(op, value->view.dtype)) return NULL;
    sdx_adapt_view(op, &value->view, &in->given);
    SDX_TRY(alloc_aligned(e, sdx_view_bytes(&in->given), &in->given.data));
    sdx_adapt_in(&value->view, &in->given);
    e->in_views[i] = &in->given;
    return NULL;
}

static sdx_status begin(eval *e, sdx_value *const *inputs) {
    SDX_TRY(SDX_ARENA_NEW(&e->arena, e->n_in, &e->in));
    SDX_TRY(SDX_ARENA_NEW(&e->arena, e->n_in, &e->in_views));
    SDX_TRY(SDX_ARENA_NEW(&e->arena, e->n_out, &e->out));
    SDX_TRY(SDX_ARENA_NEW(&e->arena, e->n_out, &e->out_views));
    for (size_t i = 0; i < e->n_in; i++)
        SDX_TRY(take_input(e, i, inputs[i]));
    return NULL;
}

static bool wanted(const eval *e, size_t k) {
    return k < e->node->n_outputs && e->node->outputs[k];
}

/* Types of the outputs that follow from those of the inputs, or that the graph knows. */
static sdx_status find_types(eval *e) {
    const sdx_type **types;
    SDX_TRY(SDX_ARENA_NEW(&e->arena, e->n_in + e->n_out, &types));
    for (size_t i = 0; i < e->n_in; i++)
        types[i] = e->in[i].type;
    SDX_TRY(sdx_op_types(e->node->op, types, e->n_in, types + e->n_in, e->n_out));
    for (size_t k = 0; k < e->n_out; k++) {
        const sdx_type *type = types[e->n_in + k];
        e->out[k].type = type || !wanted(e, k) ? type : e->node->outputs[k]->type;
    }
    return NULL;
}

static sdx_status infer_outputs(eval *e, sdx_fact *out) {
    const sdx_op *op = e->node->op;
    sdx_fact *facts;
    bool *present;
    sdx_dim(*dims)[SDX_MAX_RANK];
    SDX_TRY(SDX_ARENA_NEW(&e->arena, e->n_in, &facts));
    SDX_TRY(SDX_ARENA_NEW(&e->arena, e->n_in, &present));
    SDX_TRY(SDX_ARENA_NEW(&e->arena, e->n_out, &dims));
    for (size_t i = 0; i < e->n_in; i++) {
        sdx_value *value = e->in[i].value;
        present[i] = value != NULL;
        facts[i] = (sdx_fact){.type = e->in[i].type, .rank = -1};
        if (!value || value->kind != SDX_TENSOR) continue;
        facts[i].rank = value->view.rank;
        facts[i].dims = value->view.dims;
        facts[i].view = &value->view;
    }
    for (size_t k = 0; k < e->n_out; k++)
        out[k] = (sdx_fact){.type = e->out[k].type, .rank = -1, .dims = dims[k]};
    sdx_infer in = {.node = e->node,
                    .n_in = e->n_in,
                    .n_out = e->n_out,
                    .in = facts,
                    .present = present,
                    .out = out};
    return op->infer ? op->infer(&in) : NULL;
}

/* Outputs whose type and shape are known before run. */
static sdx_status make_outputs(eval *e, const sdx_fact *facts) {
    const bool by_run = (e->node->op->flags & SDX_OP_DATA_SHAPE) != 0;
    for (size_t k = 0; k < e->n_out; k++) {
        const sdx_type *type = e->out[k].type = facts[k].type;
        if (by_run || !wanted(e, k) || (type && type->kind != SDX_TENSOR)) continue;
        bool known = type && type->dtype != SDX_UNDEFINED && facts[k].rank >= 0;
        for (int d = 0; known && d < facts[k].rank; d++)
            known = sdx_dim_is_number(facts[k].dims[d]);
        if (known)
            SDX_TRY(make_output(e, k, type->dtype, (size_t)facts[k].rank, facts[k].dims));
        else if (!(e->node->op->flags & SDX_OP_VALUES))
            return sdx_fail(SDX_INTERNAL, "output %zu: inference gave no type or shape", k);
    }
    return NULL;
}

/* ONNX operators that only reshape: the bytes under the new shape. */
static sdx_status alias(eval *e) {
    const sdx_view *from = &e->in[0].value->view;
    sdx_value *value = e->out[0].value;
    if (!value) return NULL;
    if (value->view.len != from->len)
        return sdx_fail(SDX_INTERNAL, "output 0 has %zu elements, expected %zu", value->view.len,
                        from->len);
    const size_t size = sdx_view_bytes(from);
    if (size > 0) memcpy(value->view.data, from->data, size);
    return NULL;
}

static sdx_status prepare(eval *e, const void **prepared) {
    const sdx_op *op = e->node->op;
    if (!op->prepare) return NULL;
    const sdx_view **constant;
    SDX_TRY(SDX_ARENA_NEW(&e->arena, e->n_in, &constant));
    for (size_t i = 0; i < e->n_in && i < e->node->n_inputs; i++) {
        const sdx_gvalue *value = e->node->inputs[i];
        if (value && value->constant && e->in[i].value) constant[i] = &e->in[i].value->view;
    }
    sdx_prepare p = {.node = e->node,
                     .arena = &e->arena,
                     .constant = constant,
                     .n_in = e->n_in,
                     .kernels = e->packer.kernels,
                     .packer = &e->packer};
    SDX_TRY(op->prepare(&p));
    *prepared = p.prepared;
    return NULL;
}

static sdx_status bind(eval *e, sdx_call *call) {
    const sdx_op *op = e->node->op;
    void *bound;
    SDX_TRY(alloc_aligned(e, op->bound_size, &bound));
    call->bound = bound;
    if (!op->bind) return NULL;
    sdx_bind b = {.node = e->node,
                  .prepared = call->prepared,
                  .in = e->in_views,
                  .n_in = e->n_in,
                  .out = (const sdx_view *const *)e->out_views,
                  .n_out = e->n_out,
                  .kernels = e->packer.kernels,
                  .lanes = 1,
                  .bound = bound};
    SDX_TRY(op->bind(&b));
    return alloc_aligned(e, b.scratch, &call->scratch);
}

static sdx_status run(eval *e, bool reference) {
    const sdx_op *op = e->node->op;
    const bool tensor = e->n_in > 0 && e->in[0].value && e->in[0].value->kind == SDX_TENSOR;
    if (op->flags & SDX_OP_ALIAS && tensor) return alias(e);
    if (!op->run) return sdx_fail(SDX_INTERNAL, "the operator has no code to run");
    sdx_call call = {.node = e->node,
                     .in = e->in_views,
                     .out = e->out_views,
                     .n_in = e->n_in,
                     .n_out = e->n_out,
                     .kernels = e->packer.kernels,
                     .lanes = 1,
                     .store = e->store,
                     .host = &host,
                     .self = e};
    SDX_TRY(prepare(e, &call.prepared));
    sdx_status status = bind(e, &call);
    if (!status) status = reference && op->ref ? op->ref(&call) : op->run(&call);
    if (op->release && call.prepared) op->release(call.prepared);
    return status;
}

/* Outputs in the form of values: rounded, packed, with strings of their own. */
static sdx_status finish(eval *e) {
    for (size_t k = 0; k < e->n_out; k++) {
        port_state *out = &e->out[k];
        if (!out->value) {
            if (wanted(e, k)) return sdx_fail(SDX_INTERNAL, "output %zu was not made", k);
            continue;
        }
        if (out->value->kind != SDX_TENSOR || !e->out_views[k]) continue;
        if (e->out_views[k] == &out->given) sdx_adapt_out(&out->given, &out->value->view);
        if (out->value->view.dtype == SDX_STRING) SDX_TRY(sdx_value_seal(out->value));
    }
    return NULL;
}

static sdx_status evaluate(eval *e, sdx_value *const *inputs, bool reference) {
    sdx_fact *facts;
    SDX_TRY(begin(e, inputs));
    SDX_TRY(find_types(e));
    SDX_TRY(SDX_ARENA_NEW(&e->arena, e->n_out, &facts));
    SDX_TRY(infer_outputs(e, facts));
    SDX_TRY(make_outputs(e, facts));
    SDX_TRY(run(e, reference));
    return finish(e);
}

sdx_status sdx_eval(const sdx_node *node, sdx_value *const *inputs, size_t n_inputs,
                    sdx_value **outputs, size_t n_outputs, sdx_store *store,
                    const sdx_kernel_table *kernels, bool reference) {
    const sdx_op *op = node->op;
    eval e = {.packer = {kernels, host_request},
              .node = node,
              .store = store,
              .n_in = n_inputs,
              .n_out = node->n_outputs > op->n_outputs ? node->n_outputs : op->n_outputs};
    sdx_arena_init(&e.arena, sdx_store_heap(store));
    const sdx_status status = sdx_in_node(evaluate(&e, inputs, reference), node);
    for (size_t k = 0; e.out && k < e.n_out; k++) {
        if (!status && k < n_outputs && wanted(&e, k))
            outputs[k] = e.out[k].value;
        else
            sdx_value_release(e.out[k].value);
    }
    for (size_t k = 0; !status && k < n_outputs; k++)
        if (!wanted(&e, k)) outputs[k] = NULL;
    sdx_arena_deinit(&e.arena);
    return status;
}
