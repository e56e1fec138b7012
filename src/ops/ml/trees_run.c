/* Walking an ensemble: a block of rows through one tree after the other, so that a tree is in the
 * cache for the block; quickly (trees_quick.c) where trees and rows allow it. Features that are
 * float32 or integers are compared as float32 numbers, float64 ones as they are; votes are added up
 * as float64 in the order of the trees. */
#include <string.h>

#include "ops/ml/features.h"
#include "ops/ml/trees.h"

enum { BLOCK = 64 };

static size_t is_member(const sdx_trees *t, const sdx_tree_node *node, double x) {
    for (uint32_t i = 0; i < node->set.n; i++) {
        if (t->members[node->set.first + i] == x) return 1;
    }
    return 0;
}

/* ONNX: TreeEnsemble-5 nodes_missing_value_tracks_true: where NaN goes, whatever the mode. */
static inline size_t is_true(const sdx_trees *t, const sdx_tree_node *node, double x) {
    if (x != x) return (node->taken & SDX_TREE_NAN) != 0;
    if (node->taken & SDX_TREE_MEMBER) return is_member(t, node, x);
    const unsigned how = (x < node->threshold ? SDX_TREE_LESS : 0u) |
                         (x == node->threshold ? SDX_TREE_EQUAL : 0u) |
                         (x > node->threshold ? SDX_TREE_GREATER : 0u);
    return (node->taken & how) != 0;
}

#define T float
#define VALUE(x) (double)(x)
#define NAME walk_f32
#include "ops/ml/trees_walk_tmpl.h"

#define T double
#define VALUE(x) (x)
#define NAME walk_f64
#include "ops/ml/trees_walk_tmpl.h"

#define T int32_t
#define VALUE(x) (double)(float)(x)
#define NAME walk_i32
#include "ops/ml/trees_walk_tmpl.h"

#define T int64_t
#define VALUE(x) (double)(float)(x)
#define NAME walk_i64
#include "ops/ml/trees_walk_tmpl.h"

typedef void walk_fn(const sdx_trees *t, int32_t root, const void *rows, size_t stride, size_t n,
                     int32_t *leaves);

static walk_fn *walk_of(sdx_dtype dtype) {
    return dtype == SDX_FLOAT32   ? walk_f32
           : dtype == SDX_FLOAT64 ? walk_f64
           : dtype == SDX_INT32   ? walk_i32
                                  : walk_i64;
}

typedef struct walk_job {
    const sdx_trees *t;
    const sdx_view *x;
    walk_fn *walk;
    size_t rows, features;
    double *scores; /* BLOCK * n_targets for each lane */
    uint8_t *voted; /* as many */
    int32_t *keys;  /* BLOCK * (n_features + 1) for each lane; NULL where no walk is quick */
    sdx_trees_finish_fn *finish;
    void *arg;
} walk_job;

static void count_votes(const sdx_trees *t, int32_t leaf, double *scores, uint8_t *voted) {
    const size_t l = (size_t)(-1 - leaf);
    for (size_t v = t->first_vote[l]; v < t->first_vote[l + 1]; v++) {
        const sdx_tree_vote vote = t->votes[v];
        double *const score = &scores[vote.target];
        if (!voted[vote.target])
            *score = vote.weight;
        else if (t->aggregate == SDX_TREE_MIN)
            *score = vote.weight < *score ? vote.weight : *score;
        else if (t->aggregate == SDX_TREE_MAX)
            *score = vote.weight > *score ? vote.weight : *score;
        else
            *score += vote.weight;
        voted[vote.target] = 1;
    }
}

/* The scores and marks of n rows of a block; all zero at first. */
typedef struct block {
    const walk_job *j;
    const char *rows;
    size_t n;
    double *scores;
    uint8_t *voted;
    int32_t *keys; /* of the quick walk: BLOCK rows; NULL where there is none */
} block;

static void walk_plainly(const block *b) {
    const sdx_trees *const t = b->j->t;
    int32_t leaves[BLOCK];
    for (size_t i = 0; i < t->n_roots; i++) {
        b->j->walk(t, t->roots[i], b->rows, b->j->features, b->n, leaves);
        for (size_t r = 0; r < b->n; r++) {
            count_votes(t, leaves[r], b->scores + r * t->n_targets, b->voted + r * t->n_targets);
        }
    }
}

/* The vote of a leaf of the quick walk for row r. */
static inline void vote(const block *b, size_t r, int32_t leaf) {
    const sdx_trees *const t = b->j->t;
    if (t->weighed) {
        float weight;
        memcpy(&weight, &leaf, sizeof weight);
        b->scores[r] += (double)weight;
    } else {
        count_votes(t, -1 - leaf, b->scores + r * t->n_targets, b->voted + r * t->n_targets);
    }
}

/* Several rows through a tree at once; what is left of them, each through several trees at once.
 * Either way a row gets its votes in the order of the trees. */
static void walk_quickly(const block *b) {
    const sdx_trees *const t = b->j->t;
    const size_t together = b->n - b->n % SDX_TREE_LANES, n_keys = t->n_features + 1;
    int32_t leaves[SDX_TREE_LANES];
    for (size_t r = 0; r < b->n && t->weighed; r++) {
        b->scores[r] = -0.0; /* what changes no number that is added */
        b->voted[r] = 1;
    }
    for (size_t i = 0; i < t->n_roots; i++) {
        for (size_t r = 0; r < together; r += SDX_TREE_LANES) {
            sdx_trees_walk_rows(t, i, b->keys + r * n_keys, leaves);
            for (size_t k = 0; k < SDX_TREE_LANES; k++) {
                vote(b, r + k, leaves[k]);
            }
        }
    }
    for (size_t r = together; r < b->n; r++) {
        for (size_t i = 0; i < t->n_roots; i += SDX_TREE_LANES) {
            const size_t n = t->n_roots - i < SDX_TREE_LANES ? t->n_roots - i : SDX_TREE_LANES;
            sdx_trees_walk_trees(t, i, n, b->keys + r * n_keys, leaves);
            for (size_t k = 0; k < n; k++) {
                vote(b, r, leaves[k]);
            }
        }
    }
}

static bool take_rows(const block *b) {
    const sdx_dtype dtype = b->j->x->dtype;
    const size_t size = sdx_dtype_size(dtype) * b->j->features;
    if (b->keys == NULL) return false;
    for (size_t r = 0; r < b->n; r++) {
        if (!sdx_trees_take_row(b->j->t, dtype, b->rows + r * size,
                                b->keys + r * (b->j->t->n_features + 1)))
            return false;
    }
    return true;
}

static void walk_blocks(void *arg, size_t begin, size_t end, unsigned lane) {
    const walk_job *const j = arg;
    const sdx_trees *const t = j->t;
    const size_t size = sdx_dtype_size(j->x->dtype) * j->features;
    block b = {.j = j,
               .scores = j->scores + lane * BLOCK * t->n_targets,
               .voted = j->voted + lane * BLOCK * t->n_targets,
               .keys = j->keys == NULL ? NULL : j->keys + lane * BLOCK * (t->n_features + 1)};
    for (size_t i = begin; i < end; i++) {
        const size_t first = i * BLOCK;
        b.rows = (const char *)j->x->data + first * size;
        b.n = j->rows - first < BLOCK ? j->rows - first : BLOCK;
        memset(b.scores, 0, b.n * t->n_targets * sizeof *b.scores);
        memset(b.voted, 0, b.n * t->n_targets);
        if (take_rows(&b))
            walk_quickly(&b);
        else
            walk_plainly(&b);
        for (size_t r = 0; r < b.n; r++) {
            double *const row = b.scores + r * t->n_targets;
            for (size_t k = 0; k < t->n_targets && t->aggregate == SDX_TREE_AVERAGE; k++) {
                row[k] /= (double)t->n_roots;
            }
            j->finish(j->arg, first + r, row, b.voted + r * t->n_targets);
        }
    }
}

sdx_status sdx_trees_run(const sdx_call *c, const sdx_trees *t, sdx_trees_finish_fn *finish,
                         void *arg) {
    const sdx_view *const x = c->in[0];
    walk_job j = {.t = t,
                  .x = x,
                  .walk = walk_of(x->dtype),
                  .rows = sdx_features_rows(x),
                  .features = sdx_features_count(x),
                  .finish = finish,
                  .arg = arg};
    if (j.features < t->n_features)
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "input 'X': found %zu features, expected at least %zu as the trees ask for",
                        j.features, t->n_features);
    size_t n, n_keys, key_bytes, bytes;
    if (!sdx_mul_size((size_t)c->lanes * BLOCK, t->n_targets, &n) ||
        !sdx_mul_size(n, sizeof *j.scores + 1, &bytes) ||
        !sdx_mul_size((size_t)c->lanes * BLOCK, sdx_trees_keys(t, x->dtype), &n_keys) ||
        !sdx_mul_size(n_keys, sizeof *j.keys, &key_bytes) ||
        !sdx_add_size(bytes + 1, key_bytes, &bytes))
        return sdx_fail(SDX_LIMIT, "found %zu targets, more than can be addressed", t->n_targets);
    SDX_TRY(sdx_call_scratch(c, bytes, (void **)&j.scores));
    if (n_keys > 0) j.keys = (int32_t *)(j.scores + n);
    j.voted = (uint8_t *)(j.scores + n) + key_bytes;
    const size_t blocks = j.rows / BLOCK + (j.rows % BLOCK != 0);
    sdx_call_for(c, blocks, sdx_grain(BLOCK * (t->n_roots * 16 + 1)), walk_blocks, &j);
    return NULL;
}
