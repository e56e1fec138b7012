/* Gemm: alpha * A B + beta * C for matrices, either of which may come transposed. In float32 the
 * product's kernel does all of it; the other types scale and add afterwards. */
#include <math.h>

#include "ops/infer.h"
#include "ops/matrix/product.h"
#include "ops/upgrade.h"
#include "ops/work.h"

#define TYPES (SDX_T_FLOATS | SDX_T(INT32) | SDX_T(INT64) | SDX_T(UINT32) | SDX_T(UINT64))

enum { IN_A, IN_B, IN_C };
enum { ALPHA, BETA, TRANS_A, TRANS_B };

static const sdx_port inputs[] = {
    {.name = "A", .var = "T", .types = TYPES},
    {.name = "B", .var = "T", .types = TYPES},
    {.name = "C", .var = "T", .types = TYPES, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {{.name = "Y", .var = "T", .types = TYPES}};
static const sdx_attr_def attrs[] = {
    [ALPHA] = SDX_ATTR_F("alpha", 1.0f),
    [BETA] = SDX_ATTR_F("beta", 1.0f),
    [TRANS_A] = SDX_ATTR_I("transA", 0),
    [TRANS_B] = SDX_ATTR_I("transB", 0),
};

/* ONNX: Gemm-7 C always broadcasts; a file that says it does not has a C that need not. */
static sdx_status from_6(sdx_upgrade *u) {
    sdx_upgrade_drop(u, "broadcast");
    return NULL;
}
static const sdx_upgrade_rule upgrades[] = {{.below = 7, .apply = from_6}};

static bool transposed(const sdx_node *node, size_t attr) { return sdx_node_int(node, attr) != 0; }

/* ---- inference */

/* C broadcasts to the result, not the other way round. */
static sdx_status check_c(const sdx_infer *in, const sdx_dim *dims) {
    if (!sdx_infer_ranked(in, IN_C)) return NULL;
    const size_t rank = (size_t)in->in[IN_C].rank;
    bool fits = rank <= 2;
    for (size_t i = 0; i < rank && fits; i++) {
        const sdx_dim dim = in->in[IN_C].dims[i], to = dims[i + 2 - rank];
        fits = dim == 1 || !sdx_dim_is_number(dim) || !sdx_dim_is_number(to) || dim == to;
    }
    char text[160], product[64];
    if (fits) return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH,
                    "input 'C' has shape %s, expected one that broadcasts to %s; reshape it",
                    sdx_infer_shape_text(in, IN_C, text, sizeof text),
                    sdx_dims_text(in->dims, 2, dims, product, sizeof product));
}

static sdx_status infer(sdx_infer *in) {
    SDX_TRY(sdx_infer_want_rank(in, IN_A, 2));
    SDX_TRY(sdx_infer_want_rank(in, IN_B, 2));
    if (!sdx_infer_ranked(in, IN_A) || !sdx_infer_ranked(in, IN_B))
        return sdx_infer_set_rank(in, 0, 2);
    const size_t swap_a = transposed(in->node, TRANS_A), swap_b = transposed(in->node, TRANS_B);
    const sdx_dim *const a = in->in[IN_A].dims, *const b = in->in[IN_B].dims;
    const sdx_dim k = a[1 - swap_a], rows = b[swap_b];
    if (sdx_dim_is_number(k) && sdx_dim_is_number(rows) && k != rows) {
        char shape_a[64], shape_b[64];
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "inputs 'A' and 'B' have shapes %s and %s, expected %lld columns of 'A' "
                        "(transA %d) to be %lld rows of 'B' (transB %d)",
                        sdx_infer_shape_text(in, IN_A, shape_a, sizeof shape_a),
                        sdx_infer_shape_text(in, IN_B, shape_b, sizeof shape_b), (long long)k,
                        (int)swap_a, (long long)rows, (int)swap_b);
    }
    const sdx_dim dims[] = {a[swap_a], b[1 - swap_b]};
    SDX_TRY(check_c(in, dims));
    return sdx_infer_set_shape(in, 0, 2, dims);
}

/* ---- binding */

static sdx_status prepare(sdx_prepare *p) {
    sdx_pack **pack;
    SDX_TRY(SDX_ARENA_NEW(p->arena, 1, &pack));
    p->prepared = pack;
    return sdx_product_prepare(p, IN_B, transposed(p->node, TRANS_B), pack);
}

/* Strides of C under broadcasting. */
static void find_c(const sdx_view *c, size_t n, size_t *row, size_t *col) {
    const bool has_cols = c->rank > 0 && c->dims[c->rank - 1] != 1;
    const bool has_rows = c->rank > 1 && c->dims[c->rank - 2] != 1;
    *row = has_rows ? (has_cols ? n : 1) : 0;
    *col = has_cols;
}

static sdx_status bind(sdx_bind *b) {
    sdx_product *const p = b->bound;
    sdx_pack *const *const pack = b->prepared;
    const size_t swap_a = transposed(b->node, TRANS_A), swap_b = transposed(b->node, TRANS_B);
    const sdx_view *const in_a = b->in[IN_A], *const out = b->out[0];
    p->dtype = in_a->dtype;
    p->m = (size_t)in_a->dims[swap_a];
    p->k = (size_t)in_a->dims[1 - swap_a];
    p->n = (size_t)b->in[IN_B]->dims[1 - swap_b];
    p->a_row = swap_a ? 1 : p->k;
    p->a_col = swap_a ? p->m : 1;
    p->b_row = swap_b ? 1 : p->n;
    p->b_col = swap_b ? p->k : 1;
    p->alpha = sdx_node_float(b->node, ALPHA);
    p->beta = sdx_node_float(b->node, BETA);
    if (b->n_in > IN_C && b->in[IN_C] != NULL && out != NULL)
        find_c(b->in[IN_C], p->n, &p->d_row, &p->d_col);
    SDX_TRY(sdx_product_bind(p, b->kernels, *pack != NULL, b->lanes, &b->scratch));
    b->how = sdx_product_how(p);
    return NULL;
}

/* ---- running */

typedef struct combine_job {
    void *y;
    const void *c;
    size_t m, n, c_row, c_col;
    float alpha, beta;
} combine_job;

#define T double
#define NAME(x) x##_f64
#define FACTOR double
#include "ops/matrix/gemm_tmpl.h"
#define T uint32_t
#define NAME(x) x##_u32
#define FACTOR int64_t
#include "ops/matrix/gemm_tmpl.h"
#define T uint64_t
#define NAME(x) x##_u64
#define FACTOR int64_t
#include "ops/matrix/gemm_tmpl.h"

/* Factors that integers can be multiplied by as they are. */
static bool whole(float x) { return x == floorf(x) && fabsf(x) < 0x1p31f; }

static void combine_rounding(const combine_job *job, sdx_view *out, const sdx_view *in) {
    for (size_t i = 0; i < out->len; i++) {
        const size_t at = i / job->n * job->c_row + i % job->n * job->c_col;
        const double c = in != NULL ? sdx_view_double(in, at) : 0.0;
        const double y = sdx_view_double(out, i);
        sdx_view_set_double(out, i, (double)job->alpha * y + (double)job->beta * c);
    }
}

static void combine(const sdx_call *c, const sdx_product *p, const sdx_view *in) {
    sdx_view *const out = c->out[0];
    const combine_job job = {.y = out->data,
                             .c = in != NULL ? in->data : NULL,
                             .m = p->m,
                             .n = p->n,
                             .c_row = p->d_row,
                             .c_col = p->d_col,
                             .alpha = p->alpha,
                             .beta = p->beta};
    if (in == NULL && p->alpha == 1.0f) return;
    if (p->dtype == SDX_FLOAT64)
        combine_f64(&job);
    else if (!whole(p->alpha) || !whole(p->beta))
        combine_rounding(&job, out, in);
    else if (sdx_dtype_size(p->dtype) == 4)
        combine_u32(&job);
    else
        combine_u64(&job);
}

static sdx_status run(const sdx_call *c) {
    const sdx_product *const p = c->bound;
    sdx_pack *const *const pack = c->prepared;
    const sdx_view *const in_c = p->beta != 0.0f ? sdx_call_in(c, IN_C) : NULL;
    const bool whole_job = p->dtype == SDX_FLOAT32;
    const void *b = c->in[IN_B]->data;
    if (*pack != NULL) SDX_TRY(sdx_call_pack(c, *pack, &b));
    const sdx_product_terms terms = {.d = whole_job && in_c != NULL ? in_c->data : NULL};
    sdx_product_run(p, c, c->out[0]->data, c->in[IN_A]->data, b, terms);
    if (!whole_job) combine(c, p, in_c);
    return NULL;
}

const sdx_op sdx_op_gemm = {
    .name = "Gemm",
    .domain = "",
    .since = 1,
    .newest = 13,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    SDX_ROWS(upgrades, upgrades),
    .flags = SDX_OP_WIDEN,
    .bound_size = sizeof(sdx_product),
    .infer = infer,
    .prepare = prepare,
    .bind = bind,
    .run = run,
    .flops = sdx_flops_gemm,
};
