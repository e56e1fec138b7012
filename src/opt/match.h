/* Patterns: what a rule looks for, as text.
 *
 *     "Mul(x, Sigmoid(x))"        the root is a Mul; both x are one value
 *     "Add(ReduceMean(x, ?), e)"  ?: any input, an absent one too
 *     "Mul(Add(Erf(x), 1), 0.5)"  numbers: a constant of one element that is this number
 *
 * Names with a capital are operators of ai.onnx, single small letters are values. Add and Mul match
 * in either order. What is matched below the root is for the root alone: values inside that
 * somebody else reads, or that leave the graph, are no match. */
#ifndef SDX_OPT_MATCH_H
#define SDX_OPT_MATCH_H

#include "opt/opt.h"

enum { SDX_MATCH_NODES = 24, SDX_MATCH_LETTERS = 26 };

typedef struct sdx_match {
    sdx_node
        *nodes[SDX_MATCH_NODES]; /* in the order in which the text names them; the root is first */
    size_t n_nodes;
    sdx_gvalue *values[SDX_MATCH_LETTERS];
} sdx_match;

/* Whether the pattern fits with `root` at its top. */
bool sdx_match_root(const char *pattern, sdx_node *root, sdx_match *match);

/* What the letter stands for; NULL where the pattern does not have it. */
static inline sdx_gvalue *sdx_match_value(const sdx_match *match, char letter) {
    return match->values[letter - 'a'];
}

/* Whether the root's result has the type of the letter, one of `types`, and its shape. */
bool sdx_match_maps(const sdx_match *match, char letter, uint64_t types);

/* A node of an operator of this build ("" is ai.onnx) in the place of what was matched: it makes
 * the root's first output and carries the origins. Attributes are the caller's to set; the driver
 * settles it. */
sdx_status sdx_match_replace(sdx_rewrite *r, const sdx_match *match, const char *domain,
                             const char *op, sdx_gvalue *const *inputs, size_t n_inputs,
                             sdx_node **out) SDX_NODISCARD;

/* A spelling of something, and what it becomes. */
typedef struct sdx_spelling {
    const char *pattern;
    /* Replaces what was matched; leaves it where more than the pattern is needed and not there. */
    sdx_status (*make)(sdx_rewrite *r, const sdx_match *match, const void *detail);
    const void *detail; /* the rule's own, passed to make */
} sdx_spelling;

/* Each form at each node of the graph; spellings that contain others come before them. */
sdx_status sdx_match_spellings(sdx_rewrite *r, sdx_graph *graph, const sdx_spelling *spellings,
                               size_t n) SDX_NODISCARD;

/* Whether a node is `name` of ai.onnx in its newest meaning. */
bool sdx_is_op(const sdx_node *node, const char *name);
/* The number that a constant of one element holds; false where `value` is something else. */
bool sdx_constant_number(const sdx_gvalue *value, double *out);

#endif
