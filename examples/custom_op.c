/* A custom operator in 30 lines: the squared length of each row, X [..., d] to [...].
 *
 *     cc -shared -fPIC custom_op.c -o custom_op.so
 *     sardonyx run --custom-ops ./custom_op.so model.onnx */
#include "sardonyx/op.h"

static bool infer(sdx_op_call *c) {
    const sdx_op_tensor *const x = c->inputs[0];
    if (x->rank < 0) return true; /* asked again when more is known */
    if (x->rank == 0) return c->host->fail(c, SDX_SHAPE_MISMATCH, "X is a scalar, expected rows");
    return c->host->shape(c, 0, SDX_FLOAT32, x->rank - 1, x->dims); /* numbers or symbols */
}

static bool run(sdx_op_call *c) {
    const float *const x = c->inputs[0]->data;
    float *const out = c->outputs[0]->data;
    const size_t n = c->outputs[0]->len, d = n > 0 ? c->inputs[0]->len / n : 0;
    for (size_t i = 0; i < n; i++) {
        out[i] = 0;
        for (size_t k = 0; k < d; k++)
            out[i] += x[i * d + k] * x[i * d + k];
    }
    return true;
}

static const sdx_op_port inputs[] = {{.name = "X", .types = SDX_OP_TYPE(FLOAT32)}};
static const sdx_op_port outputs[] = {{.name = "Y", .types = SDX_OP_TYPE(FLOAT32)}};
static const sdx_op_row rows[] = {{.domain = "my.examples",
                                   .name = "SquaredLength",
                                   SDX_OP_LIST(inputs, inputs),
                                   SDX_OP_LIST(outputs, outputs),
                                   .flags = SDX_OP_FLAG_PURE,
                                   .infer = infer,
                                   .run = run}};
static const sdx_op_library library = SDX_OP_LIBRARY(rows);

const sdx_op_library *sdx_op_library_open(const sdx_op_host *host, uint32_t version) {
    (void)host;
    return version == SDX_OP_VERSION ? &library : NULL;
}
