/* Philox 4x32-10, and which stream a node has. */
#include "ops/random/stream.h"

#include <math.h>
#include <string.h>

enum { ROUNDS = 10 };

void sdx_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
    uint32_t x[4] = {counter[0], counter[1], counter[2], counter[3]}, k[2] = {key[0], key[1]};
    for (int round = 0; round < ROUNDS; round++) {
        const uint64_t a = UINT64_C(0xD2511F53) * x[0], b = UINT64_C(0xCD9E8D57) * x[2];
        x[0] = (uint32_t)(b >> 32) ^ x[1] ^ k[0];
        x[2] = (uint32_t)(a >> 32) ^ x[3] ^ k[1];
        x[1] = (uint32_t)b;
        x[3] = (uint32_t)a;
        k[0] += UINT32_C(0x9E3779B9); /* the golden ratio */
        k[1] += UINT32_C(0xBB67AE85); /* the square root of 3, less 1 */
    }
    memcpy(out, x, sizeof x);
}

sdx_stream sdx_stream_of(const sdx_call *c, size_t seed) {
    sdx_stream s = {.key = {c->node->id, 0}, .turn = c->turn};
    const sdx_attr *const attr = sdx_node_attr(c->node, seed);
    if (attr->kind != SDX_ATTR_FLOAT || isnan(attr->f)) return s;
    const float given = attr->f;
    memcpy(&s.key[0], &given, sizeof given);
    s.key[1] = 1; /* no seed is the number of a node */
    return s;
}

void sdx_stream_words(const sdx_stream *s, uint64_t index, uint32_t words[4]) {
    const uint32_t counter[4] = {(uint32_t)index, (uint32_t)(index >> 32), (uint32_t)s->turn,
                                 (uint32_t)(s->turn >> 32)};
    sdx_philox(counter, s->key, words);
}

void sdx_stream_units(const sdx_stream *s, uint64_t index, double units[2]) {
    uint32_t words[4];
    sdx_stream_words(s, index, words);
    for (size_t i = 0; i < 2; i++) {
        const uint64_t bits = (uint64_t)words[2 * i] << 32 | words[2 * i + 1];
        units[i] = (double)(bits >> 11) * 0x1p-53;
    }
}

sdx_status sdx_random_dtype(sdx_infer *in, size_t dtype, sdx_types types) {
    const bool given = sdx_node_has(in->node, dtype);
    const int64_t asked = sdx_node_int(in->node, dtype);
    char text[256];
    if (!given && sdx_infer_dtype(in, 0) == SDX_UNDEFINED) return NULL;
    const int64_t type = given ? asked : (int64_t)sdx_infer_dtype(in, 0);
    if (given && !(sdx_dtype_valid(asked) && sdx_types_have(types, (sdx_dtype)asked)))
        return sdx_fail(SDX_INVALID_MODEL, "attribute 'dtype' is %lld, expected one of %s",
                        (long long)asked, sdx_types_text(types, text, sizeof text));
    if (!sdx_types_have(types, (sdx_dtype)type))
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'dtype' is absent and the input is %s, expected one of %s; add "
                        "the attribute",
                        sdx_dtype_name((sdx_dtype)type), sdx_types_text(types, text, sizeof text));
    sdx_infer_set_dtype(in, 0, (sdx_dtype)type);
    return NULL;
}
