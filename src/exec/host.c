/* What operators can ask of the executor while they run: see ops/call.h. `self` is the step's
 * state. */
#include <string.h>

#include "exec/context.h"
#include "exec/frame.h"

static void share(sdx_context *context, size_t n, size_t grain, sdx_loop_fn *fn, void *arg) {
    if (SDX_UNLIKELY(context->profiler.on)) {
        sdx_profile_loop(&context->profiler, context->gang, n, grain, fn, arg);
    } else {
        sdx_gang_for(context->gang, n, grain, fn, arg);
    }
}

static void parallel_for(void *self, size_t n, size_t grain, sdx_loop_fn *fn, void *arg) {
    const sdx_step_state *const state = self;
    share(state->frame->context, n, grain, fn, arg);
}

typedef struct tile_loop {
    const sdx_context *context;
    sdx_loop_fn *fn;
    void *arg;
} tile_loop;

static void run_tiles(void *arg, size_t begin, size_t end, unsigned lane) {
    const tile_loop *const loop = arg;
    if (!sdx_context_must_stop(loop->context)) loop->fn(loop->arg, begin, end, lane);
}

static void tiles(void *self, size_t n, size_t grain, sdx_loop_fn *fn, void *arg) {
    const sdx_step_state *const state = self;
    sdx_context *const context = state->frame->context;
    tile_loop loop = {.context = context, .fn = fn, .arg = arg};
    share(context, n, grain, run_tiles, &loop);
}

static sdx_status scratch(void *self, size_t size, void **out) {
    const sdx_step_state *const state = self;
    return sdx_frame_temporary(state->frame, size, NULL, out);
}

static sdx_status pack(void *self, sdx_pack *wanted, const void **out) {
    (void)self;
    return sdx_pack_bytes(wanted, out);
}

/* An operator under an adapted form asks for the form's type; what is stored has the type that the
 * graph says. */
static sdx_dtype stored_type(const sdx_step *step, size_t k, sdx_dtype asked) {
    const sdx_gvalue *const origin = step->node->outputs[k];
    if (origin == NULL || origin->type == NULL || origin->type->kind != SDX_TENSOR) return asked;
    const sdx_dtype declared = origin->type->dtype;
    if (declared == asked || !sdx_adapt_needed(step->op, declared)) return asked;
    return declared;
}

static sdx_status give_adapted(sdx_step_state *state, size_t k, const sdx_view *stored,
                               sdx_view **out) {
    sdx_frame *const frame = state->frame;
    const size_t n = state->step->n_in + state->step->n_out;
    if (state->given == NULL) SDX_TRY(SDX_NEW_ARRAY(frame->heap, n, &state->given));
    sdx_given *const given = &state->given[state->step->n_in + k];
    given->used = true;
    sdx_adapt_view(state->step->op, stored, &given->view);
    SDX_TRY(sdx_frame_temporary(frame, sdx_view_bytes(&given->view) + 1, NULL, &given->view.data));
    *out = &given->view;
    return NULL;
}

/* Somewhere to write what nobody wants, in the form that the operator writes. */
static sdx_status unwanted(sdx_step_state *state, const sdx_view *shape, sdx_view **out) {
    sdx_view *view;
    SDX_TRY(sdx_frame_temporary(state->frame, sizeof *view, NULL, (void **)&view));
    *view = *shape;
    if (sdx_adapt_needed(state->step->op, shape->dtype))
        sdx_adapt_view(state->step->op, shape, view);
    const size_t size = sdx_view_bytes(view);
    SDX_TRY(sdx_frame_temporary(state->frame, size, NULL, &view->data));
    if (view->dtype == SDX_STRING && size != 0) memset(view->data, 0, size); /* empty views */
    *out = view;
    return NULL;
}

static sdx_status output(void *self, size_t k, sdx_dtype dtype, size_t rank, const int64_t *dims,
                         sdx_view **out) {
    sdx_step_state *const state = self;
    const sdx_step *const step = state->step;
    sdx_view shape;
    const bool is_wanted = k < step->n_out && step->out[k] != SDX_NONE;
    SDX_TRY(sdx_view_init(&shape, is_wanted ? stored_type(step, k, dtype) : dtype, rank, dims));
    if (!is_wanted) return unwanted(state, &shape, out);
    sdx_value *value;
    SDX_TRY(sdx_in(sdx_value_dense(state->frame->context->store, &shape, false, &value),
                   "output %zu", k));
    sdx_cell *const cell = &state->frame->cells[step->out[k]];
    sdx_cell_hold(state->frame, cell, value);
    *out = &cell->view;
    return sdx_adapt_needed(step->op, shape.dtype) ? give_adapted(state, k, &cell->view, out)
                                                   : NULL;
}

static sdx_status in_value(void *self, size_t i, sdx_value **out) {
    const sdx_step_state *const state = self;
    const sdx_step *const step = state->step;
    *out = NULL;
    if (i >= step->n_in || step->in[i] == SDX_NONE) return NULL;
    const sdx_cell *const cell = &state->frame->cells[step->in[i]];
    const bool whole =
        cell->owner != NULL &&
        (cell->owner->kind != SDX_TENSOR || (cell->owner->view.data == cell->view.data &&
                                             sdx_view_same_shape(&cell->owner->view, &cell->view)));
    if (whole) {
        *out = cell->owner;
        return NULL;
    }
    if (cell->view.dtype == SDX_UNDEFINED)
        return sdx_fail(SDX_INTERNAL, "input %zu has not been made", i);
    sdx_value *copy;
    SDX_TRY(
        sdx_in(sdx_value_copy(state->frame->context->store, &cell->view, &copy), "input %zu", i));
    SDX_TRY(sdx_frame_temporary(state->frame, 0, copy, NULL));
    *out = copy;
    return NULL;
}

static sdx_status set_value(void *self, size_t k, sdx_value *value) {
    const sdx_step_state *const state = self;
    const sdx_step *const step = state->step;
    if (k >= step->n_out || step->out[k] == SDX_NONE) {
        sdx_value_release(value);
        return NULL;
    }
    const sdx_status status = sdx_value_fits(value, step->node->outputs[k]->type);
    if (status != NULL) {
        sdx_value_release(value);
        return sdx_in(status, "output %zu", k);
    }
    sdx_cell_hold(state->frame, &state->frame->cells[step->out[k]], value);
    return NULL;
}

static sdx_status run_graph(void *self, size_t attr, sdx_value *const *inputs, size_t n_inputs,
                            sdx_value **outputs, size_t n_outputs) {
    sdx_step_state *const state = self;
    const sdx_program *const program =
        state->step->graphs != NULL ? state->step->graphs[attr] : NULL;
    if (program == NULL) return sdx_fail(SDX_INTERNAL, "attribute %zu is no graph", attr);
    if (n_inputs != program->n_inputs || n_outputs != program->n_outputs) {
        return sdx_fail(
            SDX_INVALID_MODEL,
            "attribute '%s': found a graph with %u inputs and %u outputs, expected %zu and %zu",
            state->step->op->attrs[attr].name, program->n_inputs, program->n_outputs, n_inputs,
            n_outputs);
    }
    sdx_frame **const child = &state->children[attr];
    if (*child == NULL)
        SDX_TRY(sdx_frame_create(state->frame->context, program, state->frame, child));
    for (size_t k = 0; k < n_outputs; k++) {
        outputs[k] = NULL;
    }
    return sdx_in(sdx_frame_run(*child, inputs, outputs, NULL), "graph '%.*s'",
                  SDX_FMT(program->graph->name));
}

static bool cancelled(void *self) {
    const sdx_step_state *const state = self;
    return sdx_context_must_stop(state->frame->context);
}

const sdx_host sdx_exec_host = {.parallel_for = parallel_for,
                                .tiles = tiles,
                                .scratch = scratch,
                                .pack = pack,
                                .output = output,
                                .in_value = in_value,
                                .set_value = set_value,
                                .run_graph = run_graph,
                                .cancelled = cancelled};
