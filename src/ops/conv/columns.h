/* im2col for any number of spatial dims and any element size: the matrix [channels * taps][outputs]
 * of what each output of a window sees. Planes of float32 have a faster kernel (im2col_f32). */
#ifndef SDX_OPS_CONV_COLUMNS_H
#define SDX_OPS_CONV_COLUMNS_H

#include "ops/conv/window.h"

typedef struct sdx_columns {
    const sdx_window_nd *window;
    size_t channels;
    size_t first, n; /* outputs: columns of the matrix */
    size_t row;      /* elements between rows of dst; at least n */
    char fill[8];    /* an element: what padding counts as */
} sdx_columns;

/* Columns [first, first + n) of the matrix of x (`channels` blocks of in_len elements); size 1, 4
 * or 8. */
void sdx_columns_fill(void *dst, const void *x, size_t size, const sdx_columns *c);

/* The reverse (col2im): adds each element of the columns to the input that it would be copied from;
 * size 4 is float32, 8 float64. Tap by tap, so that an input's sum has one order. */
void sdx_columns_add(void *x, const void *columns, size_t size, const sdx_columns *c);

#endif
