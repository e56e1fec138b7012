/* The packed float32 product: a double oracle, products of small integers that must be exact, and
 * the promise that packing, splitting and tile shapes do not show in the bits. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "checkop.h"

enum { A, B, C, D, R, SCALE, SHIFT, SCRATCH, PACK_A, PACK_B, OTHER }; /* slots */

bool check_gemm_info(check *c, sdx_gemm_info_fn *fn) {
    const sdx_gemm_info *info = fn();
    if (info->mr == 0 || info->nr == 0 || info->kc == 0 || info->mc < info->mr)
        return check_failed(c, "format '%s' has an empty tile", info->format);
    return true;
}

/* Where element (i, p) of A or (p, j) of B stands in its pack. */
static size_t place_in_a(const sdx_gemm_info *info, size_t m, size_t k, size_t i, size_t p) {
    const size_t tiles = (m + info->mr - 1) / info->mr;
    size_t t = 0;
    while ((t + 1) * m / tiles <= i)
        t++;
    const size_t begin = t * m / tiles;
    const size_t height = (t + 1) * m / tiles - begin;
    return begin * k + p * height + i - begin;
}
static size_t place_in_b(const sdx_gemm_info *info, size_t k, size_t p, size_t j) {
    return j / info->nr * info->nr * k + p * info->nr + j % info->nr;
}

bool check_pack_f32(check *c, sdx_pack_f32_fn *fn) {
    const sdx_gemm_info *info = c->kernels->gemm_f32_info();
    const bool is_a = strcmp(c->oracle, "pack_a") == 0;
    for (int round = 0; round < 200; round++) {
        const size_t rows = 1 + check_below(100), cols = 1 + check_below(100);
        const bool turned = check_random() % 2;
        const size_t line = (turned ? rows : cols) + check_below(4);
        const size_t size = ((turned ? cols : rows) - 1) * line + (turned ? rows : cols);
        float *x = check_buffer(A, size * sizeof *x);
        for (size_t i = 0; i < size; i++)
            x[i] = (float)(i + 1);
        const sdx_matrix_f32 m = {.src = x,
                                  .rows = rows,
                                  .cols = cols,
                                  .row = turned ? 1 : line,
                                  .col = turned ? line : 1};
        const size_t len = is_a ? rows * cols : sdx_gemm_packed_b_len(info, cols, rows);
        const size_t parts = is_a ? rows : (cols + info->nr - 1) / info->nr;
        const size_t cut = check_below(parts + 1);
        float *y = check_buffer(PACK_A, len * sizeof *y);
        memset(y, 0xff, len * sizeof *y);
        fn(y, &m, cut, parts);
        fn(y, &m, 0, cut);
        if (!check_canary(c, PACK_A)) return false;
        double sum = 0;
        for (size_t i = 0; i < len; i++)
            sum += (double)y[i];
        for (size_t i = 0; i < rows; i++) {
            for (size_t j = 0; j < cols; j++) {
                const size_t place =
                    is_a ? place_in_a(info, rows, cols, i, j) : place_in_b(info, rows, i, j);
                const float want = x[i * m.row + j * m.col];
                if (y[place] != want)
                    return check_failed(c, "%zux%zu, element %zu,%zu: expected %g, found %g", rows,
                                        cols, i, j, (double)want, (double)y[place]);
                sum -= (double)want;
            }
        }
        if (sum != 0) return check_failed(c, "padding is not zero");
    }
    return true;
}

static void make_product(sdx_gemm_f32 *g, size_t m, size_t n, size_t k, bool integers) {
    *g = (sdx_gemm_f32){.m = m, .n = n, .k = k, .m1 = m, .n1 = n, .alpha = 1, .beta = 1};
    const bool turned = check_random() % 2;
    const size_t line = (turned ? m : k) + check_below(3);
    g->a_row = turned ? 1 : line;
    g->a_col = turned ? line : 1;
    g->b_row = n + check_below(3);
    g->c_row = n + check_below(3);
    const size_t lines = turned ? k : m;
    const size_t size_a = lines && line ? (lines - 1) * line + (turned ? m : k) : 0;
    const size_t size_b = k ? (k - 1) * g->b_row + n : 0;
    float *a = check_buffer(A, size_a * sizeof *a);
    float *b = check_buffer(B, size_b * sizeof *b);
    check_fill(a, size_a, -4, 4);
    check_fill(b, size_b, -4, 4);
    if (integers) {
        for (size_t i = 0; i < size_a; i++)
            a[i] = nearbyintf(a[i]);
        for (size_t i = 0; i < size_b; i++)
            b[i] = nearbyintf(b[i]);
    }
    g->a = a;
    g->b = b;
}

/* D of one of its shapes: none, one row, one column, whole. */
static void make_d(sdx_gemm_f32 *g, int kind, bool integers) {
    if (kind == 0) return;
    g->d_row = kind == 1 ? 0 : kind == 2 ? 1 : g->n;
    g->d_col = kind == 2 ? 0 : 1;
    const size_t size = kind == 1 ? g->n : kind == 2 ? g->m : g->m * g->n;
    float *d = check_buffer(D, size * sizeof *d);
    check_fill(d, size, -8, 8);
    for (size_t i = 0; integers && i < size; i++)
        d[i] = nearbyintf(d[i]);
    g->d = d;
    g->beta = integers ? 2 : 0.3f;
}

static float *filled(int slot, size_t len, bool integers) {
    float *x = check_buffer(slot, len * sizeof *x);
    check_fill(x, len, -3, 3);
    for (size_t i = 0; integers && i < len; i++)
        x[i] = nearbyintf(x[i]);
    return x;
}

/* Some of what is done to finished sums. */
static void make_end(check *c, sdx_gemm_f32 *g, bool integers) {
    if (check_random() % 2) {
        g->scale = filled(SCALE, g->m, integers);
        g->shift = filled(SHIFT, g->m, integers);
    }
    if (check_random() % 2) {
        g->r_row = g->n + check_below(3);
        g->r = filled(R, g->m ? g->m * g->r_row : 0, integers);
    }
    if (check_random() % 2) g->post = c->kernels->relu_f32;
}

static bool compare(check *c, const sdx_gemm_f32 *g, bool integers) {
    for (size_t i = 0; i < g->m; i++) {
        for (size_t j = 0; j < g->n; j++) {
            double sum = 0, size = 0;
            for (size_t p = 0; p < g->k; p++) {
                const double term =
                    (double)g->a[i * g->a_row + p * g->a_col] * (double)g->b[p * g->b_row + j];
                sum += term;
                size += fabs(term);
            }
            const double d = g->d ? (double)g->d[i * g->d_row + j * g->d_col] : 0;
            const double alpha = (double)g->alpha, beta = (double)g->beta;
            const double scale = g->scale ? (double)g->scale[i] : 1;
            const double shift = g->shift ? (double)g->shift[i] : 0;
            const double r = g->r ? (double)g->r[i * g->r_row + j] : 0;
            double want = scale * (alpha * sum + beta * d) + shift + r;
            if (g->post && want < 0) want = 0;
            const double terms =
                fabs(scale) * (fabs(alpha) * size * ((double)g->k + 8) + fabs(beta * d) * 4) +
                (fabs(shift) + fabs(r)) * 4;
            const double slack = integers ? 0 : terms * 0x1p-24;
            if (!check_close(c, want, (double)g->c[i * g->c_row + j], slack, "column", j)) {
                const size_t used = strlen(c->reason);
                snprintf(c->reason + used, sizeof c->reason - used, " in row %zu of %zux%zux%zu", i,
                         g->m, g->k, g->n);
                return false;
            }
        }
    }
    return true;
}

static float *poisoned(int slot, const sdx_gemm_f32 *g) {
    const size_t size = g->m && g->n ? (g->m - 1) * g->c_row + g->n : 0;
    float *out = check_buffer(slot, size * sizeof *out);
    memset(out, 0x7f,
           size * sizeof *out); /* 3.39e38: no such result, and no NaN that hides others */
    return out;
}

/* The same product in another way, cut into four parts; must have the same bits, and leave the gaps
 * between the rows of C alone. */
static bool another_way(check *c, const sdx_gemm_f32 *whole) {
    const sdx_kernel_table *k = c->kernels;
    const sdx_gemm_info *info = k->gemm_f32_info();
    sdx_gemm_f32 g = *whole;
    g.a_packed = check_random() % 2;
    g.b_packed = check_random() % 2;
    if (g.a_packed) {
        const sdx_matrix_f32 a = {
            .src = g.a, .rows = g.m, .cols = g.k, .row = g.a_row, .col = g.a_col};
        float *pack = check_buffer(PACK_A, g.m * g.k * sizeof *pack);
        k->gemm_f32_pack_a(pack, &a, 0, g.m);
        g.a = pack;
    }
    if (g.b_packed) {
        const sdx_matrix_f32 b = {.src = g.b, .rows = g.k, .cols = g.n, .row = g.b_row, .col = 1};
        const size_t panels = (g.n + info->nr - 1) / info->nr;
        float *pack = check_buffer(PACK_B, sdx_gemm_packed_b_len(info, g.n, g.k) * sizeof *pack);
        k->gemm_f32_pack_b(pack, &b, 0, panels);
        g.b = pack;
    }
    g.scratch = check_buffer(SCRATCH, sdx_gemm_f32_scratch(info, &g));
    g.c = poisoned(OTHER, &g);
    if (whole->d == whole->c) {
        return true; /* the first run has written over D */
    }
    const size_t m_cut = check_below(g.m + 1);
    const size_t panels = (g.n + info->nr - 1) / info->nr;
    const size_t n_cut = check_below(panels + 1) * info->nr;
    for (int part = 0; part < 4; part++) {
        g.m0 = part % 2 ? m_cut : 0;
        g.m1 = part % 2 ? g.m : m_cut;
        g.n0 = part / 2 ? (n_cut < g.n ? n_cut : g.n) : 0;
        g.n1 = part / 2 ? g.n : (n_cut < g.n ? n_cut : g.n);
        if (g.n0 < g.n1) k->gemm_f32(&g);
    }
    for (size_t i = 0; g.n > 0 && i < g.m; i++) {
        const float *one = whole->c + i * whole->c_row;
        const float *other = g.c + i * g.c_row;
        const size_t len = i + 1 < g.m ? g.c_row : g.n;
        if (!check_bits(c, one, other, len * sizeof *one, "packed or split")) return false;
    }
    return check_canary(c, OTHER) && check_canary(c, SCRATCH);
}

/* D may be C: then C = alpha A B + beta C. */
static bool in_place(check *c, sdx_gemm_f32 *g, sdx_gemm_f32_fn *fn) {
    const size_t size = (g->m - 1) * g->c_row + g->n;
    float *before = check_buffer(D, size * sizeof *before);
    check_fill(before, size, -1, 1);
    float *out = check_buffer(C, size * sizeof *out);
    memcpy(out, before, size * sizeof *out);
    g->c = out;
    g->d = out;
    g->d_row = g->c_row;
    g->d_col = 1;
    g->beta = 0.75f;
    fn(g);
    g->d = before;
    return compare(c, g, false);
}

static bool round_of(check *c, sdx_gemm_f32_fn *fn, size_t m, size_t n, size_t k) {
    const sdx_gemm_info *info = c->kernels->gemm_f32_info();
    const bool integers = check_random() % 2;
    sdx_gemm_f32 g;
    make_product(&g, m, n, k, integers);
    make_d(&g, (int)check_below(4), integers);
    if (check_random() % 2) g.alpha = integers ? -1 : 0.7f;
    make_end(c, &g, integers);
    g.scratch = check_buffer(SCRATCH, sdx_gemm_f32_scratch(info, &g));
    g.c = poisoned(C, &g);
    fn(&g);
    if (!compare(c, &g, integers) || !check_canary(c, C) || !check_canary(c, SCRATCH)) return false;
    for (int i = 0; i < 3; i++)
        if (!another_way(c, &g)) return false;
    g.post = NULL;
    g.scale = g.shift = g.r = NULL;
    return m == 0 || n == 0 || in_place(c, &g, fn);
}

typedef struct timed {
    sdx_gemm_f32_fn *fn;
    sdx_gemm_f32 g;
} timed;

static void call(void *arg) {
    const timed *t = arg;
    t->fn(&t->g);
}

/* B packed beforehand, as weights are. */
static double gflops(const check *c, sdx_gemm_f32_fn *fn, size_t m, size_t n, size_t k) {
    const sdx_gemm_info *info = c->kernels->gemm_f32_info();
    timed t = {.fn = fn};
    make_product(&t.g, m, n, k, false);
    const sdx_matrix_f32 b = {.src = t.g.b, .rows = k, .cols = n, .row = t.g.b_row, .col = 1};
    float *pack = check_buffer(PACK_B, sdx_gemm_packed_b_len(info, n, k) * sizeof *pack);
    c->kernels->gemm_f32_pack_b(pack, &b, 0, (n + info->nr - 1) / info->nr);
    t.g.b = pack;
    t.g.b_packed = true;
    t.g.scratch = check_buffer(SCRATCH, sdx_gemm_f32_scratch(info, &t.g));
    t.g.c = poisoned(C, &t.g);
    return 2e-9 * (double)(m * n * k) / check_time(call, &t);
}

bool check_gemm_f32(check *c, sdx_gemm_f32_fn *fn) {
    for (int round = 0; round < 300; round++) {
        const size_t m = check_random() % 4 ? check_below(40) : check_below(20);
        const size_t n = check_below(100);
        const size_t k = check_random() % 16 ? check_below(50) : check_below(1000);
        if (!round_of(c, fn, m, n, k)) return false;
    }
    if (!round_of(c, fn, 300, 70, 400) || !round_of(c, fn, 1, 200, 1200)) return false;
    if (c->bench)
        snprintf(c->speed, sizeof c->speed, "%.1f GFLOP/s at 512^3, %.1f at 1x768x768",
                 gflops(c, fn, 512, 512, 512), gflops(c, fn, 1, 768, 768));
    return true;
}
