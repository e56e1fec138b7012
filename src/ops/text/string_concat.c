/* StringConcat: strings of two tensors put together, with broadcasting. Both are brought into the
 * order of the output first. */
#include <string.h>

#include "ops/common/strided.h"
#include "ops/infer.h"

enum { IN_X, IN_Y, N_IN };

static const sdx_port inputs[] = {
    {.name = "X", .var = "T", .types = SDX_T(STRING)},
    {.name = "Y", .var = "T", .types = SDX_T(STRING)},
};
static const sdx_port outputs[] = {{.name = "Z", .var = "T", .types = SDX_T(STRING)}};

typedef struct orders {
    sdx_strided of[N_IN];
} orders;

static sdx_status bind(sdx_bind *b) {
    orders *const o = b->bound;
    const sdx_view *const out = b->out[0];
    for (size_t k = 0; k < N_IN; k++) {
        sdx_strided *const s = &o->of[k];
        s->rank = out->rank;
        memcpy(s->dims, out->dims, out->rank * sizeof *s->dims);
        sdx_broadcast_strides(b->in[k], out->rank, s->strides);
        sdx_strided_collapse(s);
    }
    b->scratch = N_IN * out->len * sizeof(sdx_str);
    return NULL;
}

static sdx_status count_bytes(const sdx_str *parts, size_t n, size_t *total) {
    *total = 0;
    for (size_t i = 0; i < n; i++)
        if (!sdx_add_size(*total, parts[i].len, total))
            return sdx_fail(SDX_LIMIT, "output 'Z' has more bytes than memory holds");
    return NULL;
}

static char *append(char *to, sdx_str text) {
    if (text.len > 0) memcpy(to, text.ptr, text.len);
    return to + text.len;
}

static sdx_status run(const sdx_call *c) {
    const orders *const o = c->bound;
    const size_t n = c->out[0]->len;
    sdx_str *const left = c->scratch, *const right = left + n, *const dst = c->out[0]->data;
    size_t total;
    void *bytes;
    if (n == 0) return NULL;
    sdx_strided_copy(c, left, c->in[IN_X]->data, sizeof *left, &o->of[IN_X]);
    sdx_strided_copy(c, right, c->in[IN_Y]->data, sizeof *right, &o->of[IN_Y]);
    SDX_TRY(count_bytes(left, 2 * n, &total));
    if (total == 0) return NULL; /* outputs start as empty strings */
    SDX_TRY(sdx_call_scratch(c, total, &bytes));
    char *next = bytes;
    for (size_t i = 0; i < n; i++) {
        char *const end = append(append(next, left[i]), right[i]);
        dst[i] = (sdx_str){next, (size_t)(end - next)};
        next = end;
    }
    return NULL;
}

const sdx_op sdx_op_string_concat = {
    .name = "StringConcat",
    .domain = "",
    .since = 20,
    .newest = 20,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    .bound_size = sizeof(orders),
    .infer = sdx_infer_broadcast_all,
    .bind = bind,
    .run = run,
};
