/* RoiAlign in one type: define T and NAME(x) first. Places of samples are computed in T, as the
 * frameworks do it, so that their number is theirs. */

/* Samples of bin `bin` along one dim of `len` elements. */
static void NAME(look)(const NAME(extent) * e, size_t bin, size_t len, size_t room, samples *s) {
    const T step = e->bin / e->grid, base = e->start + (T)bin * e->bin;
    const double one = (-1 - (double)base) / (double)step; /* where samples enter and leave */
    const double other = ((double)len - (double)base) / (double)step;
    const double low = floor(fmin(one, other)) - 2, high = ceil(fmax(one, other)) + 2;
    s->n = 0;
    if (len == 0 || !(e->grid >= 1)) return;
    const double first = low > 0 ? low : 0, end = high < (double)e->grid ? high : (double)e->grid;
    for (double i = first; i < end && s->n < room; i++) {
        T x = base + ((T)i + (T)0.5) * e->bin / e->grid;
        if (!(x >= -1 && x <= (T)len)) continue;
        x = x > 0 ? x : 0;
        sample *const to = &s->list[s->n++];
        const bool last = x >= (T)(len - 1);
        to->low = last ? len - 1 : (size_t)x;
        to->high = last ? to->low : to->low + 1;
        to->far = last ? 0 : (double)(x - (T)to->low);
    }
}

/* ONNX: RoiAlign-22 sampling_ratio: 0 means about one sample an element. Regions that are no
 * regions have no samples. */
static NAME(extent) NAME(extent_of)(const roi_align *r, T from, T to, size_t bins) {
    const T offset = r->half_pixel ? (T)0.5 : 0;
    NAME(extent) e = {.start = from * (T)r->scale - offset};
    T size = to * (T)r->scale - offset - e.start;
    if (!r->half_pixel && size < 1) size = 1;
    e.bin = size / (T)bins;
    e.grid = r->ratio > 0 ? (T)r->ratio : (T)ceil((double)e.bin);
    if (!isfinite((double)e.bin) || !isfinite((double)e.start)) e.grid = 0;
    return e;
}

/* The largest of the four weighted neighbours of any sample; one that lies outside counts as 0. */
static T NAME(largest)(const T *x, size_t cols, const samples *ys, const samples *xs, bool whole) {
    double best = whole ? -(double)INFINITY : 0;
    for (size_t i = 0; i < ys->n; i++) {
        const sample *const sy = &ys->list[i];
        const T *const above = x + sy->low * cols, *const below = x + sy->high * cols;
        for (size_t k = 0; k < xs->n; k++) {
            const sample *const sx = &xs->list[k];
            best = fmax(best, (1 - sy->far) * (1 - sx->far) * (double)above[sx->low]);
            best = fmax(best, (1 - sy->far) * sx->far * (double)above[sx->high]);
            best = fmax(best, sy->far * (1 - sx->far) * (double)below[sx->low]);
            best = fmax(best, sy->far * sx->far * (double)below[sx->high]);
        }
    }
    return (T)best;
}

/* Weights of rows times weights of columns, over what they cover. */
static T NAME(mean)(const T *x, size_t cols, const cover *ys, const cover *xs, double count) {
    double sum = 0;
    for (size_t row = ys->first; row < ys->end; row++) {
        const T *const line = x + row * cols;
        double part = 0;
        for (size_t col = xs->first; col < xs->end; col++) {
            part += xs->weight[col] * (double)line[col];
        }
        sum += ys->weight[row] * part;
    }
    return (T)(sum / count);
}

/* A row of bins of one region, in all channels. */
static void NAME(row)(const job *j, size_t region, size_t row, lane_room *room) {
    const roi_align *const r = j->bound;
    const T *const roi = (const T *)j->rois + region * 4;
    const NAME(extent) down = NAME(extent_of)(r, roi[1], roi[3], r->rows);
    const NAME(extent) right = NAME(extent_of)(r, roi[0], roi[2], r->cols);
    const double count = (double)down.grid * (double)right.grid;
    const T *const image = (const T *)j->x + (size_t)j->images[region] * r->channels * r->h * r->w;
    T *const y = (T *)j->y + (region * r->channels * r->rows + row) * r->cols;
    NAME(look)(&down, row, r->h, r->room_y, &room->ys);
    cover_all(&room->ys, &room->rows, r->h);
    for (size_t col = 0; col < r->cols; col++) {
        NAME(look)(&right, col, r->w, r->room_x, &room->xs);
        cover_all(&room->xs, &room->cols, r->w);
        const double seen = (double)room->ys.n * (double)room->xs.n;
        for (size_t c = 0; c < r->channels; c++) {
            const T *const x = image + c * r->h * r->w;
            T *const to = y + c * r->rows * r->cols + col;
            if (seen == 0)
                *to = 0;
            else if (r->max)
                *to = NAME(largest)(x, r->w, &room->ys, &room->xs, seen == count);
            else
                *to = NAME(mean)(x, r->w, &room->rows, &room->cols, count);
        }
    }
}

#undef T
#undef NAME
