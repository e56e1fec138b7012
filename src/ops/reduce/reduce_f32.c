/* Reductions of float32, by kernels. */
#include <math.h>

#include "kernels/kernels.h"
#include "ops/reduce/reduce.h"

/* log(sum of exp(x)) with the largest element taken out, so that nothing overflows. */
static float log_sum_exp(const sdx_kernel_table *k, const float *x, size_t n) {
    const float max = k->max_row_f32(x, n, 0.0f);
    if (!isfinite(max)) return max; /* nothing but -inf, or +inf or NaN among them */
    return max + logf(k->sum_exp_f32(x, n, max));
}

static sdx_reduce_f32_fn *row_kernel(const sdx_kernel_table *k, sdx_reduction reduction) {
    sdx_reduce_f32_fn *const rows[SDX_REDUCE_LOG_SUM_EXP] = {
        [SDX_REDUCE_SUM] = k->sum_f32,
        [SDX_REDUCE_SUM_ABS] = k->sum_abs_f32,
        [SDX_REDUCE_SUM_SQUARE] = k->sum_square_f32,
        [SDX_REDUCE_PROD] = k->prod_f32,
        [SDX_REDUCE_MAX] = k->max_row_f32,
        [SDX_REDUCE_MIN] = k->min_row_f32,
    };
    return rows[reduction];
}

static sdx_reduce_rows_f32_fn *column_kernel(const sdx_kernel_table *k, sdx_reduction reduction) {
    sdx_reduce_rows_f32_fn *const columns[SDX_REDUCE_LOG_SUM_EXP] = {
        [SDX_REDUCE_SUM] = k->sum_rows_f32,
        [SDX_REDUCE_SUM_ABS] = k->sum_abs_rows_f32,
        [SDX_REDUCE_SUM_SQUARE] = k->sum_square_rows_f32,
        [SDX_REDUCE_PROD] = k->prod_rows_f32,
        [SDX_REDUCE_MAX] = k->max_rows_f32,
        [SDX_REDUCE_MIN] = k->min_rows_f32,
    };
    return columns[reduction];
}

static void finish(const sdx_reduce_job *job, float *y, size_t n) {
    const sdx_kernel_table *const k = job->kernels;
    const float count = (float)job->reduced;
    switch (job->end) {
    case SDX_REDUCE_PLAIN: break;
    case SDX_REDUCE_MEAN: k->div_f32(y, y, &count, n, SDX_FORM_VS); break;
    case SDX_REDUCE_SQRT: k->sqrt_f32(y, y, n, 0, 0); break;
    case SDX_REDUCE_LOG: k->log_f32(y, y, n, 0, 0); break;
    }
}

static void rows(const sdx_reduce_job *job, size_t begin, size_t end) {
    float *const y = job->y;
    const float *const x = job->x;
    const size_t n = job->reduced;
    if (job->reduction == SDX_REDUCE_LOG_SUM_EXP) {
        for (size_t i = begin; i < end; i++) {
            y[i] = log_sum_exp(job->kernels, x + i * n, n);
        }
        return;
    }
    sdx_reduce_f32_fn *const row = row_kernel(job->kernels, job->reduction);
    for (size_t i = begin; i < end; i++) {
        y[i] = row(x + i * n, n, 0.0f);
    }
    finish(job, y + begin, end - begin);
}

static void columns(const sdx_reduce_job *job, size_t begin, size_t end) {
    sdx_reduce_rows_f32_fn *const kernel = column_kernel(job->kernels, job->reduction);
    for (size_t i = begin; i < end; i++) {
        const sdx_reduce_tile tile = sdx_reduce_tile_at(job, i);
        float *const y = (float *)job->y + tile.y;
        kernel(y, (const float *)job->x + tile.x, job->reduced, tile.width, job->inner);
        finish(job, y, tile.width);
    }
}

const sdx_reduce_loops sdx_reduce_f32 = {.rows = rows, .columns = columns};
