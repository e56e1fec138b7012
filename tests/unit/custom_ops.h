/* Custom operators for tests, in domain "test": small ones that use each service of the host once,
 * and some that misuse it. The rows stand at the end of custom_ops.c. */
#ifndef SDX_TESTS_CUSTOM_OPS_H
#define SDX_TESTS_CUSTOM_OPS_H

#include <stdatomic.h>

#include "sardonyx/op.h"

extern const sdx_op_library custom_ops;

/* Since the process began: calls of hooks of all nodes, states that are alive. */
extern atomic_int custom_runs, custom_states;

#endif
