/* Common subexpressions: a node with the operator, attributes and inputs of an earlier one in the
 * same graph gives its users to that one. */
#include <string.h>

#include "opt/opt.h"

static bool same_attr(const sdx_attr *a, const sdx_attr *b) {
    if (a->kind != b->kind || a->n != b->n) return false;
    switch (a->kind) { /* one case for each kind of attribute */
    case SDX_ATTR_ABSENT: return true;
    case SDX_ATTR_INT: return a->i == b->i;
    case SDX_ATTR_FLOAT: return memcmp(&a->f, &b->f, sizeof a->f) == 0;
    case SDX_ATTR_STRING: return sdx_str_eq(a->s, b->s);
    case SDX_ATTR_INTS: return a->n == 0 || memcmp(a->ints, b->ints, a->n * sizeof *a->ints) == 0;
    case SDX_ATTR_FLOATS:
        return a->n == 0 || memcmp(a->floats, b->floats, a->n * sizeof *a->floats) == 0;
    default: return a->kind == SDX_ATTR_TENSOR && a->tensor == b->tensor;
    }
}

/* Two small constants with equal elements count as one input. */
static bool same_input(const sdx_gvalue *a, const sdx_gvalue *b) {
    enum { SMALL = 256 };
    if (a == b) return true;
    if (a == NULL || b == NULL || a->constant == NULL || b->constant == NULL || a->is_input ||
        b->is_input)
        return false;
    const sdx_view *const x = a->constant, *const y = b->constant;
    if (x->dtype != y->dtype || x->dtype == SDX_STRING || !sdx_view_same_shape(x, y)) return false;
    const size_t size = sdx_view_bytes(x);
    return size <= SMALL && (size == 0 || memcmp(x->data, y->data, size) == 0);
}

static bool same_node(const sdx_node *a, const sdx_node *b) {
    if (a->op != b->op || a->rev != b->rev || a->n_inputs != b->n_inputs ||
        a->n_outputs != b->n_outputs || a->n_attrs != b->n_attrs)
        return false;
    for (size_t i = 0; i < a->n_inputs; i++) {
        if (!same_input(a->inputs[i], b->inputs[i])) return false;
    }
    for (size_t i = 0; i < a->n_attrs; i++) {
        if (!same_attr(&a->attrs[i], &b->attrs[i])) return false;
    }
    for (size_t k = 0; k < a->n_outputs;
         k++) { /* the earlier one computes at least what the later one does */
        if (b->outputs[k] != NULL && (a->outputs[k] == NULL || b->outputs[k]->is_output))
            return false;
    }
    return true;
}

static uint64_t mix(uint64_t h, uint64_t x) {
    return (h ^ x) * UINT64_C(0x9e3779b97f4a7c15) ^ (h >> 29);
}

static uint64_t hash_node(const sdx_node *node) {
    uint64_t h = mix((uintptr_t)node->op, node->n_inputs);
    for (size_t i = 0; i < node->n_inputs; i++) {
        const sdx_gvalue *const in = node->inputs[i];
        h = mix(h, in == NULL             ? 0
                   : in->constant != NULL ? in->constant->len + 1
                                          : in->id + UINT64_C(7));
    }
    return h;
}

static sdx_status merge(sdx_rewrite *r, sdx_node *node, sdx_node *earlier) {
    for (size_t k = 0; k < node->n_outputs; k++) {
        if (node->outputs[k] != NULL)
            SDX_TRY(sdx_gvalue_replace(node->outputs[k], earlier->outputs[k]));
    }
    SDX_TRY(sdx_node_add_origin(earlier, node));
    SDX_TRY(sdx_rewrite_note(r, node, earlier, NULL));
    sdx_node_remove(node);
    r->n_applied++;
    return NULL;
}

static sdx_status find_and_merge(sdx_rewrite *r, sdx_graph *graph, sdx_node **table,
                                 size_t capacity) {
    enum { MAX_PROBES = 32 };
    for (sdx_node *node = graph->first, *next; node != NULL; node = next) {
        next = node->next;
        if (node->op->flags & (SDX_OP_RANDOM | SDX_OP_CONTROL)) continue;
        size_t at = (size_t)hash_node(node) & (capacity - 1);
        for (size_t probe = 0; probe < MAX_PROBES; probe++, at = (at + 1) & (capacity - 1)) {
            if (table[at] == NULL) {
                table[at] = node;
                break;
            }
            if (!same_node(table[at], node)) continue;
            SDX_TRY(merge(r, node, table[at]));
            break;
        }
    }
    return NULL;
}

static sdx_status apply(sdx_rewrite *r, sdx_graph *graph) {
    size_t capacity = 64;
    while (capacity < 2 * graph->n_nodes) {
        capacity *= 2;
    }
    sdx_node **table;
    SDX_TRY(SDX_NEW_ARRAY(r->heap, capacity, &table));
    const sdx_status status = find_and_merge(r, graph, table, capacity);
    sdx_heap_free(r->heap, table, capacity * sizeof *table);
    return status;
}

extern const sdx_rule sdx_rule_merge_equal;
const sdx_rule sdx_rule_merge_equal = {
    .name = "merge_equal",
    .help = "nodes that compute the same from the same inputs become one",
    .apply = apply};
