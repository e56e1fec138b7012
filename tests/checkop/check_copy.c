/* Strided copies and transpositions: every byte where it belongs, the gaps untouched. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkop.h"

/* The size of an element is the number that ends the oracle's name. */
static size_t element_size(const check *c) {
    return (size_t)strtoul(strrchr(c->oracle, '_') + 1, NULL, 10);
}

bool check_copy(check *c, sdx_copy_fn *fn) {
    const size_t size = element_size(c);
    for (int round = 0; round < 500; round++) {
        const size_t n = check_length(300);
        const ptrdiff_t dst_step = check_random() % 2 ? 1 : 1 + (ptrdiff_t)check_below(4);
        const ptrdiff_t src_step = check_random() % 2 ? 1 : (ptrdiff_t)check_below(7) - 3;
        const size_t src_span = n ? (n - 1) * (size_t)llabs(src_step) + 1 : 0;
        const size_t dst_span = n ? (n - 1) * (size_t)dst_step + 1 : 0;
        uint8_t *src = check_buffer(0, src_span * size);
        uint8_t *dst = check_buffer(1, dst_span * size);
        check_fill_bytes(src, src_span * size);
        memset(dst, 0x5a, dst_span * size);
        const uint8_t *first = src_step < 0 && n ? src + (src_span - 1) * size : src;
        fn(dst, dst_step, first, src_step, n);
        for (size_t i = 0; i < dst_span; i++) {
            uint8_t want[16];
            memset(want, 0x5a, sizeof want);
            if (i % (size_t)dst_step == 0) {
                const ptrdiff_t place = (ptrdiff_t)(i / (size_t)dst_step) * src_step;
                memcpy(want, first + place * (ptrdiff_t)size, size);
            }
            if (!check_bits(c, want, dst + i * size, size, "element")) return false;
        }
        if (!check_canary(c, 1)) return false;
    }
    return true;
}

typedef struct turn_case {
    sdx_transpose_fn *fn;
    void *dst;
    const void *src;
    sdx_transpose t;
} turn_case;

static void call(void *arg) {
    const turn_case *u = arg;
    u->fn(u->dst, u->src, &u->t);
}

bool check_transpose(check *c, sdx_transpose_fn *fn) {
    const size_t size = element_size(c);
    for (int round = 0; round < 300; round++) {
        sdx_transpose t = {.rows = 1 + check_below(50), .cols = 1 + check_below(50)};
        t.src_row = t.cols + check_below(3);
        t.dst_row = t.rows + check_below(3);
        const size_t src_span = (t.rows - 1) * t.src_row + t.cols;
        const size_t dst_span = (t.cols - 1) * t.dst_row + t.rows;
        uint8_t *src = check_buffer(0, src_span * size);
        uint8_t *dst = check_buffer(1, dst_span * size);
        check_fill_bytes(src, src_span * size);
        memset(dst, 0x5a, dst_span * size);
        fn(dst, src, &t);
        for (size_t i = 0; i < dst_span; i++) {
            uint8_t want[16];
            memset(want, 0x5a, sizeof want);
            if (i % t.dst_row < t.rows)
                memcpy(want, src + (i % t.dst_row * t.src_row + i / t.dst_row) * size, size);
            if (!check_bits(c, want, dst + i * size, size, "element")) return false;
        }
        if (!check_canary(c, 1)) return false;
    }
    if (c->bench) {
        turn_case u = {.fn = fn, .t = {256, 256, 256, 256}};
        u.src = check_buffer(0, 65536 * size);
        u.dst = check_buffer(1, 65536 * size);
        snprintf(c->speed, sizeof c->speed, "%.3f ns/element", check_time(call, &u) / 65536e-9);
    }
    return true;
}
