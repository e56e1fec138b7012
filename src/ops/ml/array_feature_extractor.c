/* ArrayFeatureExtractor: columns picked by index from the last axis. */
#include "ops/common/take.h"
#include "ops/infer.h"
#include "ops/ml/features.h"

enum { IN_DATA, IN_INDICES };

static const sdx_port inputs[] = {
    {.name = "X", .var = "T", .types = SDX_ML_NUMBERS | SDX_T(STRING)},
    {.name = "Y", .var = "I", .types = SDX_T(INT64)},
};
static const sdx_port outputs[] = {
    {.name = "Z", .var = "T", .types = SDX_ML_NUMBERS | SDX_T(STRING)}};

/* A single row gives a single row: [1, n]. */
static sdx_status infer(sdx_infer *in) {
    if (!sdx_infer_ranked(in, IN_DATA) || !sdx_infer_ranked(in, IN_INDICES)) return NULL;
    const sdx_fact *const x = &in->in[IN_DATA], *const y = &in->in[IN_INDICES];
    const size_t rank = x->rank < 2 ? 2 : (size_t)x->rank;
    sdx_dim dims[SDX_MAX_RANK] = {1}, n = 1;
    for (int d = 0; d + 1 < x->rank; d++) {
        dims[d] = x->dims[d];
    }
    for (int d = 0; d < y->rank; d++) {
        n = sdx_dim_mul(in->dims, n, y->dims[d]);
    }
    dims[rank - 1] = n;
    return sdx_infer_set_shape(in, 0, rank, dims);
}

typedef struct picking {
    const sdx_call *c;
    sdx_take_fn *take;
    size_t columns, picked, size;
} picking;

static void pick_rows(void *arg, size_t begin, size_t end, unsigned lane) {
    const picking *const p = arg;
    char *const dst = p->c->out[0]->data;
    const char *const src = p->c->in[IN_DATA]->data;
    (void)lane;
    for (size_t r = begin; r < end; r++) {
        p->take(dst + r * p->picked * p->size, src + r * p->columns * p->size,
                p->c->in[IN_INDICES]->data, 1, 0, p->picked);
    }
}

static sdx_status run(const sdx_call *c) {
    const sdx_view *const x = c->in[IN_DATA], *const y = c->in[IN_INDICES];
    const size_t size = sdx_dtype_size(x->dtype);
    const picking p = {.c = c,
                       .take = sdx_take_of(size),
                       .columns = sdx_features_count(x),
                       .picked = y->len,
                       .size = size};
    for (size_t i = 0; i < y->len; i++) {
        const int64_t index = sdx_view_int(y, i);
        if (index < 0 || (uint64_t)index >= p.columns)
            return sdx_fail_index(c, IN_INDICES, i, index, 0, (int64_t)p.columns - 1);
    }
    if (c->out[0]->len == 0) return NULL;
    sdx_call_for(c, c->out[0]->len / y->len, sdx_grain(y->len), pick_rows, (void *)(uintptr_t)&p);
    return NULL;
}

const sdx_op sdx_op_array_feature_extractor = {
    .name = "ArrayFeatureExtractor",
    .domain = "ai.onnx.ml",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    .infer = infer,
    .run = run,
};
