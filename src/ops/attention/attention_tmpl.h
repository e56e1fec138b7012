/* The rows of a tile of scores. Define first: T, NAME(x), and the functions scores, values, cap and
 * softmax of that name; softmax says false for a row that is all -inf. */

/* One score more than the n of a row takes part in the softmax, and goes again. */
static bool NAME(normalise)(const sdx_attention *a, const tile *t, T *s, size_t n) {
    if (!a->sunk) return NAME(softmax)(a->kernels, s, n);
    const T behind = s[n];
    s[n] = a->sinks != NULL ? (T)a->sinks[t->head] : 0;
    const bool any = NAME(softmax)(a->kernels, s, n + 1);
    s[n] = behind;
    return any;
}

static void NAME(add_bias)(const sdx_attention *a, const tile *t, size_t row, range seen, T *s) {
    if (a->bias.data == NULL) return;
    const T *const bias =
        (const T *)a->bias.data + sdx_heads_at(&a->bias.at, t->batch, t->head, row);
    for (size_t j = seen.from; j < seen.to; j++) {
        s[j] += bias[j];
    }
}

/* Where the mask hides keys: -inf. */
static void NAME(mask_row)(const sdx_attention *a, const tile *t, size_t row, range seen, T *s) {
    const sdx_attention_mask *const mask = &a->mask;
    if (mask->data == NULL) return;
    const size_t at = sdx_heads_at(&mask->at, t->batch, t->head, row);
    if (mask->boolean) {
        const uint8_t *const m = (const uint8_t *)mask->data + at;
        for (size_t j = seen.from; j < seen.to; j++) {
            s[j] = m[j] != 0 ? s[j] : -(T)INFINITY;
        }
        return;
    }
    const T *const m = (const T *)mask->data + at;
    for (size_t j = seen.from; j < seen.to; j++) {
        s[j] = m[j] == -(T)INFINITY ? m[j] : s[j] + m[j];
    }
}

static void NAME(show)(const sdx_attention *a, const tile *t, size_t row, sdx_qk_stage stage,
                       const T *s) {
    if (a->qk == NULL || a->stage != stage) return;
    const size_t at = ((t->batch * a->heads + t->head) * a->q_len + row) * a->total;
    memcpy((T *)a->qk + at, s, a->total * sizeof *s);
}

/* The keys that are not seen. */
static void NAME(fill)(range keys, range seen, T *s, T x) {
    for (size_t j = keys.from; j < seen.from; j++) {
        s[j] = x;
    }
    for (size_t j = seen.to; j < keys.to; j++) {
        s[j] = x;
    }
}

/* Scores of one row become probabilities; ONNX: Attention-25: softcap, bias, softmax; a row that
 * sees nothing is zero. */
static void NAME(finish_row)(const sdx_attention *a, const tile *t, size_t row, T *s) {
    const range keys = t->keys;
    range seen = visible(a, t->batch, row);
    if (seen.from >= seen.to) seen = (range){.from = keys.to, .to = keys.to};
    NAME(show)(a, t, row, SDX_QK_RAW, s);
    if (a->softcap > 0) NAME(cap)(a->kernels, s + keys.from, keys.to - keys.from, a->softcap);
    NAME(show)(a, t, row, SDX_QK_CAPPED, s);
    NAME(mask_row)(a, t, row, seen, s);
    NAME(add_bias)(a, t, row, seen, s);
    if (a->qk != NULL && a->stage == SDX_QK_MASKED) {
        NAME(fill)(keys, seen, s, (T)a->hidden);
        NAME(show)(a, t, row, SDX_QK_MASKED, s);
    }
    if (seen.from == seen.to || !NAME(normalise)(a, t, s + seen.from, seen.to - seen.from))
        seen.to = seen.from;
    NAME(fill)(keys, seen, s, 0);
    NAME(show)(a, t, row, SDX_QK_SOFTMAX, s);
}

static void NAME(chunk)(void *arg, size_t begin, size_t end, unsigned lane) {
    const sdx_attention *const a = arg;
    T *const s = (T *)(void *)((char *)a->lanes + lane * a->lane_bytes);
    for (size_t item = begin; item < end; item++) {
        tile t = tile_at(a, item);
        if (t.keys.to <= t.keys.from) t.keys.to = t.keys.from; /* products of no terms are zero */
        NAME(scores)(a, &t, s);
        for (size_t r = 0; r < t.n; r++) {
            NAME(finish_row)(a, &t, t.row + r, s + r * a->total);
        }
        if (a->y != NULL) NAME(values)(a, &t, s);
    }
}

#undef T
#undef NAME
