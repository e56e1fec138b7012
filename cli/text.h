/* A text that grows: the command's only string builder. Zero-initialise it, add to it, end it with
 * text_free. */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <stdarg.h>
#include <stddef.h>

#include "sardonyx/sardonyx.h"

/* CLI_PRINTF(2, 3): argument 2 is a format for the arguments from 3 on, checked by the compiler. */
#if defined(__GNUC__)
#if defined(__MINGW32__)
#define CLI_PRINTF(text, first) __attribute__((format(gnu_printf, text, first))) /* as C has it */
#else
#define CLI_PRINTF(text, first) __attribute__((format(printf, text, first)))
#endif
#else
#define CLI_PRINTF(text, first)
#endif

struct text {
    char *ptr; /* owned, terminated; NULL while empty */
    size_t len, cap;
};

void text_bytes(struct text *text, const void *ptr, size_t len);
void text_add(struct text *text, const char *format, ...) CLI_PRINTF(2, 3);
void text_addv(struct text *text, const char *format, va_list arguments);
void text_repeat(struct text *text, char c, size_t n);
/* The bytes of `str` with control characters as \x1b: safe to print whatever a file says. */
void text_safe(struct text *text, sdx_str str);
/* "" while empty; lives until the next addition. */
const char *text_get(const struct text *text);
void text_free(struct text *text);

/* "1x3x224x224", and "scalar" for rank 0. */
void text_shape(struct text *text, const int64_t *dims, size_t rank);
/* "1.50 MiB" */
void text_size(struct text *text, uint64_t bytes);
/* "1.50 million" */
void text_count(struct text *text, uint64_t n);
/* "1.50 GFLOP" */
void text_work(struct text *text, uint64_t flops);
/* "1.50 ms" */
void text_time(struct text *text, double ns);
/* Six significant digits; "nan", "inf", "-inf". */
void text_number(struct text *text, double number);

/* A view of a terminated text. */
sdx_str str_of(const char *text);
bool str_is(sdx_str str, const char *text);
bool str_same(sdx_str a, sdx_str b);
/* Columns that UTF-8 text needs in a terminal; bytes that are not UTF-8 count one each. */
size_t str_columns(sdx_str str);

#endif
