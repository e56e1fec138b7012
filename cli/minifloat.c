/* minifloat.h: sign, exponent and mantissa put together by ldexp; rounding by nearbyint in the
 * default mode, nearest even. */
#include "cli/minifloat.h"

#include <math.h>

static uint32_t low(unsigned bits) { return (UINT32_C(1) << bits) - 1; }

static uint32_t sign_bit(const struct minifloat *format) {
    return UINT32_C(1) << (format->exponent + format->mantissa);
}

/* The bits of the largest finite magnitude. */
static uint32_t largest(const struct minifloat *format) {
    const uint32_t all = low(format->exponent + format->mantissa);
    if (format->special == MINIFLOAT_IEEE) {
        return all - low(format->mantissa) - 1;
    }
    return format->special == MINIFLOAT_FN ? all - 1 : all;
}

static uint32_t not_a_number(const struct minifloat *format) {
    if (format->special == MINIFLOAT_IEEE) {
        return largest(format) + 1 + (UINT32_C(1) << (format->mantissa - 1));
    }
    return format->special == MINIFLOAT_FN     ? low(format->exponent + format->mantissa)
           : format->special == MINIFLOAT_FNUZ ? sign_bit(format)
                                               : 0;
}

double minifloat_decode(const struct minifloat *format, uint32_t bits) {
    const bool negative = (bits & sign_bit(format)) != 0;
    const uint32_t magnitude = bits & low(format->exponent + format->mantissa);
    const uint32_t exponent = magnitude >> format->mantissa;
    const uint32_t mantissa = magnitude & low(format->mantissa);
    double value;
    if (format->special == MINIFLOAT_FNUZ && negative && magnitude == 0) {
        return NAN;
    }
    if (magnitude > largest(format)) {
        value = format->special == MINIFLOAT_IEEE && mantissa == 0 ? INFINITY : NAN;
    } else if (exponent == 0) {
        value = ldexp((double)mantissa, 1 - format->bias - (int)format->mantissa);
    } else {
        value = ldexp((double)(mantissa + low(format->mantissa) + 1),
                      (int)exponent - format->bias - (int)format->mantissa);
    }
    return negative ? -value : value;
}

uint32_t minifloat_encode(const struct minifloat *format, double value) {
    if (isnan(value)) {
        return not_a_number(format);
    }
    const uint32_t sign = signbit(value) ? sign_bit(format) : 0;
    const double magnitude = fabs(value);
    int exponent = 0;
    (void)frexp(magnitude, &exponent); /* magnitude = f * 2^exponent, f in [0.5, 1) */
    if (isinf(magnitude) || exponent > 1024) {
        return sign | (format->special == MINIFLOAT_IEEE ? largest(format) + 1 : largest(format));
    }
    const int lowest =
        1 - format->bias; /* of normal numbers; subnormal ones have its step as well */
    const int power = magnitude > 0 && exponent - 1 > lowest ? exponent - 1 : lowest;
    const double steps = nearbyint(ldexp(
        magnitude, (int)format->mantissa - power)); /* a carry into the exponent comes by itself */
    const double bits = steps + ldexp((double)(power - lowest), (int)format->mantissa);
    if (bits > (double)largest(format)) {
        return sign | (format->special == MINIFLOAT_IEEE ? largest(format) + 1 : largest(format));
    }
    const uint32_t result = (uint32_t)bits;
    return result == 0 && format->special == MINIFLOAT_FNUZ ? 0 : sign | result;
}
