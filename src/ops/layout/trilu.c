/* Trilu: the upper or lower triangle of matrices; the rest becomes zero. */
#include <string.h>

#include "ops/call.h"
#include "ops/infer.h"

enum { UPPER };
enum { IN_DATA, IN_K };

static const sdx_port inputs[] = {
    {.name = "input", .var = "T", .types = SDX_T_ANY},
    {.name = "k", .var = "I", .types = SDX_T(INT64), .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {{.name = "output", .var = "T", .types = SDX_T_ANY}};
static const sdx_attr_def attrs[] = {[UPPER] = SDX_ATTR_I("upper", 1)};

static sdx_status infer(sdx_infer *in) {
    const int rank = in->in[IN_DATA].rank;
    if (rank >= 0 && rank < 2)
        return sdx_fail(SDX_SHAPE_MISMATCH, "input 'input' has rank %d, expected 2 or more", rank);
    return sdx_infer_like_first(in);
}

typedef struct triangle {
    char *dst;
    const char *src;
    int64_t rows, cols, k;
    size_t size; /* bytes of an element */
    bool upper;
} triangle;

static int64_t clamp(int64_t x, int64_t high) { return x < 0 ? 0 : x > high ? high : x; }

/* Items: rows of all matrices. Each keeps [from, to). */
static void copy_rows(void *arg, size_t begin, size_t end, unsigned lane) {
    const triangle *const t = arg;
    const size_t row = (size_t)t->cols * t->size;
    (void)lane;
    for (size_t r = begin; r < end; r++) {
        const int64_t diagonal = (int64_t)(r % (size_t)t->rows) + t->k;
        const size_t from = t->upper ? (size_t)clamp(diagonal, t->cols) * t->size : 0;
        const size_t to = t->upper ? row : (size_t)clamp(diagonal + 1, t->cols) * t->size;
        char *const dst = t->dst + r * row;
        const char *const src = t->src + r * row;
        memset(dst, 0, from);
        if (src != dst) memcpy(dst + from, src + from, to - from);
        memset(dst + to, 0, row - to);
    }
}

static sdx_status run(const sdx_call *c) {
    const sdx_view *const data = c->in[IN_DATA], *const k = sdx_call_in(c, IN_K);
    if (k && k->len != 1)
        return sdx_fail(SDX_SHAPE_MISMATCH, "input 'k' has %zu elements, expected 1", k->len);
    triangle t = {
        .dst = c->out[0]->data,
        .src = data->data,
        .rows = data->dims[data->rank - 2],
        .cols = data->dims[data->rank - 1],
        .k = k ? sdx_dim_number(sdx_view_int(k, 0)) : 0,
        .size = sdx_dtype_size(data->dtype),
        .upper = sdx_node_int(c->node, UPPER) != 0,
    };
    if (data->len == 0) return NULL;
    const size_t row = (size_t)t.cols;
    sdx_call_for(c, data->len / row, sdx_grain(row * t.size / 4 + 1), copy_rows, &t);
    return NULL;
}

const sdx_op sdx_op_trilu = {
    .name = "Trilu",
    .domain = "",
    .since = 14,
    .newest = 14,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_INPLACE,
    .infer = infer,
    .run = run,
};
