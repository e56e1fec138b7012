/* See text.h. */
#include "ops/cast/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ops/cast/convert.h"

/* ---- to text */

/* A finite number as d.ddd * 10^exponent. */
typedef struct digits {
    char text[20]; /* no point, no trailing zeros */
    int n;
    int exponent;
} digits;

/* "1.2345e-05" with n digits, taken apart without a look at the point, which the locale decides. */
static bool take_digits(double magnitude, int n, digits *d, double *back) {
    char text[40], plain[48];
    const int size = snprintf(text, sizeof text, "%.*e", n - 1, magnitude);
    const char *const mark = size > 0 ? memchr(text, 'e', (size_t)size) : NULL;
    int64_t exponent;
    if (!mark || !sdx_str_int(sdx_str_from(mark + 1), &exponent)) return false;
    d->text[0] = text[0];
    for (int i = 1; i < n; i++)
        d->text[i] = mark[i - n];
    d->n = n;
    d->exponent = (int)exponent;
    const int length = snprintf(plain, sizeof plain, "%.*se%d", n, d->text, d->exponent - (n - 1));
    return length > 0 && sdx_str_double((sdx_str){plain, (size_t)length}, back);
}

/* Whether x, rounded to the type, is the element. */
static bool same(const sdx_view *view, size_t i, double x) {
    uint64_t word = 0;
    sdx_view one = *view;
    one.data = &word;
    one.unpacked = true;
    sdx_view_set_double(&one, 0, x);
    return sdx_view_double(&one, 0) == fabs(sdx_view_double(view, i));
}

/* The fewest digits that give the element back; 17 always do. */
static digits shortest(const sdx_view *view, size_t i) {
    const double magnitude = fabs(sdx_view_double(view, i));
    digits d = {.text = "0", .n = 1};
    double back;
    for (int n = 1; n <= 17; n++)
        if (take_digits(magnitude, n, &d, &back) && same(view, i, back)) break;
    while (d.n > 1 && d.text[d.n - 1] == '0')
        d.n--;
    return d;
}

static int fixed_text(const digits *d, const char *sign, char *buf) {
    if (d->exponent < 0)
        return snprintf(buf, SDX_NUMBER_TEXT, "%s0.%.*s%.*s", sign, -d->exponent - 1, "000", d->n,
                        d->text);
    const int whole = d->exponent + 1;
    if (d->n <= whole)
        return snprintf(buf, SDX_NUMBER_TEXT, "%s%.*s%.*s.0", sign, d->n, d->text, whole - d->n,
                        "0000000000000000");
    return snprintf(buf, SDX_NUMBER_TEXT, "%s%.*s.%.*s", sign, whole, d->text, d->n - whole,
                    d->text + whole);
}

static int scientific_text(const digits *d, const char *sign, char *buf) {
    return snprintf(buf, SDX_NUMBER_TEXT, "%s%c%s%.*se%c%02d", sign, d->text[0],
                    d->n > 1 ? "." : "", d->n - 1, d->text + 1, d->exponent < 0 ? '-' : '+',
                    d->exponent < 0 ? -d->exponent : d->exponent);
}

static int float_text(const sdx_view *view, size_t i, char *buf) {
    const double x = sdx_view_double(view, i);
    const char *const sign = signbit(x) ? "-" : "";
    if (isnan(x)) return snprintf(buf, SDX_NUMBER_TEXT, "nan");
    if (isinf(x)) return snprintf(buf, SDX_NUMBER_TEXT, "%sinf", sign);
    const digits d = shortest(view, i);
    const bool fixed = d.exponent >= -4 && d.exponent < 16;
    return fixed ? fixed_text(&d, sign, buf) : scientific_text(&d, sign, buf);
}

sdx_str sdx_number_text(const sdx_view *view, size_t i, char *buf) {
    const sdx_dtype_kind kind = sdx_dtype_kind_of(view->dtype);
    int n;
    if (kind == SDX_KIND_FLOAT)
        n = float_text(view, i, buf);
    else if (kind == SDX_KIND_BOOL)
        n = snprintf(buf, SDX_NUMBER_TEXT, "%s", sdx_view_int(view, i) != 0 ? "True" : "False");
    else if (view->dtype == SDX_UINT64)
        n = snprintf(buf, SDX_NUMBER_TEXT, "%llu",
                     (unsigned long long)((const uint64_t *)view->data)[i]);
    else
        n = snprintf(buf, SDX_NUMBER_TEXT, "%lld", (long long)sdx_view_int(view, i));
    return (sdx_str){buf, n > 0 ? (size_t)n : 0};
}

/* ---- from text */

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static sdx_str trimmed(sdx_str text) {
    while (text.len > 0 && is_space(text.ptr[0]))
        text = (sdx_str){text.ptr + 1, text.len - 1};
    while (text.len > 0 && is_space(text.ptr[text.len - 1]))
        text.len--;
    return text;
}

/* Whole numbers above those of int64. */
static bool parse_uint64(sdx_str text, uint64_t *out) {
    uint64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        if (c < '0' || c > '9') return false;
        const uint64_t digit = (uint64_t)(c - '0');
        if (value > (UINT64_MAX - digit) / 10) return false;
        value = value * 10 + digit;
    }
    *out = value;
    return text.len > 0;
}

static bool parse_bool(sdx_str text, int64_t *out) {
    *out = sdx_str_is(text, "True") || sdx_str_is(text, "true");
    return *out != 0 || sdx_str_is(text, "False") || sdx_str_is(text, "false");
}

bool sdx_number_parse(sdx_str text, sdx_view *view, size_t i) {
    const bool is_float = sdx_dtype_kind_of(view->dtype) == SDX_KIND_FLOAT;
    char *const element = (char *)view->data + i * sdx_dtype_size(view->dtype);
    sdx_convert c = {.from = SDX_INT64, .to = view->dtype, .saturate = true};
    int64_t whole;
    uint64_t natural;
    double x;
    text = trimmed(text);
    if ((!is_float && sdx_str_int(text, &whole)) || parse_bool(text, &whole)) {
        sdx_convert_run(&c, element, &whole, 1);
    } else if (!is_float && parse_uint64(text, &natural)) {
        c.from = SDX_UINT64;
        sdx_convert_run(&c, element, &natural, 1);
    } else if (sdx_str_double(text, &x)) {
        c.from = SDX_FLOAT64;
        sdx_convert_run(&c, element, &x, 1);
    } else {
        return false;
    }
    return true;
}
