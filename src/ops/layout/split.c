/* Split: Concat turned round. */
#include <string.h>

#include "ops/call.h"
#include "ops/infer.h"
#include "ops/upgrade.h"

enum { AXIS, NUM_OUTPUTS };
enum { IN_DATA, IN_SPLIT };

static const sdx_port inputs[] = {
    {.name = "input", .var = "T", .types = SDX_T_ANY},
    {.name = "split", .var = "I", .types = SDX_T(INT64), .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {
    {.name = "outputs", .var = "T", .types = SDX_T_ANY, .flags = SDX_PORT_VARIADIC}};
static const sdx_attr_def attrs[] = {
    [AXIS] = SDX_ATTR_I("axis", 0), [NUM_OUTPUTS] = SDX_ATTR_OPT("num_outputs", SDX_ATTR_INT)};

/* ONNX: Split-1 split is an input of the type of the first one. */
static sdx_status from_1(sdx_upgrade *u) {
    if (u->node->n_inputs <= IN_SPLIT || u->node->inputs[IN_SPLIT] == NULL) return NULL;
    sdx_gvalue *sizes;
    SDX_TRY(sdx_upgrade_before(u, "", "Cast", &u->node->inputs[IN_SPLIT], 1, &sizes));
    SDX_TRY(sdx_node_set_attr(sizes->producer, "to",
                              (sdx_attr){.kind = SDX_ATTR_INT, .n = 1, .i = SDX_INT64}));
    return sdx_node_set_input(u->node, IN_SPLIT, sizes);
}

/* ONNX: Split-13 split became an input again. */
static sdx_status from_2(sdx_upgrade *u) { return sdx_upgrade_ints_to_input(u, "split", IN_SPLIT); }

/* ONNX: Split-18 num_outputs is there where split is not; it was their number. */
static sdx_status from_13(sdx_upgrade *u) {
    const sdx_node *const node = u->node;
    if (node->n_inputs > IN_SPLIT && node->inputs[IN_SPLIT] != NULL) return NULL;
    return sdx_upgrade_default_int(u, "num_outputs", (int64_t)node->n_outputs);
}
static const sdx_upgrade_rule upgrades[] = {
    {.below = 2, .apply = from_1}, {.below = 13, .apply = from_2}, {.below = 18, .apply = from_13}};

/* ONNX: Split-18 num_outputs: equal parts, the last one smaller if need be. The number is that of
 * the outputs when the attribute is left out. */
static int64_t equal_part(int64_t dim, int64_t n, int64_t index) {
    const int64_t part = dim / n + (dim % n != 0);
    const int64_t rest = dim - part * index;
    return rest < 0 ? 0 : rest < part ? rest : part;
}

/* Input 'split' as far as it is known: false when it is not. */
static bool count_sizes(const sdx_infer *in, size_t *n) {
    const sdx_fact *const fact = &in->in[IN_SPLIT];
    *n = fact->view ? fact->view->len : fact->n_ints;
    return fact->view || fact->ints;
}

static sdx_dim size_at(const sdx_infer *in, size_t k) {
    const sdx_fact *const fact = &in->in[IN_SPLIT];
    return fact->view ? sdx_dim_number(sdx_view_int(fact->view, k)) : fact->ints[k];
}

static sdx_status check_sizes(const sdx_infer *in, size_t n, sdx_dim dim) {
    int64_t sum = 0;
    if (n != in->n_out)
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "input 'split': found %zu sizes, expected %zu, one an output", n,
                        in->n_out);
    for (size_t k = 0; k < n; k++) {
        const sdx_dim size = size_at(in, k);
        if (!sdx_dim_is_number(size) || !sdx_dim_is_number(dim)) return NULL;
        if (size < 0 || size > dim)
            return sdx_fail(SDX_OUT_OF_RANGE, "input 'split'[%zu]: found %lld, expected 0 to %lld",
                            k, (long long)size, (long long)dim);
        sum = sdx_dim_add(in->dims, sum, size);
    }
    if (sum == dim) return NULL;
    return sdx_fail(
        SDX_SHAPE_MISMATCH,
        "input 'split': found sizes that sum to %lld, expected %lld, the size of the axis",
        (long long)sum, (long long)dim);
}

/* Shape arithmetic: output k has elements [first, first + n) of a shape. */
static sdx_status pass_ints(sdx_infer *in, size_t k, sdx_dim first, sdx_dim n) {
    enum { MAX = 64 };
    const sdx_dtype dtype = sdx_infer_dtype(in, IN_DATA);
    sdx_dim ints[MAX];
    size_t len;
    if (in->in[IN_DATA].rank != 1 || (dtype != SDX_INT64 && dtype != SDX_INT32) ||
        !sdx_dim_is_number(first) || !sdx_dim_is_number(n) ||
        !sdx_infer_ints(in, IN_DATA, ints, MAX, &len) || sdx_dim_add(NULL, first, n) > (sdx_dim)len)
        return NULL;
    return sdx_infer_set_ints(in, k, ints + first, (size_t)n);
}

static sdx_status infer(sdx_infer *in) {
    if (!sdx_infer_ranked(in, IN_DATA)) return NULL;
    const sdx_fact *const data = &in->in[IN_DATA];
    sdx_dim dims[SDX_MAX_RANK];
    size_t axis, n = 0;
    SDX_TRY(sdx_infer_axis(in, IN_DATA, sdx_node_int(in->node, AXIS), "attribute 'axis'", &axis));
    memcpy(dims, data->dims, (size_t)data->rank * sizeof *dims);
    const bool given = sdx_infer_has(in, IN_SPLIT);
    const bool known = given && count_sizes(in, &n);
    if (known) SDX_TRY(check_sizes(in, n, data->dims[axis]));
    const int64_t parts = sdx_node_has(in->node, NUM_OUTPUTS) ? sdx_node_int(in->node, NUM_OUTPUTS)
                                                              : (int64_t)in->n_out;
    if (parts < (int64_t)in->n_out)
        return sdx_fail(
            SDX_INVALID_MODEL,
            "attribute 'num_outputs': found %lld, expected at least %zu, the number of outputs",
            (long long)parts, in->n_out);
    sdx_dim first = 0;
    for (size_t k = 0; k < in->n_out; k++) {
        const sdx_dim dim = data->dims[axis];
        if (given)
            dims[axis] = known ? size_at(in, k) : sdx_dim_fresh(in->dims);
        else if (sdx_dim_is_number(dim))
            dims[axis] = equal_part(dim, parts, (int64_t)k);
        else
            dims[axis] = sdx_dim_fresh(in->dims);
        SDX_TRY(sdx_infer_set_shape(in, k, (size_t)data->rank, dims));
        SDX_TRY(pass_ints(in, k, first, dims[axis]));
        first = sdx_dim_add(in->dims, first, dims[axis]);
    }
    return NULL;
}

typedef struct parts {
    const sdx_call *c;
    size_t axis, size, row, inner; /* inner: bytes of one step along the axis */
} parts;

/* Size on the axis of output k, of absent ones as well. */
static size_t part_size(const parts *p, size_t k) {
    const sdx_call *const c = p->c;
    const sdx_view *const sizes = sdx_call_in(c, IN_SPLIT);
    if (sizes != NULL) return (size_t)sdx_view_int(sizes, k);
    const int64_t n =
        sdx_node_has(c->node, NUM_OUTPUTS) ? sdx_node_int(c->node, NUM_OUTPUTS) : (int64_t)c->n_out;
    return (size_t)equal_part(c->in[IN_DATA]->dims[p->axis], n, (int64_t)k);
}

static void copy_rows(void *arg, size_t begin, size_t end, unsigned lane) {
    const parts *const p = arg;
    const char *const src = p->c->in[IN_DATA]->data;
    size_t at = 0;
    (void)lane;
    for (size_t k = 0; k < p->c->n_out; k++) {
        const sdx_view *const out = p->c->out[k];
        const size_t run = part_size(p, k) * p->inner;
        for (size_t r = begin; r < end && run != 0 && out != NULL; r++) {
            memcpy((char *)out->data + r * run, src + r * p->row + at, run);
        }
        at += run;
    }
}

static sdx_status run(const sdx_call *c) {
    const sdx_view *const data = c->in[IN_DATA];
    parts p = {.c = c, .size = sdx_dtype_size(data->dtype)};
    SDX_TRY(sdx_axis(sdx_node_int(c->node, AXIS), data->rank, "attribute 'axis'", &p.axis));
    if (data->len == 0) return NULL;
    p.inner = sdx_view_count(data, p.axis + 1, data->rank) * p.size;
    p.row = (size_t)data->dims[p.axis] * p.inner;
    sdx_call_for(c, sdx_view_count(data, 0, p.axis), sdx_grain(p.row / 4 + 1), copy_rows, &p);
    return NULL;
}

const sdx_op sdx_op_split = {
    .name = "Split",
    .domain = "",
    .since = 1,
    .newest = 18,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    SDX_ROWS(upgrades, upgrades),
    .infer = infer,
    .run = run,
};
