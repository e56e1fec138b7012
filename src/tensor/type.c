/* Types of values. A type is a chain of links that ends in a tensor, so comparing and printing are
 * loops, not recursion. The common chains exist once, in const tables. */
#include "tensor/type.h"

#include <stdio.h>

/* SDX_DTYPE(1, FLOAT32, ...) is [1] = {SDX_TENSOR, SDX_FLOAT32, NULL}, */
static const sdx_type tensors[] = {
    [SDX_UNDEFINED] = {SDX_TENSOR, SDX_UNDEFINED, NULL},
#define SDX_DTYPE(id, NAME, name, bits, kind) [id] = {SDX_TENSOR, SDX_##NAME, NULL},
#include "sardonyx/dtype.def"
#undef SDX_DTYPE
};

/* SDX_DTYPE(1, FLOAT32, ...) is [1] = {SDX_SEQUENCE, SDX_UNDEFINED, &tensors[1]}, */
static const sdx_type sequences[] = {
    [SDX_UNDEFINED] = {SDX_SEQUENCE, SDX_UNDEFINED, &tensors[SDX_UNDEFINED]},
#define SDX_DTYPE(id, NAME, name, bits, kind) [id] = {SDX_SEQUENCE, SDX_UNDEFINED, &tensors[id]},
#include "sardonyx/dtype.def"
#undef SDX_DTYPE
};

static const sdx_type optionals[] = {
    [SDX_UNDEFINED] = {SDX_OPTIONAL, SDX_UNDEFINED, &tensors[SDX_UNDEFINED]},
#define SDX_DTYPE(id, NAME, name, bits, kind) [id] = {SDX_OPTIONAL, SDX_UNDEFINED, &tensors[id]},
#include "sardonyx/dtype.def"
#undef SDX_DTYPE
};

static const sdx_type optional_sequences[] = {
    [SDX_UNDEFINED] = {SDX_OPTIONAL, SDX_UNDEFINED, &sequences[SDX_UNDEFINED]},
#define SDX_DTYPE(id, NAME, name, bits, kind) [id] = {SDX_OPTIONAL, SDX_UNDEFINED, &sequences[id]},
#include "sardonyx/dtype.def"
#undef SDX_DTYPE
};

static size_t row(sdx_dtype dtype) {
    return sdx_dtype_valid((int64_t)dtype) ? (size_t)dtype : SDX_UNDEFINED;
}

const sdx_type *sdx_type_tensor(sdx_dtype dtype) { return &tensors[row(dtype)]; }
const sdx_type *sdx_type_sequence(sdx_dtype dtype) { return &sequences[row(dtype)]; }
const sdx_type *sdx_type_optional(sdx_dtype dtype) { return &optionals[row(dtype)]; }
const sdx_type *sdx_type_optional_sequence(sdx_dtype dtype) {
    return &optional_sequences[row(dtype)];
}

bool sdx_type_eq(const sdx_type *a, const sdx_type *b) {
    for (; a && b && a != b; a = a->element, b = b->element)
        if (a->kind != b->kind || a->dtype != b->dtype) return false;
    return a == b;
}

sdx_types sdx_type_set(const sdx_type *type) {
    if (type->kind == SDX_SEQUENCE) return SDX_T_SEQUENCE;
    if (type->kind == SDX_MAP) return SDX_T_MAP;
    if (type->kind == SDX_OPTIONAL) return SDX_T_OPTIONAL;
    return type->dtype == SDX_UNDEFINED ? 0 : UINT64_C(1) << row(type->dtype);
}

sdx_dtype sdx_type_leaf(const sdx_type *type) {
    if (!type) return SDX_UNDEFINED;
    while (type->element)
        type = type->element;
    return type->kind == SDX_TENSOR ? type->dtype : SDX_UNDEFINED;
}

const char *sdx_type_text(const sdx_type *type, char *buf, size_t size) {
    static const char *const names[] = {[SDX_TENSOR] = "tensor",
                                        [SDX_SEQUENCE] = "seq",
                                        [SDX_MAP] = "map",
                                        [SDX_OPTIONAL] = "optional"};
    if (size == 0) return buf;
    buf[0] = '\0';
    size_t used = 0, open = 0;
    for (const sdx_type *t = type; t && used < size; t = t->element, open++) {
        const bool named = t->kind == SDX_TENSOR || t->kind == SDX_MAP;
        const int n =
            snprintf(buf + used, size - used, "%s(%s%s", names[t->kind],
                     named ? sdx_dtype_name(t->dtype) : "", t->kind == SDX_MAP ? "," : "");
        used += n < 0 ? 0 : (size_t)n;
    }
    for (; open > 0 && used + 1 < size; open--)
        buf[used++] = ')';
    if (used < size) buf[used] = '\0';
    return buf;
}
