/* Inference: types and shapes of a node's outputs from what is known of its inputs.
 *
 * The same hook runs while loading (dims are symbols, few contents known) and while binding or
 * running (dims == NULL, dims are numbers, contents of constants and of values computed from shapes
 * are there). When something is missing a hook says what it does know and leaves the rest unknown:
 * an output whose rank stays -1 or that has a SDX_DIM_UNKNOWN is bound later, when all inputs have
 * been computed; then every input has a view and only SDX_OP_DATA_SHAPE operators may still not
 * know. Errors are for what can never be right.
 *
 * The type of each output is filled in before the hook where a type variable gives it; the hook
 * sets the others. */
#ifndef SDX_OPS_INFER_H
#define SDX_OPS_INFER_H

#include "ops/op.h"

/* What is known of one input or output. */
typedef struct sdx_fact {
    const sdx_type *type; /* NULL: not known */
    int rank;             /* -1: not known */
    sdx_dim *dims; /* rank of them; an input's must not be changed; an output's has SDX_MAX_RANK
                      places */
    const sdx_view *view; /* an input's elements, when they can be read now; else NULL */
    const sdx_dim *ints; /* elements of a small integer tensor as dims (of an output: to be set with
                            sdx_infer_set_ints); NULL: not known */
    size_t n_ints;
} sdx_fact;

struct sdx_infer {
    const sdx_node *node;
    sdx_dims *dims;   /* NULL: all numbers */
    sdx_arena *arena; /* for ints while loading; NULL when binding */
    size_t n_in, n_out;
    const sdx_fact *in; /* n_in; absent inputs have type NULL and `present` false */
    const bool *present;
    sdx_fact *out; /* n_out; outputs that nobody wants are there too */
    /* For control flow while loading: infers `graph` with these facts of its inputs (NULL: as
     * declared); NULL when binding. */
    sdx_status (*graph)(struct sdx_infer *in, sdx_graph *graph, const sdx_fact *inputs, size_t n);
};

static inline bool sdx_infer_has(const sdx_infer *in, size_t i) {
    return i < in->n_in && in->present[i];
}
static inline bool sdx_infer_ranked(const sdx_infer *in, size_t i) {
    return sdx_infer_has(in, i) && in->in[i].rank >= 0;
}
sdx_dtype sdx_infer_dtype(const sdx_infer *in,
                          size_t i); /* element type of a tensor input; SDX_UNDEFINED: not known */

/* Output `k` has this type (tensor of dtype). */
void sdx_infer_set_dtype(sdx_infer *in, size_t k, sdx_dtype dtype);
/* Output `k` has this shape; numbers are checked (not negative, product of elements). k beyond
 * n_out is ignored. */
sdx_status sdx_infer_set_shape(sdx_infer *in, size_t k, size_t rank, const sdx_dim *dims)
    SDX_NODISCARD;
/* Output `k` has `rank` dims, not known yet (fresh symbols while loading): its step is bound once
 * all elements of its inputs are there, which the hook then checks. */
sdx_status sdx_infer_set_rank(sdx_infer *in, size_t k, size_t rank) SDX_NODISCARD;
/* Output k has type and shape of input i. */
sdx_status sdx_infer_same(sdx_infer *in, size_t k, size_t i) SDX_NODISCARD;
/* Elements of output `k`, an int32/int64 tensor of rank 0 or 1: for shape arithmetic while loading;
 * ignored when binding. */
sdx_status sdx_infer_set_ints(sdx_infer *in, size_t k, const sdx_dim *ints, size_t n) SDX_NODISCARD;
/* Output k has the elements of input i, as far as they are known: for hooks that only move them. */
sdx_status sdx_infer_same_ints(sdx_infer *in, size_t k, size_t i) SDX_NODISCARD;

/* Elements of integer input i (any integer type), at most `cap` of them. Returns false when they
 * are not known (or more than cap: *n tells). */
bool sdx_infer_ints(const sdx_infer *in, size_t i, sdx_dim *ints, size_t cap, size_t *n);
/* The single element of integer input `i`; SDX_DIM_UNKNOWN when it is not known. Error when there
 * is another number of elements, which the shape alone may tell. */
sdx_status sdx_infer_scalar(const sdx_infer *in, size_t i, sdx_dim *out) SDX_NODISCARD;
/* The numbers among `n` elements of input i are sizes, 0 or more. The error names the position. */
sdx_status sdx_infer_want_sizes(const sdx_infer *in, size_t i, const sdx_dim *ints, size_t n)
    SDX_NODISCARD;

/* Multidirectional (NumPy) broadcast of inputs [from, to) into output `k`. Error SDX_SHAPE_MISMATCH
 * names the two shapes. */
sdx_status sdx_infer_broadcast(sdx_infer *in, size_t from, size_t to, size_t k) SDX_NODISCARD;
/* Broadcast of two dims: equal, or one of them 1. SDX_DIM_UNKNOWN when that cannot be decided.
 * False when they cannot fit. */
bool sdx_dim_broadcast(sdx_dims *dims, sdx_dim a, sdx_dim b, sdx_dim *out);
/* An axis attribute against input i's rank. */
sdx_status sdx_infer_axis(const sdx_infer *in, size_t i, int64_t axis, const char *what,
                          size_t *out) SDX_NODISCARD;
/* Requires input `i` to have rank `rank`, when it is known. */
sdx_status sdx_infer_want_rank(const sdx_infer *in, size_t i, int rank) SDX_NODISCARD;
/* "[batch,3,224]" of input i into buf; returns buf. */
const char *sdx_infer_shape_text(const sdx_infer *in, size_t i, char *buf, size_t size);

/* Ready hooks: output 0 has type and shape of input 0; broadcast of all inputs to output 0; the
 * rank of input 0 with dims not known. */
sdx_status sdx_infer_like_first(sdx_infer *in) SDX_NODISCARD;
sdx_status sdx_infer_broadcast_all(sdx_infer *in) SDX_NODISCARD;

/* ---- shapes that do not fit */

/* Known to differ. */
static inline bool sdx_dims_differ(sdx_dim a, sdx_dim b) {
    return sdx_dim_is_number(a) && sdx_dim_is_number(b) && a != b;
}

/* "input 'K' has shape [...], expected ..." */
sdx_status sdx_wrong_shape(const sdx_infer *in, size_t input, const char *expected) SDX_NODISCARD;

/* Requires input `input`, where it is known, to have these dims; -1 is anything. */
sdx_status sdx_want_shape(const sdx_infer *in, size_t input, size_t rank, const sdx_dim *want,
                          const char *expected) SDX_NODISCARD;

#endif
