/* Shapes of convolutions. */
#include "ops/conv/shape.h"

static sdx_status check_ranks(const sdx_infer *in, const sdx_conv_ports *p) {
    const int rank_x = in->in[p->x].rank, rank_w = in->in[p->w].rank;
    char x[160], w[160];
    if (rank_x >= 3 && rank_x == rank_w) return NULL;
    return sdx_fail(
        SDX_SHAPE_MISMATCH,
        "input '%s' has shape %s and '%s' %s, expected equal ranks of 3 or more: [N, C, "
        "sizes] and [M, C / group, kernel]",
        in->node->op->inputs[p->x].name, sdx_infer_shape_text(in, p->x, x, sizeof x),
        in->node->op->inputs[p->w].name, sdx_infer_shape_text(in, p->w, w, sizeof w));
}

static sdx_status check_channels(const sdx_infer *in, const sdx_conv_ports *p, int64_t group) {
    const sdx_dim channels = in->in[p->x].dims[1];
    const sdx_dim out = in->in[p->w].dims[0], in_group = in->in[p->w].dims[1];
    const sdx_dim expected = sdx_dim_mul(NULL, in_group, group);
    const bool known = sdx_dim_is_number(channels) && sdx_dim_is_number(in_group);
    char x[160], w[160];
    if ((!known || channels == expected) && (!sdx_dim_is_number(out) || out % group == 0))
        return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH,
                    "inputs have shapes %s and %s, expected C = %lld * group channels and M a "
                    "multiple of group, which is %lld",
                    sdx_infer_shape_text(in, p->x, x, sizeof x),
                    sdx_infer_shape_text(in, p->w, w, sizeof w), (long long)in_group,
                    (long long)group);
}

static sdx_status check_bias(const sdx_infer *in, const sdx_conv_ports *p) {
    if (!sdx_infer_ranked(in, p->bias)) return NULL;
    SDX_TRY(sdx_infer_want_rank(in, p->bias, 1));
    const sdx_dim have = in->in[p->bias].dims[0], want = in->in[p->w].dims[0];
    if (!sdx_dim_is_number(have) || !sdx_dim_is_number(want) || have == want) return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH,
                    "input '%s' has %lld elements, expected one for each of %lld channels",
                    in->node->op->inputs[p->bias].name, (long long)have, (long long)want);
}

static sdx_status read_group(const sdx_node *node, const sdx_conv_ports *p, int64_t *out) {
    *out = sdx_node_int(node, p->group);
    if (*out >= 1 && *out <= INT32_MAX) return NULL;
    return sdx_fail(SDX_INVALID_MODEL, "attribute 'group' is %lld, expected 1 or more",
                    (long long)*out);
}

sdx_status sdx_conv_infer(sdx_infer *in, const sdx_conv_ports *p) {
    int64_t group;
    SDX_TRY(read_group(in->node, p, &group));
    if (!sdx_infer_ranked(in, p->x) || !sdx_infer_ranked(in, p->w)) return NULL;
    SDX_TRY(check_ranks(in, p));
    SDX_TRY(check_channels(in, p, group));
    SDX_TRY(check_bias(in, p));
    const size_t rank = (size_t)in->in[p->x].rank;
    sdx_window_spec spec;
    sdx_dim dims[SDX_MAX_RANK] = {in->in[p->x].dims[0], in->in[p->w].dims[0]};
    SDX_TRY(sdx_window_read(in->node, rank - 2, &spec));
    SDX_TRY(sdx_window_take_kernel(&spec, in->in[p->w].dims + 2));
    SDX_TRY(sdx_window_sizes(in->dims, &spec, in->in[p->x].dims + 2, dims + 2));
    return sdx_infer_set_shape(in, 0, rank, dims);
}

sdx_status sdx_conv_bind(const sdx_node *node, const sdx_conv_ports *ports, const sdx_view *x,
                         const sdx_view *w, const sdx_view *y, sdx_conv_sizes *out) {
    sdx_window_spec spec;
    SDX_TRY(sdx_window_read(node, x->rank - 2u, &spec));
    SDX_TRY(sdx_window_take_kernel(&spec, w->dims + 2));
    sdx_window_bind(&spec, x->dims + 2, y->dims + 2, &out->window);
    out->images = (size_t)x->dims[0];
    out->groups = (size_t)sdx_node_int(node, ports->group);
    out->in_channels = (size_t)w->dims[1];
    out->out_channels = (size_t)w->dims[0] / out->groups;
    out->depth = out->in_channels * out->window.taps;
    return NULL;
}
