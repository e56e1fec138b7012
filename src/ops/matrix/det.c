/* Det: determinants of square matrices, by elimination with partial pivoting in float64. */
#include <math.h>

#include "ops/call.h"
#include "ops/infer.h"

static const sdx_port inputs[] = {{.name = "X", .var = "T", .types = SDX_T_FLOATS}};
static const sdx_port outputs[] = {{.name = "Y", .var = "T", .types = SDX_T_FLOATS}};

static sdx_status infer(sdx_infer *in) {
    if (!sdx_infer_ranked(in, 0)) return NULL;
    const int rank = in->in[0].rank;
    const sdx_dim *const dims = in->in[0].dims;
    const bool square =
        rank >= 2 && (!sdx_dim_is_number(dims[rank - 1]) || !sdx_dim_is_number(dims[rank - 2]) ||
                      dims[rank - 1] == dims[rank - 2]);
    char text[160];
    if (!square)
        return sdx_fail(SDX_SHAPE_MISMATCH, "input 'X' has shape %s, expected [..., M, M]",
                        sdx_infer_shape_text(in, 0, text, sizeof text));
    return sdx_infer_set_shape(in, 0, (size_t)rank - 2, dims);
}

typedef struct det {
    size_t m, matrices, lane_size;
} det;

static sdx_status bind(sdx_bind *b) {
    det *const d = b->bound;
    const sdx_view *const x = b->in[0];
    d->m = (size_t)x->dims[x->rank - 1];
    d->matrices = sdx_view_count(x, 0, x->rank - 2u);
    if (d->matrices == 0) return NULL;
    if (!sdx_mul_size(d->m * d->m, sizeof(double), &d->lane_size) ||
        !sdx_mul_size(d->lane_size, b->lanes, &b->scratch))
        return sdx_fail(SDX_LIMIT, "found matrices of %zu rows, too many", d->m);
    return NULL;
}

typedef struct job {
    const det *bound;
    const sdx_view *x;
    sdx_view *y;
    char *scratch;
} job;

static void swap_rows(double *a, double *b, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const double x = a[i];
        a[i] = b[i];
        b[i] = x;
    }
}

/* The row whose element in column `k` is largest; NaN is larger than all, so that it stays. */
static size_t find_pivot(const double *a, size_t m, size_t k) {
    size_t best = k;
    for (size_t i = k + 1; i < m; i++) {
        if (!(fabs(a[i * m + k]) <= fabs(a[best * m + k]))) best = i;
    }
    return best;
}

/* The product of the pivots; each exchange of rows turns the sign. */
static double eliminate(double *a, size_t m) {
    double product = 1;
    for (size_t k = 0; k < m; k++) {
        double *const row = a + k * m;
        const size_t pivot = find_pivot(a, m, k);
        if (pivot != k) {
            swap_rows(row + k, a + pivot * m + k, m - k);
            product = -product;
        }
        product *= row[k];
        if (row[k] == 0) return 0;
        for (size_t i = k + 1; i < m; i++) {
            double *const other = a + i * m;
            const double factor = other[k] / row[k];
            for (size_t j = k + 1; j < m; j++) {
                other[j] -= factor * row[j];
            }
        }
    }
    return product;
}

static void matrices(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const size_t m = j->bound->m;
    double *const a = (double *)(void *)(j->scratch + lane * j->bound->lane_size);
    sdx_view y = *j->y;
    for (size_t i = begin; i < end; i++) {
        for (size_t k = 0; k < m * m; k++) {
            a[k] = sdx_view_double(j->x, i * m * m + k);
        }
        sdx_view_set_double(&y, i, eliminate(a, m));
    }
}

static sdx_status run(const sdx_call *c) {
    const det *const d = c->bound;
    job j = {.bound = d, .x = c->in[0], .y = c->out[0], .scratch = c->scratch};
    if (d->matrices == 0) return NULL;
    sdx_call_tiles(c, d->matrices, sdx_grain(d->m * d->m * (d->m / 3 + 8)), matrices, &j);
    return NULL;
}

const sdx_op sdx_op_det = {
    .name = "Det",
    .domain = "",
    .since = 11,
    .newest = 22,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    .flags = SDX_OP_WIDEN,
    .bound_size = sizeof(det),
    .infer = infer,
    .bind = bind,
    .run = run,
};
