/* Steps that could not be bound before the run: their shapes depend on elements, or on values that
 * did. All inputs are there now. */
#include <string.h>

#include "exec/context.h"
#include "exec/foreign.h"
#include "exec/frame.h"

/* A sequence, map or optional passes through an alias step as it is. */
static sdx_status late_alias(sdx_frame *frame, sdx_step_state *state) {
    const sdx_step *const step = state->step;
    sdx_cell *const in = &frame->cells[step->in[0]];
    sdx_cell *const out = &frame->cells[step->out[0]];
    if (in->view.dtype == SDX_UNDEFINED) {
        if (in->owner == NULL) return sdx_fail(SDX_INTERNAL, "input 0 has no value");
        sdx_cell_hold(frame, out, sdx_value_retain(in->owner));
        return NULL;
    }
    bool known;
    SDX_TRY(sdx_step_infer(frame, state, &known));
    if (!known) return sdx_fail(SDX_INTERNAL, "found no shape for its output");
    const sdx_fact *const fact = &frame->facts_out[0];
    SDX_TRY(sdx_view_init(&out->view, fact->type->dtype, (size_t)fact->rank, fact->dims));
    out->view.data = in->view.data;
    return NULL;
}

static sdx_status infer_all(sdx_frame *frame, sdx_step_state *state) {
    bool known;
    SDX_TRY(sdx_step_infer(frame, state, &known));
    if (known) return NULL;
    return sdx_fail(SDX_INTERNAL, "found no shape for an output although all inputs are there");
}

/* Dense outputs of the shapes that inference found, from the store. */
static sdx_status make_outputs(sdx_frame *frame, sdx_step_state *state) {
    const sdx_step *const step = state->step;
    for (uint32_t k = 0; k < step->n_out; k++) {
        if (step->out[k] == SDX_NONE) continue;
        const sdx_fact *const fact = &frame->facts_out[k];
        sdx_view shape;
        sdx_value *value;
        SDX_TRY(sdx_view_init(&shape, fact->type->dtype, (size_t)fact->rank, fact->dims));
        SDX_TRY(sdx_in(sdx_value_dense(frame->context->store, &shape, false, &value), "output %u",
                       (unsigned)k));
        sdx_cell_hold(frame, &frame->cells[step->out[k]], value);
    }
    return NULL;
}

/* String outputs hold views of foreign bytes until here; those that came out of a subgraph or a
 * sequence have their bytes already. */
static sdx_status seal_outputs(sdx_frame *frame, const sdx_step *step) {
    for (uint32_t k = 0; k < step->n_out; k++) {
        if (step->out[k] == SDX_NONE) continue;
        sdx_cell *const cell = &frame->cells[step->out[k]];
        if (cell->owner == NULL || cell->owner->kind != SDX_TENSOR ||
            cell->owner->view.dtype != SDX_STRING || cell->owner->chars != NULL)
            continue;
        SDX_TRY(sdx_value_seal(cell->owner));
        cell->view = cell->owner->view;
    }
    return NULL;
}

/* An alias step whose content would have followed from shapes, had they been known: it has memory
 * of its own, as it would have had at binding. */
static sdx_status late_copy(sdx_frame *frame, sdx_step_state *state) {
    const sdx_step *const step = state->step;
    SDX_TRY(infer_all(frame, state));
    SDX_TRY(make_outputs(frame, state));
    const sdx_view *const from = &frame->cells[step->in[0]].view;
    if (from->len != 0)
        memcpy(frame->cells[step->out[0]].view.data, from->data, sdx_view_bytes(from));
    return NULL;
}

sdx_status sdx_step_late(sdx_frame *frame, sdx_step_state *state) {
    const sdx_step *const step = state->step;
    if (SDX_UNLIKELY(step->kind != SDX_STEP_NODE)) return sdx_foreign_late(frame, state);
    SDX_TRY(sdx_step_check_types(frame, step));
    if (step->alias) return late_alias(frame, state);
    if (step->op->flags & SDX_OP_ALIAS) return late_copy(frame, state);
    const bool makes_own =
        (step->op->flags & (SDX_OP_DATA_SHAPE | SDX_OP_VALUES | SDX_OP_CONTROL)) != 0;
    if (makes_own) { /* for what the hook checks: shapes were not all there when it ran before */
        bool known;
        SDX_TRY(sdx_step_infer(frame, state, &known));
    } else {
        SDX_TRY(infer_all(frame, state));
        SDX_TRY(make_outputs(frame, state));
    }
    SDX_TRY(sdx_step_bind(frame, state));
    void *scratch = sdx_nowhere();
    if (state->scratch != 0) SDX_TRY(sdx_frame_temporary(frame, state->scratch, NULL, &scratch));
    state->call.scratch = scratch;
    SDX_TRY(sdx_step_run(state));
    return seal_outputs(frame, step);
}
