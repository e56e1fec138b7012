/* Explanations: what loading changed, how nodes are computed. */
#include "exec/explain.h"

#include "exec/context.h"

void sdx_model_changes_each(const sdx_model *model, sdx_change_fn *fn, void *user) {
    const sdx_change *change = model->fixed.onnx.ir->changes;
    for (; change != NULL; change = change->next) {
        fn(user, &change->info);
    }
}

void sdx_context_steps_each(const sdx_context *context, sdx_step_fn *fn, void *user) {
    const sdx_frame *const other = context->overridable;
    sdx_explain_steps(other != NULL ? other : context->frame, fn, user);
}
