/* Which instruction set the kernels use: what the processor has, or what the knob asks for. */
#include "base/cpu.h"

#include <stdatomic.h>
#include <string.h>

#include "base/knobs.h"
#include "base/port.h"

static const char *const names[SDX_ISA_COUNT] = {
    [SDX_ISA_SCALAR] = "scalar",         [SDX_ISA_AVX2] = "avx2", [SDX_ISA_AVX512] = "avx512",
    [SDX_ISA_AVX512VNNI] = "avx512vnni", [SDX_ISA_NEON] = "neon", [SDX_ISA_NEONDOT] = "neondot",
};

const char *sdx_isa_name(sdx_isa isa) {
    const unsigned index = (unsigned)isa;
    return index < SDX_ISA_COUNT ? names[index] : "unknown";
}

/* What the processor has, asked once: in a virtual machine the question takes microseconds. Scalar
 * is always there, hence never 0. */
static unsigned features(void) {
    static atomic_uint known;
    unsigned bits = atomic_load_explicit(&known, memory_order_relaxed);
    if (bits == 0) {
        bits = sdx_cpu_probe() | 1u << SDX_ISA_SCALAR;
        atomic_store_explicit(&known, bits, memory_order_relaxed);
    }
    return bits;
}

bool sdx_cpu_has(sdx_isa isa) {
    const unsigned index = (unsigned)isa;
    return index < SDX_ISA_COUNT && (features() >> index & 1u) != 0;
}

sdx_isa sdx_cpu_best(void) {
    const char *const wanted = sdx_knob(SDX_KNOB_ISA);
    unsigned best = SDX_ISA_SCALAR;
    for (unsigned i = 0; i < SDX_ISA_COUNT; i++) {
        if (!sdx_cpu_has((sdx_isa)i)) continue;
        if (strcmp(names[i], wanted) == 0) return (sdx_isa)i;
        best = i;
    }
    return (sdx_isa)best;
}
