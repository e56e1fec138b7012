/* The Gaussian error linear unit, as exporters spell it out: x/2 (1 + erf(x / sqrt 2)), and the
 * form with tanh of Hendrycks and Gimpel (2016). */
#include "opt/match.h"

static sdx_status make(sdx_rewrite *r, const sdx_match *match, const void *detail) {
    sdx_gvalue *const x = sdx_match_value(match, 'x');
    sdx_node *gelu;
    if (!sdx_match_maps(match, 'x', SDX_T_FLOATS)) return NULL;
    SDX_TRY(sdx_match_replace(r, match, "", "Gelu", &x, 1, &gelu));
    return sdx_node_set_attr(gelu, "approximate",
                             (sdx_attr){.kind = SDX_ATTR_STRING, .s = sdx_str_from(detail)});
}

#define SPELLING(pattern, approximate) \
    { pattern, make, approximate }

/* x/2 (1 + f): the places where the half may stand. */
#define HALVES(f, approximate)                                    \
    SPELLING("Mul(Mul(x, Add(" f ", 1)), 0.5)", approximate),     \
        SPELLING("Mul(x, Mul(Add(" f ", 1), 0.5))", approximate), \
        SPELLING("Mul(Mul(x, 0.5), Add(" f ", 1))", approximate), \
        SPELLING("Div(Mul(x, Add(" f ", 1)), 2)", approximate),   \
        SPELLING("Mul(Div(x, 2), Add(" f ", 1))", approximate)

/* sqrt(2 / pi) (x + 0.044715 x^3) */
#define WITH_CUBE(cube) "Tanh(Mul(Add(x, Mul(" cube ", 0.044715)), 0.7978845608))"
#define FACTORED "Tanh(Mul(Mul(x, 0.7978845608), Add(Mul(Mul(x, 0.044715), x), 1)))"

static const sdx_spelling spellings[] = {
    HALVES("Erf(Div(x, 1.4142135624))", "none"),
    HALVES("Erf(Mul(x, 0.7071067812))", "none"),
    HALVES(WITH_CUBE("Pow(x, 3)"), "tanh"),
    HALVES(WITH_CUBE("Mul(x, Mul(x, x))"), "tanh"),
    HALVES(FACTORED, "tanh"),
};

static sdx_status apply(sdx_rewrite *r, sdx_graph *graph) {
    return sdx_match_spellings(r, graph, spellings, sizeof spellings / sizeof *spellings);
}

extern const sdx_rule sdx_rule_fuse_gelu;
const sdx_rule sdx_rule_fuse_gelu = {
    .name = "fuse_gelu",
    .help = "x/2 (1 + erf(x/sqrt 2)), and its form with tanh, become Gelu",
    .apply = apply};
