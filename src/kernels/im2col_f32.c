/* The matrix of a convolution, made panel by panel in the packed format of the product. The columns
 * of a panel are consecutive outputs, so they fall into runs that share a row of the result; a run
 * of one tap is a piece of an input row. */
#include "kernels/gemm_f32.h"

/* Outputs (oy, ox) to (oy, ox + len - 1), at columns `at` on of the panel. */
typedef struct run {
    size_t at, len, oy, ox;
} run;

/* dst[i] = row[column + i * step] for i < len, 0 outside the row; column as padded place. */
static void piece(float *dst, size_t len, const float *row, const sdx_window *w, size_t place) {
    const size_t step = w->stride_w;
    size_t i = 0;
    for (; i < len && place + i * step < w->pad_left; i++)
        dst[i] = 0.0f;
    const size_t column = place + i * step - w->pad_left; /* wraps only where i is len */
    if (i < len && step == 1) {
        const size_t inside = column < w->in_w ? w->in_w - column : 0;
        const size_t end = inside < len - i ? i + inside : len;
        const float *s = row + (inside ? column : 0);
        for (; end - i >= VF_N; i += VF_N, s += VF_N)
            vf_store(dst + i, vf_load(s));
        if (i < end) vf_store_n(dst + i, vf_load_n(s, end - i), end - i);
        i = end;
    } else {
        for (size_t c = column; i < len && c < w->in_w; i++, c += step)
            dst[i] = row[c];
    }
    for (; i < len; i++)
        dst[i] = 0.0f;
}

/* One tap row (ky) of one channel over one run: kernel_w lines of the panel. */
static void run_taps(float *panel, const float *plane, const sdx_window *w, size_t ky,
                     const run *r) {
    const size_t padded = r->oy * w->stride_h + ky * w->dilation_h;
    const bool outside = padded < w->pad_top || padded - w->pad_top >= w->in_h;
    for (size_t kx = 0; kx < w->kernel_w; kx++, panel += GEMM_NR) {
        if (outside) {
            for (size_t i = 0; i < r->len; i++)
                panel[r->at + i] = 0.0f;
        } else {
            piece(panel + r->at, r->len, plane + (padded - w->pad_top) * w->in_w, w,
                  r->ox * w->stride_w + kx * w->dilation_w);
        }
    }
}

static size_t cut_runs(run *runs, const sdx_window *w, size_t first, size_t n) {
    size_t n_runs = 0;
    for (size_t at = 0; at < n;) {
        const size_t oy = (first + at) / w->out_w;
        const size_t ox = (first + at) % w->out_w;
        const size_t len = w->out_w - ox < n - at ? w->out_w - ox : n - at;
        runs[n_runs++] = (run){.at = at, .len = len, .oy = oy, .ox = ox};
        at += len;
    }
    return n_runs;
}

void SDX_KERNEL(im2col_f32)(float *dst, const float *x, const sdx_im2col *m) {
    const sdx_window *w = &m->window;
    const size_t outputs = w->out_h * w->out_w;
    run runs[GEMM_NR];
    for (size_t q = m->first; q < m->last; q++) {
        const size_t first = q * GEMM_NR;
        const size_t n = outputs - first < GEMM_NR ? outputs - first : GEMM_NR;
        const size_t n_runs = cut_runs(runs, w, first, n);
        for (size_t c = 0; c < m->channels; c++) {
            for (size_t ky = 0; ky < w->kernel_h; ky++, dst += w->kernel_w * GEMM_NR) {
                for (size_t i = 0; i < n_runs; i++)
                    run_taps(dst, x + c * w->in_h * w->in_w, w, ky, &runs[i]);
                for (size_t kx = 0; n < GEMM_NR && kx < w->kernel_w; kx++)
                    for (size_t j = n; j < GEMM_NR; j++)
                        dst[kx * GEMM_NR + j] = 0.0f;
            }
        }
    }
}
