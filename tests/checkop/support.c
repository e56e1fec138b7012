/* What all checks use: random values, guarded buffers, comparison, time. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(_WIN32)
#include <windows.h>
#else
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#endif

#include "checkop.h"

enum { CANARY = 64 };

bool check_failed(check *c, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(c->reason, sizeof c->reason, format, args);
    va_end(args);
    return false;
}

int check_find(check *c, const char *const *names, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], c->oracle) == 0) return (int)i;
    check_failed(c, "no oracle '%s' for its type", c->oracle);
    return -1;
}

static uint64_t state = 1;

void check_seed(uint64_t seed) { state = seed * 0x9E3779B97F4A7C15u + 1; }

/* Steele, Lea, Flood: SplitMix64. */
uint64_t check_random(void) {
    uint64_t z = state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

size_t check_below(size_t n) { return (size_t)(check_random() % n); }

double check_uniform(double a, double b) {
    return a + (b - a) * ((double)(check_random() >> 11) * 0x1p-53);
}

float check_any_float(void) {
    static const float special[] = {0.0f,    -0.0f,   INFINITY, -INFINITY, NAN,       1e-41f,
                                    -1e-41f, 3.4e38f, -3.4e38f, 0x1p-149f, 0x1p-126f, 1.0f};
    const uint64_t kind = check_random() % 16;
    if (kind == 0) return special[check_below(sizeof special / sizeof *special)];
    if (kind > 3) return (float)check_uniform(-20.0, 20.0);
    const uint32_t bits = (uint32_t)check_random();
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

size_t check_length(size_t max) {
    const size_t n = check_random() % 8 ? check_below(70) : check_below(max);
    return n < max ? n : max;
}

void check_fill(float *p, size_t n, double a, double b) {
    for (size_t i = 0; i < n; i++)
        p[i] = (float)check_uniform(a, b);
}

void check_fill_bytes(void *p, size_t n) {
    for (size_t i = 0; i < n; i++)
        ((uint8_t *)p)[i] = (uint8_t)check_random();
}

static uint8_t *slots[CHECK_SLOTS]; /* each CHECK_SLOT_BYTES, then one page without access */
static uint8_t *buffers[CHECK_SLOTS];

/* A slot, then a page without access; NULL: none. For the life of the program, and not from the
 * heap, which leak checkers read through. */
#if defined(_WIN32)
static uint8_t *guarded_slot(void) {
    uint8_t *const p = VirtualAlloc(NULL, CHECK_SLOT_BYTES + 1, MEM_RESERVE, PAGE_NOACCESS);
    return p ? VirtualAlloc(p, CHECK_SLOT_BYTES, MEM_COMMIT, PAGE_READWRITE) : NULL;
}
#else
static uint8_t *guarded_slot(void) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const int zero = open("/dev/zero", O_RDONLY);
    uint8_t *p = mmap(NULL, CHECK_SLOT_BYTES + page, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero, 0);
    close(zero);
    if (p == MAP_FAILED || mprotect(p + CHECK_SLOT_BYTES, page, PROT_NONE) != 0) return NULL;
    return p;
}
#endif

static uint8_t *map_slot(void) {
    uint8_t *const p = guarded_slot();
    if (!p) {
        perror("checkop: guarded buffer");
        exit(2);
    }
    return p;
}

void *check_buffer(int slot, size_t bytes) {
    if (!slots[slot]) slots[slot] = map_slot();
    if (bytes + CANARY > CHECK_SLOT_BYTES) {
        fprintf(stderr, "checkop: buffer of %zu bytes, at most %d\n", bytes, CHECK_SLOT_BYTES);
        exit(2);
    }
    buffers[slot] = slots[slot] + CHECK_SLOT_BYTES - bytes;
    memset(buffers[slot] - CANARY, 0xA5, CANARY);
    return buffers[slot];
}

bool check_canary(check *c, int slot) {
    for (size_t i = 1; i <= CANARY; i++)
        if (buffers[slot][-(ptrdiff_t)i] != 0xA5)
            return check_failed(c, "wrote %zu bytes before its output", i);
    return true;
}

double check_ulp(double x) {
    int exponent;
    frexp(fabs(x), &exponent);
    if (x == 0.0 || exponent < -125) exponent = -125; /* 2^-149, the step of subnormal numbers */
    if (exponent > 128) exponent = 128;
    return ldexp(1.0, exponent - 24);
}

bool check_close(check *c, double want, double got, double slack, const char *what, size_t i) {
    const double largest = 0x1.fffffep127;
    if (isnan(want) && isnan(got)) return true;
    if (want == got) return true;
    const double unit = check_ulp(want);
    if (isinf(got) && !isnan(want) && fabs(want) + c->bound * unit + slack > largest)
        if (signbit(want) == signbit(got) || slack > largest) return true;
    const double error = (fabs(want - got) - slack) / unit;
    if (error <= c->bound) {
        if (error > c->worst) c->worst = error;
        return true;
    }
    if (isnan(got) && slack > largest) return true;
    return check_failed(c, "%s, element %zu: expected %.9g, found %.9g (%.3g ulp, allowed %.3g)",
                        what, i, want, got, error, c->bound);
}

bool check_bits(check *c, const void *want, const void *got, size_t size, const char *what) {
    if (memcmp(want, got, size) == 0) return true;
    size_t i = 0;
    while (((const uint8_t *)want)[i] == ((const uint8_t *)got)[i])
        i++;
    return check_failed(c, "%s: bits differ at byte %zu of %zu", what, i, size);
}

bool check_floats(check *c, const float *want, const float *got, size_t n, const char *what) {
    for (size_t i = 0; i < n; i++)
        if (memcmp(want + i, got + i, sizeof *want) != 0 && !(isnan(want[i]) && isnan(got[i])))
            return check_failed(c, "%s: element %zu is %a, was %a", what, i, (double)got[i],
                                (double)want[i]);
    return true;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double check_time(check_call *call, void *arg) {
    size_t calls = 1;
    double best = INFINITY;
    for (int run = 0; run < 7;) {
        const double start = now();
        for (size_t i = 0; i < calls; i++)
            call(arg);
        const double seconds = now() - start;
        if (seconds < 2e-3) {
            calls *= 2;
            continue;
        }
        run++;
        if (seconds / (double)calls < best) best = seconds / (double)calls;
    }
    return best;
}
