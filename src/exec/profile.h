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
    unsigned lanes;            /* the most that took part in a loop */
    uint64_t loop_ns, busy_ns; /* in loops; what all lanes worked there */
} sdx_step_profile;

typedef struct sdx_time_span {
    const sdx_node *node;
    uint64_t start, ns; /* on sdx_clock_ns */
    uint64_t busy_ns;
    uint32_t depth; /* subgraphs around it */
    unsigned lane;
} sdx_time_span;

/* What one lane did of a loop: written by it alone, a cache line each. */
typedef struct sdx_lane_work {
    _Alignas(SDX_ALIGN) uint64_t start;
    uint64_t end, busy_ns;
} sdx_lane_work;

/* The loops of one step. */
typedef struct sdx_loop_count {
    unsigned lanes;
    uint64_t ns, busy_ns;
} sdx_loop_count;

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
    sdx_lane_work *lanes;
    unsigned n_lanes;
    const sdx_node *node; /* that runs */
    sdx_loop_count loops; /* of it */
    bool in_loop;         /* written outside of loops alone: loops inside a loop are not counted */
} sdx_profiler;

/* Forgets what was counted and begins anew; max_spans 0: no time line. */
sdx_status sdx_profiler_start(sdx_context *context, size_t max_spans) SDX_NODISCARD;
void sdx_profiler_stop(sdx_context *context); /* what was counted stays */
void sdx_profiler_deinit(sdx_context *context);

/* ---- while running: only with profiler->on */

/* Room for the steps of a frame, made when it first runs. */
sdx_status sdx_profile_frame(sdx_profiler *profiler, sdx_frame *frame) SDX_NODISCARD;
void sdx_profile_forget(sdx_profiler *profiler, sdx_frame *frame);

/* What the step around had when this one began. */
typedef struct sdx_profile_mark {
    uint64_t start, nested_ns;
    const sdx_node *node;
    sdx_loop_count loops;
} sdx_profile_mark;

void sdx_profile_run(sdx_profiler *profiler, uint64_t start); /* a run has ended */
sdx_profile_mark sdx_profile_begin(sdx_profiler *profiler, const sdx_step *step);
void sdx_profile_end(sdx_profiler *profiler, sdx_profile_mark mark, sdx_frame *frame,
                     const sdx_step *step);

/* sdx_gang_for, counted. */
void sdx_profile_loop(sdx_profiler *profiler, sdx_gang *gang, size_t n, size_t grain,
                      sdx_loop_fn *fn, void *arg);

/* ---- afterwards */

void sdx_profile_each(const sdx_context *context, sdx_profile_fn *fn, void *user);
void sdx_profile_spans(const sdx_context *context, sdx_span_fn *fn, void *user);

#endif
