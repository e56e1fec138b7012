/* SipHash-1-3 (Aumasson and Bernstein, 2012), a hash that stays a hash for those who choose the
 * keys: names come from hostile files, and without the key nobody can make them collide. */
#ifndef SDX_BASE_SIPHASH_H
#define SDX_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/* Of `size` bytes under `key`; the same on every machine. `bytes` may be NULL when size is 0. */
uint64_t sdx_siphash(const void *bytes, size_t size, uint64_t key);

#endif
