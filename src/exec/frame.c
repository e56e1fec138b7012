/* Cells and states of a program: made once, bound and run many times. */
#include "exec/frame.h"

#include <string.h>

#include "exec/context.h"
#include "exec/foreign.h"

/* Hands out parts of one block. */
typedef struct carver {
    char *next;
} carver;

static void *carve(carver *c, size_t size) {
    void *const part = c->next;
    c->next += (size + 15) & ~(size_t)15;
    return part;
}

static size_t part(size_t n, size_t size) { return (n * size + 15) & ~(size_t)15; }

static size_t tables_size(const sdx_program *p) {
    size_t size = part(p->max_in, sizeof(sdx_fact)) + part(p->max_out, sizeof(sdx_fact)) +
                  part(p->max_in, sizeof(bool)) +
                  part((size_t)p->max_in + p->max_out, sizeof(void *)) +
                  part((size_t)p->max_out * SDX_MAX_RANK, sizeof(sdx_dim)) +
                  part(p->max_in, sizeof(void *)) + part(p->max_out, sizeof(void *)) +
                  part(p->n_outputs, sizeof(void *)) + part(p->n_outputs, sizeof(bool));
    for (uint32_t s = 0; s < p->n_steps; s++) {
        const sdx_step *const step = &p->steps[s];
        size += part(step->n_in, sizeof(void *)) + part(step->n_out, sizeof(void *)) +
                part(step->op->bound_size, 1);
        if (step->graphs != NULL) size += part(step->node->n_attrs, sizeof(void *));
    }
    return size;
}

static void init_state(sdx_frame *frame, sdx_step_state *state, const sdx_step *step, carver *c) {
    state->frame = frame;
    state->step = step;
    state->in = carve(c, step->n_in * sizeof(void *));
    state->out = carve(c, step->n_out * sizeof(void *));
    state->bound = carve(c, step->op->bound_size);
    if (step->graphs != NULL) state->children = carve(c, step->node->n_attrs * sizeof(void *));
    state->call = (sdx_call){.node = step->node,
                             .in = state->in,
                             .out = state->out,
                             .n_in = step->n_in,
                             .n_out = step->n_out,
                             .prepared = step->prepared,
                             .bound = state->bound,
                             .kernels = frame->program->packer->face.kernels,
                             .lanes = sdx_gang_lanes(frame->context->gang),
                             .store = frame->context->store,
                             .host = &sdx_exec_host,
                             .self = state};
}

static void init_tables(sdx_frame *frame) {
    const sdx_program *const p = frame->program;
    carver c = {frame->tables};
    frame->facts_in = carve(&c, p->max_in * sizeof(sdx_fact));
    frame->facts_out = carve(&c, p->max_out * sizeof(sdx_fact));
    frame->present = carve(&c, p->max_in * sizeof(bool));
    frame->types = carve(&c, ((size_t)p->max_in + p->max_out) * sizeof(void *));
    frame->dims = carve(&c, (size_t)p->max_out * SDX_MAX_RANK * sizeof(sdx_dim));
    frame->bind_in = carve(&c, p->max_in * sizeof(void *));
    frame->bind_out = carve(&c, p->max_out * sizeof(void *));
    frame->made = carve(&c, p->n_outputs * sizeof(void *));
    frame->present_out = carve(&c, p->n_outputs * sizeof(bool));
    for (uint32_t s = 0; s < p->n_steps; s++) {
        init_state(frame, &frame->states[s], &p->steps[s], &c);
    }
    for (uint32_t v = 0; v < p->n_values; v++) {
        sdx_cell *const cell = &frame->cells[v];
        const sdx_view *const constant = p->values[v].constant;
        if (constant == NULL) continue;
        cell->view = *constant;
        if (constant->data == NULL && constant->len == 0) cell->view.data = sdx_nowhere();
        cell->known = cell->ready = true;
    }
}

static sdx_status build(sdx_frame *frame) {
    const sdx_program *const p = frame->program;
    SDX_TRY(SDX_NEW_ARRAY(frame->heap, p->n_values + 1, &frame->cells));
    SDX_TRY(SDX_NEW_ARRAY(frame->heap, p->n_steps + 1, &frame->states));
    frame->tables_size = tables_size(p) + 16;
    SDX_TRY(sdx_heap_calloc(frame->heap, 1, frame->tables_size, &frame->tables));
    SDX_TRY(sdx_slab_init(&frame->plan, frame->heap, p->n_values));
    init_tables(frame);
    return sdx_foreign_build(frame);
}

sdx_status sdx_frame_create(struct sdx_context *context, const sdx_program *program,
                            sdx_frame *outer, sdx_frame **out) {
    sdx_heap *const heap = sdx_store_heap(context->store);
    sdx_frame *frame;
    SDX_TRY(SDX_NEW(heap, &frame));
    frame->context = context;
    frame->program = program;
    frame->outer = outer;
    frame->heap = heap;
    const sdx_status status = build(frame);
    if (status != NULL) {
        sdx_frame_destroy(frame);
        return status;
    }
    *out = frame;
    return NULL;
}

static void destroy_states(sdx_frame *frame) {
    const sdx_program *const p = frame->program;
    for (uint32_t s = 0; s < p->n_steps; s++) {
        sdx_step_state *const state = &frame->states[s];
        sdx_heap_free(frame->heap, state->given,
                      (state->step == NULL ? 0 : state->step->n_in + state->step->n_out) *
                          sizeof *state->given);
        for (size_t g = 0; state->children != NULL && g < state->step->node->n_attrs; g++) {
            sdx_frame_destroy(state->children[g]);
        }
    }
}

void sdx_frame_destroy(sdx_frame *frame) {
    if (frame == NULL) return;
    sdx_heap *const heap = frame->heap;
    const sdx_program *const p = frame->program;
    sdx_foreign_destroy(frame);
    if (frame->states != NULL && frame->tables != NULL) destroy_states(frame);
    sdx_frame_drop_temporaries(frame);
    for (uint32_t v = 0; frame->cells != NULL && v < p->n_values; v++) {
        sdx_cell_drop(frame, &frame->cells[v]);
        sdx_heap_free(heap, frame->cells[v].block, frame->cells[v].capacity);
    }
    sdx_profile_forget(&frame->context->profiler, frame);
    sdx_slab_deinit(&frame->plan);
    sdx_heap_free(heap, frame->slab, frame->slab_size);
    sdx_heap_free(heap, frame->tables, frame->tables_size);
    if (frame->states != NULL)
        sdx_heap_free(heap, frame->states, (p->n_steps + 1) * sizeof *frame->states);
    if (frame->cells != NULL)
        sdx_heap_free(heap, frame->cells, (p->n_values + 1) * sizeof *frame->cells);
    sdx_heap_free(heap, frame, sizeof *frame);
}

void sdx_frame_each_child(const sdx_frame *frame, void (*visit)(sdx_frame *child, void *arg),
                          void *arg) {
    for (uint32_t s = 0; s < frame->program->n_steps; s++) {
        const sdx_step_state *const state = &frame->states[s];
        for (size_t g = 0; state->children != NULL && g < state->step->node->n_attrs; g++) {
            if (state->children[g] != NULL) visit(state->children[g], arg);
        }
        if (SDX_LIKELY(state->foreign == NULL)) continue;
        if (state->foreign->shapes != NULL) visit(state->foreign->shapes, arg);
        if (state->foreign->cpu != NULL) visit(state->foreign->cpu, arg);
    }
}

static void trim_child(sdx_frame *child, void *arg) {
    (void)arg;
    sdx_frame_trim(child);
}

void sdx_frame_trim(sdx_frame *frame) {
    sdx_heap_free(frame->heap, frame->slab, frame->slab_size);
    frame->slab = NULL;
    frame->slab_size = 0;
    frame->valid = false;
    sdx_foreign_trim(frame);
    sdx_frame_each_child(frame, trim_child, NULL);
}

static void add_child(sdx_frame *child, void *arg) {
    sdx_frame_bytes *const sum = arg;
    sdx_frame_bytes own;
    sdx_frame_memory(child, &own);
    sum->slab += own.slab;
    sum->planned += own.planned;
    sum->scratch += own.scratch;
    sum->bound += own.bound;
    sum->state += own.state;
    sum->shapes += own.shapes;
}

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

void sdx_frame_memory(const sdx_frame *frame, sdx_frame_bytes *out) {
    const sdx_program *const p = frame->program;
    sdx_frame_bytes bytes = {.slab = frame->slab_size, .bound = frame->plan.bound};
    bytes.planned = least(frame->plan.end, frame->slab_size); /* less after trim */
    bytes.scratch = least(frame->slab_need, frame->slab_size - bytes.planned);
    bytes.state = sizeof *frame + (p->n_values + 1) * sizeof *frame->cells +
                  (p->n_steps + 1) * sizeof *frame->states + frame->tables_size +
                  frame->plan.cap_free * sizeof *frame->plan.free;
    for (uint32_t s = 0; s < p->n_steps; s++) {
        if (frame->states[s].given != NULL)
            bytes.state += (p->steps[s].n_in + p->steps[s].n_out) * sizeof(sdx_given);
    }
    for (uint32_t v = 0; v < p->n_values; v++) {
        bytes.shapes += frame->cells[v].capacity;
    }
    sdx_frame_each_child(frame, add_child, &bytes);
    *out = bytes;
}
