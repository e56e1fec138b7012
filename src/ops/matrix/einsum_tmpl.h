/* Sums of products in one type: define T, NAME(x) and SUM (the type to add
 * up in) first. Integers wrap. */
static void NAME(sums)(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const einsum *const e = j->einsum;
    (void)lane;
    for (size_t o = begin; o < end; o++) {
        size_t at[SDX_EQUATION_INPUTS] = {0}, place[SDX_EQUATION_LABELS] = {0};
        SUM sum = 0;
        offsets(e, o, at);
        for (size_t s = 0; s < e->sum_len; s++) {
            SUM term = 1;
            for (size_t i = 0; i < e->n_in; i++)
                term *= ((const T *)j->in[i])[at[i]];
            sum += term;
            next_term(e, place, at);
        }
        ((T *)j->out)[o] = (T)sum;
    }
}

#undef T
#undef NAME
#undef SUM
