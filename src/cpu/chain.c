/* See chain.h. */
#include "cpu/chain.h"

#include <math.h>
#include <string.h>

#include "opt/match.h"

void sdx_chain_begin(sdx_chain *chain, sdx_node *first) {
    *chain = (sdx_chain){.n = 0};
    sdx_chain_take(chain, first);
}

void sdx_chain_take(sdx_chain *chain, sdx_node *node) {
    chain->nodes[chain->n++] = node;
    chain->value = node->outputs[0];
}

static size_t n_made(const sdx_node *node) {
    size_t n = 0;
    for (size_t k = 0; k < node->n_outputs; k++) {
        n += node->outputs[k] != NULL;
    }
    return n;
}

sdx_node *sdx_chain_next(const sdx_chain *chain) {
    const sdx_gvalue *const value = chain->value;
    if (value == NULL || value->is_output || value->n_users != 1 || chain->n == SDX_CHAIN_MAX)
        return NULL;
    sdx_node *const user = value->users[0];
    const bool simple = user->graph == value->graph && user->op != NULL && n_made(user) == 1 &&
                        user->outputs[0] != NULL;
    return simple ? user : NULL;
}

sdx_gvalue *sdx_chain_other(const sdx_chain *chain, const sdx_node *node) {
    if (node->n_inputs != 2 || node->inputs[0] == node->inputs[1]) return NULL;
    return node->inputs[0] == chain->value ? node->inputs[1] : node->inputs[0];
}

/* ---- the end of a chain */

static bool takes_residual(const sdx_chain *chain, const sdx_node *node) {
    const sdx_gvalue *const other = sdx_chain_other(chain, node);
    return (sdx_is_op(node, "Add") || sdx_is_op(node, "Sum")) && other != NULL &&
           other->type != NULL && chain->value->type != NULL &&
           sdx_type_eq(other->type, chain->value->type) &&
           sdx_gvalue_same_shape(other, chain->value);
}

/* An operator whose attributes, in this order, are an activation's parameters. */
typedef struct activation_row {
    const char *op, *name;
    const char *params[2];
    float defaults[2];
} activation_row;

static const activation_row activations[] = {
    {"Relu", "Relu", {NULL}, {0}},
    {"LeakyRelu", "LeakyRelu", {"alpha"}, {0.01f}},
    {"Elu", "Elu", {"alpha"}, {1}},
    {"HardSigmoid", "HardSigmoid", {"alpha", "beta"}, {0.2f, 0.5f}},
    {"HardSwish", "HardSwish", {NULL}, {0}},
    {"Sigmoid", "Sigmoid", {NULL}, {0}},
    {"Softplus", "Softplus", {NULL}, {0}},
    {"Softsign", "Softsign", {NULL}, {0}},
    {"Swish", "QuickGelu", {"alpha"}, {1}},
    {"Tanh", "Tanh", {NULL}, {0}},
    {"ThresholdedRelu", "ThresholdedRelu", {"alpha"}, {1}},
};

static void read_params(const activation_row *row, const sdx_node *node,
                        sdx_chain_activation *out) {
    *out = (sdx_chain_activation){.name = row->name};
    for (; out->n_params < 2 && row->params[out->n_params] != NULL; out->n_params++) {
        const sdx_attr *const given = sdx_node_named(node, row->params[out->n_params]);
        out->params[out->n_params] = given != NULL ? given->f : row->defaults[out->n_params];
    }
}

/* ONNX: Clip-13: bounds are inputs that may be absent. */
static bool read_clip(const sdx_node *node, sdx_chain_activation *out) {
    double bounds[2] = {-INFINITY, INFINITY};
    for (size_t i = 0; i < 2; i++) {
        sdx_gvalue *const bound = i + 1 < node->n_inputs ? node->inputs[i + 1] : NULL;
        if (bound != NULL && !sdx_constant_number(bound, &bounds[i])) return false;
    }
    *out = (sdx_chain_activation){
        .name = "Clip", .params = {(float)bounds[0], (float)bounds[1]}, .n_params = 2};
    return true;
}

static bool read_gelu(const sdx_node *node, sdx_chain_activation *out) {
    const sdx_attr *const form = sdx_node_named(node, "approximate");
    const bool by_tanh = form != NULL && sdx_str_is(form->s, "tanh");
    *out = (sdx_chain_activation){.name = by_tanh ? "FastGelu" : "Gelu"};
    return true;
}

static bool read_activation(const sdx_node *node, sdx_chain_activation *out) {
    if (sdx_is_op(node, "Clip")) return read_clip(node, out);
    if (sdx_is_op(node, "Gelu")) return read_gelu(node, out);
    for (size_t i = 0; i < sizeof activations / sizeof *activations; i++) {
        if (!sdx_is_op(node, activations[i].op)) continue;
        read_params(&activations[i], node, out);
        return true;
    }
    return false;
}

void sdx_chain_end(sdx_chain *chain) {
    sdx_node *next = sdx_chain_next(chain);
    if (next != NULL && takes_residual(chain, next)) {
        chain->residual = sdx_chain_other(chain, next);
        sdx_chain_take(chain, next);
        next = sdx_chain_next(chain);
    }
    if (next != NULL && next->inputs[0] == chain->value &&
        read_activation(next, &chain->activation))
        sdx_chain_take(chain, next);
}

/* ---- replacing */

static sdx_status set_activation(sdx_rewrite *r, sdx_node *node,
                                 const sdx_chain_activation *activation) {
    void *params;
    if (activation->name == NULL) return NULL;
    SDX_TRY(sdx_node_set_attr(
        node, "activation",
        (sdx_attr){.kind = SDX_ATTR_STRING, .s = sdx_str_from(activation->name)}));
    if (activation->n_params == 0) return NULL;
    SDX_TRY(sdx_arena_copy(r->arena, activation->params,
                           activation->n_params * sizeof *activation->params, &params));
    return sdx_node_set_attr(
        node, "activation_params",
        (sdx_attr){.kind = SDX_ATTR_FLOATS, .n = activation->n_params, .floats = params});
}

sdx_status sdx_chain_replace(sdx_rewrite *r, const sdx_chain *chain, const char *op,
                             sdx_gvalue *const *inputs, size_t n_inputs, sdx_node **out) {
    sdx_match match = {.n_nodes = chain->n};
    for (size_t i = 0; i < chain->n; i++) {
        match.nodes[i] = chain->nodes[chain->n - 1 - i];
    }
    SDX_TRY(sdx_match_replace(r, &match, "sardonyx", op, inputs, n_inputs, out));
    return set_activation(r, *out, &chain->activation);
}
