/* Fourier transforms of many rows of a tensor: what DFT and STFT have in common. A row is read by
 * strides, padded with zeros or cut, multiplied by a window, transformed, and written by strides.
 * The tensors are float32 or float64. */
#ifndef SDX_OPS_SIGNAL_SPECTRUM_H
#define SDX_OPS_SIGNAL_SPECTRUM_H

#include "ops/call.h"
#include "ops/infer.h"

/* Where samples lie; row r begins at r / inner * outer + r % inner * beside. Counts elements; a
 * sample is one (real) or two of them. */
typedef struct sdx_samples {
    size_t outer, beside;
    size_t step;  /* from a sample to the next */
    size_t parts; /* of a sample: 1 or 2 */
    size_t count; /* samples of a row */
} sdx_samples;

typedef struct sdx_spectrum {
    size_t n; /* length of the transform, at least 1 */
    size_t rows, inner;
    sdx_samples src, dst; /* src.count is at most n; what is missing is 0 */
    bool inverse;
    bool mirrored; /* src has the first half of a spectrum, whose other half is its conjugate */
} sdx_spectrum;

/* `window`: NULL, or src.count factors. */
sdx_status sdx_spectrum_run(const sdx_call *c, const sdx_spectrum *s, const sdx_view *window)
    SDX_NODISCARD;

/* Bins that are left of n where the rest follows by symmetry: n / 2 + 1. */
sdx_dim sdx_spectrum_half(sdx_dims *dims, sdx_dim n);
/* Input 0's last dim is 1 or 2: real or complex samples; an unknown one passes. */
sdx_status sdx_spectrum_check(const sdx_infer *in, const char *name, bool real, bool complex_)
    SDX_NODISCARD;

#endif
