/* Made-up inputs. Element i of input k is a function of seed, k and i alone (SplitMix64 of a
 * counter), so it does not depend on how many others there are, and other programs can make the
 * same numbers:
 *
 *   z = seed + 0x9e3779b97f4a7c15 * (2^32 k + i + 1)                        all modulo 2^64
 *   z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9
 *   z = (z ^ z >> 27) * 0x94d049bb133111eb
 *   bits = z ^ z >> 31
 *
 * Floating-point elements are 2 u - 1 with u = (bits >> 11) / 2^53, so uniform in [-1, 1); integers
 * (bits >> 32) mod 10, types that end below 9 take the remainder by their largest value plus one;
 * bool the highest bit; strings a decimal digit; complex numbers take two elements' numbers. */
#ifndef CLI_RANDOM_H
#define CLI_RANDOM_H

#include "cli/fault.h"

uint64_t random_bits(uint64_t seed, uint64_t stream, uint64_t index);

/* A tensor of such elements, or of `*fill` each. */
bool random_tensor(sdx_dtype dtype, const int64_t *dims, size_t rank, uint64_t seed,
                   uint64_t stream, const double *fill, sdx_value **out, struct fault *fault);

#endif
