/* Between the form of elements in memory and the form an operator asked for. */
#include "ops/adapt.h"

enum { TILE = 256 }; /* elements: whole bytes of every sub-byte type */

static bool widened(const sdx_op *op, sdx_dtype dtype) {
    const bool small = sdx_dtype_kind_of(dtype) == SDX_KIND_FLOAT && sdx_dtype_size(dtype) < 4;
    return small && (op->flags & SDX_OP_WIDEN) != 0;
}

bool sdx_adapt_needed(const sdx_op *op, sdx_dtype dtype) {
    return widened(op, dtype) || (sdx_dtype_subbyte(dtype) && !(op->flags & SDX_OP_SUBBYTE));
}

void sdx_adapt_view(const sdx_op *op, const sdx_view *stored, sdx_view *given) {
    *given = *stored;
    given->data = NULL;
    if (widened(op, stored->dtype))
        given->dtype = SDX_FLOAT32;
    else
        given->unpacked = true;
}

/* FLOAT4E2M1 as float32: unpacked tile by tile on the way. */
static void widen_bits(const sdx_view *stored, float *dst) {
    uint8_t tile[TILE];
    const size_t bits = sdx_dtype_bits(stored->dtype);
    for (size_t i = 0; i < stored->len; i += TILE) {
        const size_t n = stored->len - i < TILE ? stored->len - i : TILE;
        sdx_bits_unpack(stored->dtype, tile, (const uint8_t *)stored->data + i * bits / 8, n);
        sdx_widen_f32(stored->dtype, dst + i, tile, n);
    }
}

static void narrow_bits(const sdx_view *stored, const float *src) {
    uint8_t tile[TILE];
    const size_t bits = sdx_dtype_bits(stored->dtype);
    for (size_t i = 0; i < stored->len; i += TILE) {
        const size_t n = stored->len - i < TILE ? stored->len - i : TILE;
        sdx_narrow_f32(stored->dtype, tile, src + i, n);
        sdx_bits_pack(stored->dtype, (uint8_t *)stored->data + i * bits / 8, tile, n);
    }
}

void sdx_adapt_in(const sdx_view *stored, const sdx_view *given) {
    if (stored->len == 0) return;
    const bool widen = stored->dtype != given->dtype;
    if (!widen)
        sdx_bits_unpack(stored->dtype, given->data, stored->data, stored->len);
    else if (sdx_dtype_subbyte(stored->dtype))
        widen_bits(stored, given->data);
    else
        sdx_widen_f32(stored->dtype, given->data, stored->data, stored->len);
}

void sdx_adapt_out(const sdx_view *given, const sdx_view *stored) {
    if (stored->len == 0) return;
    const bool narrow = stored->dtype != given->dtype;
    if (!narrow)
        sdx_bits_pack(stored->dtype, stored->data, given->data, stored->len);
    else if (sdx_dtype_subbyte(stored->dtype))
        narrow_bits(stored, given->data);
    else
        sdx_narrow_f32(stored->dtype, stored->data, given->data, stored->len);
}
