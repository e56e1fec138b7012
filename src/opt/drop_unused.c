/* Dead code: nodes none of whose outputs is read, and optional outputs that nobody reads, from the
 * end to the beginning. */
#include "opt/opt.h"

static bool is_read(const sdx_gvalue *value) {
    return value != NULL && (value->n_users != 0 || value->is_output);
}

static sdx_status apply(sdx_rewrite *r, sdx_graph *graph) {
    for (sdx_node *node = graph->last, *prev; node != NULL; node = prev) {
        prev = node->prev;
        bool used = false;
        for (size_t k = 0; k < node->n_outputs; k++) {
            used = used || is_read(node->outputs[k]);
        }
        if (!used) {
            SDX_TRY(sdx_rewrite_note(r, node, NULL, NULL));
            sdx_node_remove(node);
            r->n_applied++;
            continue;
        }
        for (size_t k = 0; k < node->n_outputs; k++) {
            const sdx_port *const port = sdx_op_output_port(node->op, k);
            const bool optional = port != NULL && (port->flags & SDX_PORT_OPTIONAL) != 0;
            if (node->outputs[k] == NULL || is_read(node->outputs[k]) || !optional) continue;
            node->outputs[k] = NULL; /* not computed, not stored */
            r->n_applied++;
        }
    }
    return NULL;
}

extern const sdx_rule sdx_rule_drop_unused;
const sdx_rule sdx_rule_drop_unused = {
    .name = "drop_unused", .help = "nodes whose results nobody reads disappear", .apply = apply};
