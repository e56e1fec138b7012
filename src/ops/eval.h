/* Evaluates one node on values that are at hand, by itself: no program, no plan. For folding, tests
 * and providers' fallbacks. One thread. */
#ifndef SDX_OPS_EVAL_H
#define SDX_OPS_EVAL_H

#include "ops/call.h"

/* Runs `node` (checked; op set; no subgraphs) on `inputs` (n_inputs; NULL: absent; borrowed).
 * `outputs` receives n_outputs new references; NULL for those that the node does not define. With
 * `reference` the operator's ref hook is used where it has one. Values come from `store`,
 * computing from `kernels`. */
sdx_status sdx_eval(const sdx_node *node, sdx_value *const *inputs, size_t n_inputs,
                    sdx_value **outputs, size_t n_outputs, sdx_store *store,
                    const sdx_kernel_table *kernels, bool reference) SDX_NODISCARD;

#endif
