/* Reshape: the same elements under another shape. The hook solves for -1 with symbols as well as
 * with numbers: the dims that input and output have in common are cancelled before dividing. */
#include "ops/infer.h"
#include "ops/upgrade.h"

enum { ALLOWZERO };

static const sdx_port inputs[] = {
    {.name = "data", .var = "T", .types = SDX_T_ANY},
    {.name = "shape", .var = "I", .types = SDX_T(INT64)},
};
static const sdx_port outputs[] = {{.name = "reshaped", .var = "T", .types = SDX_T_ANY}};
static const sdx_attr_def attrs[] = {
    [ALLOWZERO] = {.name = "allowzero", .kind = SDX_ATTR_INT, .has_default = true, .since = 14}};

/* ONNX: Reshape-1 shape was an attribute. */
static sdx_status from_1(sdx_upgrade *u) {
    sdx_upgrade_drop(u, "consumed_inputs");
    return sdx_upgrade_ints_to_input(u, "shape", 1);
}
static const sdx_upgrade_rule upgrades[] = {{.below = 5, .apply = from_1}};

/* Replaces 0 by the input's dim (ONNX: Reshape-14 allowzero) and finds -1: *hole, or `n`. */
static sdx_status resolve(const sdx_infer *in, sdx_dim *dims, size_t n, size_t *hole) {
    const sdx_fact *data = &in->in[0];
    const bool copy_zeros = sdx_node_int(in->node, ALLOWZERO) == 0;
    *hole = n;
    for (size_t i = 0; i < n; i++) {
        if (dims[i] == 0 && copy_zeros) {
            if (data->rank >= 0 && i >= (size_t)data->rank)
                return sdx_fail(SDX_SHAPE_MISMATCH,
                                "input 'shape'[%zu] is 0, expected a size: 'data' has rank %d; "
                                "write the size or set allowzero",
                                i, data->rank);
            dims[i] = data->rank >= 0 ? data->dims[i] : SDX_DIM_UNKNOWN;
        } else if (dims[i] == -1) {
            if (*hole < n)
                return sdx_fail(SDX_INVALID_MODEL,
                                "input 'shape' has -1 at %zu and %zu, expected it once at most",
                                *hole, i);
            *hole = i;
        } else if (sdx_dim_is_number(dims[i]) && dims[i] < -1) {
            return sdx_fail(SDX_SHAPE_MISMATCH, "input 'shape'[%zu] is %lld, expected -1 or more",
                            i, (long long)dims[i]);
        }
    }
    return NULL;
}

static sdx_status mismatch(const sdx_infer *in, const sdx_dim *dims, size_t n) {
    char from[160], to[160];
    return sdx_fail(SDX_SHAPE_MISMATCH,
                    "input 'data' has shape %s, expected as many elements as %s; correct 'shape'",
                    sdx_infer_shape_text(in, 0, from, sizeof from),
                    sdx_dims_text(in->dims, n, dims, to, sizeof to));
}

/* Elements of the input and of the known part of the output, without the dims that both have; but a
 * 0 stays where no dim is left to find: it makes the others equal. */
static void count(const sdx_infer *in, const sdx_dim *dims, size_t n, size_t hole, sdx_dim *have,
                  sdx_dim *known) {
    const sdx_fact *data = &in->in[0];
    bool used[SDX_MAX_RANK] = {false};
    *have = *known = 1;
    for (size_t i = 0; i < n; i++) {
        if (i == hole) continue;
        int j = 0;
        while (j < data->rank && (used[j] || !sdx_dim_eq(data->dims[j], dims[i])))
            j++;
        if (hole == n && dims[i] == 0) j = data->rank;
        if (j < data->rank)
            used[j] = true;
        else
            *known = sdx_dim_mul(in->dims, *known, dims[i]);
    }
    for (int j = 0; j < data->rank; j++)
        if (!used[j]) *have = sdx_dim_mul(in->dims, *have, data->dims[j]);
}

static sdx_status infer(sdx_infer *in) {
    sdx_dim dims[SDX_MAX_RANK], have, known;
    size_t n, hole;
    SDX_TRY(sdx_infer_want_rank(in, 1, 1));
    if (!sdx_infer_ints(in, 1, dims, SDX_MAX_RANK, &n)) {
        const bool length = sdx_infer_ranked(in, 1) && sdx_dim_is_number(in->in[1].dims[0]);
        return length ? sdx_infer_set_rank(in, 0, (size_t)in->in[1].dims[0]) : NULL;
    }
    SDX_TRY(resolve(in, dims, n, &hole));
    if (in->in[0].rank >= 0) {
        count(in, dims, n, hole, &have, &known);
        const bool numbers = sdx_dim_is_number(have) && sdx_dim_is_number(known);
        if (numbers && (hole == n ? have != known : known == 0 || have % known != 0))
            return mismatch(in, dims, n);
        if (hole < n) dims[hole] = sdx_dim_div(in->dims, have, known);
    } else if (hole < n) {
        dims[hole] = SDX_DIM_UNKNOWN;
    }
    SDX_TRY(sdx_infer_set_shape(in, 0, n, dims));
    return sdx_infer_same_ints(in, 0, 0);
}

const sdx_op sdx_op_reshape = {
    .name = "Reshape",
    .domain = "",
    .since = 1,
    .newest = 25,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    SDX_ROWS(upgrades, upgrades),
    .flags = SDX_OP_ALIAS,
    .infer = infer,
};
