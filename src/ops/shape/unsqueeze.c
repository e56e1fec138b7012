/* Unsqueeze: inserts dims of size 1; the axes are those of the output. */
#include "ops/infer.h"
#include "ops/upgrade.h"

static const sdx_port inputs[] = {
    {.name = "data", .var = "T", .types = SDX_T_ANY},
    {.name = "axes", .var = "I", .types = SDX_T(INT64)},
};
static const sdx_port outputs[] = {{.name = "expanded", .var = "T", .types = SDX_T_ANY}};

/* ONNX: Unsqueeze-13 axes became an input. */
static sdx_status from_1(sdx_upgrade *u) { return sdx_upgrade_ints_to_input(u, "axes", 1); }
static const sdx_upgrade_rule upgrades[] = {{.below = 13, .apply = from_1}};

static sdx_status infer(sdx_infer *in) {
    sdx_dim axes[SDX_MAX_RANK], dims[SDX_MAX_RANK];
    size_t n, axis;
    if (!sdx_infer_ranked(in, 0)) return NULL;
    const size_t old = (size_t)in->in[0].rank;
    if (!sdx_infer_ints(in, 1, axes, SDX_MAX_RANK, &n)) {
        const bool length = sdx_infer_ranked(in, 1) && in->in[1].rank == 1;
        const sdx_dim more = length ? in->in[1].dims[0] : SDX_DIM_UNKNOWN;
        if (!sdx_dim_is_number(more)) return NULL;
        return sdx_infer_set_rank(in, 0, old + (size_t)more);
    }
    if (old + n > SDX_MAX_RANK) return sdx_infer_set_shape(in, 0, old + n, NULL);
    bool added[SDX_MAX_RANK] = {false};
    for (size_t i = 0; i < n; i++) {
        SDX_TRY(sdx_axis(axes[i], old + n, "input 'axes'", &axis));
        if (added[axis])
            return sdx_fail(SDX_INVALID_MODEL, "input 'axes' names axis %zu twice; remove one",
                            axis);
        added[axis] = true;
    }
    const sdx_dim *next = in->in[0].dims;
    for (size_t i = 0; i < old + n; i++)
        dims[i] = added[i] ? 1 : *next++;
    SDX_TRY(sdx_infer_set_shape(in, 0, old + n, dims));
    return sdx_infer_same_ints(in, 0, 0);
}

const sdx_op sdx_op_unsqueeze = {
    .name = "Unsqueeze",
    .domain = "",
    .since = 1,
    .newest = 25,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(upgrades, upgrades),
    .flags = SDX_OP_ALIAS,
    .infer = infer,
};
