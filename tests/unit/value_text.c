/* See value_text.h: a small parser over a cursor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_text.h"
#include "value_text.h"

enum { MAX_ITEMS = 8 };

void value_set(sdx_value *tensor, size_t i, double x) {
    sdx_view *const view = &tensor->view;
    if (!sdx_dtype_subbyte(view->dtype)) {
        sdx_view_set_double(view, i, x);
        return;
    }
    const size_t per_byte = 8 / sdx_dtype_bits(view->dtype);
    uint8_t *const byte = (uint8_t *)view->data + i / per_byte;
    uint8_t codes[4];
    sdx_bits_unpack(view->dtype, codes, byte, per_byte);
    sdx_view one = {.data = &codes[i % per_byte], .len = 1, .dtype = view->dtype, .unpacked = true};
    sdx_view_set_double(&one, 0, x);
    sdx_bits_pack(view->dtype, byte, codes, per_byte);
}

static sdx_value *strings_like(const sdx_value *like, size_t rank, const int64_t *dims) {
    sdx_view view;
    sdx_value *out;
    must(sdx_view_init(&view, SDX_STRING, rank, dims));
    sdx_str *const texts = calloc(view.len + 1, sizeof *texts);
    assert_non_null(texts);
    for (size_t i = 0; i < view.len && like->view.len > 0; i++) {
        const size_t from = i < like->view.len ? i : like->view.len - 1;
        texts[i] = ((const sdx_str *)like->view.data)[from];
    }
    must(sdx_tensor_strings(NULL, rank, dims, texts, view.len, &out));
    free(texts);
    return out;
}

/* One element a byte or more, whole bytes: sub-byte tensors are small enough to be copied by hand.
 */
sdx_value *value_like(const sdx_value *like, size_t rank, const int64_t *dims) {
    const sdx_dtype dtype = like->view.dtype;
    sdx_value *out;
    if (dtype == SDX_STRING) return strings_like(like, rank, dims);
    must(sdx_tensor_create(NULL, dtype, rank, dims, &out));
    const size_t size = sdx_dtype_size(dtype);
    const size_t bytes = sdx_view_bytes(&like->view);
    if (sdx_dtype_subbyte(dtype)) {
        const size_t room = sdx_view_bytes(&out->view);
        const size_t n = bytes < room ? bytes : room;
        if (n > 0) memcpy(out->view.data, like->view.data, n);
        return out;
    }
    for (size_t i = 0; i < out->view.len && bytes > 0; i++) {
        const size_t from = i < like->view.len ? i : like->view.len - 1;
        memcpy((char *)out->view.data + i * size, (const char *)like->view.data + from * size,
               size);
    }
    return out;
}

static const char *blanks(const char *at) { return at + strspn(at, " "); }

static size_t parse_dims(const char **at, int64_t *dims) {
    size_t rank = 0;
    if (**at != '[') return 0;
    for (++*at; **at != ']'; *at += **at == ',') {
        char *end;
        assert_true(rank < SDX_MAX_RANK);
        dims[rank++] = strtoll(*at, &end, 10);
        assert_ptr_not_equal(*at, end);
        *at = end;
    }
    ++*at;
    return rank;
}

static sdx_value *parse_strings(const char **at, size_t rank, const int64_t *dims) {
    sdx_str texts[64];
    sdx_value *out;
    size_t n = 0;
    sdx_view view;
    must(sdx_view_init(&view, SDX_STRING, rank, dims));
    assert_true(view.len <= sizeof texts / sizeof *texts);
    const bool given = **at == '{';
    *at += given;
    for (; n < view.len; n++) {
        const size_t len = given ? strcspn(*at, ",}") : 1;
        texts[n] = given ? (sdx_str){*at, len} : (sdx_str){&"abcdefgh"[n % 8], 1};
        if (given) *at += len + ((*at)[len] == ',');
    }
    *at += given; /* the brace */
    must(sdx_tensor_strings(NULL, rank, dims, texts, n, &out));
    return out;
}

/* Floats from -1 to 1, integers from 0 to 3: small enough for every type. */
static double standard(sdx_dtype dtype, size_t i) {
    if (sdx_dtype_kind_of(dtype) == SDX_KIND_FLOAT) return (double)(i * 5 % 17) / 8 - 1;
    return (double)(i % 4);
}

static sdx_value *parse_tensor(const char **at, size_t name_len) {
    char name[32];
    int64_t dims[SDX_MAX_RANK];
    sdx_value *out;
    snprintf(name, sizeof name, "%.*s", (int)name_len, *at);
    const sdx_dtype dtype = sdx_dtype_from_name(name);
    if (dtype == SDX_UNDEFINED) fail_msg("no type '%s'", name);
    *at += name_len;
    const size_t rank = parse_dims(at, dims);
    if (dtype == SDX_STRING) return parse_strings(at, rank, dims);
    must(sdx_tensor_create(NULL, dtype, rank, dims, &out));
    const bool given = **at == '{';
    *at += given;
    for (size_t i = 0; i < out->view.len; i++) {
        char *end = NULL;
        value_set(out, i, given ? strtod(*at, &end) : standard(dtype, i));
        if (given) *at = end + (*end == ',');
    }
    if (given && *(*at)++ != '}') fail_msg("expected '}' before '%s'", *at - 1);
    return out;
}

static sdx_value *parse_holder(const char **at, size_t name_len) {
    const char kind = **at;
    sdx_value *items[MAX_ITEMS], *out;
    size_t n = 0;
    *at += name_len + 1;
    for (*at = blanks(*at); **at != ')'; *at = blanks(*at)) {
        assert_true(n < MAX_ITEMS);
        items[n++] = value_text(at);
    }
    ++*at;
    assert_true(n > 0);
    if (kind == 's')
        must(sdx_sequence_create(NULL, items[0]->view.dtype, items, n, &out));
    else if (kind == 'o')
        must(sdx_optional_create(NULL, items[0], &out));
    else
        must(sdx_map_create(NULL, items[0], items[1], &out));
    for (size_t i = 0; i < n; i++)
        sdx_value_release(items[i]);
    return out;
}

sdx_value *value_text(const char **at) {
    *at = blanks(*at);
    const size_t len = strcspn(*at, "[{( )");
    return (*at)[len] == '(' ? parse_holder(at, len) : parse_tensor(at, len);
}
