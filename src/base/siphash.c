/* SipHash with one round for each word and three at the end; of the 128-bit key we use one half. */
#include "base/siphash.h"

typedef struct sip_state {
    uint64_t v[4];
} sip_state;

static uint64_t rotate(uint64_t x, unsigned bits) { return x << bits | x >> (64 - bits); }

static void sip_round(sip_state *s) {
    s->v[0] += s->v[1];
    s->v[2] += s->v[3];
    s->v[1] = rotate(s->v[1], 13) ^ s->v[0];
    s->v[3] = rotate(s->v[3], 16) ^ s->v[2];
    s->v[0] = rotate(s->v[0], 32) + s->v[3];
    s->v[2] += s->v[1];
    s->v[3] = rotate(s->v[3], 21) ^ s->v[0];
    s->v[1] = rotate(s->v[1], 17) ^ s->v[2];
    s->v[2] = rotate(s->v[2], 32);
}

static void absorb(sip_state *s, uint64_t word) {
    s->v[3] ^= word;
    sip_round(s);
    s->v[0] ^= word;
}

/* Up to eight bytes as a number, the first lowest. */
static uint64_t load(const unsigned char *bytes, size_t n) {
    uint64_t word = 0;
    for (size_t i = 0; i < n; i++)
        word |= (uint64_t)bytes[i] << (8 * i);
    return word;
}

uint64_t sdx_siphash(const void *bytes, size_t size, uint64_t key) {
    const unsigned char *const at = bytes;
    sip_state s = {{key ^ 0x736f6d6570736575u, 0x646f72616e646f6du, key ^ 0x6c7967656e657261u,
                    0x7465646279746573u}};
    const size_t whole = size - size % 8;
    for (size_t i = 0; i < whole; i += 8)
        absorb(&s, load(at + i, 8));
    absorb(&s, (size % 8 ? load(at + whole, size % 8) : 0) | (uint64_t)size << 56);
    s.v[2] ^= 0xff;
    sip_round(&s);
    sip_round(&s);
    sip_round(&s);
    return s.v[0] ^ s.v[1] ^ s.v[2] ^ s.v[3];
}
