/* Pad: elements added or removed at both ends of some axes. */
#include "ops/infer.h"
#include "ops/layout/padding.h"
#include "ops/upgrade.h"

enum { MODE };
enum { IN_DATA, IN_PADS, IN_VALUE, IN_AXES };

static const sdx_port inputs[] = {
    {.name = "data", .var = "T", .types = SDX_T_ANY},
    {.name = "pads", .var = "I", .types = SDX_T(INT64)},
    {.name = "constant_value", .var = "T", .types = SDX_T_ANY, .flags = SDX_PORT_OPTIONAL},
    {.name = "axes", .var = "Tind", .types = SDX_T_INDEX, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {{.name = "output", .var = "T", .types = SDX_T_ANY}};
static const sdx_attr_def attrs[] = {[MODE] = SDX_ATTR_S("mode", "constant")};

/* ONNX: Pad-2 paddings became pads; Pad-11 pads and value became inputs. */
static sdx_status from_1(sdx_upgrade *u) {
    return sdx_upgrade_ints_to_input(u, "paddings", IN_PADS);
}
static sdx_status from_2(sdx_upgrade *u) {
    const sdx_gvalue *const data = u->node->n_inputs > 0 ? u->node->inputs[0] : NULL;
    const bool typed = data && data->type && data->type->kind == SDX_TENSOR;
    SDX_TRY(sdx_upgrade_ints_to_input(u, "pads", IN_PADS));
    return sdx_upgrade_float_to_input(u, "value", IN_VALUE,
                                      typed ? data->type->dtype : SDX_FLOAT32);
}
static const sdx_upgrade_rule upgrades[] = {{.below = 2, .apply = from_1},
                                            {.below = 11, .apply = from_2}};

static const char *const modes[] = {[SDX_PAD_CONSTANT] = "constant",
                                    [SDX_PAD_EDGE] = "edge",
                                    [SDX_PAD_REFLECT] = "reflect",
                                    [SDX_PAD_WRAP] = "wrap"};

static sdx_status find_mode(const sdx_node *node, sdx_pad_mode *out) {
    const sdx_str name = sdx_node_str(node, MODE);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        *out = (sdx_pad_mode)i;
        if (sdx_str_is(name, modes[i])) return NULL;
    }
    return sdx_fail(SDX_INVALID_MODEL,
                    "attribute 'mode' is '%.*s', expected constant, edge, reflect or wrap",
                    SDX_FMT(name));
}

/* The axes that pads are for; *known is false when they are not known yet. */
static sdx_status find_axes(const sdx_infer *in, size_t *axes, size_t *n, bool *known) {
    const size_t rank = (size_t)in->in[IN_DATA].rank;
    sdx_dim given[SDX_MAX_RANK];
    bool seen[SDX_MAX_RANK] = {false};
    *n = rank;
    for (size_t i = 0; i < rank; i++)
        axes[i] = i;
    *known = true;
    if (!sdx_infer_has(in, IN_AXES)) return NULL;
    *known = sdx_infer_ints(in, IN_AXES, given, SDX_MAX_RANK, n);
    if (*n > rank)
        return sdx_fail(SDX_SHAPE_MISMATCH, "input 'axes' has %zu numbers, expected at most %zu",
                        *n, rank);
    for (size_t i = 0; i < *n && *known; i++) {
        SDX_TRY(sdx_infer_axis(in, IN_DATA, given[i], "input 'axes'", &axes[i]));
        if (seen[axes[i]])
            return sdx_fail(SDX_INVALID_MODEL, "input 'axes' names axis %zu twice; remove one",
                            axes[i]);
        seen[axes[i]] = true;
    }
    return NULL;
}

static sdx_status infer(sdx_infer *in) {
    sdx_pad_mode mode;
    SDX_TRY(find_mode(in->node, &mode));
    if (!sdx_infer_ranked(in, IN_DATA)) return NULL;
    const size_t rank = (size_t)in->in[IN_DATA].rank;
    size_t axes[SDX_MAX_RANK], n_axes, n_pads;
    sdx_dim pads[2 * SDX_MAX_RANK], dims[SDX_MAX_RANK];
    bool known;
    SDX_TRY(find_axes(in, axes, &n_axes, &known));
    if (!known) return sdx_infer_set_rank(in, 0, rank);
    known = sdx_infer_ints(in, IN_PADS, pads, 2 * SDX_MAX_RANK, &n_pads);
    if ((known || n_pads > 0) && n_pads != 2 * n_axes)
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "input 'pads' has %zu numbers, expected %zu, two for each axis", n_pads,
                        2 * n_axes);
    if (!known && rank == 0) return sdx_infer_set_rank(in, 0, rank);
    for (size_t i = 0; i < rank; i++)
        dims[i] = in->in[IN_DATA].dims[i];
    for (size_t i = 0; i < n_axes; i++) {
        const sdx_dim both =
            known ? sdx_dim_add(in->dims, pads[i], pads[n_axes + i]) : SDX_DIM_UNKNOWN;
        dims[axes[i]] = sdx_dim_add(in->dims, dims[axes[i]], both);
        if (sdx_dim_is_number(dims[axes[i]]) && dims[axes[i]] < 0)
            return sdx_fail(SDX_OUT_OF_RANGE,
                            "input 'pads'[%zu] and [%zu] are %lld and %lld, expected to leave "
                            "0 or more elements of axis %zu",
                            i, n_axes + i, (long long)pads[i], (long long)pads[n_axes + i],
                            axes[i]);
    }
    return sdx_infer_set_shape(in, 0, rank, dims);
}

static sdx_status bind(sdx_bind *b) {
    b->scratch = sdx_padding_scratch(b->out[0]);
    return NULL;
}

static sdx_status run(const sdx_call *c) {
    const sdx_view *const pads = c->in[IN_PADS], *const axes = sdx_call_in(c, IN_AXES);
    const sdx_view *const value = sdx_call_in(c, IN_VALUE);
    sdx_padding padding = {.element = NULL};
    SDX_TRY(find_mode(c->node, &padding.mode));
    if (value && value->len != 1)
        return sdx_fail(SDX_SHAPE_MISMATCH, "input 'constant_value' has %zu elements, expected 1",
                        value->len);
    if (value) padding.element = value->data;
    for (size_t i = 0; i < pads->len / 2; i++) {
        size_t axis = i;
        if (axes)
            SDX_TRY(sdx_axis(sdx_view_int(axes, i), c->in[IN_DATA]->rank, "input 'axes'", &axis));
        padding.before[axis] = sdx_dim_number(sdx_view_int(pads, i));
    }
    return sdx_padding_copy(c, &padding);
}

const sdx_op sdx_op_pad = {
    .name = "Pad",
    .domain = "",
    .since = 1,
    .newest = 25,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    SDX_ROWS(upgrades, upgrades),
    .infer = infer,
    .bind = bind,
    .run = run,
};
