/* Cast and CastLike: any type to any other, but for complex numbers. */
#include <string.h>

#include "ops/call.h"
#include "ops/cast/convert.h"
#include "ops/cast/text.h"
#include "ops/infer.h"
#include "ops/upgrade.h"

enum { SATURATE, ROUND_MODE, TO }; /* CastLike has the first two */

#define TYPES (SDX_T_ANY & ~SDX_T_COMPLEX)

/* ---- run */

/* ONNX: Cast-24 round_mode */
static sdx_status round_mode(const sdx_node *node, sdx_e8m0_round *out) {
    static const struct {
        const char *name;
        sdx_e8m0_round round;
    } modes[] = {{"up", SDX_E8M0_UP}, {"down", SDX_E8M0_DOWN}, {"nearest", SDX_E8M0_NEAREST}};
    const sdx_str name = sdx_node_str(node, ROUND_MODE);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (!sdx_str_is(name, modes[i].name)) continue;
        *out = modes[i].round;
        return NULL;
    }
    return sdx_fail(SDX_INVALID_MODEL,
                    "attribute 'round_mode' is '%.*s', expected 'up', 'down' or 'nearest'",
                    SDX_FMT(name));
}

static sdx_status prepare(sdx_prepare *p) {
    sdx_e8m0_round round;
    return round_mode(p->node, &round);
}

typedef struct job {
    sdx_convert convert;
    char *dst;
    const char *src;
} job;

static void convert_chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    (void)lane;
    sdx_convert_run(&j->convert, j->dst + begin * sdx_dtype_size(j->convert.to),
                    j->src + begin * sdx_dtype_size(j->convert.from), end - begin);
}

/* The texts stand in scratch until the caller has copied them. */
static sdx_status to_strings(const sdx_call *c) {
    const sdx_view *const in = c->in[0];
    sdx_str *const texts = c->out[0]->data;
    size_t size;
    void *block;
    if (!sdx_mul_size(in->len, SDX_NUMBER_TEXT, &size))
        return sdx_fail(SDX_LIMIT, "%zu numbers as text take more than the address space", in->len);
    if (in->len == 0) return NULL;
    SDX_TRY(sdx_call_scratch(c, size, &block));
    for (size_t i = 0; i < in->len; i++)
        texts[i] = sdx_number_text(in, i, (char *)block + i * SDX_NUMBER_TEXT);
    return NULL;
}

static sdx_status from_strings(const sdx_call *c) {
    const sdx_str *const texts = c->in[0]->data;
    for (size_t i = 0; i < c->in[0]->len; i++)
        if (!sdx_number_parse(texts[i], c->out[0], i))
            return sdx_fail(SDX_INVALID_ARGUMENT, "input 'input'[%zu] is '%.*s', expected a number",
                            i, SDX_FMT(texts[i]));
    return NULL;
}

static sdx_status run(const sdx_call *c) {
    const sdx_view *const in = c->in[0], *const out = c->out[0];
    const bool text_in = in->dtype == SDX_STRING, text_out = out->dtype == SDX_STRING;
    if (text_in && !text_out) return from_strings(c);
    if (text_out && !text_in) return to_strings(c);
    if (in->len == 0) return NULL;
    job j = {.convert = {.from = in->dtype,
                         .to = out->dtype,
                         .saturate = sdx_node_int(c->node, SATURATE) != 0},
             .dst = out->data,
             .src = in->data};
    SDX_TRY(round_mode(c->node, &j.convert.round));
    sdx_call_for(c, in->len, sdx_grain(2), convert_chunk, &j);
    return NULL;
}

/* ---- Cast */

static const sdx_port cast_in[] = {{.name = "input", .var = "T1", .types = TYPES}};
static const sdx_port outputs[] = {{.name = "output", .var = "T2", .types = TYPES}};
static const sdx_attr_def attrs[] = {
    [SATURATE] = SDX_ATTR_I("saturate", 1),
    [ROUND_MODE] = SDX_ATTR_S("round_mode", "up"),
    [TO] = SDX_ATTR_REQ("to", SDX_ATTR_INT),
};

/* ONNX: Cast-1 `to` is the name of a type. */
static sdx_status from_1(sdx_upgrade *u) {
    /* SDX_DTYPE(6, INT32, ...) is {"INT32", 6}, */
    static const struct {
        const char *name;
        int64_t id;
    } names[] = {
        {"FLOAT", SDX_FLOAT32},
        {"DOUBLE", SDX_FLOAT64},
#define SDX_DTYPE(id_, NAME, name_, bits_, kind_) {#NAME, id_},
#include "sardonyx/dtype.def"
#undef SDX_DTYPE
    };
    const sdx_attr *const to = sdx_node_named(u->node, "to");
    if (!to || to->kind != SDX_ATTR_STRING) return NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (sdx_str_is(to->s, names[i].name))
            return sdx_node_set_attr(u->node, "to",
                                     (sdx_attr){.kind = SDX_ATTR_INT, .n = 1, .i = names[i].id});
    return sdx_fail(SDX_INVALID_MODEL,
                    "attribute 'to' is '%.*s', expected the name of an element type as 'FLOAT'",
                    SDX_FMT(to->s));
}
static const sdx_upgrade_rule upgrades[] = {{.below = 6, .apply = from_1}};

/* Whether all elements that are numbers fit into int32; the others are sizes. */
static bool fit_int32(const sdx_infer *in) {
    sdx_dim ints[4 * SDX_MAX_RANK];
    size_t n;
    if (!sdx_infer_ints(in, 0, ints, sizeof ints / sizeof *ints, &n)) return false;
    for (size_t i = 0; i < n; i++)
        if (sdx_dim_is_number(ints[i]) && (ints[i] < INT32_MIN || ints[i] > INT32_MAX))
            return false;
    return true;
}

/* Shape, and elements where integers stay integers. */
static sdx_status infer_elements(sdx_infer *in) {
    const sdx_type *const to = in->out[0].type;
    if (!sdx_infer_ranked(in, 0)) return NULL;
    SDX_TRY(sdx_infer_set_shape(in, 0, (size_t)in->in[0].rank, in->in[0].dims));
    const sdx_dtype dtype = to && to->kind == SDX_TENSOR ? to->dtype : SDX_UNDEFINED;
    const bool kept = dtype == SDX_INT64 || (dtype == SDX_INT32 && fit_int32(in));
    return in->arena && kept ? sdx_infer_same_ints(in, 0, 0) : NULL;
}

static sdx_status infer_cast(sdx_infer *in) {
    const int64_t to = sdx_node_int(in->node, TO);
    if (!sdx_dtype_valid(to) || !sdx_types_have(TYPES, (sdx_dtype)to))
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'to' is %lld, expected the number of an element type other "
                        "than complex",
                        (long long)to);
    sdx_infer_set_dtype(in, 0, (sdx_dtype)to);
    return infer_elements(in);
}

const sdx_op sdx_op_cast = {
    .name = "Cast",
    .domain = "",
    .since = 1,
    .newest = 28,
    SDX_ROWS(inputs, cast_in),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    SDX_ROWS(upgrades, upgrades),
    .flags = SDX_OP_INPLACE,
    .infer = infer_cast,
    .prepare = prepare,
    .run = run,
};

/* ---- CastLike */

static const sdx_port like_in[] = {{.name = "input", .var = "T1", .types = TYPES},
                                   {.name = "target_type", .var = "T2", .types = TYPES}};

static sdx_status infer_like(sdx_infer *in) {
    sdx_infer_set_dtype(in, 0, sdx_infer_dtype(in, 1));
    return infer_elements(in);
}

const sdx_op sdx_op_cast_like = {
    .name = "CastLike",
    .domain = "",
    .since = 15,
    .newest = 25,
    SDX_ROWS(inputs, like_in),
    SDX_ROWS(outputs, outputs),
    .attrs = attrs,
    .n_attrs = TO,
    .flags = SDX_OP_INPLACE,
    .infer = infer_like,
    .prepare = prepare,
    .run = run,
};
