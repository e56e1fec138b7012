/* One row for each element type: how it is read and how it is written. Rows follow the numbers of
 * sardonyx/dtype.def. */
#include "cli/elements.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "cli/minifloat.h"

enum { LAST = 26 }; /* the highest number of dtype.def */

static const enum element_kind kinds[LAST + 1] = {
#define SDX_DTYPE(id, NAME, name, bits, kind) [id] = ELEMENT_##kind,
#include "sardonyx/dtype.def"
#undef SDX_DTYPE
};

static const unsigned char widths[LAST + 1] = {
#define SDX_DTYPE(id, NAME, name, bits, kind) [id] = bits,
#include "sardonyx/dtype.def"
#undef SDX_DTYPE
};

/* Of the floating types below 32 bits; the others are all zero. */
static const struct minifloat minifloats[LAST + 1] = {
    [SDX_FLOAT16] = {5, 10, 15, MINIFLOAT_IEEE},
    [SDX_BFLOAT16] = {8, 7, 127, MINIFLOAT_IEEE},
    [SDX_FLOAT8E4M3FN] = {4, 3, 7, MINIFLOAT_FN},
    [SDX_FLOAT8E4M3FNUZ] = {4, 3, 8, MINIFLOAT_FNUZ},
    [SDX_FLOAT8E5M2] = {5, 2, 15, MINIFLOAT_IEEE},
    [SDX_FLOAT8E5M2FNUZ] = {5, 2, 16, MINIFLOAT_FNUZ},
    [SDX_FLOAT4E2M1] = {2, 1, 1, MINIFLOAT_FINITE},
};

static bool known(sdx_dtype dtype) { return (int)dtype > 0 && (int)dtype <= LAST; }

enum element_kind element_kind(sdx_dtype dtype) {
    return known(dtype) ? kinds[dtype] : ELEMENT_NONE;
}

bool elements_count(const int64_t *dims, size_t rank, size_t *out) {
    size_t n = 1;
    bool fits = true;
    bool empty = false;
    for (size_t i = 0; i < rank; i++) {
        if (dims[i] < 0) {
            return false;
        }
        empty = empty || dims[i] == 0;
        fits = fits && (dims[i] == 0 || n <= SIZE_MAX / 2 / (uint64_t)dims[i]);
        n = fits && dims[i] > 0 ? n * (size_t)dims[i] : n;
    }
    *out = empty ? 0 : n;
    return fits;
}

bool elements_size(sdx_dtype dtype, size_t n, size_t *out) {
    if (!known(dtype) || n > SIZE_MAX / 2 / 128) {
        return false;
    }
    *out = (n * widths[dtype] + 7) / 8;
    return true;
}

/* ---- bits ---- */

/* The bits of element `index`, at most 64 of them; types below a byte are packed from the lowest
 * bits up. */
static uint64_t get_bits(const void *data, size_t index, unsigned width) {
    const unsigned char *const bytes = data;
    uint64_t bits = 0;
    if (width < 8) {
        const size_t per_byte = 8 / width;
        return ((unsigned)bytes[index / per_byte] >> (index % per_byte * width)) &
               ((1u << width) - 1);
    }
    for (size_t i = 0; i < width / 8; i++) {
        bits |= (uint64_t)bytes[index * (width / 8) + i] << (8 * i);
    }
    return bits;
}

static void set_bits(void *data, size_t index, unsigned width, uint64_t bits) {
    unsigned char *const bytes = data;
    if (width < 8) {
        const size_t per_byte = 8 / width;
        const unsigned shift = (unsigned)(index % per_byte) * width;
        const unsigned mask = ((1u << width) - 1) << shift;
        bytes[index / per_byte] =
            (unsigned char)((bytes[index / per_byte] & ~mask) | ((unsigned)(bits << shift) & mask));
        return;
    }
    for (size_t i = 0; i < width / 8; i++) {
        bytes[index * (width / 8) + i] = (unsigned char)(bits >> (8 * i));
    }
}

static double from_bits(sdx_dtype dtype, uint64_t bits) {
    if (dtype == SDX_FLOAT64 || dtype == SDX_COMPLEX128) {
        double value;
        memcpy(&value, &bits, sizeof value);
        return value;
    }
    const uint32_t half = (uint32_t)bits;
    float value;
    if (dtype == SDX_FLOAT8E8M0) { /* a power of two; no sign, no zero; 255 is NaN */
        return half == 255 ? NAN : ldexp(1, (int)half - 127);
    }
    if (minifloats[dtype].exponent > 0) {
        return minifloat_decode(&minifloats[dtype], half);
    }
    memcpy(&value, &half, sizeof value);
    return (double)value;
}

static uint64_t power_of_two(double value) {
    int exponent = 0;
    if (isnan(value)) {
        return 255;
    }
    if (!(value > 0)) {
        return 0;
    }
    if (isinf(value)) {
        return 254;
    }
    const double fraction = frexp(value, &exponent);
    const int power = exponent - 1 + (fraction > 0.75) +
                      127; /* half-way goes down: to nearest in the linear sense */
    return power < 0 ? 0 : power > 254 ? 254 : (uint64_t)power;
}

static uint64_t to_bits(sdx_dtype dtype, double value) {
    if (dtype == SDX_FLOAT64 || dtype == SDX_COMPLEX128) {
        uint64_t bits;
        memcpy(&bits, &value, sizeof bits);
        return bits;
    }
    if (dtype == SDX_FLOAT8E8M0) {
        return power_of_two(value);
    }
    if (minifloats[dtype].exponent > 0) {
        return minifloat_encode(&minifloats[dtype], value);
    }
    const float single = (float)value;
    uint32_t bits;
    memcpy(&bits, &single, sizeof bits);
    return bits;
}

/* ---- numbers ---- */

int64_t element_int(sdx_dtype dtype, const void *data, size_t index) {
    const unsigned width = widths[dtype];
    uint64_t bits = get_bits(data, index, width);
    if (kinds[dtype] == ELEMENT_INT && width < 64 && (bits >> (width - 1)) != 0) {
        bits |= UINT64_MAX << width;
    }
    return bits <= INT64_MAX ? (int64_t)bits : -(int64_t)(UINT64_MAX - bits) - 1;
}

uint64_t element_uint(sdx_dtype dtype, const void *data, size_t index) {
    return get_bits(data, index, widths[dtype]);
}

double element_get(sdx_dtype dtype, const void *data, size_t index) {
    const enum element_kind kind = element_kind(dtype);
    if (kind == ELEMENT_FLOAT) {
        return from_bits(dtype, get_bits(data, index, widths[dtype]));
    }
    if (kind == ELEMENT_COMPLEX) {
        return from_bits(dtype == SDX_COMPLEX64 ? SDX_FLOAT32 : SDX_FLOAT64,
                         get_bits(data, 2 * index, widths[dtype] / 2));
    }
    if (kind == ELEMENT_INT) {
        return (double)element_int(dtype, data, index);
    }
    return kind == ELEMENT_UINT || kind == ELEMENT_BOOL ? (double)element_uint(dtype, data, index)
                                                        : NAN;
}

double element_imaginary(sdx_dtype dtype, const void *data, size_t index) {
    if (element_kind(dtype) != ELEMENT_COMPLEX) {
        return 0;
    }
    return from_bits(dtype == SDX_COMPLEX64 ? SDX_FLOAT32 : SDX_FLOAT64,
                     get_bits(data, 2 * index + 1, widths[dtype] / 2));
}

bool element_set_uint(sdx_dtype dtype, void *data, size_t index, uint64_t value) {
    const unsigned width = dtype == SDX_BOOL             ? 1
                           : kinds[dtype] == ELEMENT_INT ? widths[dtype] - 1u
                                                         : widths[dtype];
    if (width < 64 && value >> width != 0) {
        return false;
    }
    set_bits(data, index, widths[dtype], value);
    return true;
}

bool element_set_int(sdx_dtype dtype, void *data, size_t index, int64_t value) {
    if (value >= 0) {
        return element_set_uint(dtype, data, index, (uint64_t)value);
    }
    if (kinds[dtype] != ELEMENT_INT || value < -(INT64_C(1) << (widths[dtype] - 2)) * 2) {
        return false;
    }
    set_bits(data, index, widths[dtype], (uint64_t)value);
    return true;
}

static void set_rounded(sdx_dtype dtype, void *data, size_t index, double value) {
    const unsigned width = dtype == SDX_BOOL ? 1 : widths[dtype];
    const bool is_signed = kinds[dtype] == ELEMENT_INT;
    const double top =
        ldexp(1, (int)(is_signed ? width - 1 : width)); /* the first value that is too large */
    const double whole = isnan(value) ? 0 : nearbyint(value);
    const uint64_t most = UINT64_MAX >> (64 - (is_signed ? width - 1 : width));
    if (whole >= top) {
        set_bits(data, index, widths[dtype], most);
    } else if (whole >= 0) {
        set_bits(data, index, widths[dtype], (uint64_t)whole);
    } else if (!is_signed) {
        set_bits(data, index, widths[dtype], 0);
    } else {
        set_bits(data, index, widths[dtype], whole <= -top ? most + 1 : (uint64_t)(int64_t)whole);
    }
}

void element_set(sdx_dtype dtype, void *data, size_t index, double value) {
    const enum element_kind kind = element_kind(dtype);
    if (kind == ELEMENT_COMPLEX) {
        element_set_complex(dtype, data, index, value, 0);
    } else if (kind == ELEMENT_FLOAT) {
        set_bits(data, index, widths[dtype], to_bits(dtype, value));
    } else if (kind == ELEMENT_INT || kind == ELEMENT_UINT || kind == ELEMENT_BOOL) {
        set_rounded(dtype, data, index, value);
    }
}

void element_set_complex(sdx_dtype dtype, void *data, size_t index, double real, double imaginary) {
    if (element_kind(dtype) == ELEMENT_COMPLEX) {
        const sdx_dtype part = dtype == SDX_COMPLEX64 ? SDX_FLOAT32 : SDX_FLOAT64;
        set_bits(data, 2 * index, widths[part], to_bits(part, real));
        set_bits(data, 2 * index + 1, widths[part], to_bits(part, imaginary));
    }
}

void element_text(struct text *text, sdx_dtype dtype, const void *data, size_t index) {
    switch (element_kind(dtype)) {
    case ELEMENT_BOOL:
        text_add(text, element_uint(dtype, data, index) != 0 ? "true" : "false");
        break;
    case ELEMENT_INT: text_add(text, "%" PRId64, element_int(dtype, data, index)); break;
    case ELEMENT_UINT: text_add(text, "%" PRIu64, element_uint(dtype, data, index)); break;
    case ELEMENT_FLOAT: text_number(text, element_get(dtype, data, index)); break;
    case ELEMENT_COMPLEX:
        text_number(text, element_get(dtype, data, index));
        text_add(text, "%+.6gi", element_imaginary(dtype, data, index));
        break;
    case ELEMENT_STRING:
        text_add(text, "'");
        text_safe(text, ((const sdx_str *)data)[index]);
        text_add(text, "'");
        break;
    case ELEMENT_NONE: break;
    }
}
