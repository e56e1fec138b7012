/* The JSON reader (RFC 8259): one pass over a copy of the bytes, texts are resolved in place,
 * recursion is bounded. */
#include <string.h>

#include "cli/json.h"
#include "cli/memory.h"

struct reader {
    char *bytes; /* the copy; ends with 0 at `size` */
    size_t at, size;
    struct json *json;
    size_t cap; /* of the nodes */
    unsigned depth;
    struct fault *fault;
};

static bool refuse(struct reader *in, const char *expected) {
    size_t line = 1;
    size_t column = 1;
    for (size_t i = 0; i < in->at && i < in->size; i++) {
        column = in->bytes[i] == '\n' ? 1 : column + 1;
        line += in->bytes[i] == '\n';
    }
    return fault_code(in->fault, SDX_INVALID_ARGUMENT, "JSON, line %zu, column %zu: expected %s",
                      line, column, expected);
}

static void skip_space(struct reader *in) {
    while (in->at < in->size && strchr(" \t\r\n", in->bytes[in->at]) != NULL &&
           in->bytes[in->at] != 0) {
        in->at++;
    }
}

static char look(const struct reader *in) { return in->at < in->size ? in->bytes[in->at] : 0; }

static size_t add_node(struct reader *in, enum json_kind kind) {
    struct json *const json = in->json;
    if (json->n == in->cap) {
        in->cap = in->cap > 0 ? 2 * in->cap : 64;
        json->nodes = mem_grow(json->nodes, in->cap, sizeof *json->nodes);
    }
    json->nodes[json->n] = (struct json_node){.kind = kind, .end = json->n + 1};
    return json->n++;
}

static bool digits(struct reader *in) {
    const size_t from = in->at;
    while (look(in) >= '0' && look(in) <= '9') {
        in->at++;
    }
    return in->at > from || refuse(in, "a digit");
}

static bool read_number(struct reader *in) {
    const size_t from = in->at;
    in->at += look(in) == '-';
    if (look(in) == '0') {
        in->at++;
    } else if (!digits(in)) {
        return false;
    }
    if (look(in) == '.') {
        in->at++;
        if (!digits(in)) {
            return false;
        }
    }
    if (look(in) == 'e' || look(in) == 'E') {
        in->at++;
        in->at += look(in) == '+' || look(in) == '-';
        if (!digits(in)) {
            return false;
        }
    }
    const size_t node = add_node(in, JSON_NUMBER);
    in->json->nodes[node].text = (sdx_str){in->bytes + from, in->at - from};
    return true;
}

static bool read_hex(struct reader *in, unsigned *out) {
    unsigned value = 0;
    for (unsigned i = 0; i < 4; i++) {
        static const char hex[] = "0123456789abcdef0123456789ABCDEF";
        const char *const digit = look(in) != 0 ? strchr(hex, look(in)) : NULL;
        if (digit == NULL) {
            return refuse(in, "four hexadecimal digits");
        }
        value = 16 * value + (unsigned)(digit - hex) % 16;
        in->at++;
    }
    *out = value;
    return true;
}

/* Writes a code point as UTF-8 to `to`; returns its length. */
static size_t put_utf8(char *to, unsigned code) {
    if (code < 0x80) {
        to[0] = (char)code;
        return 1;
    }
    const size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = len - 1; i > 0; i--) {
        to[i] = (char)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    to[0] = (char)(lead[len] | code);
    return len;
}

/* After the backslash: one escape, written to `to` (which never passes what was read). */
static bool read_escape(struct reader *in, char **to) {
    static const char names[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";
    const char *const name = look(in) != 0 ? strchr(names, look(in)) : NULL;
    unsigned code = 0;
    if (name != NULL) {
        *(*to)++ = values[name - names];
        in->at++;
        return true;
    }
    if (look(in) != 'u') {
        return refuse(in, "one of \" \\ / b f n r t u after a backslash");
    }
    in->at++;
    if (!read_hex(in, &code)) {
        return false;
    }
    if (code >= 0xd800 && code < 0xdc00 && look(in) == '\\' && in->at + 1 < in->size &&
        in->bytes[in->at + 1] == 'u') {
        unsigned low = 0;
        in->at += 2;
        if (!read_hex(in, &low)) {
            return false;
        }
        if (low < 0xdc00 || low > 0xdfff) {
            return refuse(in, "the second half of a surrogate pair");
        }
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    if (code >= 0xd800 && code <= 0xdfff) {
        return refuse(in, "a character, not half a surrogate pair");
    }
    *to += put_utf8(*to, code);
    return true;
}

static bool read_text(struct reader *in) {
    in->at++;
    char *const from = in->bytes + in->at;
    char *to = from;
    while (look(in) != '"') {
        if (in->at >= in->size || (unsigned char)look(in) < 32) {
            return refuse(in, "'\"' at the end of a text");
        }
        if (look(in) == '\\') {
            in->at++;
            if (!read_escape(in, &to)) {
                return false;
            }
        } else {
            *to++ = in->bytes[in->at++];
        }
    }
    in->at++;
    const size_t node = add_node(in, JSON_TEXT);
    in->json->nodes[node].text = (sdx_str){from, (size_t)(to - from)};
    return true;
}

static bool read_value(struct reader *in);

static bool read_pair(struct reader *in) {
    skip_space(in);
    if (look(in) != '"') {
        return refuse(in, "a key in double quotes");
    }
    if (!read_text(in)) {
        return false;
    }
    skip_space(in);
    if (look(in) != ':') {
        return refuse(in, "':' after a key");
    }
    in->at++;
    return read_value(in);
}

static bool read_items(struct reader *in, enum json_kind kind, char closing) {
    const size_t node = add_node(in, kind);
    size_t n = 0;
    in->at++;
    skip_space(in);
    if (look(in) == closing) {
        in->at++;
        return true;
    }
    for (;;) {
        if (!(kind == JSON_OBJECT ? read_pair(in) : read_value(in))) {
            return false;
        }
        n++;
        skip_space(in);
        if (look(in) == closing) {
            break;
        }
        if (look(in) != ',') {
            return refuse(in, kind == JSON_OBJECT ? "',' or '}'" : "',' or ']'");
        }
        in->at++;
    }
    in->at++;
    in->json->nodes[node].n = n;
    in->json->nodes[node].end = in->json->n;
    return true;
}

static bool read_word(struct reader *in, const char *word, enum json_kind kind) {
    if (in->size - in->at < strlen(word) || memcmp(in->bytes + in->at, word, strlen(word)) != 0) {
        return refuse(in, "a value");
    }
    in->at += strlen(word);
    (void)add_node(in, kind);
    return true;
}

static bool read_value(struct reader *in) {
    skip_space(in);
    const char c = look(in);
    if (c == '{' || c == '[') {
        if (in->depth == JSON_MAX_DEPTH) {
            return refuse(in, "at most 64 arrays and objects within each other");
        }
        in->depth++;
        const bool good =
            c == '{' ? read_items(in, JSON_OBJECT, '}') : read_items(in, JSON_ARRAY, ']');
        in->depth--;
        return good;
    }
    if (c == '"') {
        return read_text(in);
    }
    if (c == 't') {
        return read_word(in, "true", JSON_TRUE);
    }
    if (c == 'f') {
        return read_word(in, "false", JSON_FALSE);
    }
    if (c == 'n') {
        return read_word(in, "null", JSON_NULL);
    }
    return c == '-' || (c >= '0' && c <= '9') ? read_number(in) : refuse(in, "a value");
}

bool json_parse(const void *bytes, size_t size, struct json *out, struct fault *fault) {
    struct json json = {.bytes = mem_copy(bytes, size)};
    struct reader in = {.bytes = json.bytes, .size = size, .json = &json, .fault = fault};
    bool good = read_value(&in);
    if (good) {
        skip_space(&in);
        good = in.at == size || refuse(&in, "the end of the file");
    }
    if (!good) {
        json_free(&json);
        return false;
    }
    *out = json;
    return true;
}

void json_free(struct json *json) {
    mem_free(json->nodes);
    mem_free(json->bytes);
    *json = (struct json){0};
}

size_t json_find(const struct json *json, size_t object, const char *key) {
    if (json->nodes[object].kind != JSON_OBJECT) {
        return 0;
    }
    for (size_t at = object + 1; at < json->nodes[object].end;) {
        if (str_is(json->nodes[at].text, key)) {
            return at + 1;
        }
        at = json->nodes[at + 1].end;
    }
    return 0;
}
