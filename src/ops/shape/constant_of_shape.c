/* ConstantOfShape: a tensor of the shape its input holds, every element the same. */
#include <string.h>

#include "ops/call.h"
#include "ops/infer.h"

enum { VALUE };

#define TYPES (SDX_T_ANY & ~(SDX_T(STRING) | SDX_T_COMPLEX))

static const sdx_port inputs[] = {{.name = "input", .var = "T1", .types = SDX_T(INT64)}};
static const sdx_port outputs[] = {{.name = "output", .var = "T2", .types = TYPES}};
static const sdx_attr_def attrs[] = {[VALUE] = SDX_ATTR_OPT("value", SDX_ATTR_TENSOR)};

static sdx_status infer(sdx_infer *in) {
    const bool given = sdx_node_has(in->node, VALUE);
    const sdx_view *value = given ? sdx_node_attr(in->node, VALUE)->tensor : NULL;
    if (given && (value->len != 1 || !sdx_types_have(TYPES, value->dtype))) {
        char text[64];
        return sdx_fail(SDX_INVALID_MODEL, "attribute 'value' is %s, expected one number",
                        sdx_view_text(value, text, sizeof text));
    }
    sdx_infer_set_dtype(in, 0, given ? value->dtype : SDX_FLOAT32);
    sdx_dim dims[SDX_MAX_RANK];
    size_t rank;
    if (sdx_infer_ints(in, 0, dims, SDX_MAX_RANK, &rank)) {
        SDX_TRY(sdx_infer_want_sizes(in, 0, dims, rank));
        return sdx_infer_set_shape(in, 0, rank, dims);
    }
    const bool length = sdx_infer_ranked(in, 0) && in->in[0].rank == 1;
    if (!length || !sdx_dim_is_number(in->in[0].dims[0])) return NULL;
    return sdx_infer_set_rank(in, 0, (size_t)in->in[0].dims[0]);
}

typedef struct fill {
    unsigned char element[16];
    size_t size; /* of an element */
    unsigned char *dst;
} fill;

/* Doubles what is already there. */
static void fill_some(void *arg, size_t begin, size_t end, unsigned lane) {
    const fill *f = arg;
    unsigned char *dst = f->dst + begin * f->size;
    const size_t bytes = (end - begin) * f->size;
    (void)lane;
    memcpy(dst, f->element, f->size);
    for (size_t done = f->size, n; done < bytes; done += n) {
        n = done < bytes - done ? done : bytes - done;
        memcpy(dst + done, dst, n);
    }
}

static sdx_status run(const sdx_call *c) {
    sdx_view *out = c->out[0];
    fill f = {.size = sdx_dtype_size(out->dtype), .dst = out->data};
    if (sdx_node_has(c->node, VALUE)) {
        const sdx_view *value = sdx_node_attr(c->node, VALUE)->tensor;
        if (sdx_dtype_subbyte(value->dtype))
            sdx_bits_unpack(value->dtype, f.element, value->data, 1);
        else
            memcpy(f.element, value->data, f.size);
    }
    sdx_call_for(c, out->len, sdx_grain(1), fill_some, &f);
    return NULL;
}

const sdx_op sdx_op_constant_of_shape = {
    .name = "ConstantOfShape",
    .domain = "",
    .since = 9,
    .newest = 25,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .infer = infer,
    .run = run,
};
