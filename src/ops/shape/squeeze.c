/* Squeeze: leaves out dims of size 1. */
#include "ops/infer.h"
#include "ops/upgrade.h"

static const sdx_port inputs[] = {
    {.name = "data", .var = "T", .types = SDX_T_ANY},
    {.name = "axes", .var = "I", .types = SDX_T(INT64), .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {{.name = "squeezed", .var = "T", .types = SDX_T_ANY}};

/* ONNX: Squeeze-13 axes became an input. */
static sdx_status from_1(sdx_upgrade *u) { return sdx_upgrade_ints_to_input(u, "axes", 1); }
static const sdx_upgrade_rule upgrades[] = {{.below = 13, .apply = from_1}};

/* Marks what goes, by the axes or by being 1. False when that is not known yet. */
static sdx_status choose(const sdx_infer *in, bool *drop, bool *known) {
    const sdx_fact *data = &in->in[0];
    sdx_dim axes[SDX_MAX_RANK];
    size_t n, axis;
    *known = true;
    if (!sdx_infer_has(in, 1)) {
        for (int i = 0; i < data->rank; i++) {
            drop[i] = data->dims[i] == 1;
            *known = *known && sdx_dim_is_number(data->dims[i]);
        }
        return NULL;
    }
    *known = sdx_infer_ints(in, 1, axes, SDX_MAX_RANK, &n);
    if (n > SDX_MAX_RANK)
        return sdx_fail(SDX_LIMIT, "input 'axes' has %zu elements, expected at most %d", n,
                        SDX_MAX_RANK);
    for (size_t i = 0; *known && i < n; i++) {
        SDX_TRY(sdx_infer_axis(in, 0, axes[i], "input 'axes'", &axis));
        const sdx_dim dim = data->dims[axis];
        if (sdx_dim_is_number(dim) && dim != 1)
            return sdx_fail(SDX_SHAPE_MISMATCH,
                            "input 'data' has dimension %lld at axis %zu, expected 1; correct "
                            "'axes'",
                            (long long)dim, axis);
        drop[axis] = true;
    }
    return NULL;
}

static sdx_status infer(sdx_infer *in) {
    if (!sdx_infer_ranked(in, 0)) return NULL;
    bool drop[SDX_MAX_RANK] = {false}, known;
    SDX_TRY(choose(in, drop, &known));
    if (!known) return NULL;
    sdx_dim dims[SDX_MAX_RANK];
    size_t rank = 0;
    for (int i = 0; i < in->in[0].rank; i++)
        if (!drop[i]) dims[rank++] = in->in[0].dims[i];
    SDX_TRY(sdx_infer_set_shape(in, 0, rank, dims));
    return sdx_infer_same_ints(in, 0, 0);
}

const sdx_op sdx_op_squeeze = {
    .name = "Squeeze",
    .domain = "",
    .since = 1,
    .newest = 25,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(upgrades, upgrades),
    .flags = SDX_OP_ALIAS,
    .infer = infer,
};
