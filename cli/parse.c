/* Numbers from text, completely or not at all. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"

bool parse_uint64(sdx_str str, uint64_t *out) {
    uint64_t value = 0;
    for (size_t i = 0; i < str.len; i++) {
        const unsigned digit = (unsigned)(unsigned char)str.ptr[i] - '0';
        if (digit > 9 || value > (UINT64_MAX - digit) / 10) {
            return false;
        }
        value = 10 * value + digit;
    }
    *out = value;
    return str.len > 0;
}

bool parse_int64(sdx_str str, int64_t *out) {
    const bool negative = str.len > 0 && str.ptr[0] == '-';
    uint64_t magnitude = 0;
    if (negative) {
        str = (sdx_str){str.ptr + 1, str.len - 1};
    }
    if (!parse_uint64(str, &magnitude) || magnitude > (uint64_t)INT64_MAX + negative) {
        return false;
    }
    *out = !negative ? (int64_t)magnitude : magnitude == 0 ? 0 : -(int64_t)(magnitude - 1) - 1;
    return true;
}

bool parse_number(sdx_str str, double *out) {
    char copy[64];
    char *end = NULL;
    if (str.len == 0 || str.len >= sizeof copy || strchr(" \t\n\v\f\r", str.ptr[0]) != NULL) {
        return false;
    }
    memcpy(copy, str.ptr, str.len);
    copy[str.len] = 0;
    const double value = strtod(copy, &end);
    if (end != copy + str.len) {
        return false;
    }
    *out = value;
    return true;
}
