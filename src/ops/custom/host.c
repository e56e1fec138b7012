/* What a custom operator may call. Each function says for which hooks it is, and looks at
 * everything it is given: positions, types, dimensions. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ops/custom/hook.h"

enum { MAX_LINE = 1024 };

static sdx_hook *hook_of(sdx_op_call *c) { return (sdx_hook *)c; }

static bool refuse_stage(sdx_hook *hook, const char *function, const char *hooks) {
    return sdx_hook_note(
        hook, sdx_fail(SDX_UNSUPPORTED, "host->%s was called outside of %s", function, hooks));
}

/* ---- texts */

static bool host_fail(sdx_op_call *c, sdx_code code, const char *format, ...) {
    char text[MAX_LINE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const bool is_code = (int)code > SDX_OK && (int)code <= SDX_INTERNAL;
    return sdx_hook_note(hook_of(c), sdx_fail(is_code ? code : SDX_UNSUPPORTED, "%s", text));
}

static void host_log(sdx_op_call *c, sdx_log_level level, const char *format, ...) {
    char text[MAX_LINE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const bool is_level = (int)level >= SDX_LOG_ERROR && (int)level <= SDX_LOG_DEBUG;
    sdx_log(hook_of(c)->row->logger, is_level ? level : SDX_LOG_INFO, "node '%.*s': %s",
            SDX_FMT(c->node), text);
}

/* ---- types */

static bool wrong_output(sdx_hook *hook, size_t k) {
    return sdx_hook_note(hook,
                         sdx_fail(SDX_OUT_OF_RANGE, "found output %zu, expected one below %zu", k,
                                  hook->face.n_outputs));
}

static bool wrong_type(sdx_hook *hook, size_t k, sdx_dtype dtype, const char *expected) {
    return sdx_hook_note(hook,
                         sdx_fail(SDX_TYPE_MISMATCH, "output '%s' is given type %s, expected %s",
                                  sdx_hook_output_name(hook, k), sdx_dtype_name(dtype), expected));
}

/* Whether output `k`, of a type that is known already or NULL, may have `dtype`. */
static bool fits_port(sdx_hook *hook, size_t k, const sdx_type *known, sdx_dtype dtype) {
    const sdx_port *const port = sdx_op_output_port(hook->node->op, k);
    char text[256];
    if (!sdx_dtype_valid(dtype))
        return sdx_hook_note(hook, sdx_fail(SDX_TYPE_MISMATCH,
                                            "output '%s' is given type %d, expected one of "
                                            "sdx_dtype",
                                            sdx_hook_output_name(hook, k), (int)dtype));
    if (known != NULL && known->dtype != SDX_UNDEFINED)
        return known->dtype == dtype || wrong_type(hook, k, dtype, sdx_dtype_name(known->dtype));
    return port == NULL || sdx_types_have(port->types, dtype) ||
           wrong_type(hook, k, dtype, sdx_types_text(port->types, text, sizeof text));
}

/* ---- infer */

static bool set_type(sdx_hook *hook, size_t k, sdx_dtype dtype) {
    sdx_infer *const in = hook->infer;
    if (dtype == SDX_UNDEFINED || k >= in->n_out) return true;
    if (!fits_port(hook, k, in->out[k].type, dtype)) return false;
    sdx_infer_set_dtype(in, k, dtype);
    return true;
}

static bool may_infer(sdx_hook *hook, size_t k, const char *function) {
    if (hook->stage != SDX_STAGE_INFER) return refuse_stage(hook, function, "infer");
    return k < hook->face.n_outputs || wrong_output(hook, k);
}

static sdx_status check_dims(const sdx_hook *hook, size_t k, int rank, const int64_t *dims) {
    const char *const name = sdx_hook_output_name(hook, k);
    if (rank < 0 || rank > SDX_MAX_RANK)
        return sdx_fail(SDX_OUT_OF_RANGE, "output '%s' is given rank %d, expected 0 to %d", name,
                        rank, (int)SDX_MAX_RANK);
    if (rank > 0 && dims == NULL)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "output '%s' is given NULL for its dimensions, expected %d of them", name,
                        rank);
    for (int i = 0; i < rank; i++) {
        const bool symbol = dims[i] < SDX_DIM_MIN;
        if (symbol ? hook->infer != NULL && sdx_dim_valid(hook->infer->dims, dims[i])
                   : dims[i] >= 0 && dims[i] <= SDX_DIM_MAX)
            continue;
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "output '%s' is given dimension %lld at axis %d, expected 0 or more", name,
                        (long long)dims[i], i);
    }
    return NULL;
}

static bool noted(sdx_hook *hook, sdx_status status) {
    return status == NULL || sdx_hook_note(hook, status);
}

static bool host_shape(sdx_op_call *c, size_t k, sdx_dtype dtype, int rank, const int64_t *dims) {
    sdx_hook *const hook = hook_of(c);
    if (!may_infer(hook, k, "shape") || !set_type(hook, k, dtype)) return false;
    if (rank == -1) return true;
    return noted(hook, check_dims(hook, k, rank, dims)) &&
           noted(hook, sdx_infer_set_shape(hook->infer, k, (size_t)rank, dims));
}

static bool host_shape_like(sdx_op_call *c, size_t k, sdx_dtype dtype, size_t i) {
    sdx_hook *const hook = hook_of(c);
    if (!may_infer(hook, k, "shape_like")) return false;
    sdx_infer *const in = hook->infer;
    if (!sdx_infer_has(in, i))
        return sdx_hook_note(
            hook,
            sdx_fail(SDX_OUT_OF_RANGE, "input %zu is not there, expected one of %zu", i, in->n_in));
    const bool open =
        k < in->n_out && (in->out[k].type == NULL || in->out[k].type->dtype == SDX_UNDEFINED);
    if (dtype == SDX_UNDEFINED && open) dtype = sdx_infer_dtype(in, i);
    if (!set_type(hook, k, dtype)) return false;
    if (in->in[i].rank < 0) return true;
    return noted(hook, sdx_infer_set_shape(in, k, (size_t)in->in[i].rank, in->in[i].dims));
}

static bool host_shape_broadcast(sdx_op_call *c, size_t k, sdx_dtype dtype) {
    sdx_hook *const hook = hook_of(c);
    return may_infer(hook, k, "shape_broadcast") && set_type(hook, k, dtype) &&
           noted(hook, sdx_infer_broadcast(hook->infer, 0, hook->infer->n_in, k));
}

typedef sdx_dim dim_fn(sdx_dims *dims, sdx_dim a, sdx_dim b);

static int64_t host_dim(sdx_op_call *c, sdx_op_dim op, int64_t a, int64_t b) {
    static dim_fn *const functions[] = {
        [SDX_OP_DIM_ADD] = sdx_dim_add,           [SDX_OP_DIM_SUB] = sdx_dim_sub,
        [SDX_OP_DIM_MUL] = sdx_dim_mul,           [SDX_OP_DIM_DIV] = sdx_dim_div,
        [SDX_OP_DIM_CEIL_DIV] = sdx_dim_ceil_div, [SDX_OP_DIM_MIN] = sdx_dim_min,
        [SDX_OP_DIM_MAX] = sdx_dim_max,
    };
    sdx_hook *const hook = hook_of(c);
    if (hook->stage != SDX_STAGE_INFER) {
        (void)refuse_stage(hook, "dim", "infer");
        return SDX_OP_UNKNOWN;
    }
    sdx_dims *const dims = hook->infer->dims;
    if ((unsigned)op >= sizeof functions / sizeof *functions) {
        (void)sdx_hook_note(hook, sdx_fail(SDX_INVALID_ARGUMENT,
                                           "host->dim was given operation %d, expected one of "
                                           "sdx_op_dim",
                                           (int)op));
        return SDX_OP_UNKNOWN;
    }
    if (sdx_dim_is_number(a)) a = sdx_dim_number(a);
    if (sdx_dim_is_number(b)) b = sdx_dim_number(b);
    if (!sdx_dim_valid(dims, a) || !sdx_dim_valid(dims, b)) {
        (void)sdx_hook_note(hook, sdx_fail(SDX_OUT_OF_RANGE,
                                           "host->dim was given %lld and %lld, expected numbers "
                                           "or symbols of this model",
                                           (long long)a, (long long)b));
        return SDX_OP_UNKNOWN;
    }
    if (a == SDX_DIM_UNKNOWN || b == SDX_DIM_UNKNOWN) return SDX_OP_UNKNOWN;
    return functions[op](dims, a, b);
}

static bool host_ints(sdx_op_call *c, size_t i, int64_t *ints, size_t cap, size_t *n) {
    sdx_hook *const hook = hook_of(c);
    *n = 0;
    if (hook->stage != SDX_STAGE_INFER) return refuse_stage(hook, "ints", "infer");
    const sdx_dtype_kind kind = sdx_dtype_kind_of(sdx_infer_dtype(hook->infer, i));
    return (kind == SDX_KIND_INT || kind == SDX_KIND_UINT || kind == SDX_KIND_BOOL) &&
           sdx_infer_ints(hook->infer, i, ints, cap, n);
}

/* ---- run */

/* What the types of the inputs say of an output whose type the loader did not find. */
static sdx_status check_with_inputs(const sdx_hook *hook, size_t k, sdx_dtype dtype) {
    const sdx_type *in[SDX_CUSTOM_VALUES], *out[SDX_CUSTOM_VALUES];
    const sdx_call *const run = hook->run;
    for (size_t i = 0; i < run->n_in; i++)
        in[i] = run->in[i] != NULL ? sdx_type_tensor(run->in[i]->dtype) : NULL;
    for (size_t j = 0; j < run->n_out; j++)
        out[j] = j == k ? sdx_type_tensor(dtype) : NULL;
    return sdx_op_types(hook->node->op, in, run->n_in, out, run->n_out);
}

static bool may_make(sdx_hook *hook, size_t k, sdx_dtype dtype, size_t rank, const int64_t *dims) {
    if (hook->stage != SDX_STAGE_RUN) return refuse_stage(hook, "output", "run");
    if (!(hook->row->row.flags & SDX_OP_FLAG_DYNAMIC))
        return sdx_hook_note(hook, sdx_fail(SDX_UNSUPPORTED,
                                            "host->output was called, expected that of operators "
                                            "with SDX_OP_FLAG_DYNAMIC only"));
    if (k >= hook->face.n_outputs) return wrong_output(hook, k);
    if (hook->out_list[k] != NULL && hook->out[k].rank >= 0)
        return sdx_hook_note(hook, sdx_fail(SDX_UNSUPPORTED, "output '%s' was made twice",
                                            sdx_hook_output_name(hook, k)));
    const bool wanted = sdx_hook_wanted(hook, k);
    const sdx_type *const known = wanted ? hook->node->outputs[k]->type : NULL;
    const bool is_known = known != NULL && known->dtype != SDX_UNDEFINED;
    return fits_port(hook, k, known, dtype) &&
           (!wanted || is_known || noted(hook, check_with_inputs(hook, k, dtype))) &&
           noted(hook,
                 check_dims(hook, k, rank > SDX_MAX_RANK ? SDX_MAX_RANK + 1 : (int)rank, dims));
}

/* Somewhere to write what nobody reads; one element a byte below 8 bits. */
static sdx_status make_unread(const sdx_hook *hook, const sdx_view *shape, void **data) {
    sdx_view view = *shape;
    view.unpacked = sdx_dtype_subbyte(shape->dtype);
    const size_t size = sdx_view_bytes(&view);
    SDX_TRY(sdx_call_scratch(hook->run, size + 1, data));
    if (view.dtype == SDX_STRING) memset(*data, 0, size);
    return NULL;
}

static sdx_status make_output(sdx_hook *hook, size_t k, sdx_dtype dtype, size_t rank,
                              const int64_t *dims, void **data) {
    sdx_view shape, *view;
    SDX_TRY(sdx_view_init(&shape, dtype, rank, dims));
    if (!sdx_hook_wanted(hook, k)) return make_unread(hook, &shape, data);
    SDX_TRY(sdx_call_output(hook->run, k, dtype, rank, dims, &view));
    hook->out[k] = (sdx_op_tensor){.dtype = view->dtype,
                                   .rank = (int)rank,
                                   .dims = view->dims,
                                   .data = view->data,
                                   .len = view->len,
                                   .size = sdx_view_bytes(view)};
    *data = view->data;
    return NULL;
}

static bool host_output(sdx_op_call *c, size_t k, sdx_dtype dtype, size_t rank, const int64_t *dims,
                        void **data) {
    sdx_hook *const hook = hook_of(c);
    *data = NULL;
    return may_make(hook, k, dtype, rank, dims) &&
           noted(hook, make_output(hook, k, dtype, rank, dims, data));
}

static void *host_scratch(sdx_op_call *c, size_t size) {
    sdx_hook *const hook = hook_of(c);
    void *block;
    if (hook->stage != SDX_STAGE_RUN) {
        (void)refuse_stage(hook, "scratch", "run");
        return NULL;
    }
    return noted(hook, sdx_call_scratch(hook->run, size, &block)) ? block : NULL;
}

static void host_parallel_for(sdx_op_call *c, size_t n, size_t grain, sdx_op_loop_fn *fn,
                              void *arg) {
    sdx_hook *const hook = hook_of(c);
    if (hook->stage != SDX_STAGE_RUN)
        (void)refuse_stage(hook, "parallel_for", "run");
    else
        sdx_call_for(hook->run, n, grain > 0 ? grain : 1, fn, arg);
}

static bool host_cancelled(sdx_op_call *c) {
    const sdx_hook *const hook = hook_of(c);
    return hook->run != NULL && sdx_call_cancelled(hook->run);
}

const sdx_op_host sdx_custom_host = {
    .struct_size = sizeof(sdx_op_host),
    .version = SDX_OP_VERSION,
    .fail = host_fail,
    .log = host_log,
    .shape = host_shape,
    .shape_like = host_shape_like,
    .shape_broadcast = host_shape_broadcast,
    .dim = host_dim,
    .ints = host_ints,
    .output = host_output,
    .scratch = host_scratch,
    .parallel_for = host_parallel_for,
    .cancelled = host_cancelled,
};
