/* npy_type.h. */
#include "cli/npy_type.h"

#include "cli/options.h"

static const struct {
    sdx_dtype dtype;
    const char *name; /* with the byte order that is written */
    size_t size;
} types[] = {
    {SDX_FLOAT32, "<f4", 4},   {SDX_FLOAT64, "<f8", 8},      {SDX_FLOAT16, "<f2", 2},
    {SDX_INT8, "|i1", 1},      {SDX_INT16, "<i2", 2},        {SDX_INT32, "<i4", 4},
    {SDX_INT64, "<i8", 8},     {SDX_UINT8, "|u1", 1},        {SDX_UINT16, "<u2", 2},
    {SDX_UINT32, "<u4", 4},    {SDX_UINT64, "<u8", 8},       {SDX_BOOL, "|b1", 1},
    {SDX_COMPLEX64, "<c8", 8}, {SDX_COMPLEX128, "<c16", 16},
};
static const size_t n_types = sizeof types / sizeof *types;

const char *npy_type_name(sdx_dtype dtype) {
    for (size_t i = 0; i < n_types; i++) {
        if (types[i].dtype == dtype) {
            return types[i].name;
        }
    }
    return NULL;
}

bool npy_type_parse(sdx_str name, struct npy_type *out) {
    uint64_t count = 0;
    if (name.len < 3 ||
        (name.ptr[0] != '<' && name.ptr[0] != '>' && name.ptr[0] != '|' && name.ptr[0] != '=')) {
        return false;
    }
    *out = (struct npy_type){.swapped = name.ptr[0] == '>'};
    const sdx_str bare = {name.ptr + 1, name.len - 1};
    for (size_t i = 0; i < n_types; i++) {
        if (str_is(bare, types[i].name + 1)) {
            out->dtype = types[i].dtype;
            out->size = types[i].size;
            return true;
        }
    }
    if (!parse_uint64((sdx_str){bare.ptr + 1, bare.len - 1}, &count) || count > 1 << 24) {
        return false;
    }
    out->utf32 = bare.ptr[0] == 'U';
    out->dtype = bare.ptr[0] == 'U' || bare.ptr[0] == 'S' ? SDX_STRING : SDX_UNDEFINED;
    out->size = (size_t)count * (out->utf32 ? 4 : 1);
    return out->dtype == SDX_STRING || bare.ptr[0] == 'V';
}

static void add_code_point(struct text *out, uint32_t code) {
    if (code < 0x80) {
        const char c = (char)code;
        text_bytes(out, &c, 1);
    } else if (code < 0x800) {
        text_add(out, "%c%c", (int)(0xc0 | code >> 6), (int)(0x80 | (code & 0x3f)));
    } else if (code < 0x10000) {
        text_add(out, "%c%c%c", (int)(0xe0 | code >> 12), (int)(0x80 | (code >> 6 & 0x3f)),
                 (int)(0x80 | (code & 0x3f)));
    } else {
        const uint32_t valid = code <= 0x10ffff ? code : 0xfffd;
        text_add(out, "%c%c%c%c", (int)(0xf0 | valid >> 18), (int)(0x80 | (valid >> 12 & 0x3f)),
                 (int)(0x80 | (valid >> 6 & 0x3f)), (int)(0x80 | (valid & 0x3f)));
    }
}

void npy_string(const struct npy_type *type, const unsigned char *element, struct text *out) {
    const size_t width = type->utf32 ? 4 : 1;
    size_t len = type->size;
    while (len > 0 && element[len - 1] == 0) {
        len--;
    }
    len = (len + width - 1) / width * width;
    if (!type->utf32) {
        text_bytes(out, element, len);
        return;
    }
    for (size_t i = 0; i < len; i += 4) {
        const unsigned char *const at = element + i;
        const uint32_t little =
            (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
        const uint32_t big =
            (uint32_t)at[3] | (uint32_t)at[2] << 8 | (uint32_t)at[1] << 16 | (uint32_t)at[0] << 24;
        add_code_point(out, type->swapped ? big : little);
    }
}
