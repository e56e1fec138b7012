/* Characters of UTF-8 text, one after the other. A byte that begins no well-formed character stands
 * for itself: it reads as SDX_UTF8_BYTE + byte, which is no character, and is written as that byte
 * again. */
#ifndef SDX_OPS_TEXT_UTF8_H
#define SDX_OPS_TEXT_UTF8_H

#include <stdbool.h>
#include <string.h>

#include "base/str.h"

enum { SDX_UTF8_MOST = 0x10ffff, SDX_UTF8_BYTE = 0x110000, SDX_UTF8_MAX_LEN = 4 };

/* The character at *at, which is before the end; *at moves behind it. */
static inline uint32_t sdx_utf8_next(sdx_str text, size_t *at) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *const p = (const unsigned char *)text.ptr + *at;
    const size_t left = text.len - *at;
    const unsigned first = p[0];
    const size_t n = first < 0x80    ? 1
                     : first < 0xc2  ? 0
                     : first < 0xe0  ? 2
                     : first < 0xf0  ? 3
                     : first <= 0xf4 ? 4
                                     : 0;
    *at += 1;
    if (n == 1) return first;
    if (n == 0 || n > left) return SDX_UTF8_BYTE + first;
    uint32_t c = first & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) return SDX_UTF8_BYTE + first;
        c = c << 6 | (p[i] & 0x3f);
    }
    const bool surrogate = c >= 0xd800 && c < 0xe000;
    if (c < least[n] || c > SDX_UTF8_MOST || surrogate) return SDX_UTF8_BYTE + first;
    *at += n - 1;
    return c;
}

/* Writes a character, or the byte that one stands for; at most SDX_UTF8_MAX_LEN bytes. Returns
 * where the next one goes. */
static inline char *sdx_utf8_put(char *dst, uint32_t c) {
    if (c < 0x80 || c >= SDX_UTF8_BYTE) {
        *dst++ = (char)(unsigned char)c;
    } else if (c < 0x800) {
        *dst++ = (char)(0xc0 | c >> 6);
        *dst++ = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *dst++ = (char)(0xe0 | c >> 12);
        *dst++ = (char)(0x80 | (c >> 6 & 0x3f));
        *dst++ = (char)(0x80 | (c & 0x3f));
    } else {
        *dst++ = (char)(0xf0 | c >> 18);
        *dst++ = (char)(0x80 | (c >> 12 & 0x3f));
        *dst++ = (char)(0x80 | (c >> 6 & 0x3f));
        *dst++ = (char)(0x80 | (c & 0x3f));
    }
    return dst;
}

/* Characters of a text; false when a byte belongs to none. */
static inline bool sdx_utf8_count(sdx_str text, size_t *n) {
    *n = 0;
    for (size_t at = 0; at < text.len; ++*n)
        if (sdx_utf8_next(text, &at) >= SDX_UTF8_BYTE) return false;
    return true;
}

#endif
