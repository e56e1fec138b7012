/* What run hooks share: errors, grain. */
#include "ops/call.h"

enum { CHUNK_WORK = 32 * 1024 }; /* element operations worth sharing: some 20 us at 1.5 a ns */

sdx_status sdx_call_stopped(void) { return sdx_fail(SDX_CANCELLED, "the run was cancelled"); }

sdx_status sdx_fail_index(const sdx_call *c, size_t input, size_t position, int64_t index,
                          int64_t low, int64_t high) {
    const sdx_port *port = sdx_op_input_port(c->node->op, input);
    if (low > high)
        return sdx_fail(SDX_OUT_OF_RANGE, "input '%s'[%zu]: index %lld into an empty dimension",
                        port ? port->name : "?", position, (long long)index);
    return sdx_fail(SDX_OUT_OF_RANGE, "input '%s'[%zu]: index %lld outside [%lld, %lld]",
                    port ? port->name : "?", position, (long long)index, (long long)low,
                    (long long)high);
}

sdx_status sdx_call_need_value(const sdx_call *c, size_t i, sdx_value **out) {
    const sdx_port *port = sdx_op_input_port(c->node->op, i);
    SDX_TRY(sdx_call_in_value(c, i, out));
    if (*out) return NULL;
    return sdx_fail(SDX_INVALID_ARGUMENT,
                    "input %zu '%s': found none, expected a value; connect it", i,
                    port ? port->name : "?");
}

size_t sdx_grain(size_t work) { return work >= CHUNK_WORK ? 1 : CHUNK_WORK / (work + (work == 0)); }
