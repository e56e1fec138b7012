/* Contexts: argument checks. */
#include "exec/context.h"
#include "api/growing.h"

void sdx_context_options_defaults(sdx_context_options *options) {
    const sdx_context_options own = {.struct_size = sizeof own};
    sdx_growing_give(options, &own, sizeof own);
}

sdx_status sdx_context_create(sdx_model *model, const sdx_context_options *options,
                              sdx_context **out) {
    sdx_context_options own;
    sdx_context_options_init(&own);
    if (model == NULL || out == NULL)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "context: found NULL, expected a model and a place for the handle");
    if (options != NULL) SDX_TRY(sdx_growing_take("context", &own, sizeof own, options));
    enum { MAX_THREADS = 4096 };
    if (own.threads > MAX_THREADS)
        return sdx_fail(SDX_INVALID_ARGUMENT, "context: found %u threads, expected 0 to %d",
                        own.threads, (int)MAX_THREADS);
    return sdx_context_make(model, &own, out);
}

void sdx_context_destroy(sdx_context *context) {
    if (context == NULL || !sdx_context_await(context)) return;
    sdx_context_free(context);
}

static sdx_status check_count(const char *what, size_t found, size_t expected, const void *list) {
    if (found == expected && (found == 0 || list != NULL)) return NULL;
    return sdx_fail(SDX_INVALID_ARGUMENT, "run: found %zu %s, expected the %zu of the model",
                    list == NULL ? 0 : found, what, expected);
}

sdx_status sdx_context_run(sdx_context *context, sdx_value *const *inputs, size_t n_inputs,
                           sdx_value **outputs, size_t n_outputs, const bool *wanted) {
    if (context == NULL)
        return sdx_fail(SDX_INVALID_ARGUMENT, "run: found NULL, expected a context");
    SDX_TRY(check_count("inputs", n_inputs, sdx_model_n_inputs(context->model), inputs));
    SDX_TRY(check_count("outputs", n_outputs, sdx_model_n_outputs(context->model), outputs));
    SDX_TRY(sdx_in(sdx_context_begin(context, SDX_BUSY), "run"));
    const sdx_status status = sdx_context_execute(context, inputs, outputs, wanted);
    sdx_context_end(context);
    return status;
}

sdx_status sdx_context_run_async(sdx_context *context, sdx_value *const *inputs, size_t n_inputs,
                                 sdx_value **outputs, size_t n_outputs, const bool *wanted,
                                 sdx_done_fn *done, void *user) {
    if (context == NULL || done == NULL)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "run: found NULL, expected a context and a function to call when done");
    SDX_TRY(check_count("inputs", n_inputs, sdx_model_n_inputs(context->model), inputs));
    SDX_TRY(check_count("outputs", n_outputs, sdx_model_n_outputs(context->model), outputs));
    return sdx_in(sdx_context_start(context, inputs, outputs, wanted, done, user), "run");
}

void sdx_context_wait(sdx_context *context) { (void)sdx_context_await(context); }

sdx_status sdx_context_bind(sdx_context *context, sdx_value *const *inputs, size_t n_inputs) {
    if (context == NULL)
        return sdx_fail(SDX_INVALID_ARGUMENT, "bind: found NULL, expected a context");
    SDX_TRY(check_count("inputs", n_inputs, sdx_model_n_inputs(context->model), inputs));
    SDX_TRY(sdx_in(sdx_context_begin(context, SDX_BUSY), "bind"));
    const sdx_status status = sdx_context_prepare(context, inputs);
    sdx_context_end(context);
    return status;
}

void sdx_context_cancel(sdx_context *context) { atomic_store(&context->stop, 1); }
void sdx_context_set_deadline(sdx_context *context, uint64_t ns) { context->deadline_ns = ns; }

void sdx_context_trim(sdx_context *context) {
    sdx_frame_trim(context->frame);
    if (context->overridable != NULL) sdx_frame_trim(context->overridable);
    sdx_store_trim(context->store);
}
