/* What the machine gives at this moment: the speed of one thread by a chain of multiplications that
 * waits for nothing else, that of THREADS at once, and what one thread reads from memory. Prints
 *
 *   calibrate FASTEST MEDIAN TOGETHER BYTES
 *
 * steps a nanosecond of the fastest and the median of one thread's spans, the median of the slowest
 * of all threads, bytes a nanosecond. A quiet machine has the first three close to each other.
 *
 * usage: bench_calibrate [THREADS] */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SPANS = 24, STEPS = 2000000, MAX_THREADS = 64, BLOCK = 128 << 20 };

static double now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static int by_size(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct lane {
    double speeds[SPANS]; /* steps a nanosecond, sorted in the end */
    uint64_t end;         /* what the chain came to, so that it is computed */
};

static void *chain(void *arg) {
    struct lane *const lane = arg;
    volatile uint64_t seed = 88172645463325252u;
    uint64_t x = seed;
    for (int span = 0; span < SPANS; span++) {
        const double start = now_ns();
        for (int i = 0; i < STEPS; i++) {
            x = x * 6364136223846793005u + 1442695040888963407u;
        }
        lane->end = x;
        seed = x;
        lane->speeds[span] = STEPS / (now_ns() - start);
    }
    qsort(lane->speeds, SPANS, sizeof *lane->speeds, by_size);
    return NULL;
}

/* The median speed of the slowest of `n` threads that run at once. */
static double together(size_t n) {
    static struct lane lanes[MAX_THREADS];
    pthread_t threads[MAX_THREADS];
    double slowest = 0;
    for (size_t i = 0; i < n; i++) {
        if (pthread_create(&threads[i], NULL, chain, &lanes[i]) != 0) exit(1);
    }
    for (size_t i = 0; i < n; i++) {
        pthread_join(threads[i], NULL);
        const double speed = lanes[i].speeds[SPANS / 2];
        slowest = i == 0 || speed < slowest ? speed : slowest;
    }
    return slowest;
}

static double reading(void) {
    const size_t n = BLOCK / sizeof(uint64_t);
    uint64_t *const block = malloc(BLOCK);
    double fastest = 0;
    volatile uint64_t sum = 0;
    if (block == NULL) return 0;
    for (size_t i = 0; i < n; i++) {
        block[i] = i;
    }
    for (int round = 0; round < 3; round++) {
        uint64_t parts[4] = {sum, 0, 0, 0};
        const double start = now_ns();
        for (size_t i = 0; i < n; i += 8) { /* a cache line a step */
            parts[i / 8 % 4] += block[i];
        }
        sum = parts[0] + parts[1] + parts[2] + parts[3];
        const double speed = BLOCK / (now_ns() - start);
        fastest = speed > fastest ? speed : fastest;
    }
    free(block);
    return fastest;
}

int main(int argc, char **argv) {
    static struct lane one;
    const long threads = argc > 1 ? strtol(argv[1], NULL, 10) : 2;
    if (threads < 1 || threads > MAX_THREADS) {
        fprintf(stderr, "usage: bench_calibrate [THREADS], 1 to %d\n", MAX_THREADS);
        return 2;
    }
    chain(&one);
    const double many = together((size_t)threads);
    printf("calibrate %.4f %.4f %.4f %.2f\n", one.speeds[SPANS - 1], one.speeds[SPANS / 2], many,
           reading());
    return 0;
}
