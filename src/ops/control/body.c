/* See body.h. */
#include "ops/control/body.h"

/* `shape` with n dims put before axis `axis`. */
static sdx_status widen(const sdx_shape *shape, size_t axis, const sdx_dim *dims, size_t n,
                        sdx_dim *out) {
    const size_t rank = (size_t)shape->rank;
    if (rank + n > SDX_MAX_RANK)
        return sdx_fail(SDX_LIMIT, "found an output of rank %zu, expected at most %d", rank + n,
                        (int)SDX_MAX_RANK);
    for (size_t d = 0; d < rank + n; d++) {
        out[d] = d < axis ? shape->dims[d] : d < axis + n ? dims[d - axis] : shape->dims[d - n];
    }
    return NULL;
}

sdx_status sdx_body_output(sdx_infer *in, size_t k, const sdx_gvalue *value, size_t axis,
                           const sdx_dim *dims, size_t n) {
    if (k >= in->n_out) return NULL;
    if (value->type != NULL) in->out[k].type = value->type;
    if (value->type != NULL && value->type->kind != SDX_TENSOR) return NULL;
    if (value->shape.rank < 0) return NULL;
    sdx_dim shape[SDX_MAX_RANK];
    SDX_TRY(widen(&value->shape, axis, dims, n, shape));
    return sdx_infer_set_shape(in, k, (size_t)value->shape.rank + n, shape);
}

sdx_status sdx_body_step(sdx_infer *in, const sdx_fact *from, size_t axis, sdx_fact *out) {
    *out = (sdx_fact){.type = from->type, .rank = -1};
    if (from->rank < 0) return NULL;
    const size_t rank = (size_t)from->rank - 1;
    SDX_TRY(SDX_ARENA_NEW(in->arena, rank + 1, &out->dims));
    for (size_t d = 0; d < rank; d++) {
        out->dims[d] = from->dims[d < axis ? d : d + 1];
    }
    out->rank = (int)rank;
    return NULL;
}

static sdx_status scalar(sdx_store *store, sdx_dtype dtype, sdx_value **out) {
    sdx_view shape;
    SDX_TRY(sdx_view_init(&shape, dtype, 0, NULL));
    return sdx_value_dense(store, &shape, false, out);
}

sdx_status sdx_body_int(sdx_store *store, int64_t x, sdx_value **out) {
    SDX_TRY(scalar(store, SDX_INT64, out));
    *(int64_t *)(*out)->view.data = x;
    return NULL;
}

sdx_status sdx_body_bool(sdx_store *store, bool x, sdx_value **out) {
    SDX_TRY(scalar(store, SDX_BOOL, out));
    *(uint8_t *)(*out)->view.data = x;
    return NULL;
}

sdx_status sdx_body_condition(const sdx_view *view, const char *what, bool *out) {
    char text[160];
    if (view == NULL || view->dtype != SDX_BOOL || view->len != 1) {
        return sdx_fail(SDX_SHAPE_MISMATCH, "%s: found %s, expected a bool tensor with one element",
                        what, view != NULL ? sdx_view_text(view, text, sizeof text) : "no tensor");
    }
    *out = *(const uint8_t *)view->data != 0;
    return NULL;
}

void sdx_body_release(sdx_value **values, size_t n) {
    for (size_t i = 0; i < n; i++) {
        sdx_value_release(values[i]);
        values[i] = NULL;
    }
}

sdx_status sdx_body_zeros(sdx_store *store, const sdx_gvalue *output, size_t axis,
                          const int64_t *dims, size_t n, sdx_value **out) {
    sdx_dim sizes[SDX_MAX_RANK];
    sdx_shape shape = output->shape;
    if (output->type == NULL)
        return sdx_fail(SDX_INVALID_MODEL,
                        "output '%.*s' of the body: found no element type, which an empty result "
                        "needs; declare it",
                        SDX_FMT(output->name));
    if (shape.rank < 0) shape.rank = 0;
    for (int d = 0; d < shape.rank; d++) {
        if (!sdx_dim_is_number(shape.dims[d])) shape.dims[d] = 0;
    }
    SDX_TRY(widen(&shape, axis, dims, n, sizes));
    sdx_view view;
    SDX_TRY(sdx_view_init(&view, sdx_type_leaf(output->type), (size_t)shape.rank + n, sizes));
    return sdx_value_dense(store, &view, true, out);
}
