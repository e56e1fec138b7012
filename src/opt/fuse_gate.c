/* x times a gate made of x: Swish (also known as SiLU and, with a factor, as QuickGelu), HardSwish,
 * Mish. */
#include "opt/match.h"

static sdx_status make(sdx_rewrite *r, const sdx_match *match, const void *op) {
    sdx_gvalue *const x = sdx_match_value(match, 'x');
    sdx_node *node;
    if (!sdx_match_maps(match, 'x', SDX_T_FLOATS)) return NULL;
    return sdx_match_replace(r, match, "", op, &x, 1, &node);
}

/* x sigmoid(a x) */
static sdx_status make_swish(sdx_rewrite *r, const sdx_match *match, const void *op) {
    sdx_gvalue *const x = sdx_match_value(match, 'x');
    sdx_node *node;
    double alpha;
    (void)op;
    if (!sdx_match_maps(match, 'x', SDX_T_FLOATS) ||
        !sdx_constant_number(sdx_match_value(match, 'a'), &alpha))
        return NULL;
    SDX_TRY(sdx_match_replace(r, match, "", "Swish", &x, 1, &node));
    return sdx_node_set_attr(node, "alpha", (sdx_attr){.kind = SDX_ATTR_FLOAT, .f = (float)alpha});
}

/* ONNX: HardSwish-14 is HardSigmoid with these two. */
static sdx_status make_hard_swish(sdx_rewrite *r, const sdx_match *match, const void *op) {
    const sdx_attr *const alpha = sdx_node_named(match->nodes[1], "alpha"), *const beta =
                                                                                sdx_node_named(
                                                                                    match->nodes[1],
                                                                                    "beta");
    const bool sixth = alpha != NULL && alpha->kind == SDX_ATTR_FLOAT && alpha->f > 0.166666f &&
                       alpha->f < 0.166668f;
    const bool half = beta == NULL || (beta->kind == SDX_ATTR_FLOAT && beta->f == 0.5f);
    return sixth && half ? make(r, match, op) : NULL;
}

#define SIXTH "0.1666666667"

static const sdx_spelling spellings[] = {
    {"Mul(x, Sigmoid(x))", make, "Swish"},
    {"Mul(x, Sigmoid(Mul(x, a)))", make_swish, NULL},
    {"Mul(x, HardSigmoid(x))", make_hard_swish, "HardSwish"},
    {"Mul(x, Div(Clip(Add(x, 3), 0, 6), 6))", make, "HardSwish"},
    {"Mul(x, Mul(Clip(Add(x, 3), 0, 6), " SIXTH "))", make, "HardSwish"},
    {"Div(Mul(x, Clip(Add(x, 3), 0, 6)), 6)", make, "HardSwish"},
    {"Mul(Mul(x, Clip(Add(x, 3), 0, 6)), " SIXTH ")", make, "HardSwish"},
    {"Mul(x, Tanh(Softplus(x)))", make, "Mish"},
};

static sdx_status apply(sdx_rewrite *r, sdx_graph *graph) {
    return sdx_match_spellings(r, graph, spellings, sizeof spellings / sizeof *spellings);
}

extern const sdx_rule sdx_rule_fuse_gate;
const sdx_rule sdx_rule_fuse_gate = {
    .name = "fuse_gate",
    .help = "x sigmoid(x) and the like become Swish, HardSwish or Mish",
    .apply = apply};
