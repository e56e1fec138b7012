/* Streams of random bits by counter: Philox 4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel
 * random numbers: as easy as 1, 2, 3", SC 2011). Every block of a stream can be had by itself. */
#ifndef SDX_OPS_RANDOM_STREAM_H
#define SDX_OPS_RANDOM_STREAM_H

#include "ops/call.h"
#include "ops/infer.h"

typedef struct sdx_stream {
    uint32_t key[2];
    uint64_t turn;
} sdx_stream;

/* The generator: 128 bits from a counter of 128 bits, under a key. */
void sdx_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* The stream of this run of the node, by its attribute `seed`, a float; without it (absent, another
 * kind, NaN) by its number in the model. */
sdx_stream sdx_stream_of(const sdx_call *c, size_t seed);

/* Block `index`: four words; or two numbers of 53 bits in [0, 1). */
void sdx_stream_words(const sdx_stream *s, uint64_t index, uint32_t words[4]);
void sdx_stream_units(const sdx_stream *s, uint64_t index, double units[2]);

/* Output 0 has the type that attribute `dtype` names, one of `types`; without it that of input 0.
 */
sdx_status sdx_random_dtype(sdx_infer *in, size_t dtype, sdx_types types) SDX_NODISCARD;

#endif
