/* A step for elements of one type: define T and NAME(x) first. */
static void NAME(chunk)(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const size_t kinds = MEMORY + j->row->memories;
    (void)lane;
    for (size_t i = begin; i < end; i++) {
        double e[MAX_KINDS] = {0};
        for (size_t kind = X; kind < kinds; kind++)
            e[kind] = (double)((const T *)j->in[kind])[i];
        e[G] += j->rates->regularization * e[X];
        j->row->update(j->rates, e);
        for (size_t kind = X; kind < kinds; kind++)
            if (j->out[kind] != NULL) ((T *)j->out[kind])[i] = (T)e[kind];
    }
}

#undef T
#undef NAME
