/* Shapes, strides, and single elements of any type. */
#include "tensor/view.h"

#include <stdio.h>
#include <string.h>

/* Elements of a view at most: with the largest element type they still have addresses, so that
 * changing the type of a view cannot overflow. */
static const size_t max_len = (size_t)PTRDIFF_MAX / 16;

sdx_status sdx_view_init(sdx_view *view, sdx_dtype dtype, size_t rank, const int64_t *dims) {
    if (rank > SDX_MAX_RANK)
        return sdx_fail(SDX_LIMIT, "shape has rank %zu, supported: 0 to %d", rank, SDX_MAX_RANK);
    sdx_view made = {.dtype = dtype, .rank = (uint8_t)rank, .len = 1};
    size_t bound = 1; /* the product without zeros: no part of a shape overflows either */
    for (size_t i = 0; i < rank; i++) {
        if (dims[i] < 0)
            return sdx_fail(SDX_SHAPE_MISMATCH, "dimension %zu is %lld, expected 0 or more", i,
                            (long long)dims[i]);
        const uint64_t dim = (uint64_t)dims[i];
        if (dim > max_len || !sdx_mul_size(bound, dim > 0 ? (size_t)dim : 1, &bound) ||
            bound > max_len)
            return sdx_fail(SDX_LIMIT,
                            "dimension %zu is %lld: the shape has more than %zu elements, which no "
                            "memory holds",
                            i, (long long)dims[i], max_len);
        made.dims[i] = dims[i];
        made.len *= (size_t)dim;
    }
    *view = made;
    return NULL;
}

size_t sdx_view_bytes(const sdx_view *view) {
    size_t bytes = view->len;
    if (!view->unpacked && !sdx_dtype_bytes(view->dtype, view->len, &bytes)) return SIZE_MAX;
    return bytes;
}

bool sdx_view_same_shape(const sdx_view *a, const sdx_view *b) {
    if (a->rank != b->rank) return false;
    for (size_t i = 0; i < a->rank; i++)
        if (a->dims[i] != b->dims[i]) return false;
    return true;
}

size_t sdx_view_count(const sdx_view *view, size_t from, size_t to) {
    size_t n = 1;
    for (size_t i = from; i < to; i++)
        n *= (size_t)view->dims[i];
    return n;
}

sdx_status sdx_axis(int64_t axis, size_t rank, const char *what, size_t *out) {
    const int64_t end = (int64_t)rank;
    if (rank == 0)
        return sdx_fail(SDX_OUT_OF_RANGE, "%s is %lld, but a scalar has no axes", what,
                        (long long)axis);
    if (axis < -end || axis >= end)
        return sdx_fail(SDX_OUT_OF_RANGE, "%s is %lld, expected a value in [%lld, %lld]", what,
                        (long long)axis, (long long)-end, (long long)(end - 1));
    *out = (size_t)(axis < 0 ? axis + end : axis);
    return NULL;
}

/* ---- single elements ------------------------------------------------------------------------- */

/* The bits of element `i`, at most 64, in the low end. */
static uint64_t get_bits(const sdx_view *view, size_t i) {
    const unsigned bits = sdx_dtype_bits(view->dtype);
    const uint8_t *const data = view->data;
    if (bits < 8) {
        const unsigned mask = (1u << bits) - 1;
        if (view->unpacked) return data[i] & mask;
        const size_t per_byte = 8 / (size_t)bits;
        return (unsigned)(data[i / per_byte] >> (i % per_byte * bits)) & mask;
    }
    uint64_t word = 0;
    memcpy(&word, data + i * (bits / 8), bits < 64 ? bits / 8 : sizeof word);
    return word;
}

static void set_bits(const sdx_view *view, size_t i, uint64_t word) {
    const unsigned bits = sdx_dtype_bits(view->dtype);
    uint8_t *const data = view->data;
    if (bits >= 8) {
        memcpy(data + i * (bits / 8), &word, bits < 64 ? bits / 8 : sizeof word);
        return;
    }
    const unsigned mask = (1u << bits) - 1;
    if (view->unpacked) {
        data[i] = (uint8_t)word; /* sign-extended, as sdx_bits_unpack makes it */
        return;
    }
    const size_t per_byte = 8 / (size_t)bits;
    const unsigned shift = (unsigned)(i % per_byte) * bits;
    uint8_t *const byte = &data[i / per_byte];
    *byte = (uint8_t)((*byte & ~(mask << shift)) | ((unsigned)word & mask) << shift);
}

static int64_t sign_extended(uint64_t word, unsigned bits) {
    const uint64_t sign = UINT64_C(1) << (bits - 1);
    return (int64_t)((word ^ sign) - sign);
}

/* Truncates; saturates at [low, high]; NaN gives 0. The bounds become exact doubles or the power of
 * two above, hence >=. */
static int64_t to_int(double x, int64_t low, int64_t high) {
    if (x != x) return 0;
    if (x <= (double)low) return low;
    if (x >= (double)high) return high;
    return (int64_t)x;
}

static double get_float(sdx_dtype dtype, uint64_t word) {
    if (dtype == SDX_FLOAT64) {
        double x;
        memcpy(&x, &word, sizeof x);
        return x;
    }
    float f;
    if (dtype == SDX_FLOAT32) {
        const uint32_t low = (uint32_t)word;
        memcpy(&f, &low, sizeof f);
    } else if (dtype == SDX_FLOAT16) {
        f = sdx_f16_to_f32((uint16_t)word);
    } else if (dtype == SDX_BFLOAT16) {
        f = sdx_bf16_to_f32((uint16_t)word);
    } else {
        f = sdx_small_to_f32(dtype, (uint8_t)word);
    }
    return (double)f;
}

/* float32 rounded to odd: rounding it again to a narrower type gives what rounding `x` once would.
 */
static float to_odd(double x) {
    float f = (float)x;
    const double back = (double)f;
    if (x != x || back == x) return f;
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    const bool away = x > 0 ? back > x : back < x;
    bits = (away ? bits - 1 : bits) | 1;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static uint64_t float_bits(sdx_dtype dtype, double x) {
    uint64_t word = 0;
    if (dtype == SDX_FLOAT64) {
        memcpy(&word, &x, sizeof word);
        return word;
    }
    if (dtype == SDX_FLOAT32) {
        const float f = (float)x;
        memcpy(&word, &f, sizeof f);
        return word;
    }
    if (dtype == SDX_FLOAT16) return sdx_f32_to_f16(to_odd(x));
    if (dtype == SDX_BFLOAT16) return sdx_f32_to_bf16(to_odd(x));
    return sdx_f32_to_small(dtype, to_odd(x), true, SDX_E8M0_UP);
}

int64_t sdx_view_int(const sdx_view *view, size_t i) {
    const sdx_dtype_kind kind = sdx_dtype_kind_of(view->dtype);
    if (kind == SDX_KIND_STRING || kind == SDX_KIND_COMPLEX || kind == SDX_KIND_NONE) return 0;
    const uint64_t word = get_bits(view, i);
    if (kind == SDX_KIND_INT) return sign_extended(word, sdx_dtype_bits(view->dtype));
    if (kind == SDX_KIND_FLOAT) return to_int(get_float(view->dtype, word), INT64_MIN, INT64_MAX);
    if (kind == SDX_KIND_BOOL) return word != 0;
    return word > INT64_MAX ? INT64_MAX : (int64_t)word;
}

double sdx_view_double(const sdx_view *view, size_t i) {
    const sdx_dtype_kind kind = sdx_dtype_kind_of(view->dtype);
    if (kind == SDX_KIND_STRING || kind == SDX_KIND_COMPLEX || kind == SDX_KIND_NONE) return 0;
    const uint64_t word = get_bits(view, i);
    if (kind == SDX_KIND_FLOAT) return get_float(view->dtype, word);
    if (kind == SDX_KIND_UINT) return (double)word;
    if (kind == SDX_KIND_BOOL) return word != 0;
    return (double)sign_extended(word, sdx_dtype_bits(view->dtype));
}

void sdx_view_set_double(sdx_view *view, size_t i, double x) {
    const sdx_dtype_kind kind = sdx_dtype_kind_of(view->dtype);
    const unsigned bits = sdx_dtype_bits(view->dtype);
    if (kind == SDX_KIND_FLOAT) {
        set_bits(view, i, float_bits(view->dtype, x));
    } else if (kind == SDX_KIND_BOOL) {
        set_bits(view, i, x != 0);
    } else if (kind == SDX_KIND_INT) {
        const int64_t high = (int64_t)(UINT64_MAX >> (65 - bits));
        set_bits(view, i, (uint64_t)to_int(x, -high - 1, high));
    } else if (kind == SDX_KIND_UINT && bits < 64) {
        set_bits(view, i, (uint64_t)to_int(x, 0, (int64_t)((UINT64_C(1) << bits) - 1)));
    } else if (kind == SDX_KIND_UINT) {
        const bool upper = x >= 0x1p63;
        const uint64_t word = (uint64_t)to_int(upper ? x - 0x1p63 : x, 0, INT64_MAX);
        set_bits(view, i, upper ? word | UINT64_C(1) << 63 : word);
    }
}

/* ---- strides and text ------------------------------------------------------------------------ */

void sdx_strides(size_t rank, const int64_t *dims, int64_t *strides) {
    int64_t step = 1;
    for (size_t i = rank; i-- > 0;) {
        strides[i] = step;
        step *= dims[i] > 0 ? dims[i] : 1;
    }
}

void sdx_broadcast_strides(const sdx_view *in, size_t rank, int64_t *strides) {
    int64_t own[SDX_MAX_RANK];
    sdx_strides(in->rank, in->dims, own);
    const size_t lead = rank > in->rank ? rank - in->rank : 0;
    for (size_t i = 0; i < rank; i++)
        strides[i] = i < lead || in->dims[i - lead] == 1 ? 0 : own[i - lead];
}

const char *sdx_view_text(const sdx_view *view, char *buf, size_t size) {
    if (size == 0) return buf;
    int n = snprintf(buf, size, "%s[", sdx_dtype_name(view->dtype));
    size_t used = n < 0 ? 0 : (size_t)n;
    for (size_t i = 0; i < view->rank && used < size; i++) {
        n = snprintf(buf + used, size - used, i ? ",%lld" : "%lld", (long long)view->dims[i]);
        used += n < 0 ? 0 : (size_t)n;
    }
    if (used < size) (void)snprintf(buf + used, size - used, "]");
    return buf;
}
