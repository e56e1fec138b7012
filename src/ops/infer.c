/* What inference hooks are written with. */
#include "ops/infer.h"

enum { TEXT = 160 };

static const char *input_name(const sdx_infer *in, size_t i) {
    const sdx_port *port = sdx_op_input_port(in->node->op, i);
    return port ? port->name : "?";
}

sdx_dtype sdx_infer_dtype(const sdx_infer *in, size_t i) {
    if (!sdx_infer_has(in, i)) return SDX_UNDEFINED;
    const sdx_type *type = in->in[i].type;
    return type && type->kind == SDX_TENSOR ? type->dtype : SDX_UNDEFINED;
}

const char *sdx_infer_shape_text(const sdx_infer *in, size_t i, char *buf, size_t size) {
    if (sdx_infer_ranked(in, i))
        return sdx_dims_text(in->dims, (size_t)in->in[i].rank, in->in[i].dims, buf, size);
    return sdx_dims_text(in->dims, 1, &(const sdx_dim){SDX_DIM_UNKNOWN}, buf, size);
}

/* ---- setting outputs */

void sdx_infer_set_dtype(sdx_infer *in, size_t k, sdx_dtype dtype) {
    if (k < in->n_out && dtype != SDX_UNDEFINED) in->out[k].type = sdx_type_tensor(dtype);
}

sdx_status sdx_infer_set_shape(sdx_infer *in, size_t k, size_t rank, const sdx_dim *dims) {
    if (rank > SDX_MAX_RANK)
        return sdx_fail(SDX_LIMIT, "output has %zu dimensions, expected at most %d", rank,
                        SDX_MAX_RANK);
    if (k >= in->n_out) return NULL;
    int64_t len = 1;
    bool empty = false;
    for (size_t i = 0; i < rank; i++) {
        if (!sdx_dim_is_number(dims[i])) continue;
        if (dims[i] < 0)
            return sdx_fail(SDX_SHAPE_MISMATCH,
                            "output has dimension %lld at axis %zu, expected 0 or more; check the "
                            "shapes and attributes it follows from",
                            (long long)dims[i], i);
        empty = empty || dims[i] == 0;
    }
    for (size_t i = 0; i < rank && !empty; i++) {
        if (sdx_dim_is_number(dims[i]) && (!sdx_mul_i64(len, dims[i], &len) || len >= SDX_DIM_MAX))
            return sdx_fail(SDX_LIMIT, "output has more than 2^62 elements; check the shapes and "
                                       "attributes it follows from");
    }
    for (size_t i = 0; i < rank; i++)
        in->out[k].dims[i] = dims[i] == SDX_DIM_UNKNOWN ? sdx_dim_fresh(in->dims) : dims[i];
    in->out[k].rank = (int)rank;
    return NULL;
}

sdx_status sdx_infer_set_rank(sdx_infer *in, size_t k, size_t rank) {
    /* No dim would tell that this scalar is not known yet: the hook wants to see elements first. */
    if (rank == 0 && in->dims == NULL) return NULL;
    sdx_dim dims[SDX_MAX_RANK];
    for (size_t i = 0; i < SDX_MAX_RANK; i++)
        dims[i] = SDX_DIM_UNKNOWN;
    return sdx_infer_set_shape(in, k, rank, dims);
}

sdx_status sdx_infer_same(sdx_infer *in, size_t k, size_t i) {
    if (k >= in->n_out || !sdx_infer_has(in, i)) return NULL;
    if (in->in[i].type) in->out[k].type = in->in[i].type;
    if (in->in[i].rank < 0) return NULL;
    return sdx_infer_set_shape(in, k, (size_t)in->in[i].rank, in->in[i].dims);
}

sdx_status sdx_infer_set_ints(sdx_infer *in, size_t k, const sdx_dim *ints, size_t n) {
    if (k >= in->n_out || !in->arena) return NULL;
    void *copy;
    SDX_TRY(sdx_arena_copy(in->arena, ints, n * sizeof *ints, &copy));
    in->out[k].ints = copy;
    in->out[k].n_ints = n;
    return NULL;
}

/* ---- contents of inputs */

bool sdx_infer_ints(const sdx_infer *in, size_t i, sdx_dim *ints, size_t cap, size_t *n) {
    *n = 0;
    if (!sdx_infer_has(in, i)) return false;
    const sdx_fact *fact = &in->in[i];
    const sdx_view *view = fact->view;
    if (!view && !fact->ints) return false;
    *n = view ? view->len : fact->n_ints;
    if (*n > cap) return false;
    for (size_t e = 0; e < *n; e++)
        ints[e] = view ? sdx_dim_number(sdx_view_int(view, e)) : fact->ints[e];
    return true;
}

/* Beyond a shape's length nobody computes shapes of it. */
sdx_status sdx_infer_same_ints(sdx_infer *in, size_t k, size_t i) {
    const sdx_dtype dtype = sdx_infer_dtype(in, i);
    sdx_dim ints[4 * SDX_MAX_RANK];
    size_t n;
    if (!in->arena || (dtype != SDX_INT64 && dtype != SDX_INT32)) return NULL;
    if (!sdx_infer_ints(in, i, ints, sizeof ints / sizeof *ints, &n)) return NULL;
    return sdx_infer_set_ints(in, k, ints, n);
}

static sdx_status want_one_element(const sdx_infer *in, size_t i) {
    char text[TEXT];
    for (int d = 0; d < in->in[i].rank; d++) {
        const sdx_dim dim = in->in[i].dims[d];
        if (sdx_dim_is_number(dim) && dim != 1)
            return sdx_fail(SDX_SHAPE_MISMATCH, "input '%s' has shape %s, expected 1 element",
                            input_name(in, i), sdx_infer_shape_text(in, i, text, sizeof text));
    }
    return NULL;
}

sdx_status sdx_infer_scalar(const sdx_infer *in, size_t i, sdx_dim *out) {
    size_t n;
    sdx_dim value;
    const bool known = sdx_infer_ints(in, i, &value, 1, &n);
    *out = known && n == 1 ? value : SDX_DIM_UNKNOWN;
    if (n == 1) return NULL;
    if (!known && n == 0) return sdx_infer_has(in, i) ? want_one_element(in, i) : NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH, "input '%s' has %zu elements, expected 1",
                    input_name(in, i), n);
}

sdx_status sdx_infer_want_sizes(const sdx_infer *in, size_t i, const sdx_dim *ints, size_t n) {
    for (size_t e = 0; e < n; e++) {
        if (sdx_dim_is_number(ints[e]) && ints[e] < 0)
            return sdx_fail(SDX_OUT_OF_RANGE, "input '%s'[%zu] is %lld, expected 0 or more",
                            input_name(in, i), e, (long long)ints[e]);
    }
    return NULL;
}

/* ---- shapes */

bool sdx_dim_broadcast(sdx_dims *dims, sdx_dim a, sdx_dim b, sdx_dim *out) {
    (void)dims;
    if (a == b || b == 1)
        *out = a;
    else if (a == 1)
        *out = b;
    else if (sdx_dim_is_number(a) && sdx_dim_is_number(b))
        return false;
    else if (sdx_dim_is_number(a)) /* not 1: the other can only be 1 or the same */
        *out = a;
    else
        *out = sdx_dim_is_number(b) ? b : SDX_DIM_UNKNOWN;
    return true;
}

static sdx_status broadcast_one(sdx_infer *in, size_t i, size_t rank, sdx_dim *shape) {
    const sdx_fact *fact = &in->in[i];
    const size_t skip = rank - (size_t)fact->rank;
    for (size_t d = skip; d < rank; d++) {
        const sdx_dim dim = fact->dims[d - skip];
        if (sdx_dim_broadcast(in->dims, shape[d], dim, &shape[d])) continue;
        char text[TEXT], other[TEXT];
        sdx_dim_text(in->dims, shape[d], other, sizeof other);
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "input '%s' has shape %s, expected dimension %s or 1 at axis %zu to "
                        "broadcast with the inputs before it; reshape one of them",
                        input_name(in, i), sdx_infer_shape_text(in, i, text, sizeof text), other,
                        d - skip);
    }
    return NULL;
}

sdx_status sdx_infer_broadcast(sdx_infer *in, size_t from, size_t to, size_t k) {
    size_t rank = 0;
    for (size_t i = from; i < to; i++) {
        if (!sdx_infer_has(in, i)) continue;
        if (in->in[i].rank < 0) return NULL;
        if ((size_t)in->in[i].rank > rank) rank = (size_t)in->in[i].rank;
    }
    sdx_dim shape[SDX_MAX_RANK];
    for (size_t d = 0; d < SDX_MAX_RANK; d++)
        shape[d] = 1;
    for (size_t i = from; i < to; i++)
        if (sdx_infer_has(in, i)) SDX_TRY(broadcast_one(in, i, rank, shape));
    return sdx_infer_set_shape(in, k, rank, shape);
}

sdx_status sdx_infer_axis(const sdx_infer *in, size_t i, int64_t axis, const char *what,
                          size_t *out) {
    return sdx_axis(axis, (size_t)in->in[i].rank, what, out);
}

sdx_status sdx_infer_want_rank(const sdx_infer *in, size_t i, int rank) {
    if (!sdx_infer_ranked(in, i) || in->in[i].rank == rank) return NULL;
    char text[TEXT];
    return sdx_fail(SDX_SHAPE_MISMATCH, "input '%s' has shape %s, expected rank %d; reshape it",
                    input_name(in, i), sdx_infer_shape_text(in, i, text, sizeof text), rank);
}

/* ---- ready hooks */

sdx_status sdx_infer_like_first(sdx_infer *in) { return sdx_infer_same(in, 0, 0); }

sdx_status sdx_infer_broadcast_all(sdx_infer *in) {
    return sdx_infer_broadcast(in, 0, in->n_in, 0);
}

/* ---- shapes that do not fit */

sdx_status sdx_wrong_shape(const sdx_infer *in, size_t input, const char *expected) {
    char text[160];
    return sdx_fail(SDX_SHAPE_MISMATCH, "input '%s' has shape %s, expected %s",
                    sdx_op_input_port(in->node->op, input)->name,
                    sdx_infer_shape_text(in, input, text, sizeof text), expected);
}

sdx_status sdx_want_shape(const sdx_infer *in, size_t input, size_t rank, const sdx_dim *want,
                          const char *expected) {
    if (!sdx_infer_ranked(in, input)) return NULL;
    const sdx_fact *const fact = &in->in[input];
    bool fits = fact->rank == (int)rank;
    for (size_t i = 0; fits && i < rank; i++) {
        fits = want[i] == -1 || !sdx_dims_differ(fact->dims[i], want[i]);
    }
    return fits ? NULL : sdx_wrong_shape(in, input, expected);
}
