/* What follows from an element type alone: kind, sizes, packing of types below 8 bits, and arrays
 * of floats to and from float32. */
#include "tensor/dtype.h"

#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "kernels/kernels.h"

/* SDX_DTYPE(1, FLOAT32, "float32", 32, FLOAT) is [1] = SDX_KIND_FLOAT, */
static const sdx_dtype_kind kinds[] = {
#define SDX_DTYPE(id, NAME, name, bits, kind) [id] = SDX_KIND_##kind,
#include "sardonyx/dtype.def"
#undef SDX_DTYPE
};

enum { N_DTYPES = sizeof kinds / sizeof kinds[0] };

bool sdx_dtype_valid(int64_t id) { return id > SDX_UNDEFINED && id < (int64_t)N_DTYPES; }

sdx_dtype_kind sdx_dtype_kind_of(sdx_dtype dtype) {
    return sdx_dtype_valid((int64_t)dtype) ? kinds[dtype] : SDX_KIND_NONE;
}

size_t sdx_dtype_size(sdx_dtype dtype) { return ((size_t)sdx_dtype_bits(dtype) + 7) / 8; }

bool sdx_dtype_subbyte(sdx_dtype dtype) {
    const unsigned bits = sdx_dtype_bits(dtype);
    return bits > 0 && bits < 8;
}

bool sdx_dtype_bytes(sdx_dtype dtype, size_t len, size_t *out) {
    if (!sdx_dtype_subbyte(dtype)) return sdx_mul_size(len, sdx_dtype_size(dtype), out);
    const size_t per_byte = 8 / (size_t)sdx_dtype_bits(dtype);
    *out = len / per_byte + (len % per_byte != 0);
    return true;
}

/* Appends to a text of `size` bytes of which `used` are taken; what does not fit is cut. */
static size_t append(char *buf, size_t size, size_t used, const char *separator, const char *word) {
    if (used >= size) return used;
    const int n = snprintf(buf + used, size - used, "%s%s", separator, word);
    return n < 0 ? used : used + (size_t)n;
}

const char *sdx_types_text(sdx_types types, char *buf, size_t size) {
    static const struct {
        sdx_types bit;
        const char *name;
    } others[] = {{SDX_T_SEQUENCE, "sequence"}, {SDX_T_MAP, "map"}, {SDX_T_OPTIONAL, "optional"}};
    if (size == 0) return buf;
    buf[0] = '\0';
    size_t used = 0;
    for (int id = 1; id < N_DTYPES; id++)
        if (sdx_types_have(types, (sdx_dtype)id))
            used = append(buf, size, used, used ? ", " : "", sdx_dtype_name((sdx_dtype)id));
    for (size_t k = 0; k < sizeof others / sizeof others[0]; k++)
        if (types & others[k].bit) used = append(buf, size, used, used ? ", " : "", others[k].name);
    return buf;
}

/* The loops, with `bits` known where they are inlined. x ^ sign - sign extends the sign bit; sign
 * is 0 for types without one. */
SDX_INLINE void unpack(unsigned bits, unsigned sign, uint8_t *dst, const uint8_t *src, size_t n) {
    const unsigned mask = (1u << bits) - 1, per_byte = 8 / bits;
    const size_t whole = n / per_byte;
    for (size_t i = 0; i < whole; i++)
        for (unsigned k = 0; k < per_byte; k++)
            dst[i * per_byte + k] =
                (uint8_t)((((unsigned)src[i] >> k * bits & mask) ^ sign) - sign);
    for (unsigned k = 0; k < n % per_byte; k++)
        dst[whole * per_byte + k] =
            (uint8_t)((((unsigned)src[whole] >> k * bits & mask) ^ sign) - sign);
}

SDX_INLINE void pack(unsigned bits, uint8_t *dst, const uint8_t *src, size_t n) {
    const unsigned mask = (1u << bits) - 1, per_byte = 8 / bits;
    for (size_t i = 0; i < n; i += per_byte) {
        unsigned byte = 0;
        for (unsigned k = 0; k < per_byte && i + k < n; k++)
            byte |= (src[i + k] & mask) << k * bits;
        *dst++ = (uint8_t)byte;
    }
}

void sdx_bits_unpack(sdx_dtype dtype, uint8_t *dst, const uint8_t *src, size_t n) {
    const bool is_signed = sdx_dtype_kind_of(dtype) == SDX_KIND_INT;
    if (sdx_dtype_bits(dtype) == 4)
        unpack(4, is_signed ? 8 : 0, dst, src, n);
    else
        unpack(2, is_signed ? 2 : 0, dst, src, n);
}

void sdx_bits_pack(sdx_dtype dtype, uint8_t *dst, const uint8_t *src, size_t n) {
    if (sdx_dtype_bits(dtype) == 4)
        pack(4, dst, src, n);
    else
        pack(2, dst, src, n);
}

enum { TILE = 1024 }; /* elements that a misaligned array is copied by */

static bool misaligned(const void *ptr) { return (uintptr_t)ptr % sizeof(uint16_t) != 0; }

static void widen_halves(sdx_dtype dtype, float *dst, const void *src, size_t n) {
    const sdx_exact_table *const kernels = sdx_exact_kernels();
    sdx_widen_f32_fn *const widen =
        dtype == SDX_BFLOAT16 ? kernels->bf16_to_f32 : kernels->f16_to_f32;
    if (!misaligned(src)) {
        widen(dst, src, n);
        return;
    }
    uint16_t tile[TILE];
    for (size_t i = 0; i < n; i += TILE) {
        const size_t len = n - i < TILE ? n - i : TILE;
        memcpy(tile, (const char *)src + i * sizeof *tile, len * sizeof *tile);
        widen(dst + i, tile, len);
    }
}

static void narrow_halves(sdx_dtype dtype, void *dst, const float *src, size_t n) {
    const sdx_exact_table *const kernels = sdx_exact_kernels();
    sdx_narrow_f32_fn *const narrow =
        dtype == SDX_BFLOAT16 ? kernels->f32_to_bf16 : kernels->f32_to_f16;
    if (!misaligned(dst)) {
        narrow(dst, src, n);
        return;
    }
    uint16_t tile[TILE];
    for (size_t i = 0; i < n; i += TILE) {
        const size_t len = n - i < TILE ? n - i : TILE;
        narrow(tile, src + i, len);
        memcpy((char *)dst + i * sizeof *tile, tile, len * sizeof *tile);
    }
}

/* Decoding costs some 5 ns, looking up less than one: long arrays first make a table. */
static void widen_small(sdx_dtype dtype, float *dst, const uint8_t *src, size_t n) {
    enum { N_CODES = 256 };
    float of_code[N_CODES];
    if (n < (size_t)2 * N_CODES) {
        for (size_t i = 0; i < n; i++)
            dst[i] = sdx_small_to_f32(dtype, src[i]);
        return;
    }
    for (unsigned code = 0; code < N_CODES; code++)
        of_code[code] = sdx_small_to_f32(dtype, (uint8_t)code);
    for (size_t i = 0; i < n; i++)
        dst[i] = of_code[src[i]];
}

void sdx_widen_f32(sdx_dtype dtype, float *dst, const void *src, size_t n) {
    const size_t size = sdx_dtype_size(dtype);
    if (n == 0) return;
    if (size == 4) {
        memcpy(dst, src, n * size);
    } else if (size == 2) {
        widen_halves(dtype, dst, src, n);
    } else if (size == 8) {
        for (size_t i = 0; i < n; i++) {
            double x;
            memcpy(&x, (const char *)src + 8 * i, sizeof x);
            dst[i] = (float)x;
        }
    } else {
        widen_small(dtype, dst, src, n);
    }
}

void sdx_narrow_f32(sdx_dtype dtype, void *dst, const float *src, size_t n) {
    const size_t size = sdx_dtype_size(dtype);
    if (n == 0) return;
    if (size == 4) {
        memcpy(dst, src, n * size);
    } else if (size == 2) {
        narrow_halves(dtype, dst, src, n);
    } else if (size == 8) {
        for (size_t i = 0; i < n; i++) {
            const double x = (double)src[i];
            memcpy((char *)dst + 8 * i, &x, sizeof x);
        }
    } else {
        for (size_t i = 0; i < n; i++)
            ((uint8_t *)dst)[i] = sdx_f32_to_small(dtype, src[i], true, SDX_E8M0_UP);
    }
}
