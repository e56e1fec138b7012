/* From the tables of TreeEnsembleRegressor and -Classifier to the flat form: nodes are named by
 * (tree, node), votes name their leaf likewise. */
#include <string.h>

#include "base/map.h"
#include "ops/ml/trees.h"

typedef struct node_key {
    int64_t tree, node;
} node_key;

/* What is known of node i of the table. */
typedef struct entry {
    node_key key;
    int32_t place;
    bool is_child;
} entry;

typedef struct table {
    const sdx_node *node;
    sdx_arena *arena;
    sdx_trees *t;
    sdx_map map; /* node_key -> entry */
    entry *entries;
    size_t n;
} table;

sdx_tree_numbers sdx_tree_numbers_of(const sdx_node *node, size_t list, size_t tensor) {
    const sdx_attr *const floats = sdx_node_attr(node, list), *const t =
                                                                  sdx_node_attr(node, tensor);
    if (t->kind == SDX_ATTR_TENSOR && t->tensor->len > 0)
        return (sdx_tree_numbers){.tensor = t->tensor, .n = t->tensor->len};
    if (floats->kind != SDX_ATTR_FLOATS) return (sdx_tree_numbers){.n = 0};
    return (sdx_tree_numbers){.floats = floats->floats, .n = floats->n};
}

static sdx_status wrong_length(const sdx_node *node, size_t attr, size_t found, size_t expected) {
    return sdx_fail(SDX_INVALID_MODEL, "attribute '%s': found %zu values, expected %zu",
                    node->op->attrs[attr].name, found, expected);
}

static sdx_status check_length(const sdx_node *node, size_t attr, size_t n) {
    const size_t found = sdx_node_has(node, attr) ? sdx_node_attr(node, attr)->n : 0;
    return found == n ? NULL : wrong_length(node, attr, found, n);
}

static entry *find(const table *b, int64_t tree, int64_t node) {
    const node_key key = {tree, node};
    return sdx_map_get(&b->map, (sdx_str){(const char *)&key, sizeof key});
}

static sdx_status mode_of(const sdx_node *node, size_t i, uint8_t *taken) {
    static const struct {
        const char *name;
        uint8_t taken;
    } modes[] = {{"BRANCH_LEQ", SDX_TREE_LESS | SDX_TREE_EQUAL},
                 {"LEAF", 0},
                 {"BRANCH_LT", SDX_TREE_LESS},
                 {"BRANCH_GTE", SDX_TREE_GREATER | SDX_TREE_EQUAL},
                 {"BRANCH_GT", SDX_TREE_GREATER},
                 {"BRANCH_EQ", SDX_TREE_EQUAL},
                 {"BRANCH_NEQ", SDX_TREE_LESS | SDX_TREE_GREATER}};
    const sdx_str mode = sdx_node_attr(node, SDX_TREE_MODES)->strings[i];
    for (size_t m = 0; m < sizeof modes / sizeof *modes; m++) {
        if (!sdx_str_is(mode, modes[m].name)) continue;
        *taken = modes[m].taken;
        return NULL;
    }
    return sdx_fail(SDX_INVALID_MODEL,
                    "attribute 'nodes_modes'[%zu]: found '%.*s', expected BRANCH_LEQ, BRANCH_LT, "
                    "BRANCH_GTE, BRANCH_GT, BRANCH_EQ, BRANCH_NEQ or LEAF",
                    i, SDX_FMT(mode));
}

/* Names and places of all nodes. */
static sdx_status name_nodes(table *b) {
    static const size_t lists[] = {SDX_TREE_NODE_IDS, SDX_TREE_FEATURE_IDS, SDX_TREE_MODES,
                                   SDX_TREE_TRUE_IDS, SDX_TREE_FALSE_IDS};
    const sdx_node *const node = b->node;
    b->n = sdx_node_attr(node, SDX_TREE_TREE_IDS)->n;
    if (b->n >= INT32_MAX)
        return sdx_fail(SDX_LIMIT,
                        "attribute 'nodes_treeids': found %zu nodes, expected fewer "
                        "than 2^31",
                        b->n);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        SDX_TRY(check_length(node, lists[i], b->n));
    }
    SDX_TRY(SDX_ARENA_NEW(b->arena, b->n + 1, &b->entries));
    for (size_t i = 0; i < b->n; i++) {
        uint8_t taken;
        entry *const e = &b->entries[i];
        e->key = (node_key){sdx_node_attr(node, SDX_TREE_TREE_IDS)->ints[i],
                            sdx_node_attr(node, SDX_TREE_NODE_IDS)->ints[i]};
        if (find(b, e->key.tree, e->key.node) != NULL)
            return sdx_fail(SDX_INVALID_MODEL, "tree %lld: found node %lld twice, expected once",
                            (long long)e->key.tree, (long long)e->key.node);
        SDX_TRY(sdx_map_put(&b->map, (sdx_str){(const char *)&e->key, sizeof e->key}, e));
        SDX_TRY(mode_of(node, i, &taken));
        e->place = taken != 0 ? (int32_t)b->t->n_nodes++ : -1 - (int32_t)b->t->n_leaves++;
    }
    return NULL;
}

static sdx_status child(const table *b, const entry *from, size_t attr, size_t i, int32_t *place) {
    const int64_t id = sdx_node_attr(b->node, attr)->ints[i];
    entry *const to = find(b, from->key.tree, id);
    if (to == NULL)
        return sdx_fail(SDX_INVALID_MODEL, "attribute '%s'[%zu]: tree %lld has no node %lld",
                        b->node->op->attrs[attr].name, i, (long long)from->key.tree, (long long)id);
    to->is_child = true;
    *place = to->place;
    return NULL;
}

static sdx_status link_nodes(table *b) {
    sdx_trees *const t = b->t;
    const sdx_node *const node = b->node;
    const sdx_attr *const tracks = sdx_node_attr(node, SDX_TREE_TRACKS_TRUE);
    const sdx_tree_numbers values = sdx_tree_numbers_of(node, SDX_TREE_VALUES, SDX_TREE_VALUES_T);
    const bool tracked = tracks->kind == SDX_ATTR_INTS && tracks->n > 0;
    if (values.n != b->n) return wrong_length(node, SDX_TREE_VALUES, values.n, b->n);
    if (tracked) SDX_TRY(check_length(node, SDX_TREE_TRACKS_TRUE, b->n));
    SDX_TRY(SDX_ARENA_NEW(b->arena, t->n_nodes + 1, &t->nodes));
    for (size_t i = 0; i < b->n; i++) {
        const entry *const e = &b->entries[i];
        const int64_t feature = sdx_node_attr(node, SDX_TREE_FEATURE_IDS)->ints[i];
        if (e->place < 0) continue;
        sdx_tree_node *const flat = &t->nodes[e->place];
        if (feature < 0 || feature >= UINT32_MAX)
            return sdx_fail(SDX_INVALID_MODEL,
                            "attribute 'nodes_featureids'[%zu]: found %lld, expected 0 or more", i,
                            (long long)feature);
        flat->feature = (uint32_t)feature;
        flat->threshold = sdx_tree_number(&values, i);
        SDX_TRY(mode_of(node, i, &flat->taken));
        if (tracked && tracks->ints[i] != 0) flat->taken |= SDX_TREE_NAN;
        SDX_TRY(child(b, e, SDX_TREE_FALSE_IDS, i, &flat->next[0]));
        SDX_TRY(child(b, e, SDX_TREE_TRUE_IDS, i, &flat->next[1]));
    }
    return NULL;
}

/* The root of a tree is the one node that is no child. */
static sdx_status find_roots(table *b, sdx_map *roots) {
    sdx_trees *const t = b->t;
    SDX_TRY(SDX_ARENA_NEW(b->arena, b->n + 1, &t->roots));
    for (size_t i = 0; i < b->n; i++) {
        entry *const e = &b->entries[i];
        const sdx_str tree = {(const char *)&e->key.tree, sizeof e->key.tree};
        if (e->is_child) continue;
        const entry *const other = sdx_map_get(roots, tree);
        if (other != NULL)
            return sdx_fail(SDX_INVALID_MODEL,
                            "tree %lld: found nodes %lld and %lld without a parent, expected one "
                            "root",
                            (long long)e->key.tree, (long long)other->key.node,
                            (long long)e->key.node);
        SDX_TRY(sdx_map_put(roots, tree, e));
        t->roots[t->n_roots++] = e->place;
    }
    for (size_t i = 0; i < b->n; i++) {
        const entry *const e = &b->entries[i];
        const sdx_str tree = {(const char *)&e->key.tree, sizeof e->key.tree};
        if (sdx_map_get(roots, tree) == NULL)
            return sdx_fail(SDX_INVALID_MODEL, "tree %lld: found a cycle, expected a root",
                            (long long)e->key.tree);
    }
    return NULL;
}

/* The leaf that vote i is for; votes of inner nodes count for nothing. */
static sdx_status leaf_of(const table *b, size_t i, size_t *leaf, bool *counts) {
    const int64_t tree = sdx_node_attr(b->node, SDX_TREE_VOTE_TREE_IDS)->ints[i];
    const int64_t node = sdx_node_attr(b->node, SDX_TREE_VOTE_NODE_IDS)->ints[i];
    const entry *const e = find(b, tree, node);
    if (e == NULL)
        return sdx_fail(SDX_INVALID_MODEL, "attribute '%s'[%zu]: tree %lld has no node %lld",
                        b->node->op->attrs[SDX_TREE_VOTE_NODE_IDS].name, i, (long long)tree,
                        (long long)node);
    *counts = e->place < 0;
    *leaf = *counts ? (size_t)(-1 - e->place) : 0;
    return NULL;
}

/* Votes in the order of the leaves: counted, then placed. */
static sdx_status take_votes(table *b) {
    sdx_trees *const t = b->t;
    const sdx_node *const node = b->node;
    const sdx_attr *const ids = sdx_node_attr(node, SDX_TREE_VOTE_IDS);
    const sdx_tree_numbers weights =
        sdx_tree_numbers_of(node, SDX_TREE_VOTE_WEIGHTS, SDX_TREE_VOTE_WEIGHTS_T);
    const size_t n = ids->n;
    size_t leaf, *next;
    bool counts;
    SDX_TRY(check_length(node, SDX_TREE_VOTE_TREE_IDS, n));
    SDX_TRY(check_length(node, SDX_TREE_VOTE_NODE_IDS, n));
    if (weights.n != n) return wrong_length(node, SDX_TREE_VOTE_WEIGHTS, weights.n, n);
    SDX_TRY(SDX_ARENA_NEW(b->arena, n + 1, &t->votes));
    SDX_TRY(SDX_ARENA_NEW(b->arena, t->n_leaves + 1, &t->first_vote));
    SDX_TRY(SDX_ARENA_NEW(b->arena, t->n_leaves + 1, &next));
    for (size_t i = 0; i < n; i++) {
        if (ids->ints[i] < 0 || (uint64_t)ids->ints[i] >= t->n_targets)
            return sdx_fail(SDX_INVALID_MODEL, "attribute '%s'[%zu]: found %lld, expected 0 to %zu",
                            node->op->attrs[SDX_TREE_VOTE_IDS].name, i, (long long)ids->ints[i],
                            t->n_targets - 1);
        SDX_TRY(leaf_of(b, i, &leaf, &counts));
        if (counts) t->first_vote[leaf + 1]++;
    }
    for (size_t l = 0; l < t->n_leaves; l++) {
        t->first_vote[l + 1] += t->first_vote[l];
        next[l] = t->first_vote[l];
    }
    for (size_t i = 0; i < n; i++) {
        SDX_TRY(leaf_of(b, i, &leaf, &counts));
        if (counts)
            t->votes[next[leaf]++] =
                (sdx_tree_vote){sdx_tree_number(&weights, i), (size_t)ids->ints[i]};
    }
    t->n_votes = t->first_vote[t->n_leaves];
    return NULL;
}

static sdx_status take_base(table *b) {
    sdx_trees *const t = b->t;
    const sdx_tree_numbers base = sdx_tree_numbers_of(b->node, SDX_TREE_BASE, SDX_TREE_BASE_T);
    SDX_TRY(SDX_ARENA_NEW(b->arena, base.n + 1, &t->base));
    for (size_t i = 0; i < base.n; i++) {
        t->base[i] = sdx_tree_number(&base, i);
    }
    t->n_base = base.n;
    return sdx_post_transform_of(sdx_node_str(b->node, SDX_TREE_POST), &t->post);
}

/* A cycle beside a tree has parents for all its nodes, but no root leads to it. The form has been
 * checked: each inner node is met once. */
static sdx_status check_reached(const table *b) {
    const sdx_trees *const t = b->t;
    size_t n_waiting = 0, n_reached = 0;
    int32_t *waiting;
    SDX_TRY(SDX_ARENA_NEW(b->arena, t->n_nodes + 1, &waiting));
    for (size_t i = 0; i < t->n_roots; i++) {
        if (t->roots[i] >= 0) waiting[n_waiting++] = t->roots[i];
    }
    while (n_waiting > 0) {
        const sdx_tree_node *const node = &t->nodes[waiting[--n_waiting]];
        n_reached++;
        for (size_t way = 0; way < 2; way++) {
            if (node->next[way] >= 0) waiting[n_waiting++] = node->next[way];
        }
    }
    if (n_reached == t->n_nodes) return NULL;
    return sdx_fail(SDX_INVALID_MODEL, "found a cycle: no root leads to %zu of %zu inner nodes",
                    t->n_nodes - n_reached, t->n_nodes);
}

static sdx_status build(table *b) {
    sdx_map roots;
    SDX_TRY(name_nodes(b));
    SDX_TRY(link_nodes(b));
    sdx_map_init(&roots, b->arena->heap);
    const sdx_status status = find_roots(b, &roots);
    sdx_map_deinit(&roots);
    SDX_TRY(status);
    SDX_TRY(take_votes(b));
    SDX_TRY(take_base(b));
    SDX_TRY(sdx_trees_check(b->t, b->arena));
    return check_reached(b);
}

sdx_status sdx_trees_from_table(const sdx_node *node, sdx_arena *arena, sdx_trees *t) {
    table b = {.node = node, .arena = arena, .t = t};
    sdx_map_init(&b.map, arena->heap);
    const sdx_status status = build(&b);
    sdx_map_deinit(&b.map);
    return status;
}

sdx_status sdx_trees_check(sdx_trees *t, sdx_arena *arena) {
    bool *reached;
    SDX_TRY(SDX_ARENA_NEW(arena, t->n_nodes + 1, &reached));
    for (size_t i = 0; i < t->n_nodes; i++) {
        const sdx_tree_node *const node = &t->nodes[i];
        if (node->feature >= t->n_features) t->n_features = (size_t)node->feature + 1;
        for (size_t way = 0; way < 2; way++) {
            const int32_t to = node->next[way];
            if (to < 0) continue;
            if (reached[to])
                return sdx_fail(SDX_INVALID_MODEL,
                                "found two ways to inner node %d, expected a tree", (int)to);
            reached[to] = true;
        }
    }
    for (size_t i = 0; i < t->n_roots; i++) {
        if (t->roots[i] >= 0 && reached[t->roots[i]])
            return sdx_fail(SDX_INVALID_MODEL,
                            "root of tree %zu: found a node that is a child, expected a root", i);
    }
    return sdx_trees_quicken(t, arena);
}
