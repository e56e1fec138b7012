/* Floats of 16, 8 and 4 bits, one at a time and by integer arithmetic alone, so that neither the
 * rounding mode nor flush-to-zero of the thread has a say. A format is a row of numbers; one
 * decoder and one encoder serve them all. */
#include <string.h>

#include "tensor/dtype.h"

typedef struct small_format {
    unsigned mantissa;  /* bits */
    int bias;           /* of the exponent */
    uint8_t sign;       /* the sign bit */
    uint8_t largest;    /* code of the largest finite number */
    uint8_t infinity;   /* code of what is beyond it, when not saturating */
    uint8_t nan;        /* code that NaN becomes */
    uint8_t first_nan;  /* codes from this one to the sign bit are NaN; 0: none */
    bool has_infinity;  /* code `infinity` is one when read */
    bool negative_zero; /* the sign bit alone is -0; else it is the only NaN */
} small_format;

/* ONNX: float8.md and float4.md, types E4M3FN, E4M3FNUZ, E5M2, E5M2FNUZ, E2M1. Two entries of the
 * tables there are contradicted by ONNX's own conformance data, which is followed: FNUZ types
 * saturate an infinity to the largest number, and NaN becomes -0 in E2M1, which has no NaN. */
static const small_format formats[] = {
    [SDX_FLOAT8E4M3FN] = {3, 7, 0x80, 0x7e, 0x7f, 0x7f, 0x7f, false, true},
    [SDX_FLOAT8E4M3FNUZ] = {3, 8, 0x80, 0x7f, 0x80, 0x80, 0, false, false},
    [SDX_FLOAT8E5M2] = {2, 15, 0x80, 0x7b, 0x7c, 0x7e, 0x7d, true, true},
    [SDX_FLOAT8E5M2FNUZ] = {2, 16, 0x80, 0x7f, 0x80, 0x80, 0, false, false},
    [SDX_FLOAT4E2M1] = {1, 1, 0x08, 0x07, 0x07, 0x08, 0, false, true},
};

enum {
    F32_MANTISSA = 23,
    F32_BIAS = 127,
    F32_INFINITY = 0x7f800000,
    F32_QUIET = 0x00400000,
    F32_MAGNITUDE = 0x7fffffff,
    E8M0_LARGEST = 0xfe,
    E8M0_NAN = 0xff
};

static uint32_t bits_of(float f) {
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return bits;
}

static float float_of(uint32_t bits) {
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

/* The code of a finite float32 magnitude in a format with gradual underflow, rounded to nearest,
 * ties to even; it may lie beyond the format's largest. Exponent and mantissa are one number, so a
 * carry out of the mantissa makes the next exponent. */
static uint32_t encode(uint32_t magnitude, unsigned mantissa, int bias) {
    const int exponent = (int)(magnitude >> F32_MANTISSA) - F32_BIAS;
    const int lowest = 1 - bias; /* exponent of the smallest normal number */
    if (exponent == -F32_BIAS)
        return 0; /* float32 denormals are below half of any format's least */
    unsigned shift = F32_MANTISSA - mantissa;
    uint32_t base = 0;
    if (exponent >= lowest)
        base = (uint32_t)(exponent - lowest) << mantissa;
    else
        shift += (unsigned)(lowest - exponent);
    if (shift > F32_MANTISSA + 1) return 0; /* less than half of the least number */
    const uint32_t m = (magnitude & ((1u << F32_MANTISSA) - 1)) | 1u << F32_MANTISSA;
    const uint32_t half = 1u << (shift - 1);
    const uint32_t odd = (m >> shift) & 1;
    return base + ((m + half - 1 + odd) >> shift);
}

/* The inverse: bits of the float32 magnitude that a finite code stands for, exact. */
static uint32_t decode(uint32_t code, unsigned mantissa, int bias) {
    uint32_t m = code & ((1u << mantissa) - 1);
    int exponent = (int)(code >> mantissa) - bias;
    if (code >> mantissa == 0) {
        if (m == 0) return 0;
        exponent++;
        for (; !(m >> mantissa); m <<= 1)
            exponent--;
        m &= (1u << mantissa) - 1;
    }
    return (uint32_t)(exponent + F32_BIAS) << F32_MANTISSA | m << (F32_MANTISSA - mantissa);
}

float sdx_f16_to_f32(uint16_t h) {
    const uint32_t sign = (uint32_t)(h & 0x8000u) << 16;
    const uint32_t code = h & 0x7fffu;
    if (code < 0x7c00u) return float_of(sign | decode(code, 10, 15));
    const uint32_t payload = (code & 0x3ffu) << 13;
    return float_of(sign | F32_INFINITY | payload | (payload ? F32_QUIET : 0));
}

uint16_t sdx_f32_to_f16(float f) {
    const uint32_t bits = bits_of(f);
    const uint32_t sign = bits >> 16 & 0x8000u;
    const uint32_t magnitude = bits & F32_MAGNITUDE;
    if (magnitude > F32_INFINITY) return (uint16_t)(sign | 0x7e00u | (magnitude >> 13 & 0x3ffu));
    if (magnitude == F32_INFINITY) return (uint16_t)(sign | 0x7c00u);
    const uint32_t code = encode(magnitude, 10, 15);
    return (uint16_t)(sign | (code < 0x7c00u ? code : 0x7c00u));
}

float sdx_bf16_to_f32(uint16_t h) { return float_of((uint32_t)h << 16); }

uint16_t sdx_f32_to_bf16(float f) {
    const uint32_t bits = bits_of(f);
    if ((bits & F32_MAGNITUDE) > F32_INFINITY) return (uint16_t)((bits | F32_QUIET) >> 16);
    return (uint16_t)((bits + 0x7fffu + (bits >> 16 & 1)) >> 16);
}

/* E8M0: code c is 2^(c - 127), 255 is NaN; no sign, no zero. */
static float e8m0_to_f32(uint8_t code) {
    if (code == E8M0_NAN) return float_of(F32_INFINITY | F32_QUIET);
    return float_of(code == 0 ? 1u << (F32_MANTISSA - 1) : (uint32_t)code << F32_MANTISSA);
}

/* ONNX: Cast-24 round_mode. The sign is dropped, zero becomes the least number 2^-127, infinities
 * become NaN; a tie of NEAREST goes up. */
static uint8_t f32_to_e8m0(float f, bool saturate, sdx_e8m0_round round) {
    const uint32_t magnitude = bits_of(f) & F32_MAGNITUDE;
    if (magnitude >= F32_INFINITY) return E8M0_NAN;
    uint32_t code = magnitude >> F32_MANTISSA;
    uint32_t fraction = magnitude & ((1u << F32_MANTISSA) - 1);
    /* Denormals: 2^-127, code 0, is half of the step to 2^-126. */
    const uint32_t least = 1u << (F32_MANTISSA - 1);
    if (code == 0) fraction = fraction > least ? (fraction - least) * 2 : 0;
    if (round == SDX_E8M0_UP && fraction > 0) code++;
    if (round == SDX_E8M0_NEAREST && fraction >= least) code++;
    return (uint8_t)(saturate && code > E8M0_LARGEST ? E8M0_LARGEST : code);
}

float sdx_small_to_f32(sdx_dtype dtype, uint8_t code) {
    if (dtype == SDX_FLOAT8E8M0) return e8m0_to_f32(code);
    const small_format *const format = &formats[dtype];
    const uint32_t sign = code & format->sign ? UINT32_C(1) << 31 : 0;
    const uint32_t magnitude = code & (format->sign - 1u);
    const bool only_nan = !format->negative_zero && sign != 0 && magnitude == 0;
    if (only_nan || (format->first_nan != 0 && magnitude >= format->first_nan))
        return float_of(sign | F32_INFINITY | F32_QUIET);
    if (format->has_infinity && magnitude == format->infinity) return float_of(sign | F32_INFINITY);
    return float_of(sign | decode(magnitude, format->mantissa, format->bias));
}

uint8_t sdx_f32_to_small(sdx_dtype dtype, float f, bool saturate, sdx_e8m0_round round) {
    if (dtype == SDX_FLOAT8E8M0) return f32_to_e8m0(f, saturate, round);
    const small_format *const format = &formats[dtype];
    const uint32_t bits = bits_of(f);
    const uint32_t magnitude = bits & F32_MAGNITUDE;
    const uint32_t sign = bits >> 31 ? format->sign : 0;
    if (magnitude > F32_INFINITY)
        return (uint8_t)(format->first_nan ? sign | format->nan : format->nan);
    uint32_t code =
        magnitude == F32_INFINITY ? UINT32_MAX : encode(magnitude, format->mantissa, format->bias);
    if (code > format->largest) code = saturate ? format->largest : format->infinity;
    return (uint8_t)(code == 0 && !format->negative_zero ? 0 : sign | code);
}
