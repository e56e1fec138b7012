/* Growing text and what people read: shapes, sizes, times. */
#include "cli/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/memory.h"

static void reserve(struct text *text, size_t more) {
    const size_t need = text->len + more + 1;
    if (need > text->cap) {
        text->cap = need < 64 ? 64 : need + need / 2;
        text->ptr = mem_grow(text->ptr, text->cap, 1);
    }
}

void text_bytes(struct text *text, const void *ptr, size_t len) {
    reserve(text, len);
    if (len > 0) {
        memcpy(text->ptr + text->len, ptr, len);
    }
    text->len += len;
    text->ptr[text->len] = 0;
}

void text_addv(struct text *text, const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    const int len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (len > 0) {
        reserve(text, (size_t)len);
        (void)vsnprintf(text->ptr + text->len, (size_t)len + 1, format, arguments);
        text->len += (size_t)len;
    }
}

void text_add(struct text *text, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    text_addv(text, format, arguments);
    va_end(arguments);
}

void text_repeat(struct text *text, char c, size_t n) {
    reserve(text, n);
    memset(text->ptr + text->len, c, n);
    text->len += n;
    text->ptr[text->len] = 0;
}

void text_safe(struct text *text, sdx_str str) {
    for (size_t i = 0; i < str.len; i++) {
        const unsigned char c = (unsigned char)str.ptr[i];
        if (c < 32 || c == 127) {
            text_add(text, "\\x%02x", c);
        } else {
            text_bytes(text, str.ptr + i, 1);
        }
    }
}

const char *text_get(const struct text *text) { return text->ptr != NULL ? text->ptr : ""; }

void text_free(struct text *text) {
    mem_free(text->ptr);
    *text = (struct text){0};
}

void text_shape(struct text *text, const int64_t *dims, size_t rank) {
    if (rank == 0) {
        text_add(text, "scalar");
    }
    for (size_t i = 0; i < rank; i++) {
        text_add(text, "%s%" PRId64, i > 0 ? "x" : "", dims[i]);
    }
}

static void scaled(struct text *text, double value, double step, const char *const *units,
                   size_t n) {
    size_t unit = 0;
    while (unit + 1 < n && value >= 0.9995 * step) {
        value /= step;
        unit++;
    }
    text_add(text,
             unit == 0     ? "%.0f%s"
             : value < 10  ? "%.2f%s"
             : value < 100 ? "%.1f%s"
                           : "%.0f%s",
             value, units[unit]);
}

void text_size(struct text *text, uint64_t bytes) {
    static const char *const units[] = {" B", " KiB", " MiB", " GiB", " TiB"};
    scaled(text, (double)bytes, 1024, units, sizeof units / sizeof *units);
}

void text_count(struct text *text, uint64_t n) {
    static const char *const units[] = {"", " thousand", " million", " billion", " trillion"};
    scaled(text, (double)n, 1000, units, sizeof units / sizeof *units);
}

void text_work(struct text *text, uint64_t flops) {
    static const char *const units[] = {" FLOP", " kFLOP", " MFLOP", " GFLOP", " TFLOP"};
    scaled(text, (double)flops, 1000, units, sizeof units / sizeof *units);
}

void text_time(struct text *text, double ns) {
    static const char *const units[] = {" ns", " us", " ms", " s"};
    scaled(text, ns, 1000, units, sizeof units / sizeof *units);
}

void text_number(struct text *text, double number) {
    if (isnan(number)) {
        text_add(text, "nan"); /* printf would show the sign of a NaN */
    } else {
        text_add(text, "%.6g", number);
    }
}

sdx_str str_of(const char *text) { return (sdx_str){text, strlen(text)}; }

bool str_same(sdx_str a, sdx_str b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool str_is(sdx_str str, const char *text) { return str_same(str, str_of(text)); }

size_t str_columns(sdx_str str) {
    size_t columns = 0;
    for (size_t i = 0; i < str.len; i++) {
        columns += ((unsigned char)str.ptr[i] & 0xc0) !=
                   0x80; /* what continues a character has no width of its own */
    }
    return columns;
}
