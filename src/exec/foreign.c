/* See foreign.h: memory, binding, and steps that are bound in the middle of a run. */
#include "exec/foreign.h"

#include <string.h>

#include "base/checked.h"
#include "exec/context.h"

/* ---- sites */

sdx_status sdx_sites_open(sdx_context *context) {
    const sdx_partition *const partition = &context->model->fixed.partition;
    if (SDX_LIKELY(partition->n_targets == 0)) return NULL;
    SDX_TRY(SDX_NEW_ARRAY(sdx_store_heap(context->store), partition->n_targets, &context->sites));
    context->n_sites = partition->n_targets;
    for (uint32_t t = 0; t < partition->n_targets; t++) {
        sdx_site *const site = &context->sites[t];
        const sdx_target *const target = site->target = &partition->targets[t];
        const sdx_ep *const ep = target->provider->ep;
        sdx_ep_why why = {{0}};
        const int code = ep->open_stream(ep->self, target->device, &site->stream, &why);
        SDX_TRY(sdx_provider_check(target->provider, "open_stream", code, &why));
        site->open = true;
    }
    return NULL;
}

void sdx_sites_close(sdx_context *context) {
    for (uint32_t t = 0; t < context->n_sites; t++) {
        const sdx_site *const site = &context->sites[t];
        const sdx_ep *const ep = site->target != NULL ? site->target->provider->ep : NULL;
        if (site->open) ep->close_stream(ep->self, site->stream);
    }
    if (context->store != NULL)
        sdx_heap_free(sdx_store_heap(context->store), context->sites,
                      context->n_sites * sizeof *context->sites);
    context->sites = NULL;
    context->n_sites = 0;
}

/* ---- what a frame has */

static void list_captures(sdx_foreign *f, const sdx_group *group) {
    for (uint32_t i = 0; i < group->n_inputs; i++) {
        f->capture[i] = SDX_NONE;
        for (uint32_t c = 0; c < group->inner->n_captures; c++) {
            if (group->inner->captures[c].value == group->inner_inputs[i]) f->capture[i] = c;
        }
    }
}

static sdx_status build_group(sdx_frame *frame, sdx_step_state *state) {
    const sdx_group *const group = state->step->group;
    const size_t n_in = state->step->n_in, n_inputs = group->n_inputs;
    const size_t tensors = (n_inputs + group->n_outputs) * sizeof(sdx_ep_tensor);
    const size_t size =
        sizeof(sdx_foreign) + n_in * sizeof(sdx_view) + tensors + n_inputs * sizeof(uint32_t) + 32;
    sdx_foreign *f;
    SDX_TRY(sdx_heap_calloc(frame->heap, 1, size, (void **)&f));
    *f = (sdx_foreign){.state = state, .session = {f}, .size = size};
    f->captured = (sdx_view *)(f + 1);
    f->inputs = (sdx_ep_tensor *)(f->captured + n_in);
    f->outputs = f->inputs + n_inputs;
    f->capture = (uint32_t *)(f->outputs + group->n_outputs);
    state->foreign = f;
    list_captures(f, group);
    SDX_TRY(sdx_frame_create(frame->context, group->inner, frame, &f->shapes));
    f->shapes->captured = f->captured;
    f->shapes->shapes_only = true;
    return NULL;
}

static sdx_status build_states(sdx_frame *frame) {
    for (uint32_t s = 0; s < frame->program->n_steps; s++) {
        sdx_step_state *const state = &frame->states[s];
        if (state->step->kind == SDX_STEP_NODE) continue;
        if (state->step->kind == SDX_STEP_GROUP) {
            SDX_TRY(build_group(frame, state));
            continue;
        }
        SDX_TRY(SDX_NEW(frame->heap, &state->foreign));
        state->foreign->state = state;
        state->foreign->size = sizeof *state->foreign;
    }
    return NULL;
}

sdx_status sdx_foreign_build(sdx_frame *frame) {
    const sdx_program *const p = frame->program;
    if (p->n_spaces == 1) return NULL;
    SDX_TRY(SDX_NEW_ARRAY(frame->heap, p->n_spaces - 1, &frame->spaces));
    for (uint32_t t = 0; t + 1 < p->n_spaces; t++) {
        frame->spaces[t].site = &frame->context->sites[t];
        SDX_TRY(sdx_slab_init(&frame->spaces[t].plan, frame->heap, p->n_values));
    }
    return build_states(frame);
}

static void free_block(sdx_space *space) {
    const sdx_target *const target = space->site->target;
    sdx_provider_free(target->provider, target->device, space->block, space->size);
    space->block = NULL;
    space->size = 0;
}

static void destroy_state(sdx_frame *frame, sdx_foreign *f) {
    if (f == NULL) return;
    const sdx_step *const step = f->state->step;
    if (f->bound != NULL) {
        const sdx_ep *const ep = frame->spaces[step->target].site->target->provider->ep;
        ep->unbind(ep->self, f->bound);
    }
    sdx_frame_destroy(f->shapes);
    sdx_frame_destroy(f->cpu);
    sdx_heap_free(frame->heap, f, f->size);
}

void sdx_foreign_destroy(sdx_frame *frame) {
    if (frame->spaces == NULL) return;
    for (uint32_t s = 0; frame->states != NULL && s < frame->program->n_steps; s++) {
        destroy_state(frame, frame->states[s].foreign);
    }
    for (uint32_t t = 0; t + 1 < frame->program->n_spaces; t++) {
        if (frame->spaces[t].site != NULL) free_block(&frame->spaces[t]);
        sdx_slab_deinit(&frame->spaces[t].plan);
    }
    sdx_heap_free(frame->heap, frame->spaces,
                  (frame->program->n_spaces - 1) * sizeof *frame->spaces);
    frame->spaces = NULL;
}

void sdx_foreign_trim(sdx_frame *frame) {
    for (uint32_t t = 0; frame->spaces != NULL && t + 1 < frame->program->n_spaces; t++) {
        free_block(&frame->spaces[t]);
    }
}

/* ---- the end of what was begun */

static sdx_status settle_site(sdx_site *site) {
    sdx_provider *const provider = site->target->provider;
    const sdx_ep *const ep = provider->ep;
    sdx_ep_why why = {{0}};
    uint64_t mark = 0;
    bool done = false;
    if (!site->busy) return NULL;
    site->busy = false;
    int code = ep->record(ep->self, site->stream, &mark, &why);
    if (code == SDX_EP_OK) code = ep->wait(ep->self, site->stream, mark, UINT64_MAX, &done, &why);
    SDX_TRY(sdx_provider_check(provider, "wait", code, &why));
    if (done) return NULL;
    return sdx_fail(SDX_INTERNAL, "provider '%s': wait: it returned before it was done", ep->name);
}

static void release_kept(sdx_space *space) {
    while (space->kept != NULL) {
        sdx_residence *const r = space->kept;
        space->kept = r->next;
        r->next = NULL;
        sdx_value_release(r->value);
    }
}

sdx_status sdx_foreign_settle(sdx_frame *frame) {
    sdx_status status = NULL;
    for (uint32_t t = 0; t + 1 < frame->program->n_spaces; t++) {
        const sdx_status one = settle_site(frame->spaces[t].site);
        if (status == NULL)
            status = one;
        else
            sdx_status_free(one);
        release_kept(&frame->spaces[t]);
    }
    return status;
}

/* ---- places */

static size_t alignment_of(const sdx_space *space) {
    const sdx_target *const target = space->site->target;
    return target->provider->devices[target->device].alignment;
}

static sdx_status place_there(sdx_frame *frame, uint32_t value) {
    sdx_cell *const cell = &frame->cells[value];
    sdx_space *const space = &frame->spaces[frame->program->values[value].space - 1];
    const sdx_target *const target = space->site->target;
    size_t room;
    sdx_ep_tensor tensor = sdx_ep_tensor_of(&cell->view);
    tensor.on_host = false;
    SDX_TRY(sdx_provider_size_of(target->provider, target->device, &tensor, &cell->size));
    cell->home = SDX_HOME_SLAB;
    if (!sdx_round_up(cell->size, alignment_of(space), &room) ||
        !sdx_slab_take(&space->plan, room, &cell->offset))
        return sdx_fail(SDX_LIMIT, "found values beyond the address space of a device");
    return NULL;
}

void sdx_foreign_bury(sdx_space *space, const sdx_cell *cell) {
    const size_t unit = alignment_of(space); /* did not overflow when it was taken */
    sdx_slab_give(&space->plan, (cell->size + unit - 1) & ~(unit - 1), cell->offset);
}

/* The type and shape of `from`, and no elements yet. */
static void shape_cell(sdx_cell *cell, const sdx_view *from) {
    cell->view = *from;
    cell->view.data = NULL;
    cell->view.unpacked = false;
    cell->known = true;
}

static sdx_status bind_copy(sdx_frame *frame, sdx_step_state *state, uint32_t index) {
    const sdx_step *const step = state->step;
    const sdx_cell *const in = &frame->cells[step->in[0]];
    state->is_bound = in->known;
    if (!in->known) return NULL;
    shape_cell(&frame->cells[step->out[0]], &in->view);
    return frame->program->values[step->out[0]].space != 0 ? place_there(frame, step->out[0])
                                                           : sdx_frame_place(frame, step, index);
}

/* ---- groups */

static void set_captured(sdx_frame *inner, const sdx_view *captured) {
    const sdx_program *const p = inner->program;
    for (uint32_t c = 0; c < p->n_captures; c++) {
        sdx_cell *const cell = &inner->cells[p->captures[c].value];
        cell->view = captured[c];
        cell->known = true;
        cell->ready = p->values[p->captures[c].value].shapes_only;
    }
}

sdx_status sdx_group_infer(sdx_frame *frame, sdx_foreign *f, bool late, bool *known) {
    const sdx_step *const step = f->state->step;
    const sdx_program *const inner = step->group->inner;
    *known = false;
    for (uint32_t c = 0; c < step->n_in; c++) {
        const sdx_cell *const cell = &frame->cells[step->in[c]];
        const bool is_host = frame->program->values[step->in[c]].space == 0;
        if (!late && (!cell->known || (is_host && !cell->ready))) return NULL;
        f->captured[c] = cell->view;
    }
    set_captured(f->shapes, f->captured);
    if (f->cpu != NULL) f->cpu->valid = false;
    SDX_TRY(sdx_frame_bind(f->shapes));
    *known = true;
    for (uint32_t k = 0; k < inner->n_outputs; k++) {
        const sdx_cell *const cell = &f->shapes->cells[inner->outputs[k]];
        *known = *known && cell->known && (k < step->group->n_outputs || cell->ready);
    }
    return NULL;
}

static sdx_ep_tensor input_tensor(const sdx_foreign *f, uint32_t i) {
    const sdx_step *const step = f->state->step;
    const sdx_frame *const frame = f->state->frame;
    if (f->capture[i] != SDX_NONE) return sdx_cell_tensor(frame, step->in[f->capture[i]]);
    return sdx_ep_tensor_of(&f->shapes->cells[step->group->inner_inputs[i]].view);
}

static sdx_ep_tensor output_tensor(const sdx_foreign *f, uint32_t k) {
    const sdx_step *const step = f->state->step;
    if (f->state->frame->cells[step->out[k]].known)
        return sdx_cell_tensor(f->state->frame, step->out[k]);
    return (sdx_ep_tensor){
        .dtype =
            (int32_t)step->group->inner->values[step->group->inner->outputs[k]].origin->type->dtype,
        .rank = -1};
}

/* Whether content from shapes that the provider or others read has been computed. */
static bool content_is_there(const sdx_foreign *f) {
    const sdx_group *const group = f->state->step->group;
    for (uint32_t i = 0; i < group->n_inputs; i++) {
        if (f->capture[i] == SDX_NONE && !f->shapes->cells[group->inner_inputs[i]].ready)
            return false;
    }
    for (uint32_t k = group->n_outputs; k < group->inner->n_outputs; k++) {
        if (!f->shapes->cells[group->inner->outputs[k]].ready) return false;
    }
    return true;
}

sdx_status sdx_group_bind(sdx_frame *frame, sdx_foreign *f) {
    const sdx_group *const group = f->state->step->group;
    sdx_provider *const provider = frame->spaces[group->target].site->target->provider;
    sdx_ep_why why = {{0}};
    f->declined = false;
    f->workspace = 0;
    if (!content_is_there(f))
        return sdx_group_decline(
            f, sdx_fail(SDX_UNSUPPORTED, "shapes inside it depend on elements inside it"));
    for (uint32_t i = 0; i < group->n_inputs; i++) {
        f->inputs[i] = input_tensor(f, i);
    }
    for (uint32_t k = 0; k < group->n_outputs; k++) {
        f->outputs[k] = output_tensor(f, k);
    }
    sdx_ep_binding binding = {.inputs = f->inputs,
                              .n_inputs = group->n_inputs,
                              .outputs = f->outputs,
                              .n_outputs = group->n_outputs};
    const int code = provider->ep->bind(provider->ep->self, group->compiled, &f->session, &binding,
                                        &f->bound, &why);
    const sdx_status status = sdx_provider_check(provider, "bind", code, &why);
    if (sdx_status_code(status) == SDX_UNSUPPORTED) return sdx_group_decline(f, status);
    SDX_TRY(status);
    f->workspace = binding.workspace;
    if (f->workspace > SIZE_MAX / 4)
        return sdx_fail(SDX_LIMIT, "provider '%s': bind: found %zu bytes of workspace",
                        provider->ep->name, f->workspace);
    return NULL;
}

static sdx_status export_content(sdx_frame *frame, const sdx_foreign *f) {
    const sdx_step *const step = f->state->step;
    for (uint32_t k = step->group->n_outputs; k < step->n_out; k++) {
        sdx_cell *const to = &frame->cells[step->out[k]];
        const sdx_cell *const from = &f->shapes->cells[step->group->inner->outputs[k]];
        shape_cell(to, &from->view);
        SDX_TRY(sdx_cell_own_block(frame, to));
        if (from->view.len != 0)
            memcpy(to->view.data, from->view.data, sdx_view_bytes(&from->view));
        to->ready = true;
    }
    return NULL;
}

static sdx_status bind_group(sdx_frame *frame, sdx_step_state *state) {
    sdx_foreign *const f = state->foreign;
    const sdx_step *const step = state->step;
    sdx_space *const space = &frame->spaces[step->target];
    SDX_TRY(sdx_group_infer(frame, f, false, &state->is_bound));
    if (!state->is_bound) return NULL;
    for (uint32_t k = 0; k < step->group->n_outputs; k++) {
        shape_cell(&frame->cells[step->out[k]],
                   &f->shapes->cells[step->group->inner->outputs[k]].view);
        SDX_TRY(place_there(frame, step->out[k]));
    }
    SDX_TRY(export_content(frame, f));
    SDX_TRY(sdx_group_bind(frame, f));
    if (f->workspace > space->workspace) space->workspace = f->workspace;
    return NULL;
}

sdx_status sdx_foreign_bind(sdx_frame *frame, sdx_step_state *state, uint32_t index) {
    state->is_bound = true;
    if (state->step->kind == SDX_STEP_GROUP) return bind_group(frame, state);
    if (state->step->kind == SDX_STEP_COPY) return bind_copy(frame, state, index);
    return NULL;
}

/* ---- blocks */

void sdx_foreign_reset(sdx_frame *frame) {
    for (uint32_t t = 0; t + 1 < frame->program->n_spaces; t++) {
        sdx_slab_reset(&frame->spaces[t].plan);
        frame->spaces[t].workspace = 0;
    }
}

sdx_status sdx_foreign_get_blocks(sdx_frame *frame) {
    for (uint32_t t = 0; t + 1 < frame->program->n_spaces; t++) {
        sdx_space *const space = &frame->spaces[t];
        const sdx_target *const target = space->site->target;
        size_t need;
        if (!sdx_round_up(space->plan.end, alignment_of(space), &space->workspace_offset) ||
            !sdx_add_size(space->workspace_offset, space->workspace, &need))
            return sdx_fail(SDX_LIMIT, "found planned memory beyond the address space");
        if (need <= space->size) continue;
        free_block(space);
        SDX_TRY(sdx_in(sdx_provider_allocate(target->provider, target->device, need, &space->block),
                       "planned memory of the run, %zu bytes", need));
        space->size = need;
    }
    sdx_foreign_settle_addresses(frame);
    return NULL;
}

void sdx_foreign_settle_addresses(sdx_frame *frame) {
    for (uint32_t v = 0; v < frame->program->n_values; v++) {
        sdx_cell *const cell = &frame->cells[v];
        const uint32_t at = frame->program->values[v].space;
        if (at == 0 || cell->home != SDX_HOME_SLAB) continue;
        cell->device_block = frame->spaces[at - 1].block;
        cell->device_offset = cell->offset;
    }
    for (uint32_t s = 0; s < frame->program->n_steps; s++) {
        const sdx_step_state *const state = &frame->states[s];
        sdx_foreign *const f = state->foreign;
        if (f != NULL) f->skipped = false;
        if (state->step->kind != SDX_STEP_GROUP || !state->is_bound) continue;
        f->workspace_block = f->workspace != 0 ? frame->spaces[state->step->target].block : NULL;
        f->workspace_offset = frame->spaces[state->step->target].workspace_offset;
    }
}

/* ---- in the middle of a run */

sdx_status sdx_foreign_make(sdx_frame *frame, uint32_t value, const sdx_view *shape) {
    sdx_cell *const cell = &frame->cells[value];
    sdx_space *const space = &frame->spaces[frame->program->values[value].space - 1];
    const sdx_target *const target = space->site->target;
    sdx_value *made;
    SDX_TRY(sdx_residence_create(target->provider, target->device, shape, &made));
    sdx_residence *const r = sdx_residence_of(made);
    r->next = space->kept;
    space->kept = r;
    sdx_cell_hold(frame, cell, sdx_value_retain(made));
    cell->view.data = NULL;
    cell->device_block = r->block;
    cell->device_offset = 0;
    cell->size = r->size;
    cell->known = true;
    return NULL;
}

static sdx_status late_copy(sdx_frame *frame, sdx_step_state *state) {
    const sdx_step *const step = state->step;
    const sdx_view *const shape = &frame->cells[step->in[0]].view;
    sdx_cell *const out = &frame->cells[step->out[0]];
    if (frame->program->values[step->out[0]].space != 0) {
        SDX_TRY(sdx_foreign_make(frame, step->out[0], shape));
    } else {
        sdx_value *value;
        SDX_TRY(sdx_value_dense(frame->context->store, shape, false, &value));
        sdx_cell_hold(frame, out, value);
    }
    return step->op->run(&state->call);
}

/* Content from shapes that is read outside; what the run on the CPU makes comes with that. */
static sdx_status late_exports(sdx_frame *frame, const sdx_foreign *f) {
    const sdx_step *const step = f->state->step;
    for (uint32_t k = step->group->n_outputs; k < step->n_out && !f->declined; k++) {
        const sdx_cell *const from = &f->shapes->cells[step->group->inner->outputs[k]];
        sdx_value *value;
        if (!from->ready) return sdx_fail(SDX_INTERNAL, "content from shapes has not been made");
        SDX_TRY(sdx_value_copy(frame->context->store, &from->view, &value));
        sdx_cell_hold(frame, &frame->cells[step->out[k]], value);
    }
    return NULL;
}

/* A block for this run. */
static sdx_status late_workspace(sdx_frame *frame, sdx_foreign *f) {
    sdx_space *const space = &frame->spaces[f->state->step->target];
    const sdx_target *const target = space->site->target;
    const int64_t size = (int64_t)f->workspace;
    sdx_view shape;
    sdx_value *made;
    f->workspace_block = NULL;
    if (size == 0) return NULL;
    SDX_TRY(sdx_view_init(&shape, SDX_UINT8, 1, &size));
    SDX_TRY(sdx_residence_create(target->provider, target->device, &shape, &made));
    sdx_residence *const r = sdx_residence_of(made);
    r->next = space->kept;
    space->kept = r;
    f->workspace_block = r->block;
    f->workspace_offset = 0;
    return NULL;
}

static sdx_status late_group(sdx_frame *frame, sdx_step_state *state) {
    sdx_foreign *const f = state->foreign;
    const sdx_step *const step = state->step;
    bool known;
    SDX_TRY(sdx_group_infer(frame, f, true, &known));
    for (uint32_t k = 0; k < step->group->n_outputs; k++) {
        const sdx_cell *const found = &f->shapes->cells[step->group->inner->outputs[k]];
        sdx_cell_drop(frame, &frame->cells[step->out[k]]);
        frame->cells[step->out[k]].known = false;
        if (found->known) SDX_TRY(sdx_foreign_make(frame, step->out[k], &found->view));
    }
    SDX_TRY(sdx_group_bind(frame, f));
    SDX_TRY(late_exports(frame, f));
    SDX_TRY(late_workspace(frame, f));
    return sdx_group_run(f);
}

sdx_status sdx_foreign_late(sdx_frame *frame, sdx_step_state *state) {
    return state->step->kind == SDX_STEP_GROUP ? late_group(frame, state) : late_copy(frame, state);
}
