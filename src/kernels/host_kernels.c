/* The choice among the tables: compiled once, for the baseline. */
#include <stdatomic.h>

#include "base/cpu.h"
#include "kernels/kernels.h"

extern const sdx_kernel_table sdx_kernel_table_scalar;
#if defined(__x86_64__)
extern const sdx_kernel_table sdx_kernel_table_avx2;
extern const sdx_kernel_table sdx_kernel_table_avx512;
extern const sdx_kernel_table sdx_kernel_table_avx512vnni;
#elif defined(__aarch64__)
extern const sdx_kernel_table sdx_kernel_table_neon;
extern const sdx_kernel_table sdx_kernel_table_neondot;
#endif

/* NULL: not in this build. */
static const sdx_kernel_table *const tables[SDX_ISA_COUNT] = {
    [SDX_ISA_SCALAR] = &sdx_kernel_table_scalar,
#if defined(__x86_64__)
    [SDX_ISA_AVX2] = &sdx_kernel_table_avx2,
    [SDX_ISA_AVX512] = &sdx_kernel_table_avx512,
    [SDX_ISA_AVX512VNNI] = &sdx_kernel_table_avx512vnni,
#elif defined(__aarch64__)
    [SDX_ISA_NEON] = &sdx_kernel_table_neon,
    [SDX_ISA_NEONDOT] = &sdx_kernel_table_neondot,
#endif
};

const sdx_kernel_table *sdx_kernels_of(sdx_isa isa) {
    return (unsigned)isa < SDX_ISA_COUNT && sdx_cpu_has(isa) ? tables[isa] : NULL;
}

/* Chosen at the first call; two threads that choose at once choose the same. */
const sdx_kernel_table *sdx_kernels(void) {
    static const sdx_kernel_table *_Atomic chosen;
    const sdx_kernel_table *table = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (!table) {
        table = sdx_kernels_of(sdx_cpu_best());
        if (!table) table = &sdx_kernel_table_scalar;
        atomic_store_explicit(&chosen, table, memory_order_relaxed);
    }
    return table;
}
