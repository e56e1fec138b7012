/* See machine.h. Each of two loops is repeated for a while on a gang; its best turn counts, for
 * what else the machine does can only slow it down. Arithmetic: chains of multiply-adds in
 * registers. Memory: the sum of two arrays that no cache of one core holds. */
#include "exec/machine.h"

#include "base/clock.h"
#include "base/heap.h"
#include "base/pool.h"
#include "kernels/kernels.h"

enum {
    CHAINS = 192,         /* floats of a chunk: a multiple of what registers of every set hold */
    ROUNDS = 1 << 15,     /* multiply-adds on each; some 100 us */
    CHUNKS_A_LANE = 8,    /* so that a lane that was away for a while delays nobody */
    ARRAY_LEN = 8 << 20,  /* floats: 32 MiB */
    CHUNK_LEN = 64 << 10, /* of those; 256 KiB */
    MIN_TURNS = 3,
    TIME_NS = 80 * 1000 * 1000, /* for the turns of a loop */
};

typedef struct machine {
    const sdx_kernel_table *kernels;
    sdx_gang *gang;
    float *sum, *a, *b; /* ARRAY_LEN each, in one block */
} machine;

static void compute(void *arg, size_t begin, size_t end, unsigned lane) {
    const machine *const m = arg;
    float x[CHAINS];
    (void)lane;
    for (size_t i = begin; i < end; i++) {
        for (size_t j = 0; j < CHAINS; j++) {
            x[j] = (float)j;
        }
        m->kernels->iterate_f32(x, x, CHAINS, 0.5f, 1.0f, ROUNDS); /* goes to 2 */
    }
}

static void fill(void *arg, size_t begin, size_t end, unsigned lane) {
    const machine *const m = arg;
    (void)lane;
    for (size_t i = begin; i < end; i++) {
        m->sum[i] = m->a[i] = m->b[i] = 1;
    }
}

static void stream(void *arg, size_t begin, size_t end, unsigned lane) {
    const machine *const m = arg;
    (void)lane;
    m->kernels->add_f32(m->sum + begin, m->a + begin, m->b + begin, end - begin, SDX_FORM_VV);
}

/* Nanoseconds of the best turn. */
static double best_turn(machine *m, size_t n, size_t grain, sdx_loop_fn *fn) {
    const uint64_t first = sdx_clock_ns();
    uint64_t best = UINT64_MAX;
    for (int turn = 0; turn < MIN_TURNS || sdx_clock_ns() - first < TIME_NS; turn++) {
        const uint64_t start = sdx_clock_ns();
        sdx_gang_for(m->gang, n, grain, fn, m);
        const uint64_t ns = sdx_clock_ns() - start;
        if (ns < best) best = ns;
    }
    return best > 0 ? (double)best : 1;
}

static void measure(machine *m, unsigned threads, sdx_machine_peak *out) {
    const size_t n_chunks = (size_t)threads * CHUNKS_A_LANE;
    const double work = 2.0 * CHAINS * ROUNDS * (double)n_chunks;
    sdx_gang_enter(m->gang, true);
    out->threads = threads;
    out->flops = work * 1e9 / best_turn(m, n_chunks, 1, compute);
    sdx_gang_for(m->gang, ARRAY_LEN, CHUNK_LEN, fill, m); /* pages come where they are used */
    out->bytes = 3.0 * sizeof(float) * ARRAY_LEN * 1e9 / best_turn(m, ARRAY_LEN, CHUNK_LEN, stream);
    sdx_gang_leave(m->gang);
}

sdx_status sdx_machine_peak_of(unsigned threads, sdx_machine_peak *out) {
    sdx_heap *const heap = sdx_heap_global();
    const size_t size = (size_t)3 * ARRAY_LEN * sizeof(float);
    machine m = {.kernels = sdx_kernels(SDX_NUMERICS_DEFAULT)};
    void *block;
    SDX_TRY(sdx_heap_alloc(heap, size, &block));
    m.sum = block;
    m.a = m.sum + ARRAY_LEN;
    m.b = m.a + ARRAY_LEN;
    const sdx_status status = sdx_gang_create(threads, &m.gang);
    if (status == NULL) measure(&m, threads, out);
    sdx_gang_destroy(m.gang);
    sdx_heap_free(heap, block, size);
    return status;
}
