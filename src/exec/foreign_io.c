/* Inputs and outputs of a run that are on devices: used in place where a group reads or makes them
 * there, copied where the host does. */
#include "exec/context.h"
#include "exec/foreign.h"

/* Whether each reader of an input is a copy to the device that it is on. */
static bool stays(const sdx_frame *frame, uint32_t value, const sdx_residence *r) {
    const sdx_program *const p = frame->program;
    const sdx_pvalue *const pvalue = &p->values[value];
    if (p->n_spaces == 1 || pvalue->on_host || pvalue->output != SDX_NONE) return false;
    for (uint32_t s = 0; s < p->n_steps; s++) {
        const sdx_step *const step = &p->steps[s];
        if (step->kind != SDX_STEP_COPY || step->in[0] != value) continue;
        const sdx_target *const target = frame->spaces[step->target].site->target;
        if (target->provider != r->provider || target->device != r->device) return false;
    }
    return true;
}

sdx_status sdx_foreign_inputs(sdx_frame *frame) {
    const sdx_program *const p = frame->program;
    for (uint32_t i = 0; frame->outer == NULL && i < p->n_inputs; i++) {
        sdx_cell *const cell = &frame->cells[p->inputs[i]];
        const sdx_residence *const r = sdx_residence_of(cell->owner);
        sdx_value *copy;
        if (r == NULL || stays(frame, p->inputs[i], r)) continue;
        SDX_TRY(sdx_value_dense(frame->context->store, &cell->view, false, &copy));
        const sdx_status status = sdx_residence_read(cell->owner, &copy->view);
        if (status != NULL) {
            sdx_value_release(copy);
            return status;
        }
        sdx_cell_drop(frame, cell);
        cell->owner = copy;
        frame->n_owned++;
        cell->view.data = copy->view.data;
        sdx_frame_follow(frame, p->inputs[i]);
    }
    return NULL;
}

/* Whether another value of this run lies in the same block. */
static bool is_shared(const sdx_frame *frame, uint32_t i, const sdx_residence *r,
                      sdx_value *const *outputs) {
    const sdx_program *const p = frame->program;
    for (uint32_t k = 0; k < p->n_inputs; k++) {
        if (sdx_residence_of(frame->cells[p->inputs[k]].owner) == r) return true;
    }
    for (uint32_t k = 0; k < p->n_outputs; k++) {
        if (k != i && sdx_residence_of(outputs[k]) == r) return true;
        if (k != i && p->outputs[k] == p->outputs[i]) return true;
    }
    return false;
}

bool sdx_foreign_output(sdx_frame *frame, uint32_t i, uint32_t root, sdx_value *const *outputs) {
    const sdx_program *const p = frame->program;
    const sdx_pvalue *const pvalue = &p->values[root];
    const sdx_residence *const r = sdx_residence_of(outputs[i]);
    const sdx_step *const step = pvalue->step != SDX_NONE ? &p->steps[pvalue->step] : NULL;
    if (p->n_spaces == 1 || step == NULL || step->kind != SDX_STEP_COPY || pvalue->on_host ||
        pvalue->next_alias != SDX_NONE)
        return false;
    const sdx_target *const target = frame->spaces[step->target].site->target;
    sdx_cell *const device = &frame->cells[step->in[0]];
    if (target->provider != r->provider || target->device != r->device ||
        device->home != SDX_HOME_SLAB || is_shared(frame, i, r, outputs))
        return false;
    device->device_block = r->block;
    device->device_offset = 0;
    frame->states[pvalue->step].foreign->skipped = true;
    frame->cells[root].view.data = NULL; /* as it is in the caller's tensor */
    return true;
}
