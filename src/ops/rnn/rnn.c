/* RNN: one gate. The functions of both directions may differ. */
#include "ops/rnn/rnn.h"

static const sdx_port inputs[] = {
    {.name = "X", .var = "T", .types = SDX_T_FLOATS},
    {.name = "W", .var = "T", .types = SDX_T_FLOATS},
    {.name = "R", .var = "T", .types = SDX_T_FLOATS},
    {.name = "B", .var = "T", .types = SDX_T_FLOATS, .flags = SDX_PORT_OPTIONAL},
    {.name = "sequence_lens", .var = "T1", .types = SDX_T(INT32), .flags = SDX_PORT_OPTIONAL},
    {.name = "initial_h", .var = "T", .types = SDX_T_FLOATS, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {
    {.name = "Y", .var = "T", .types = SDX_T_FLOATS, .flags = SDX_PORT_OPTIONAL},
    {.name = "Y_h", .var = "T", .types = SDX_T_FLOATS, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_attr_def attrs[] = {
    [RNN_ACTIVATIONS] = SDX_ATTR_OPT("activations", SDX_ATTR_STRINGS),
    [RNN_ALPHA] = SDX_ATTR_OPT("activation_alpha", SDX_ATTR_FLOATS),
    [RNN_BETA] = SDX_ATTR_OPT("activation_beta", SDX_ATTR_FLOATS),
    [RNN_CLIP] = SDX_ATTR_OPT("clip", SDX_ATTR_FLOAT),
    [RNN_DIRECTION] = SDX_ATTR_S("direction", "forward"),
    [RNN_HIDDEN] = SDX_ATTR_OPT("hidden_size", SDX_ATTR_INT),
    [RNN_LAYOUT] = SDX_ATTR_I("layout", 0),
};
static const sdx_rnn_row row = {
    .kind = SDX_RNN_PLAIN, .gates = 1, .n_activations = 1, .activations = {"Tanh"}};

const sdx_op sdx_op_rnn = {
    .name = "RNN",
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .data = &row,
    SDX_RNN_HOOKS,
};
