/* See settle.h. Inference is local: each node's hook sees facts of its inputs and leaves facts of
 * its outputs. */
#include "onnx/settle.h"

#include <string.h>

#include "ops/upgrade.h"

/* What a hook is given, with the way back to the settler for subgraphs. */
typedef struct inference {
    sdx_infer infer; /* first: the hook's pointer is also ours */
    sdx_settler *settler;
} inference;

void sdx_settler_init(sdx_settler *settler, const sdx_op_set *custom, sdx_arena *arena,
                      sdx_heap *heap) {
    *settler = (sdx_settler){.arena = arena, .heap = heap, .custom = custom};
    sdx_map_init(&settler->missing, heap);
}

void sdx_settler_deinit(sdx_settler *settler) { sdx_map_deinit(&settler->missing); }

static sdx_status note_missing(sdx_settler *settler, const sdx_node *node) {
    sdx_str key;
    SDX_TRY(sdx_arena_printf(settler->arena, &key, "%.*s:%.*s", SDX_FMT(node->domain),
                             SDX_FMT(node->op_type)));
    sdx_missing_info *entry = sdx_map_get(&settler->missing, key);
    if (entry == NULL) {
        SDX_TRY(SDX_ARENA_NEW(settler->arena, 1, &entry));
        *entry = (sdx_missing_info){.domain = node->domain,
                                    .name = node->op_type,
                                    .node = node->name,
                                    .version = node->version};
        SDX_TRY(sdx_map_put(&settler->missing, key, entry));
    }
    entry->count++;
    return NULL;
}

static bool comes_before(const sdx_missing_info *a, const sdx_missing_info *b) {
    const int order = sdx_str_cmp(a->domain, b->domain);
    return order != 0 ? order < 0 : sdx_str_cmp(a->name, b->name) < 0;
}

/* Insertion sort: a model lacks some operators at most; a hostile one gets no more than the cap. */
sdx_status sdx_settle_missing(const sdx_settler *settler, const sdx_missing_info **list,
                              size_t *n) {
    enum { MAX_LISTED = 2000 };
    sdx_missing_info *sorted;
    const size_t most = settler->missing.len < MAX_LISTED ? settler->missing.len : MAX_LISTED;
    SDX_TRY(SDX_ARENA_NEW(settler->arena, most + 1, &sorted));
    *n = 0;
    for (size_t i = 0; i < settler->missing.capacity && *n < most; i++) {
        const sdx_missing_info *const entry = settler->missing.entries[i].value;
        if (entry == NULL) continue;
        size_t at = (*n)++;
        for (; at > 0 && comes_before(entry, &sorted[at - 1]); at--) {
            sorted[at] = sorted[at - 1];
        }
        sorted[at] = *entry;
    }
    *list = sorted;
    return NULL;
}

sdx_status sdx_missing_error(const sdx_missing_info *list, size_t n) {
    if (n == 0) return NULL;
    sdx_buf text;
    sdx_buf_init(&text, sdx_heap_global(), 1 << 16);
    sdx_status status = NULL;
    for (size_t i = 0; i < n && status == NULL; i++) {
        const sdx_missing_info *const op = &list[i];
        status = sdx_buf_printf(
            &text, "%s%.*s%s%.*s (opset %lld, %zu node%s, first '%.*s')", i == 0 ? "" : ", ",
            SDX_FMT(op->domain), op->domain.len == 0 ? "" : "::", SDX_FMT(op->name),
            (long long)op->version, op->count, op->count == 1 ? "" : "s", SDX_FMT(op->node));
    }
    if (status == NULL) {
        status =
            sdx_fail(SDX_UNSUPPORTED_OPERATOR,
                     "found %zu operator%s that this build lacks: %s; see `sardonyx ops` for "
                     "what it has, update Sardonyx, or register custom operators of these names",
                     n, n == 1 ? "" : "s", text.ptr);
    }
    sdx_buf_deinit(&text);
    return status;
}

static bool is_named(const sdx_node *node, sdx_str domain, sdx_str op_type) {
    return sdx_str_eq(domain, node->domain) && sdx_str_eq(op_type, node->op_type);
}

static const sdx_op *find_op(sdx_settler *settler, const sdx_node *node) {
    enum { ALIGNED_LOG2 = 4 }; /* of texts in an arena */
    const uintptr_t place = (uintptr_t)node->op_type.ptr >> ALIGNED_LOG2;
    sdx_settler_kind *const kind = &settler->kinds[place % SDX_SETTLER_KINDS];
    if (kind->name.ptr != node->op_type.ptr || kind->name.len != node->op_type.len ||
        !sdx_str_eq(kind->domain, node->domain)) {
        *kind =
            (sdx_settler_kind){.domain = node->domain,
                               .name = node->op_type,
                               .op = sdx_op_find_in(settler->custom, node->domain, node->op_type)};
    }
    return kind->op;
}

static int version_of(const sdx_node *node) {
    return (int)(node->version >= INT32_MAX ? INT32_MAX - 1 : node->version);
}

/* Applies the rules of the node's operator that fit its version. */
static sdx_status upgrade_node(sdx_node *node, bool *changed) {
    const sdx_op *const op = node->op;
    const sdx_str domain = node->domain, op_type = node->op_type;
    sdx_upgrade upgrade = {.node = node, .version = version_of(node)};
    for (size_t i = 0; i < op->n_upgrades; i++) {
        if (upgrade.version >= op->upgrades[i].below) continue;
        upgrade.same = false;
        SDX_TRY(op->upgrades[i].apply(&upgrade));
        *changed = *changed || !upgrade.same;
        if (!is_named(node, domain, op_type)) break;
    }
    return NULL;
}

/* Finds the operator and applies the rules that fit the node's version. A rule may turn the node
 * into another operator: then its rules follow. */
static sdx_status adopt(sdx_settler *settler, sdx_node *node) {
    enum { MAX_TURNS = 8 };
    sdx_change_info change = {.rule = "upgrade",
                              .node = node->name,
                              .op = node->op_type,
                              .into = node->name,
                              .version = version_of(node)};
    bool changed = false;
    for (int turn = 0; turn < MAX_TURNS; turn++) {
        const sdx_op *const op = find_op(settler, node);
        if (op == NULL) return NULL;
        if (op == node->op) {
            change.into_op = node->op_type;
            change.into_version = op->newest;
            return changed ? sdx_ir_note(node->graph->ir, &change) : NULL;
        }
        node->op = op;
        SDX_TRY(upgrade_node(node, &changed));
    }
    return sdx_fail(SDX_INTERNAL, "found upgrades that lead in a circle");
}

static void input_fact(const sdx_gvalue *value, sdx_fact *fact) {
    *fact = (sdx_fact){.type = value->type,
                       .rank = value->shape.rank,
                       .dims = (sdx_dim *)(uintptr_t)value->shape.dims,
                       .view = value->constant,
                       .ints = value->ints,
                       .n_ints = value->n_ints};
}

static void keep_fact(sdx_gvalue *value, const sdx_fact *fact) {
    if (fact->type != NULL) value->type = fact->type;
    value->shape.rank = fact->rank;
    if (fact->rank > 0) memcpy(value->shape.dims, fact->dims, (size_t)fact->rank * sizeof(sdx_dim));
    value->ints = fact->ints;
    value->n_ints = fact->n_ints;
}

static sdx_status infer_graph(sdx_infer *in, sdx_graph *graph, const sdx_fact *inputs, size_t n) {
    inference *const self = (inference *)in;
    for (size_t i = 0; i < n && i < graph->n_inputs && inputs != NULL; i++) {
        sdx_gvalue *const value = graph->inputs[i];
        if (inputs[i].type != NULL) value->type = inputs[i].type;
        value->shape.rank = inputs[i].rank;
        if (inputs[i].rank > 0)
            memcpy(value->shape.dims, inputs[i].dims, (size_t)inputs[i].rank * sizeof(sdx_dim));
    }
    return sdx_settle(self->settler, graph);
}

/* One block for all that a hook needs: facts, flags, and places for the outputs' dims. */
typedef struct workspace {
    sdx_fact *in, *out;
    bool *present;
    sdx_dim *dims;
    void *block;
    size_t size;
} workspace;

static sdx_status workspace_init(workspace *w, sdx_heap *heap, size_t n_in, size_t n_out) {
    const size_t facts = (n_in + n_out) * sizeof(sdx_fact);
    const size_t dims = n_out * SDX_MAX_RANK * sizeof(sdx_dim);
    w->size = facts + dims + n_in + 1;
    SDX_TRY(sdx_heap_calloc(heap, 1, w->size, &w->block));
    w->in = w->block;
    w->out = w->in + n_in;
    w->dims = (sdx_dim *)(w->out + n_out);
    w->present = (bool *)(w->dims + n_out * SDX_MAX_RANK);
    return NULL;
}

static sdx_status run_infer(sdx_settler *settler, sdx_node *node, workspace *w) {
    for (size_t i = 0; i < node->n_inputs; i++) {
        w->in[i].rank = -1;
        w->present[i] = node->inputs[i] != NULL;
        if (w->present[i]) input_fact(node->inputs[i], &w->in[i]);
    }
    for (size_t k = 0; k < node->n_outputs; k++) {
        w->out[k] = (sdx_fact){.rank = -1, .dims = w->dims + k * SDX_MAX_RANK};
        if (node->outputs[k] != NULL) w->out[k].type = node->outputs[k]->type;
    }
    inference in = {.infer = {.node = node,
                              .dims = node->graph->ir->dims,
                              .arena = settler->arena,
                              .n_in = node->n_inputs,
                              .n_out = node->n_outputs,
                              .in = w->in,
                              .present = w->present,
                              .out = w->out,
                              .graph = infer_graph},
                    .settler = settler};
    if (node->op->infer != NULL) SDX_TRY(node->op->infer(&in.infer));
    for (size_t k = 0; k < node->n_outputs; k++) {
        if (node->outputs[k] != NULL) keep_fact(node->outputs[k], &w->out[k]);
    }
    return NULL;
}

static sdx_status settle_unasked(void *arg, sdx_graph *graph) {
    const sdx_node *const first = graph->first;
    return first == NULL || first->op != NULL ? NULL : sdx_settle(arg, graph);
}

static bool is_required(const sdx_port *port) {
    return port != NULL && (port->flags & (SDX_PORT_OPTIONAL | SDX_PORT_VARIADIC)) == 0;
}

/* The list of outputs reaches to the last required port. */
static sdx_status reach_required(sdx_settler *settler, sdx_node *node) {
    size_t n = node->op->n_outputs;
    while (n > 0 && !is_required(&node->op->outputs[n - 1])) {
        n--;
    }
    if (n <= node->n_outputs) return NULL;
    sdx_gvalue **outputs;
    SDX_TRY(SDX_ARENA_NEW(settler->arena, n, &outputs));
    for (size_t k = 0; k < node->n_outputs; k++) {
        outputs[k] = node->outputs[k];
    }
    node->outputs = outputs;
    node->n_outputs = n;
    return NULL;
}

/* Hooks may count on outputs that are not optional: one that the file leaves out gets a value that
 * nobody reads. */
static sdx_status define_required(sdx_settler *settler, sdx_node *node) {
    SDX_TRY(reach_required(settler, node));
    for (size_t k = 0; k < node->n_outputs; k++) {
        const sdx_port *const port = sdx_op_output_port(node->op, k);
        if (node->outputs[k] != NULL || !is_required(port)) continue;
        sdx_gvalue *value;
        sdx_str name;
        SDX_TRY(
            sdx_arena_printf(settler->arena, &name, "%.*s.%s", SDX_FMT(node->name), port->name));
        SDX_TRY(sdx_gvalue_create(node->graph, name, &value));
        value->producer = node;
        value->output = k;
        node->outputs[k] = value;
    }
    return NULL;
}

sdx_status sdx_settle_node(sdx_settler *settler, sdx_node *node) {
    if (node->attrs == NULL) {
        SDX_TRY(define_required(settler, node));
        SDX_TRY(sdx_op_check(node));
    } else {
        SDX_TRY(sdx_op_check_types(node));
    }
    workspace w;
    SDX_TRY(workspace_init(&w, settler->heap, node->n_inputs, node->n_outputs));
    const sdx_status status = run_infer(settler, node, &w);
    sdx_heap_free(settler->heap, w.block, w.size);
    return sdx_in_node(status, node);
}

/* An operator that is missing still has its subgraphs searched for others that are. */
static sdx_status settle_missing(sdx_settler *settler, sdx_node *node) {
    SDX_TRY(note_missing(settler, node));
    return sdx_node_subgraphs(node, settle_unasked, settler);
}

/* Complaints about nodes behind a missing operator are often its consequence: the search for others
 * goes on, and they are told. */
static sdx_status forgive(const sdx_settler *settler, sdx_status status) {
    const sdx_code code = sdx_status_code(status);
    if (settler->missing.len == 0 || code == SDX_OUT_OF_MEMORY || code == SDX_LIMIT) return status;
    sdx_status_free(status);
    return NULL;
}

static sdx_status settle_one(sdx_settler *settler, sdx_node *node) {
    SDX_TRY(sdx_settle_node(settler, node));
    return sdx_node_subgraphs(node, settle_unasked, settler);
}

sdx_status sdx_settle(sdx_settler *settler, sdx_graph *graph) {
    for (sdx_node *node = graph->first, *next; node != NULL; node = next) {
        if (node->op == NULL) {
            sdx_node *const before = node->prev;
            SDX_TRY(forgive(settler, sdx_in_node(adopt(settler, node), node)));
            next = before == NULL ? graph->first : before->next;
            if (node->op != NULL && next != node)
                continue; /* the upgrade put nodes in front: they come first */
        }
        next = node->next;
        if (node->op == NULL) {
            SDX_TRY(settle_missing(settler, node));
            continue;
        }
        SDX_TRY(forgive(settler, settle_one(settler, node)));
        next = node->next;
    }
    return NULL;
}
