/* Einsum's equations: "bij,bjk->bik" as labels of dims. */
#ifndef SDX_OPS_MATRIX_EQUATION_H
#define SDX_OPS_MATRIX_EQUATION_H

#include "base/status.h"
#include "base/str.h"

enum {
    SDX_EQUATION_INPUTS = 16,
    SDX_EQUATION_LETTERS = 52,                                /* a..z, A..Z */
    SDX_EQUATION_LABELS = SDX_EQUATION_LETTERS + SDX_MAX_RANK /* and the dims of ellipses */
};

/* A label is a number below SDX_EQUATION_LABELS. The last dim of every ellipsis is the last label.
 */
typedef struct sdx_equation {
    size_t n_in;
    size_t rank[SDX_EQUATION_INPUTS];
    uint8_t in[SDX_EQUATION_INPUTS][SDX_MAX_RANK];
    size_t out_rank;
    uint8_t out[SDX_MAX_RANK];
} sdx_equation;

/* Reads an equation for inputs of these ranks. Errors show the equation. */
sdx_status sdx_equation_read(sdx_str text, size_t n_in, const size_t *ranks, sdx_equation *out)
    SDX_NODISCARD;

#endif
