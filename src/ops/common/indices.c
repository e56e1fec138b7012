/* See indices.h. */
#include "ops/common/indices.h"

#define T int32_t
#define NAME(x) x##_i32
#include "ops/common/indices_tmpl.h"
#define T int64_t
#define NAME(x) x##_i64
#include "ops/common/indices_tmpl.h"

enum { SIGN = 63 };

static bool is_inside(int64_t x, int64_t dim) { return x >= -dim && x < dim; }

static sdx_status fail_first(const sdx_call *c, size_t input, int64_t dim) {
    const sdx_view *const indices = c->in[input];
    size_t i = 0;
    while (is_inside(sdx_view_int(indices, i), dim))
        i++;
    return sdx_fail_index(c, input, i, sdx_view_int(indices, i), -dim, dim - 1);
}

size_t sdx_indices_scratch(const sdx_view *indices) { return indices->len * sizeof(int64_t); }

static bool has_negative(const int64_t *x, size_t n) {
    uint64_t any = 0;
    for (size_t i = 0; i < n; i++)
        any |= (uint64_t)x[i];
    return any >> SIGN != 0;
}

sdx_status sdx_indices(const sdx_call *c, size_t input, int64_t dim, void *scratch,
                       const int64_t **out) {
    const sdx_view *const indices = c->in[input];
    const bool wide = indices->dtype == SDX_INT64;
    const size_t n = indices->len;
    const uint64_t bad = wide ? check_i64(indices->data, n, (uint64_t)dim)
                              : check_i32(indices->data, n, (uint64_t)dim);
    if (bad >> SIGN != 0) return fail_first(c, input, dim);
    *out = scratch;
    if (!wide)
        resolve_i32(scratch, indices->data, n, (uint64_t)dim);
    else if (has_negative(indices->data, n))
        resolve_i64(scratch, indices->data, n, (uint64_t)dim);
    else
        *out = indices->data;
    return NULL;
}

static sdx_status fail_tuple(const sdx_call *c, const sdx_tuples *t) {
    const int64_t *const x = c->in[t->input]->data;
    size_t i = 0;
    while (is_inside(x[i], t->dims[i % t->len]))
        i++;
    const int64_t dim = t->dims[i % t->len];
    return sdx_fail_index(c, t->input, i, x[i], -dim, dim - 1);
}

sdx_status sdx_index_tuples(const sdx_call *c, const sdx_tuples *t, int64_t *offsets) {
    const sdx_view *const indices = c->in[t->input];
    const int64_t *x = indices->data;
    const size_t n = t->len == 0 ? 0 : indices->len / t->len;
    uint64_t bad = 0;
    for (size_t i = 0; i < n; i++, x += t->len) {
        uint64_t offset = 0;
        for (size_t k = 0; k < t->len; k++) {
            const uint64_t at = (uint64_t)x[k], dim = (uint64_t)t->dims[k];
            bad |= (at + dim) | (dim - 1 - at);
            offset += (at + ((0 - (at >> SIGN)) & dim)) * (uint64_t)t->strides[k];
        }
        offsets[i] = (int64_t)offset;
    }
    return bad >> SIGN != 0 ? fail_tuple(c, t) : NULL;
}
