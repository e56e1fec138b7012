/* And, Or, Xor, Not of bools (any byte but 0 is true), and the bitwise operators. */
#include "ops/elementwise/binary.h"

/* ONNX: And-1 broadcast, axis */
static const sdx_upgrade_rule upgrades[] = {{.below = 7, .apply = sdx_upgrade_broadcast}};

/* ---- bools */

/* Each byte as 0 or 1; with f known where this is inlined, the loops are f's own. */
SDX_INLINE void each(uint8_t *y, const uint8_t *a, const uint8_t *b, size_t n, sdx_form form,
                     unsigned (*f)(unsigned, unsigned)) {
    const unsigned first_a = a[0] != 0, first_b = b[0] != 0;
    if (form == SDX_FORM_VV)
        for (size_t i = 0; i < n; i++)
            y[i] = (uint8_t)f(a[i] != 0, b[i] != 0);
    else if (form == SDX_FORM_VS)
        for (size_t i = 0; i < n; i++)
            y[i] = (uint8_t)f(a[i] != 0, first_b);
    else
        for (size_t i = 0; i < n; i++)
            y[i] = (uint8_t)f(first_a, b[i] != 0);
}

static inline unsigned and_one(unsigned a, unsigned b) { return a & b; }
static inline unsigned or_one(unsigned a, unsigned b) { return a | b; }
static inline unsigned xor_one(unsigned a, unsigned b) { return a ^ b; }

static void and_bools(SDX_UNUSED const sdx_binary *row, void *y, const void *a, const void *b,
                      size_t n, sdx_form form) {
    each(y, a, b, n, form, and_one);
}
static void or_bools(SDX_UNUSED const sdx_binary *row, void *y, const void *a, const void *b,
                     size_t n, sdx_form form) {
    each(y, a, b, n, form, or_one);
}
static void xor_bools(SDX_UNUSED const sdx_binary *row, void *y, const void *a, const void *b,
                      size_t n, sdx_form form) {
    each(y, a, b, n, form, xor_one);
}

static sdx_binary_fn *const and_loops[] = {[SDX_BOOL] = and_bools};
static sdx_binary_fn *const or_loops[] = {[SDX_BOOL] = or_bools};
static sdx_binary_fn *const xor_loops[] = {[SDX_BOOL] = xor_bools};

static const sdx_binary and_row = {.loops = and_loops};
static const sdx_binary or_row = {.loops = or_loops};
static const sdx_binary xor_row = {.loops = xor_loops};
static const sdx_binary bitwise_and_row = {.loops = sdx_loops_and};
static const sdx_binary bitwise_or_row = {.loops = sdx_loops_or};
static const sdx_binary bitwise_xor_row = {.loops = sdx_loops_xor};

static const sdx_port bools[] = {{.name = "A", .var = "T", .types = SDX_T(BOOL)},
                                 {.name = "B", .var = "T", .types = SDX_T(BOOL)}};
static const sdx_port bool_out[] = {{.name = "C", .var = "T", .types = SDX_T(BOOL)}};
static const sdx_port ints[] = {{.name = "A", .var = "T", .types = SDX_T_INTS},
                                {.name = "B", .var = "T", .types = SDX_T_INTS}};
static const sdx_port int_out[] = {{.name = "C", .var = "T", .types = SDX_T_INTS}};

/* LOGIC(and, "And", ...) is sdx_op_and. */
#define LOGIC(id, name_, since_, newest_, in_, out_) \
    const sdx_op sdx_op_##id = {                     \
        .name = name_,                               \
        .domain = "",                                \
        .since = since_,                             \
        .newest = newest_,                           \
        SDX_ROWS(inputs, in_),                       \
        SDX_ROWS(outputs, out_),                     \
        SDX_ROWS(upgrades, upgrades),                \
        .flags = SDX_OP_INPLACE,                     \
        .bound_size = sizeof(sdx_walk),              \
        .data = &id##_row,                           \
        .infer = sdx_infer_broadcast_all,            \
        .bind = sdx_binary_bind,                     \
        .run = sdx_binary_run,                       \
    };

LOGIC(and, "And", 1, 7, bools, bool_out)
LOGIC(or, "Or", 1, 7, bools, bool_out)
LOGIC(xor, "Xor", 1, 7, bools, bool_out)
LOGIC(bitwise_and, "BitwiseAnd", 18, 18, ints, int_out)
LOGIC(bitwise_or, "BitwiseOr", 18, 18, ints, int_out)
LOGIC(bitwise_xor, "BitwiseXor", 18, 18, ints, int_out)

/* ---- Not */

typedef struct not_job {
    uint8_t *y;
    const uint8_t *x;
} not_job;

static void not_chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const not_job *const j = arg;
    (void)lane;
    for (size_t i = begin; i < end; i++)
        j->y[i] = j->x[i] == 0;
}

static sdx_status run_not(const sdx_call *c) {
    not_job j = {.y = c->out[0]->data, .x = c->in[0]->data};
    sdx_call_for(c, c->in[0]->len, sdx_grain(1), not_chunk, &j);
    return NULL;
}

const sdx_op sdx_op_not = {
    .name = "Not",
    .domain = "",
    .since = 1,
    .newest = 1,
    .inputs = bools,
    .n_inputs = 1,
    SDX_ROWS(outputs, bool_out),
    .flags = SDX_OP_INPLACE,
    .infer = sdx_infer_like_first,
    .run = run_not,
};

/* ---- BitShift */

static const sdx_attr_def shift_attrs[] = {SDX_ATTR_REQ("direction", SDX_ATTR_STRING)};

/* ONNX: BitShift-11 direction */
static sdx_status prepare_shift(sdx_prepare *p) {
    static const sdx_binary left = {.loops = sdx_loops_left}, right = {.loops = sdx_loops_right};
    const sdx_str direction = sdx_node_str(p->node, 0);
    const bool to_left = sdx_str_is(direction, "LEFT");
    if (!to_left && !sdx_str_is(direction, "RIGHT"))
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'direction' is '%.*s', expected 'LEFT' or 'RIGHT'",
                        SDX_FMT(direction));
    p->prepared = to_left ? &left : &right;
    return NULL;
}

static sdx_status run_shift(const sdx_call *c) { return sdx_binary_run_row(c, c->prepared); }

const sdx_op sdx_op_bit_shift = {
    .name = "BitShift",
    .domain = "",
    .since = 11,
    .newest = 28,
    SDX_ROWS(inputs, ints),
    SDX_ROWS(outputs, int_out),
    SDX_ROWS(attrs, shift_attrs),
    .flags = SDX_OP_INPLACE,
    .bound_size = sizeof(sdx_walk),
    .infer = sdx_infer_broadcast_all,
    .prepare = prepare_shift,
    .bind = sdx_binary_bind,
    .run = run_shift,
};
