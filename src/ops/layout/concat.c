/* Concat: tensors side by side along an axis. Each input is a sequence of runs (its part of a row
 * of the output), copied one after the other. */
#include <string.h>

#include "ops/call.h"
#include "ops/infer.h"
#include "ops/upgrade.h"

enum { AXIS };

static const sdx_port inputs[] = {
    {.name = "inputs", .var = "T", .types = SDX_T_ANY, .flags = SDX_PORT_VARIADIC}};
static const sdx_port outputs[] = {{.name = "concat_result", .var = "T", .types = SDX_T_ANY}};
static const sdx_attr_def attrs[] = {[AXIS] = SDX_ATTR_REQ("axis", SDX_ATTR_INT)};

/* ONNX: Concat-4 axis became required; it was 1. */
static sdx_status from_1(sdx_upgrade *u) { return sdx_upgrade_default_int(u, "axis", 1); }
static const sdx_upgrade_rule upgrades[] = {{.below = 4, .apply = from_1}};

static sdx_status check_rank(const sdx_infer *in, size_t i, int *rank) {
    const int found = in->in[i].rank;
    if (found < 0) return NULL;
    if (*rank >= 0 && *rank != found)
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "input %zu: found rank %d, expected %d as the inputs before it", i, found,
                        *rank);
    *rank = found;
    return NULL;
}

/* Adds input i to what is known: its size on the axis, its other dims where they are numbers. */
static sdx_status add_input(const sdx_infer *in, size_t i, size_t axis, sdx_dim *dims) {
    char found[160];
    const sdx_fact *const fact = &in->in[i];
    for (size_t d = 0; d < (size_t)fact->rank; d++) {
        if (d == axis) {
            dims[d] = sdx_dim_add(in->dims, dims[d], fact->dims[d]);
        } else if (sdx_dim_is_number(fact->dims[d]) && sdx_dim_is_number(dims[d]) &&
                   fact->dims[d] != dims[d]) {
            return sdx_fail(
                SDX_SHAPE_MISMATCH,
                "input %zu: found shape %s, expected %lld for axis %zu as the inputs before it", i,
                sdx_infer_shape_text(in, i, found, sizeof found), (long long)dims[d], d);
        } else if (!sdx_dim_is_number(dims[d])) {
            dims[d] = fact->dims[d];
        }
    }
    return NULL;
}

/* Shape arithmetic: shapes put together from pieces. */
static sdx_status join_ints(sdx_infer *in) {
    enum { MAX = 64 };
    sdx_dim ints[MAX];
    size_t n = 0, more;
    for (size_t i = 0; i < in->n_in; i++) {
        if (!sdx_infer_ints(in, i, ints + n, MAX - n, &more)) return NULL;
        n += more;
    }
    return sdx_infer_set_ints(in, 0, ints, n);
}

static sdx_status infer(sdx_infer *in) {
    int rank = -1;
    bool all = true;
    size_t axis;
    sdx_dim dims[SDX_MAX_RANK];
    for (size_t i = 0; i < in->n_in; i++) {
        SDX_TRY(check_rank(in, i, &rank));
        all = all && in->in[i].rank >= 0;
    }
    if (rank < 0) return NULL;
    if (!all) return sdx_infer_set_rank(in, 0, (size_t)rank);
    SDX_TRY(sdx_infer_axis(in, 0, sdx_node_int(in->node, AXIS), "attribute 'axis'", &axis));
    for (size_t d = 0; d < (size_t)rank; d++) {
        dims[d] = d == axis ? 0 : in->in[0].dims[d];
    }
    for (size_t i = 0; i < in->n_in; i++) {
        SDX_TRY(add_input(in, i, axis, dims));
    }
    SDX_TRY(sdx_infer_set_shape(in, 0, (size_t)rank, dims));
    return rank == 1 ? join_ints(in) : NULL;
}

typedef struct parts {
    const sdx_call *c;
    size_t axis, size, row; /* bytes of an element, of a row of the output */
} parts;

static void copy_rows(void *arg, size_t begin, size_t end, unsigned lane) {
    const parts *const p = arg;
    char *const dst = p->c->out[0]->data;
    size_t at = 0;
    (void)lane;
    for (size_t i = 0; i < p->c->n_in; i++) {
        const sdx_view *const in = p->c->in[i];
        const size_t run = sdx_view_count(in, p->axis, in->rank) * p->size;
        for (size_t r = begin; r < end && run != 0; r++) {
            memcpy(dst + r * p->row + at, (const char *)in->data + r * run, run);
        }
        at += run;
    }
}

static sdx_status run(const sdx_call *c) {
    const sdx_view *const out = c->out[0];
    parts p = {.c = c, .size = sdx_dtype_size(out->dtype)};
    SDX_TRY(sdx_axis(sdx_node_int(c->node, AXIS), out->rank, "attribute 'axis'", &p.axis));
    if (out->len == 0) return NULL;
    p.row = sdx_view_count(out, p.axis, out->rank) * p.size;
    sdx_call_for(c, sdx_view_count(out, 0, p.axis), sdx_grain(p.row / 4 + 1), copy_rows, &p);
    return NULL;
}

const sdx_op sdx_op_concat = {
    .name = "Concat",
    .domain = "",
    .since = 1,
    .newest = 13,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    SDX_ROWS(upgrades, upgrades),
    .infer = infer,
    .run = run,
};
