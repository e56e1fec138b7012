/* Shapes of NumPy's matrix product: a vector on the left is a row, on the right a column, and the
 * dim it lacks is left out of the result; all dims but the last two broadcast. */
#include "ops/matrix/matmul.h"

/* The last two dims of an input as the product sees them. */
typedef struct sides {
    sdx_dim rows, cols;
} sides;

static sides left(const sdx_dim *dims, size_t rank, bool swap) {
    if (rank == 1) return (sides){.rows = 1, .cols = dims[0]};
    const sdx_dim before = dims[rank - 2], last = dims[rank - 1];
    return swap ? (sides){.rows = last, .cols = before} : (sides){.rows = before, .cols = last};
}

static sides right(const sdx_dim *dims, size_t rank, bool swap) {
    if (rank == 1) return (sides){.rows = dims[0], .cols = 1};
    return left(dims, rank, swap);
}

static sdx_status no_match(const sdx_infer *in, sdx_dim a, sdx_dim b) {
    char shape_a[160], shape_b[160];
    return sdx_fail(SDX_SHAPE_MISMATCH,
                    "inputs 'A' and 'B' have shapes %s and %s, expected %lld columns of 'A' to be "
                    "%lld rows of 'B'; transpose or reshape one of them",
                    sdx_infer_shape_text(in, 0, shape_a, sizeof shape_a),
                    sdx_infer_shape_text(in, 1, shape_b, sizeof shape_b), (long long)a,
                    (long long)b);
}

static sdx_status want_no_scalar(const sdx_infer *in, size_t i) {
    if (!sdx_infer_ranked(in, i) || in->in[i].rank > 0) return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH,
                    "input '%c' is a scalar, expected rank 1 or more; use Mul for scalars",
                    i == 0 ? 'A' : 'B');
}

static sdx_status infer_batch(sdx_infer *in, size_t n_a, size_t n_b, sdx_dim *dims) {
    const size_t n = n_a > n_b ? n_a : n_b;
    for (size_t i = 0; i < n; i++) {
        const sdx_dim a = i + n_a >= n ? in->in[0].dims[i + n_a - n] : 1;
        const sdx_dim b = i + n_b >= n ? in->in[1].dims[i + n_b - n] : 1;
        char shape_a[160], shape_b[160];
        if (sdx_dim_broadcast(in->dims, a, b, &dims[i])) continue;
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "inputs 'A' and 'B' have shapes %s and %s, expected equal dimensions or 1 "
                        "before the last two, found %lld and %lld",
                        sdx_infer_shape_text(in, 0, shape_a, sizeof shape_a),
                        sdx_infer_shape_text(in, 1, shape_b, sizeof shape_b), (long long)a,
                        (long long)b);
    }
    return NULL;
}

static size_t batch_rank(size_t rank) { return rank > 2 ? rank - 2 : 0; }

sdx_status sdx_matmul_infer(sdx_infer *in, bool swap_a, bool swap_b) {
    SDX_TRY(want_no_scalar(in, 0));
    SDX_TRY(want_no_scalar(in, 1));
    if (!sdx_infer_ranked(in, 0) || !sdx_infer_ranked(in, 1)) return NULL;
    const size_t rank_a = (size_t)in->in[0].rank, rank_b = (size_t)in->in[1].rank;
    const sides a = left(in->in[0].dims, rank_a, swap_a);
    const sides b = right(in->in[1].dims, rank_b, swap_b);
    if (sdx_dim_is_number(a.cols) && sdx_dim_is_number(b.rows) && a.cols != b.rows)
        return no_match(in, a.cols, b.rows);
    const size_t n_a = batch_rank(rank_a), n_b = batch_rank(rank_b);
    sdx_dim dims[SDX_MAX_RANK];
    SDX_TRY(infer_batch(in, n_a, n_b, dims));
    size_t rank = n_a > n_b ? n_a : n_b;
    if (rank_a > 1) dims[rank++] = a.rows;
    if (rank_b > 1) dims[rank++] = b.cols;
    return sdx_infer_set_shape(in, 0, rank, dims);
}

void sdx_matmul_describe(sdx_product *p, const sdx_view *a, const sdx_view *b, bool swap_a,
                         bool swap_b) {
    const sides from_a = left(a->dims, a->rank, swap_a), from_b = right(b->dims, b->rank, swap_b);
    const bool a_columns = swap_a && a->rank > 1, b_columns = swap_b && b->rank > 1;
    p->dtype = a->dtype;
    p->m = (size_t)from_a.rows;
    p->k = (size_t)from_a.cols;
    p->n = (size_t)from_b.cols;
    p->a_row = a_columns ? 1 : p->k;
    p->a_col = a_columns ? p->m : 1;
    p->b_row = b_columns ? 1 : p->n;
    p->b_col = b_columns ? p->k : 1;
    p->alpha = 1.0f;
    sdx_product_set_batch(p, batch_rank(a->rank), a->dims, batch_rank(b->rank), b->dims,
                          p->m * p->k, p->k * p->n);
}
