/* Profiles: argument checks. */
#include "api/growing.h"
#include "exec/context.h"

sdx_status sdx_context_profile_start(sdx_context *context, size_t max_spans) {
    if (context == NULL)
        return sdx_fail(SDX_INVALID_ARGUMENT, "profile: found NULL, expected a context");
    return sdx_in(sdx_profiler_start(context, max_spans), "profile");
}

void sdx_context_profile_stop(sdx_context *context) { sdx_profiler_stop(context); }

void sdx_context_profile_summarize(const sdx_context *context, sdx_profile_summary *out) {
    const sdx_profiler *const p = &context->profiler;
    const sdx_profile_summary own = {.runs = p->runs,
                                     .run_ns = p->run_ns,
                                     .bind_ns = p->bind_ns,
                                     .n_spans = p->n_spans,
                                     .n_dropped = p->dropped};
    sdx_growing_give(out, &own, sizeof own);
}

void sdx_context_profile_each(const sdx_context *context, sdx_profile_fn *fn, void *user) {
    sdx_profile_each(context, fn, user);
}

void sdx_context_profile_spans(const sdx_context *context, sdx_span_fn *fn, void *user) {
    sdx_profile_spans(context, fn, user);
}
