/* The loop over the steps. */
#include <string.h>

#include "base/clock.h"
#include "exec/context.h"
#include "exec/foreign.h"
#include "exec/frame.h"

/* ---- cells and temporaries
 * -------------------------------------------------------------------------------------------------------------------
 */

void sdx_cell_drop(sdx_frame *frame, sdx_cell *cell) {
    if (cell->owner == NULL) return;
    sdx_value_release(cell->owner);
    cell->owner = NULL;
    frame->n_owned--;
}

void sdx_cell_hold(sdx_frame *frame, sdx_cell *cell, sdx_value *value) {
    sdx_cell_drop(frame, cell);
    cell->owner = value;
    cell->home = SDX_HOME_DYNAMIC;
    frame->n_owned++;
    if (value->kind == SDX_TENSOR) {
        cell->view = value->view;
        if (cell->view.len == 0) cell->view.data = sdx_nowhere();
    } else {
        cell->view = (sdx_view){.dtype = SDX_UNDEFINED};
    }
}

sdx_status sdx_frame_temporary(sdx_frame *frame, size_t size, sdx_value *value, void **out) {
    size_t total;
    sdx_temporary *block = NULL;
    sdx_status status = NULL;
    if (!sdx_add_size(size, SDX_ALIGN, &total)) {
        status = sdx_fail(SDX_LIMIT, "found scratch of %zu bytes, beyond the address space", size);
    } else {
        status = sdx_heap_alloc(frame->heap, total, (void **)&block);
    }
    if (status != NULL) {
        sdx_value_release(value);
        return status;
    }
    *block = (sdx_temporary){.next = frame->temporaries, .value = value, .size = total};
    frame->temporaries = block;
    if (out != NULL) *out = (char *)block + SDX_ALIGN;
    return NULL;
}

void sdx_frame_drop_temporaries(sdx_frame *frame) {
    while (frame->temporaries != NULL) {
        sdx_temporary *const block = frame->temporaries;
        frame->temporaries = block->next;
        sdx_value_release(block->value);
        sdx_heap_free(frame->heap, block, block->size);
    }
}

/* ---- a step
 * --------------------------------------------------------------------------------------------------------------------------------------
 */

/* In the step's scratch. */
static void *given_place(const sdx_step_state *state, const sdx_given *given) {
    return (char *)state->call.scratch + given->offset;
}

static sdx_status adapt_inputs(sdx_step_state *state) {
    const sdx_step *const step = state->step;
    sdx_frame *const frame = state->frame;
    for (uint32_t i = 0; i < step->n_in; i++) {
        sdx_given *const given = &state->given[i];
        if (!given->used) continue;
        if (given->pack != NULL) {
            const void *bytes;
            SDX_TRY(sdx_pack_bytes(given->pack, &bytes));
            given->view.data = (void *)(uintptr_t)bytes;
            continue;
        }
        given->view.data = given_place(state, given);
        sdx_adapt_in(&frame->cells[step->in[i]].view, &given->view);
    }
    for (uint32_t k = 0; k < step->n_out; k++) {
        sdx_given *const given = &state->given[step->n_in + k];
        if (given->used) given->view.data = given_place(state, given);
    }
    return NULL;
}

static void adapt_outputs(sdx_step_state *state) {
    const sdx_step *const step = state->step;
    for (uint32_t k = 0; k < step->n_out; k++) {
        sdx_given *const given = &state->given[step->n_in + k];
        if (given->used) sdx_adapt_out(&given->view, &state->frame->cells[step->out[k]].view);
    }
}

sdx_status sdx_step_run(sdx_step_state *state) {
    if (SDX_UNLIKELY(state->given != NULL)) SDX_TRY(adapt_inputs(state));
    SDX_TRY(state->step->op->run(&state->call));
    state->call.turn++;
    if (SDX_UNLIKELY(state->given != NULL)) adapt_outputs(state); /* run may have asked for some */
    return NULL;
}

/* ---- the loop
 * ------------------------------------------------------------------------------------------------------------------------------------
 */

sdx_status sdx_context_stopped(const sdx_context *context) {
    if (SDX_LIKELY(!sdx_context_must_stop(context))) return NULL;
    if (atomic_load_explicit(&context->stop, memory_order_relaxed) != 0)
        return sdx_fail(SDX_CANCELLED, "the run was cancelled");
    return sdx_fail(
        SDX_DEADLINE,
        "the run took longer than its deadline of %llu us; give it more time or more threads",
        (unsigned long long)(context->deadline_ns / 1000));
}

/* An operator that was asked to stop does not know why. */
static sdx_status tell_deadline(const sdx_frame *frame, sdx_status status) {
    if (sdx_status_code(status) != SDX_CANCELLED) return status;
    const sdx_status why = sdx_context_stopped(frame->context);
    if (sdx_status_code(why) != SDX_DEADLINE) {
        sdx_status_free(why);
        return status;
    }
    sdx_status_free(status);
    return why;
}

SDX_INLINE sdx_status run_one(sdx_frame *frame, sdx_step_state *state) {
    sdx_status status;
    if (SDX_LIKELY(state->is_bound)) {
        status = sdx_step_run(state);
    } else {
        status = sdx_step_late(frame, state);
    }
    if (SDX_UNLIKELY(frame->temporaries != NULL)) sdx_frame_drop_temporaries(frame);
    return SDX_LIKELY(status == NULL) ? NULL : tell_deadline(frame, status);
}

static sdx_status run_counted(sdx_profiler *profiler, sdx_frame *frame, sdx_step_state *state) {
    const sdx_profile_mark mark = sdx_profile_begin(profiler, state->step);
    const sdx_status status = run_one(frame, state);
    sdx_profile_end(profiler, mark, frame, state->step);
    return status;
}

static sdx_status run_steps(sdx_frame *frame) {
    const sdx_program *const p = frame->program;
    sdx_profiler *const profiler = &frame->context->profiler;
    const bool counted = profiler->on; /* does not change while the context runs */
    if (SDX_UNLIKELY(counted)) SDX_TRY(sdx_profile_frame(profiler, frame));
    for (uint32_t s = 0; s < p->n_steps; s++) {
        sdx_step_state *const state = &frame->states[s];
        const sdx_step *const step = state->step;
        if (state->is_bound && (step->alias || step->phase == SDX_PHASE_BIND)) continue;
        SDX_TRY(sdx_context_stopped(frame->context));
        const sdx_status status =
            SDX_UNLIKELY(counted) ? run_counted(profiler, frame, state) : run_one(frame, state);
        SDX_TRY(sdx_in_node(status, step->node));
        if (SDX_LIKELY(frame->n_owned == 0)) continue;
        for (uint32_t d = 0; d < step->n_dies; d++) {
            sdx_cell_drop(frame, &frame->cells[step->dies[d]]);
        }
    }
    return sdx_context_stopped(frame->context); /* the last step may have been cut short */
}

/* ---- a run
 * ----------------------------------------------------------------------------------------------------------------------------------------
 */

static bool same_signature(const sdx_cell *cell, const sdx_view *view) {
    return cell->known && cell->view.dtype == view->dtype && sdx_view_same_shape(&cell->view, view);
}

static void set_cell(sdx_frame *frame, uint32_t value, const sdx_view *view, bool *changed) {
    sdx_cell *const cell = &frame->cells[value];
    if (!same_signature(cell, view)) *changed = true;
    cell->view = *view;
    if (cell->view.data == NULL && cell->view.len == 0) cell->view.data = sdx_nowhere();
    cell->known = view->dtype != SDX_UNDEFINED;
}

static void set_value_cell(sdx_frame *frame, uint32_t value, sdx_value *given, bool *changed) {
    sdx_cell *const cell = &frame->cells[value];
    static const sdx_view none = {.dtype = SDX_UNDEFINED};
    set_cell(frame, value, given->kind == SDX_TENSOR ? &given->view : &none, changed);
    sdx_cell_drop(frame, cell);
    cell->owner = sdx_value_retain(given);
    frame->n_owned++;
}

/* An optional that is left out is an empty one. */
static sdx_status set_empty_optional(sdx_frame *frame, uint32_t value, bool *changed) {
    const sdx_type *const element = frame->program->values[value].origin->type->element;
    sdx_value *none;
    SDX_TRY(sdx_value_optional(frame->context->store, element != NULL ? element->kind : SDX_TENSOR,
                               element != NULL ? sdx_type_leaf(element) : SDX_UNDEFINED, NULL,
                               &none));
    set_value_cell(frame, value, none, changed);
    sdx_value_release(none);
    return NULL;
}

static sdx_status set_inputs(sdx_frame *frame, sdx_value *const *inputs, bool *changed) {
    const sdx_program *const p = frame->program;
    for (uint32_t i = 0; i < p->n_inputs; i++) {
        const sdx_pvalue *const pvalue = &p->values[p->inputs[i]];
        if (pvalue->place == SDX_PLACE_CONSTANT) continue;
        if (inputs[i] != NULL) {
            if (frame->outer != NULL) /* the main graph's were checked at the border */
                SDX_TRY(sdx_in(sdx_value_fits(inputs[i], pvalue->origin->type), "input '%.*s'",
                               SDX_FMT(pvalue->origin->name)));
            set_value_cell(frame, p->inputs[i], inputs[i], changed);
        } else if (pvalue->origin->fallback != NULL) {
            set_cell(frame, p->inputs[i], pvalue->origin->fallback, changed);
        } else if (pvalue->origin->type != NULL && pvalue->origin->type->kind == SDX_OPTIONAL) {
            SDX_TRY(set_empty_optional(frame, p->inputs[i], changed));
        } else {
            return sdx_fail(SDX_INVALID_ARGUMENT, "input '%.*s': found none, expected a value",
                            SDX_FMT(pvalue->origin->name));
        }
    }
    for (uint32_t c = 0; c < p->n_captures; c++) {
        if (SDX_UNLIKELY(frame->captured != NULL)) { /* a group's: what is on devices was fetched */
            set_cell(frame, p->captures[c].value, &frame->captured[c], changed);
            frame->cells[p->captures[c].value].ready = p->values[p->captures[c].value].shapes_only;
            continue;
        }
        const sdx_cell *const outer = &frame->outer->cells[p->captures[c].outer];
        set_cell(frame, p->captures[c].value, &outer->view, changed);
        if (outer->owner == NULL) continue;
        sdx_cell *const cell = &frame->cells[p->captures[c].value];
        sdx_cell_drop(frame, cell);
        cell->owner = sdx_value_retain(outer->owner);
        frame->n_owned++;
    }
    return NULL;
}

static void follow_inputs(sdx_frame *frame) {
    const sdx_program *const p = frame->program;
    for (uint32_t i = 0; i < p->n_inputs; i++) {
        if (p->values[p->inputs[i]].place == SDX_PLACE_INPUT) sdx_frame_follow(frame, p->inputs[i]);
    }
    for (uint32_t c = 0; c < p->n_captures; c++) {
        sdx_frame_follow(frame, p->captures[c].value);
    }
}

static sdx_status bind_counted(sdx_frame *frame) {
    sdx_profiler *const profiler = &frame->context->profiler;
    if (SDX_LIKELY(!profiler->on)) return sdx_frame_bind(frame);
    const uint64_t start = sdx_clock_ns();
    const sdx_status status = sdx_frame_bind(frame);
    profiler->bind_ns += sdx_clock_ns() - start;
    return status;
}

static sdx_status bind_inputs(sdx_frame *frame, sdx_value *const *inputs) {
    bool changed = !frame->valid;
    SDX_TRY(set_inputs(frame, inputs, &changed));
    if (changed) SDX_TRY(bind_counted(frame));
    follow_inputs(frame);
    return NULL;
}

static void drop_held(sdx_frame *frame) {
    sdx_frame_drop_temporaries(frame);
    for (uint32_t v = 0; frame->n_owned != 0 && v < frame->program->n_values; v++) {
        sdx_cell_drop(frame, &frame->cells[v]);
    }
}

sdx_status sdx_frame_bind_inputs(sdx_frame *frame, sdx_value *const *inputs) {
    const sdx_status status = bind_inputs(frame, inputs);
    drop_held(frame);
    return status;
}

static sdx_status run_frame(sdx_frame *frame, sdx_value *const *inputs, sdx_value **outputs,
                            const bool *wanted) {
    SDX_TRY(bind_inputs(frame, inputs));
    if (SDX_UNLIKELY(frame->context->has_resident)) SDX_TRY(sdx_foreign_inputs(frame));
    if (SDX_UNLIKELY(frame->spaces != NULL)) sdx_foreign_settle_addresses(frame);
    SDX_TRY(sdx_frame_place_outputs(frame, outputs, wanted));
    SDX_TRY(run_steps(frame));
    return sdx_frame_take_outputs(frame, outputs, wanted);
}

/* Nothing is under way on a device afterwards, also where the run came to an early end. */
static sdx_status settle(sdx_frame *frame, sdx_status status) {
    const sdx_status other = sdx_foreign_settle(frame);
    if (status == NULL) return other;
    sdx_status_free(other);
    return status;
}

sdx_status sdx_frame_run(sdx_frame *frame, sdx_value *const *inputs, sdx_value **outputs,
                         const bool *wanted) {
    sdx_status status = run_frame(frame, inputs, outputs, wanted);
    if (SDX_UNLIKELY(frame->spaces != NULL)) status = settle(frame, status);
    sdx_frame_drop_outputs(frame);
    drop_held(frame);
    return status;
}
