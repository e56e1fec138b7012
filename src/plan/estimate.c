/* What steps and values are thought to cost before any shape is known: unknown dims count as 1. For
 * the choice between devices, where only the order of magnitude matters. */
#include "ops/work.h"
#include "plan/partition.h"

/* One lane of a CPU of some years: operations and bytes in a nanosecond, and what a step costs by
 * itself. */
static const double flops_per_ns = 20, bytes_per_ns = 8, step_ns = 200;

enum { MAX_PORTS = 8 }; /* of a node, as far as hooks look at them */

static const sdx_view *shape_of(const sdx_gvalue *value, sdx_view *view) {
    if (value == NULL || value->shape.rank < 0) return NULL;
    *view = (sdx_view){.rank = (uint8_t)value->shape.rank, .len = 1};
    for (int i = 0; i < value->shape.rank; i++) {
        const sdx_dim dim = value->shape.dims[i];
        view->dims[i] = sdx_dim_is_number(dim) ? dim : 1;
        if (!sdx_mul_size(view->len, (size_t)view->dims[i], &view->len)) return NULL;
    }
    return view;
}

double sdx_value_bytes(const sdx_gvalue *value) {
    sdx_view view;
    if (value == NULL || value->type == NULL || value->type->kind != SDX_TENSOR) return 0;
    if (shape_of(value, &view) == NULL) return 0;
    return (double)view.len * sdx_dtype_bits(value->type->dtype) / 8;
}

sdx_step_work sdx_step_estimate(const sdx_step *step) {
    const sdx_node *const node = step->node;
    sdx_view shapes[2 * MAX_PORTS];
    const sdx_view *in[MAX_PORTS], *out[MAX_PORTS];
    sdx_step_work result = {0};
    const size_t n_in = node->n_inputs < MAX_PORTS ? node->n_inputs : MAX_PORTS;
    const size_t n_out = node->n_outputs < MAX_PORTS ? node->n_outputs : MAX_PORTS;
    for (size_t i = 0; i < n_in; i++) {
        in[i] = shape_of(node->inputs[i], &shapes[i]);
        result.bytes += sdx_value_bytes(node->inputs[i]);
    }
    for (size_t k = 0; k < n_out; k++) {
        out[k] = shape_of(node->outputs[k], &shapes[MAX_PORTS + k]);
        result.bytes += sdx_value_bytes(node->outputs[k]);
    }
    const sdx_work work = {.node = node, .in = in, .out = out, .n_in = n_in, .n_out = n_out};
    result.flops = sdx_work_flops(&work);
    if (step->op->flags & SDX_OP_ALIAS) return result;
    const double computing = result.flops / flops_per_ns, moving = result.bytes / bytes_per_ns;
    result.ns = step_ns + (computing > moving ? computing : moving);
    return result;
}
