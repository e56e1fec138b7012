/* Which opsets and which IR version a graph needs. */
#include "onnx/export.h"
#include "ops/op.h"

void sdx_opsets_init(sdx_opsets *opsets, sdx_arena *arena) {
    *opsets = (sdx_opsets){.arena = arena};
}

static sdx_onnx_opset *find(const sdx_opsets *opsets, sdx_str domain) {
    for (size_t i = 0; i < opsets->n; i++) {
        if (sdx_str_eq(opsets->list[i].domain, domain)) return &opsets->list[i];
    }
    return NULL;
}

static sdx_status add(sdx_opsets *opsets, sdx_str domain, int64_t version) {
    if (opsets->n == opsets->cap) {
        const size_t cap = opsets->cap == 0 ? 4 : opsets->cap * 2;
        sdx_onnx_opset *list;
        SDX_TRY(SDX_ARENA_NEW(opsets->arena, cap, &list));
        for (size_t i = 0; i < opsets->n; i++) {
            list[i] = opsets->list[i];
        }
        opsets->list = list;
        opsets->cap = cap;
    }
    opsets->list[opsets->n++] = (sdx_onnx_opset){domain, version};
    return NULL;
}

sdx_status sdx_opsets_need(sdx_opsets *opsets, sdx_str domain, int64_t version) {
    sdx_onnx_opset *const known = find(opsets, domain);
    if (known == NULL) return add(opsets, domain, version);
    if (version > known->version) known->version = version;
    return NULL;
}

/* The first version from which on the node means what it means in the graph: upgrades end there,
 * and its attributes are known. A rule for all versions turns the operator into others. */
static int64_t lowest(const sdx_node *node) {
    const sdx_op *const op = node->op;
    int64_t version = op->standard != 0 ? op->standard : op->since;
    for (size_t i = 0; i < op->n_upgrades; i++) {
        const int below = op->upgrades[i].below;
        if (below != INT32_MAX && below > version) version = below;
    }
    for (size_t i = 0; i < op->n_attrs; i++) {
        const sdx_attr_def *const def = &op->attrs[i];
        if (def->since > version && sdx_node_named(node, def->name) != NULL) version = def->since;
    }
    return version;
}

static sdx_status need_graph(void *arg, sdx_graph *graph) {
    for (const sdx_node *node = graph->first; node != NULL; node = node->next) {
        SDX_TRY(sdx_opsets_need_node(arg, node));
    }
    return NULL;
}

static sdx_status need_own(sdx_opsets *opsets, const sdx_node *node, bool *own) {
    *own = node->rev != 0 || (node->op != NULL && (node->op->flags & SDX_OP_INTERNAL) != 0);
    return *own ? sdx_opsets_need(opsets, SDX_STR(SDX_OWN_DOMAIN), SDX_OWN_VERSION) : NULL;
}

sdx_status sdx_opsets_need_node(sdx_opsets *opsets, const sdx_node *node) {
    const bool is_onnx = node->domain.len == 0;
    bool own;
    SDX_TRY(need_own(opsets, node, &own));
    if (!own) {
        const int64_t version = node->op != NULL ? lowest(node) : node->version;
        const int64_t before = sdx_opsets_version(opsets, node->domain);
        SDX_TRY(sdx_opsets_need(opsets, node->domain, version > 0 ? version : 1));
        if (is_onnx && version > before) opsets->highest = node;
        if (is_onnx && node->op == NULL) opsets->exact = node;
    }
    return sdx_node_subgraphs(node, need_graph, opsets);
}

int64_t sdx_opsets_version(const sdx_opsets *opsets, sdx_str domain) {
    const sdx_onnx_opset *const known = find(opsets, domain);
    return known != NULL ? known->version : 0;
}

sdx_status sdx_opsets_proto(const sdx_opsets *opsets, const sdx_pb_opset **out, size_t *n) {
    sdx_pb_opset *list;
    SDX_TRY(SDX_ARENA_NEW(opsets->arena, opsets->n + 1, &list));
    for (size_t i = 0; i < opsets->n; i++) {
        const sdx_str domain = opsets->list[i].domain;
        list[i] = (sdx_pb_opset){.domain = domain.len != 0 ? domain : SDX_STR(""),
                                 .version = opsets->list[i].version,
                                 .has_version = true};
    }
    *out = list;
    *n = opsets->n;
    return NULL;
}

/* ONNX: docs/Versioning.md, released versions. Below 4 each initializer would have to be an input.
 */
int64_t sdx_ir_version_of(int64_t opset) {
    static const struct {
        int64_t opset, ir;
    } releases[] = {{28, 14}, {25, 13}, {24, 12}, {23, 11}, {21, 10},
                    {19, 9},  {15, 8},  {12, 7},  {11, 6},  {10, 5}};
    for (size_t i = 0; i < sizeof releases / sizeof *releases; i++) {
        if (opset >= releases[i].opset) return releases[i].ir;
    }
    return 4;
}
