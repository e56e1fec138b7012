/* BitCast: the same bits as another type of equal width. */
#include "ops/infer.h"

#define TYPES (SDX_T_ANY & ~SDX_T(STRING))

static const sdx_port inputs[] = {{.name = "input", .var = "T1", .types = TYPES}};
static const sdx_port outputs[] = {{.name = "output", .var = "T2", .types = TYPES}};
static const sdx_attr_def attrs[] = {SDX_ATTR_REQ("to", SDX_ATTR_INT)};

static sdx_status infer(sdx_infer *in) {
    const int64_t to = sdx_node_int(in->node, 0);
    const sdx_dtype from = sdx_infer_dtype(in, 0);
    if (!sdx_dtype_valid(to) || !sdx_types_have(TYPES, (sdx_dtype)to))
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'to' is %lld, expected the number of an element type other "
                        "than string",
                        (long long)to);
    if (from != SDX_UNDEFINED && sdx_dtype_bits(from) != sdx_dtype_bits((sdx_dtype)to))
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'to' is %s, expected a type of %u bits as %s of the input has",
                        sdx_dtype_name((sdx_dtype)to), sdx_dtype_bits(from), sdx_dtype_name(from));
    sdx_infer_set_dtype(in, 0, (sdx_dtype)to);
    if (!sdx_infer_ranked(in, 0)) return NULL;
    return sdx_infer_set_shape(in, 0, (size_t)in->in[0].rank, in->in[0].dims);
}

const sdx_op sdx_op_bit_cast = {
    .name = "BitCast",
    .domain = "",
    .since = 26,
    .newest = 26,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_ALIAS,
    .infer = infer,
};
