/* JSON out and in. The writer adds to a text and keeps track of commas; the reader makes a flat
 * array of nodes. */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include "cli/fault.h"

/* ---- out ---- */

struct json_out {
    struct text text; /* what was written; owned */
    unsigned depth;   /* open objects and arrays */
    bool comma;       /* the next value needs one before it */
};

/* `key` is NULL within an array and at the top. */
void json_open(struct json_out *out, const char *key, char bracket); /* '{' or '[' */
void json_close(struct json_out *out, char bracket);                 /* '}' or ']' */
void json_str(struct json_out *out, const char *key,
              sdx_str value); /* bytes that are not UTF-8 become U+FFFD */
void json_text(struct json_out *out, const char *key, const char *value);
void json_int(struct json_out *out, const char *key, int64_t value);
void json_uint(struct json_out *out, const char *key, uint64_t value);
void json_number(struct json_out *out, const char *key,
                 double value); /* NaN and infinities, which JSON has not: null */
void json_bool(struct json_out *out, const char *key, bool value);
void json_null(struct json_out *out, const char *key);
/* Prints the text to stdout with a line end and frees it. */
void json_print(struct json_out *out);

/* ---- in ---- */

enum { JSON_MAX_DEPTH = 64 }; /* arrays and objects within each other */

enum json_kind {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_TEXT,
    JSON_ARRAY,
    JSON_OBJECT
};

/* Children follow their parent in the array; `end` is the index after the last descendant, so the
 * next sibling. The children of an object are key, value, key, value. */
struct json_node {
    enum json_kind kind;
    sdx_str text; /* of a number as written, of a text with its escapes resolved */
    size_t n;     /* elements of an array, pairs of an object */
    size_t end;
};
struct json {
    struct json_node *nodes; /* owned; nodes[0] is the whole */
    size_t n;
    char *bytes; /* owned: the texts point into it */
};

bool json_parse(const void *bytes, size_t size, struct json *out, struct fault *fault);
void json_free(struct json *json);
/* Index of the value of `key` in the object at `object`; 0 when there is none. */
size_t json_find(const struct json *json, size_t object, const char *key);

#endif
