/* See profile.h. */
#include "exec/profile.h"

#include <string.h>

#include "base/clock.h"
#include "exec/context.h"
#include "ops/work.h"

/* ---- beginning and end */

static void clear_frame(sdx_frame *frame, void *profiler) {
    if (frame == NULL) return;
    sdx_profile_forget(profiler, frame);
    sdx_frame_each_child(frame, clear_frame, profiler);
}

static void free_spans(sdx_profiler *p) {
    sdx_heap_free(&p->heap, p->spans, p->max_spans * sizeof *p->spans);
    p->spans = NULL;
    p->n_spans = p->max_spans = 0;
}

static void clear(sdx_context *context) {
    sdx_profiler *const p = &context->profiler;
    clear_frame(context->frame, p);
    clear_frame(context->overridable, p);
    free_spans(p);
    sdx_heap_free(&p->heap, p->lanes, p->n_lanes * sizeof *p->lanes);
    *p = (sdx_profiler){.heap = p->heap};
}

sdx_status sdx_profiler_start(sdx_context *context, size_t max_spans) {
    sdx_profiler *const p = &context->profiler;
    const sdx_runtime *const runtime = context->model->runtime;
    if (p->heap.name == NULL)
        sdx_heap_init(&p->heap, runtime->has_allocator ? &runtime->allocator : NULL, 0, "profile");
    clear(context);
    const unsigned n_lanes = sdx_gang_lanes(context->gang);
    SDX_TRY(SDX_NEW_ARRAY(&p->heap, n_lanes, &p->lanes));
    p->n_lanes = n_lanes;
    if (max_spans != 0) SDX_TRY(SDX_NEW_ARRAY(&p->heap, max_spans, &p->spans));
    p->max_spans = max_spans;
    for (size_t i = 0; i < max_spans; i++) { /* pages come now, not in what is measured */
        p->spans[i] = (sdx_time_span){.lane = UINT32_MAX};
    }
    p->start = sdx_clock_ns();
    p->on = true;
    return NULL;
}

void sdx_profiler_stop(sdx_context *context) { context->profiler.on = false; }

void sdx_profiler_deinit(sdx_context *context) {
    if (context->profiler.heap.name != NULL) clear(context);
}

sdx_status sdx_profile_frame(sdx_profiler *profiler, sdx_frame *frame) {
    if (SDX_LIKELY(frame->profile != NULL)) return NULL;
    return SDX_NEW_ARRAY(&profiler->heap, frame->program->n_steps + 1, &frame->profile);
}

void sdx_profile_forget(sdx_profiler *profiler, sdx_frame *frame) {
    if (frame->profile == NULL) return;
    sdx_heap_free(&profiler->heap, frame->profile,
                  (frame->program->n_steps + 1) * sizeof *frame->profile);
    frame->profile = NULL;
}

/* ---- a step */

void sdx_profile_run(sdx_profiler *profiler, uint64_t start) {
    profiler->runs++;
    profiler->run_ns += sdx_clock_ns() - start;
}

sdx_profile_mark sdx_profile_begin(sdx_profiler *profiler, const sdx_step *step) {
    const sdx_profile_mark mark = {.start = sdx_clock_ns(),
                                   .nested_ns = profiler->nested_ns,
                                   .node = profiler->node,
                                   .loops = profiler->loops};
    profiler->nested_ns = 0;
    profiler->node = step->node;
    profiler->loops = (sdx_loop_count){.lanes = 1};
    profiler->depth++;
    return mark;
}

enum { MAX_PORTS = 8 }; /* of a node, as far as hooks look at them */

static double cell_bytes(const sdx_frame *frame, uint32_t value) {
    const sdx_view *const view = value != SDX_NONE ? &frame->cells[value].view : NULL;
    return view != NULL && view->dtype != SDX_UNDEFINED ? (double)sdx_view_bytes(view) : 0;
}

static void count_work(const sdx_frame *frame, const sdx_step *step, sdx_step_profile *row) {
    const sdx_view *in[MAX_PORTS] = {NULL}, *out[MAX_PORTS] = {NULL};
    const size_t n_in = step->n_in < MAX_PORTS ? step->n_in : MAX_PORTS;
    const size_t n_out = step->n_out < MAX_PORTS ? step->n_out : MAX_PORTS;
    for (uint32_t i = 0; i < step->n_in; i++) {
        row->bytes += cell_bytes(frame, step->in[i]);
        if (i < n_in && step->in[i] != SDX_NONE) in[i] = &frame->cells[step->in[i]].view;
    }
    for (uint32_t k = 0; k < step->n_out; k++) {
        row->bytes += cell_bytes(frame, step->out[k]);
        if (k < n_out && step->out[k] != SDX_NONE) out[k] = &frame->cells[step->out[k]].view;
    }
    const sdx_work work = {.node = step->node, .in = in, .out = out, .n_in = n_in, .n_out = n_out};
    row->flops += sdx_work_flops(&work);
}

static void add_span(sdx_profiler *p, const sdx_time_span *span) {
    if (p->max_spans == 0) return;
    if (p->n_spans == p->max_spans) {
        p->dropped++;
        return;
    }
    p->spans[p->n_spans] = *span;
    p->spans[p->n_spans].depth = p->depth - 1;
    p->n_spans++;
}

void sdx_profile_end(sdx_profiler *profiler, sdx_profile_mark mark, sdx_frame *frame,
                     const sdx_step *step) {
    const uint64_t ns = sdx_clock_ns() - mark.start;
    sdx_step_profile *const row = &frame->profile[step - frame->program->steps];
    if (row->calls == 0 || ns < row->min_ns) row->min_ns = ns;
    if (ns > row->max_ns) row->max_ns = ns;
    row->calls++;
    row->ns += ns;
    row->self_ns += ns > profiler->nested_ns ? ns - profiler->nested_ns : 0;
    row->loop_ns += profiler->loops.ns;
    row->busy_ns += profiler->loops.busy_ns;
    if (profiler->loops.lanes > row->lanes) row->lanes = profiler->loops.lanes;
    count_work(frame, step, row);
    add_span(profiler,
             &(sdx_time_span){.node = step->node, .start = mark.start, .ns = ns, .busy_ns = ns});
    profiler->depth--;
    profiler->nested_ns = mark.nested_ns + ns;
    profiler->node = mark.node;
    profiler->loops = mark.loops;
}

/* ---- loops */

typedef struct counted_loop {
    sdx_loop_fn *fn;
    void *arg;
    sdx_lane_work *lanes;
} counted_loop;

static void run_chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const counted_loop *const loop = arg;
    sdx_lane_work *const work = &loop->lanes[lane];
    const uint64_t start = sdx_clock_ns();
    loop->fn(loop->arg, begin, end, lane);
    const uint64_t now = sdx_clock_ns();
    if (work->end == 0) work->start = start;
    work->end = now;
    work->busy_ns += now - start;
}

static void count_lanes(sdx_profiler *p, uint64_t ns) {
    unsigned n = 0;
    for (unsigned lane = 0; lane < p->n_lanes; lane++) {
        const sdx_lane_work *const work = &p->lanes[lane];
        if (work->end == 0) continue;
        n++;
        p->loops.busy_ns += work->busy_ns;
        if (lane == 0) continue; /* its time line is that of the steps */
        add_span(p, &(sdx_time_span){.node = p->node,
                                     .start = work->start,
                                     .ns = work->end - work->start,
                                     .busy_ns = work->busy_ns,
                                     .lane = lane});
    }
    p->loops.ns += ns;
    if (n > p->loops.lanes) p->loops.lanes = n;
}

void sdx_profile_loop(sdx_profiler *profiler, sdx_gang *gang, size_t n, size_t grain,
                      sdx_loop_fn *fn, void *arg) {
    if (profiler->in_loop || profiler->node == NULL) { /* no step runs: shapes are bound */
        sdx_gang_for(gang, n, grain, fn, arg);
        return;
    }
    counted_loop loop = {.fn = fn, .arg = arg, .lanes = profiler->lanes};
    memset(profiler->lanes, 0, profiler->n_lanes * sizeof *profiler->lanes);
    profiler->in_loop = true;
    const uint64_t start = sdx_clock_ns();
    sdx_gang_for(gang, n, grain, run_chunk, &loop);
    const uint64_t ns = sdx_clock_ns() - start;
    profiler->in_loop = false;
    count_lanes(profiler, ns);
}

/* ---- afterwards */

typedef struct teller {
    sdx_profile_fn *fn;
    void *user;
    uint32_t depth;
} teller;

static void tell_frame(sdx_frame *frame, void *arg) {
    teller *const t = arg;
    for (uint32_t s = 0; frame->profile != NULL && s < frame->program->n_steps; s++) {
        const sdx_step_profile *const row = &frame->profile[s];
        const sdx_node *const node = frame->program->steps[s].node;
        if (row->calls == 0) continue;
        const sdx_node_profile told = {.name = node->name,
                                       .domain = sdx_str_from(node->op->domain),
                                       .op = sdx_str_from(node->op->name),
                                       .depth = t->depth,
                                       .calls = row->calls,
                                       .ns = row->ns,
                                       .self_ns = row->self_ns,
                                       .min_ns = row->min_ns,
                                       .max_ns = row->max_ns,
                                       .flops = row->flops,
                                       .bytes = row->bytes,
                                       .id = node->id,
                                       .lanes = row->lanes,
                                       .loop_ns = row->loop_ns,
                                       .busy_ns = row->busy_ns};
        t->fn(t->user, &told);
    }
    t->depth++;
    sdx_frame_each_child(frame, tell_frame, t);
    t->depth--;
}

void sdx_profile_each(const sdx_context *context, sdx_profile_fn *fn, void *user) {
    teller t = {.fn = fn, .user = user};
    tell_frame(context->frame, &t);
    if (context->overridable != NULL) tell_frame(context->overridable, &t);
}

void sdx_profile_spans(const sdx_context *context, sdx_span_fn *fn, void *user) {
    const sdx_profiler *const p = &context->profiler;
    for (size_t i = 0; i < p->n_spans; i++) {
        const sdx_time_span *const span = &p->spans[i];
        const sdx_profile_span told = {.name = span->node->name,
                                       .op = sdx_str_from(span->node->op->name),
                                       .depth = span->depth,
                                       .start_ns = span->start - p->start,
                                       .ns = span->ns,
                                       .id = span->node->id,
                                       .lane = span->lane,
                                       .busy_ns = span->busy_ns};
        fn(user, &told);
    }
}
