/* The loops of all reductions. A row is cut into blocks of 32 vectors; a block is summed in four
 * chains, blocks are joined in pairs, pairs of pairs and so on (a binary counter of partial
 * results), so the error grows with log n and the order depends on n alone. The functions passed in
 * are constants at every call and take the place of the pointers. */
#ifndef SDX_KERNELS_REDUCE_H
#define SDX_KERNELS_REDUCE_H

#include <math.h>

#include "kernels/set.h"

typedef vf reduce_term(vf x, vf p); /* what is reduced, of each element */
typedef vf reduce_join(vf a, vf b);

enum {
    REDUCE_CHAINS = 4,
    REDUCE_BLOCK = 32,  /* vectors of a row, or rows, that are added one after the other */
    REDUCE_LEVELS = 64, /* of the counter: more than the blocks of any size_t */
};

/* n floats, fewer than a block or exactly one. */
SDX_INLINE vf reduce_block(const float *x, size_t n, vf p, vf neutral, reduce_term *term,
                           reduce_join *join) {
    vf chain[REDUCE_CHAINS];
    for (size_t c = 0; c < REDUCE_CHAINS; c++)
        chain[c] = neutral;
    size_t i = 0;
    for (; n - i >= REDUCE_CHAINS * VF_N; i += REDUCE_CHAINS * VF_N) {
        SDX_UNROLL(4)
        for (size_t c = 0; c < REDUCE_CHAINS; c++)
            chain[c] = join(chain[c], term(vf_load(x + i + c * VF_N), p));
    }
    for (; n - i >= VF_N; i += VF_N)
        chain[0] = join(chain[0], term(vf_load(x + i), p));
    if (i < n) {
        const vf last = term(vf_load_n(x + i, n - i), p);
        chain[1] = join(chain[1], vf_if(vm_first(n - i), last, neutral));
    }
    return join(join(chain[0], chain[1]), join(chain[2], chain[3]));
}

/* One vector whose lanes are still to be joined. */
SDX_INLINE vf reduce_row(const float *x, size_t n, float parameter, float empty, reduce_term *term,
                         reduce_join *join) {
    const size_t block = REDUCE_BLOCK * VF_N;
    const vf p = vf_set(parameter);
    const vf neutral = vf_set(empty);
    vf level[REDUCE_LEVELS];
    size_t depth = 0;
    size_t i = 0;
    for (size_t done = 1; n - i >= block; done++, i += block) {
        vf v = reduce_block(x + i, block, p, neutral, term, join);
        for (size_t pairs = done; pairs % 2 == 0; pairs /= 2)
            v = join(level[--depth], v);
        level[depth++] = v;
    }
    vf v = reduce_block(x + i, n - i, p, neutral, term, join);
    while (depth > 0)
        v = join(level[--depth], v);
    return v;
}

SDX_INLINE vf term_same(vf x, vf p) {
    (void)p;
    return x;
}
SDX_INLINE vf term_square(vf x, vf p) {
    const vf d = vf_sub(x, p);
    return vf_mul(d, d);
}
SDX_INLINE vf join_sum(vf a, vf b) { return vf_add(a, b); }
SDX_INLINE vf join_max(vf a, vf b) { return vf_max_nan(a, b); }

/* The three reductions that row kernels need as well. */
SDX_INLINE float row_sum(const float *x, size_t n) {
    return vf_sum(reduce_row(x, n, 0.0f, 0.0f, term_same, join_sum));
}
SDX_INLINE float row_sum_square(const float *x, size_t n, float centre) {
    return vf_sum(reduce_row(x, n, centre, 0.0f, term_square, join_sum));
}
SDX_INLINE float row_max(const float *x, size_t n) {
    return vf_max_lane(reduce_row(x, n, 0.0f, -INFINITY, term_same, join_max));
}

#endif
