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
 * the ones we set. The exceptions that were raised are bits 0 to 4 and 7 of FPSR; our state has
 * them at 27 to 31 and 18, where FPCR has nothing. */
static const uint64_t mode_bits = 0x1c89f00;
static const uint64_t flush_bits = 0x1080000;
static const uint64_t common_bits = 0x1f;  /* of FPSR */
static const uint64_t denormal_bit = 0x80; /* of FPSR: an operand was flushed */
enum { COMMON_SHIFT = 27, DENORMAL_SHIFT = 11 };

static uint64_t get_fpsr(void) {
    uint64_t fpsr;
    __asm__ volatile("mrs %0, fpsr" : "=r"(fpsr));
    return fpsr;
}

unsigned sdx_cpu_set_flush(bool flush) {
    uint64_t before;
    __asm__ volatile("mrs %0, fpcr" : "=r"(before));
    const uint64_t mode = (before & ~mode_bits) | (flush ? flush_bits : 0);
    __asm__ volatile("msr fpcr, %0" ::"r"(mode));
    const uint64_t raised = get_fpsr();
    return (unsigned)(before | (raised & common_bits) << COMMON_SHIFT |
                      (raised & denormal_bit) << DENORMAL_SHIFT);
}

void sdx_cpu_restore_fp(unsigned state) {
    const uint64_t raised =
        (state >> COMMON_SHIFT & common_bits) | (state >> DENORMAL_SHIFT & denormal_bit);
    const uint64_t mode = state & ~(common_bits << COMMON_SHIFT | denormal_bit << DENORMAL_SHIFT);
    const uint64_t fpsr = (get_fpsr() & ~(common_bits | denormal_bit)) | raised;
    __asm__ volatile("msr fpsr, %0" ::"r"(fpsr));
    __asm__ volatile("msr fpcr, %0" ::"r"(mode));
}

#endif
