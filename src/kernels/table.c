/* The tables of one instruction set: all kernels, those of the strict policy, the exact ones. Where
 * a line of kernels.def gives this set no kernel of its own, that of the set below stands in:
 * SDX_OWNER_ALL names the owner of the lines that say ALL, and K(exp_f32, unary_f32, ALL, ...)
 * expands to `.exp_f32 = sdx_exp_f32_avx512` for avx512vnni too. */
#include "kernels/kernels.h"

#define PASTE_(a, b) a##_##b
#define PASTE(a, b) PASTE_(a, b)

#define SDX_OWNER_DOT SDX_ISA
#if defined(SDX_SET_AVX512VNNI)
#define THIS_ISA SDX_ISA_AVX512VNNI
#define SDX_OWNER_ALL avx512
#elif defined(SDX_SET_NEONDOT)
#define THIS_ISA SDX_ISA_NEONDOT
#define SDX_OWNER_ALL neon
#else
#define SDX_OWNER_ALL SDX_ISA
#if defined(SDX_SET_AVX512)
#define THIS_ISA SDX_ISA_AVX512
#elif defined(SDX_SET_AVX2)
#define THIS_ISA SDX_ISA_AVX2
#elif defined(SDX_SET_NEON)
#define THIS_ISA SDX_ISA_NEON
#else
#define THIS_ISA SDX_ISA_SCALAR
#endif
#endif

#define OWNED(name, sets) PASTE(PASTE(sdx, name), SDX_OWNER_##sets)

#define SCALAR(name) PASTE(PASTE(sdx, name), scalar)

#define K(name, type, sets, oracle, bound, bits) \
    sdx_##type##_fn OWNED(name, sets);           \
    sdx_##type##_fn SCALAR(name);
#include "kernels/kernels.def"
#undef K

extern const sdx_kernel_table PASTE(sdx_kernel_table, SDX_ISA);
const sdx_kernel_table PASTE(sdx_kernel_table, SDX_ISA) = {
    .isa = THIS_ISA,
#define K(name, type, sets, oracle, bound, bits) .name = OWNED(name, sets),
#include "kernels/kernels.def"
#undef K
};

extern const sdx_kernel_table PASTE(sdx_strict_table, SDX_ISA);
const sdx_kernel_table PASTE(sdx_strict_table, SDX_ISA) = {
    .isa = THIS_ISA,
#define STRICT_SAME(name, sets) .name = OWNED(name, sets),
#define STRICT_OWN(name, sets) .name = SCALAR(name),
#define K(name, type, sets, oracle, bound, bits) STRICT_##bits(name, sets)
#include "kernels/kernels.def"
#undef K
};

extern const sdx_exact_table PASTE(sdx_exact_table, SDX_ISA);
const sdx_exact_table PASTE(sdx_exact_table, SDX_ISA) = {
#define EXACT_SAME(name, sets) .name = OWNED(name, sets),
#define EXACT_OWN(name, sets)
#define K(name, type, sets, oracle, bound, bits) EXACT_##bits(name, sets)
#include "kernels/kernels.def"
#undef K
};
