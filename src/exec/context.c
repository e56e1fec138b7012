/* Contexts: what lives from run to run, and the border at which inputs are checked. */
#include "exec/context.h"

#include <string.h>

#include "base/clock.h"
#include "base/cpu.h"
#include "base/knobs.h"
#include "exec/foreign.h"
#include "onnx/settle.h"

static unsigned lanes_for(unsigned threads) {
    if (threads != 0) return threads;
    const int64_t knob = sdx_knob_int(SDX_KNOB_THREADS);
    return knob > 0 && knob < 4096 ? (unsigned)knob : sdx_cpu_count();
}

static sdx_status fill(sdx_context *context, const sdx_context_options *options) {
    sdx_model *const model = context->model;
    const sdx_allocator *const allocator =
        model->runtime->has_allocator ? &model->runtime->allocator : NULL;
    SDX_TRY(sdx_store_create(allocator, options->memory_limit, "context", &context->store));
    SDX_TRY(sdx_gang_create(lanes_for(options->threads), &context->gang));
    SDX_TRY(sdx_sites_open(context));
    return sdx_frame_create(context, model->fixed.program, NULL, &context->frame);
}

static sdx_heap *base_heap(const sdx_model *model, sdx_heap *heap) {
    sdx_heap_init(heap, model->runtime->has_allocator ? &model->runtime->allocator : NULL, 0,
                  "context");
    return heap;
}

sdx_status sdx_context_make(sdx_model *model, const sdx_context_options *options,
                            sdx_context **out) {
    const sdx_onnx_model *const onnx = &model->fixed.onnx;
    SDX_TRY(sdx_missing_error(onnx->missing, onnx->n_missing));
    if (model->options.graph_only)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "context: found a model loaded with graph_only, expected one that can run; "
                        "load it without");
    sdx_heap base;
    sdx_context *context;
    SDX_TRY(SDX_NEW(base_heap(model, &base), &context));
    sdx_refs_retain(&model->refs);
    context->model = model;
    context->keep_denormals = options->keep_denormals;
    context->deadline = UINT64_MAX;
    const sdx_status status = fill(context, options);
    if (status != NULL) {
        sdx_context_free(context);
        return status;
    }
    *out = context;
    return NULL;
}

void sdx_context_free(sdx_context *context) {
    sdx_model *const model = context->model;
    sdx_profiler_deinit(context);
    sdx_frame_destroy(context->frame);
    sdx_frame_destroy(context->overridable);
    sdx_gang_destroy(context->gang);
    sdx_sites_close(context);
    sdx_store_release(context->store);
    sdx_heap base;
    sdx_heap_free(base_heap(model, &base), context, sizeof *context);
    sdx_model_release(model);
}

/* ---- the border
 * --------------------------------------------------------------------------------------------------------------------------------
 */

static sdx_status check_shape(const sdx_gvalue *port, const sdx_value *value) {
    if (value->kind != SDX_TENSOR || port->shape.rank < 0) return NULL;
    char found[160], dim[64];
    const sdx_view *const view = &value->view;
    if (port->shape.rank != view->rank) {
        return sdx_fail(SDX_SHAPE_MISMATCH, "found %s of rank %u, expected rank %d; reshape it",
                        sdx_view_text(view, found, sizeof found), (unsigned)view->rank,
                        port->shape.rank);
    }
    for (size_t i = 0; i < view->rank; i++) {
        const sdx_dim declared = port->shape.dims[i];
        if (!sdx_dim_is_number(declared) || declared == view->dims[i]) continue;
        return sdx_fail(SDX_SHAPE_MISMATCH, "found %s, expected %s for dimension %zu",
                        sdx_view_text(view, found, sizeof found),
                        sdx_dim_text(port->graph->ir->dims, declared, dim, sizeof dim), i);
    }
    return NULL;
}

/* Whether all is as the model declares; *override tells that an input with an initializer is given.
 */
static sdx_status check_inputs(const sdx_model *model, sdx_value *const *inputs, bool *override) {
    const sdx_graph *const graph = model->fixed.onnx.ir->main;
    *override = false;
    for (size_t i = 0; i < graph->n_inputs; i++) {
        const sdx_gvalue *const port = graph->inputs[i];
        if (inputs[i] == NULL) {
            if (port->constant != NULL || (port->type != NULL && port->type->kind == SDX_OPTIONAL))
                continue;
            return sdx_fail(SDX_INVALID_ARGUMENT, "input '%.*s': found none, expected a value",
                            SDX_FMT(port->name));
        }
        *override = *override || port->constant != NULL;
        SDX_TRY(sdx_in(sdx_value_fits(inputs[i], port->type), "input '%.*s'", SDX_FMT(port->name)));
        if (port->constant == NULL)
            SDX_TRY(sdx_in(check_shape(port, inputs[i]), "input '%.*s'", SDX_FMT(port->name)));
    }
    return NULL;
}

/* The frame that fits these inputs; an optional that is left out is an empty one. */
static sdx_status choose_frame(sdx_context *context, sdx_value *const *inputs, sdx_frame **out) {
    bool override;
    SDX_TRY(check_inputs(context->model, inputs, &override));
    *out = context->frame;
    if (!override) return NULL;
    const sdx_variant *variant;
    SDX_TRY(sdx_model_overridable(context->model, &variant));
    if (context->overridable == NULL)
        SDX_TRY(sdx_frame_create(context, variant->program, NULL, &context->overridable));
    *out = context->overridable;
    return NULL;
}

/* ---- runs
 * ---------------------------------------------------------------------------------------------------------------------------------------
 */

/* Whether a tensor of this run is on a device. */
static bool any_resident(const sdx_context *context, sdx_value *const *inputs,
                         sdx_value *const *outputs) {
    const sdx_graph *const graph = context->model->fixed.onnx.ir->main;
    bool any = false;
    for (size_t i = 0; i < graph->n_inputs; i++) {
        any = any || sdx_residence_of(inputs[i]) != NULL;
    }
    for (size_t i = 0; i < graph->n_outputs; i++) {
        any = any || sdx_residence_of(outputs[i]) != NULL;
    }
    return any;
}

sdx_status sdx_context_execute(sdx_context *context, sdx_value *const *inputs, sdx_value **outputs,
                               const bool *wanted) {
    sdx_frame *frame;
    SDX_TRY(choose_frame(context, inputs, &frame));
    context->has_resident = any_resident(context, inputs, outputs);
    sdx_gang_enter(context->gang, !context->keep_denormals);
    const uint64_t start = SDX_UNLIKELY(context->profiler.on) ? sdx_clock_ns() : 0;
    const sdx_status status = sdx_frame_run(frame, inputs, outputs, wanted);
    if (SDX_UNLIKELY(context->profiler.on)) sdx_profile_run(&context->profiler, start);
    sdx_gang_leave(context->gang);
    return status;
}

sdx_status sdx_context_prepare(sdx_context *context, sdx_value *const *inputs) {
    sdx_frame *frame;
    SDX_TRY(choose_frame(context, inputs, &frame));
    sdx_gang_enter(context->gang, !context->keep_denormals);
    const sdx_status status = sdx_frame_bind_inputs(frame, inputs);
    sdx_gang_leave(context->gang);
    return status;
}
