/* What RNN, GRU and LSTM share. Sizes: T steps, B batch, I input, H hidden, G gates (1, 3, 4), D
 * directions. */
#ifndef SDX_OPS_RNN_RNN_H
#define SDX_OPS_RNN_RNN_H

#include "kernels/kernels.h"
#include "ops/call.h"
#include "ops/infer.h"
#include "ops/work.h"

/* Inputs and attributes stand in the same places for the three. */
enum { RNN_X, RNN_W, RNN_R, RNN_B, RNN_LENS, RNN_H0, RNN_C0, RNN_P };
enum {
    RNN_ACTIVATIONS,
    RNN_ALPHA,
    RNN_BETA,
    RNN_CLIP,
    RNN_DIRECTION,
    RNN_HIDDEN,
    RNN_LAYOUT,
    RNN_OWN /* input_forget, linear_before_reset */
};

typedef enum sdx_rnn_kind { SDX_RNN_PLAIN, SDX_RNN_GRU, SDX_RNN_LSTM } sdx_rnn_kind;

/* The row's data: what the operators differ in. */
typedef struct sdx_rnn_row {
    sdx_rnn_kind kind;
    size_t gates;
    size_t n_activations;       /* for each direction */
    const char *activations[3]; /* defaults */
} sdx_rnn_row;

/* A function of a gate: an index into the table of activation.c and its parameters. */
typedef struct sdx_rnn_activation {
    size_t function;
    float alpha, beta;
} sdx_rnn_activation;

enum { SDX_RNN_MAX_ACTIVATIONS = 6 };

/* Prepared: activations by direction, packs where W and R are constants of a type that runs as
 * float32. R of a GRU is packed in two parts. */
typedef struct sdx_rnn_prepared {
    sdx_rnn_activation activations[SDX_RNN_MAX_ACTIVATIONS];
    sdx_pack *w, *r, *r2;
} sdx_rnn_prepared;

/* Bound. */
typedef struct sdx_rnn {
    const sdx_rnn_row *row;
    const sdx_kernel_table *kernels;
    size_t steps, batch, input, hidden, directions;
    bool batch_first;            /* layout 1 */
    bool backwards;              /* the only direction runs from the end */
    size_t w_len, r_len, r2_len; /* elements of one direction's pack */
    /* Offsets in scratch, bytes: products with W of a direction, products with R, the reset state
     * and its product, states, the packs of weights that are no constants, scratch of the product
     * of each lane. */
    size_t at_xg, at_hg, at_rh, at_rg, at_h, at_c, at_bias, at_w, at_r, at_r2, at_lane;
    size_t lane_size;
} sdx_rnn;

/* The rows of R that are multiplied with the state at once: all of them, or in a GRU those of z and
 * r. */
static inline size_t sdx_rnn_first_rows(const sdx_rnn_row *row, size_t hidden) {
    return (row->kind == SDX_RNN_GRU ? 2 : row->gates) * hidden;
}

/* shape.c: hooks of all three rows. */
sdx_status sdx_rnn_infer(sdx_infer *in) SDX_NODISCARD;
sdx_status sdx_rnn_prepare(sdx_prepare *p) SDX_NODISCARD;
sdx_status sdx_rnn_bind(sdx_bind *b) SDX_NODISCARD;
/* run.c */
sdx_status sdx_rnn_run(const sdx_call *c) SDX_NODISCARD;
/* The one old form of all three. */
extern const sdx_upgrade_rule sdx_rnn_upgrades[1];

/* What the three rows have alike: .domain = "", ..., .run = sdx_rnn_run, .flops = sdx_flops_rnn */
#define SDX_RNN_HOOKS                                                                      \
    .domain = "", .since = 1, .newest = 22, .upgrades = sdx_rnn_upgrades, .n_upgrades = 1, \
    .flags = SDX_OP_WIDEN, .bound_size = sizeof(sdx_rnn), .infer = sdx_rnn_infer,          \
    .prepare = sdx_rnn_prepare, .bind = sdx_rnn_bind, .run = sdx_rnn_run, .flops = sdx_flops_rnn

/* activation.c: the functions of all directions, from the attributes or the row's defaults. */
sdx_status sdx_rnn_activations(const sdx_node *node, size_t directions, sdx_rnn_activation *out)
    SDX_NODISCARD;
void sdx_rnn_activate_f32(const sdx_rnn_activation *a, const sdx_kernel_table *kernels, float *x,
                          size_t n);
void sdx_rnn_activate_f64(const sdx_rnn_activation *a, const sdx_kernel_table *kernels, double *x,
                          size_t n);

/* weights.c: rows [row0, row0 + rows) of each direction's [all, k] matrix as a pack of its
 * transpose. */
size_t sdx_rnn_pack_len(const sdx_kernel_table *kernels, size_t rows, size_t k);
sdx_status sdx_rnn_pack_constant(sdx_prepare *p, size_t input, size_t row0, size_t rows,
                                 sdx_pack **out) SDX_NODISCARD;
void sdx_rnn_pack_now(const sdx_kernel_table *kernels, float *dst, const float *src,
                      size_t directions, size_t all, size_t row0, size_t rows, size_t k);
/* C [m, n] = A [m, k] * B + bias (NULL: 0), on the call's lanes. f32: B is a pack. f64: B is the
 * transpose of the rows [n, k]. */
void sdx_rnn_product_f32(const sdx_call *c, const sdx_rnn *r, float *out, const float *a,
                         const float *pack, const float *bias, size_t m, size_t n, size_t k);
void sdx_rnn_product_f64(const sdx_call *c, const sdx_rnn *r, double *out, const double *a,
                         const double *rows, const double *bias, size_t m, size_t n, size_t k);

#endif
