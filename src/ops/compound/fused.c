/* Operators of com.microsoft that fuse two or three of ai.onnx: FusedGemm, BiasSplitGelu, BiasAdd.
 */
#include <limits.h>

#include "ops/compound/parts.h"

/* ---- FusedGemm: Gemm, then an activation */

typedef struct activation {
    const char *name;
    size_t n;              /* of its parameters, in this order */
    const char *params[3]; /* as the activation calls them */
} activation;

static const activation activations[] = {
    {"Elu", 1, {"alpha"}},
    {"HardSigmoid", 2, {"alpha", "beta"}},
    {"LeakyRelu", 1, {"alpha"}},
    {"ParametricSoftplus", 2, {"alpha", "beta"}},
    {"Relu", 0, {NULL}},
    {"ScaledTanh", 2, {"alpha", "beta"}},
    {"Selu", 2, {"alpha", "gamma"}},
    {"Sigmoid", 0, {NULL}},
    {"Softplus", 0, {NULL}},
    {"Softsign", 0, {NULL}},
    {"Tanh", 0, {NULL}},
    {"ThresholdedRelu", 1, {"alpha"}},
};

static sdx_status find_activation(const sdx_upgrade *u, const activation **out) {
    const sdx_attr *const given = sdx_node_named(u->node, "activation");
    *out = NULL;
    if (given == NULL) return NULL;
    for (size_t i = 0; i < sizeof activations / sizeof *activations; i++) {
        if (given->kind == SDX_ATTR_STRING && sdx_str_is(given->s, activations[i].name))
            *out = &activations[i];
    }
    if (*out != NULL) return NULL;
    return sdx_fail(SDX_INVALID_MODEL,
                    "attribute 'activation' is '%.*s', expected Elu, HardSigmoid, LeakyRelu, "
                    "ParametricSoftplus, Relu, ScaledTanh, Selu, Sigmoid, Softplus, Softsign, Tanh "
                    "or ThresholdedRelu",
                    SDX_FMT(given->kind == SDX_ATTR_STRING ? given->s : SDX_STR("")));
}

/* The Gemm calls them activation_alpha, activation_beta, activation_gamma. */
static sdx_status move_param(sdx_upgrade *u, sdx_node *to, const char *name) {
    static const char *const from[][2] = {
        {"alpha", "activation_alpha"}, {"beta", "activation_beta"}, {"gamma", "activation_gamma"}};
    for (size_t i = 0; i < 3; i++) {
        const sdx_attr *const given = sdx_node_named(u->node, from[i][1]);
        if (given != NULL && sdx_str_is(sdx_str_from(name), from[i][0]))
            return sdx_node_set_attr(to, name, *given);
    }
    return NULL;
}

static sdx_status from_fused_gemm(sdx_upgrade *u) {
    const activation *found;
    sdx_node *after;
    SDX_TRY(find_activation(u, &found));
    if (found != NULL) {
        SDX_TRY(sdx_upgrade_after(u, 0, "", found->name, NULL, 0, &after));
        for (size_t i = 0; after != NULL && i < found->n; i++) {
            SDX_TRY(move_param(u, after, found->params[i]));
        }
    }
    sdx_upgrade_drop(u, "activation");
    sdx_upgrade_drop(u, "activation_alpha");
    sdx_upgrade_drop(u, "activation_beta");
    sdx_upgrade_drop(u, "activation_gamma");
    return sdx_upgrade_turn(u, "Gemm");
}
static const sdx_upgrade_rule fused_gemm_rules[] = {{.below = INT_MAX, .apply = from_fused_gemm}};

#define GEMM_TYPES (SDX_T_FLOATS | SDX_T(INT32) | SDX_T(INT64) | SDX_T(UINT32) | SDX_T(UINT64))

static const sdx_port gemm_inputs[] = {
    {.name = "A", .var = "T", .types = GEMM_TYPES},
    {.name = "B", .var = "T", .types = GEMM_TYPES},
    {.name = "C", .var = "T", .types = GEMM_TYPES, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port gemm_outputs[] = {{.name = "Y", .var = "T", .types = GEMM_TYPES}};
static const sdx_attr_def gemm_attrs[] = {
    SDX_ATTR_OPT("activation", SDX_ATTR_STRING),
    SDX_ATTR_OPT("activation_alpha", SDX_ATTR_FLOAT),
    SDX_ATTR_OPT("activation_beta", SDX_ATTR_FLOAT),
    SDX_ATTR_OPT("activation_gamma", SDX_ATTR_FLOAT),
    SDX_ATTR_F("alpha", 1),
    SDX_ATTR_F("beta", 1),
    SDX_ATTR_I("transA", 0),
    SDX_ATTR_I("transB", 0),
};

const sdx_op sdx_op_ms_fused_gemm = {
    .name = "FusedGemm",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, gemm_inputs),
    SDX_ROWS(outputs, gemm_outputs),
    SDX_ROWS(attrs, gemm_attrs),
    SDX_ROWS(upgrades, fused_gemm_rules),
};

/* ---- BiasSplitGelu: the left half of x + bias times Gelu of the right one */

static sdx_status slice(sdx_upgrade *u, sdx_gvalue *x, int64_t from, int64_t to, sdx_gvalue **out) {
    static const int64_t last = -1;
    sdx_gvalue *list[4] = {x};
    SDX_TRY(sdx_graph_const_ints(u->node->graph, 1, &from, 1, &list[1]));
    SDX_TRY(sdx_graph_const_ints(u->node->graph, 1, &to, 1, &list[2]));
    SDX_TRY(sdx_graph_const_ints(u->node->graph, 1, &last, 1, &list[3]));
    return sdx_upgrade_before(u, "", "Slice", list, 4, out);
}

static sdx_status from_bias_split_gelu(sdx_upgrade *u) {
    SDX_TRY(sdx_part_require(u, 0));
    SDX_TRY(sdx_part_require(u, 1));
    const sdx_shape *const bias = &u->node->inputs[1]->shape;
    const int64_t n = bias->rank == 1 ? bias->dims[0] : -1;
    if (n < 0 || n % 2 != 0)
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "input 'bias' has other than an even number of elements that is known");
    sdx_gvalue *sum, *right, *list[2];
    SDX_TRY(sdx_upgrade_before(u, "", "Add", u->node->inputs, 2, &sum));
    SDX_TRY(slice(u, sum, 0, n / 2, &list[0]));
    SDX_TRY(slice(u, sum, n / 2, n, &right));
    SDX_TRY(sdx_upgrade_before(u, "", "Gelu", &right, 1, &list[1]));
    return sdx_part_turn(u, "Mul", list, 2);
}
static const sdx_upgrade_rule split_gelu_rules[] = {
    {.below = INT_MAX, .apply = from_bias_split_gelu}};

static const sdx_port split_gelu_inputs[] = {
    {.name = "X", .var = "T", .types = SDX_T_FLOATS},
    {.name = "bias", .var = "T", .types = SDX_T_FLOATS},
};
static const sdx_port float_output[] = {{.name = "Y", .var = "T", .types = SDX_T_FLOATS}};

const sdx_op sdx_op_ms_bias_split_gelu = {
    .name = "BiasSplitGelu",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, split_gelu_inputs),
    SDX_ROWS(outputs, float_output),
    SDX_ROWS(upgrades, split_gelu_rules),
};

/* ---- BiasAdd: x + bias + skip */

static sdx_status from_bias_add(sdx_upgrade *u) {
    for (size_t i = 0; i < 3; i++) {
        SDX_TRY(sdx_part_require(u, i));
    }
    sdx_gvalue *list[2] = {NULL, sdx_part_input(u, 2)};
    SDX_TRY(sdx_upgrade_before(u, "", "Add", u->node->inputs, 2, &list[0]));
    return sdx_part_turn(u, "Add", list, 2);
}
static const sdx_upgrade_rule bias_add_rules[] = {{.below = INT_MAX, .apply = from_bias_add}};

static const sdx_port bias_add_inputs[] = {
    {.name = "X", .var = "T", .types = SDX_T_FLOATS},
    {.name = "bias", .var = "T", .types = SDX_T_FLOATS},
    {.name = "skip", .var = "T", .types = SDX_T_FLOATS},
};

const sdx_op sdx_op_ms_bias_add = {
    .name = "BiasAdd",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, bias_add_inputs),
    SDX_ROWS(outputs, float_output),
    SDX_ROWS(upgrades, bias_add_rules),
};
