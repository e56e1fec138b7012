/* MatMulNBits of com.microsoft: A times weights that are 2, 4 or 8 bits wide, in blocks along K
 * that have a scale and a zero point each. Weights stay as they are. A few rows are multiplied with
 * codes of 4 bits as they come; else strips of some columns are made float32 a piece of K at a
 * time, small enough for the cache, and multiplied at once. Pieces follow from K alone, so that a
 * sum has one order. */
#include <string.h>

#include "kernels/kernels.h"
#include "ops/call.h"
#include "ops/infer.h"
#include "ops/work.h"

enum { IN_A, IN_B, IN_SCALES, IN_ZEROS, IN_GROUPS, IN_BIAS };
enum { ATTR_K, ATTR_N, ACCURACY_LEVEL, BITS, BLOCK_SIZE, WEIGHT_PREPACKED };
enum {
    DEPTH = 512,      /* of K, in a piece: a power of two */
    STRIP_PANELS = 2, /* of the product kernel, in a strip */
    MIN_BLOCK = 16,
    /* by codes as they come: rows at most, the least block of that kernel, columns of a strip */
    FEW_ROWS = 4,
    CODES_BLOCK = 32,
    CODES_WIDTH = 64
};

#define TYPES (SDX_T(FLOAT32) | SDX_T_HALVES)

static const sdx_port inputs[] = {
    {.name = "A", .var = "T1", .types = TYPES},
    {.name = "B", .var = "T2", .types = SDX_T(UINT8)},
    {.name = "scales", .var = "T1", .types = TYPES},
    {.name = "zero_points", .var = "T3", .types = TYPES | SDX_T(UINT8), .flags = SDX_PORT_OPTIONAL},
    {.name = "g_idx", .var = "T4", .types = SDX_T(INT32), .flags = SDX_PORT_OPTIONAL},
    {.name = "bias", .var = "T1", .types = TYPES, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {{.name = "Y", .var = "T1", .types = TYPES}};
static const sdx_attr_def attrs[] = {
    [ATTR_K] = SDX_ATTR_REQ("K", SDX_ATTR_INT),
    [ATTR_N] = SDX_ATTR_REQ("N", SDX_ATTR_INT),
    [ACCURACY_LEVEL] =
        SDX_ATTR_I("accuracy_level", 0), /* the least that is asked for: always met */
    [BITS] = SDX_ATTR_I("bits", 4),
    [BLOCK_SIZE] = SDX_ATTR_REQ("block_size", SDX_ATTR_INT),
    [WEIGHT_PREPACKED] = SDX_ATTR_I("weight_prepacked", 0),
};

/* ---- shapes */

/* Sizes of the weights, from attributes that have been checked. */
typedef struct layout {
    int64_t k, n, blocks; /* blocks of K in a column */
    int64_t block;        /* elements of a block */
    int64_t bits;
    int64_t zero_bytes; /* of a column's packed zero points */
} layout;

static layout measure(const sdx_node *node) {
    layout l = {.k = sdx_node_int(node, ATTR_K),
                .n = sdx_node_int(node, ATTR_N),
                .block = sdx_node_int(node, BLOCK_SIZE),
                .bits = sdx_node_int(node, BITS)};
    l.blocks = (l.k + l.block - 1) / l.block;
    l.zero_bytes = (l.blocks * l.bits + 7) / 8;
    return l;
}

static sdx_status check_attrs(const sdx_node *node) {
    const int64_t bits = sdx_node_int(node, BITS), block = sdx_node_int(node, BLOCK_SIZE);
    for (size_t i = ATTR_K; i <= ATTR_N; i++) {
        const int64_t size = sdx_node_int(node, i);
        if (size < 1 || size > INT32_MAX)
            return sdx_fail(SDX_INVALID_MODEL, "attribute '%s' is %lld, expected 1 or more",
                            attrs[i].name, (long long)size);
    }
    if (bits != 2 && bits != 4 && bits != 8)
        return sdx_fail(SDX_INVALID_MODEL, "attribute 'bits' is %lld, expected 2, 4 or 8",
                        (long long)bits);
    if (block < MIN_BLOCK || block > INT32_MAX || (block & (block - 1)) != 0)
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'block_size' is %lld, expected a power of two from 16 on",
                        (long long)block);
    if (sdx_node_int(node, WEIGHT_PREPACKED) != 0)
        return sdx_fail(SDX_UNSUPPORTED,
                        "attribute 'weight_prepacked' is %lld, the order of another device; "
                        "export the weights without it",
                        (long long)sdx_node_int(node, WEIGHT_PREPACKED));
    return NULL;
}

/* Elements of input i; false when they are not known. */
static bool count(const sdx_infer *in, size_t i, sdx_dim *out) {
    if (!sdx_infer_ranked(in, i)) return false;
    *out = 1;
    for (int d = 0; d < in->in[i].rank; d++) {
        *out = sdx_dim_mul(in->dims, *out, in->in[i].dims[d]);
    }
    return sdx_dim_is_number(*out);
}

/* Exporters store these with one dim or more; what counts is how many elements there are. */
static sdx_status want_count(const sdx_infer *in, size_t i, int64_t want, int64_t other) {
    sdx_dim have;
    char text[160];
    if (!count(in, i, &have) || have == want || have == other) return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH, "input '%s' has shape %s, expected %lld elements",
                    inputs[i].name, sdx_infer_shape_text(in, i, text, sizeof text),
                    (long long)want);
}

/* Weights without elements: the projection is left out, and all that belongs to it. */
static sdx_status check_weights(const sdx_infer *in, const layout *l) {
    sdx_dim len;
    const bool packed = sdx_infer_dtype(in, IN_ZEROS) == SDX_UINT8;
    if (count(in, IN_B, &len) && len == 0) return NULL;
    const int64_t blocks = l->n * l->blocks; /* below 2^58 */
    SDX_TRY(want_count(in, IN_B, sdx_dim_mul(in->dims, blocks, l->block * l->bits / 8), -1));
    SDX_TRY(want_count(in, IN_SCALES, blocks, -1));
    SDX_TRY(want_count(in, IN_ZEROS, packed ? l->n * l->zero_bytes : blocks, -1));
    return want_count(in, IN_GROUPS, l->k, l->blocks * l->block);
}

static sdx_status infer(sdx_infer *in) {
    char text[160];
    SDX_TRY(check_attrs(in->node));
    const layout l = measure(in->node);
    SDX_TRY(check_weights(in, &l));
    SDX_TRY(want_count(in, IN_BIAS, l.n, -1));
    if (!sdx_infer_ranked(in, IN_A)) return NULL;
    const sdx_fact *const a = &in->in[IN_A];
    const sdx_dim last = a->rank > 0 ? a->dims[a->rank - 1] : -1;
    if (a->rank == 0 || (sdx_dim_is_number(last) && last != l.k))
        return sdx_fail(SDX_SHAPE_MISMATCH, "input 'A' has shape %s, expected a last dim of %lld",
                        sdx_infer_shape_text(in, IN_A, text, sizeof text), (long long)l.k);
    sdx_dim dims[SDX_MAX_RANK];
    memcpy(dims, a->dims, (size_t)a->rank * sizeof *dims);
    dims[a->rank - 1] = l.n;
    return sdx_infer_set_shape(in, 0, (size_t)a->rank, dims);
}

/* ---- binding */

typedef struct plan {
    size_t m, n, k;
    size_t width;               /* columns of a strip */
    size_t strip_len, pack_len; /* floats of scratch: a piece of the strip, and packed */
    size_t lane_size;           /* bytes: both, and what the product needs */
    bool by_codes;              /* no product: the kernel reads the codes */
} plan;

/* The choice follows from shapes alone. Elements of K with a group of their own are widened. */
static bool can_take_codes(const plan *p, const layout *l, bool grouped) {
    return p->m <= FEW_ROWS && l->bits == 4 && l->block >= CODES_BLOCK && !grouped;
}

static sdx_status bind_codes(sdx_bind *b, plan *p, const layout *l) {
    size_t bytes;
    p->by_codes = true;
    p->width = CODES_WIDTH < p->n ? CODES_WIDTH : p->n;
    b->how = "a few rows: weights are read as they are, 4 bits wide";
    if (!sdx_mul_size((size_t)l->blocks * sizeof(float), (size_t)l->block, &bytes) ||
        !sdx_round_up(bytes, 64, &p->lane_size) ||
        !sdx_mul_size(p->lane_size, b->lanes, &b->scratch))
        return sdx_fail(SDX_LIMIT, "found scratch beyond the address space");
    return NULL;
}

static sdx_status bind(sdx_bind *b) {
    plan *const p = b->bound;
    const layout l = measure(b->node);
    const sdx_gemm_info *const info = b->kernels->gemm_f32_info();
    const size_t width = STRIP_PANELS * info->nr;
    p->k = (size_t)l.k;
    p->n = (size_t)l.n;
    p->m = b->in[IN_A]->len / p->k;
    p->by_codes = false;
    if (can_take_codes(p, &l, b->n_in > IN_GROUPS && b->in[IN_GROUPS] != NULL))
        return bind_codes(b, p, &l);
    p->width = width < p->n ? width : p->n;
    p->strip_len = p->width * DEPTH;
    p->pack_len = sdx_gemm_packed_b_len(info, p->width, DEPTH);
    const sdx_gemm_f32 g = {.m = p->m, .n = p->width, .k = DEPTH, .b_packed = true};
    b->how = "weights stay packed; strips of them are widened to float32 in cache, then multiplied";
    const size_t floats = (p->strip_len + p->pack_len) * sizeof(float);
    if (!sdx_round_up(floats + sdx_gemm_f32_scratch(info, &g), 64, &p->lane_size) ||
        !sdx_mul_size(p->lane_size, b->lanes, &b->scratch))
        return sdx_fail(SDX_LIMIT, "found scratch beyond the address space");
    return NULL;
}

/* ---- weights as float32 */

typedef struct job {
    const plan *p;
    const sdx_kernel_table *kernels;
    const float *a, *bias; /* bias may be NULL */
    float *y;
    char *scratch;
    const uint8_t *codes;
    const float *scales, *zeros_f; /* zero points: floats, or packed, or neither */
    const uint8_t *zeros;
    const int32_t *groups; /* of each element of K, NULL: by blocks */
    layout at;
} job;

static float zero_of(const job *j, size_t column, size_t block) {
    const size_t bits = (size_t)j->at.bits, bit = block * bits;
    if (j->zeros_f != NULL) return j->zeros_f[column * (size_t)j->at.blocks + block];
    if (j->zeros == NULL) return (float)(1 << (bits - 1));
    const unsigned byte = j->zeros[column * (size_t)j->at.zero_bytes + bit / 8];
    return (float)(byte >> bit % 8 & ((1u << bits) - 1));
}

/* Bytes of n codes, rounded up to whole bytes, whose padding is unpacked too. */
static void unpack(uint8_t *restrict codes, const uint8_t *restrict src, size_t n, int64_t bits) {
    if (bits == 8) {
        memcpy(codes, src, n);
    } else if (bits == 4) {
        for (size_t i = 0; i < (n + 1) / 2; i++) {
            codes[2 * i] = src[i] & 15;
            codes[2 * i + 1] = src[i] >> 4;
        }
    } else {
        for (size_t i = 0; i < (n + 3) / 4; i++) {
            codes[4 * i] = src[i] & 3;
            codes[4 * i + 1] = src[i] >> 2 & 3;
            codes[4 * i + 2] = src[i] >> 4 & 3;
            codes[4 * i + 3] = src[i] >> 6;
        }
    }
}

static void scale_run(float *restrict w, const uint8_t *restrict codes, size_t n, float zero,
                      float scale) {
    for (size_t i = 0; i < n; i++) {
        w[i] = ((float)codes[i] - zero) * scale;
    }
}

/* Elements [k, k + n) of a column; n is at most DEPTH, k a multiple of it. Blocks hold no padding
 * but at the end of K, so that codes follow each other. */
static void load_column(const job *j, float *w, size_t column, size_t k, size_t n) {
    const size_t block = (size_t)j->at.block, blocks = (size_t)j->at.blocks;
    const size_t bits = (size_t)j->at.bits, column_bytes = blocks * block * bits / 8;
    const float *const scales = j->scales + column * blocks;
    uint8_t codes[DEPTH];
    unpack(codes, j->codes + column * column_bytes + k * bits / 8, n, j->at.bits);
    for (size_t i = 0; j->groups != NULL && i < n; i++) {
        const size_t b = (size_t)j->groups[k + i];
        w[i] = ((float)codes[i] - zero_of(j, column, b)) * scales[b];
    }
    if (j->groups != NULL) return;
    for (size_t i = 0, run, b = k / block; i < n; i += run, b++) {
        run = block < n - i ? block : n - i; /* a block is a part of DEPTH, or has it as a part */
        scale_run(w + i, codes + i, run, zero_of(j, column, b), scales[b]);
    }
}

/* ---- running */

/* One piece of K for the columns of a strip, added to what stands in Y. */
static void multiply(const job *j, float *strip, size_t column, size_t width, size_t k) {
    const plan *const p = j->p;
    const size_t depth = p->k - k < DEPTH ? p->k - k : DEPTH, nr = j->kernels->gemm_f32_info()->nr;
    float *const pack = strip + p->strip_len, *const y = j->y + column;
    for (size_t i = 0; i < width; i++) {
        load_column(j, strip + i * DEPTH, column + i, k, depth);
    }
    const sdx_matrix_f32 matrix = {
        .src = strip, .rows = depth, .cols = width, .row = 1, .col = DEPTH};
    j->kernels->gemm_f32_pack_b(pack, &matrix, 0, (width + nr - 1) / nr);
    sdx_gemm_f32 g = {.m = p->m,
                      .n = width,
                      .k = depth,
                      .m1 = p->m,
                      .n1 = width,
                      .a = j->a + k,
                      .a_row = p->k,
                      .a_col = 1,
                      .b = pack,
                      .b_packed = true,
                      .c = y,
                      .c_row = p->n,
                      .d = y,
                      .d_row = p->n,
                      .d_col = 1,
                      .alpha = 1,
                      .beta = 1,
                      .scratch = pack + p->pack_len};
    if (k == 0) {
        g.d = j->bias != NULL ? j->bias + column : NULL;
        g.d_row = 0;
    }
    j->kernels->gemm_f32(&g);
}

/* Item: a strip. */
static void chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const plan *const p = j->p;
    float *const strip = (float *)(void *)(j->scratch + lane * p->lane_size);
    for (size_t s = begin; s < end; s++) {
        const size_t column = s * p->width;
        const size_t width = p->n - column < p->width ? p->n - column : p->width;
        for (size_t k = 0; k < p->k; k += DEPTH) {
            multiply(j, strip, column, width, k);
        }
    }
}

/* Item: a strip, by codes. */
static void codes_chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const plan *const p = j->p;
    const size_t block = (size_t)j->at.block, blocks = (size_t)j->at.blocks;
    for (size_t s = begin; s < end; s++) {
        const size_t column = s * p->width;
        sdx_codes4_f32 strip = {
            .k = p->k,
            .block = block,
            .blocks = blocks,
            .columns = p->n - column < p->width ? p->n - column : p->width,
            .codes = j->codes + column * blocks * (block / 2),
            .scales = j->scales + column * blocks,
            .zeros = j->zeros == NULL ? NULL : j->zeros + column * (size_t)j->at.zero_bytes,
            .zero_floats = j->zeros_f == NULL ? NULL : j->zeros_f + column * blocks,
            .scratch = (float *)(void *)(j->scratch + lane * p->lane_size)};
        for (size_t r = 0; r < p->m; r++) {
            float *const y = j->y + r * p->n + column;
            strip.a = j->a + r * p->k;
            j->kernels->codes4_f32(y, &strip);
            if (j->bias != NULL)
                j->kernels->add_f32(y, y, j->bias + column, strip.columns, SDX_FORM_VV);
        }
    }
}

static sdx_status check_groups(const sdx_call *c, const layout *l) {
    const sdx_view *const groups = sdx_call_in(c, IN_GROUPS);
    for (size_t i = 0; groups != NULL && i < (size_t)l->k; i++) {
        const int32_t group = ((const int32_t *)groups->data)[i];
        if (group < 0 || group >= l->blocks)
            return sdx_fail_index(c, IN_GROUPS, i, group, 0, l->blocks - 1);
    }
    return NULL;
}

static void only_bias(const sdx_view *y, const sdx_view *bias) {
    const size_t n = bias != NULL ? bias->len : y->len;
    memset(y->data, 0, y->len * sizeof(float));
    for (size_t i = 0; bias != NULL && i < y->len; i += n) {
        memcpy((float *)y->data + i, bias->data, n * sizeof(float));
    }
}

static sdx_status run(const sdx_call *c) {
    const plan *const p = c->bound;
    const sdx_view *const zeros = sdx_call_in(c, IN_ZEROS), *const bias = sdx_call_in(c, IN_BIAS);
    const sdx_view *const groups = sdx_call_in(c, IN_GROUPS);
    job j = {.p = p,
             .kernels = c->kernels,
             .a = c->in[IN_A]->data,
             .bias = bias != NULL ? bias->data : NULL,
             .y = c->out[0]->data,
             .scratch = c->scratch,
             .codes = c->in[IN_B]->data,
             .scales = c->in[IN_SCALES]->data,
             .groups = groups != NULL ? groups->data : NULL,
             .at = measure(c->node)};
    if (c->out[0]->len == 0) return NULL;
    if (c->in[IN_B]->len == 0) {
        only_bias(c->out[0], bias);
        return NULL;
    }
    SDX_TRY(check_groups(c, &j.at));
    if (zeros != NULL && zeros->dtype == SDX_UINT8)
        j.zeros = zeros->data;
    else if (zeros != NULL)
        j.zeros_f = zeros->data;
    const size_t work = p->width * p->k * (p->m / 8 + 1);
    sdx_call_tiles(c, (p->n + p->width - 1) / p->width, sdx_grain(work),
                   p->by_codes ? codes_chunk : chunk, &j);
    return NULL;
}

const sdx_op sdx_op_ms_matmul_nbits = {
    .name = "MatMulNBits",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_WIDEN,
    .bound_size = sizeof(plan),
    .infer = infer,
    .bind = bind,
    .run = run,
    .flops = sdx_flops_matmul,
};
