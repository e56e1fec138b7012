/* The JSON writer: see json.h. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/json.h"

/* Length of the UTF-8 sequence at `at`, 0 when it is none (RFC 3629: shortest form, no surrogates,
 * at most U+10FFFF). */
static size_t utf8_len(const unsigned char *at, size_t left) {
    const unsigned c = at[0];
    const size_t len = c < 0x80                 ? 1
                       : c >= 0xc2 && c <= 0xdf ? 2
                       : c >= 0xe0 && c <= 0xef ? 3
                       : c >= 0xf0 && c <= 0xf4 ? 4
                                                : 0;
    if (len > left) {
        return 0;
    }
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    const bool bad = (c == 0xe0 && at[1] < 0xa0) || (c == 0xed && at[1] > 0x9f) ||
                     (c == 0xf0 && at[1] < 0x90) || (c == 0xf4 && at[1] > 0x8f);
    return bad ? 0 : len;
}

static void quoted(struct text *text, sdx_str str) {
    const unsigned char *const bytes = (const unsigned char *)str.ptr;
    text_bytes(text, "\"", 1);
    for (size_t i = 0; i < str.len;) {
        const size_t len = utf8_len(bytes + i, str.len - i);
        if (len == 0) {
            text_add(text, "\\ufffd");
        } else if (bytes[i] == '"' || bytes[i] == '\\') {
            text_add(text, "\\%c", bytes[i]);
        } else if (bytes[i] < 32) {
            text_add(text, bytes[i] == '\n' ? "\\n" : "\\u%04x", bytes[i]);
        } else {
            text_bytes(text, bytes + i, len);
        }
        i += len > 0 ? len : 1;
    }
    text_bytes(text, "\"", 1);
}

/* Everything that stands before a value. Three levels get lines of their own, deeper ones stay on
 * one line. */
static void begin(struct json_out *out, const char *key) {
    if (out->comma) {
        text_bytes(&out->text, ",", 1);
    }
    if (out->depth > 0 && out->depth <= 3) {
        text_bytes(&out->text, "\n", 1);
        text_repeat(&out->text, ' ', 2 * (size_t)out->depth);
    } else if (out->comma) {
        text_bytes(&out->text, " ", 1);
    }
    if (key != NULL) {
        quoted(&out->text, str_of(key));
        text_bytes(&out->text, ": ", 2);
    }
    out->comma = true;
}

void json_open(struct json_out *out, const char *key, char bracket) {
    begin(out, key);
    text_bytes(&out->text, &bracket, 1);
    out->depth++;
    out->comma = false;
}

void json_close(struct json_out *out, char bracket) {
    out->depth--;
    if (out->comma && out->depth < 3) {
        text_bytes(&out->text, "\n", 1);
        text_repeat(&out->text, ' ', 2 * (size_t)out->depth);
    }
    text_bytes(&out->text, &bracket, 1);
    out->comma = true;
}

void json_str(struct json_out *out, const char *key, sdx_str value) {
    begin(out, key);
    quoted(&out->text, value);
}

void json_text(struct json_out *out, const char *key, const char *value) {
    json_str(out, key, str_of(value));
}

void json_int(struct json_out *out, const char *key, int64_t value) {
    begin(out, key);
    text_add(&out->text, "%" PRId64, value);
}

void json_uint(struct json_out *out, const char *key, uint64_t value) {
    begin(out, key);
    text_add(&out->text, "%" PRIu64, value);
}

/* The fewest digits that give the number back: as float32 where it is one, for it came from there.
 */
static void add_shortest(struct text *text, double value) {
    const bool single = (double)(float)value == value;
    const int most = single ? 9 : 17;
    char digits[32];
    for (int precision = 6; precision <= most; precision++) {
        (void)snprintf(digits, sizeof digits, "%.*g", precision, value);
        const double again = strtod(digits, NULL);
        if (again == value || (single && (double)(float)again == value)) {
            break;
        }
    }
    text_add(text, "%s", digits);
}

void json_number(struct json_out *out, const char *key, double value) {
    begin(out, key);
    if (isfinite(value)) {
        add_shortest(&out->text, value);
    } else {
        text_add(&out->text, "null");
    }
}

void json_bool(struct json_out *out, const char *key, bool value) {
    begin(out, key);
    text_add(&out->text, value ? "true" : "false");
}

void json_null(struct json_out *out, const char *key) {
    begin(out, key);
    text_add(&out->text, "null");
}

void json_print(struct json_out *out) {
    printf("%s\n", text_get(&out->text));
    text_free(&out->text);
}
