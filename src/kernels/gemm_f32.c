/* The packed float32 product. Blocks of k outermost, then blocks of rows whose tiles of A stay in
 * the second-level cache, then panels of B, which stay in the first while the tiles pass over them.
 * A tile keeps its sums in registers for a whole block of k and hands them to finish() through a
 * buffer, where scaling, D, edges and the closing map are the same code for every tile: so all
 * tiles agree bit for bit. */
#include "kernels/gemm_f32.h"

enum {
    MAX_PANELS = 4,
    CACHE_LINE = 16, /* floats */
};

/* One tile of one block of k. */
typedef struct tile {
    const float *a; /* a[p * rows + i] */
    const float *b; /* panel q: b[q * b_panel + p * b_row + j] */
    size_t b_row, b_panel;
    size_t depth;
    const float
        *ahead; /* what is fetched meanwhile, a cache line a step: a column of the next panel */
    size_t ahead_row;
} tile;

/* out[i * panels * NR + j]; rows and panels are constants at every call, so the sums are registers.
 */
SDX_INLINE void tile_run(const tile *t, float *out, size_t rows, size_t panels) {
    const size_t vectors = panels * GEMM_VECTORS;
    vf sum[GEMM_MR][MAX_PANELS * GEMM_VECTORS];
    SDX_UNROLL(14)
    for (size_t i = 0; i < rows; i++)
        SDX_UNROLL(16)
    for (size_t j = 0; j < vectors; j++)
        sum[i][j] = vf_set(0.0f);
    const float *a = t->a;
    const float *b = t->b;
    const float *ahead = t->ahead;
    for (size_t p = 0; p < t->depth; p++, a += rows, b += t->b_row, ahead += t->ahead_row) {
        SDX_PREFETCH(a + 48 * rows);
        SDX_PREFETCH_FAR(ahead);
        vf line[MAX_PANELS * GEMM_VECTORS];
        SDX_UNROLL(16)
        for (size_t j = 0; j < vectors; j++)
            line[j] = vf_load(b + j / GEMM_VECTORS * t->b_panel + j % GEMM_VECTORS * VF_N);
        SDX_UNROLL(14)
        for (size_t i = 0; i < rows; i++) {
            const vf factor = vf_set(a[i]);
            SDX_UNROLL(16)
            for (size_t j = 0; j < vectors; j++)
                sum[i][j] = vf_fma(factor, line[j], sum[i][j]);
        }
    }
    SDX_UNROLL(14)
    for (size_t i = 0; i < rows; i++)
        SDX_UNROLL(16)
    for (size_t j = 0; j < vectors; j++)
        vf_store(out + (i * vectors + j) * VF_N, sum[i][j]);
}

typedef void tile_fn(const tile *t, float *out);

/* TILE(14, 1) makes `static void tile_14_1(const tile *t, float *out)`. */
#define TILE(rows, panels)                                          \
    static void tile_##rows##_##panels(const tile *t, float *out) { \
        tile_run(t, out, rows, panels);                             \
    }
#include "kernels/gemm_f32_tiles.def"
#undef TILE

static tile_fn *const tiles[MAX_PANELS + 1][GEMM_MR + 1] = {
#define TILE(rows, panels) [panels][rows] = tile_##rows##_##panels,
#include "kernels/gemm_f32_tiles.def"
#undef TILE
};

/* The product in work: the caller's, and the block of k and the rows that are being computed. */
typedef struct work {
    const sdx_gemm_f32 *g;
    size_t k0, depth; /* the block of k */
    size_t row0,
        n_rows; /* the rows that A's tiles stand for: balanced tiles of [row0, row0 + n_rows) */
    size_t tile0, tile1; /* of these, the ones to compute */
    const float *a;      /* tile that begins at row r: a + (r - row0) * a_depth + a_skip * height */
    size_t a_depth, a_skip;
} work;

/* What a run of a row is made from. */
typedef struct row_end {
    const float *d, *r; /* r: where there is one */
    vf scale, shift;    /* where the row is scaled */
    bool first;         /* block of k */
} row_end;

/* alpha * sum + beta * D for the first block, C + alpha * sum for the others; then what is done
 * once, behind the last one: n <= VF_N elements, j columns from where the run begins. scaled and
 * added are constants at every call. */
SDX_INLINE void finish_vector(const sdx_gemm_f32 *g, const row_end *end, float *c, vf sum, size_t j,
                              size_t n, bool scaled, bool added) {
    const vf alpha = vf_set(g->alpha);
    vf v;
    c += j;
    if (!end->first) {
        v = vf_fma(alpha, sum, n < VF_N ? vf_load_n(c, n) : vf_load(c));
    } else {
        v = vf_mul(alpha, sum);
        if (end->d && g->d_col) {
            const float *d = end->d + j;
            v = vf_fma(vf_set(g->beta), n < VF_N ? vf_load_n(d, n) : vf_load(d), v);
        } else if (end->d) {
            v = vf_fma(vf_set(g->beta), vf_set(*end->d), v);
        }
    }
    if (scaled) v = vf_fma(end->scale, v, end->shift);
    if (added) v = vf_add(v, n < VF_N ? vf_load_n(end->r + j, n) : vf_load(end->r + j));
    if (n < VF_N) {
        vf_store_n(c, v, n);
    } else {
        vf_store(c, v);
    }
}

static bool is_last(const work *w) { return w->k0 + w->depth >= w->g->k; }

/* A tile's sums and where they go. */
typedef struct piece {
    const float *out;
    size_t out_row;
    size_t row, n_rows, col, n_cols;
} piece;

SDX_INLINE void finish_rows(const work *w, const piece *p, bool scaled, bool added) {
    const sdx_gemm_f32 *g = w->g;
    row_end end = {.first = w->k0 == 0};
    for (size_t i = 0; i < p->n_rows; i++) {
        const size_t row = p->row + i;
        float *c = g->c + row * g->c_row + p->col;
        const float *o = p->out + i * p->out_row;
        end.d = g->d ? g->d + row * g->d_row + p->col * g->d_col : NULL;
        if (added) end.r = g->r + row * g->r_row + p->col;
        if (scaled) {
            end.scale = vf_set(g->scale[row]);
            end.shift = vf_set(g->shift[row]);
        }
        size_t j = 0;
        for (; p->n_cols - j >= VF_N; j += VF_N)
            finish_vector(g, &end, c, vf_load(o + j), j, VF_N, scaled, added);
        if (j < p->n_cols)
            finish_vector(g, &end, c, vf_load(o + j), j, p->n_cols - j, scaled, added);
    }
}

static void finish(const work *w, const piece *p) {
    const bool last = is_last(w), scaled = last && w->g->scale, added = last && w->g->r;
    if (!scaled && !added) {
        finish_rows(w, p, false, false);
    } else if (scaled && !added) {
        finish_rows(w, p, true, false);
    } else if (!scaled) {
        finish_rows(w, p, false, true);
    } else {
        finish_rows(w, p, true, true);
    }
}

/* The closing map goes over whole rows of what was computed, which the second-level cache holds. */
static void close_rows(const work *w) {
    const sdx_gemm_f32 *g = w->g;
    if (!g->post || !is_last(w)) return;
    const size_t first = w->row0 + gemm_tile_row(w->tile0, w->n_rows);
    const size_t last = w->row0 + gemm_tile_row(w->tile1, w->n_rows);
    for (size_t i = first; i < last; i++) {
        float *c = g->c + i * g->c_row + g->n0;
        g->post(c, c, g->n1 - g->n0, g->p0, g->p1);
    }
}

/* All tiles of the work over `panels` panels, `n_cols` columns from `col` on. */
static void run_tiles(const work *w, const float *b, size_t b_row, size_t b_panel, size_t panels,
                      size_t col, size_t n_cols) {
    float out[GEMM_MR * MAX_PANELS * GEMM_NR];
    for (size_t i = w->tile0; i < w->tile1; i++) {
        const size_t line = (i - w->tile0) * CACHE_LINE;
        const size_t begin = gemm_tile_row(i, w->n_rows);
        const size_t height = gemm_tile_row(i + 1, w->n_rows) - begin;
        const tile t = {.a = w->a + begin * w->a_depth + w->a_skip * height,
                        .b = b,
                        .b_row = b_row,
                        .b_panel = b_panel,
                        .depth = w->depth,
                        .ahead = line < GEMM_NR ? b + panels * b_panel + line : b,
                        .ahead_row = line < GEMM_NR ? b_row : 0};
        tiles[panels][height](&t, out);
        const piece p = {.out = out,
                         .out_row = panels * GEMM_NR,
                         .row = w->row0 + begin,
                         .n_rows = height,
                         .col = col,
                         .n_cols = n_cols};
        finish(w, &p);
    }
}

/* How many panels tiles of this height take at once. */
static size_t panels_of(size_t height) {
    size_t panels = MAX_PANELS;
    while (panels > 1 && !tiles[panels][height])
        panels /= 2;
    return panels;
}

static void run_panels(const work *w, float *edge) {
    const sdx_gemm_f32 *g = w->g;
    const size_t b_row = g->b_packed ? GEMM_NR : g->b_row;
    const size_t b_panel = g->b_packed ? GEMM_NR * g->k : GEMM_NR;
    const size_t group = panels_of((w->n_rows + gemm_tiles(w->n_rows) - 1) / gemm_tiles(w->n_rows));
    const float *b = g->b + (g->n0 / GEMM_NR) * b_panel + w->k0 * b_row;
    size_t col = g->n0;
    for (; g->n1 - col >= group * GEMM_NR; col += group * GEMM_NR, b += group * b_panel)
        run_tiles(w, b, b_row, b_panel, group, col, group * GEMM_NR);
    for (; g->n1 - col >= GEMM_NR; col += GEMM_NR, b += b_panel)
        run_tiles(w, b, b_row, b_panel, 1, col, GEMM_NR);
    if (col == g->n1) return;
    const size_t left = g->n1 - col;
    if (g->b_packed) {
        run_tiles(w, b, b_row, b_panel, 1, col, left);
        return;
    }
    SDX_KERNEL(gemm_f32_interleave)(edge, GEMM_NR, b, left, w->depth, 1, b_row);
    run_tiles(w, edge, GEMM_NR, 0, 1, col, left);
}

static void pack_rows(const work *w, const float *a) {
    const sdx_gemm_f32 *g = w->g;
    for (size_t i = w->tile0; i < w->tile1; i++) {
        const size_t begin = gemm_tile_row(i, w->n_rows);
        const size_t height = gemm_tile_row(i + 1, w->n_rows) - begin;
        SDX_KERNEL(gemm_f32_interleave)
        (g->scratch + begin * w->depth, height, a + begin * g->a_row, height, w->depth, g->a_row,
         g->a_col);
    }
}

/* One block of k over rows of A that are packed block by block into scratch; a single row whose
 * elements are neighbours is a packed tile as it is. */
static void run_plain_a(work *w) {
    const sdx_gemm_f32 *g = w->g;
    w->a_depth = w->depth;
    w->a_skip = 0;
    for (size_t row = g->m0; row < g->m1; row += GEMM_MC) {
        const float *a = g->a + row * g->a_row + w->k0 * g->a_col;
        w->row0 = row;
        w->n_rows = g->m1 - row < GEMM_MC ? g->m1 - row : GEMM_MC;
        w->tile0 = 0;
        w->tile1 = gemm_tiles(w->n_rows);
        w->a = a;
        if (w->n_rows > 1 || g->a_col != 1) {
            pack_rows(w, a);
            w->a = g->scratch;
        }
        run_panels(w, g->scratch + w->n_rows * w->depth);
        close_rows(w);
    }
}

static void run_packed_a(work *w) {
    const sdx_gemm_f32 *g = w->g;
    w->row0 = 0;
    w->n_rows = g->m;
    w->a = g->a;
    w->a_depth = g->k;
    w->a_skip = w->k0;
    const size_t end = gemm_tile_from(g->m1, g->m);
    size_t i = gemm_tile_from(g->m0, g->m);
    while (i < end) {
        w->tile0 = i;
        w->tile1 = end - i < GEMM_MC / GEMM_MR ? end : i + GEMM_MC / GEMM_MR;
        run_panels(w, g->scratch);
        close_rows(w);
        i = w->tile1;
    }
}

void SDX_KERNEL(gemm_f32)(const sdx_gemm_f32 *g) {
    if (g->m0 >= g->m1 || g->n0 >= g->n1) return;
    const size_t blocks = g->k == 0 ? 1 : (g->k + GEMM_KC - 1) / GEMM_KC;
    const size_t depth = (g->k + blocks - 1) / blocks;
    for (size_t i = 0; i < blocks; i++) {
        const size_t k0 = i * depth;
        work w = {.g = g, .k0 = k0, .depth = g->k - k0 < depth ? g->k - k0 : depth};
        if (g->a_packed) {
            run_packed_a(&w);
        } else {
            run_plain_a(&w);
        }
    }
}
