/* Graphs and values: making them, constants, inputs and outputs, replacing one value by another,
 * and which copies of constants are still in use. */
#include "graph/graph.h"

#include <string.h>

#include "graph/uses.h"

sdx_status sdx_ir_create(sdx_arena *arena, sdx_ir **out) {
    sdx_ir *ir;
    SDX_TRY(SDX_ARENA_NEW(arena, 1, &ir));
    ir->arena = arena;
    sdx_copies_init(&ir->copies, arena);
    SDX_TRY(sdx_dims_create(arena, &ir->dims));
    const sdx_status status = sdx_graph_create(ir, NULL, NULL, &ir->main);
    if (status) {
        sdx_dims_destroy(ir->dims);
        return status;
    }
    *out = ir;
    return NULL;
}

void sdx_ir_destroy(sdx_ir *ir) {
    if (!ir) return;
    sdx_copies_deinit(&ir->copies);
    sdx_dims_destroy(ir->dims);
}

sdx_status sdx_ir_note(sdx_ir *ir, const sdx_change_info *change) {
    sdx_change *noted;
    SDX_TRY(SDX_ARENA_NEW(ir->arena, 1, &noted));
    noted->info = *change;
    if (ir->last_change == NULL) {
        ir->changes = noted;
    } else {
        ir->last_change->next = noted;
    }
    ir->last_change = noted;
    return NULL;
}

sdx_status sdx_graph_create(sdx_ir *ir, sdx_graph *outer, sdx_node *owner, sdx_graph **out) {
    sdx_graph *graph;
    SDX_TRY(SDX_ARENA_NEW(ir->arena, 1, &graph));
    graph->ir = ir;
    graph->outer = outer;
    graph->owner = owner;
    *out = graph;
    return NULL;
}

sdx_status sdx_gvalue_create(sdx_graph *graph, sdx_str name, sdx_gvalue **out) {
    sdx_ir *ir = graph->ir;
    if (ir->n_values == UINT32_MAX) return sdx_fail(SDX_LIMIT, "the model has too many values");
    sdx_gvalue *value;
    SDX_TRY(SDX_ARENA_NEW(ir->arena, 1, &value));
    value->name = name;
    value->graph = graph;
    value->shape.rank = -1;
    value->id = ir->n_values++;
    *out = value;
    return NULL;
}

sdx_status sdx_graph_constant(sdx_graph *graph, sdx_str name, const sdx_view *view,
                              sdx_gvalue **out) {
    sdx_gvalue *value;
    SDX_TRY(sdx_gvalue_create(graph, name, &value));
    value->type = sdx_type_tensor(view->dtype);
    value->constant = view;
    value->shape.rank = view->rank;
    for (size_t i = 0; i < view->rank; i++)
        value->shape.dims[i] = sdx_dim_number(view->dims[i]);
    *out = value;
    return NULL;
}

sdx_status sdx_graph_const_ints(sdx_graph *graph, size_t rank, const int64_t *ints, size_t n,
                                sdx_gvalue **out) {
    sdx_arena *arena = graph->ir->arena;
    sdx_view *view;
    SDX_TRY(SDX_ARENA_NEW(arena, 1, &view));
    const int64_t len = (int64_t)n;
    SDX_TRY(sdx_view_init(view, SDX_INT64, rank, &len));
    SDX_TRY(sdx_arena_copy(arena, ints, n * sizeof *ints, &view->data));
    sdx_str name;
    SDX_TRY(sdx_arena_printf(arena, &name, "const#%lu", (unsigned long)graph->ir->n_values));
    return sdx_graph_constant(graph, name, view, out);
}

bool sdx_gvalue_const_ints(const sdx_gvalue *value, const sdx_view **view) {
    if (!value || !value->constant) return false;
    const sdx_dtype_kind kind = sdx_dtype_kind_of(value->constant->dtype);
    if (kind != SDX_KIND_INT && kind != SDX_KIND_UINT && kind != SDX_KIND_BOOL) return false;
    *view = value->constant;
    return true;
}

sdx_status sdx_graph_set_inputs(sdx_graph *graph, sdx_gvalue *const *inputs, size_t n) {
    void *list;
    SDX_TRY(sdx_arena_copy(graph->ir->arena, inputs, n * sizeof *inputs, &list));
    for (size_t i = 0; i < graph->n_inputs; i++)
        graph->inputs[i]->is_input = false;
    for (size_t i = 0; i < n; i++)
        inputs[i]->is_input = true;
    graph->inputs = list;
    graph->n_inputs = n;
    return NULL;
}

sdx_status sdx_graph_set_outputs(sdx_graph *graph, sdx_gvalue *const *outputs, size_t n) {
    void *list;
    SDX_TRY(sdx_arena_copy(graph->ir->arena, outputs, n * sizeof *outputs, &list));
    for (size_t i = 0; i < graph->n_outputs; i++)
        graph->outputs[i]->is_output = false;
    for (size_t i = 0; i < n; i++)
        outputs[i]->is_output = true;
    graph->outputs = list;
    graph->n_outputs = n;
    return NULL;
}

bool sdx_gvalue_same_shape(const sdx_gvalue *a, const sdx_gvalue *b) {
    if (a->shape.rank < 0 || a->shape.rank != b->shape.rank) return false;
    for (int i = 0; i < a->shape.rank; i++)
        if (!sdx_dim_eq(a->shape.dims[i], b->shape.dims[i])) return false;
    return true;
}

/* ---- copies of constants */

static void keep_value(sdx_copies_sweep *sweep, const sdx_gvalue *value) {
    if (value && value->constant) sdx_copies_sweep_keep(sweep, value->constant->data);
    if (value && value->fallback) sdx_copies_sweep_keep(sweep, value->fallback->data);
}

static void keep_attr(sdx_copies_sweep *sweep, const sdx_attr *attr) {
    if (attr->kind == SDX_ATTR_TENSOR) sdx_copies_sweep_keep(sweep, attr->tensor->data);
    for (size_t i = 0; attr->kind == SDX_ATTR_TENSORS && i < attr->n; i++)
        sdx_copies_sweep_keep(sweep, attr->tensor[i].data);
}

static sdx_status keep_graph(void *arg, sdx_graph *graph) {
    sdx_copies_sweep *sweep = arg;
    for (size_t i = 0; i < graph->n_inputs; i++)
        keep_value(sweep, graph->inputs[i]);
    for (size_t i = 0; i < graph->n_outputs; i++)
        keep_value(sweep, graph->outputs[i]);
    for (const sdx_node *node = graph->first; node; node = node->next) {
        for (size_t i = 0; i < node->n_inputs; i++)
            keep_value(sweep, node->inputs[i]);
        for (size_t i = 0; i < node->n_named; i++)
            keep_attr(sweep, &node->named[i].value);
        SDX_TRY(sdx_node_subgraphs(node, keep_graph, arg));
    }
    return NULL;
}

sdx_status sdx_ir_sweep(sdx_ir *ir) {
    sdx_copies_sweep sweep;
    SDX_TRY(sdx_copies_sweep_begin(&sweep, &ir->copies));
    const sdx_status status = keep_graph(&sweep, ir->main); /* visiting does not fail */
    sdx_copies_sweep_end(&sweep);
    return status;
}

/* ---- uses */

sdx_status sdx_use_reserve(sdx_gvalue *value, size_t more) {
    if (more <= value->cap_users - value->n_users) return NULL;
    size_t cap = value->cap_users ? 2 * value->cap_users : 2;
    if (cap < value->n_users + more) cap = value->n_users + more;
    sdx_node **users;
    SDX_TRY(SDX_ARENA_NEW(value->graph->ir->arena, cap, &users));
    if (value->n_users) memcpy(users, value->users, value->n_users * sizeof *users);
    value->users = users;
    value->cap_users = cap;
    return NULL;
}

void sdx_use_add(sdx_gvalue *value, sdx_node *user) { value->users[value->n_users++] = user; }

void sdx_use_drop(sdx_gvalue *value, const sdx_node *user) {
    size_t i = value->n_users; /* from the end: the uses of one node stand together */
    while (i > 0 && value->users[i - 1] != user)
        i--;
    if (i == 0) return;
    memmove(&value->users[i - 1], &value->users[i], (value->n_users-- - i) * sizeof *value->users);
}

/* ---- replacing */

typedef struct replacement {
    sdx_gvalue *old, *new_value;
} replacement;

static sdx_status replace_outputs(void *arg, sdx_graph *graph) {
    const replacement *r = arg;
    for (size_t i = 0; i < graph->n_outputs; i++) {
        if (graph->outputs[i] != r->old) continue;
        graph->outputs[i] = r->new_value;
        r->new_value->is_output = true;
    }
    for (const sdx_node *node = graph->first; node; node = node->next)
        SDX_TRY(sdx_node_subgraphs(node, replace_outputs, arg));
    return NULL;
}

sdx_status sdx_gvalue_replace(sdx_gvalue *old, sdx_gvalue *new_value) {
    if (old == new_value) return NULL;
    SDX_TRY(sdx_use_reserve(new_value, old->n_users));
    const sdx_node *last = NULL;
    for (size_t u = 0; u < old->n_users; u++) {
        sdx_node *user = old->users[u];
        sdx_use_add(new_value, user);
        if (user == last) continue; /* uses of one node stand together: all were changed */
        for (size_t i = 0; i < user->n_inputs; i++)
            if (user->inputs[i] == old) user->inputs[i] = new_value;
        last = user;
    }
    old->n_users = 0;
    if (!old->is_output) return NULL;
    old->is_output = false;
    replacement r = {old, new_value};
    return replace_outputs(&r, old->graph); /* an inner graph may give it out as well */
}
