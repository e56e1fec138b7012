/* What a provider is given beside the view of graphs: outputs whose shape only the run shows, nodes
 * computed on the CPU, whether the run shall end. Everything it passes is checked. */
#include <stdio.h>
#include <string.h>

#include "base/cpu.h"
#include "exec/context.h"
#include "exec/foreign.h"
#include "ops/eval.h"
#include "plan/offer.h"

/* A code with the words of `status`, which is taken. */
static int tell(sdx_status status, sdx_ep_why *why) {
    if (status == NULL) return SDX_EP_OK;
    const sdx_code code = sdx_status_code(status);
    if (why != NULL) snprintf(why->text, sizeof why->text, "%s", sdx_status_text(status));
    sdx_status_free(status);
    if (code == SDX_OUT_OF_MEMORY) return SDX_EP_OUT_OF_MEMORY;
    return code == SDX_CANCELLED || code == SDX_DEADLINE ? SDX_EP_CANCELLED : SDX_EP_FAILED;
}

/* ---- outputs */

/* Whether a shape is one that the graph leaves open. */
static sdx_status check_shape(const sdx_gvalue *origin, const sdx_view *view) {
    char text[160];
    bool fits = origin->shape.rank < 0 || origin->shape.rank == view->rank;
    for (int i = 0; fits && i < origin->shape.rank; i++) {
        const sdx_dim dim = origin->shape.dims[i];
        fits = !sdx_dim_is_number(dim) || dim == view->dims[i];
    }
    if (fits) return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH, "value '%.*s': found %s, expected what the graph declares",
                    SDX_FMT(origin->name), sdx_view_text(view, text, sizeof text));
}

static sdx_status make_output(sdx_foreign *f, uint32_t k, int32_t rank, const int64_t *dims,
                              sdx_ep_tensor *out) {
    const sdx_step *const step = f->state->step;
    sdx_frame *const frame = f->state->frame;
    sdx_view shape;
    if (k >= step->group->n_outputs || frame->cells[step->out[k]].known)
        return sdx_fail(SDX_INVALID_ARGUMENT, "output %u: there is none whose shape is not known",
                        (unsigned)k);
    if (rank < 0 || (rank > 0 && dims == NULL) || out == NULL)
        return sdx_fail(SDX_INVALID_ARGUMENT, "output %u: found rank %d or NULL, expected a shape",
                        (unsigned)k, (int)rank);
    const sdx_gvalue *const origin = frame->program->values[step->out[k]].origin;
    SDX_TRY(sdx_view_init(&shape, origin->type->dtype, (size_t)rank, dims));
    SDX_TRY(check_shape(origin, &shape));
    SDX_TRY(sdx_foreign_make(frame, step->out[k], &shape));
    *out = sdx_cell_tensor(frame, step->out[k]);
    return NULL;
}

static int output(sdx_ep_session *session, uint32_t k, int32_t rank, const int64_t *dims,
                  sdx_ep_tensor *out, sdx_ep_why *why) {
    return tell(make_output(session->foreign, k, rank, dims, out), why);
}

/* ---- evaluation */

typedef struct evaluation {
    const sdx_step *step;
    sdx_store *store;
    sdx_value **in, **out; /* owned references; n_in, n_out */
    uint32_t n_in, n_out;
} evaluation;

static bool is_misaligned(const sdx_view *view) {
    const size_t size = sdx_dtype_size(view->dtype), unit = size > 8 ? 8 : size;
    return unit > 1 && ((uintptr_t)view->data & (unit - 1)) != 0;
}

static sdx_status take_input(evaluation *e, uint32_t i, const sdx_ep_tensor *tensor) {
    sdx_view view;
    if (tensor->dtype == 0) return NULL;
    if (!sdx_dtype_valid(tensor->dtype) || tensor->dtype == SDX_STRING || tensor->rank < 0)
        return sdx_fail(SDX_INVALID_ARGUMENT, "input %u: found type %d and rank %d", (unsigned)i,
                        (int)tensor->dtype, (int)tensor->rank);
    SDX_TRY(sdx_view_init(&view, (sdx_dtype)tensor->dtype, (size_t)tensor->rank, tensor->dims));
    const size_t need = sdx_view_bytes(&view);
    if (!tensor->on_host || tensor->size < need || (tensor->block == NULL && need != 0))
        return sdx_fail(SDX_INVALID_ARGUMENT, "input %u: found %zu bytes, expected %zu on the host",
                        (unsigned)i, tensor->size, need);
    view.data = need != 0 ? (char *)tensor->block + tensor->offset : sdx_nowhere();
    return is_misaligned(&view) ? sdx_value_copy(e->store, &view, &e->in[i])
                                : sdx_value_wrap(&view, NULL, NULL, &e->in[i]);
}

/* A node relies on the types that its row takes. */
static sdx_status check_types(const evaluation *e) {
    for (uint32_t i = 0; i < e->n_in; i++) {
        const sdx_gvalue *const origin = e->step->node->inputs[i];
        const bool is_given = e->in[i] != NULL;
        if (is_given != (origin != NULL))
            return sdx_fail(SDX_INVALID_ARGUMENT, "input %u: found %s", (unsigned)i,
                            is_given ? "a tensor, expected none" : "none, expected a tensor");
        if (is_given && e->in[i]->view.dtype != origin->type->dtype)
            return sdx_fail(SDX_TYPE_MISMATCH, "input %u: found %s, expected %s", (unsigned)i,
                            sdx_dtype_name(e->in[i]->view.dtype),
                            sdx_dtype_name(origin->type->dtype));
    }
    return NULL;
}

static sdx_status run_node(evaluation *e, const sdx_context *context, const sdx_ep_tensor *inputs) {
    for (uint32_t i = 0; i < e->n_in; i++) {
        SDX_TRY(take_input(e, i, &inputs[i]));
    }
    SDX_TRY(check_types(e));
    const unsigned mode = sdx_cpu_set_flush(!context->keep_denormals);
    const sdx_status status = sdx_eval(e->step->node, e->in, e->n_in, e->out, e->n_out, e->store,
                                       context->model->fixed.packer.face.kernels, false);
    sdx_cpu_restore_fp(mode);
    return status;
}

/* The value is kept until discard. */
static sdx_status give_output(evaluation *e, uint32_t k, sdx_ep_tensor *out) {
    *out = (sdx_ep_tensor){.on_host = true};
    if (e->out[k] == NULL) return NULL;
    if (e->out[k]->kind != SDX_TENSOR)
        return sdx_fail(SDX_INTERNAL, "output %u is no tensor", (unsigned)k);
    *out = sdx_ep_tensor_of(&e->out[k]->view);
    out->holder = e->out[k];
    return NULL;
}

static void release_all(sdx_value **values, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        sdx_value_release(values[i]);
    }
}

static sdx_status evaluate_node(sdx_foreign *f, uint32_t number, const sdx_ep_tensor *inputs,
                                uint32_t n_inputs, sdx_ep_tensor *outputs, uint32_t n_outputs) {
    sdx_context *const context = f->state->frame->context;
    const sdx_program *const cpu = f->state->step->group->part->cpu;
    if (number >= cpu->n_steps || sdx_step_bound_to_cpu(cpu, &cpu->steps[number]) != NULL)
        return sdx_fail(SDX_INVALID_ARGUMENT, "node %u: there is none that could be claimed",
                        (unsigned)number);
    const sdx_step *const step = &cpu->steps[number];
    if (n_inputs != step->n_in || n_outputs != step->n_out)
        return sdx_fail(SDX_INVALID_ARGUMENT, "found %u inputs and %u outputs, expected %u and %u",
                        (unsigned)n_inputs, (unsigned)n_outputs, (unsigned)step->n_in,
                        (unsigned)step->n_out);
    evaluation e = {.step = step, .store = context->store, .n_in = n_inputs, .n_out = n_outputs};
    const size_t n = (size_t)n_inputs + n_outputs + 1;
    sdx_heap *const heap = sdx_store_heap(context->store);
    SDX_TRY(SDX_NEW_ARRAY(heap, n, &e.in));
    e.out = e.in + n_inputs;
    sdx_status status = run_node(&e, context, inputs);
    for (uint32_t k = 0; status == NULL && k < n_outputs; k++) {
        status = give_output(&e, k, &outputs[k]);
    }
    release_all(e.in, n_inputs);
    if (status != NULL) release_all(e.out, n_outputs);
    sdx_heap_free(heap, e.in, n * sizeof(*e.in));
    return status;
}

static int evaluate(sdx_ep_session *session, uint32_t node, const sdx_ep_tensor *inputs,
                    uint32_t n_inputs, sdx_ep_tensor *outputs, uint32_t n_outputs,
                    sdx_ep_why *why) {
    return tell(evaluate_node(session->foreign, node, inputs, n_inputs, outputs, n_outputs), why);
}

static void discard(sdx_ep_session *session, sdx_ep_tensor *outputs, uint32_t n_outputs) {
    (void)session;
    for (uint32_t k = 0; k < n_outputs; k++) {
        sdx_value_release(outputs[k].holder);
        outputs[k] = (sdx_ep_tensor){0};
    }
}

static bool cancelled(const sdx_ep_session *session) {
    return sdx_context_must_stop(session->foreign->state->frame->context);
}

sdx_ep_host sdx_exec_ep_host(void) {
    sdx_ep_host host = {
        .output = output, .evaluate = evaluate, .discard = discard, .cancelled = cancelled};
    sdx_offer_functions(&host);
    return host;
}
