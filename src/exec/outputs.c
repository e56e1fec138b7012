/* Where results go. An output that a step computes is written straight into the caller's buffer, or
 * into a new value; one that is an input, a constant or an alias of another output is copied at the
 * end (a counted value that nobody else shares is handed over instead). */
#include <string.h>

#include "exec/context.h"
#include "exec/foreign.h"
#include "exec/frame.h"

static sdx_str output_name(const sdx_frame *frame, uint32_t i) {
    return frame->program->values[frame->program->outputs[i]].origin->name;
}

static sdx_status check_buffer(const sdx_frame *frame, uint32_t i, const sdx_value *buffer,
                               const sdx_view *view) {
    char found[160], expected[160];
    if (buffer->kind == SDX_TENSOR && buffer->view.dtype == view->dtype &&
        sdx_view_same_shape(&buffer->view, view))
        return NULL;
    return sdx_fail(
        buffer->kind == SDX_TENSOR && buffer->view.dtype != view->dtype ? SDX_TYPE_MISMATCH
                                                                        : SDX_SHAPE_MISMATCH,
        "output '%.*s': found a buffer of %s, expected %s; pass NULL to receive a new value",
        SDX_FMT(output_name(frame, i)),
        buffer->kind == SDX_TENSOR ? sdx_view_text(&buffer->view, found, sizeof found)
                                   : "another kind",
        sdx_view_text(view, expected, sizeof expected));
}

static bool overlap(const sdx_view *a, const sdx_view *b) {
    if (a->data == NULL || b->data == NULL) return false;
    const uintptr_t a0 = (uintptr_t)a->data, b0 = (uintptr_t)b->data;
    return a0 < b0 + sdx_view_bytes(b) && b0 < a0 + sdx_view_bytes(a);
}

/* Whether a caller's buffer also holds an input of this run, or is bound to an earlier output: then
 * it is filled at the end. */
static bool is_shared(const sdx_frame *frame, uint32_t i, sdx_value *const *outputs) {
    const sdx_program *const p = frame->program;
    for (uint32_t k = 0; k < p->n_inputs; k++) {
        if (overlap(&outputs[i]->view, &frame->cells[p->inputs[k]].view)) return true;
    }
    for (uint32_t k = 0; k < i; k++) {
        if (outputs[k] != NULL && outputs[k]->kind == SDX_TENSOR &&
            overlap(&outputs[i]->view, &outputs[k]->view))
            return true;
    }
    return false;
}

static sdx_status place_output(sdx_frame *frame, uint32_t root, sdx_value **outputs,
                               const bool *wanted) {
    const sdx_program *const p = frame->program;
    const uint32_t value = p->values[root].claims;
    const uint32_t i = p->values[value].output;
    /* The shape of an alias may be found later than its memory is needed. */
    const bool late = !frame->cells[value].known;
    const sdx_view *const view = &frame->cells[late ? root : value].view;
    if (!late && outputs[i] != NULL && (wanted == NULL || wanted[i])) {
        SDX_TRY(check_buffer(frame, i, outputs[i], view));
        if (SDX_UNLIKELY(sdx_residence_of(outputs[i]) != NULL)) {
            if (sdx_foreign_output(frame, i, root, outputs)) return NULL;
        } else if (!is_shared(frame, i, outputs)) {
            frame->cells[root].view.data = outputs[i]->view.data;
            return NULL;
        }
    }
    SDX_TRY(sdx_in(sdx_value_dense(frame->context->store, view, false, &frame->made[i]),
                   "output '%.*s'", SDX_FMT(output_name(frame, i))));
    frame->cells[root].view.data = frame->made[i]->view.data;
    return NULL;
}

sdx_status sdx_frame_place_outputs(sdx_frame *frame, sdx_value **outputs, const bool *wanted) {
    const sdx_program *const p = frame->program;
    for (uint32_t i = 0; i < p->n_outputs; i++) {
        const uint32_t root = p->values[p->outputs[i]].root;
        if (p->values[root].claims != p->outputs[i] || p->values[p->outputs[i]].output != i)
            continue;
        if (frame->cells[root].home != SDX_HOME_OUTPUT) continue;
        SDX_TRY(place_output(frame, root, outputs, wanted));
        sdx_frame_follow(frame, root);
    }
    return NULL;
}

/* A value for output i that the caller will own. */
static sdx_status hand_over(sdx_frame *frame, uint32_t i, sdx_value **out) {
    const sdx_cell *const cell = &frame->cells[frame->program->outputs[i]];
    if (frame->made[i] != NULL && cell->view.data == frame->made[i]->view.data &&
        sdx_view_same_shape(&cell->view, &frame->made[i]->view) &&
        cell->view.dtype == frame->made[i]->view.dtype) {
        *out = frame->made[i];
        frame->made[i] = NULL;
        return NULL;
    }
    if (cell->owner != NULL && cell->owner->kind != SDX_TENSOR) {
        *out = sdx_value_retain(cell->owner);
        return NULL;
    }
    if (cell->owner != NULL && cell->home == SDX_HOME_DYNAMIC &&
        sdx_refs_unique(&cell->owner->refs) && cell->owner->view.data == cell->view.data &&
        sdx_view_same_shape(&cell->owner->view, &cell->view)) {
        *out = sdx_value_retain(cell->owner);
        return NULL;
    }
    if (cell->view.dtype == SDX_UNDEFINED)
        return sdx_fail(SDX_INTERNAL, "output '%.*s' has no value", SDX_FMT(output_name(frame, i)));
    return sdx_in(sdx_value_copy(frame->context->store, &cell->view, out), "output '%.*s'",
                  SDX_FMT(output_name(frame, i)));
}

static bool is_wanted(sdx_value *const *outputs, const bool *wanted, uint32_t i) {
    return outputs[i] != NULL && (wanted == NULL || wanted[i]);
}

/* Whether output i, which other memory holds, will be read after the buffer of another output was
 * written over it: an input that stands in both. */
static bool is_overwritten(const sdx_frame *frame, uint32_t i, sdx_value *const *outputs,
                           const bool *wanted) {
    const sdx_program *const p = frame->program;
    const sdx_view *const view = &frame->cells[p->outputs[i]].view;
    for (uint32_t k = 0; k < p->n_outputs; k++) {
        if (k == i || !is_wanted(outputs, wanted, k) || outputs[k]->kind != SDX_TENSOR) continue;
        const bool is_there = outputs[k]->view.data == frame->cells[p->outputs[k]].view.data;
        if (!is_there && overlap(&outputs[k]->view, view)) return true;
    }
    return false;
}

/* Whether the result fits the caller's buffer; it is set aside where it would be lost. */
static sdx_status check_filling(sdx_frame *frame, uint32_t i, sdx_value *const *outputs,
                                const bool *wanted) {
    const sdx_view *const view = &frame->cells[frame->program->outputs[i]].view;
    const sdx_value *const buffer = outputs[i];
    SDX_TRY(check_buffer(frame, i, buffer, view));
    if (buffer->view.data == view->data || view->len == 0) return NULL;
    if (sdx_residence_of(buffer) != NULL) return sdx_residence_write(buffer, view);
    if (view->dtype == SDX_STRING)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "output '%.*s': found a buffer, expected NULL since it has strings",
                        SDX_FMT(output_name(frame, i)));
    if (!is_overwritten(frame, i, outputs, wanted)) return NULL;
    return sdx_value_copy(frame->context->store, view, &frame->made[i]);
}

static void fill_buffer(const sdx_frame *frame, uint32_t i, sdx_value *buffer) {
    const sdx_view *const view = &frame->cells[frame->program->outputs[i]].view;
    const void *const from = frame->made[i] != NULL ? frame->made[i]->view.data : view->data;
    if (sdx_residence_of(buffer) != NULL) return; /* by the check */
    if (view->len != 0 && buffer->view.data != from && buffer->view.data != view->data)
        memmove(buffer->view.data, from, sdx_view_bytes(view));
}

static void undo(sdx_value **outputs, const bool *fresh, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        if (!fresh[i]) continue;
        sdx_value_release(outputs[i]);
        outputs[i] = NULL;
    }
}

/* All that can go wrong comes first, then buffers are written: they may lie over inputs that other
 * outputs are copied from. */
sdx_status sdx_frame_take_outputs(sdx_frame *frame, sdx_value **outputs, const bool *wanted) {
    const uint32_t n = frame->program->n_outputs;
    bool *const fresh = frame->present_out;
    for (uint32_t i = 0; i < n; i++) {
        if (is_wanted(outputs, wanted, i)) SDX_TRY(check_filling(frame, i, outputs, wanted));
    }
    for (uint32_t i = 0; i < n; i++) {
        fresh[i] = false;
        if (outputs[i] != NULL || (wanted != NULL && !wanted[i])) continue;
        const sdx_status status = hand_over(frame, i, &outputs[i]);
        if (status != NULL) {
            undo(outputs, fresh, i);
            return status;
        }
        fresh[i] = true;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (!fresh[i] && is_wanted(outputs, wanted, i)) fill_buffer(frame, i, outputs[i]);
    }
    return NULL;
}

void sdx_frame_drop_outputs(sdx_frame *frame) {
    for (uint32_t i = 0; i < frame->program->n_outputs; i++) {
        sdx_value_release(frame->made[i]);
        frame->made[i] = NULL;
    }
}
