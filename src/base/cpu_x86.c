/* x86: features by CPUID and XGETBV, the floating-point mode in MXCSR. 32-bit programs have scalar
 * kernels only. */
#include "base/cpu.h"
#include "base/port.h"

#if defined(__x86_64__) || defined(__i386__)

#include <immintrin.h>
#include <stdint.h>

#if defined(__x86_64__)
#include <cpuid.h>

/* Which registers the operating system saves on a task switch. */
static uint64_t saved_state(void) {
    uint32_t low;
    uint32_t high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

static bool all(uint64_t value, uint64_t bits) { return (value & bits) == bits; }

enum {
    /* leaf 1, ECX */
    FMA = 1 << 12,
    OSXSAVE = 1 << 27,
    AVX = 1 << 28,
    F16C = 1 << 29,
    /* leaf 7, EBX */
    AVX2 = 1 << 5,
    AVX512F = 1 << 16,
    AVX512DQ = 1 << 17,
    AVX512BW = 1 << 30,
    /* leaf 7, ECX */
    AVX512_VNNI = 1 << 11,
    /* leaf 7.1, EAX */
    AVX512_BF16 = 1 << 5,
    /* XCR0 */
    YMM_STATE = 0x06,
    ZMM_STATE = 0xe6,
};
static const uint32_t avx512vl = UINT32_C(1) << 31; /* leaf 7, EBX */

unsigned sdx_cpu_probe(void) {
    unsigned sets = 1u << SDX_ISA_SCALAR;
    unsigned eax;
    unsigned ebx;
    unsigned ecx;
    unsigned edx;
    if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx)) return sets;
    if (!all(ecx, FMA | OSXSAVE | AVX | F16C)) return sets;
    const uint64_t state = saved_state();
    if (!all(state, YMM_STATE) || !__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) return sets;
    if (!all(ebx, AVX2)) return sets;
    sets |= 1u << SDX_ISA_AVX2;
    if (!all(state, ZMM_STATE) || !all(ebx, AVX512F | AVX512DQ | AVX512BW | avx512vl)) return sets;
    sets |= 1u << SDX_ISA_AVX512;
    const bool vnni = all(ecx, AVX512_VNNI);
    if (eax < 1 || !__get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx)) return sets;
    if (vnni && all(eax, AVX512_BF16)) sets |= 1u << SDX_ISA_AVX512VNNI;
    return sets;
}

#else

unsigned sdx_cpu_probe(void) { return 1u << SDX_ISA_SCALAR; }

#endif

void sdx_cpu_relax(void) { _mm_pause(); }

enum {
    FLUSH = 0x8040,         /* results and operands: FTZ and DAZ */
    MASKS_NEAREST = 0x1f80, /* no exception traps, round to nearest: the state of a new thread */
};

#if defined(__x86_64__)

unsigned sdx_cpu_set_flush(bool flush) {
    const unsigned before = _mm_getcsr();
    _mm_setcsr(MASKS_NEAREST | (flush ? FLUSH : 0));
    return before;
}

void sdx_cpu_restore_fp(unsigned state) { _mm_setcsr(state); }

#else

/* libm computes on the x87 here, which has a rounding of its own: its control word is the upper
 * half of our state. */
enum { X87_MASKS_NEAREST = 0x037f };

static unsigned x87_set(unsigned word) {
    const uint16_t next = (uint16_t)word;
    uint16_t before;
    __asm__ volatile("fnstcw %0" : "=m"(before));
    __asm__ volatile("fldcw %0" ::"m"(next));
    return before;
}

unsigned sdx_cpu_set_flush(bool flush) {
    const unsigned before = _mm_getcsr() & 0xffffu;
    _mm_setcsr(MASKS_NEAREST | (flush ? FLUSH : 0));
    return x87_set(X87_MASKS_NEAREST) << 16 | before;
}

void sdx_cpu_restore_fp(unsigned state) {
    _mm_setcsr(state & 0xffffu);
    (void)x87_set(state >> 16);
}

#endif

#endif
