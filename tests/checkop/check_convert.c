/* 16-bit floats: every bit pattern one way, exact rounding by a search-free double oracle the
 * other. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "checkop.h"

enum { ALL = 65536 };

/* What a 16-bit float with `fraction` fraction bits means; NaN keeps its payload elsewhere. */
static double value_of(uint16_t h, int fraction) {
    const int bias = fraction == 10 ? 15 : 127;
    const int exponent = (h & 0x7fff) >> fraction;
    const int mantissa = h & ((1 << fraction) - 1);
    const int top = fraction == 10 ? 31 : 255;
    double size;
    if (exponent == top) {
        size = mantissa ? NAN : INFINITY;
    } else if (exponent == 0) {
        size = ldexp(mantissa, 1 - bias - fraction);
    } else {
        size = ldexp(mantissa + (1 << fraction), exponent - bias - fraction);
    }
    return h & 0x8000 ? -size : size;
}

static int fraction_of(const check *c) { return strstr(c->oracle, "bf16") ? 7 : 10; }

bool check_widen_f32(check *c, sdx_widen_f32_fn *fn) {
    uint16_t *x = check_buffer(0, ALL * sizeof *x);
    float *y = check_buffer(1, ALL * sizeof *y);
    for (size_t i = 0; i < ALL; i++)
        x[i] = (uint16_t)i;
    fn(y, x, ALL);
    for (size_t i = 0; i < ALL; i++)
        if (!check_close(c, value_of(x[i], fraction_of(c)), (double)y[i], 0, "all patterns", i))
            return false;
    for (int round = 0; round < 200; round++) {
        const size_t n = check_length(300);
        const size_t from = check_below(ALL - n);
        uint16_t *part = check_buffer(2, n * sizeof *part);
        float *z = check_buffer(3, n * sizeof *z);
        memcpy(part, x + from, n * sizeof *part);
        fn(z, part, n);
        if (!check_floats(c, y + from, z, n, "part") || !check_canary(c, 3)) return false;
    }
    return true;
}

/* Rounds to nearest, ties to even, by the definition: of the two neighbours the nearer one. */
static uint16_t narrow_oracle(float x, int fraction) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    const int top = fraction == 10 ? 0x7c00 : 0x7f80;
    if (isnan(x)) {
        const uint32_t payload = bits >> (23 - fraction) & ((1u << fraction) - 1);
        return (uint16_t)(sign | top | 1 << (fraction - 1) | (int)payload);
    }
    const double size = fabs((double)x);
    int low = 0; /* the largest pattern whose value is not above size: values grow with patterns */
    for (int bit = 1 << 14; bit > 0; bit /= 2)
        if (low + bit < top && value_of((uint16_t)(low + bit), fraction) <= size) low += bit;
    const double below = value_of((uint16_t)low, fraction);
    const double step =
        value_of((uint16_t)(low | 1), fraction) - value_of((uint16_t)(low & ~1), fraction);
    const double rest = size - below;
    if (isinf(size)) return (uint16_t)(sign | top);
    const bool up = rest > step / 2 || (rest == step / 2 && (low & 1));
    return (uint16_t)(sign | (low + up));
}

bool check_narrow_f32(check *c, sdx_narrow_f32_fn *fn) {
    for (int round = 0; round < 1000; round++) {
        const size_t n = check_length(4000);
        float *x = check_buffer(0, n * sizeof *x);
        uint16_t *y = check_buffer(1, n * sizeof *y);
        for (size_t i = 0; i < n; i++)
            x[i] = check_random() % 4 ? check_any_float() : (float)check_uniform(-2e-4, 2e-4);
        for (size_t i = 0; i < n; i += 5) /* halfway between neighbours */
            x[i] = (float)(value_of((uint16_t)check_below(0x7bff), 10) * (1 + 0x1p-11));
        fn(y, x, n);
        for (size_t i = 0; i < n; i++) {
            const uint16_t want = narrow_oracle(x[i], fraction_of(c));
            if (y[i] != want)
                return check_failed(c, "%a: expected %04x, found %04x", (double)x[i], want, y[i]);
            uint16_t alone;
            fn(&alone, x + i, 1);
            if (alone != want) return check_failed(c, "%a alone: %04x", (double)x[i], alone);
        }
        if (!check_canary(c, 1)) return false;
    }
    return true;
}
