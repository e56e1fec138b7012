/* A place to run a model: memory, threads, and the frame of its program. One thread at a time, but
 * for cancel. */
#ifndef SDX_EXEC_CONTEXT_H
#define SDX_EXEC_CONTEXT_H

#include "base/clock.h"
#include "base/pool.h"
#include "exec/frame.h"
#include "exec/model.h"
#include "exec/profile.h"

/* The lowest bits of `busy`; above them stands the epoch of the runners that an asynchronous run
 * was started in. */
typedef enum sdx_business { SDX_FREE, SDX_BUSY, SDX_BUSY_ASYNC } sdx_business;
enum { SDX_BUSINESS_BITS = 2 };

/* What an asynchronous run needs after the call that started it. */
typedef struct sdx_async {
    sdx_value **inputs; /* owned array of retained values */
    bool *wanted;       /* owned; NULL: all */
    sdx_value **outputs;
    sdx_done_fn *done;
    void *user;
} sdx_async;

struct sdx_context {
    sdx_model *model; /* retained */
    sdx_store *store;
    sdx_gang *gang;
    sdx_frame *frame;       /* of model->fixed */
    sdx_frame *overridable; /* of model->overridable; NULL until needed */
    atomic_uint busy;       /* an sdx_business: who uses it now */
    sdx_async async;        /* of the run that is on */
    atomic_uint stop;       /* 1: cancelled */
    uint64_t deadline_ns;   /* a run's time; 0: none */
    uint64_t deadline;      /* of this run, on sdx_clock_ns; UINT64_MAX: none */
    bool keep_denormals;
    bool has_resident;      /* in this run: an input or an output is on a device */
    struct sdx_site *sites; /* by target of the model (exec/foreign.h); owned, n_sites */
    uint32_t n_sites;
    sdx_profiler profiler;
};

sdx_status sdx_context_make(sdx_model *model, const sdx_context_options *options, sdx_context **out)
    SDX_NODISCARD;
void sdx_context_free(sdx_context *context);
/* async.c. Takes the context for one use, a run's clock begins; the same as long as it is used. */
sdx_status sdx_context_begin(sdx_context *context, sdx_business business) SDX_NODISCARD;
void sdx_context_end(sdx_context *context);
sdx_status sdx_context_start(sdx_context *context, sdx_value *const *inputs, sdx_value **outputs,
                             const bool *wanted, sdx_done_fn *done, void *user) SDX_NODISCARD;
/* False: it will never end, in the child of a fork. */
bool sdx_context_await(sdx_context *context);

/* Between begin and end. */
sdx_status sdx_context_execute(sdx_context *context, sdx_value *const *inputs, sdx_value **outputs,
                               const bool *wanted) SDX_NODISCARD;
sdx_status sdx_context_prepare(sdx_context *context, sdx_value *const *inputs) SDX_NODISCARD;
/* Whether the run shall end: cancelled, or beyond its deadline. From any lane. */
static inline bool sdx_context_must_stop(const sdx_context *context) {
    return atomic_load_explicit(&context->stop, memory_order_relaxed) != 0 ||
           (context->deadline != UINT64_MAX && sdx_clock_ns() > context->deadline);
}
/* SDX_CANCELLED or SDX_DEADLINE when the run shall end, else NULL. */
sdx_status sdx_context_stopped(const sdx_context *context) SDX_NODISCARD;

#endif
