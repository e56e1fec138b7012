/* Ensembles of decision trees in a flat form, and walking them.
 *
 * A place is a number: node i is i, leaf l is -1 - l. Each node sends a row to one of two places; a
 * leaf has votes, weights for targets. The form is checked completely when it is made (each node
 * has at most one way to it, roots none), so that a walk always ends. Immutable. */
#ifndef SDX_OPS_ML_TREES_H
#define SDX_OPS_ML_TREES_H

#include "ops/call.h"
#include "ops/ml/scores.h"

/* How a feature may stand to the threshold: bits of `taken` say which lead to the true branch. */
enum {
    SDX_TREE_LESS = 1,
    SDX_TREE_EQUAL = 2,
    SDX_TREE_GREATER = 4,
    SDX_TREE_NAN = 8,
    SDX_TREE_MEMBER = 16 /* instead of a threshold: is the feature one of a set? */
};

typedef struct sdx_tree_node {
    union {
        double threshold;
        struct {
            uint32_t first, n; /* of `members` */
        } set;
    };
    uint32_t feature;
    int32_t next[2]; /* places: false, true */
    uint8_t taken;
} sdx_tree_node;

typedef struct sdx_tree_vote {
    double weight;
    size_t target;
} sdx_tree_vote;

/* A node or leaf of the quick walk (trees_quick.c): `key` of the threshold, or of a leaf its
 * number, or its weight, a float32; `link`: the feature above, the step of the first child below
 * link_bits. */
typedef struct sdx_tree_step {
    int32_t key;
    uint32_t link;
} sdx_tree_step;

typedef struct sdx_tree_start {
    uint32_t first; /* step of the root */
    uint32_t depth; /* levels below it */
} sdx_tree_start;

typedef enum sdx_tree_aggregate {
    SDX_TREE_AVERAGE,
    SDX_TREE_SUM,
    SDX_TREE_MIN,
    SDX_TREE_MAX
} sdx_tree_aggregate;

typedef struct sdx_trees {
    sdx_tree_node *nodes;
    int32_t *roots; /* places: a tree may be a single leaf */
    sdx_tree_vote *votes;
    size_t *first_vote; /* n_leaves + 1: votes of leaf l are [first_vote[l], first_vote[l + 1]) */
    double *members, *base;
    size_t n_nodes, n_roots, n_leaves, n_votes, n_members, n_base;
    size_t n_targets;
    size_t n_features; /* a row must have at least as many */
    sdx_tree_aggregate aggregate;
    sdx_post_transform post;
    /* for the quick walk: */
    sdx_tree_step *steps;   /* NULL where the ensemble has no quick walk */
    sdx_tree_start *starts; /* n_roots */
    unsigned link_bits;
    bool weighed;   /* each leaf has one vote for the one target, and says its weight itself */
    bool takes_nan; /* NaN goes where it should without being looked at */
} sdx_trees;

/* The attributes of ai.onnx.ml TreeEnsembleRegressor and -Classifier that are alike, in the order
 * of their tables; others follow. */
enum {
    SDX_TREE_NODE_IDS,
    SDX_TREE_TREE_IDS,
    SDX_TREE_FEATURE_IDS,
    SDX_TREE_MODES,
    SDX_TREE_VALUES,
    SDX_TREE_VALUES_T,
    SDX_TREE_TRUE_IDS,
    SDX_TREE_FALSE_IDS,
    SDX_TREE_TRACKS_TRUE,
    SDX_TREE_HITRATES,
    SDX_TREE_HITRATES_T,
    SDX_TREE_VOTE_TREE_IDS,
    SDX_TREE_VOTE_NODE_IDS,
    SDX_TREE_VOTE_IDS,
    SDX_TREE_VOTE_WEIGHTS,
    SDX_TREE_VOTE_WEIGHTS_T,
    SDX_TREE_BASE,
    SDX_TREE_BASE_T,
    SDX_TREE_POST,
    SDX_TREE_N_ALIKE
};

/* Their rows of the table; votes are called "target" or "class". */
#define SDX_TREE_ATTRS(vote)                                                                 \
    [SDX_TREE_NODE_IDS] = SDX_ATTR_OPT("nodes_nodeids", SDX_ATTR_INTS),                      \
    [SDX_TREE_TREE_IDS] = SDX_ATTR_OPT("nodes_treeids", SDX_ATTR_INTS),                      \
    [SDX_TREE_FEATURE_IDS] = SDX_ATTR_OPT("nodes_featureids", SDX_ATTR_INTS),                \
    [SDX_TREE_MODES] = SDX_ATTR_OPT("nodes_modes", SDX_ATTR_STRINGS),                        \
    [SDX_TREE_VALUES] = SDX_ATTR_OPT("nodes_values", SDX_ATTR_FLOATS),                       \
    [SDX_TREE_VALUES_T] = SDX_ATTR_OPT("nodes_values_as_tensor", SDX_ATTR_TENSOR),           \
    [SDX_TREE_TRUE_IDS] = SDX_ATTR_OPT("nodes_truenodeids", SDX_ATTR_INTS),                  \
    [SDX_TREE_FALSE_IDS] = SDX_ATTR_OPT("nodes_falsenodeids", SDX_ATTR_INTS),                \
    [SDX_TREE_TRACKS_TRUE] = SDX_ATTR_OPT("nodes_missing_value_tracks_true", SDX_ATTR_INTS), \
    [SDX_TREE_HITRATES] = SDX_ATTR_OPT("nodes_hitrates", SDX_ATTR_FLOATS),                   \
    [SDX_TREE_HITRATES_T] = SDX_ATTR_OPT("nodes_hitrates_as_tensor", SDX_ATTR_TENSOR),       \
    [SDX_TREE_VOTE_TREE_IDS] = SDX_ATTR_OPT(vote "_treeids", SDX_ATTR_INTS),                 \
    [SDX_TREE_VOTE_NODE_IDS] = SDX_ATTR_OPT(vote "_nodeids", SDX_ATTR_INTS),                 \
    [SDX_TREE_VOTE_IDS] = SDX_ATTR_OPT(vote "_ids", SDX_ATTR_INTS),                          \
    [SDX_TREE_VOTE_WEIGHTS] = SDX_ATTR_OPT(vote "_weights", SDX_ATTR_FLOATS),                \
    [SDX_TREE_VOTE_WEIGHTS_T] = SDX_ATTR_OPT(vote "_weights_as_tensor", SDX_ATTR_TENSOR),    \
    [SDX_TREE_BASE] = SDX_ATTR_OPT("base_values", SDX_ATTR_FLOATS),                          \
    [SDX_TREE_BASE_T] = SDX_ATTR_OPT("base_values_as_tensor", SDX_ATTR_TENSOR),              \
    [SDX_TREE_POST] = SDX_ATTR_S("post_transform", "NONE")

/* The flat form of a node whose attributes begin as above; n_targets and aggregate are set. */
sdx_status sdx_trees_from_table(const sdx_node *node, sdx_arena *arena, sdx_trees *t) SDX_NODISCARD;
/* Checks the places, counts the features and makes the quick form: what any builder ends with. */
sdx_status sdx_trees_check(sdx_trees *t, sdx_arena *arena) SDX_NODISCARD;

/* Numbers of an attribute that is a list of floats, or a tensor in its stead. */
typedef struct sdx_tree_numbers {
    const float *floats;
    const sdx_view *tensor;
    size_t n;
} sdx_tree_numbers;
sdx_tree_numbers sdx_tree_numbers_of(const sdx_node *node, size_t list, size_t tensor);
static inline double sdx_tree_number(const sdx_tree_numbers *numbers, size_t i) {
    return numbers->floats != NULL ? (double)numbers->floats[i]
                                   : sdx_view_double(numbers->tensor, i);
}

/* Rows of X (float32, float64, int32 or int64, [n, f] or [f]) are walked in blocks: `finish` gets
 * the n_targets scores of row r, and which of them had a vote (others are 0). */
typedef void sdx_trees_finish_fn(void *arg, size_t r, double *scores, const uint8_t *voted);
sdx_status sdx_trees_run(const sdx_call *c, const sdx_trees *t, sdx_trees_finish_fn *finish,
                         void *arg) SDX_NODISCARD;

/* ---- the quick walk: trees_quick.c ---- */

enum { SDX_TREE_LANES = 8 }; /* walks that advance together */

/* Makes `steps` where the ensemble allows it; its places have been checked. */
sdx_status sdx_trees_quicken(sdx_trees *t, sdx_arena *arena) SDX_NODISCARD;
/* Keys of a row of features of this type; 0 where there is no quick walk. */
size_t sdx_trees_keys(const sdx_trees *t, sdx_dtype dtype);
/* Writes the keys of a row; false where it has a NaN that the quick walk would send elsewhere. */
bool sdx_trees_take_row(const sdx_trees *t, sdx_dtype dtype, const void *row, int32_t *keys);
/* The keys of the leaves that SDX_TREE_LANES walks lead to: of as many rows, whose keys follow each
 * other, through one tree; of one row through `n` trees from `tree` on. */
void sdx_trees_walk_rows(const sdx_trees *t, size_t tree, const int32_t *keys, int32_t *leaves);
void sdx_trees_walk_trees(const sdx_trees *t, size_t tree, size_t n, const int32_t *keys,
                          int32_t *leaves);

#endif
