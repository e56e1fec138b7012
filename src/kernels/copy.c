/* Strided copies and transpositions of elements of 1 to 16 bytes, whatever they mean. */
#include "kernels/set.h"

typedef struct pair {
    uint64_t low, high;
} pair;

#define COPY copy_1
#define TRANSPOSE transpose_1
#define T uint8_t
#include "kernels/copy_tmpl.h"

#define COPY copy_2
#define TRANSPOSE transpose_2
#define T uint16_t
#include "kernels/copy_tmpl.h"

#define COPY copy_4
#define T uint32_t
#include "kernels/copy_tmpl.h"

#define COPY copy_8
#define TRANSPOSE transpose_8
#define T uint64_t
#include "kernels/copy_tmpl.h"

#define COPY copy_16
#define TRANSPOSE transpose_16
#define T pair
#include "kernels/copy_tmpl.h"

/* Elements of 4 bytes turn in registers, up to VF_N by VF_N at a time. */
SDX_INLINE void turn(float *dst, size_t dst_row, const float *src, size_t src_row, size_t rows,
                     size_t cols) {
    vf v[VF_N];
    for (size_t r = 0; r < VF_N; r++) {
        if (r >= rows) {
            v[r] = vf_set(0.0f);
        } else {
            v[r] = cols < VF_N ? vf_load_n(src + r * src_row, cols) : vf_load(src + r * src_row);
        }
    }
    vf_transpose(v);
    for (size_t c = 0; c < VF_N && c < cols; c++) {
        if (rows < VF_N) {
            vf_store_n(dst + c * dst_row, v[c], rows);
        } else {
            vf_store(dst + c * dst_row, v[c]);
        }
    }
}

/* A cache line by a cache line, or what the edge leaves of it. */
static void turn_block(float *dst, size_t dst_row, const float *src, size_t src_row, size_t rows,
                       size_t cols) {
    for (size_t i = 0; i < rows; i += VF_N) {
        for (size_t j = 0; j < cols; j += VF_N) {
            const size_t high = rows - i < VF_N ? rows - i : VF_N;
            const size_t wide = cols - j < VF_N ? cols - j : VF_N;
            turn(dst + j * dst_row + i, dst_row, src + i * src_row + j, src_row, high, wide);
        }
    }
}

void SDX_KERNEL(transpose_4)(void *dst, const void *src, const sdx_transpose *t) {
    enum { BLOCK = 16 };
    float *d = dst;
    const float *s = src;
    for (size_t i = 0; i < t->rows; i += BLOCK) {
        const size_t rows = t->rows - i < BLOCK ? t->rows - i : BLOCK;
        for (size_t j = 0; j < t->cols; j += BLOCK) {
            const size_t cols = t->cols - j < BLOCK ? t->cols - j : BLOCK;
            float *to = d + j * t->dst_row + i;
            const float *from = s + i * t->src_row + j;
            if (rows == BLOCK && cols == BLOCK) {
                for (size_t r = 0; r < BLOCK; r += VF_N)
                    for (size_t c = 0; c < BLOCK; c += VF_N)
                        turn(to + c * t->dst_row + r, t->dst_row, from + r * t->src_row + c,
                             t->src_row, VF_N, VF_N);
            } else {
                turn_block(to, t->dst_row, from, t->src_row, rows, cols);
            }
        }
    }
}
