/* See body.h. */
#include "ops/control/body.h"

sdx_status sdx_body_output(sdx_infer *in, size_t k, const sdx_gvalue *value, size_t n_front) {
    if (k >= in->n_out) return NULL;
    if (value->type != NULL) in->out[k].type = value->type;
    if (value->type != NULL && value->type->kind != SDX_TENSOR) return NULL;
    if (value->shape.rank < 0 || (size_t)value->shape.rank + n_front > SDX_MAX_RANK) return NULL;
    sdx_dim dims[SDX_MAX_RANK];
    for (size_t i = 0; i < (size_t)value->shape.rank + n_front; i++) {
        dims[i] = i < n_front ? sdx_dim_fresh(in->dims) : value->shape.dims[i - n_front];
    }
    return sdx_infer_set_shape(in, k, (size_t)value->shape.rank + n_front, dims);
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

sdx_status sdx_body_empty(sdx_store *store, const sdx_gvalue *output, sdx_value **out) {
    int64_t dims[SDX_MAX_RANK] = {0};
    const size_t rank = output->shape.rank < 0 ? 0 : (size_t)output->shape.rank;
    if (rank >= SDX_MAX_RANK)
        return sdx_fail(SDX_LIMIT, "found a scan output of rank %zu, expected at most %d", rank + 1,
                        (int)SDX_MAX_RANK);
    for (size_t i = 0; i < rank; i++) {
        dims[i + 1] = sdx_dim_is_number(output->shape.dims[i]) ? output->shape.dims[i] : 0;
    }
    sdx_view shape;
    SDX_TRY(sdx_view_init(&shape, sdx_type_leaf(output->type), rank + 1, dims));
    return sdx_value_dense(store, &shape, true, out);
}
