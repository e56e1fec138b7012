/* Element types: every code of every small float against the formula of its format, in double
 * precision and with a search for the nearest; packing; arrays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <math.h>

#include <cmocka.h>

#include "tensor/dtype.h"

typedef struct format {
    sdx_dtype dtype;
    int exponent, mantissa, bias;
    int first_special; /* magnitudes from here on are not numbers; 1 << (exponent + mantissa): none
                        */
    int infinity;      /* magnitude, or -1 */
    bool fnuz;
} format;

static const format formats[] = {
    {SDX_FLOAT8E4M3FN, 4, 3, 7, 0x7f, -1, false},  {SDX_FLOAT8E4M3FNUZ, 4, 3, 8, 0x80, -1, true},
    {SDX_FLOAT8E5M2, 5, 2, 15, 0x7c, 0x7c, false}, {SDX_FLOAT8E5M2FNUZ, 5, 2, 16, 0x80, -1, true},
    {SDX_FLOAT4E2M1, 2, 1, 1, 0x08, -1, false},    {SDX_FLOAT16, 5, 10, 15, 0x7c00, 0x7c00, false},
};
enum { N_FORMATS = sizeof formats / sizeof formats[0] };

static int sign_bit(const format *f) { return 1 << (f->exponent + f->mantissa); }

/* The value of a code by the definition of floating-point numbers. */
static double value_of(const format *f, int code) {
    const int magnitude = code & (sign_bit(f) - 1);
    const double sign = code & sign_bit(f) ? -1 : 1;
    if (f->fnuz && code == sign_bit(f)) return (double)NAN;
    if (magnitude == f->infinity) return sign * (double)INFINITY;
    if (magnitude >= f->first_special) return (double)NAN;
    const int e = magnitude >> f->mantissa;
    const double m = ldexp(magnitude & ((1 << f->mantissa) - 1), -f->mantissa);
    return sign * (e == 0 ? ldexp(m, 1 - f->bias) : ldexp(1 + m, e - f->bias));
}

static float decoded(const format *f, int code) {
    return f->dtype == SDX_FLOAT16 ? sdx_f16_to_f32((uint16_t)code)
                                   : sdx_small_to_f32(f->dtype, (uint8_t)code);
}

static int encoded(const format *f, float x, bool saturate) {
    return f->dtype == SDX_FLOAT16 ? sdx_f32_to_f16(x)
                                   : sdx_f32_to_small(f->dtype, x, saturate, SDX_E8M0_UP);
}

static uint32_t bits_of(float f) {
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return bits;
}

static void every_code_is_what_its_format_says(void **state) {
    (void)state;
    for (size_t k = 0; k < N_FORMATS; k++) {
        const format *const f = &formats[k];
        for (int code = 0; code < 2 * sign_bit(f); code++) {
            const double want = value_of(f, code);
            const float got = decoded(f, code);
            if (isnan(want)) {
                assert_true(isnan(got));
                assert_true(isnan(decoded(f, encoded(f, got, true))));
            } else {
                assert_int_equal(bits_of(got), bits_of((float)want));
                if (isfinite(want)) {
                    assert_int_equal(encoded(f, got, true), code);
                    assert_int_equal(encoded(f, got, false), code);
                }
            }
        }
    }
}

/* Between two neighbours, on the tie and beside it. */
static void rounding_is_to_the_nearest_and_even(void **state) {
    (void)state;
    for (size_t k = 0; k < N_FORMATS; k++) {
        const format *const f = &formats[k];
        for (int code = 0; code + 1 < f->first_special; code++) {
            const double low = value_of(f, code), high = value_of(f, code + 1);
            const float tie = (float)((low + high) / 2);
            const int even = code & 1 ? code + 1 : code;
            for (int sign = 0; sign < 2; sign++) {
                const float s = sign ? -1 : 1;
                const int bit = sign ? sign_bit(f) : 0;
                const int zero = f->fnuz ? 0 : bit;
                assert_int_equal(encoded(f, s * tie, true), even ? even | bit : zero);
                assert_int_equal(encoded(f, s * nextafterf(tie, 0), true),
                                 code ? code | bit : zero);
                assert_int_equal(encoded(f, s * nextafterf(tie, INFINITY), true), (code + 1) | bit);
            }
        }
    }
}

static void beyond_the_largest(void **state) {
    (void)state;
    static const struct {
        sdx_dtype dtype;
        int largest, overflow, negative_overflow, nan;
    } rows[] = {
        {SDX_FLOAT8E4M3FN, 0x7e, 0x7f, 0xff, 0x7f}, {SDX_FLOAT8E4M3FNUZ, 0x7f, 0x80, 0x80, 0x80},
        {SDX_FLOAT8E5M2, 0x7b, 0x7c, 0xfc, 0x7e},   {SDX_FLOAT8E5M2FNUZ, 0x7f, 0x80, 0x80, 0x80},
        {SDX_FLOAT4E2M1, 0x07, 0x07, 0x0f, 0x08},
    };
    static const float large[] = {1e6f, 3e38f, INFINITY};
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        const sdx_dtype d = rows[k].dtype;
        const int sign = d == SDX_FLOAT4E2M1 ? 8 : 0x80;
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(sdx_f32_to_small(d, large[i], true, 0), rows[k].largest);
            assert_int_equal(sdx_f32_to_small(d, -large[i], true, 0), rows[k].largest | sign);
            assert_int_equal(sdx_f32_to_small(d, large[i], false, 0), rows[k].overflow);
            assert_int_equal(sdx_f32_to_small(d, -large[i], false, 0), rows[k].negative_overflow);
        }
        assert_int_equal(sdx_f32_to_small(d, NAN, true, 0), rows[k].nan);
        assert_int_equal(sdx_f32_to_small(d, NAN, false, 0), rows[k].nan);
    }
    /* half a step beyond the largest still rounds to it where it is even, else overflows */
    assert_int_equal(sdx_f32_to_small(SDX_FLOAT8E4M3FN, 464.0f, false, 0), 0x7e);
    assert_int_equal(sdx_f32_to_small(SDX_FLOAT8E4M3FN, nextafterf(464.0f, 500), false, 0), 0x7f);
    assert_int_equal(sdx_f32_to_small(SDX_FLOAT8E4M3FNUZ, 248.0f, false, 0), 0x80);
    assert_int_equal(sdx_f32_to_small(SDX_FLOAT8E5M2, 61440.0f, false, 0), 0x7c);
    assert_int_equal(sdx_f32_to_small(SDX_FLOAT8E5M2, nextafterf(61440.0f, 0), false, 0), 0x7b);
    assert_int_equal(sdx_f32_to_f16(65519.996f), 0x7bff);
    assert_int_equal(sdx_f32_to_f16(65520.0f), 0x7c00);
    assert_int_equal(sdx_f32_to_f16(-INFINITY), 0xfc00);
    assert_int_equal(sdx_f32_to_f16(NAN) & 0x7e00, 0x7e00);
    assert_int_equal(sdx_f32_to_f16(1e-40f), 0);
}

static void e8m0_is_a_power_of_two(void **state) {
    (void)state;
    for (int code = 0; code < 255; code++) {
        const float x = sdx_small_to_f32(SDX_FLOAT8E8M0, (uint8_t)code);
        assert_true((double)x == ldexp(1, code - 127));
        for (int round = 0; round < 3; round++)
            assert_int_equal(sdx_f32_to_small(SDX_FLOAT8E8M0, x, true, (sdx_e8m0_round)round),
                             code);
        if (code == 254) continue;
        const float above = nextafterf(x, INFINITY), tie = 1.5f * x;
        const float below = nextafterf(tie, 0);
        static const int up[] = {1, 0, 0}, half[] = {1, 0, 1};
        for (int round = 0; round < 3; round++) {
            const sdx_e8m0_round r = (sdx_e8m0_round)round;
            assert_int_equal(sdx_f32_to_small(SDX_FLOAT8E8M0, above, true, r), code + up[round]);
            assert_int_equal(sdx_f32_to_small(SDX_FLOAT8E8M0, below, true, r), code + up[round]);
            assert_int_equal(sdx_f32_to_small(SDX_FLOAT8E8M0, tie, true, r), code + half[round]);
        }
    }
    assert_true(isnan(sdx_small_to_f32(SDX_FLOAT8E8M0, 255)));
    assert_int_equal(sdx_f32_to_small(SDX_FLOAT8E8M0, NAN, true, SDX_E8M0_UP), 255);
    assert_int_equal(sdx_f32_to_small(SDX_FLOAT8E8M0, 3e38f, true, SDX_E8M0_UP), 254);
    assert_int_equal(sdx_f32_to_small(SDX_FLOAT8E8M0, 3e38f, false, SDX_E8M0_UP), 255);
    assert_int_equal(sdx_f32_to_small(SDX_FLOAT8E8M0, 3e38f, false, SDX_E8M0_DOWN), 254);
    assert_int_equal(sdx_f32_to_small(SDX_FLOAT8E8M0, 0, true, SDX_E8M0_UP), 0);
    assert_int_equal(sdx_f32_to_small(SDX_FLOAT8E8M0, 1e-42f, true, SDX_E8M0_NEAREST), 0);
}

static void bfloat16_both_ways(void **state) {
    (void)state;
    for (uint32_t h = 0; h < 65536; h++) {
        const float x = sdx_bf16_to_f32((uint16_t)h);
        if (isnan(x)) {
            assert_int_equal(sdx_f32_to_bf16(x), h | 0x40);
            continue;
        }
        assert_int_equal(bits_of(x), h << 16);
        assert_int_equal(sdx_f32_to_bf16(x), h);
    }
    assert_int_equal(sdx_f32_to_bf16(1.00390625f), 0x3f80);                /* a tie, to even */
    assert_int_equal(sdx_f32_to_bf16(1.01171875f), 0x3f82);                /* a tie, to even */
    assert_int_equal(sdx_f32_to_bf16(nextafterf(1.00390625f, 2)), 0x3f81); /* above it */
    assert_int_equal(sdx_f32_to_bf16(3.4e38f), 0x7f80);
}

/* 32-bit x86 returns floats in a register that makes a NaN quiet: here the compiler cannot see
 * through the call. */
static float unchanged(float x) { return x; }
static float (*const volatile as_returned)(float) = unchanged;

static void arrays_agree_with_single_elements(void **state) {
    (void)state;
    enum { N = 65536 + 3 };
    uint16_t *const half = malloc(2 * N + 1), *const back = malloc(2 * N);
    float *const wide = malloc(4 * N);
    for (int brain = 0; brain < 2; brain++) {
        const sdx_dtype d = brain ? SDX_BFLOAT16 : SDX_FLOAT16;
        for (uint32_t i = 0; i < N; i++)
            half[i] = (uint16_t)i;
        sdx_widen_f32(d, wide, half, N);
        sdx_narrow_f32(d, back, wide, N);
        for (uint32_t i = 0; i < N; i++) {
            const float one = brain ? sdx_bf16_to_f32((uint16_t)i) : sdx_f16_to_f32((uint16_t)i);
            assert_int_equal(bits_of(as_returned(wide[i])), bits_of(one));
            assert_int_equal(back[i], brain ? sdx_f32_to_bf16(one) : sdx_f32_to_f16(one));
        }
        memmove((char *)half + 1, half, 2 * N); /* misaligned, as constants may be */
        sdx_widen_f32(d, wide, (char *)half + 1, N);
        sdx_narrow_f32(d, (char *)half + 1, wide, N);
        assert_memory_equal((char *)half + 1, back, 2 * N);
    }
    const double from[] = {1.5, -2, 1e300};
    double to[3];
    sdx_widen_f32(SDX_FLOAT64, wide, from, 3);
    assert_true(wide[0] == 1.5f && wide[1] == -2 && isinf(wide[2]));
    sdx_narrow_f32(SDX_FLOAT64, to, wide, 2);
    assert_true(to[0] == 1.5 && to[1] == -2);
    const float eights[] = {1, 1e9f};
    uint8_t codes[2];
    sdx_narrow_f32(SDX_FLOAT8E4M3FN, codes, eights, 2);
    assert_int_equal(codes[0], 0x38);
    assert_int_equal(codes[1], 0x7e);
    sdx_widen_f32(SDX_FLOAT8E4M3FN, wide, codes, 2);
    assert_true(wide[0] == 1 && wide[1] == 448);
    for (size_t i = 0; i < 600; i++)
        ((uint8_t *)half)[i] = (uint8_t)i;
    sdx_widen_f32(SDX_FLOAT8E5M2, wide, half, 600);
    for (size_t i = 0; i < 600; i++)
        assert_int_equal(bits_of(wide[i]), bits_of(sdx_small_to_f32(SDX_FLOAT8E5M2, (uint8_t)i)));
    free(half);
    free(back);
    free(wide);
}

static void packing(void **state) {
    (void)state;
    const uint8_t packed[] = {0x8f, 0x17, 0x0e};
    uint8_t one[12], again[3];
    sdx_bits_unpack(SDX_INT4, one, packed, 5);
    const int8_t int4[] = {-1, -8, 7, 1, -2};
    assert_memory_equal(one, int4, 5);
    sdx_bits_pack(SDX_INT4, again, one, 5);
    assert_memory_equal(again, packed, 3);
    sdx_bits_unpack(SDX_UINT4, one, packed, 5);
    const uint8_t uint4[] = {15, 8, 7, 1, 14};
    assert_memory_equal(one, uint4, 5);
    sdx_bits_unpack(SDX_INT2, one, packed, 9);
    const int8_t int2[] = {-1, -1, 0, -2, -1, 1, 1, 0, -2};
    assert_memory_equal(one, int2, 9);
    sdx_bits_pack(SDX_INT2, again, one, 9);
    const uint8_t int2_packed[] = {0x8f, 0x17, 0x02};
    assert_memory_equal(again, int2_packed, 3);
}

static void sizes_and_sets(void **state) {
    (void)state;
    size_t bytes = 0;
    assert_true(sdx_dtype_bytes(SDX_INT4, 5, &bytes) && bytes == 3);
    assert_true(sdx_dtype_bytes(SDX_UINT2, 5, &bytes) && bytes == 2);
    assert_true(sdx_dtype_bytes(SDX_UINT2, SIZE_MAX, &bytes) && bytes == SIZE_MAX / 4 + 1);
    assert_true(sdx_dtype_bytes(SDX_COMPLEX128, 3, &bytes) && bytes == 48);
    assert_false(sdx_dtype_bytes(SDX_FLOAT32, SIZE_MAX / 2, &bytes));
    assert_int_equal(sdx_dtype_size(SDX_INT4), 1);
    assert_int_equal(sdx_dtype_size(SDX_UNDEFINED), 0);
    assert_false(sdx_dtype_valid(0) || sdx_dtype_valid(27) || sdx_dtype_valid(-1) ||
                 sdx_dtype_valid(INT64_MAX));
    assert_int_equal(sdx_dtype_kind_of((sdx_dtype)99), SDX_KIND_NONE);
    char text[64];
    assert_string_equal(sdx_types_text(SDX_T(FLOAT32) | SDX_T(INT2) | SDX_T_MAP, text, sizeof text),
                        "float32, int2, map");
    assert_string_equal(sdx_types_text(0, text, sizeof text), "");
    char small[10];
    assert_string_equal(sdx_types_text(SDX_T_ANY, small, sizeof small), "float32, ");
    int n = 0;
    for (int id = 0; id < 64; id++)
        n += sdx_types_have(SDX_T_ANY, (sdx_dtype)id);
    assert_int_equal(n, 26);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_is_what_its_format_says),
        cmocka_unit_test(rounding_is_to_the_nearest_and_even),
        cmocka_unit_test(beyond_the_largest),
        cmocka_unit_test(e8m0_is_a_power_of_two),
        cmocka_unit_test(bfloat16_both_ways),
        cmocka_unit_test(arrays_agree_with_single_elements),
        cmocka_unit_test(packing),
        cmocka_unit_test(sizes_and_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
