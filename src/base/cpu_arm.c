/* AArch64: NEON is always there, the dot product is asked of the system; the floating-point mode is
 * FPCR. */
#include "base/cpu.h"
#include "base/port.h"

#if defined(__aarch64__)

#include <stdint.h>

unsigned sdx_cpu_probe(void) {
    const unsigned sets = 1u << SDX_ISA_SCALAR | 1u << SDX_ISA_NEON;
    return sdx_os_has_dot_product() ? sets | 1u << SDX_ISA_NEONDOT : sets;
}

void sdx_cpu_relax(void) { __asm__ volatile("isb" ::: "memory"); }

/* Bits of FPCR: traps (8 to 12, 15), FZ16 (19), rounding (22, 23), FZ (24). Those of the mode are
 * the ones we set. */
static const uint64_t mode_bits = 0x1c89f00;
static const uint64_t flush_bits = 0x1080000;

unsigned sdx_cpu_set_flush(bool flush) {
    uint64_t before;
    __asm__ volatile("mrs %0, fpcr" : "=r"(before));
    const uint64_t mode = (before & ~mode_bits) | (flush ? flush_bits : 0);
    __asm__ volatile("msr fpcr, %0" ::"r"(mode));
    return (unsigned)before;
}

void sdx_cpu_restore_fp(unsigned state) {
    const uint64_t mode = state;
    __asm__ volatile("msr fpcr, %0" ::"r"(mode));
}

#endif
