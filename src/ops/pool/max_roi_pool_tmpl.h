/* MaxRoiPool in one type: define T and NAME(x) first. */

/* ONNX: MaxRoiPool-22: the region in whole elements, both ends included, at least one long. */
static extent NAME(extent_of)(T from, T to, T scale, size_t bins) {
    const int64_t first = whole((double)(from * scale)), last = whole((double)(to * scale));
    const int64_t len = last - first + 1 > 1 ? last - first + 1 : 1;
    return (extent){.first = first, .bin = (float)len / (float)bins};
}

static T NAME(largest)(const T *x, size_t cols, const range *rows, const range *columns) {
    T best = rows->end > rows->first && columns->end > columns->first
                 ? x[rows->first * cols + columns->first]
                 : 0;
    for (size_t row = rows->first; row < rows->end; row++) {
        const T *const line = x + row * cols;
        for (size_t col = columns->first; col < columns->end; col++) {
            best = line[col] > best ? line[col] : best;
        }
    }
    return best;
}

/* One region in one channel. */
static void NAME(plane)(const job *j, size_t region, size_t channel) {
    const max_roi_pool *const p = j->bound;
    const T *const roi = (const T *)j->rois + region * 5;
    const T *const x = (const T *)j->x + ((size_t)roi[0] * p->channels + channel) * p->h * p->w;
    T *const y = (T *)j->y + (region * p->channels + channel) * p->rows * p->cols;
    const extent down = NAME(extent_of)(roi[2], roi[4], (T)p->scale, p->rows);
    const extent right = NAME(extent_of)(roi[1], roi[3], (T)p->scale, p->cols);
    for (size_t row = 0; row < p->rows; row++) {
        const range rows = range_of(&down, row, p->h);
        for (size_t col = 0; col < p->cols; col++) {
            const range columns = range_of(&right, col, p->w);
            y[row * p->cols + col] = NAME(largest)(x, p->w, &rows, &columns);
        }
    }
}

#undef T
#undef NAME
