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

/* Elements of 4 bytes turn in registers, a vector of rows at a time. */
SDX_INLINE void turn(float *dst, size_t dst_row, const float *src, size_t src_row) {
    vf v[VF_N];
    for (size_t r = 0; r < VF_N; r++)
        v[r] = vf_load(src + r * src_row);
    vf_transpose(v);
    for (size_t c = 0; c < VF_N; c++)
        vf_store(dst + c * dst_row, v[c]);
}

void SDX_KERNEL(transpose_4)(void *dst, const void *src, const sdx_transpose *t) {
    float *d = dst;
    const float *s = src;
    const size_t rows = t->rows - t->rows % VF_N;
    const size_t cols = t->cols - t->cols % VF_N;
    for (size_t i = 0; i < rows; i += VF_N)
        for (size_t j = 0; j < cols; j += VF_N)
            turn(d + j * t->dst_row + i, t->dst_row, s + i * t->src_row + j, t->src_row);
    for (size_t i = 0; i < t->rows; i++)
        for (size_t j = i < rows ? cols : 0; j < t->cols; j++)
            memcpy(d + j * t->dst_row + i, s + i * t->src_row + j, sizeof *d);
}
