/* What this CPU can do and how many of it we may use. */
#ifndef SDX_BASE_CPU_H
#define SDX_BASE_CPU_H

#include <stdbool.h>

/* Instruction sets that kernels are compiled for, in the order of preference within an
 * architecture. */
typedef enum sdx_isa {
    SDX_ISA_SCALAR,
    SDX_ISA_AVX2,
    SDX_ISA_AVX512,
    SDX_ISA_AVX512VNNI,
    SDX_ISA_NEON,
    SDX_ISA_NEONDOT,
    SDX_ISA_COUNT
} sdx_isa;

const char *sdx_isa_name(sdx_isa isa);
/* AVX2 means with FMA and F16C; AVX512 means F+BW+DQ+VL; AVX512VNNI adds VNNI and BF16. Asks the
 * operating system too. */
bool sdx_cpu_has(sdx_isa isa);
/* The best set this CPU has, or the one that the knob SDX_ISA names if the CPU has it. */
sdx_isa sdx_cpu_best(void);

/* CPUs this process may use: affinity, cut by the cgroup (v1 or v2) quota, rounded up; at least 1.
 * Asked anew at each call. */
unsigned sdx_cpu_count(void);

/* The mode that kernels compute in, for the calling thread: denormals flushed to zero or kept,
 * rounding to nearest, no traps, whatever the application had set. Returns the state before, for
 * sdx_cpu_restore_fp, which takes the exception flags back as well. */
unsigned sdx_cpu_set_flush(bool flush);
void sdx_cpu_restore_fp(unsigned state);

#endif
