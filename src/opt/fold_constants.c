/* Constant folding: a node whose inputs are all constants is evaluated now. Results stay below a
 * cap, each and together, so that a small file cannot become a large model. */
#include <string.h>

#include "ops/eval.h"
#include "opt/opt.h"

enum { MAX_INPUTS = 64, MAX_OUTPUTS = 16 };
#define MAX_FOLDED_BYTES ((size_t)1 << 26) /* of one result */
#define MAX_GROWN_BYTES ((size_t)1 << 27)  /* of all results, beyond what they are made from */
#define MAX_WORK_BYTES ((size_t)1 << 28)   /* while one node is evaluated */

static bool is_foldable(const sdx_node *node) {
    if (node->op->flags & (SDX_OP_RANDOM | SDX_OP_CONTROL | SDX_OP_VALUES)) return false;
    if (node->n_inputs > MAX_INPUTS || node->n_outputs > MAX_OUTPUTS || node->op->run == NULL)
        return false;
    for (size_t i = 0; i < node->n_inputs; i++) {
        if (node->inputs[i] != NULL &&
            (node->inputs[i]->constant == NULL || node->inputs[i]->constant->dtype == SDX_STRING))
            return false;
    }
    return true;
}

/* Whether the results are known to be small enough before they are made. Data-dependent shapes are
 * bounded by their inputs. */
static bool is_small(const sdx_node *node) {
    for (size_t k = 0; k < node->n_outputs; k++) {
        const sdx_gvalue *const out = node->outputs[k];
        if (out == NULL) continue;
        if (out->type == NULL || out->type->kind != SDX_TENSOR || out->type->dtype == SDX_STRING)
            return false;
        if (out->shape.rank < 0) return (node->op->flags & SDX_OP_DATA_SHAPE) != 0;
        size_t bytes = sdx_dtype_size(out->type->dtype);
        for (int i = 0; i < out->shape.rank; i++) {
            if (!sdx_dim_is_number(out->shape.dims[i]))
                return (node->op->flags & SDX_OP_DATA_SHAPE) != 0;
            if (!sdx_mul_size(bytes, (size_t)out->shape.dims[i], &bytes) ||
                bytes > MAX_FOLDED_BYTES)
                return false;
        }
    }
    return true;
}

static size_t bytes_in(const sdx_node *node) {
    size_t in = 0;
    for (size_t i = 0; i < node->n_inputs; i++) {
        if (node->inputs[i] != NULL) in += sdx_view_bytes(node->inputs[i]->constant);
    }
    return in;
}

/* A dequantised or widened weight stays as it is stored: its reader unpacks it. Growing a large
 * constant costs memory in every process; so does growing many small ones. */
static bool grows_too_much(const sdx_rewrite *r, const sdx_node *node) {
    enum { WEIGHT = 1 << 16 };
    const size_t in = bytes_in(node);
    size_t out = 0;
    for (size_t k = 0; k < node->n_outputs; k++) {
        const sdx_gvalue *const value = node->outputs[k];
        if (value == NULL || value->shape.rank < 0) continue;
        size_t bytes = sdx_dtype_size(value->type->dtype);
        for (int i = 0; i < value->shape.rank; i++) {
            bytes *= sdx_dim_is_number(value->shape.dims[i]) ? (size_t)value->shape.dims[i] : 1;
        }
        out += bytes;
    }
    if (in >= WEIGHT && out > in + in / 4) return true;
    return out > in && (r->grown >= MAX_GROWN_BYTES || out - in > MAX_GROWN_BYTES - r->grown);
}

static sdx_status keep(sdx_rewrite *r, sdx_gvalue *value, const sdx_view *result) {
    sdx_view *view;
    SDX_TRY(SDX_ARENA_NEW(r->arena, 1, &view));
    *view = *result;
    if (result->len != 0) {
        const size_t size = sdx_view_bytes(result);
        SDX_TRY(sdx_copies_take(&r->ir->copies, size, SDX_COPY_FOLDED, value->name, &view->data));
        memcpy(view->data, result->data, size);
    }
    value->constant = view;
    value->producer = NULL;
    value->type = sdx_type_tensor(view->dtype);
    value->shape.rank = view->rank;
    for (size_t i = 0; i < view->rank; i++) {
        value->shape.dims[i] = view->dims[i];
    }
    value->ints = NULL;
    value->n_ints = 0;
    return NULL;
}

/* Whether results whose size was only bounded may be kept; they are counted then. */
static bool count_growth(sdx_rewrite *r, const sdx_node *node, sdx_value *const *outputs) {
    const size_t in = bytes_in(node);
    size_t out = 0;
    for (size_t k = 0; k < node->n_outputs; k++) {
        const size_t size = outputs[k] != NULL ? sdx_view_bytes(&outputs[k]->view) : 0;
        if (size > MAX_FOLDED_BYTES) return false;
        out += size;
    }
    r->grown += out > in ? out - in : 0;
    return true;
}

static bool is_aligned(const sdx_view *view) {
    const size_t size = sdx_dtype_size(view->dtype), unit = size > 8 ? 8 : size;
    return unit <= 1 || (uintptr_t)view->data % unit == 0;
}

/* A node's inputs as values: around the constants, or copies of those that lie misaligned in the
 * file. */
typedef struct operands {
    sdx_value shells[MAX_INPUTS];
    sdx_value *values[MAX_INPUTS];
} operands;

static sdx_status take_operands(const sdx_node *node, sdx_store *store, operands *o) {
    memset(o->values, 0, sizeof o->values);
    for (size_t i = 0; i < node->n_inputs; i++) {
        if (node->inputs[i] == NULL) continue;
        const sdx_view *const constant = node->inputs[i]->constant;
        if (!is_aligned(constant)) {
            SDX_TRY(sdx_value_copy(store, constant, &o->values[i]));
            continue;
        }
        o->shells[i] = (sdx_value){.kind = SDX_TENSOR, .view = *constant};
        sdx_refs_init(&o->shells[i].refs);
        o->values[i] = &o->shells[i];
    }
    return NULL;
}

static void drop_operands(operands *o) {
    for (size_t i = 0; i < MAX_INPUTS; i++) {
        if (o->values[i] != &o->shells[i]) sdx_value_release(o->values[i]);
    }
}

static sdx_status evaluate(sdx_rewrite *r, sdx_node *node, sdx_store *store, bool *done) {
    operands in;
    sdx_value *outputs[MAX_OUTPUTS] = {0};
    /* An error here is one of the run: it is told when the node is reached, or never if it is not.
     */
    sdx_status status = take_operands(node, store, &in);
    if (status == NULL)
        status = sdx_eval(node, in.values, node->n_inputs, outputs, node->n_outputs, store,
                          r->kernels, false);
    drop_operands(&in);
    *done = status == NULL && count_growth(r, node, outputs);
    sdx_status_free(status);
    status = NULL;
    for (size_t k = 0; k < node->n_outputs; k++) {
        if (*done && status == NULL && node->outputs[k] != NULL)
            status = keep(r, node->outputs[k], &outputs[k]->view);
        sdx_value_release(outputs[k]);
    }
    return status;
}

static const sdx_gvalue *first_output(const sdx_node *node) {
    size_t k = 0;
    while (k < node->n_outputs && node->outputs[k] == NULL) {
        k++;
    }
    return k < node->n_outputs ? node->outputs[k] : NULL;
}

static sdx_status fold(sdx_rewrite *r, sdx_graph *graph, sdx_store *store) {
    for (sdx_node *node = graph->first, *next; node != NULL; node = next) {
        next = node->next;
        if (!is_foldable(node) || !is_small(node) || grows_too_much(r, node)) continue;
        bool done;
        SDX_TRY(evaluate(r, node, store, &done));
        if (!done) continue;
        SDX_TRY(sdx_rewrite_note(r, node, NULL, first_output(node)));
        for (size_t k = 0; k < node->n_outputs; k++) {
            node->outputs[k] = NULL;
        }
        sdx_node_remove(node);
        r->n_applied++;
    }
    return NULL;
}

static sdx_status apply(sdx_rewrite *r, sdx_graph *graph) {
    sdx_store *store;
    const sdx_allocator *const parent = &r->heap->parent;
    SDX_TRY(sdx_store_create(parent, MAX_WORK_BYTES, "folding", &store));
    const sdx_status status = fold(r, graph, store);
    sdx_store_release(store);
    return status;
}

extern const sdx_rule sdx_rule_fold_constants;
const sdx_rule sdx_rule_fold_constants = {
    .name = "fold_constants",
    .help = "a node whose inputs are all constants becomes its result",
    .apply = apply};
