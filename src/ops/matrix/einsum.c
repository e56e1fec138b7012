/* Einsum: sums of products over labelled dims. Two inputs that make a batched matrix product, in
 * whatever order of dims, go to the product; everything else adds up term by term. */
#include "ops/infer.h"
#include "ops/matrix/equation.h"
#include "ops/matrix/product.h"

enum { EQUATION };

static const sdx_port inputs[] = {
    {.name = "Inputs", .var = "T", .types = SDX_T_NUMERIC, .flags = SDX_PORT_VARIADIC},
};
static const sdx_port outputs[] = {{.name = "Output", .var = "T", .types = SDX_T_NUMERIC}};
static const sdx_attr_def attrs[] = {[EQUATION] = SDX_ATTR_REQ("equation", SDX_ATTR_STRING)};

/* ---- inference */

/* Dims of all labels; a 1 gives way, as in NumPy. */
static sdx_status label_dims(const sdx_infer *in, const sdx_equation *e, sdx_dim *dims) {
    for (size_t i = 0; i < SDX_EQUATION_LABELS; i++) {
        dims[i] = 1;
    }
    for (size_t i = 0; i < e->n_in; i++) {
        for (size_t d = 0; d < e->rank[i]; d++) {
            sdx_dim *const dim = &dims[e->in[i][d]];
            char text[160];
            if (sdx_dim_broadcast(in->dims, *dim, in->in[i].dims[d], dim)) continue;
            return sdx_fail(SDX_SHAPE_MISMATCH,
                            "input %zu has shape %s, expected %lld at axis %zu as its label has "
                            "elsewhere",
                            i, sdx_infer_shape_text(in, i, text, sizeof text), (long long)*dim, d);
        }
    }
    return NULL;
}

static sdx_status infer(sdx_infer *in) {
    size_t ranks[SDX_EQUATION_INPUTS];
    sdx_equation e;
    for (size_t i = 0; i < in->n_in && i < SDX_EQUATION_INPUTS; i++) {
        if (!sdx_infer_ranked(in, i)) return NULL;
        ranks[i] = (size_t)in->in[i].rank;
    }
    SDX_TRY(sdx_equation_read(sdx_node_str(in->node, EQUATION), in->n_in, ranks, &e));
    sdx_dim labels[SDX_EQUATION_LABELS], dims[SDX_MAX_RANK];
    SDX_TRY(label_dims(in, &e, labels));
    for (size_t d = 0; d < e.out_rank; d++) {
        dims[d] = labels[e.out[d]];
    }
    return sdx_infer_set_shape(in, 0, e.out_rank, dims);
}

/* ---- binding */

typedef struct einsum {
    size_t n_in;
    size_t out_rank, sum_rank, sum_len;
    size_t out_dims[SDX_MAX_RANK], sum_dims[SDX_EQUATION_LABELS];
    /* of each input, in elements; 0 where it lacks the label */
    size_t out_strides[SDX_EQUATION_INPUTS][SDX_MAX_RANK];
    size_t sum_strides[SDX_EQUATION_INPUTS][SDX_EQUATION_LABELS];
    bool as_product, swapped; /* the second input is the left operand */
    sdx_product product;
} einsum;

/* What each input moves by for a step of `label`; a label that stands twice is a diagonal. */
static size_t stride_of(const sdx_equation *e, size_t input, const sdx_view *view, uint8_t label) {
    size_t stride = 0, step = 1;
    for (size_t d = e->rank[input]; d-- > 0;) {
        if (e->in[input][d] == label && view->dims[d] != 1) stride += step;
        step *= (size_t)view->dims[d];
    }
    return stride;
}

static size_t dim_of(const sdx_equation *e, const sdx_view *const *in, uint8_t label, bool *used) {
    size_t dim = 1;
    for (size_t i = 0; i < e->n_in; i++) {
        for (size_t d = 0; d < e->rank[i]; d++) {
            if (e->in[i][d] != label) continue;
            *used = true;
            if (in[i]->dims[d] != 1) dim = (size_t)in[i]->dims[d];
        }
    }
    return dim;
}

static bool in_output(const sdx_equation *e, uint8_t label) {
    for (size_t d = 0; d < e->out_rank; d++) {
        if (e->out[d] == label) return true;
    }
    return false;
}

static void describe(const sdx_equation *e, const sdx_view *const *in, einsum *s) {
    bool used = false;
    s->n_in = e->n_in;
    s->out_rank = e->out_rank;
    s->sum_len = 1;
    for (size_t d = 0; d < e->out_rank; d++) {
        s->out_dims[d] = dim_of(e, in, e->out[d], &used);
        for (size_t i = 0; i < e->n_in; i++) {
            s->out_strides[i][d] = stride_of(e, i, in[i], e->out[d]);
        }
    }
    for (uint8_t label = 0; label < SDX_EQUATION_LABELS; label++) {
        used = false;
        const size_t dim = dim_of(e, in, label, &used);
        if (!used || dim == 1 || in_output(e, label)) continue;
        for (size_t i = 0; i < e->n_in; i++) {
            s->sum_strides[i][s->sum_rank] = stride_of(e, i, in[i], label);
        }
        s->sum_dims[s->sum_rank++] = dim;
        s->sum_len *= dim;
    }
}

/* ---- as a matrix product: output dims are batch, rows, columns in this order, and each of rows,
 * columns and depth is one dim */

typedef struct sides {
    size_t a, b; /* which input is which operand */
    size_t rows, columns, depth;
    size_t a_row, b_col, a_col, b_row;
} sides;

static bool take_outputs(const einsum *s, sides *f, sdx_product *p) {
    f->rows = f->columns = 1;
    for (size_t d = 0; d < s->out_rank; d++) {
        const size_t dim = s->out_dims[d];
        const size_t a = s->out_strides[f->a][d], b = s->out_strides[f->b][d];
        if (dim == 1) continue;
        if (a != 0 && b != 0) {
            if (f->rows > 1 || f->columns > 1) return false;
            p->dims[p->rank] = dim;
            p->a_strides[p->rank] = a;
            p->b_strides[p->rank++] = b;
        } else if (a != 0) {
            if (f->rows > 1 || f->columns > 1) return false;
            f->rows = dim;
            f->a_row = a;
        } else {
            if (f->columns > 1) return false;
            f->columns = dim;
            f->b_col = b;
        }
    }
    return true;
}

static bool find_product(einsum *s, sdx_dtype dtype, bool swapped) {
    const size_t size = sdx_dtype_size(dtype);
    sides f = {.a = swapped, .b = !swapped, .depth = 1};
    sdx_product p = {.dtype = dtype, .alpha = 1.0f};
    const bool has_kernel = dtype == SDX_FLOAT32 || dtype == SDX_FLOAT64 ||
                            (sdx_dtype_kind_of(dtype) != SDX_KIND_FLOAT && size >= 4);
    if (s->n_in != 2 || !has_kernel || s->sum_rank != 1 || !take_outputs(s, &f, &p)) return false;
    f.depth = s->sum_dims[0];
    f.a_col = s->sum_strides[f.a][0];
    f.b_row = s->sum_strides[f.b][0];
    if (f.a_col == 0 || f.b_row == 0) return false;
    p.m = f.rows;
    p.n = f.columns;
    p.k = f.depth;
    p.a_row = f.a_row;
    p.a_col = f.a_col;
    p.b_row = f.b_row;
    p.b_col = f.columns > 1 ? f.b_col : 1;
    s->product = p;
    s->swapped = swapped;
    return true;
}

static sdx_status bind(sdx_bind *b) {
    einsum *const s = b->bound;
    size_t ranks[SDX_EQUATION_INPUTS];
    sdx_equation e;
    for (size_t i = 0; i < b->n_in && i < SDX_EQUATION_INPUTS; i++) {
        ranks[i] = b->in[i]->rank;
    }
    SDX_TRY(sdx_equation_read(sdx_node_str(b->node, EQUATION), b->n_in, ranks, &e));
    describe(&e, b->in, s);
    const sdx_dtype dtype = b->in[0]->dtype;
    s->as_product = find_product(s, dtype, false) || find_product(s, dtype, true);
    b->how = s->as_product ? "as a matrix product" : "sum over all labels: no matrix product";
    return s->as_product ? sdx_product_bind(&s->product, b->kernels, false, b->lanes, &b->scratch)
                         : NULL;
}

/* ---- running */

typedef struct job {
    const einsum *einsum;
    const void *in[SDX_EQUATION_INPUTS];
    void *out;
} job;

/* Where the inputs' first terms of output `o` stand. */
static void offsets(const einsum *e, size_t o, size_t *at) {
    for (size_t d = e->out_rank; d-- > 0;) {
        const size_t place = o % e->out_dims[d];
        o /= e->out_dims[d];
        for (size_t i = 0; i < e->n_in; i++) {
            at[i] += place * e->out_strides[i][d];
        }
    }
}

static void next_term(const einsum *e, size_t *place, size_t *at) {
    for (size_t d = e->sum_rank; d-- > 0;) {
        const bool wraps = ++place[d] == e->sum_dims[d];
        for (size_t i = 0; i < e->n_in; i++) {
            if (wraps)
                at[i] -= (e->sum_dims[d] - 1) * e->sum_strides[i][d];
            else
                at[i] += e->sum_strides[i][d];
        }
        if (!wraps) return;
        place[d] = 0;
    }
}

#define T float
#define NAME(x) x##_f32
#define SUM float
#include "ops/matrix/einsum_tmpl.h"
#define T double
#define NAME(x) x##_f64
#define SUM double
#include "ops/matrix/einsum_tmpl.h"
#define T uint8_t
#define NAME(x) x##_u8
#define SUM uint32_t
#include "ops/matrix/einsum_tmpl.h"
#define T uint16_t
#define NAME(x) x##_u16
#define SUM uint32_t
#include "ops/matrix/einsum_tmpl.h"
#define T uint32_t
#define NAME(x) x##_u32
#define SUM uint32_t
#include "ops/matrix/einsum_tmpl.h"
#define T uint64_t
#define NAME(x) x##_u64
#define SUM uint64_t
#include "ops/matrix/einsum_tmpl.h"

/* Signed integers wrap like unsigned ones. */
static sdx_loop_fn *loop_of(sdx_dtype dtype) {
    const size_t size = sdx_dtype_size(dtype);
    if (dtype == SDX_FLOAT32) return sums_f32;
    if (dtype == SDX_FLOAT64) return sums_f64;
    return size == 1 ? sums_u8 : size == 2 ? sums_u16 : size == 4 ? sums_u32 : sums_u64;
}

static sdx_status run(const sdx_call *c) {
    const einsum *const s = c->bound;
    job j = {.einsum = s, .out = c->out[0]->data};
    for (size_t i = 0; i < s->n_in; i++) {
        j.in[i] = c->in[i]->data;
    }
    if (c->out[0]->len == 0) return NULL;
    if (s->as_product)
        sdx_product_run(&s->product, c, j.out, j.in[s->swapped], j.in[!s->swapped],
                        (sdx_product_terms){.d = NULL});
    else
        sdx_call_tiles(c, c->out[0]->len, sdx_grain(s->sum_len * s->n_in + 8),
                       loop_of(c->in[0]->dtype), &j);
    return NULL;
}

const sdx_op sdx_op_einsum = {
    .name = "Einsum",
    .domain = "",
    .since = 12,
    .newest = 12,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_WIDEN,
    .bound_size = sizeof(einsum),
    .infer = infer,
    .bind = bind,
    .run = run,
};
