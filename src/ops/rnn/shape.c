/* Inference, preparation and binding of RNN, GRU and LSTM. */
#include <string.h>

#include "ops/rnn/rnn.h"
#include "ops/upgrade.h"

/* ONNX: RNN-7, GRU-7, LSTM-7 output_sequence went: outputs are optional by being left out. */
static sdx_status from_1(sdx_upgrade *u) {
    sdx_upgrade_drop(u, "output_sequence");
    return NULL;
}
const sdx_upgrade_rule sdx_rnn_upgrades[1] = {{.below = 7, .apply = from_1}};

static sdx_status directions_of(const sdx_node *node, size_t *directions, bool *backwards) {
    const sdx_str direction = sdx_node_str(node, RNN_DIRECTION);
    *directions = sdx_str_is(direction, "bidirectional") ? 2 : 1;
    *backwards = sdx_str_is(direction, "reverse");
    if (*directions == 2 || *backwards || sdx_str_is(direction, "forward")) return NULL;
    return sdx_fail(
        SDX_INVALID_MODEL,
        "attribute 'direction': found '%.*s', expected forward, reverse or bidirectional",
        SDX_FMT(direction));
}

/* Requires dim `axis` of input `i`, where it is a number, to be `expected`, where that is one. */
static sdx_status want_dim(const sdx_infer *in, size_t i, int rank, size_t axis, sdx_dim expected) {
    char text[160];
    SDX_TRY(sdx_infer_want_rank(in, i, rank));
    if (!sdx_infer_ranked(in, i)) return NULL;
    const sdx_dim found = in->in[i].dims[axis];
    if (!sdx_dim_is_number(found) || !sdx_dim_is_number(expected) || found == expected) return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH, "input '%s': found shape %s, expected %lld for axis %zu",
                    sdx_op_input_port(in->node->op, i)->name,
                    sdx_infer_shape_text(in, i, text, sizeof text), (long long)expected, axis);
}

static sdx_status check_weights(const sdx_infer *in, sdx_dim directions, sdx_dim input,
                                sdx_dim hidden) {
    const sdx_rnn_row *const row = in->node->op->data;
    const sdx_dim gates = sdx_dim_mul(in->dims, (sdx_dim)row->gates, hidden);
    SDX_TRY(want_dim(in, RNN_W, 3, 0, directions));
    SDX_TRY(want_dim(in, RNN_W, 3, 1, gates));
    SDX_TRY(want_dim(in, RNN_W, 3, 2, input));
    SDX_TRY(want_dim(in, RNN_R, 3, 0, directions));
    SDX_TRY(want_dim(in, RNN_R, 3, 1, gates));
    SDX_TRY(want_dim(in, RNN_R, 3, 2, hidden));
    SDX_TRY(want_dim(in, RNN_B, 2, 0, directions));
    SDX_TRY(want_dim(in, RNN_B, 2, 1, sdx_dim_mul(in->dims, 2, gates)));
    if (row->kind != SDX_RNN_LSTM) return NULL;
    SDX_TRY(want_dim(in, RNN_P, 2, 0, directions));
    return want_dim(in, RNN_P, 2, 1, sdx_dim_mul(in->dims, 3, hidden));
}

/* ONNX: RNN-14 layout: 1 puts the batch first. */
static sdx_status check_states(const sdx_infer *in, bool batch_first, sdx_dim directions,
                               sdx_dim batch, sdx_dim hidden) {
    const sdx_rnn_row *const row = in->node->op->data;
    SDX_TRY(want_dim(in, RNN_LENS, 1, 0, batch));
    const size_t last = row->kind == SDX_RNN_LSTM ? RNN_C0 : RNN_H0;
    for (size_t i = RNN_H0; i <= last; i++) {
        SDX_TRY(want_dim(in, i, 3, 0, batch_first ? batch : directions));
        SDX_TRY(want_dim(in, i, 3, 1, batch_first ? directions : batch));
        SDX_TRY(want_dim(in, i, 3, 2, hidden));
    }
    return NULL;
}

sdx_status sdx_rnn_infer(sdx_infer *in) {
    size_t directions;
    bool backwards;
    SDX_TRY(directions_of(in->node, &directions, &backwards));
    SDX_TRY(sdx_infer_want_rank(in, RNN_X, 3));
    SDX_TRY(sdx_infer_want_rank(in, RNN_R, 3));
    if (!sdx_infer_ranked(in, RNN_X) || !sdx_infer_ranked(in, RNN_R)) return NULL;
    const bool batch_first = sdx_node_int(in->node, RNN_LAYOUT) != 0;
    const sdx_dim *const x = in->in[RNN_X].dims;
    const sdx_dim steps = x[batch_first ? 1 : 0], batch = x[batch_first ? 0 : 1],
                  hidden = in->in[RNN_R].dims[2], count = (sdx_dim)directions;
    SDX_TRY(check_weights(in, count, x[2], hidden));
    SDX_TRY(check_states(in, batch_first, count, batch, hidden));
    if (sdx_node_has(in->node, RNN_HIDDEN) && sdx_dim_is_number(hidden) &&
        sdx_node_int(in->node, RNN_HIDDEN) != hidden) {
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "attribute 'hidden_size': found %lld, expected %lld as in 'R'",
                        (long long)sdx_node_int(in->node, RNN_HIDDEN), (long long)hidden);
    }
    const sdx_dim y[] = {batch_first ? batch : steps, batch_first ? steps : count,
                         batch_first ? count : batch, hidden};
    const sdx_dim state[] = {batch_first ? batch : count, batch_first ? count : batch, hidden};
    SDX_TRY(sdx_infer_set_shape(in, 0, 4, y));
    SDX_TRY(sdx_infer_set_shape(in, 1, 3, state));
    return sdx_infer_set_shape(in, 2, 3, state);
}

static bool runs_as_f32(const sdx_view *constant) {
    return constant != NULL && constant->rank == 3 && constant->dtype != SDX_FLOAT64 &&
           sdx_dtype_kind_of(constant->dtype) == SDX_KIND_FLOAT;
}

sdx_status sdx_rnn_prepare(sdx_prepare *p) {
    const sdx_rnn_row *const row = p->node->op->data;
    sdx_rnn_prepared *prepared;
    size_t directions;
    bool backwards;
    SDX_TRY(SDX_ARENA_NEW(p->arena, 1, &prepared));
    p->prepared = prepared;
    SDX_TRY(directions_of(p->node, &directions, &backwards));
    SDX_TRY(sdx_rnn_activations(p->node, directions, prepared->activations));
    if (runs_as_f32(p->constant[RNN_W]))
        SDX_TRY(
            sdx_rnn_pack_constant(p, RNN_W, 0, (size_t)p->constant[RNN_W]->dims[1], &prepared->w));
    if (!runs_as_f32(p->constant[RNN_R])) return NULL;
    const size_t hidden = (size_t)p->constant[RNN_R]->dims[2],
                 first = sdx_rnn_first_rows(row, hidden), all = row->gates * hidden;
    if ((size_t)p->constant[RNN_R]->dims[1] != all)
        return NULL; /* the shapes do not fit: told when it is bound */
    SDX_TRY(sdx_rnn_pack_constant(p, RNN_R, 0, first, &prepared->r));
    return first < all ? sdx_rnn_pack_constant(p, RNN_R, first, all - first, &prepared->r2) : NULL;
}

/* Takes `n` elements of `size` bytes, aligned, from the scratch that is being laid out. */
static bool lay(size_t *scratch, size_t n, size_t size, size_t *at) {
    size_t bytes;
    *at = *scratch;
    return sdx_mul_size(n, size, &bytes) && sdx_round_up(bytes, SDX_ALIGN, &bytes) &&
           sdx_add_size(*scratch, bytes, scratch);
}

static bool lay_out(sdx_rnn *r, const sdx_rnn_prepared *prepared, size_t size, unsigned lanes,
                    size_t *scratch) {
    const size_t gates = r->row->gates * r->hidden, first = sdx_rnn_first_rows(r->row, r->hidden);
    const bool f32 = size == sizeof(float);
    size_t all_steps, rows;
    if (!sdx_mul_size(r->steps, r->batch, &all_steps) || !sdx_mul_size(all_steps, gates, &rows))
        return false;
    const sdx_gemm_f32 largest = {.m = all_steps > r->batch ? all_steps : r->batch,
                                  .k = r->input > r->hidden ? r->input : r->hidden};
    r->lane_size =
        f32 ? (sdx_gemm_f32_scratch(r->kernels->gemm_f32_info(), &largest) + SDX_ALIGN - 1) &
                  ~(size_t)(SDX_ALIGN - 1)
            : 0;
    r->w_len = f32 ? sdx_rnn_pack_len(r->kernels, gates, r->input) : gates * r->input;
    r->r_len = f32 ? sdx_rnn_pack_len(r->kernels, first, r->hidden) : gates * r->hidden;
    r->r2_len = f32 ? sdx_rnn_pack_len(r->kernels, gates - first, r->hidden) : gates * r->hidden;
    const size_t state = r->batch * r->hidden;
    return lay(scratch, rows, size, &r->at_xg) && lay(scratch, r->batch * first, size, &r->at_hg) &&
           lay(scratch, state, size, &r->at_rh) && lay(scratch, state, size, &r->at_rg) &&
           lay(scratch, state, size, &r->at_h) && lay(scratch, state, size, &r->at_c) &&
           lay(scratch, 2 * gates, size, &r->at_bias) &&
           lay(scratch, f32 && prepared->w == NULL ? r->directions * r->w_len : 0, size,
               &r->at_w) &&
           lay(scratch, f32 && prepared->r == NULL ? r->directions * r->r_len : 0, size,
               &r->at_r) &&
           lay(scratch, f32 && prepared->r == NULL && first < gates ? r->directions * r->r2_len : 0,
               size, &r->at_r2) &&
           lay(scratch, lanes, r->lane_size, &r->at_lane);
}

sdx_status sdx_rnn_bind(sdx_bind *b) {
    sdx_rnn *const r = b->bound;
    const sdx_view *const x = b->in[RNN_X];
    r->row = b->node->op->data;
    r->kernels = b->kernels;
    r->batch_first = sdx_node_int(b->node, RNN_LAYOUT) != 0;
    r->steps = (size_t)x->dims[r->batch_first ? 1 : 0];
    r->batch = (size_t)x->dims[r->batch_first ? 0 : 1];
    r->input = (size_t)x->dims[2];
    r->hidden = (size_t)b->in[RNN_R]->dims[2];
    SDX_TRY(directions_of(b->node, &r->directions, &r->backwards));
    if (!lay_out(r, b->prepared, sdx_dtype_size(x->dtype), b->lanes, &b->scratch))
        return sdx_fail(SDX_LIMIT,
                        "found scratch beyond the address space; use a shorter sequence");
    const sdx_rnn_prepared *const prepared = b->prepared;
    b->how =
        x->dtype != SDX_FLOAT32 ? "X times W in one product for all steps: plain, float64"
        : prepared->w != NULL && prepared->r != NULL
            ? "X times W in one product for all steps, weights packed at load"
            : "X times W in one product for all steps, weights packed in each run: no constants";
    return NULL;
}
