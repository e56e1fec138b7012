/* TreeEnsemble: leaves stand apart from nodes, and a node may ask for membership in a set. */
#include <math.h>

#include "ops/ml/features.h"
#include "ops/ml/trees.h"

enum {
    AGGREGATE,
    POST,
    ROOTS,
    HITRATES,
    TRACKS_TRUE,
    MODES,
    WEIGHTS,
    TARGETS,
    FALSE_IDS,
    N_TARGETS,
    TRUE_LEAFS,
    FEATURES,
    SPLITS,
    FALSE_LEAFS,
    TRUE_IDS,
    MEMBERS
};

static const sdx_port inputs[] = {
    {.name = "X", .var = "T", .types = SDX_T_FLOATS32 | SDX_T(FLOAT16)}};
static const sdx_port outputs[] = {
    {.name = "Y", .var = "T", .types = SDX_T_FLOATS32 | SDX_T(FLOAT16)}};
static const sdx_attr_def attrs[] = {
    [AGGREGATE] = SDX_ATTR_I("aggregate_function", SDX_TREE_SUM),
    [POST] = SDX_ATTR_I("post_transform", SDX_POST_NONE),
    [ROOTS] = SDX_ATTR_REQ("tree_roots", SDX_ATTR_INTS),
    [HITRATES] = SDX_ATTR_OPT("nodes_hitrates", SDX_ATTR_TENSOR),
    [TRACKS_TRUE] = SDX_ATTR_OPT("nodes_missing_value_tracks_true", SDX_ATTR_INTS),
    [MODES] = SDX_ATTR_REQ("nodes_modes", SDX_ATTR_TENSOR),
    [WEIGHTS] = SDX_ATTR_REQ("leaf_weights", SDX_ATTR_TENSOR),
    [TARGETS] = SDX_ATTR_REQ("leaf_targetids", SDX_ATTR_INTS),
    [FALSE_IDS] = SDX_ATTR_REQ("nodes_falsenodeids", SDX_ATTR_INTS),
    [N_TARGETS] = SDX_ATTR_I("n_targets", 1),
    [TRUE_LEAFS] = SDX_ATTR_REQ("nodes_trueleafs", SDX_ATTR_INTS),
    [FEATURES] = SDX_ATTR_REQ("nodes_featureids", SDX_ATTR_INTS),
    [SPLITS] = SDX_ATTR_REQ("nodes_splits", SDX_ATTR_TENSOR),
    [FALSE_LEAFS] = SDX_ATTR_REQ("nodes_falseleafs", SDX_ATTR_INTS),
    [TRUE_IDS] = SDX_ATTR_REQ("nodes_truenodeids", SDX_ATTR_INTS),
    [MEMBERS] = SDX_ATTR_OPT("membership_values", SDX_ATTR_TENSOR),
};

/* An integer of a list, in [0, end). */
static sdx_status pick(const sdx_node *node, size_t attr, size_t i, size_t end, size_t *out) {
    const int64_t x = sdx_node_attr(node, attr)->ints[i];
    *out = (size_t)x;
    if (x >= 0 && (uint64_t)x < end) return NULL;
    return sdx_fail(SDX_INVALID_MODEL, "attribute '%s'[%zu]: found %lld, expected 0 to %lld",
                    attrs[attr].name, i, (long long)x, (long long)end - 1);
}

static sdx_status infer(sdx_infer *in) {
    const int64_t n = sdx_node_int(in->node, N_TARGETS);
    if (n < 1)
        return sdx_fail(SDX_INVALID_MODEL, "attribute 'n_targets': found %lld, expected 1 or more",
                        (long long)n);
    return sdx_features_infer(in, 0, n);
}

static sdx_status check_lengths(const sdx_node *node, size_t n) {
    static const size_t lists[] = {FALSE_IDS, TRUE_IDS, FALSE_LEAFS, TRUE_LEAFS, MODES, SPLITS};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const sdx_attr *const list = sdx_node_attr(node, lists[i]);
        const size_t found = list->kind == SDX_ATTR_TENSOR ? list->tensor->len : list->n;
        if (found != n)
            return sdx_fail(SDX_INVALID_MODEL, "attribute '%s': found %zu values, expected %zu",
                            attrs[lists[i]].name, found, n);
    }
    return NULL;
}

static sdx_status place_of(const sdx_node *node, const sdx_trees *t, size_t ids, size_t leafs,
                           size_t i, int32_t *place) {
    const bool leaf = sdx_node_attr(node, leafs)->ints[i] != 0;
    size_t id;
    SDX_TRY(pick(node, ids, i, leaf ? t->n_leaves : t->n_nodes, &id));
    *place = leaf ? -1 - (int32_t)id : (int32_t)id;
    return NULL;
}

/* The next set of members, which ends at a NaN or where there are no more. */
static sdx_status take_set(const sdx_trees *t, size_t *at, sdx_tree_node *flat) {
    size_t n = 0;
    if (*at >= t->n_members)
        return sdx_fail(SDX_INVALID_MODEL, "attribute 'membership_values': found fewer sets than "
                                           "nodes of mode BRANCH_MEMBER");
    while (*at + n < t->n_members && !isnan(t->members[*at + n])) {
        n++;
    }
    flat->set.first = (uint32_t)*at;
    flat->set.n = (uint32_t)n;
    *at += n + 1;
    return NULL;
}

static sdx_status take_node(const sdx_node *node, sdx_trees *t, size_t i, size_t *member) {
    static const uint8_t modes[] = {SDX_TREE_LESS | SDX_TREE_EQUAL,
                                    SDX_TREE_LESS,
                                    SDX_TREE_GREATER | SDX_TREE_EQUAL,
                                    SDX_TREE_GREATER,
                                    SDX_TREE_EQUAL,
                                    SDX_TREE_LESS | SDX_TREE_GREATER,
                                    SDX_TREE_MEMBER};
    const sdx_attr *const tracks = sdx_node_attr(node, TRACKS_TRUE);
    const int64_t mode = sdx_view_int(sdx_node_attr(node, MODES)->tensor, i);
    sdx_tree_node *const flat = &t->nodes[i];
    size_t feature;
    if (mode < 0 || (uint64_t)mode >= sizeof modes)
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'nodes_modes'[%zu]: found %lld, expected 0 to 6", i,
                        (long long)mode);
    SDX_TRY(pick(node, FEATURES, i, UINT32_MAX, &feature));
    flat->taken = modes[mode];
    flat->feature = (uint32_t)feature;
    flat->threshold = sdx_view_double(sdx_node_attr(node, SPLITS)->tensor, i);
    if (flat->taken == SDX_TREE_MEMBER) SDX_TRY(take_set(t, member, flat));
    if (tracks->kind == SDX_ATTR_INTS && i < tracks->n && tracks->ints[i] != 0)
        flat->taken |= SDX_TREE_NAN;
    SDX_TRY(place_of(node, t, FALSE_IDS, FALSE_LEAFS, i, &flat->next[0]));
    return place_of(node, t, TRUE_IDS, TRUE_LEAFS, i, &flat->next[1]);
}

static sdx_status take_nodes(const sdx_node *node, sdx_arena *arena, sdx_trees *t) {
    const sdx_attr *const members = sdx_node_attr(node, MEMBERS);
    size_t member = 0;
    t->n_nodes = sdx_node_attr(node, FEATURES)->n;
    SDX_TRY(check_lengths(node, t->n_nodes));
    if (members->kind == SDX_ATTR_TENSOR) t->n_members = members->tensor->len;
    if (t->n_nodes >= INT32_MAX || t->n_leaves >= INT32_MAX || t->n_members >= UINT32_MAX)
        return sdx_fail(SDX_LIMIT, "found %zu nodes and %zu leaves, expected fewer than 2^31",
                        t->n_nodes, t->n_leaves);
    SDX_TRY(SDX_ARENA_NEW(arena, t->n_members + 1, &t->members));
    for (size_t i = 0; i < t->n_members; i++) {
        t->members[i] = sdx_view_double(members->tensor, i);
    }
    SDX_TRY(SDX_ARENA_NEW(arena, t->n_nodes + 1, &t->nodes));
    for (size_t i = 0; i < t->n_nodes; i++) {
        SDX_TRY(take_node(node, t, i, &member));
    }
    return NULL;
}

static sdx_status take_leaves(const sdx_node *node, sdx_arena *arena, sdx_trees *t) {
    const sdx_view *const weights = sdx_node_attr(node, WEIGHTS)->tensor;
    t->n_leaves = t->n_votes = sdx_node_attr(node, TARGETS)->n;
    if (weights->len != t->n_leaves)
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'leaf_weights': found %zu values, expected %zu", weights->len,
                        t->n_leaves);
    SDX_TRY(SDX_ARENA_NEW(arena, t->n_leaves + 1, &t->votes));
    SDX_TRY(SDX_ARENA_NEW(arena, t->n_leaves + 1, &t->first_vote));
    for (size_t l = 0; l < t->n_leaves; l++) {
        t->votes[l].weight = sdx_view_double(weights, l);
        t->first_vote[l + 1] = l + 1;
        SDX_TRY(pick(node, TARGETS, l, t->n_targets, &t->votes[l].target));
    }
    return NULL;
}

static sdx_status take_roots(const sdx_node *node, sdx_arena *arena, sdx_trees *t) {
    t->n_roots = sdx_node_attr(node, ROOTS)->n;
    SDX_TRY(SDX_ARENA_NEW(arena, t->n_roots + 1, &t->roots));
    for (size_t i = 0; i < t->n_roots; i++) {
        size_t root;
        SDX_TRY(pick(node, ROOTS, i, t->n_nodes, &root));
        t->roots[i] = (int32_t)root;
    }
    return NULL;
}

static sdx_status prepare(sdx_prepare *p) {
    const sdx_node *const node = p->node;
    const int64_t aggregate = sdx_node_int(node, AGGREGATE), post = sdx_node_int(node, POST);
    sdx_trees *t;
    if (aggregate < SDX_TREE_AVERAGE || aggregate > SDX_TREE_MAX)
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'aggregate_function': found %lld, expected 0 to 3",
                        (long long)aggregate);
    if (post < SDX_POST_NONE || post > SDX_POST_PROBIT)
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'post_transform': found %lld, expected 0 to 4", (long long)post);
    SDX_TRY(SDX_ARENA_NEW(p->arena, 1, &t));
    t->n_targets = (size_t)sdx_node_int(node, N_TARGETS);
    t->aggregate = (sdx_tree_aggregate)aggregate;
    t->post = (sdx_post_transform)post;
    SDX_TRY(take_leaves(node, p->arena, t));
    SDX_TRY(take_nodes(node, p->arena, t));
    SDX_TRY(take_roots(node, p->arena, t));
    p->prepared = t;
    return sdx_trees_check(t, p->arena);
}

static void finish(void *arg, size_t r, double *scores, const uint8_t *voted) {
    const sdx_call *const c = arg;
    const sdx_trees *const t = c->prepared;
    sdx_view *const y = c->out[0];
    (void)voted;
    sdx_post_transform_apply(t->post, scores, t->n_targets);
    for (size_t k = 0; k < t->n_targets; k++) {
        if (y->dtype == SDX_FLOAT64)
            ((double *)y->data)[r * t->n_targets + k] = scores[k];
        else
            ((float *)y->data)[r * t->n_targets + k] = (float)scores[k];
    }
}

static sdx_status run(const sdx_call *c) {
    return sdx_trees_run(c, c->prepared, finish, (void *)(uintptr_t)c);
}

const sdx_op sdx_op_tree_ensemble = {
    .name = "TreeEnsemble",
    .domain = "ai.onnx.ml",
    .since = 5,
    .newest = 5,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_WIDEN,
    .infer = infer,
    .prepare = prepare,
    .run = run,
};
