/* Text: views, numbers out of text, growing buffers. */
#include "base/str.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/siphash.h"

sdx_str sdx_str_from(const char *text) { return (sdx_str){text, text ? strlen(text) : 0}; }

bool sdx_str_eq(sdx_str a, sdx_str b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool sdx_str_is(sdx_str a, const char *text) { return sdx_str_eq(a, sdx_str_from(text)); }

bool sdx_str_starts(sdx_str a, const char *prefix) {
    const size_t len = strlen(prefix);
    return a.len >= len && (len == 0 || memcmp(a.ptr, prefix, len) == 0);
}

bool sdx_str_ends(sdx_str a, const char *suffix) {
    const size_t len = strlen(suffix);
    return a.len >= len && (len == 0 || memcmp(a.ptr + (a.len - len), suffix, len) == 0);
}

int sdx_str_cmp(sdx_str a, sdx_str b) {
    const size_t shorter = a.len < b.len ? a.len : b.len;
    const int order = shorter == 0 ? 0 : memcmp(a.ptr, b.ptr, shorter);
    if (order != 0) return order;
    return (a.len > b.len) - (a.len < b.len);
}

uint64_t sdx_str_hash(sdx_str a) { return sdx_siphash(a.ptr, a.len, 0); }

bool sdx_str_int(sdx_str a, int64_t *out) {
    size_t i = 0;
    const bool negative = a.len > 0 && a.ptr[0] == '-';
    if (a.len > 0 && (a.ptr[0] == '-' || a.ptr[0] == '+')) i = 1;
    if (i == a.len) return false;
    int64_t value = 0; /* kept at or below zero: there is one more number on that side */
    for (; i < a.len; i++) {
        if (a.ptr[i] < '0' || a.ptr[i] > '9') return false;
        if (!sdx_mul_i64(value, 10, &value)) return false;
        if (!sdx_sub_i64(value, a.ptr[i] - '0', &value)) return false;
    }
    if (!negative && value == INT64_MIN) return false;
    *out = negative ? value : -value;
    return true;
}

/* ---- numbers with a fraction ---- */

/* More significant digits than the longest decimal expansion that lies halfway between two doubles
 * has (767): what follows matters only by being zero or not. */
enum { MAX_DIGITS = 780 };

/* A decimal number without sign: 0.d1 d2 ... dn * 10^exponent, d1 and dn not zero; n is 0 for zero.
 */
typedef struct decimal {
    char digits[MAX_DIGITS];
    size_t n;
    int64_t exponent;
} decimal;

static bool is_digit(sdx_str a, size_t i) {
    return i < a.len && a.ptr[i] >= '0' && a.ptr[i] <= '9';
}

/* Reads digits from `*at` on; those behind the point take the exponent back. Returns how many there
 * were. */
static size_t scan_digits(sdx_str a, size_t *at, bool fraction, decimal *number, bool *sticky) {
    const size_t begin = *at;
    for (; is_digit(a, *at); ++*at) {
        const char digit = a.ptr[*at];
        if (number->n == 0 && digit == '0') {
            if (fraction) number->exponent--;
            continue;
        }
        if (!fraction) number->exponent++;
        if (number->n < MAX_DIGITS - 1) {
            number->digits[number->n++] = digit;
        } else if (digit != '0') {
            *sticky = true;
        }
    }
    return *at - begin;
}

/* "e-12": any number of digits; beyond a thousand million it is no more than very large. */
static bool scan_exponent(sdx_str a, size_t *at, int64_t *exponent) {
    size_t i = *at + 1;
    const bool negative = i < a.len && a.ptr[i] == '-';
    if (i < a.len && (a.ptr[i] == '-' || a.ptr[i] == '+')) i++;
    if (!is_digit(a, i)) return false;
    int64_t value = 0;
    for (; is_digit(a, i); i++) {
        if (value < 1000000000) value = value * 10 + (a.ptr[i] - '0');
    }
    *exponent += negative ? -value : value;
    *at = i;
    return true;
}

static bool scan_decimal(sdx_str a, decimal *number) {
    size_t at = 0;
    bool sticky = false;
    number->n = 0;
    number->exponent = 0;
    size_t n_digits = scan_digits(a, &at, false, number, &sticky);
    if (at < a.len && a.ptr[at] == '.') {
        at++;
        n_digits += scan_digits(a, &at, true, number, &sticky);
    }
    if (n_digits == 0) return false;
    if (at < a.len && (a.ptr[at] == 'e' || a.ptr[at] == 'E')) {
        if (!scan_exponent(a, &at, &number->exponent)) return false;
    }
    if (sticky) number->digits[number->n++] = '1';
    return at == a.len;
}

/* strtod rounds correctly and depends on the locale by the decimal point alone: it is given
 * "ddd...e-n", which has none. */
static double decimal_value(const decimal *number) {
    if (number->n == 0) return 0.0;
    int64_t exponent = number->exponent - (int64_t)number->n;
    if (exponent > 100000) exponent = 100000;   /* infinite */
    if (exponent < -100000) exponent = -100000; /* zero */
    char text[MAX_DIGITS + 16];
    memcpy(text, number->digits, number->n);
    (void)snprintf(text + number->n, sizeof text - number->n, "e%d", (int)exponent);
    return strtod(text, NULL);
}

/* Compares without regard to the case of ASCII letters; `word` is in lower case. */
static bool is_word(sdx_str a, const char *word) {
    if (a.len != strlen(word)) return false;
    for (size_t i = 0; i < a.len; i++) {
        const char c = a.ptr[i];
        if ((c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c) != word[i]) return false;
    }
    return true;
}

bool sdx_str_double(sdx_str a, double *out) {
    const bool negative = a.len > 0 && a.ptr[0] == '-';
    if (a.len > 0 && (a.ptr[0] == '-' || a.ptr[0] == '+')) a = (sdx_str){a.ptr + 1, a.len - 1};
    double value;
    decimal number;
    if (is_word(a, "inf") || is_word(a, "infinity")) {
        value = HUGE_VAL;
    } else if (is_word(a, "nan")) {
        value = (double)NAN;
    } else if (scan_decimal(a, &number)) {
        value = decimal_value(&number);
    } else {
        return false;
    }
    *out = negative ? -value : value;
    return true;
}

/* ---- buffers ---- */

void sdx_buf_init(sdx_buf *buf, sdx_heap *heap, size_t cap) {
    /* The NUL needs a byte beyond the cap that can be counted. */
    *buf = (sdx_buf){.heap = heap, .cap = cap < SIZE_MAX ? cap : SIZE_MAX - 1};
}

void sdx_buf_deinit(sdx_buf *buf) {
    sdx_heap_free(buf->heap, buf->ptr, buf->capacity);
    sdx_buf_init(buf, buf->heap, buf->cap);
}

sdx_status sdx_buf_reserve(sdx_buf *buf, size_t more) {
    if (buf->capacity > buf->size && more < buf->capacity - buf->size) return NULL;
    if (buf->size > buf->cap || more > buf->cap - buf->size) {
        return sdx_fail(SDX_LIMIT, "buffer: %zu bytes and %zu more wanted, allowed %zu", buf->size,
                        more, buf->cap);
    }
    size_t capacity = buf->capacity < 32 ? 64 : buf->capacity * 2;
    if (buf->capacity > buf->cap / 2 || capacity > buf->cap) capacity = buf->cap + 1;
    if (capacity <= buf->size + more) capacity = buf->size + more + 1;
    void *ptr = buf->ptr;
    SDX_TRY(sdx_heap_realloc(buf->heap, &ptr, buf->capacity, capacity));
    buf->ptr = ptr;
    buf->capacity = capacity;
    buf->ptr[buf->size] = '\0';
    return NULL;
}

sdx_status sdx_buf_append(sdx_buf *buf, const void *bytes, size_t size) {
    SDX_TRY(sdx_buf_reserve(buf, size));
    if (size > 0) memcpy(buf->ptr + buf->size, bytes, size);
    buf->size += size;
    buf->ptr[buf->size] = '\0';
    return NULL;
}

sdx_status sdx_buf_str(sdx_buf *buf, sdx_str text) {
    return sdx_buf_append(buf, text.ptr, text.len);
}

sdx_status sdx_buf_printf(sdx_buf *buf, const char *format, ...) {
    SDX_TRY(sdx_buf_reserve(buf, 0));
    va_list args;
    va_start(args, format);
    const int counted = vsnprintf(buf->ptr + buf->size, buf->capacity - buf->size, format, args);
    va_end(args);
    const size_t len = counted < 0 ? 0 : (size_t)counted;
    if (len >= buf->capacity - buf->size) {
        buf->ptr[buf->size] = '\0';
        SDX_TRY(sdx_buf_reserve(buf, len));
        va_start(args, format);
        (void)vsnprintf(buf->ptr + buf->size, len + 1, format, args);
        va_end(args);
    }
    buf->size += len;
    buf->ptr[buf->size] = '\0';
    return NULL;
}
