/* Processors that we know nothing of: plain C, whatever floating-point mode there is. */
#include "base/cpu.h"
#include "base/port.h"

#if !defined(__x86_64__) && !defined(__aarch64__)

unsigned sdx_cpu_probe(void) { return 1u << SDX_ISA_SCALAR; }

void sdx_cpu_relax(void) {}

unsigned sdx_cpu_set_flush(bool flush) {
    (void)flush;
    return 0;
}

void sdx_cpu_restore_fp(unsigned state) { (void)state; }

#endif
