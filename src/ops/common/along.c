/* See along.h. */
#include "ops/common/along.h"

#include "kernels/kernels.h"

/* Rows at a time, and elements that they may have together: a part of a core's cache. */
enum { MAX_WIDTH = 16, MAX_TILE = 64 * 1024 };

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

sdx_status sdx_along_bind(sdx_bind *b, int64_t axis) {
    sdx_along *const along = b->bound;
    const sdx_view *const x = b->in[0];
    size_t at = 0;
    *along = (sdx_along){.rows = 1, .n = 1, .inner = 1, .width = 1};
    if (x->rank == 0) return NULL;
    SDX_TRY(sdx_axis(axis, x->rank, "attribute 'axis'", &at));
    if (x->len == 0) return NULL;
    along->n = (size_t)x->dims[at];
    along->inner = sdx_view_count(x, at + 1, x->rank);
    along->rows = x->len / along->n;
    along->width = least(MAX_TILE / along->n, least(MAX_WIDTH, along->inner));
    if (along->width == 0) along->width = 1;
    b->how = along->inner > 1 ? "tiles are transposed, so that the axis lies in rows, and back"
                              : "row by row: the axis lies in rows";
    if (along->inner > 1)
        b->scratch = b->lanes * along->width * along->n * sdx_dtype_size(x->dtype);
    return NULL;
}

typedef struct job {
    const sdx_kernel_table *kernels;
    const sdx_along *along;
    sdx_along_fn *row;
    sdx_transpose_fn *transpose;
    char *y, *scratch;
    const char *x;
    size_t size; /* of an element */
} job;

static void rows_chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const size_t bytes = j->along->n * j->size;
    (void)lane;
    for (size_t r = begin; r < end; r++) {
        j->row(j->kernels, j->y + r * bytes, j->x + r * bytes, j->along->n);
    }
}

/* Item: `width` rows that begin beside each other. */
static void tiles_chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const size_t n = j->along->n, inner = j->along->inner, width = j->along->width;
    const size_t tiles = (inner + width - 1) / width;
    char *const tile = j->scratch + lane * width * n * j->size;
    for (size_t item = begin; item < end; item++) {
        const size_t column = item % tiles * width;
        const size_t here = least(width, inner - column);
        const size_t at = (item / tiles * n * inner + column) * j->size;
        const sdx_transpose in = {.rows = n, .cols = here, .dst_row = n, .src_row = inner};
        const sdx_transpose out = {.rows = here, .cols = n, .dst_row = inner, .src_row = n};
        j->transpose(tile, j->x + at, &in);
        for (size_t r = 0; r < here; r++) {
            j->row(j->kernels, tile + r * n * j->size, tile + r * n * j->size, n);
        }
        j->transpose(j->y + at, tile, &out);
    }
}

void sdx_along_run(const sdx_call *c, const sdx_along_row *row) {
    const sdx_along *const along = c->bound;
    const bool single = c->in[0]->dtype == SDX_FLOAT32;
    job j = {.kernels = c->kernels,
             .along = along,
             .row = single ? row->f32 : row->f64,
             .transpose =
                 single ? sdx_exact_kernels()->transpose_4 : sdx_exact_kernels()->transpose_8,
             .y = c->out[0]->data,
             .scratch = c->scratch,
             .x = c->in[0]->data,
             .size = sdx_dtype_size(c->in[0]->dtype)};
    if (c->in[0]->len == 0) return;
    if (along->inner == 1) {
        sdx_call_for(c, along->rows, sdx_grain(along->n * 4), rows_chunk, &j);
        return;
    }
    const size_t tiles = (along->inner + along->width - 1) / along->width;
    sdx_call_for(c, along->rows / along->inner * tiles, sdx_grain(along->n * along->width * 6),
                 tiles_chunk, &j);
}
