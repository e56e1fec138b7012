/* Sequences and cells for one element type: define T, NAME(x), ACTIVATE and PRODUCT first. */

/* One direction of a run. Rows of xg have the order of X: step-major, or batch-major with
 * batch_first. */
typedef struct NAME(pass) {
    const sdx_call *c;
    const sdx_rnn *r;
    const sdx_rnn_activation *f;
    size_t direction, step;
    bool backwards;
    T *xg, *hg, *rh, *rg, *h, *cell;
    const T
        *recurrent_bias; /* of the h gate, of a GRU that applies it before the reset; else NULL */
    const T *peepholes;  /* [i, o, f] of H each, or NULL */
    T clip;              /* 0: none */
} NAME(pass);

static void NAME(clip)(T *x, size_t n, T limit) {
    for (size_t i = 0; limit > 0 && i < n; i++) {
        x[i] = x[i] > limit ? limit : x[i] < -limit ? -limit : x[i];
    }
}

static void NAME(gate)(const NAME(pass) * p, size_t function, T *x, size_t n) {
    NAME(clip)(x, n, p->clip);
    ACTIVATE(&p->f[function], p->c->kernels, x, n);
}

static void NAME(add)(T *x, const T *y, size_t n) {
    for (size_t i = 0; i < n; i++) {
        x[i] += y[i];
    }
}

/* ONNX: RNN-22: Ht = f(Xt*W^T + Ht-1*R^T + Wb + Rb). */
static void NAME(plain_cell)(const NAME(pass) * p, size_t b, T *x) {
    const size_t n = p->r->hidden;
    NAME(add)(x, p->hg + b * n, n);
    NAME(gate)(p, 0, x, n);
    memcpy(p->h + b * n, x, n * sizeof(T));
}

static void NAME(peep)(T *x, const T *weights, const T *cell, size_t n) {
    for (size_t i = 0; weights != NULL && i < n; i++) {
        x[i] += weights[i] * cell[i];
    }
}

/* ONNX: LSTM-22, gates i, o, f, c; peepholes i, o, f. */
static void NAME(lstm_cell)(const NAME(pass) * p, size_t b, T *x) {
    const size_t n = p->r->hidden;
    T *const i = x, *const o = x + n, *const f = x + 2 * n, *const g = x + 3 * n,
             *const cell = p->cell + b * n, *const h = p->h + b * n;
    const T *const peep = p->peepholes;
    NAME(add)(x, p->hg + b * 4 * n, 4 * n);
    NAME(peep)(i, peep, cell, n);
    NAME(peep)(f, peep != NULL ? peep + 2 * n : NULL, cell, n);
    NAME(gate)(p, 0, i, n);
    NAME(gate)(p, 0, f, n);
    NAME(gate)(p, 1, g, n);
    const bool coupled = sdx_node_int(p->c->node, RNN_OWN) != 0; /* input_forget */
    for (size_t k = 0; k < n; k++) {
        cell[k] = (coupled ? 1 - i[k] : f[k]) * cell[k] + i[k] * g[k];
        h[k] = cell[k];
    }
    NAME(peep)(o, peep != NULL ? peep + n : NULL, cell, n);
    NAME(gate)(p, 0, o, n);
    ACTIVATE(&p->f[2], p->c->kernels, h, n);
    for (size_t k = 0; k < n; k++) {
        h[k] *= o[k];
    }
}

/* ONNX: GRU-22, gates z, r, h. First z and r; what they do to h waits for the second product unless
 * linear_before_reset made it part of the first. */
static void NAME(gru_gates)(const NAME(pass) * p, size_t b, T *x) {
    const size_t n = p->r->hidden;
    NAME(add)(x, p->hg + b * 2 * n, 2 * n);
    NAME(gate)(p, 0, x, 2 * n);
    T *const reset = x + n, *const rh = p->rh + b * n;
    const bool after = p->recurrent_bias != NULL;
    for (size_t k = 0; k < n; k++) {
        rh[k] = after ? p->h[b * n + k] : reset[k] * p->h[b * n + k];
    }
}

static void NAME(gru_state)(const NAME(pass) * p, size_t b, T *x) {
    const size_t n = p->r->hidden;
    const T *const z = x, *const reset = x + n, *const product = p->rg + b * n;
    T *const candidate = x + 2 * n, *const h = p->h + b * n;
    for (size_t k = 0; k < n; k++) {
        candidate[k] +=
            p->recurrent_bias != NULL ? reset[k] * (product[k] + p->recurrent_bias[k]) : product[k];
    }
    NAME(gate)(p, 1, candidate, n);
    for (size_t k = 0; k < n; k++) {
        h[k] = (1 - z[k]) * candidate[k] + z[k] * h[k];
    }
}

static size_t NAME(length)(const NAME(pass) * p, size_t b) {
    const sdx_view *const lens = sdx_call_in(p->c, RNN_LENS);
    return lens != NULL ? (size_t)((const int32_t *)lens->data)[b] : p->r->steps;
}

/* The time of this step for sequence b: a backward pass begins at the end of the sequence, not of
 * the padding. */
static size_t NAME(time)(const NAME(pass) * p, size_t b) {
    return p->backwards ? NAME(length)(p, b) - 1 - p->step : p->step;
}

static T *NAME(row)(const NAME(pass) * p, size_t b) {
    const size_t t = NAME(time)(p, b), gates = p->r->row->gates * p->r->hidden;
    return p->xg + (p->r->batch_first ? b * p->r->steps + t : t * p->r->batch + b) * gates;
}

static T *NAME(y)(const NAME(pass) * p, size_t t, size_t b) {
    const sdx_rnn *const r = p->r;
    sdx_view *const out = sdx_call_out(p->c, 0);
    if (out == NULL) return NULL;
    const size_t at = r->batch_first ? (b * r->steps + t) * r->directions + p->direction
                                     : (t * r->directions + p->direction) * r->batch + b;
    return (T *)out->data + at * r->hidden;
}

/* Items are sequences of the batch: their gates, and for all but a GRU their new state. */
static void NAME(first_half)(void *arg, size_t begin, size_t end, unsigned lane) {
    const NAME(pass) *const p = arg;
    (void)lane;
    for (size_t b = begin; b < end; b++) {
        if (p->step >= NAME(length)(p, b)) continue;
        T *const x = NAME(row)(p, b);
        if (p->r->row->kind == SDX_RNN_LSTM)
            NAME(lstm_cell)(p, b, x);
        else if (p->r->row->kind == SDX_RNN_GRU)
            NAME(gru_gates)(p, b, x);
        else
            NAME(plain_cell)(p, b, x);
    }
}

static void NAME(second_half)(void *arg, size_t begin, size_t end, unsigned lane) {
    const NAME(pass) *const p = arg;
    (void)lane;
    for (size_t b = begin; b < end; b++) {
        const bool runs = p->step < NAME(length)(p, b);
        if (runs && p->r->row->kind == SDX_RNN_GRU) NAME(gru_state)(p, b, NAME(row)(p, b));
        T *const y = NAME(y)(p, runs ? NAME(time)(p, b) : p->step, b);
        if (y == NULL) continue;
        if (runs)
            memcpy(y, p->h + b * p->r->hidden, p->r->hidden * sizeof(T));
        else
            memset(y, 0, p->r->hidden * sizeof(T)); /* padding */
    }
}

static sdx_status NAME(steps)(NAME(pass) * p, const T *r, const T *r2) {
    const sdx_rnn *const s = p->r;
    const size_t n = s->hidden, first = sdx_rnn_first_rows(s->row, n),
                 grain = sdx_grain(n * s->row->gates * 8);
    for (p->step = 0; p->step < s->steps; p->step++) {
        if (sdx_call_cancelled(p->c)) return sdx_call_stopped();
        PRODUCT(p->c, s, p->hg, p->h, r, NULL, s->batch, first, n);
        sdx_call_for(p->c, s->batch, grain, NAME(first_half), p);
        if (s->row->kind == SDX_RNN_GRU) PRODUCT(p->c, s, p->rg, p->rh, r2, NULL, s->batch, n, n);
        sdx_call_for(p->c, s->batch, grain, NAME(second_half), p);
    }
    return NULL;
}

/* Wb + Rb, but for the h gate of a GRU that adds Rbh before the reset: that one is kept apart,
 * behind the sums. */
static void NAME(bias)(NAME(pass) * p, T *bias) {
    const size_t n = p->r->hidden, gates = p->r->row->gates * n;
    const sdx_view *const in = sdx_call_in(p->c, RNN_B);
    const T *const b = in != NULL ? (const T *)in->data + p->direction * 2 * gates : NULL;
    const bool after = p->r->row->kind == SDX_RNN_GRU &&
                       sdx_node_int(p->c->node, RNN_OWN) != 0; /* linear_before_reset */
    for (size_t i = 0; i < gates; i++) {
        bias[i] = b == NULL ? 0 : after && i >= 2 * n ? b[i] : b[i] + b[gates + i];
        bias[gates + i] = b == NULL ? 0 : b[gates + i];
    }
    p->recurrent_bias = after ? bias + gates + 2 * n : NULL;
}

static void NAME(copy_state)(const NAME(pass) * p, T *state, T *outside, bool in) {
    const sdx_rnn *const r = p->r;
    for (size_t b = 0; b < r->batch; b++) {
        T *const there = outside + (r->batch_first ? b * r->directions + p->direction
                                                   : p->direction * r->batch + b) *
                                       r->hidden;
        T *const here = state + b * r->hidden;
        memcpy(in ? here : there, in ? there : here, r->hidden * sizeof(T));
    }
}

static void NAME(load_state)(const NAME(pass) * p, T *state, size_t input) {
    const sdx_view *const initial = sdx_call_in(p->c, input);
    if (initial != NULL)
        NAME(copy_state)(p, state, initial->data, true);
    else
        memset(state, 0, p->r->batch * p->r->hidden * sizeof(T));
}

static sdx_status NAME(run_direction)(const sdx_call *c, size_t direction, const T *w, const T *r,
                                      const T *r2) {
    const sdx_rnn *const s = c->bound;
    const sdx_rnn_prepared *const prepared = c->prepared;
    char *const scratch = c->scratch;
    T *const bias = (T *)(void *)(scratch + s->at_bias);
    const bool lstm = s->row->kind == SDX_RNN_LSTM;
    const sdx_view *const peepholes = lstm ? sdx_call_in(c, RNN_P) : NULL;
    const sdx_attr *const clip = sdx_node_attr(c->node, RNN_CLIP);
    NAME(pass)
    p = {.c = c,
         .r = s,
         .f = prepared->activations + direction * s->row->n_activations,
         .direction = direction,
         .backwards = s->backwards || direction == 1,
         .xg = (T *)(void *)(scratch + s->at_xg),
         .hg = (T *)(void *)(scratch + s->at_hg),
         .rh = (T *)(void *)(scratch + s->at_rh),
         .rg = (T *)(void *)(scratch + s->at_rg),
         .h = (T *)(void *)(scratch + s->at_h),
         .cell = (T *)(void *)(scratch + s->at_c),
         .peepholes =
             peepholes != NULL ? (const T *)peepholes->data + direction * 3 * s->hidden : NULL,
         .clip = clip->kind != SDX_ATTR_ABSENT ? (T)clip->f : 0};
    NAME(bias)(&p, bias);
    NAME(load_state)(&p, p.h, RNN_H0);
    if (lstm) NAME(load_state)(&p, p.cell, RNN_C0);
    PRODUCT(c, s, p.xg, c->in[RNN_X]->data, w, bias, s->steps * s->batch, s->row->gates * s->hidden,
            s->input);
    SDX_TRY(NAME(steps)(&p, r, r2));
    if (sdx_call_out(c, 1) != NULL) NAME(copy_state)(&p, p.h, c->out[1]->data, false);
    if (lstm && sdx_call_out(c, 2) != NULL) NAME(copy_state)(&p, p.cell, c->out[2]->data, false);
    return NULL;
}

#undef T
#undef NAME
#undef ACTIVATE
#undef PRODUCT
