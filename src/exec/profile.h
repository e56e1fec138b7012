/* What steps took, counted while a context is asked to: calls, time, work and bytes of each step of
 * each frame, and a time line of bounded length. Off, it costs one test a run of a program and one
 * a step. The bytes come from a heap of its own: they are no part of a context's memory limit. */
#ifndef SDX_EXEC_PROFILE_H
#define SDX_EXEC_PROFILE_H

#include "exec/frame.h"

/* Of one step in one frame. Work is that of all calls. */
typedef struct sdx_step_profile {
    uint64_t calls;
    uint64_t ns, self_ns; /* with and without the steps of its subgraphs */
    uint64_t min_ns, max_ns;
    double flops, bytes;
} sdx_step_profile;

typedef struct sdx_time_span {
    const sdx_node *node;
    uint64_t start, ns; /* on sdx_clock_ns */
    uint32_t depth;     /* subgraphs around it */
} sdx_time_span;

typedef struct sdx_profiler {
    sdx_heap heap;
    bool on;
    uint32_t depth;     /* of the frame that runs */
    uint64_t nested_ns; /* of the steps inside the one that runs */
    uint64_t start;     /* when counting began */
    uint64_t runs, run_ns, bind_ns;
    sdx_time_span *spans; /* max_spans; NULL: no time line */
    size_t n_spans, max_spans;
    uint64_t dropped; /* spans that found no place */
} sdx_profiler;

/* Forgets what was counted and begins anew; max_spans 0: no time line. */
sdx_status sdx_profiler_start(sdx_context *context, size_t max_spans) SDX_NODISCARD;
void sdx_profiler_stop(sdx_context *context); /* what was counted stays */
void sdx_profiler_deinit(sdx_context *context);

/* ---- while running: only with profiler->on */

/* Room for the steps of a frame, made when it first runs. */
sdx_status sdx_profile_frame(sdx_profiler *profiler, sdx_frame *frame) SDX_NODISCARD;
void sdx_profile_forget(sdx_profiler *profiler, sdx_frame *frame);

typedef struct sdx_profile_mark {
    uint64_t start, nested_ns;
} sdx_profile_mark;

void sdx_profile_run(sdx_profiler *profiler, uint64_t start); /* a run has ended */
sdx_profile_mark sdx_profile_begin(sdx_profiler *profiler);
void sdx_profile_end(sdx_profiler *profiler, sdx_profile_mark mark, sdx_frame *frame,
                     const sdx_step *step);

/* ---- afterwards */

void sdx_profile_each(const sdx_context *context, sdx_profile_fn *fn, void *user);
void sdx_profile_spans(const sdx_context *context, sdx_span_fn *fn, void *user);

#endif
