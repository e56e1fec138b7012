/* Binding: a new set of input shapes becomes shapes of all values, offsets in the slab and whatever
 * operators fix for them. No allocation once the slab is large enough. A step with an input that is
 * not known yet, or whose own shape depends on elements, is left for its turn in the run (late.c).
 */
#include <string.h>

#include "exec/context.h"
#include "exec/foreign.h"
#include "exec/frame.h"

void sdx_frame_follow(sdx_frame *frame, uint32_t root) {
    const sdx_pvalue *const values = frame->program->values;
    void *const data = frame->cells[root].view.data;
    for (uint32_t v = values[root].next_alias; v != SDX_NONE; v = values[v].next_alias) {
        frame->cells[v].view.data = data;
    }
}

static void fact_of(const sdx_frame *frame, uint32_t value, bool readable, sdx_fact *fact) {
    const sdx_pvalue *const pvalue = &frame->program->values[value];
    sdx_cell *const cell = &frame->cells[value];
    const bool tensor = cell->view.dtype != SDX_UNDEFINED;
    *fact = (sdx_fact){.type = tensor ? sdx_type_tensor(cell->view.dtype) : pvalue->origin->type,
                       .rank = tensor ? cell->view.rank : -1,
                       .dims = cell->view.dims,
                       .view = tensor && readable ? &cell->view : NULL};
}

sdx_status sdx_step_infer(sdx_frame *frame, sdx_step_state *state, bool *known) {
    const sdx_step *const step = state->step;
    const bool late = !state->is_bound;
    for (uint32_t i = 0; i < step->n_in; i++) {
        frame->present[i] = step->in[i] != SDX_NONE;
        frame->facts_in[i] = (sdx_fact){.rank = -1};
        if (frame->present[i])
            fact_of(frame, step->in[i], late || frame->cells[step->in[i]].ready,
                    &frame->facts_in[i]);
    }
    for (uint32_t k = 0; k < step->n_out; k++) {
        const sdx_gvalue *const origin = step->node->outputs[k];
        frame->facts_out[k] = (sdx_fact){.type = origin != NULL ? origin->type : NULL,
                                         .rank = -1,
                                         .dims = frame->dims + (size_t)k * SDX_MAX_RANK};
    }
    sdx_infer in = {.node = step->node,
                    .n_in = step->n_in,
                    .n_out = step->n_out,
                    .in = frame->facts_in,
                    .present = frame->present,
                    .out = frame->facts_out};
    if (step->op->infer != NULL) SDX_TRY(step->op->infer(&in));
    *known = true;
    for (uint32_t k = 0; k < step->n_out; k++) {
        const sdx_fact *const fact = &frame->facts_out[k];
        if (step->out[k] == SDX_NONE) continue;
        *known = *known && fact->rank >= 0 && fact->type != NULL && fact->type->kind == SDX_TENSOR;
        for (int i = 0; i < fact->rank; i++) {
            *known = *known && sdx_dim_is_number(fact->dims[i]);
        }
    }
    return NULL;
}

static sdx_status shape_outputs(sdx_frame *frame, const sdx_step *step) {
    for (uint32_t k = 0; k < step->n_out; k++) {
        if (step->out[k] == SDX_NONE) continue;
        sdx_cell *const cell = &frame->cells[step->out[k]];
        const sdx_fact *const fact = &frame->facts_out[k];
        SDX_TRY(sdx_view_init(&cell->view, fact->type->dtype, (size_t)fact->rank, fact->dims));
        cell->known = true;
    }
    return NULL;
}

/* ---- forms that operators ask for
 * --------------------------------------------------------------------------------------------------------
 */

static sdx_status fill_adapted(void *dst, const sdx_view *src, const int64_t *params,
                               const sdx_kernel_table *kernels, sdx_heap *temporary) {
    (void)kernels, (void)temporary;
    sdx_view given = *src;
    given.dtype = (sdx_dtype)params[0];
    given.unpacked = params[1] != 0;
    given.data = dst;
    sdx_adapt_in(src, &given);
    return NULL;
}

/* A constant is brought into the asked form once for the model, not in each run. */
static sdx_status adapt_constant(sdx_frame *frame, uint32_t value, sdx_given *given) {
    const sdx_view *const constant = frame->program->values[value].constant;
    if (constant == NULL || given->pack != NULL) return NULL;
    const sdx_pack_spec spec = {.format = "adapted",
                                .params = {given->view.dtype, given->view.unpacked},
                                .size = sdx_view_bytes(&given->view),
                                .fill = fill_adapted};
    if (spec.size == 0) return NULL;
    return sdx_packer_request(frame->program->packer, constant, &spec, &given->pack);
}

static sdx_status need_given(sdx_frame *frame, sdx_step_state *state) {
    if (state->given != NULL) return NULL;
    return SDX_NEW_ARRAY(frame->heap, state->step->n_in + state->step->n_out, &state->given);
}

/* The view that run sees of value `value` at place `at` of the state's forms: the cell's own, or an
 * adapted one. */
static sdx_status form(sdx_frame *frame, sdx_step_state *state, uint32_t value, uint32_t at,
                       sdx_view **out) {
    sdx_cell *const cell = &frame->cells[value];
    *out = &cell->view;
    if (!sdx_adapt_needed(state->step->op, cell->view.dtype)) return NULL;
    SDX_TRY(need_given(frame, state));
    sdx_given *const given = &state->given[at];
    given->used = at >= state->step->n_in || !state->step->packed[at];
    sdx_adapt_view(state->step->op, &cell->view, &given->view);
    given->view.data = NULL; /* run does not look for elements where it has a pack */
    if (given->used && at < state->step->n_in) SDX_TRY(adapt_constant(frame, value, given));
    *out = &given->view;
    return NULL;
}

/* Adapted forms stand in scratch behind what the operator asked for. */
static sdx_status place_given(sdx_step_state *state) {
    const uint32_t n = state->step->n_in + state->step->n_out;
    for (uint32_t i = 0; state->given != NULL && i < n; i++) {
        sdx_given *const given = &state->given[i];
        size_t size;
        if (!given->used || given->pack != NULL) continue;
        if (!sdx_round_up(state->scratch, SDX_ALIGN, &given->offset) ||
            !sdx_round_up(sdx_view_bytes(&given->view), SDX_ALIGN, &size) ||
            !sdx_add_size(given->offset, size, &state->scratch)) {
            return sdx_fail(SDX_LIMIT, "found scratch beyond the address space");
        }
    }
    return NULL;
}

sdx_status sdx_step_bind(sdx_frame *frame, sdx_step_state *state) {
    const sdx_step *const step = state->step;
    for (uint32_t i = 0; i < step->n_in; i++) {
        sdx_view *view = NULL;
        if (state->given != NULL) state->given[i].used = false;
        if (step->in[i] != SDX_NONE && frame->cells[step->in[i]].view.dtype != SDX_UNDEFINED)
            SDX_TRY(form(frame, state, step->in[i], i, &view));
        state->in[i] = view;
        frame->bind_in[i] = view;
    }
    for (uint32_t k = 0; k < step->n_out; k++) {
        sdx_view *view = NULL;
        if (state->given != NULL) state->given[step->n_in + k].used = false;
        const bool shaped =
            !(step->op->flags & (SDX_OP_DATA_SHAPE | SDX_OP_VALUES | SDX_OP_CONTROL));
        if (shaped && step->out[k] != SDX_NONE)
            SDX_TRY(form(frame, state, step->out[k], step->n_in + k, &view));
        state->out[k] = view;
        frame->bind_out[k] = view;
    }
    state->scratch = 0;
    if (step->op->bind != NULL) {
        memset(state->bound, 0, step->op->bound_size);
        sdx_bind b = {.node = step->node,
                      .prepared = step->prepared,
                      .in = frame->bind_in,
                      .n_in = step->n_in,
                      .out = frame->bind_out,
                      .n_out = step->n_out,
                      .kernels = state->call.kernels,
                      .lanes = state->call.lanes,
                      .bound = state->bound};
        SDX_TRY(step->op->bind(&b));
        state->scratch = b.scratch;
        state->how = b.how;
    }
    return place_given(state);
}

/* ---- memory
 * ----------------------------------------------------------------------------------------------------------------------------------
 */

/* An input whose memory output 0 may take over: nobody reads it after this step, and element i of
 * the output needs only its element i. */
static sdx_cell *dying_input(sdx_frame *frame, const sdx_step *step, uint32_t index) {
    const sdx_program *const p = frame->program;
    const sdx_cell *const out = &frame->cells[step->out[0]];
    for (uint32_t i = 0; i < step->n_in; i++) {
        if (step->in[i] == SDX_NONE) continue;
        const uint32_t root = p->values[step->in[i]].root;
        const sdx_cell *const in = &frame->cells[step->in[i]];
        if (p->values[root].place != SDX_PLACE_STEP || p->values[root].last != index ||
            frame->cells[root].home != SDX_HOME_SLAB)
            continue;
        if (!sdx_view_same_shape(&in->view, &out->view) ||
            sdx_view_bytes(&in->view) != sdx_view_bytes(&out->view))
            continue;
        bool alone = true; /* the same memory read in another shape must not be overwritten */
        for (uint32_t j = 0; j < step->n_in; j++) {
            if (step->in[j] == SDX_NONE || p->values[step->in[j]].root != root) continue;
            alone = alone && sdx_view_same_shape(&frame->cells[step->in[j]].view, &out->view);
        }
        if (alone) return &frame->cells[root];
    }
    return NULL;
}

sdx_status sdx_frame_place(sdx_frame *frame, const sdx_step *step, uint32_t index) {
    for (uint32_t k = 0; k < step->n_out; k++) {
        if (step->out[k] == SDX_NONE) continue;
        sdx_cell *const cell = &frame->cells[step->out[k]];
        if (frame->program->values[step->out[k]].claims != SDX_NONE) {
            cell->home = SDX_HOME_OUTPUT;
            continue;
        }
        sdx_cell *const dying =
            k == 0 && (step->op->flags & SDX_OP_INPLACE) ? dying_input(frame, step, index) : NULL;
        cell->home = SDX_HOME_SLAB;
        if (dying != NULL) {
            cell->offset = dying->offset;
            cell->size = dying->size;
            dying->home = SDX_HOME_MOVED;
            continue;
        }
        cell->size = sdx_view_bytes(&cell->view);
        if (!sdx_slab_take(&frame->plan, cell->size, &cell->offset))
            return sdx_fail(SDX_LIMIT, "found values beyond the address space");
    }
    return NULL;
}

static void bury(sdx_frame *frame, const sdx_step *step) {
    for (uint32_t i = 0; i < step->n_dies; i++) {
        sdx_cell *const cell = &frame->cells[step->dies[i]];
        const uint8_t space = frame->program->values[step->dies[i]].space;
        if (cell->home != SDX_HOME_SLAB) continue;
        if (SDX_LIKELY(space == 0))
            sdx_slab_give(&frame->plan, cell->size, cell->offset);
        else
            sdx_foreign_bury(&frame->spaces[space - 1], cell);
    }
}

/* ---- content that follows from shapes
 * --------------------------------------------------------------------------------------------------------
 */

sdx_status sdx_cell_own_block(sdx_frame *frame, sdx_cell *cell) {
    const size_t size = sdx_view_bytes(&cell->view);
    if (size > cell->capacity) {
        sdx_heap_free(frame->heap, cell->block, cell->capacity);
        cell->block = NULL;
        cell->capacity = 0;
        SDX_TRY(sdx_heap_alloc(frame->heap, size, &cell->block));
        cell->capacity = size;
    }
    cell->view.data = cell->block;
    cell->home = SDX_HOME_BOUND;
    return NULL;
}

static sdx_status compute_now(sdx_frame *frame, sdx_step_state *state) {
    const sdx_step *const step = state->step;
    for (uint32_t k = 0; k < step->n_out; k++) {
        if (step->out[k] != SDX_NONE)
            SDX_TRY(sdx_cell_own_block(frame, &frame->cells[step->out[k]]));
    }
    if ((step->op->flags & SDX_OP_ALIAS) &&
        step->in[0] != SDX_NONE) { /* not an alias here: it has a block of its own */
        const sdx_view *const from = &frame->cells[step->in[0]].view;
        if (from->len != 0)
            memcpy(frame->cells[step->out[0]].view.data, from->data, sdx_view_bytes(from));
    } else {
        SDX_TRY(sdx_step_bind(frame, state));
        void *scratch = sdx_nowhere();
        sdx_status status =
            state->scratch != 0 ? sdx_frame_temporary(frame, state->scratch, NULL, &scratch) : NULL;
        state->call.scratch = scratch;
        if (status == NULL) status = sdx_step_run(state);
        sdx_frame_drop_temporaries(frame);
        SDX_TRY(status);
    }
    for (uint32_t k = 0; k < step->n_out; k++) {
        if (step->out[k] != SDX_NONE) frame->cells[step->out[k]].ready = true;
    }
    return NULL;
}

/* ---- the pass
 * -----------------------------------------------------------------------------------------------------------------------------------
 */

/* Whether shapes of all inputs are known, and for content from shapes the elements, too. */
static bool inputs_known(const sdx_frame *frame, const sdx_step *step) {
    for (uint32_t i = 0; i < step->n_in; i++) {
        if (step->in[i] != SDX_NONE && !frame->cells[step->in[i]].known) return false;
    }
    return true;
}

static bool outputs_dense(const sdx_frame *frame, const sdx_step *step) {
    for (uint32_t k = 0; k < step->n_out; k++) {
        if (step->out[k] != SDX_NONE && frame->facts_out[k].type->dtype == SDX_STRING) return false;
    }
    return true;
}

static sdx_status bind_known(sdx_frame *frame, sdx_step_state *state, uint32_t index) {
    const sdx_step *const step = state->step;
    SDX_TRY(shape_outputs(frame, step));
    if (step->phase == SDX_PHASE_BIND) return compute_now(frame, state);
    if (step->alias || frame->shapes_only) return NULL;
    SDX_TRY(sdx_frame_place(frame, step, index));
    SDX_TRY(sdx_step_bind(frame, state));
    if (state->scratch > frame->slab_need)
        frame->slab_need = state->scratch; /* the largest scratch, until the plan is known */
    return NULL;
}

static sdx_status bind_step(sdx_frame *frame, uint32_t index) {
    sdx_step_state *const state = &frame->states[index];
    const sdx_step *const step = state->step;
    if (SDX_UNLIKELY(step->kind != SDX_STEP_NODE)) {
        SDX_TRY(sdx_foreign_bind(frame, state, index));
        bury(frame, step);
        return NULL;
    }
    const unsigned unknowable =
        SDX_OP_DATA_SHAPE | SDX_OP_CONTROL | (step->alias ? 0u : SDX_OP_VALUES);
    state->is_bound = !(step->op->flags & unknowable) && inputs_known(frame, step);
    if (state->is_bound) {
        SDX_TRY(sdx_step_check_types(frame, step));
        SDX_TRY(sdx_step_infer(frame, state, &state->is_bound));
    }
    if (state->is_bound) state->is_bound = outputs_dense(frame, step);
    if (state->is_bound) SDX_TRY(bind_known(frame, state, index));
    bury(frame, step);
    return NULL;
}

static void forget(sdx_frame *frame) {
    const sdx_program *const p = frame->program;
    for (uint32_t v = 0; v < p->n_values; v++) {
        sdx_cell *const cell = &frame->cells[v];
        if (p->values[v].place != SDX_PLACE_STEP) continue;
        cell->known = cell->ready = false;
        cell->home = SDX_HOME_NONE;
        cell->view.dtype = SDX_UNDEFINED;
    }
}

static sdx_status get_slab(sdx_frame *frame) {
    size_t need;
    frame->scratch_offset = frame->plan.end;
    if (!sdx_add_size(frame->plan.end, frame->slab_need, &need))
        return sdx_fail(SDX_LIMIT, "found planned memory beyond the address space");
    if (need <= frame->slab_size) return NULL;
    sdx_heap_free(frame->heap, frame->slab, frame->slab_size);
    frame->slab = NULL;
    frame->slab_size = 0;
    SDX_TRY(sdx_in(sdx_heap_alloc(frame->heap, need, (void **)&frame->slab),
                   "planned memory of the run"));
    frame->slab_size = need;
    return NULL;
}

void *sdx_nowhere(void) {
    static const _Alignas(SDX_ALIGN) char nothing[SDX_ALIGN] = {0};
    return (void *)(uintptr_t)nothing;
}

/* Without a slab all that is planned is empty. */
static void *in_slab(const sdx_frame *frame, size_t offset) {
    return frame->slab == NULL ? sdx_nowhere() : frame->slab + offset;
}

/* Offsets become addresses. */
static void settle_addresses(sdx_frame *frame) {
    const sdx_program *const p = frame->program;
    for (uint32_t v = 0; v < p->n_values; v++) {
        sdx_cell *const cell = &frame->cells[v];
        if (cell->home != SDX_HOME_SLAB && cell->home != SDX_HOME_MOVED) continue;
        if (p->values[v].space != 0) continue;
        cell->view.data = in_slab(frame, cell->offset);
        sdx_frame_follow(frame, v);
    }
    for (uint32_t v = 0; v < p->n_values;
         v++) { /* aliases of constants and of content from shapes */
        if (p->values[v].root == v && p->values[v].next_alias != SDX_NONE && frame->cells[v].ready)
            sdx_frame_follow(frame, v);
    }
    for (uint32_t s = 0; s < p->n_steps; s++) {
        sdx_step_state *const state = &frame->states[s];
        if (state->is_bound)
            state->call.scratch =
                state->scratch != 0 ? frame->slab + frame->scratch_offset : sdx_nowhere();
    }
}

sdx_status sdx_frame_bind(sdx_frame *frame) {
    frame->valid = false;
    frame->slab_need = 0;
    forget(frame);
    sdx_slab_reset(&frame->plan);
    if (SDX_UNLIKELY(frame->spaces != NULL)) sdx_foreign_reset(frame);
    for (uint32_t s = 0; s < frame->program->n_steps; s++) {
        SDX_TRY(sdx_in_node(bind_step(frame, s), frame->program->steps[s].node));
    }
    SDX_TRY(get_slab(frame));
    settle_addresses(frame);
    if (SDX_UNLIKELY(frame->spaces != NULL)) SDX_TRY(sdx_foreign_get_blocks(frame));
    frame->valid = true;
    return NULL;
}
