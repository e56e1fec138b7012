/* QGemm and DynamicQuantizeLSTM of com.microsoft. */
#include <limits.h>

#include "ops/compound/parts.h"

#define BYTES (SDX_T(INT8) | SDX_T(UINT8))

static sdx_status set_int(sdx_node *node, const char *name, int64_t x) {
    return sdx_node_set_attr(node, name, (sdx_attr){.kind = SDX_ATTR_INT, .n = 1, .i = x});
}

static sdx_status transpose(sdx_upgrade *u, sdx_gvalue *x, size_t rank, const int64_t *perm,
                            sdx_gvalue **out) {
    SDX_TRY(sdx_upgrade_before(u, "", "Transpose", &x, 1, out));
    return sdx_node_set_attr((*out)->producer, "perm",
                             (sdx_attr){.kind = SDX_ATTR_INTS, .n = rank, .ints = perm});
}

/* ---- QGemm: (A - za)(B - zb) + C in int32, times alpha and the scales; bytes again where there is
 * a scale of the result */

enum { A, A_SCALE, A_ZERO, B, B_SCALE, B_ZERO, C, Y_SCALE, Y_ZERO };

static sdx_status operand(sdx_upgrade *u, size_t i, const char *attr, sdx_gvalue **out) {
    static const int64_t swap[] = {1, 0};
    int64_t transposed;
    SDX_TRY(sdx_part_require(u, i));
    SDX_TRY(sdx_part_int(u, attr, 0, &transposed));
    sdx_upgrade_drop(u, attr);
    *out = sdx_part_input(u, i);
    return transposed != 0 ? transpose(u, *out, 2, swap, out) : NULL;
}

/* The product of the scales and alpha. */
static sdx_status factor(sdx_upgrade *u, sdx_gvalue **out) {
    const sdx_attr *const alpha = sdx_node_named(u->node, "alpha");
    sdx_gvalue *list[] = {sdx_part_input(u, A_SCALE), sdx_part_input(u, B_SCALE)};
    SDX_TRY(sdx_part_require(u, A_SCALE));
    SDX_TRY(sdx_part_require(u, B_SCALE));
    SDX_TRY(sdx_upgrade_before(u, "", "Mul", list, 2, out));
    if (alpha != NULL && alpha->kind == SDX_ATTR_FLOAT && alpha->f != 1) {
        list[0] = *out;
        SDX_TRY(sdx_upgrade_constant(u, "alpha", SDX_FLOAT32, 0, NULL, &alpha->f, &list[1]));
        SDX_TRY(sdx_upgrade_before(u, "", "Mul", list, 2, out));
    }
    sdx_upgrade_drop(u, "alpha");
    return NULL;
}

static sdx_status from_qgemm(sdx_upgrade *u) {
    sdx_gvalue *list[4], *sums, *pair[3];
    SDX_TRY(operand(u, A, "transA", &list[0]));
    SDX_TRY(operand(u, B, "transB", &list[1]));
    list[2] = sdx_part_input(u, A_ZERO);
    list[3] = sdx_part_input(u, B_ZERO);
    SDX_TRY(sdx_upgrade_before(u, "", "MatMulInteger", list, 4, &sums));
    if (sdx_part_input(u, C) != NULL) {
        pair[0] = sums;
        pair[1] = sdx_part_input(u, C);
        SDX_TRY(sdx_upgrade_before(u, "", "Add", pair, 2, &sums));
    }
    SDX_TRY(sdx_upgrade_before(u, "", "Cast", &sums, 1, &pair[0]));
    SDX_TRY(set_int(pair[0]->producer, "to", SDX_FLOAT32));
    SDX_TRY(factor(u, &pair[1]));
    if (sdx_part_input(u, Y_SCALE) == NULL) return sdx_part_turn(u, "Mul", pair, 2);
    SDX_TRY(sdx_upgrade_before(u, "", "Mul", pair, 2, &list[0]));
    list[1] = sdx_part_input(u, Y_SCALE);
    list[2] = sdx_part_input(u, Y_ZERO);
    return sdx_part_turn(u, "QuantizeLinear", list, list[2] != NULL ? 3 : 2);
}
static const sdx_upgrade_rule qgemm_rules[] = {{.below = INT_MAX, .apply = from_qgemm}};

static const sdx_port qgemm_inputs[] = {
    {.name = "A", .var = "TA", .types = BYTES},
    {.name = "a_scale", .var = "T", .types = SDX_T(FLOAT32)},
    {.name = "a_zero_point", .var = "TA", .types = BYTES},
    {.name = "B", .var = "TB", .types = BYTES},
    {.name = "b_scale", .var = "T", .types = SDX_T(FLOAT32)},
    {.name = "b_zero_point", .var = "TB", .types = BYTES},
    {.name = "C", .var = "TC", .types = SDX_T(INT32), .flags = SDX_PORT_OPTIONAL},
    {.name = "y_scale", .var = "T", .types = SDX_T(FLOAT32), .flags = SDX_PORT_OPTIONAL},
    {.name = "y_zero_point", .var = "TYZ", .types = BYTES, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port qgemm_outputs[] = {
    {.name = "Y", .var = "TY", .types = BYTES | SDX_T(FLOAT32)}};
static const sdx_attr_def qgemm_attrs[] = {
    SDX_ATTR_F("alpha", 1),
    SDX_ATTR_I("transA", 0),
    SDX_ATTR_I("transB", 0),
};

const sdx_op sdx_op_ms_qgemm = {
    .name = "QGemm",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, qgemm_inputs),
    SDX_ROWS(outputs, qgemm_outputs),
    SDX_ROWS(attrs, qgemm_attrs),
    SDX_ROWS(upgrades, qgemm_rules),
};

/* ---- DynamicQuantizeLSTM: LSTM with weights of bytes, stored as [directions, inputs, gates].
 * onnxruntime makes its inputs bytes too, step by step; here they stay as they are, which is closer
 * to the model that was quantised. */

enum { X, W, R, N_LSTM = 8, W_SCALE = 8, W_ZERO, R_SCALE, R_ZERO };

/* A scale for each direction lies along axis 0; for each gate as well, along blocks of all inputs.
 */
static sdx_status lstm_weights(sdx_upgrade *u, size_t i, size_t scale, sdx_gvalue **out) {
    static const int64_t perm[] = {0, 2, 1}, inputs_axis = 1;
    sdx_gvalue *list[3];
    SDX_TRY(sdx_part_require(u, i));
    SDX_TRY(sdx_part_require(u, scale));
    SDX_TRY(sdx_part_require(u, scale + 1));
    const sdx_shape *const shape = &u->node->inputs[i]->shape;
    list[0] = sdx_part_input(u, i);
    list[1] = sdx_part_input(u, scale);
    list[2] = sdx_part_input(u, scale + 1);
    const bool by_gate = list[1]->shape.rank == 2;
    if (list[1]->shape.rank < 0)
        return sdx_fail(SDX_UNSUPPORTED, "input '%s' has a shape that is not known; declare it",
                        sdx_op_input_port(u->node->op, scale)->name);
    if (by_gate && (shape->rank != 3 || !sdx_dim_is_number(shape->dims[1])))
        return sdx_fail(SDX_UNSUPPORTED, "input '%s' has a shape that is not known; declare it",
                        sdx_op_input_port(u->node->op, i)->name);
    for (size_t k = 1; by_gate && k < 3; k++) {
        sdx_gvalue *pair[2] = {list[k]};
        SDX_TRY(sdx_graph_const_ints(u->node->graph, 1, &inputs_axis, 1, &pair[1]));
        SDX_TRY(sdx_upgrade_before(u, "", "Unsqueeze", pair, 2, &list[k]));
    }
    SDX_TRY(sdx_upgrade_before(u, "", "DequantizeLinear", list, 3, out));
    SDX_TRY(set_int((*out)->producer, "axis", by_gate ? 1 : 0));
    if (by_gate) SDX_TRY(set_int((*out)->producer, "block_size", shape->dims[1]));
    return transpose(u, *out, 3, perm, out);
}

static sdx_status from_lstm(sdx_upgrade *u) {
    sdx_gvalue *list[N_LSTM];
    for (size_t i = 0; i < N_LSTM; i++) {
        list[i] = sdx_part_input(u, i);
    }
    SDX_TRY(lstm_weights(u, W, W_SCALE, &list[W]));
    SDX_TRY(lstm_weights(u, R, R_SCALE, &list[R]));
    return sdx_part_turn(u, "LSTM", list, N_LSTM);
}
static const sdx_upgrade_rule lstm_rules[] = {{.below = INT_MAX, .apply = from_lstm}};

#define NUMBERS(text) \
    { .name = (text), .var = "T", .types = SDX_T(FLOAT32), .flags = SDX_PORT_OPTIONAL }

static const sdx_port lstm_inputs[] = {
    {.name = "X", .var = "T", .types = SDX_T(FLOAT32)},
    {.name = "W", .var = "T2", .types = BYTES},
    {.name = "R", .var = "T2", .types = BYTES},
    NUMBERS("B"),
    {.name = "sequence_lens", .var = "T1", .types = SDX_T(INT32), .flags = SDX_PORT_OPTIONAL},
    NUMBERS("initial_h"),
    NUMBERS("initial_c"),
    NUMBERS("P"),
    {.name = "W_scale", .var = "T", .types = SDX_T(FLOAT32)},
    {.name = "W_zero_point", .var = "T2", .types = BYTES},
    {.name = "R_scale", .var = "T", .types = SDX_T(FLOAT32)},
    {.name = "R_zero_point", .var = "T2", .types = BYTES},
};
static const sdx_port lstm_outputs[] = {NUMBERS("Y"), NUMBERS("Y_h"), NUMBERS("Y_c")};
static const sdx_attr_def lstm_attrs[] = {
    SDX_ATTR_OPT("activation_alpha", SDX_ATTR_FLOATS),
    SDX_ATTR_OPT("activation_beta", SDX_ATTR_FLOATS),
    SDX_ATTR_OPT("activations", SDX_ATTR_STRINGS),
    SDX_ATTR_OPT("clip", SDX_ATTR_FLOAT),
    SDX_ATTR_S("direction", "forward"),
    SDX_ATTR_OPT("hidden_size", SDX_ATTR_INT),
    SDX_ATTR_I("input_forget", 0),
};

const sdx_op sdx_op_ms_dynamic_quantize_lstm = {
    .name = "DynamicQuantizeLSTM",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, lstm_inputs),
    SDX_ROWS(outputs, lstm_outputs),
    SDX_ROWS(attrs, lstm_attrs),
    SDX_ROWS(upgrades, lstm_rules),
};
