/* The steps of providers while they run: groups and copies go into the stream of their device,
 * waits hold the host up. A group that its provider declines is computed by a frame of the group's
 * own program. */
#include "base/str.h"
#include "exec/context.h"
#include "exec/foreign.h"

static sdx_site *site_of(const sdx_foreign *f) {
    return f->state->frame->spaces[f->state->step->target].site;
}

sdx_ep_tensor sdx_cell_tensor(const sdx_frame *frame, uint32_t value) {
    const sdx_cell *const cell = &frame->cells[value];
    sdx_ep_tensor tensor = sdx_ep_tensor_of(&cell->view);
    if (frame->program->values[value].space == 0) return tensor;
    tensor.on_host = false;
    tensor.block = cell->device_block;
    tensor.offset = cell->device_offset;
    tensor.size = cell->size;
    return tensor;
}

/* ---- copies and waits */

/* The elements of `from` to `to`, in the site's stream. */
static sdx_status put_copy(sdx_site *site, const sdx_ep_tensor *to, const sdx_ep_tensor *from) {
    const sdx_ep *const ep = site->target->provider->ep;
    sdx_ep_why why = {{0}};
    site->busy = true;
    const int code = ep->copy(ep->self, site->stream, to, from, &why);
    return sdx_provider_check(site->target->provider, "copy", code, &why);
}

static sdx_status put_mark(sdx_site *site, uint64_t *mark) {
    const sdx_ep *const ep = site->target->provider->ep;
    sdx_ep_why why = {{0}};
    const int code = ep->record(ep->self, site->stream, mark, &why);
    return sdx_provider_check(site->target->provider, "record", code, &why);
}

static sdx_status await_mark(sdx_site *site, uint64_t mark) {
    const sdx_ep *const ep = site->target->provider->ep;
    sdx_ep_why why = {{0}};
    bool done = false;
    const int code = ep->wait(ep->self, site->stream, mark, UINT64_MAX, &done, &why);
    SDX_TRY(sdx_provider_check(site->target->provider, "wait", code, &why));
    if (done) return NULL;
    return sdx_fail(SDX_INTERNAL, "provider '%s': wait: it returned before it was done", ep->name);
}

static sdx_status await_all(sdx_site *site) {
    uint64_t mark;
    if (!site->busy) return NULL;
    SDX_TRY(put_mark(site, &mark));
    SDX_TRY(await_mark(site, mark));
    site->busy = false;
    return NULL;
}

/* An input that is on the device already is where the copy would put it. */
static bool is_there(const sdx_foreign *f) {
    sdx_frame *const frame = f->state->frame;
    const sdx_step *const step = f->state->step;
    const sdx_target *const target = site_of(f)->target;
    sdx_cell *const out = &frame->cells[step->out[0]];
    const sdx_residence *const r = sdx_residence_of(frame->cells[step->in[0]].owner);
    if (r == NULL || r->provider != target->provider || r->device != target->device) return false;
    out->device_block = r->block;
    out->device_offset = 0;
    return true;
}

static sdx_status run_copy(const sdx_call *c) {
    sdx_foreign *const f = ((const sdx_step_state *)c->self)->foreign;
    sdx_frame *const frame = f->state->frame;
    const sdx_step *const step = f->state->step;
    const bool to_host = frame->program->values[step->out[0]].space == 0;
    if (to_host ? f->skipped : is_there(f)) return NULL;
    const sdx_ep_tensor from = sdx_cell_tensor(frame, step->in[0]);
    const sdx_ep_tensor to = sdx_cell_tensor(frame, step->out[0]);
    if (frame->cells[step->in[0]].view.len != 0) SDX_TRY(put_copy(site_of(f), &to, &from));
    return to_host ? put_mark(site_of(f), &f->mark) : NULL;
}

static sdx_status run_wait(const sdx_call *c) {
    const sdx_step_state *const state = c->self;
    sdx_site *const site = site_of(state->foreign);
    if (state->step->await == SDX_NONE) return await_all(site);
    const sdx_foreign *const copy = state->frame->states[state->step->await].foreign;
    return site->busy ? await_mark(site, copy->mark) : NULL;
}

/* ---- on the CPU instead */

sdx_status sdx_group_decline(sdx_foreign *f, sdx_status why) {
    const sdx_model *const model = f->state->frame->context->model;
    const sdx_group *const group = f->state->step->group;
    if (model->options.require_provider)
        return sdx_in(
            why, "require_provider: %u nodes, '%.*s' to '%.*s', would run on the CPU",
            (unsigned)group->n_nodes, SDX_FMT(group->part->cpu->steps[group->nodes[0]].node->name),
            SDX_FMT(group->part->cpu->steps[group->nodes[group->n_nodes - 1]].node->name));
    sdx_log(&model->runtime->logger, SDX_LOG_WARN, "group '%.*s' runs on the CPU: %s",
            SDX_FMT(group->node->name), sdx_status_text(why));
    sdx_status_free(why);
    f->declined = true;
    return NULL;
}

/* The inputs of the group on the host: *values owns what was copied there. */
static sdx_status fetch_inputs(sdx_foreign *f, sdx_value **values) {
    sdx_frame *const frame = f->state->frame;
    const sdx_step *const step = f->state->step;
    for (uint32_t c = 0; c < step->n_in; c++) {
        const sdx_cell *const cell = &frame->cells[step->in[c]];
        f->captured[c] = cell->view;
        if (frame->program->values[step->in[c]].space == 0) continue;
        SDX_TRY(sdx_value_dense(frame->context->store, &cell->view, false, &values[c]));
        const sdx_ep_tensor from = sdx_cell_tensor(frame, step->in[c]);
        const sdx_ep_tensor to = sdx_ep_tensor_of(&values[c]->view);
        if (cell->view.len != 0) SDX_TRY(put_copy(site_of(f), &to, &from));
        f->captured[c] = values[c]->view;
    }
    return await_all(site_of(f));
}

static sdx_status store_outputs(sdx_foreign *f, sdx_value **values) {
    sdx_frame *const frame = f->state->frame;
    const sdx_step *const step = f->state->step;
    for (uint32_t k = 0; k < step->n_out; k++) {
        sdx_cell *const cell = &frame->cells[step->out[k]];
        if (k >= step->group->n_outputs) { /* content from shapes */
            if (cell->ready) continue;
            sdx_cell_hold(frame, cell, sdx_value_retain(values[k]));
            continue;
        }
        if (!cell->known) SDX_TRY(sdx_foreign_make(frame, step->out[k], &values[k]->view));
        const sdx_ep_tensor from = sdx_ep_tensor_of(&values[k]->view);
        const sdx_ep_tensor to = sdx_cell_tensor(frame, step->out[k]);
        if (cell->view.len != 0) SDX_TRY(put_copy(site_of(f), &to, &from));
    }
    return await_all(site_of(f));
}

static sdx_status run_here(sdx_foreign *f, sdx_value **values) {
    sdx_frame *const frame = f->state->frame;
    const sdx_step *const step = f->state->step;
    SDX_TRY(fetch_inputs(f, values));
    if (f->cpu == NULL) {
        SDX_TRY(sdx_frame_create(frame->context, step->group->inner, frame, &f->cpu));
        f->cpu->captured = f->captured;
    }
    if (!f->state->is_bound) f->cpu->valid = false; /* content may be another for like shapes */
    SDX_TRY(sdx_frame_run(f->cpu, NULL, values + step->n_in, NULL));
    return store_outputs(f, values + step->n_in);
}

static sdx_status run_on_cpu(sdx_foreign *f) {
    sdx_frame *const frame = f->state->frame;
    const size_t n = (size_t)f->state->step->n_in + f->state->step->n_out + 1;
    sdx_value **values;
    SDX_TRY(SDX_NEW_ARRAY(frame->heap, n, &values));
    sdx_status status = run_here(f, values);
    if (status != NULL) { /* copies into what is released now may be on their way */
        const sdx_status other = await_all(site_of(f));
        sdx_status_free(other);
    }
    for (size_t i = 0; i < n; i++) {
        sdx_value_release(values[i]);
    }
    sdx_heap_free(frame->heap, values, n * sizeof(*values));
    return status;
}

/* ---- groups */

static void refresh(sdx_foreign *f) {
    const sdx_step *const step = f->state->step;
    const sdx_frame *const frame = f->state->frame;
    for (uint32_t i = 0; i < step->group->n_inputs; i++) {
        if (f->capture[i] != SDX_NONE)
            f->inputs[i] = sdx_cell_tensor(frame, step->in[f->capture[i]]);
    }
    for (uint32_t k = 0; k < step->group->n_outputs; k++) {
        if (frame->cells[step->out[k]].known) f->outputs[k] = sdx_cell_tensor(frame, step->out[k]);
    }
}

static sdx_status check_made(const sdx_foreign *f) {
    const sdx_step *const step = f->state->step;
    for (uint32_t k = 0; k < step->group->n_outputs; k++) {
        if (f->state->frame->cells[step->out[k]].known) continue;
        return sdx_fail(SDX_INTERNAL, "provider '%s': run: output %u has not been made",
                        site_of(f)->target->provider->ep->name, (unsigned)k);
    }
    return NULL;
}

sdx_status sdx_group_run(sdx_foreign *f) {
    const sdx_group *const group = f->state->step->group;
    sdx_site *const site = site_of(f);
    const sdx_ep *const ep = site->target->provider->ep;
    sdx_ep_why why = {{0}};
    if (f->declined) return run_on_cpu(f);
    refresh(f);
    const sdx_ep_run run = {.inputs = f->inputs,
                            .n_inputs = group->n_inputs,
                            .outputs = f->outputs,
                            .n_outputs = group->n_outputs,
                            .workspace = f->workspace_block,
                            .workspace_offset = f->workspace_offset};
    site->busy = true;
    const int code = ep->run(ep->self, f->bound, site->stream, &run, &why);
    const sdx_status status = sdx_provider_check(site->target->provider, "run", code, &why);
    if (sdx_status_code(status) == SDX_UNSUPPORTED) {
        SDX_TRY(sdx_group_decline(f, status));
        return run_on_cpu(f);
    }
    SDX_TRY(status);
    return f->state->is_bound ? NULL : check_made(f);
}

static sdx_status run_group(const sdx_call *c) {
    return sdx_group_run(((const sdx_step_state *)c->self)->foreign);
}

static const sdx_op group_op = {
    .domain = "sardonyx", .name = "Group", .newest = 1, .flags = SDX_OP_INTERNAL, .run = run_group};
static const sdx_op copy_op = {
    .domain = "sardonyx", .name = "Copy", .newest = 1, .flags = SDX_OP_INTERNAL, .run = run_copy};
static const sdx_op wait_op = {
    .domain = "sardonyx", .name = "Wait", .newest = 1, .flags = SDX_OP_INTERNAL, .run = run_wait};

const sdx_foreign_ops sdx_exec_foreign_ops = {
    .group = &group_op, .copy = &copy_op, .wait = &wait_op};
