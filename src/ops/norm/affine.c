/* See affine.h. */
#include "ops/norm/affine.h"

#include "ops/common/strided.h"

sdx_status sdx_affine_make(const sdx_call *c, size_t input, const sdx_view *x, size_t axis,
                           sdx_affine *out) {
    const sdx_view *const in = sdx_call_in(c, input);
    const size_t n = sdx_view_count(x, axis, x->rank);
    *out = (sdx_affine){.data = NULL};
    if (in == NULL || x->len == 0) return NULL;
    const size_t size = sdx_dtype_size(in->dtype);
    int64_t strides[SDX_MAX_RANK];
    sdx_broadcast_strides(in, x->rank, strides);
    bool shared = true; /* by all rows */
    for (size_t i = 0; i < axis; i++) {
        shared = shared && (strides[i] == 0 || x->dims[i] == 1);
    }
    out->data = in->data;
    out->step = shared ? 0 : n;
    if (in->len == (shared ? n : x->len)) return NULL;
    sdx_strided s = {.rank = 0};
    for (size_t i = shared ? axis : 0; i < x->rank; i++) {
        s.dims[s.rank] = x->dims[i];
        s.strides[s.rank++] = strides[i];
    }
    sdx_strided_collapse(&s);
    void *wide;
    SDX_TRY(sdx_call_scratch(c, (shared ? n : x->len) * size, &wide));
    sdx_strided_copy(c, wide, in->data, size, &s);
    out->data = wide;
    return NULL;
}
