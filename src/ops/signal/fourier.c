/* See fourier.h. */
#include "ops/signal/fourier.h"

#include <math.h>
#include <string.h>

static const double PI = 3.14159265358979323846;

/* A prime above this costs more than the chirp does. */
enum { MAX_PRIME = 61 };

/* ---- plans */

/* Factors of n, fours first; false when a prime is too large. */
static bool cut(sdx_fourier *f, size_t n) {
    f->m = n;
    f->n_factors = 0;
    for (; n % 4 == 0; n /= 4)
        f->factors[f->n_factors++] = 4;
    for (uint8_t p = 2; n > 1 && p <= MAX_PRIME; p++) {
        for (; n % p == 0; n /= p)
            f->factors[f->n_factors++] = p;
    }
    return n == 1;
}

sdx_status sdx_fourier_init(sdx_fourier *f, size_t n) {
    *f = (sdx_fourier){.n = n};
    /* 16 doubles a sample are more than tables and work take together. */
    if (n > SIZE_MAX / (64 * sizeof(double)))
        return sdx_fail(SDX_LIMIT, "a transform of %zu samples is longer than memory can hold", n);
    if (cut(f, n)) return NULL;
    size_t m = 1;
    while (m < 2 * n - 1)
        m *= 2;
    (void)cut(f, m);
    return NULL;
}

static bool chirps(const sdx_fourier *f) { return f->m != f->n; }

size_t sdx_fourier_tables(const sdx_fourier *f) { return 2 * (chirps(f) ? 2 * f->m + f->n : f->m); }

size_t sdx_fourier_work(const sdx_fourier *f) { return 2 * (chirps(f) ? 2 * f->m : f->m); }

/* ---- stages */

typedef struct pair {
    double re, im;
} pair;

static pair get(const double *x, size_t i) { return (pair){x[2 * i], x[2 * i + 1]}; }
static void put(double *x, size_t i, pair a) {
    x[2 * i] = a.re;
    x[2 * i + 1] = a.im;
}
static pair add(pair a, pair b) { return (pair){a.re + b.re, a.im + b.im}; }
static pair sub(pair a, pair b) { return (pair){a.re - b.re, a.im - b.im}; }
static pair mul(pair a, pair b) {
    return (pair){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

/* One factor p of rows of length p * m, of which s lie interleaved. */
typedef struct stage {
    const double *roots;
    size_t p, m, s;
    size_t step; /* roots between two neighbours of this length's roots */
} stage;

static void stage_4(const stage *g, const double *x, double *y) {
    for (size_t q = 0; q < g->m; q++) {
        const pair w1 = get(g->roots, q * g->step), w2 = get(g->roots, 2 * q * g->step),
                   w3 = get(g->roots, 3 * q * g->step);
        const double *const from = x + 2 * g->s * q;
        double *const to = y + 2 * g->s * 4 * q;
        for (size_t r = 0; r < g->s; r++) {
            const pair a = get(from, r), b = get(from, r + g->s * g->m),
                       c = get(from, r + g->s * g->m * 2), d = get(from, r + g->s * g->m * 3);
            const pair even = add(a, c), odd = add(b, d), cross = sub(a, c), bd = sub(b, d);
            const pair turned = {bd.im, -bd.re};
            put(to, r, add(even, odd));
            put(to, r + g->s, mul(add(cross, turned), w1));
            put(to, r + g->s * 2, mul(sub(even, odd), w2));
            put(to, r + g->s * 3, mul(sub(cross, turned), w3));
        }
    }
}

static void stage_2(const stage *g, const double *x, double *y) {
    for (size_t q = 0; q < g->m; q++) {
        const pair w = get(g->roots, q * g->step);
        const double *const from = x + 2 * g->s * q;
        double *const to = y + 2 * g->s * 2 * q;
        for (size_t r = 0; r < g->s; r++) {
            const pair a = get(from, r), b = get(from, r + g->s * g->m);
            put(to, r, add(a, b));
            put(to, r + g->s, mul(sub(a, b), w));
        }
    }
}

/* Bin j of the p values a: the plain sum. `turn` roots are a p-th of the circle. */
static pair bin(const stage *g, const pair *a, size_t j, size_t turn) {
    pair sum = a[0];
    for (size_t k = 1, at = j; k < g->p; k++) {
        sum = add(sum, mul(a[k], get(g->roots, at * turn)));
        at = at + j < g->p ? at + j : at + j - g->p;
    }
    return sum;
}

static void stage_any(const stage *g, const double *x, double *y) {
    const size_t turn = g->step * g->m;
    pair a[MAX_PRIME];
    for (size_t q = 0; q < g->m; q++) {
        for (size_t r = 0; r < g->s; r++) {
            for (size_t k = 0; k < g->p; k++)
                a[k] = get(x, r + g->s * (q + g->m * k));
            for (size_t j = 0; j < g->p; j++) {
                const pair w = get(g->roots, q * j * g->step);
                put(y, r + g->s * (g->p * q + j), mul(bin(g, a, j, turn), w));
            }
        }
    }
}

/* Transforms the m pairs at x; the result is at x or at y, which is returned. */
static double *transform(const sdx_fourier *f, double *x, double *y) {
    stage g = {.roots = f->roots, .m = f->m, .s = 1, .step = 1};
    for (size_t i = 0; i < f->n_factors; i++) {
        g.p = f->factors[i];
        g.m /= g.p;
        if (g.p == 4)
            stage_4(&g, x, y);
        else if (g.p == 2)
            stage_2(&g, x, y);
        else
            stage_any(&g, x, y);
        g.s *= g.p;
        g.step *= g.p;
        double *const from = x;
        x = y;
        y = from;
    }
    return x;
}

/* ---- tables and rows */

/* t^2 is taken modulo 2n, so that the angle stays exact. */
static void fill_chirp(double *chirp, size_t n) {
    for (size_t t = 0, square = 0; t < n; t++) {
        const double angle = PI * (double)square / (double)n;
        put(chirp, t, (pair){cos(angle), -sin(angle)});
        square = (square + 2 * t + 1) % (2 * n);
    }
}

static void fill_filter(const sdx_fourier *f, double *filter, double *work) {
    double *const a = work;
    const double scale = 1.0 / (double)f->m;
    memset(a, 0, 2 * f->m * sizeof *a);
    for (size_t t = 0; t < f->n; t++) {
        const pair c = get(f->chirp, t);
        put(a, t, (pair){c.re * scale, -c.im * scale});
        if (t > 0) put(a, f->m - t, get(a, t));
    }
    memcpy(filter, transform(f, a, work + 2 * f->m), 2 * f->m * sizeof *filter);
}

void sdx_fourier_fill(sdx_fourier *f, double *tables, double *work) {
    for (size_t t = 0; t < f->m; t++) {
        const double angle = 2 * PI * (double)t / (double)f->m;
        put(tables, t, (pair){cos(angle), -sin(angle)});
    }
    f->roots = tables;
    if (!chirps(f)) return;
    double *const filter = tables + 2 * f->m, *const chirp = filter + 2 * f->m;
    fill_chirp(chirp, f->n);
    f->chirp = chirp;
    fill_filter(f, filter, work);
    f->filter = filter;
}

static pair conjugate(pair a) { return (pair){a.re, -a.im}; }

/* The way back from the product of spectra is the way there with conjugates around it. */
static void convolve(const sdx_fourier *f, double *row, double *work) {
    double *const a = work, *const b = work + 2 * f->m;
    for (size_t t = 0; t < f->n; t++)
        put(a, t, mul(get(row, t), get(f->chirp, t)));
    memset(a + 2 * f->n, 0, 2 * (f->m - f->n) * sizeof *a);
    double *const there = transform(f, a, b);
    for (size_t t = 0; t < f->m; t++)
        put(there, t, conjugate(mul(get(there, t), get(f->filter, t))));
    const double *const back = transform(f, there, there == a ? b : a);
    for (size_t t = 0; t < f->n; t++)
        put(row, t, mul(conjugate(get(back, t)), get(f->chirp, t)));
}

void sdx_fourier_run(const sdx_fourier *f, double *row, double *work) {
    if (chirps(f)) {
        convolve(f, row, work);
        return;
    }
    const double *const result = transform(f, row, work);
    if (result != row) memcpy(row, result, 2 * f->n * sizeof *row);
}
