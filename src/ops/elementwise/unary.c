/* Unary maps: float32 by kernels, other floats by functions in double precision, integers by loops
 * of their type. See unary.def for the operators. */
#include "ops/elementwise/unary.h"

#include "ops/elementwise/unary_math.h"
#include "ops/infer.h"
#include "ops/upgrade.h"

#define T int8_t
#define U uint32_t
#define NAME(x) x##_i8
#include "ops/elementwise/unary_int_tmpl.h"
#define T uint8_t
#define U uint32_t
#define NAME(x) x##_u8
#include "ops/elementwise/unary_int_tmpl.h"
#define T int16_t
#define U uint32_t
#define NAME(x) x##_i16
#include "ops/elementwise/unary_int_tmpl.h"
#define T uint16_t
#define U uint32_t
#define NAME(x) x##_u16
#include "ops/elementwise/unary_int_tmpl.h"
#define T int32_t
#define U uint32_t
#define NAME(x) x##_i32
#include "ops/elementwise/unary_int_tmpl.h"
#define T uint32_t
#define U uint32_t
#define NAME(x) x##_u32
#include "ops/elementwise/unary_int_tmpl.h"
#define T int64_t
#define U uint64_t
#define NAME(x) x##_i64
#include "ops/elementwise/unary_int_tmpl.h"
#define T uint64_t
#define U uint64_t
#define NAME(x) x##_u64
#include "ops/elementwise/unary_int_tmpl.h"

/* INTS(abs) is {[SDX_INT8] = abs_i8, ...}. */
#define INTS(f)                                                                                   \
    {                                                                                             \
        [SDX_INT8] = f##_i8, [SDX_UINT8] = f##_u8, [SDX_INT16] = f##_i16, [SDX_UINT16] = f##_u16, \
        [SDX_INT32] = f##_i32, [SDX_UINT32] = f##_u32, [SDX_INT64] = f##_i64,                     \
        [SDX_UINT64] = f##_u64                                                                    \
    }

static sdx_unary_ints *const abs_ints[] = INTS(abs);
static sdx_unary_ints *const neg_ints[] = INTS(neg);
static sdx_unary_ints *const sign_ints[] = INTS(sign);
static sdx_unary_ints *const relu_ints[] = INTS(relu);
static sdx_unary_ints *const invert_ints[] = INTS(invert);

/* ---- run */

typedef struct job {
    const sdx_unary *unary;
    sdx_unary_f32_fn *kernel;
    sdx_unary_ints *ints;
    const sdx_view *x, *y;
    float p0, p1;
} job;

static void kernel_chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    (void)lane;
    j->kernel((float *)j->y->data + begin, (const float *)j->x->data + begin, end - begin, j->p0,
              j->p1);
}

static void ints_chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const size_t at = begin * sdx_dtype_size(j->x->dtype);
    (void)lane;
    j->ints((char *)j->y->data + at, (const char *)j->x->data + at, end - begin);
}

static double compute(const job *j, double x) {
    return j->unary->plain ? j->unary->plain(x) : j->unary->with(x, (double)j->p0, (double)j->p1);
}

static void f32_chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const float *const x = j->x->data;
    float *const y = j->y->data;
    (void)lane;
    for (size_t i = begin; i < end; i++)
        y[i] = (float)compute(j, (double)x[i]);
}

static void f64_chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const double *const x = j->x->data;
    double *const y = j->y->data;
    (void)lane;
    for (size_t i = begin; i < end; i++)
        y[i] = compute(j, x[i]);
}

/* Integer types of operators that are about floats: truncated, as ONNX's bodies cast them. */
static void any_chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    sdx_view y = *j->y;
    (void)lane;
    for (size_t i = begin; i < end; i++)
        sdx_view_set_double(&y, i, compute(j, sdx_view_double(j->x, i)));
}

sdx_status sdx_unary_run(const sdx_call *c, const sdx_unary *unary, float p0, float p1) {
    const sdx_dtype dtype = c->in[0]->dtype;
    job j = {.unary = unary,
             .kernel = dtype == SDX_FLOAT32 ? sdx_unary_at(c->kernels, unary->kernel) : NULL,
             .x = c->in[0],
             .y = c->out[0],
             .p0 = p0,
             .p1 = p1};
    const bool is_float = sdx_dtype_kind_of(dtype) == SDX_KIND_FLOAT;
    if (unary->ints && !is_float) j.ints = unary->ints[dtype];
    sdx_loop_fn *const loop = j.kernel               ? kernel_chunk
                              : j.ints               ? ints_chunk
                              : dtype == SDX_FLOAT32 ? f32_chunk
                              : dtype == SDX_FLOAT64 ? f64_chunk
                                                     : any_chunk;
    sdx_call_for(c, j.x->len, sdx_grain(unary->work), loop, &j);
    return NULL;
}

static sdx_status run(const sdx_call *c) {
    const sdx_op *const op = c->node->op;
    const float p0 = op->n_attrs > 0 ? sdx_node_float(c->node, 0) : 0;
    const float p1 = op->n_attrs > 1 ? sdx_node_float(c->node, 1) : 0;
    return sdx_unary_run(c, op->data, p0, p1);
}

/* ---- attributes, and their old defaults */

static const sdx_attr_def alpha_1[] = {SDX_ATTR_F("alpha", 1.0f)};
static const sdx_attr_def affine[] = {SDX_ATTR_F("alpha", 1.0f), SDX_ATTR_F("beta", 0.0f)};
static const sdx_attr_def scale[] = {SDX_ATTR_F("scale", 1.0f)};
/* ONNX: ScaledTanh-1, ParametricSoftplus-1 give no default: a factor that is absent does nothing.
 */
static const sdx_attr_def scaled[] = {SDX_ATTR_F("alpha", 1.0f), SDX_ATTR_F("beta", 1.0f)};
static const sdx_attr_def leaky_relu[] = {SDX_ATTR_F("alpha", 0.01f)};
static const sdx_attr_def hard_sigmoid[] = {SDX_ATTR_F("alpha", 0.2f), SDX_ATTR_F("beta", 0.5f)};
static const sdx_attr_def selu[] = {SDX_ATTR_F("alpha", 1.67326319f),
                                    SDX_ATTR_F("gamma", 1.05070102f)};
static const sdx_attr_def shrink[] = {SDX_ATTR_F("bias", 0.0f), SDX_ATTR_F("lambd", 0.5f)};

/* ONNX: Abs-1 consumed_inputs, a hint without meaning. */
static sdx_status drop_consumed(sdx_upgrade *u) {
    sdx_upgrade_drop(u, "consumed_inputs");
    return NULL;
}
static const sdx_upgrade_rule from_1[] = {{.below = 6, .apply = drop_consumed}};

static sdx_status default_float(sdx_upgrade *u, const char *name, float value) {
    if (sdx_node_named(u->node, name)) return NULL;
    return sdx_node_set_attr(u->node, name, (sdx_attr){.kind = SDX_ATTR_FLOAT, .n = 1, .f = value});
}

/* ONNX: Selu-1 has shorter constants. */
static sdx_status selu_1(sdx_upgrade *u) {
    SDX_TRY(default_float(u, "alpha", 1.6732f));
    SDX_TRY(default_float(u, "gamma", 1.0507f));
    return drop_consumed(u);
}
static const sdx_upgrade_rule selu_from_1[] = {{.below = 6, .apply = selu_1}};

/* ---- the rows */

#define SDX_T_SIGNED (SDX_T_FLOATS | SDX_T_SINTS)
#define KERNEL(field) .kernel = offsetof(sdx_kernel_table, field)
#define NO_KERNEL .kernel = 0
#define PLAIN(f) .plain = (f)
#define WITH(f) .with = (f)
#define ATTRS(table) SDX_ROWS(attrs, table)
#define NO_ATTRS .n_attrs = 0
#define UPGRADES(table) SDX_ROWS(upgrades, table)
#define NO_UPGRADES .n_upgrades = 0

/* U(exp, ..., FLOATS, ...) is {{.name = "X", .var = "T", .types = SDX_T_FLOATS}}, */
static const sdx_port inputs[][1] = {
#define U(id, name_, since_, newest_, types_, attrs_, upgrades_, work_, kernel_, math_, ints_) \
    {{.name = "X", .var = "T", .types = SDX_T_##types_}},
#include "ops/elementwise/unary.def"
#undef U
};
static const sdx_port outputs[][1] = {
#define U(id, name_, since_, newest_, types_, attrs_, upgrades_, work_, kernel_, math_, ints_) \
    {{.name = "Y", .var = "T", .types = SDX_T_##types_}},
#include "ops/elementwise/unary.def"
#undef U
};
/* U(exp, ...) is ROW_exp, */
enum {
#define U(id, name_, since_, newest_, types_, attrs_, upgrades_, work_, kernel_, math_, ints_) \
    ROW_##id,
#include "ops/elementwise/unary.def"
#undef U
};

/* U(exp, ...) is the function unary_exp and the operator sdx_op_exp. */
#define U(id, name_, since_, newest_, types_, attrs_, upgrades_, work_, kernel_, math_, ints_) \
    static const sdx_unary unary_##id = {kernel_, math_, .ints = (ints_), .work = (work_)};    \
    const sdx_op sdx_op_##id = {                                                               \
        .name = name_,                                                                         \
        .domain = "",                                                                          \
        .since = since_,                                                                       \
        .newest = newest_,                                                                     \
        .inputs = inputs[ROW_##id],                                                            \
        .n_inputs = 1,                                                                         \
        .outputs = outputs[ROW_##id],                                                          \
        .n_outputs = 1,                                                                        \
        attrs_,                                                                                \
        upgrades_,                                                                             \
        .flags = SDX_OP_INPLACE | SDX_OP_WIDEN,                                                \
        .data = &unary_##id,                                                                   \
        .infer = sdx_infer_like_first,                                                         \
        .run = run,                                                                            \
    };
#include "ops/elementwise/unary.def"
#undef U
