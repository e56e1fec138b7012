/* Running RNN, GRU and LSTM: see README.md. */
#include <string.h>

#include "ops/rnn/rnn.h"

#define T float
#define NAME(x) x##_f32
#define ACTIVATE sdx_rnn_activate_f32
#define PRODUCT sdx_rnn_product_f32
#include "ops/rnn/run_tmpl.h"
#define T double
#define NAME(x) x##_f64
#define ACTIVATE sdx_rnn_activate_f64
#define PRODUCT sdx_rnn_product_f64
#include "ops/rnn/run_tmpl.h"

static sdx_status check_lengths(const sdx_call *c, const sdx_rnn *r) {
    const sdx_view *const lens = sdx_call_in(c, RNN_LENS);
    for (size_t b = 0; lens != NULL && b < lens->len; b++) {
        const int32_t length = ((const int32_t *)lens->data)[b];
        if (length < 0 || (size_t)length > r->steps)
            return sdx_fail_index(c, RNN_LENS, b, length, 0, (int64_t)r->steps);
    }
    return NULL;
}

/* Weights of all directions as packs: those of the model, or made now in scratch. */
static sdx_status find_pack(const sdx_call *c, sdx_pack *pack, size_t input, size_t at, size_t row0,
                            size_t rows, const float **out) {
    const sdx_view *const view = c->in[input];
    const void *bytes = (char *)c->scratch + at;
    if (pack != NULL)
        SDX_TRY(sdx_call_pack(c, pack, &bytes));
    else
        sdx_rnn_pack_now(c->kernels, (float *)(uintptr_t)bytes, view->data, (size_t)view->dims[0],
                         (size_t)view->dims[1], row0, rows, (size_t)view->dims[2]);
    *out = bytes;
    return NULL;
}

static sdx_status run_f32(const sdx_call *c) {
    const sdx_rnn *const r = c->bound;
    const sdx_rnn_prepared *const prepared = c->prepared;
    const size_t gates = r->row->gates * r->hidden, first = sdx_rnn_first_rows(r->row, r->hidden);
    const float *w, *rec, *rec2 = NULL;
    SDX_TRY(find_pack(c, prepared->w, RNN_W, r->at_w, 0, gates, &w));
    SDX_TRY(find_pack(c, prepared->r, RNN_R, r->at_r, 0, first, &rec));
    if (first < gates)
        SDX_TRY(find_pack(c, prepared->r2, RNN_R, r->at_r2, first, gates - first, &rec2));
    for (size_t d = 0; d < r->directions; d++) {
        SDX_TRY(run_direction_f32(c, d, w + d * r->w_len, rec + d * r->r_len,
                                  rec2 != NULL ? rec2 + d * r->r2_len : NULL));
    }
    return NULL;
}

static sdx_status run_f64(const sdx_call *c) {
    const sdx_rnn *const r = c->bound;
    const size_t first = sdx_rnn_first_rows(r->row, r->hidden);
    const double *const w = c->in[RNN_W]->data, *const rec = c->in[RNN_R]->data;
    for (size_t d = 0; d < r->directions; d++) {
        SDX_TRY(run_direction_f64(c, d, w + d * r->w_len, rec + d * r->r_len,
                                  rec + d * r->r_len + first * r->hidden));
    }
    return NULL;
}

sdx_status sdx_rnn_run(const sdx_call *c) {
    const sdx_rnn *const r = c->bound;
    SDX_TRY(check_lengths(c, r));
    if (r->batch == 0 || r->hidden == 0) return NULL;
    return c->in[RNN_X]->dtype == SDX_FLOAT64 ? run_f64(c) : run_f32(c);
}
