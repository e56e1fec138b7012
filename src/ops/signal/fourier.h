/* The discrete Fourier transform of one row: X[k] = sum of x[j] exp(-2 pi i j k / n), any n, in
 * O(n log n).
 *
 * Lengths whose primes are small go through Stockham's stages, one for each factor, from one buffer
 * to the other and back, without a reordering. Others become a convolution with a chirp
 * (Bluestein 1970), done by transforms of a power of two. A plan is made once for a length; its
 * tables are computed into memory of the caller and then only read: many lanes may share it. */
#ifndef SDX_OPS_SIGNAL_FOURIER_H
#define SDX_OPS_SIGNAL_FOURIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Complex numbers lie as pairs of double: real part, imaginary part. */
typedef struct sdx_fourier {
    size_t n; /* the length, at least 1 */
    size_t m; /* the length that is cut into factors: n, or that of the convolution */
    size_t n_factors;
    uint8_t factors[64];
    const double *roots;  /* m pairs: exp(-2 pi i t / m) */
    const double *chirp;  /* n pairs: exp(-pi i t^2 / n); used where m is not n */
    const double *filter; /* m pairs: transform of the chirp's conjugate, divided by m */
} sdx_fourier;

/* Chooses the way; n is at least 1. Error: SDX_LIMIT, when no memory could hold the tables. */
sdx_status sdx_fourier_init(sdx_fourier *f, size_t n) SDX_NODISCARD;
/* Doubles that tables take, and that a lane needs beside its row. */
size_t sdx_fourier_tables(const sdx_fourier *f);
size_t sdx_fourier_work(const sdx_fourier *f);
/* Computes the tables; `work` is a lane's, undefined afterwards. */
void sdx_fourier_fill(sdx_fourier *f, double *tables, double *work);
/* Transforms n pairs in place. */
void sdx_fourier_run(const sdx_fourier *f, double *row, double *work);

#endif
