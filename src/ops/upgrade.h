/* Bringing a node of an old opset to the newest semantics, at import. An upgrade changes the node
 * and may put nodes around it. Inputs' types and shapes are known as far as inference got: nodes
 * are upgraded in execution order. */
#ifndef SDX_OPS_UPGRADE_H
#define SDX_OPS_UPGRADE_H

#include "ops/op.h"

struct sdx_upgrade {
    sdx_node *node;
    int version; /* of the node in the file */
    bool same;   /* to be set by a rule that leaves the node what it was: nothing is told of it */
};

/* Attribute -> input: a list of integers (1-D), or one integer or float as a scalar, of attribute
 * `name` becomes input `index` and the attribute goes. Absent: nothing. */
sdx_status sdx_upgrade_ints_to_input(sdx_upgrade *u, const char *name, size_t index) SDX_NODISCARD;
sdx_status sdx_upgrade_int_to_input(sdx_upgrade *u, const char *name, size_t index, size_t rank)
    SDX_NODISCARD; /* rank 0 or 1 of length 1 */
sdx_status sdx_upgrade_float_to_input(sdx_upgrade *u, const char *name, size_t index,
                                      sdx_dtype dtype) SDX_NODISCARD; /* scalar of dtype */
/* A constant "<node>.<name>" of these elements, which are copied. */
sdx_status sdx_upgrade_constant(sdx_upgrade *u, const char *name, sdx_dtype dtype, size_t rank,
                                const int64_t *dims, const void *data, sdx_gvalue **out)
    SDX_NODISCARD;
/* Drops an attribute that newer versions do not have and that changed nothing ("consumed_inputs").
 */
void sdx_upgrade_drop(sdx_upgrade *u, const char *name);
/* Sets an integer attribute that had another default before, where it is absent. */
sdx_status sdx_upgrade_default_int(sdx_upgrade *u, const char *name, int64_t value) SDX_NODISCARD;

/* Makes the node another operator of ai.onnx, of that one's newest form. */
sdx_status sdx_upgrade_turn(sdx_upgrade *u, const char *op_type) SDX_NODISCARD;

/* A new node before (after) the upgraded one: op_type of ai.onnx or domain "sardonyx", `n` inputs,
 * one output, returned. Set attributes on producer with sdx_node_set_attr. It has the newest form;
 * the loader checks and infers it when the upgrade is done (its attrs are still NULL). */
sdx_status sdx_upgrade_before(sdx_upgrade *u, const char *domain, const char *op_type,
                              sdx_gvalue *const *inputs, size_t n, sdx_gvalue **out) SDX_NODISCARD;
/* Puts a node behind output `index`: it takes a new value that the upgraded node now makes as input
 * 0 (and `more` inputs), and defines what users saw as that output. Nothing happens, and *out is
 * NULL, where the node does not list it. */
sdx_status sdx_upgrade_after(sdx_upgrade *u, size_t index, const char *domain, const char *op_type,
                             sdx_gvalue *const *more, size_t n_more, sdx_node **out) SDX_NODISCARD;
/* Opset 1 to 6 broadcasting of input 1 towards input 0 ("broadcast", "axis" attributes) as the
 * multidirectional one: drops both attributes; inserts sardonyx.AlignAxis where axis asks for
 * trailing dims. A rule for .below = 7. */
sdx_status sdx_upgrade_broadcast(sdx_upgrade *u) SDX_NODISCARD;

#endif
