/* Nodes that hand their input on as it is: Identity, Dropout outside training, Cast to the same
 * type, Reshape-like nodes that keep the shape, Sum and Concat of one. */
#include "opt/match.h"

/* Dropout computes nothing unless its third input says that this is training. */
static bool is_idle_dropout(const sdx_node *node) {
    if (!sdx_is_op(node, "Dropout") || (node->n_outputs > 1 && node->outputs[1] != NULL))
        return false;
    if (node->n_inputs < 3 || node->inputs[2] == NULL) return true;
    const sdx_view *const training = node->inputs[2]->constant;
    return training != NULL && training->len == 1 && sdx_view_int(training, 0) == 0;
}

static bool changes_nothing(const sdx_node *node) {
    if (node->n_inputs == 0 || node->inputs[0] == NULL || node->n_outputs == 0 ||
        node->outputs[0] == NULL)
        return false;
    if (sdx_is_op(node, "Identity") || is_idle_dropout(node)) return true;
    const sdx_gvalue *const in = node->inputs[0];
    const sdx_gvalue *const out = node->outputs[0];
    const bool same_type =
        in->type != NULL && out->type != NULL && sdx_type_eq(in->type, out->type);
    if (!same_type) return false;
    if (sdx_is_op(node, "Cast")) return true;
    if ((sdx_is_op(node, "Sum") || sdx_is_op(node, "Concat") || sdx_is_op(node, "Max") ||
         sdx_is_op(node, "Min") || sdx_is_op(node, "Mean")) &&
        node->n_inputs == 1)
        return true;
    return (node->op->flags & SDX_OP_ALIAS) != 0 && in->type->kind == SDX_TENSOR &&
           sdx_gvalue_same_shape(in, out);
}

static sdx_status apply(sdx_rewrite *r, sdx_graph *graph) {
    for (sdx_node *node = graph->first, *next; node != NULL; node = next) {
        next = node->next;
        if (!changes_nothing(node)) continue;
        sdx_gvalue *const out = node->outputs[0];
        sdx_gvalue *const in = node->inputs[0];
        /* A graph's output keeps its own definition, so that its name and its memory stay its own.
         */
        if (out->is_output || in->graph != graph) continue;
        SDX_TRY(sdx_rewrite_note(r, node, NULL, in));
        SDX_TRY(sdx_gvalue_replace(out, in));
        sdx_node_remove(node);
        r->n_applied++;
    }
    return NULL;
}

extern const sdx_rule sdx_rule_drop_identity;
const sdx_rule sdx_rule_drop_identity = {
    .name = "drop_identity",
    .help = "Identity, Dropout and other nodes that change nothing disappear",
    .apply = apply};
