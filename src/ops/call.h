/* Running an operator: what prepare, bind and run are given, and the small table through which
 * operators reach up (host).
 *
 * Views given to bind and run have the form that the row asked for: packed sub-byte types are
 * unpacked unless SDX_OP_SUBBYTE, 16- and 8-bit floats are float32 under SDX_OP_WIDEN. Outputs have
 * their final shape and memory unless the row says SDX_OP_DATA_SHAPE. Output memory is not cleared
 * and never overlaps an input's unless SDX_OP_INPLACE allows just that. String outputs: store views
 * (of inputs' bytes, or of sdx_call_scratch); they are copied after run. Strings in outputs start
 * as empty views. */
#ifndef SDX_OPS_CALL_H
#define SDX_OPS_CALL_H

#include "base/pool.h"
#include "kernels/kernels.h"
#include "ops/op.h"
#include "tensor/value.h"

/* ---- prepare: once for each node of a program, nothing depends on shapes
 * ------------------------------------------------------------- */

typedef struct sdx_pack sdx_pack; /* a constant in a kernel's order; belongs to the model, made when
                                     first needed, shared by all contexts */

/* How to make a pack. Two requests for one constant with equal format and parameters share a pack.
 * `fill` writes `size` bytes at dst (aligned to 64) from the constant as it is in the file: any
 * float width, maybe misaligned. It must be deterministic and touch nothing else. */
typedef struct sdx_pack_spec {
    const char *format; /* "sgemm_b", "depthwise": names the layout; together with `params` it keys
                           the pack */
    int64_t params[4];  /* whatever else decides the layout */
    size_t size;        /* bytes */
    sdx_status (*fill)(void *dst, const sdx_view *src, const int64_t *params,
                       const sdx_kernel_table *kernels, sdx_heap *temporary);
} sdx_pack_spec;

/* Who keeps packs: the model's packer, or that of a single evaluation. */
typedef struct sdx_packer_face {
    const sdx_kernel_table *kernels; /* that packs are for: of the model's policy of numerics */
    sdx_status (*request)(struct sdx_packer_face *self, const sdx_view *source,
                          const sdx_pack_spec *spec, sdx_pack **out);
} sdx_packer_face;

struct sdx_prepare {
    const sdx_node *node;
    sdx_arena *arena; /* lives as long as the program */
    const sdx_view *const
        *constant; /* n_in: an input's elements when it is a constant, else NULL */
    size_t n_in;
    const sdx_kernel_table *kernels; /* the ones that run will find: packs are in their order */
    const void *prepared; /* to be set: what bind and run will find; arena memory, immutable */
    const char *how; /* may be set where there was a choice: what was chosen and why, a literal */
    sdx_packer_face *packer;
    bool *packed; /* n_in: inputs that were packed, which run and bind do not read: once all packs
                     of a constant are made its elements may be gone; NULL: nobody asks */
};

/* A pack of constant input `input` (only where p->constant[input] is there). */
sdx_status sdx_prepare_pack(sdx_prepare *p, size_t input, const sdx_pack_spec *spec, sdx_pack **out)
    SDX_NODISCARD;

/* ---- bind: once for each new set of shapes
 * ---------------------------------------------------------------------------------------------- */

struct sdx_bind {
    const sdx_node *node;
    const void *prepared;
    const sdx_view *const *in; /* NULL: absent. Shapes and types; data only of constants and of
                                  values made of shapes */
    size_t n_in;
    const sdx_view *const *out; /* NULL: not wanted, or its shape depends on data */
    size_t n_out;
    const sdx_kernel_table *kernels;
    unsigned lanes; /* of the context's gang */
    void
        *bound; /* op->bound_size zeroed bytes, 16-aligned, for run: strides, tile sizes, choices */
    size_t scratch;  /* to be set: bytes of scratch that run needs at once; default 0 */
    const char *how; /* as in sdx_prepare, where shapes decide; wins over it */
};

/* ---- run
 * ----------------------------------------------------------------------------------------------------------------------------------
 */

/* What the caller of an operator offers it. `self` of every function is sdx_call.self. */
typedef struct sdx_host {
    void (*parallel_for)(void *self, size_t n, size_t grain, sdx_loop_fn *fn, void *arg);
    void (*tiles)(void *self, size_t n, size_t grain, sdx_loop_fn *fn, void *arg);
    sdx_status (*scratch)(void *self, size_t size, void **out);
    sdx_status (*pack)(void *self, sdx_pack *pack, const void **out);
    sdx_status (*output)(void *self, size_t k, sdx_dtype dtype, size_t rank, const int64_t *dims,
                         sdx_view **out);
    sdx_status (*in_value)(void *self, size_t i, sdx_value **out);
    sdx_status (*set_value)(void *self, size_t k, sdx_value *value);
    sdx_status (*run_graph)(void *self, size_t attr, sdx_value *const *inputs, size_t n_inputs,
                            sdx_value **outputs, size_t n_outputs);
    bool (*cancelled)(void *self);
} sdx_host;

struct sdx_call {
    const sdx_node *node;
    const sdx_view *const *in; /* n_in; NULL: absent, or not a tensor (sdx_call_in_value) */
    sdx_view *const
        *out; /* n_out; NULL: not wanted, or still to be made (SDX_OP_DATA_SHAPE, values) */
    size_t n_in, n_out;
    const void *prepared;
    const void *bound;
    void *scratch;                   /* what bind asked for, aligned to 64 */
    const sdx_kernel_table *kernels; /* what to compute with: of the model's policy of numerics */
    unsigned lanes;
    uint64_t turn;    /* how often this context has run the node before: for SDX_OP_RANDOM */
    sdx_store *store; /* where values that run makes come from */
    const sdx_host *host;
    void *self;
};

static inline const sdx_view *sdx_call_in(const sdx_call *c, size_t i) {
    return i < c->n_in ? c->in[i] : NULL;
}
/* Its elements; NULL: absent. */
static inline const void *sdx_call_data(const sdx_call *c, size_t i) {
    const sdx_view *const view = sdx_call_in(c, i);
    return view != NULL ? view->data : NULL;
}
static inline sdx_view *sdx_call_out(const sdx_call *c, size_t k) {
    return k < c->n_out ? c->out[k] : NULL;
}

/* fn over [0, n) in chunks of `grain`, on the run's lanes. Grain follows from shapes alone; make a
 * chunk worth some 20 us. */
static inline void sdx_call_for(const sdx_call *c, size_t n, size_t grain, sdx_loop_fn *fn,
                                void *arg) {
    c->host->parallel_for(c->self, n, grain, fn, arg);
}
/* The same for the long loops that write elements: once the caller wants the run to end, chunks
 * that nobody has begun are left out, and what they would have written is not. Only where no size,
 * index or pointer follows from what the loop writes. */
static inline void sdx_call_tiles(const sdx_call *c, size_t n, size_t grain, sdx_loop_fn *fn,
                                  void *arg) {
    c->host->tiles(c->self, n, grain, fn, arg);
}
/* More scratch, whose size depends on data: valid until run returns. Not inside parallel loops. */
SDX_NODISCARD static inline sdx_status sdx_call_scratch(const sdx_call *c, size_t size,
                                                        void **out) {
    return c->host->scratch(c->self, size, out);
}
/* The bytes of a pack, made now if nobody needed it before. Not inside parallel loops. */
SDX_NODISCARD static inline sdx_status sdx_call_pack(const sdx_call *c, sdx_pack *pack,
                                                     const void **out) {
    return c->host->pack(c->self, pack, out);
}
/* Makes dense output `k` of this type (as run sees it: widened, unpacked) and shape and gives its
 * view; when nobody wants it *out is a
 * place to write all the same. */
SDX_NODISCARD static inline sdx_status sdx_call_output(const sdx_call *c, size_t k, sdx_dtype dtype,
                                                       size_t rank, const int64_t *dims,
                                                       sdx_view **out) {
    return c->host->output(c->self, k, dtype, rank, dims, out);
}
/* Input `i` as a counted value (a dense one is copied if it lies in planned memory); borrowed until
 * run returns; *out is NULL when the node does not list it. */
SDX_NODISCARD static inline sdx_status sdx_call_in_value(const sdx_call *c, size_t i,
                                                         sdx_value **out) {
    return c->host->in_value(c->self, i, out);
}
/* The same of an input that must be there. */
sdx_status sdx_call_need_value(const sdx_call *c, size_t i, sdx_value **out) SDX_NODISCARD;
/* Output `k` is this value; takes the reference, on failure too. */
SDX_NODISCARD static inline sdx_status sdx_call_set_value(const sdx_call *c, size_t k,
                                                          sdx_value *value) {
    return c->host->set_value(c->self, k, value);
}
/* Runs the subgraph of attribute `attr`. Inputs are borrowed; outputs are new references, all or
 * none. */
SDX_NODISCARD static inline sdx_status sdx_call_graph(const sdx_call *c, size_t attr,
                                                      sdx_value *const *inputs, size_t n_inputs,
                                                      sdx_value **outputs, size_t n_outputs) {
    return c->host->run_graph(c->self, attr, inputs, n_inputs, outputs, n_outputs);
}
/* The caller wants the run to end: long operators ask between tiles and return sdx_call_stopped().
 */
static inline bool sdx_call_cancelled(const sdx_call *c) { return c->host->cancelled(c->self); }
sdx_status sdx_call_stopped(void) SDX_NODISCARD;

/* Errors that many operators share; all name the position. "input 'indices'[5]: index 12 outside
 * [-4, 3]" */
sdx_status sdx_fail_index(const sdx_call *c, size_t input, size_t position, int64_t index,
                          int64_t low, int64_t high) SDX_NODISCARD;
/* A grain for loops over rows of `work` units (about one element operation each): rows such that a
 * chunk is worth sharing; >= 1. */
size_t sdx_grain(size_t work);

#endif
