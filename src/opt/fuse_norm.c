/* Norms that exporters spell out: the last dims, less their mean, over their standard deviation,
 * become LayerNormalization; over the root of their mean square, RMSNormalization. */
#include "opt/match.h"

/* The mean is taken over the last n dims, which are kept. 0: it is not. */
static size_t last_dims(const sdx_node *mean, size_t rank) {
    const sdx_attr *const keep = sdx_node_named(mean, "keepdims");
    const sdx_view *const axes =
        mean->n_inputs > 1 && mean->inputs[1] != NULL ? mean->inputs[1]->constant : NULL;
    bool taken[SDX_MAX_RANK] = {false};
    if ((keep != NULL && keep->i == 0) || axes == NULL || axes->dtype != SDX_INT64 ||
        axes->len == 0 || axes->len > rank)
        return 0;
    for (size_t i = 0; i < axes->len; i++) {
        const int64_t axis = sdx_view_int(axes, i), at = axis < 0 ? axis + (int64_t)rank : axis;
        if (at < (int64_t)(rank - axes->len) || at >= (int64_t)rank || taken[at]) return 0;
        taken[at] = true;
    }
    return axes->len;
}

/* All means of the match are over the same dims. */
static size_t normalized_dims(const sdx_match *match, size_t rank) {
    size_t n = 0;
    for (size_t i = 0; i < match->n_nodes; i++) {
        if (!sdx_is_op(match->nodes[i], "ReduceMean")) continue;
        const size_t dims = last_dims(match->nodes[i], rank);
        if (dims == 0 || (n != 0 && dims != n)) return 0;
        n = dims;
    }
    return n;
}

/* ONNX: LayerNormalization-17 Scale and B have no more dims than are normalized. */
static bool is_factor(const sdx_gvalue *value, size_t n_dims) {
    return value == NULL || (value->shape.rank >= 0 && (size_t)value->shape.rank <= n_dims);
}

static sdx_status make(sdx_rewrite *r, const sdx_match *match, const void *op) {
    sdx_gvalue *const x = sdx_match_value(match, 'x'), *const bias = sdx_match_value(match, 'b');
    sdx_gvalue *const inputs[] = {x, sdx_match_value(match, 's'), bias};
    double epsilon;
    sdx_node *node;
    if (!sdx_match_maps(match, 'x', SDX_T(FLOAT32) | SDX_T_HALVES)) return NULL;
    if (!sdx_constant_number(sdx_match_value(match, 'e'), &epsilon)) return NULL;
    const size_t n = normalized_dims(match, (size_t)x->shape.rank);
    if (n == 0 || !is_factor(inputs[1], n) || !is_factor(bias, n)) return NULL;
    SDX_TRY(sdx_match_replace(r, match, "", op, inputs, bias != NULL ? 3 : 2, &node));
    SDX_TRY(sdx_node_set_attr(node, "axis", (sdx_attr){.kind = SDX_ATTR_INT, .i = -(int64_t)n}));
    return sdx_node_set_attr(node, "epsilon",
                             (sdx_attr){.kind = SDX_ATTR_FLOAT, .f = (float)epsilon});
}

/* The deviation stands in the text as often as it is used; it is one node, or one for each use. */
#define CENTRED "Sub(x, ReduceMean(x, ?))"
#define ROOT_OF(square) "Sqrt(Add(ReduceMean(" square ", ?), e))"

#define SPELLING(pattern, op) \
    { pattern, make, op }

/* x over the root, and what may stand behind it. */
#define QUOTIENTS(x, square, behind, op)                                     \
    SPELLING(behind("Div(" x ", " ROOT_OF(square) ")"), op),                 \
        SPELLING(behind("Mul(" x ", Reciprocal(" ROOT_OF(square) "))"), op), \
        SPELLING(behind("Mul(" x ", Div(1, " ROOT_OF(square) "))"), op),     \
        SPELLING(behind("Div(" x ", Pow(Add(ReduceMean(" square ", ?), e), 0.5))"), op)
#define SQUARES(x, behind, op) \
    QUOTIENTS(x, "Pow(" x ", 2)", behind, op), QUOTIENTS(x, "Mul(" x ", " x ")", behind, op)
#define SCALED(quotient) "Mul(" quotient ", s)"
#define SCALED_AND_SHIFTED(quotient) "Add(Mul(" quotient ", s), b)"

static const sdx_spelling spellings[] = {
    SQUARES(CENTRED, SCALED_AND_SHIFTED, "LayerNormalization"),
    SQUARES(CENTRED, SCALED, "LayerNormalization"),
    SQUARES("x", SCALED, "RMSNormalization"),
};

static sdx_status apply(sdx_rewrite *r, sdx_graph *graph) {
    return sdx_match_spellings(r, graph, spellings, sizeof spellings / sizeof *spellings);
}

extern const sdx_rule sdx_rule_fuse_norm;
const sdx_rule sdx_rule_fuse_norm = {
    .name = "fuse_norm",
    .help = "norms that are spelled out become LayerNormalization or RMSNormalization",
    .apply = apply};
