/* A MatMul or Gemm with a factor, a bias, a residual and an activation behind it becomes the MatMul
 * of domain sardonyx, which does all of it while a result is in the cache. */
#include "cpu/chain.h"
#include "opt/match.h"

enum { IN_A, IN_B, IN_C, IN_Z, N_IN };

/* y = alpha A B + beta C. */
typedef struct product {
    sdx_gvalue *inputs[N_IN];
    float alpha, beta;
    int64_t trans_a, trans_b;
} product;

static float float_of(const sdx_node *node, const char *name, float standard) {
    const sdx_attr *const given = sdx_node_named(node, name);
    return given != NULL ? given->f : standard;
}

static int64_t int_of(const sdx_node *node, const char *name) {
    const sdx_attr *const given = sdx_node_named(node, name);
    return given != NULL ? given->i : 0;
}

/* A term for each column of y, and nothing that would make more rows of it. */
static bool is_bias(const sdx_gvalue *value, const sdx_gvalue *y) {
    const sdx_shape *const c = &value->shape;
    if (value->type == NULL || !sdx_type_eq(value->type, y->type) || c->rank < 1 ||
        c->rank > y->shape.rank)
        return false;
    for (int i = 0; i + 1 < c->rank; i++) {
        if (!sdx_dim_eq(c->dims[i], 1)) return false;
    }
    return sdx_dim_is_number(c->dims[c->rank - 1]) &&
           sdx_dim_eq(c->dims[c->rank - 1], y->shape.dims[y->shape.rank - 1]);
}

static bool read_product(const sdx_node *node, product *p) {
    *p = (product){.alpha = float_of(node, "alpha", 1), .beta = float_of(node, "beta", 1)};
    p->trans_a = int_of(node, "transA");
    p->trans_b = int_of(node, "transB");
    p->inputs[IN_A] = node->inputs[IN_A];
    p->inputs[IN_B] = node->inputs[IN_B];
    if (node->n_inputs > IN_C && p->beta != 0) p->inputs[IN_C] = node->inputs[IN_C];
    return p->inputs[IN_C] == NULL || is_bias(p->inputs[IN_C], node->outputs[0]);
}

/* A factor for all elements, before there is a bias. */
static bool take_factor(product *p, const sdx_chain *chain, const sdx_node *node) {
    double factor;
    const bool divides = sdx_is_op(node, "Div") && node->inputs[0] == chain->value;
    if (p->inputs[IN_C] != NULL || !(divides || sdx_is_op(node, "Mul")) ||
        !sdx_constant_number(sdx_chain_other(chain, node), &factor) || (divides && factor == 0))
        return false;
    p->alpha = (float)(divides ? (double)p->alpha / factor : (double)p->alpha * factor);
    return true;
}

static bool take_bias(product *p, const sdx_chain *chain, const sdx_node *node) {
    sdx_gvalue *const other = sdx_chain_other(chain, node);
    if (p->inputs[IN_C] != NULL || !sdx_is_op(node, "Add") || other == NULL ||
        !is_bias(other, chain->value))
        return false;
    p->inputs[IN_C] = other;
    p->beta = 1;
    return true;
}

static void take_linear(product *p, sdx_chain *chain) {
    sdx_node *next;
    while ((next = sdx_chain_next(chain)) != NULL &&
           sdx_gvalue_same_shape(chain->value, next->outputs[0])) {
        if (!take_factor(p, chain, next) && !take_bias(p, chain, next)) return;
        sdx_chain_take(chain, next);
    }
}

static sdx_status set_attrs(sdx_node *node, const product *p) {
    SDX_TRY(sdx_node_set_attr(node, "alpha", (sdx_attr){.kind = SDX_ATTR_FLOAT, .f = p->alpha}));
    SDX_TRY(sdx_node_set_attr(node, "beta", (sdx_attr){.kind = SDX_ATTR_FLOAT, .f = p->beta}));
    SDX_TRY(sdx_node_set_attr(node, "transA", (sdx_attr){.kind = SDX_ATTR_INT, .i = p->trans_a}));
    return sdx_node_set_attr(node, "transB", (sdx_attr){.kind = SDX_ATTR_INT, .i = p->trans_b});
}

static sdx_status fuse(sdx_rewrite *r, sdx_node *node) {
    product p;
    sdx_chain chain;
    sdx_node *fused;
    if (!read_product(node, &p)) return NULL;
    sdx_chain_begin(&chain, node);
    take_linear(&p, &chain);
    sdx_chain_end(&chain);
    if (chain.n < 2) return NULL;
    p.inputs[IN_Z] = chain.residual;
    SDX_TRY(sdx_chain_replace(r, &chain, "MatMul", p.inputs, N_IN, &fused));
    return set_attrs(fused, &p);
}

static bool is_candidate(const sdx_node *node) {
    if (!(sdx_is_op(node, "MatMul") || sdx_is_op(node, "Gemm")) || node->outputs[0] == NULL)
        return false;
    const sdx_gvalue *const y = node->outputs[0];
    return y->type != NULL && sdx_types_have(SDX_T(FLOAT32) | SDX_T_HALVES, y->type->dtype) &&
           y->shape.rank >= 1;
}

/* From the end: what a fusion removes stands behind its product. */
static sdx_status apply(sdx_rewrite *r, sdx_graph *graph) {
    for (sdx_node *node = graph->last, *before; node != NULL; node = before) {
        before = node->prev;
        if (is_candidate(node)) SDX_TRY(fuse(r, node));
    }
    return NULL;
}

extern const sdx_rule sdx_rule_fuse_product;
const sdx_rule sdx_rule_fuse_product = {
    .name = "fuse_product",
    .help = "what stands behind a MatMul or Gemm (bias, residual, activation) is done as it stores",
    .apply = apply};
