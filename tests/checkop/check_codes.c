/* Products with weights of 4 bits, in double. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "checkop.h"

enum { MAX_K = 700, MAX_COLUMNS = 11 };
static const char *const names[] = {"codes4"};

static unsigned half(const uint8_t *bytes, size_t i) { return bytes[i / 2] >> i % 2 * 4 & 15; }

static double zero_of(const sdx_codes4_f32 *p, size_t column, size_t block) {
    if (p->zeros) return half(p->zeros + column * ((p->blocks + 1) / 2), block);
    return p->zero_floats ? (double)p->zero_floats[column * p->blocks + block] : 8;
}

static bool compare(check *c, const sdx_codes4_f32 *p, const float *y) {
    for (size_t i = 0; i < p->columns; i++) {
        const uint8_t *const codes = p->codes + i * p->blocks * p->block / 2;
        double want = 0, size = 0;
        for (size_t k = 0; k < p->k; k++) {
            const size_t b = k / p->block;
            const double zero = zero_of(p, i, b);
            const double w = (half(codes, k) - zero) * (double)p->scales[i * p->blocks + b];
            want += (double)p->a[k] * w;
            size += fabs((double)p->a[k]) * (fabs(w) + fabs((double)p->scales[i * p->blocks + b]));
        }
        const double slack = size * ((double)p->block + (double)p->blocks + 8) * 0x1p-24;
        if (!check_close(c, want, (double)y[i], slack, "column", i)) return false;
    }
    return true;
}

typedef struct codes_case {
    sdx_codes4_f32_fn *fn;
    float *y;
    const sdx_codes4_f32 *p;
} codes_case;

static void call(void *arg) {
    const codes_case *const u = arg;
    u->fn(u->y, u->p);
}

/* Kind: zero points are all 8, packed, floats. */
static sdx_codes4_f32 draw(size_t k, size_t block, size_t columns, int kind) {
    const size_t blocks = (k + block - 1) / block;
    float *const a = check_buffer(0, k * sizeof *a);
    uint8_t *const codes = check_buffer(1, columns * blocks * block / 2);
    float *const scales = check_buffer(2, columns * blocks * sizeof *scales);
    uint8_t *const zeros = check_buffer(3, columns * ((blocks + 1) / 2));
    float *const floats = check_buffer(4, columns * blocks * sizeof *floats);
    check_fill(a, k, -2, 2);
    check_fill(scales, columns * blocks, -0.1, 0.1);
    check_fill(floats, columns * blocks, 0, 15);
    check_fill_bytes(codes, columns * blocks * block / 2);
    check_fill_bytes(zeros, columns * ((blocks + 1) / 2));
    return (sdx_codes4_f32){.a = a,
                            .k = k,
                            .block = block,
                            .blocks = blocks,
                            .columns = columns,
                            .codes = codes,
                            .scales = scales,
                            .zeros = kind == 1 ? zeros : NULL,
                            .zero_floats = kind == 2 ? floats : NULL,
                            .scratch = check_buffer(5, blocks * block * sizeof(float))};
}

bool check_codes4_f32(check *c, sdx_codes4_f32_fn *fn) {
    if (check_find(c, names, 1) < 0) return false;
    for (int round = 0; round < 200; round++) {
        const size_t block = (size_t)32 << check_below(3);
        sdx_codes4_f32 p =
            draw(1 + check_below(MAX_K), block, 1 + check_below(MAX_COLUMNS), round % 3);
        float *const y = check_buffer(6, p.columns * sizeof *y);
        fn(y, &p);
        if (!compare(c, &p, y) || !check_canary(c, 5) || !check_canary(c, 6)) return false;
        const size_t last =
            p.columns - 1; /* a column alone has the bits that it has among others */
        float alone;
        p.codes += last * p.blocks * block / 2;
        p.scales += last * p.blocks;
        p.columns = 1;
        if (p.zeros) p.zeros += last * ((p.blocks + 1) / 2);
        if (p.zero_floats) p.zero_floats += last * p.blocks;
        fn(&alone, &p);
        if (!check_floats(c, y + last, &alone, 1, "alone")) return false;
    }
    if (c->bench) {
        const sdx_codes4_f32 p = draw(2048, 32, 64, 0);
        codes_case u = {.fn = fn, .y = check_buffer(6, 64 * sizeof(float)), .p = &p};
        snprintf(c->speed, sizeof c->speed, "%.1f weights/ns",
                 2048 * 64 / check_time(call, &u) * 1e-9);
    }
    return true;
}
