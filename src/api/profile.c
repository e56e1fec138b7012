/* Profiles: argument checks. */
#include "api/growing.h"
#include "base/cpu.h"
#include "exec/context.h"
#include "exec/machine.h"

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
                                     .n_dropped = p->dropped,
                                     .lanes = p->n_lanes};
    sdx_growing_give(out, &own, sizeof own);
}

void sdx_context_profile_each(const sdx_context *context, sdx_profile_fn *fn, void *user) {
    sdx_profile_each(context, fn, user);
}

void sdx_context_profile_spans(const sdx_context *context, sdx_span_fn *fn, void *user) {
    sdx_profile_spans(context, fn, user);
}

sdx_status sdx_machine_measure(unsigned threads, sdx_machine_peak *out) {
    enum { MAX_THREADS = 1024 }; /* lanes of a gang */
    if (out == NULL)
        return sdx_fail(SDX_INVALID_ARGUMENT, "machine: found NULL, expected a place for the peak");
    if (threads > MAX_THREADS)
        return sdx_fail(SDX_INVALID_ARGUMENT, "machine: found %u threads, expected 0 to %d",
                        threads, (int)MAX_THREADS);
    sdx_machine_peak own = {0};
    SDX_TRY(sdx_in(sdx_machine_peak_of(threads != 0 ? threads : sdx_cpu_count(), &own), "machine"));
    sdx_growing_give(out, &own, sizeof own);
    return NULL;
}
