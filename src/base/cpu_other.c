/* Processors that we know nothing of: plain C, and of the floating-point mode what C can set. They
 * keep denormals. */
#include "base/cpu.h"
#include "base/port.h"

#if !defined(__x86_64__) && !defined(__i386__) && !defined(__aarch64__)

#include <fenv.h>

unsigned sdx_cpu_probe(void) { return 1u << SDX_ISA_SCALAR; }

void sdx_cpu_relax(void) {}

/* Processors have the bits of their mode where they like: our state counts the rounding here, above
 * one bit for each exception. */
static const int roundings[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
static const int exceptions[] = {FE_INEXACT, FE_UNDERFLOW, FE_OVERFLOW, FE_DIVBYZERO, FE_INVALID};
enum { N_ROUNDINGS = 4, N_EXCEPTIONS = 5 };

unsigned sdx_cpu_set_flush(bool flush) {
    (void)flush;
    const int rounding = fegetround();
    unsigned state = 0;
    for (unsigned i = 0; i < N_ROUNDINGS; i++)
        if (roundings[i] == rounding) state = i << N_EXCEPTIONS;
    for (unsigned i = 0; i < N_EXCEPTIONS; i++)
        if (fetestexcept(exceptions[i]) != 0) state |= 1u << i;
    if (rounding != FE_TONEAREST) (void)fesetround(FE_TONEAREST);
    return state;
}

void sdx_cpu_restore_fp(unsigned state) {
    int raised_here = 0;
    for (unsigned i = 0; i < N_EXCEPTIONS; i++)
        if ((state >> i & 1u) == 0) raised_here |= exceptions[i];
    (void)feclearexcept(raised_here);
    const unsigned rounding = state >> N_EXCEPTIONS;
    if (rounding > 0 && rounding < N_ROUNDINGS) (void)fesetround(roundings[rounding]);
}

#endif
