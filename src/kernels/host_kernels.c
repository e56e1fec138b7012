/* The choice among the tables: compiled once, for the baseline. */
#include <stdatomic.h>

#include "base/cpu.h"
#include "kernels/kernels.h"

/* What table.c defines for each set. */
typedef struct set {
    const sdx_kernel_table *all, *strict;
    const sdx_exact_table *exact;
} set;

#define DECLARE(isa)                                      \
    extern const sdx_kernel_table sdx_kernel_table_##isa; \
    extern const sdx_kernel_table sdx_strict_table_##isa; \
    extern const sdx_exact_table sdx_exact_table_##isa;
#define SET(isa) \
    { &sdx_kernel_table_##isa, &sdx_strict_table_##isa, &sdx_exact_table_##isa }

DECLARE(scalar)
#if defined(__x86_64__)
DECLARE(avx2)
DECLARE(avx512)
DECLARE(avx512vnni)
#elif defined(__aarch64__)
DECLARE(neon)
DECLARE(neondot)
#endif

/* NULL: not in this build. */
static const set sets[SDX_ISA_COUNT] = {
    [SDX_ISA_SCALAR] = SET(scalar),
#if defined(__x86_64__)
    [SDX_ISA_AVX2] = SET(avx2),
    [SDX_ISA_AVX512] = SET(avx512),
    [SDX_ISA_AVX512VNNI] = SET(avx512vnni),
#elif defined(__aarch64__)
    [SDX_ISA_NEON] = SET(neon),
    [SDX_ISA_NEONDOT] = SET(neondot),
#endif
};

const sdx_kernel_table *sdx_kernels_of(sdx_isa isa) {
    return (unsigned)isa < SDX_ISA_COUNT && sdx_cpu_has(isa) ? sets[isa].all : NULL;
}

/* Chosen at the first call; two threads that choose at once choose the same. */
static const set *best(void) {
    static const set *_Atomic chosen;
    const set *s = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (!s) {
        const sdx_isa isa = sdx_cpu_best();
        s = &sets[sdx_kernels_of(isa) ? isa : SDX_ISA_SCALAR];
        atomic_store_explicit(&chosen, s, memory_order_relaxed);
    }
    return s;
}

const sdx_kernel_table *sdx_kernels(sdx_numerics numerics) {
    return numerics == SDX_NUMERICS_STRICT ? best()->strict : best()->all;
}

const sdx_exact_table *sdx_exact_kernels(void) { return best()->exact; }
