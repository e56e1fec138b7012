/* Arithmetic on sizes that says when it overflows. Each returns false on overflow and leaves *out
 * alone. */
#ifndef SDX_BASE_CHECKED_H
#define SDX_BASE_CHECKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

SDX_NODISCARD static inline bool sdx_add_size(size_t a, size_t b, size_t *out) {
    if (a > SIZE_MAX - b) return false;
    *out = a + b;
    return true;
}

SDX_NODISCARD static inline bool sdx_mul_size(size_t a, size_t b, size_t *out) {
    if (b != 0 && a > SIZE_MAX / b) return false;
    *out = a * b;
    return true;
}

SDX_NODISCARD static inline bool sdx_add_i64(int64_t a, int64_t b, int64_t *out) {
    if (b > 0 ? a > INT64_MAX - b : a < INT64_MIN - b) return false;
    *out = a + b;
    return true;
}

SDX_NODISCARD static inline bool sdx_sub_i64(int64_t a, int64_t b, int64_t *out) {
    if (b < 0 ? a > INT64_MAX + b : a < INT64_MIN + b) return false;
    *out = a - b;
    return true;
}

SDX_NODISCARD static inline bool sdx_mul_i64(int64_t a, int64_t b, int64_t *out) {
    if (a == 0 || b == 0) {
        *out = 0;
        return true;
    }
    if ((a == -1 && b == INT64_MIN) || (b == -1 && a == INT64_MIN)) return false;
    if (b != -1 && a != -1) {
        const bool same_sign = (a > 0) == (b > 0);
        const int64_t bound = same_sign ? INT64_MAX : INT64_MIN;
        if (a > 0 ? (b > 0 ? b > bound / a : b < bound / a)
                  : (b > 0 ? a < bound / b : a < bound / b))
            return false;
    }
    *out = a * b;
    return true;
}

/* Rounds up to a multiple of `unit`, a power of two. */
SDX_NODISCARD static inline bool sdx_round_up(size_t size, size_t unit, size_t *out) {
    if (size > SIZE_MAX - (unit - 1)) return false;
    *out = (size + unit - 1) & ~(unit - 1);
    return true;
}

#endif
