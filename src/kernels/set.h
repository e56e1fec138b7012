/* What every kernel's file includes: vectors, and the declarations of this set's kernels.
 * K(exp_f32, unary_f32, ...) declares `sdx_unary_f32_fn sdx_exp_f32_avx2;` when SDX_ISA is avx2. */
#ifndef SDX_KERNELS_SET_H
#define SDX_KERNELS_SET_H

#include "kernels/kernels.h"
#include "kernels/vec.h"

#define SDX_PASTE_(a, b) a##_##b
#define SDX_PASTE(a, b) SDX_PASTE_(a, b)
#define SDX_KERNEL(name) SDX_PASTE(SDX_PASTE(sdx, name), SDX_ISA)

#define K(name, type, sets, oracle, bound, bits) sdx_##type##_fn SDX_KERNEL(name);
#include "kernels/kernels.def"
#undef K

#endif
