/* A custom operator whose output shapes are decided while running: the rows of X whose score is
 * above a threshold, and where they stood. It takes any type of element, has an attribute, and
 * tells the loader what it knows all the same.
 *
 *     cc -shared -fPIC custom_op_dynamic.c -o custom_op_dynamic.so
 *     sardonyx run --custom-ops ./custom_op_dynamic.so model.onnx */
#include <string.h>

#include "sardonyx/op.h"

enum { X, SCORES };       /* inputs */
enum { ROWS, POSITIONS }; /* outputs */
enum { THRESHOLD };       /* attributes */

/* How many rows there will be is a new unknown; the other dimensions are those of X. */
static bool infer(sdx_op_call *c) {
    const sdx_op_tensor *const x = c->inputs[X];
    int64_t dims[SDX_MAX_RANK] = {SDX_OP_UNKNOWN};
    if (x->rank == 0)
        return c->host->fail(c, SDX_SHAPE_MISMATCH, "X is a scalar, expected rows; reshape it");
    for (int i = 1; i < x->rank; i++) {
        dims[i] = x->dims[i];
    }
    return c->host->shape(c, ROWS, SDX_UNDEFINED, x->rank, dims) &&
           c->host->shape(c, POSITIONS, SDX_INT64, 1, dims);
}

static bool run(sdx_op_call *c) {
    const sdx_op_tensor *const x = c->inputs[X], *const scores = c->inputs[SCORES];
    const float *const score = scores->data, least = c->attrs[THRESHOLD]->f;
    int64_t dims[SDX_MAX_RANK], n = 0;
    void *rows, *positions;
    if (scores->rank != 1 || scores->dims[0] != x->dims[0])
        return c->host->fail(c, SDX_SHAPE_MISMATCH, "found %zu scores, expected %lld: one a row",
                             scores->len, (long long)x->dims[0]);
    for (int64_t i = 0; i < x->dims[0]; i++) {
        n += score[i] > least;
    }
    memcpy(dims, x->dims, (size_t)x->rank * sizeof *dims);
    dims[0] = n;
    if (!c->host->output(c, ROWS, x->dtype, (size_t)x->rank, dims, &rows) ||
        !c->host->output(c, POSITIONS, SDX_INT64, 1, dims, &positions))
        return false; /* the host has told why */
    const size_t row = x->dims[0] > 0 ? x->size / (size_t)x->dims[0] : 0;
    for (int64_t i = 0, to = 0; i < x->dims[0]; i++) {
        if (!(score[i] > least)) continue;
        memcpy((char *)rows + (size_t)to * row, (const char *)x->data + (size_t)i * row, row);
        ((int64_t *)positions)[to++] = i;
    }
    return true;
}

static const sdx_op_port inputs[] = {{.name = "X", .var = "T"},
                                     {.name = "scores", .types = SDX_OP_TYPE(FLOAT32)}};
static const sdx_op_port outputs[] = {{.name = "rows", .var = "T"},
                                      {.name = "positions", .types = SDX_OP_TYPE(INT64)}};
static const sdx_op_attr attrs[] = {{.name = "threshold", .kind = SDX_OP_ATTR_FLOAT, .f = 0.5f}};
static const sdx_op_row rows[] = {{.domain = "my.examples",
                                   .name = "RowsAbove",
                                   SDX_OP_LIST(inputs, inputs),
                                   SDX_OP_LIST(outputs, outputs),
                                   SDX_OP_LIST(attrs, attrs),
                                   .flags = SDX_OP_FLAG_PURE | SDX_OP_FLAG_DYNAMIC,
                                   .infer = infer,
                                   .run = run}};
static const sdx_op_library library = SDX_OP_LIBRARY(rows);

const sdx_op_library *sdx_op_library_open(const sdx_op_host *host, uint32_t version) {
    (void)host;
    return version == SDX_OP_VERSION ? &library : NULL;
}
