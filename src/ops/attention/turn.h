/* Rotary embedding of one head: pairs of its elements are turned by angles. */
#ifndef SDX_OPS_ATTENTION_TURN_H
#define SDX_OPS_ATTENTION_TURN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef struct sdx_turn {
    const float *cos, *sin; /* of each pair */
    size_t half;            /* pairs; what lies behind them stays as it is */
    bool interleaved;       /* a pair is two neighbours, else i and i + half */
} sdx_turn;

/* y may be x. */
static inline void sdx_turn_head(float *y, const float *x, size_t size, const sdx_turn *t) {
    const size_t half = t->half, step = t->interleaved ? 2 : 1, other = t->interleaved ? 1 : half;
    for (size_t i = 0; i < half; i++) {
        const float a = x[i * step], b = x[i * step + other];
        y[i * step] = t->cos[i] * a - t->sin[i] * b;
        y[i * step + other] = t->sin[i] * a + t->cos[i] * b;
    }
    if (y != x) memcpy(y + 2 * half, x + 2 * half, (size - 2 * half) * sizeof *y);
}

#endif
