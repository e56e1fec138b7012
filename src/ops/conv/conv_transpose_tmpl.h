/* Blocks of output channels in one type: define T and NAME(x) first. */

static void NAME(start)(T *y, const T *bias, size_t channels, size_t len) {
    for (size_t c = 0; c < channels; c++) {
        const T term = bias != NULL ? bias[c] : 0;
        for (size_t i = 0; i < len; i++)
            y[c * len + i] = term;
    }
}

static void NAME(one_block)(const job *j, size_t index, unsigned lane) {
    const conv_transpose *const t = j->t;
    const sdx_window_nd *const w = &t->window;
    const size_t plane = index / t->blocks, first = index % t->blocks * t->block;
    const size_t group = plane % t->groups, left = t->out_channels - first;
    const size_t channels = left < t->block ? left : t->block;
    char *const own = j->scratch + lane * t->lane_size;
    T *const y = (T *)j->y + (plane * t->out_channels + first) * w->in_len;
    const T *const bias = (const T *)j->bias;
    unit u = {.w = (group * t->in_channels * t->out_channels + first) * w->taps,
              .rows = channels * w->taps,
              .row_of_w = t->out_channels * w->taps,
              .columns = own,
              .scratch = (float *)(void *)(own + t->columns_size)};
    NAME(start)
    (y, bias != NULL ? bias + group * t->out_channels + first : NULL, channels, w->in_len);
    for (size_t col = 0; col < w->out_len; col += t->strip) {
        u.x = plane * t->in_channels * w->out_len + col;
        u.n = w->out_len - col < t->strip ? w->out_len - col : t->strip;
        NAME(multiply)(j, &u);
        const sdx_columns columns = {
            .window = w, .channels = channels, .first = col, .n = u.n, .row = u.n};
        sdx_columns_add(y, u.columns, sizeof(T), &columns);
    }
}

static void NAME(blocks)(void *arg, size_t begin, size_t end, unsigned lane) {
    for (size_t i = begin; i < end; i++)
        NAME(one_block)(arg, i, lane);
}

#undef T
#undef NAME
