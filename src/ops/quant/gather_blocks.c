/* GatherBlockQuantized of com.microsoft: slices of quantised data picked by index, and turned into
 * numbers by the scales and zero points of their blocks. Data stay packed: only what is picked is
 * unpacked, row by row of the last dim. */
#include <string.h>

#include "ops/quant/quant.h"

enum { IN_DATA, IN_INDICES, IN_SCALES, IN_ZEROS };
enum { BITS, BLOCK_SIZE, GATHER_AXIS, QUANTIZE_AXIS };

#define FLOATS8 (SDX_T_FLOATS8 | SDX_T(FLOAT4E2M1))
#define DATA (SDX_T(INT4) | SDX_T(UINT4) | SDX_T(UINT8) | FLOATS8)
#define RESULTS (SDX_T(FLOAT32) | SDX_T_HALVES)

static const sdx_port inputs[] = {
    {.name = "data", .var = "T1", .types = DATA},
    {.name = "indices", .var = "Tind", .types = SDX_T_INDEX},
    {.name = "scales", .var = "T2", .types = RESULTS},
    {.name = "zero_points", .var = "T1", .types = DATA, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {{.name = "output", .var = "T2", .types = RESULTS}};
static const sdx_attr_def attrs[] = {
    [BITS] = SDX_ATTR_I("bits", 4),
    [BLOCK_SIZE] = SDX_ATTR_I("block_size", 128),
    [GATHER_AXIS] = SDX_ATTR_I("gather_axis", 0),
    [QUANTIZE_AXIS] = SDX_ATTR_I("quantize_axis", 1),
};

/* ---- shapes */

/* Numbers in a byte of uint8 data; 1 for types that say it themselves. */
static int64_t per_byte(const sdx_node *node, sdx_dtype dtype) {
    return dtype == SDX_UINT8 ? 8 / sdx_node_int(node, BITS) : 1;
}

static sdx_status check_attrs(const sdx_infer *in) {
    const int64_t bits = sdx_node_int(in->node, BITS), block = sdx_node_int(in->node, BLOCK_SIZE);
    const sdx_dtype dtype = sdx_infer_dtype(in, IN_DATA);
    const bool is_float = sdx_types_have(FLOATS8, dtype);
    if (bits != 2 && bits != 4 && bits != 8)
        return sdx_fail(SDX_INVALID_MODEL, "attribute 'bits' is %lld, expected 2, 4 or 8",
                        (long long)bits);
    if ((block < 16 || block > INT32_MAX || (block & (block - 1)) != 0) &&
        !(block == 0 && (is_float || dtype == SDX_UNDEFINED)))
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'block_size' is %lld, expected a power of two from 16 on",
                        (long long)block);
    if (is_float && sdx_infer_has(in, IN_ZEROS))
        return sdx_fail(SDX_INVALID_MODEL, "input 'zero_points' is there, expected none with %s",
                        sdx_dtype_name(dtype));
    return NULL;
}

/* Dims as numbers, not as bytes that hold several. */
static void logical(const sdx_infer *in, sdx_dim *dims) {
    const sdx_fact *const data = &in->in[IN_DATA];
    memcpy(dims, data->dims, (size_t)data->rank * sizeof *dims);
    sdx_dim *const last = &dims[data->rank - 1];
    *last = sdx_dim_mul(in->dims, *last, per_byte(in->node, sdx_infer_dtype(in, IN_DATA)));
}

static sdx_status check_scales(const sdx_infer *in, const sdx_dim *dims, size_t quantize) {
    static const char expected[] = "that of 'data', with blocks along the quantised axis";
    const int64_t block = sdx_node_int(in->node, BLOCK_SIZE);
    const bool is_float = sdx_types_have(FLOATS8, sdx_infer_dtype(in, IN_DATA));
    if (!sdx_infer_ranked(in, IN_SCALES)) return NULL;
    const sdx_fact *const scales = &in->in[IN_SCALES], *const zeros = &in->in[IN_ZEROS];
    if (scales->rank != in->in[IN_DATA].rank) return sdx_wrong_shape(in, IN_SCALES, expected);
    for (size_t i = 0; i < (size_t)scales->rank; i++) {
        const sdx_dim want = i != quantize ? dims[i]
                             : block == 0  ? 1
                                           : sdx_dim_ceil_div(in->dims, dims[i], block);
        const sdx_dim have = scales->dims[i];
        if (sdx_dim_is_number(want) && sdx_dim_is_number(have) && want != have &&
            !(is_float && i != quantize && have == 1))
            return sdx_wrong_shape(in, IN_SCALES, expected);
    }
    if (!sdx_infer_ranked(in, IN_ZEROS)) return NULL;
    SDX_TRY(sdx_infer_want_rank(in, IN_ZEROS, scales->rank));
    const int64_t packed = per_byte(in->node, sdx_infer_dtype(in, IN_DATA));
    for (int i = 0; i < scales->rank; i++) {
        const sdx_dim want = i + 1 < scales->rank
                                 ? scales->dims[i]
                                 : sdx_dim_ceil_div(in->dims, scales->dims[i], packed);
        if (sdx_dim_is_number(want) && sdx_dim_is_number(zeros->dims[i]) && want != zeros->dims[i])
            return sdx_wrong_shape(in, IN_ZEROS, "that of the scales, packed as 'data' is");
    }
    return NULL;
}

static sdx_status infer(sdx_infer *in) {
    size_t gather, quantize;
    SDX_TRY(check_attrs(in));
    if (!sdx_infer_ranked(in, IN_DATA)) return NULL;
    const size_t rank = (size_t)in->in[IN_DATA].rank;
    const bool bytes = sdx_infer_dtype(in, IN_DATA) == SDX_UINT8;
    if (rank == 0) return sdx_wrong_shape(in, IN_DATA, "rank 1 or more");
    SDX_TRY(sdx_infer_axis(in, IN_DATA, sdx_node_int(in->node, GATHER_AXIS),
                           "attribute 'gather_axis'", &gather));
    SDX_TRY(sdx_infer_axis(in, IN_DATA, sdx_node_int(in->node, QUANTIZE_AXIS),
                           "attribute 'quantize_axis'", &quantize));
    if (bytes && (gather != 0 || (sdx_node_int(in->node, BITS) < 8 && gather == quantize)))
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'gather_axis' is %zu with uint8 data, "
                        "expected 0 and another 'quantize_axis'",
                        gather);
    sdx_dim dims[SDX_MAX_RANK], out[SDX_MAX_RANK];
    logical(in, dims);
    SDX_TRY(check_scales(in, dims, quantize));
    if (!sdx_infer_ranked(in, IN_INDICES)) return NULL;
    const sdx_fact *const indices = &in->in[IN_INDICES];
    const size_t picked = (size_t)indices->rank;
    if (rank - 1 + picked > SDX_MAX_RANK)
        return sdx_fail(SDX_LIMIT, "found an output of rank %zu, expected at most %d",
                        rank - 1 + picked, SDX_MAX_RANK);
    memcpy(out, dims, gather * sizeof *out);
    if (picked > 0) memcpy(out + gather, indices->dims, picked * sizeof *out);
    memcpy(out + gather + picked, dims + gather + 1, (rank - gather - 1) * sizeof *out);
    return sdx_infer_set_shape(in, 0, rank - 1 + picked, out);
}

/* ---- binding */

typedef struct plan {
    size_t rank, gather, quantize;
    size_t dims[SDX_MAX_RANK], scale_strides[SDX_MAX_RANK]; /* numbers; 0: repeats */
    size_t block;
    size_t bits;              /* of a number as data have it */
    size_t last, scales_last; /* numbers in a row of data, of the scales */
    size_t inner;             /* numbers behind the gathered axis */
    size_t rows;              /* of a slice: pieces of the last dim */
} plan;

static size_t bits_of(const sdx_node *node, sdx_dtype dtype) {
    if (dtype == SDX_UINT8) return (size_t)sdx_node_int(node, BITS);
    return sdx_dtype_subbyte(dtype) ? 4 : 8;
}

static sdx_status bind(sdx_bind *b) {
    plan *const p = b->bound;
    const sdx_view *const data = b->in[IN_DATA], *const scales = b->in[IN_SCALES];
    const int64_t block = sdx_node_int(b->node, BLOCK_SIZE);
    p->rank = data->rank;
    SDX_TRY(sdx_axis(sdx_node_int(b->node, GATHER_AXIS), p->rank, "attribute 'gather_axis'",
                     &p->gather));
    SDX_TRY(sdx_axis(sdx_node_int(b->node, QUANTIZE_AXIS), p->rank, "attribute 'quantize_axis'",
                     &p->quantize));
    p->bits = bits_of(b->node, data->dtype);
    for (size_t i = p->rank, stride = 1; i-- > 0;) {
        p->dims[i] = (size_t)data->dims[i];
        p->scale_strides[i] = scales->dims[i] == 1 ? 0 : stride;
        stride *= (size_t)scales->dims[i];
    }
    p->dims[p->rank - 1] *= (size_t)per_byte(b->node, data->dtype);
    p->last = p->dims[p->rank - 1];
    p->scales_last = (size_t)scales->dims[p->rank - 1];
    p->block = block > 0 ? (size_t)block : p->dims[p->quantize] + 1;
    p->inner = 1;
    for (size_t i = p->gather + 1; i < p->rank; i++) {
        p->inner *= p->dims[i];
    }
    p->rows = p->gather + 1 == p->rank || p->last == 0 ? 1 : p->inner / p->last;
    return NULL;
}

/* ---- numbers */

typedef struct job {
    const plan *p;
    const sdx_view *data, *indices, *scales, *zeros, *out; /* zeros may be NULL */
} job;

/* Number `at` of packed integers. */
static unsigned code_at(const void *data, size_t at, size_t bits) {
    const size_t bit = at * bits;
    return (unsigned)((const uint8_t *)data)[bit / 8] >> bit % 8 & ((1u << bits) - 1);
}

static float number(const job *j, const void *data, size_t at) {
    const unsigned code = code_at(data, at, j->p->bits);
    const sdx_dtype dtype = j->data->dtype;
    if (sdx_types_have(FLOATS8, dtype)) return sdx_small_to_f32(dtype, (uint8_t)code);
    return (float)(dtype == SDX_INT4 && code > 7 ? (int)code - 16 : (int)code);
}

/* Rows of packed zero points of bytes begin at whole bytes. */
static float zero_at(const job *j, size_t scale) {
    const plan *const p = j->p;
    const bool bytes = j->data->dtype == SDX_UINT8;
    if (j->zeros == NULL) return bytes ? (float)(1u << (p->bits - 1)) : 0;
    if (!bytes) return number(j, j->zeros->data, scale);
    const size_t per = 8 / p->bits, width = (p->scales_last + per - 1) / per * per;
    return number(j, j->zeros->data, scale / p->scales_last * width + scale % p->scales_last);
}

/* n numbers from `at` on, along the last dim. */
static void dequantise(const job *j, float *y, size_t at, size_t n) {
    const plan *const p = j->p;
    const size_t last = p->rank - 1, column = at % p->last;
    size_t scale = 0, rest = at / p->last;
    for (size_t i = last; i-- > 0; rest /= p->dims[i]) {
        const size_t index = rest % p->dims[i];
        scale += (i == p->quantize ? index / p->block : index) * p->scale_strides[i];
    }
    for (size_t i = 0, run; i < n; i += run) {
        const bool blocks = p->quantize == last;
        const size_t index = blocks ? (column + i) / p->block : column + i;
        const size_t left = p->block - (column + i) % p->block;
        run = !blocks ? 1 : left < n - i ? left : n - i;
        const size_t s = scale + index * p->scale_strides[last];
        const float zero = zero_at(j, s), factor = (float)sdx_view_double(j->scales, s);
        for (size_t k = i; k < i + run; k++) {
            y[k] = (number(j, j->data->data, at + k) - zero) * factor;
        }
    }
}

static void put(const job *j, size_t at, const float *x, size_t n) {
    const size_t size = sdx_dtype_size(j->out->dtype);
    sdx_narrow_f32(j->out->dtype, (char *)j->out->data + at * size, x, n);
}

/* Item: a piece of the last dim of a picked slice. An index outside gives zeros. */
static void chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const plan *const p = j->p;
    const size_t length = p->inner / p->rows;
    const int64_t size = (int64_t)p->dims[p->gather];
    float tile[SDX_QUANT_TILE];
    (void)lane;
    for (size_t item = begin; item < end; item++) {
        const size_t slice = item / p->rows, piece = item % p->rows;
        int64_t index = sdx_view_int(j->indices, slice % j->indices->len);
        if (index < 0) index += size;
        const bool inside = index >= 0 && index < size;
        const size_t outer = slice / j->indices->len;
        const size_t from =
            inside ? (outer * (size_t)size + (size_t)index) * p->inner + piece * length : 0;
        for (size_t i = 0, n; i < length; i += n) {
            n = length - i < SDX_QUANT_TILE ? length - i : SDX_QUANT_TILE;
            if (inside)
                dequantise(j, tile, from + i, n);
            else
                memset(tile, 0, n * sizeof *tile);
            put(j, item * length + i, tile, n);
        }
    }
}

static sdx_status run(const sdx_call *c) {
    const plan *const p = c->bound;
    job j = {.p = p,
             .data = c->in[IN_DATA],
             .indices = c->in[IN_INDICES],
             .scales = c->in[IN_SCALES],
             .zeros = sdx_call_in(c, IN_ZEROS),
             .out = c->out[0]};
    if (j.out->len == 0) return NULL;
    sdx_call_for(c, j.out->len / (p->inner / p->rows), sdx_grain(p->inner / p->rows * 8), chunk,
                 &j);
    return NULL;
}

const sdx_op sdx_op_ms_gather_block_quantized = {
    .name = "GatherBlockQuantized",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_SUBBYTE,
    .bound_size = sizeof(plan),
    .infer = infer,
    .bind = bind,
    .run = run,
};
