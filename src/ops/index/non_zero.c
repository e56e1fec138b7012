/* NonZero: the indices of all elements that are not zero, [rank, n], in the order of the tensor.
 * One pass marks them by their bits, the second writes the indices. */
#include "ops/call.h"
#include "ops/infer.h"

static const sdx_port inputs[] = {{.name = "X", .var = "T", .types = SDX_T_CLASSIC}};
static const sdx_port outputs[] = {{.name = "Y", .var = "I", .types = SDX_T(INT64)}};

static sdx_status infer(sdx_infer *in) {
    if (!sdx_infer_ranked(in, 0)) return sdx_infer_set_rank(in, 0, 2);
    const sdx_dim dims[] = {in->in[0].rank, SDX_DIM_UNKNOWN};
    return sdx_infer_set_shape(in, 0, 2, dims);
}

/* A mark for each element. */
static sdx_status bind(sdx_bind *b) {
    b->scratch = b->in[0]->len;
    return NULL;
}

/* ---- marks: what an element's bits have to show, but for the sign of zero */

typedef void mark_fn(uint8_t *marks, const void *src, size_t begin, size_t end, uint64_t bits);

#define MARK mark_8
#define T uint8_t
#include "ops/index/non_zero_tmpl.h"
#define MARK mark_16
#define T uint16_t
#include "ops/index/non_zero_tmpl.h"
#define MARK mark_32
#define T uint32_t
#include "ops/index/non_zero_tmpl.h"
#define MARK mark_64
#define T uint64_t
#include "ops/index/non_zero_tmpl.h"

static void mark_complex(uint8_t *marks, const void *src, size_t begin, size_t end, uint64_t bits) {
    const uint64_t *const x = src;
    for (size_t i = begin; i < end; i++)
        marks[i] = ((x[2 * i] | x[2 * i + 1]) & bits) != 0;
}

static void mark_strings(uint8_t *marks, const void *src, size_t begin, size_t end, uint64_t bits) {
    const sdx_str *const x = src;
    (void)bits;
    for (size_t i = begin; i < end; i++)
        marks[i] = x[i].len != 0;
}

typedef struct rule {
    mark_fn *mark;
    uint64_t bits;
} rule;

static rule rule_of(sdx_dtype dtype) {
    static const rule by_size[] = {[1] = {mark_8, UINT8_MAX},
                                   [2] = {mark_16, UINT16_MAX},
                                   [4] = {mark_32, UINT32_MAX},
                                   [8] = {mark_64, UINT64_MAX}};
    static const rule of_floats[] = {
        [2] = {mark_16, 0x7fff}, [4] = {mark_32, 0x7fffffff}, [8] = {mark_64, INT64_MAX}};
    const size_t size = sdx_dtype_size(dtype);
    if (dtype == SDX_STRING) return (rule){mark_strings, 0};
    if (dtype == SDX_COMPLEX128) return (rule){mark_complex, INT64_MAX};
    if (dtype == SDX_COMPLEX64) return (rule){mark_64, UINT64_C(0x7fffffff7fffffff)};
    const bool is_float = sdx_dtype_kind_of(dtype) == SDX_KIND_FLOAT;
    return is_float ? of_floats[size] : by_size[size];
}

typedef struct marking {
    rule rule;
    uint8_t *marks;
    const void *src;
} marking;

static void mark_some(void *arg, size_t begin, size_t end, unsigned lane) {
    const marking *const m = arg;
    (void)lane;
    m->rule.mark(m->marks, m->src, begin, end, m->rule.bits);
}

static int64_t count(const uint8_t *marks, size_t len) {
    int64_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += marks[i];
    return n;
}

/* ---- indices */

/* Row d of the output is the index along dim d. Whole rows of the input are walked, since their
 * elements share all indices but the last. */
static void write_indices(const sdx_view *x, const uint8_t *marks, int64_t *dst, size_t n) {
    const size_t outer = x->rank - 1, row = (size_t)x->dims[outer];
    int64_t index[SDX_MAX_RANK] = {0};
    size_t done = 0;
    for (size_t first = 0; first < x->len; first += row) {
        const size_t before = done;
        for (size_t i = 0; i < row; i++)
            if (marks[first + i]) dst[outer * n + done++] = (int64_t)i;
        for (size_t d = 0; d < outer; d++)
            for (size_t i = before; i < done; i++)
                dst[d * n + i] = index[d];
        for (size_t d = outer; d-- > 0 && ++index[d] == x->dims[d];)
            index[d] = 0;
    }
}

static sdx_status run(const sdx_call *c) {
    const sdx_view *const x = c->in[0];
    marking m = {.rule = rule_of(x->dtype), .marks = c->scratch, .src = x->data};
    sdx_call_for(c, x->len, sdx_grain(1), mark_some, &m);
    const int64_t dims[] = {x->rank, count(m.marks, x->len)};
    sdx_view *out;
    SDX_TRY(sdx_call_output(c, 0, SDX_INT64, 2, dims, &out));
    if (out->len > 0) write_indices(x, m.marks, out->data, (size_t)dims[1]);
    return NULL;
}

const sdx_op sdx_op_non_zero = {
    .name = "NonZero",
    .domain = "",
    .since = 9,
    .newest = 13,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    .flags = SDX_OP_DATA_SHAPE,
    .infer = infer,
    .bind = bind,
    .run = run,
};
