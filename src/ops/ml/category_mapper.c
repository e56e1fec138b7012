/* CategoryMapper: strings to integers, or back, by two lists side by side. */
#include "ops/call.h"
#include "ops/common/lookup.h"
#include "ops/infer.h"

enum { DEFAULT_INT, DEFAULT_STRING, INTS, STRINGS };

#define TYPES (SDX_T(STRING) | SDX_T(INT64))

static const sdx_port inputs[] = {{.name = "X", .var = "T1", .types = TYPES}};
static const sdx_port outputs[] = {{.name = "Y", .var = "T2", .types = TYPES}};
static const sdx_attr_def attrs[] = {
    [DEFAULT_INT] = SDX_ATTR_I("default_int64", -1),
    [DEFAULT_STRING] = SDX_ATTR_S("default_string", "_Unused"),
    [INTS] = SDX_ATTR_OPT("cats_int64s", SDX_ATTR_INTS),
    [STRINGS] = SDX_ATTR_OPT("cats_strings", SDX_ATTR_STRINGS),
};

/* The input says which way it goes: ONNX has the defaults say so, but both may be there. */
static sdx_status infer(sdx_infer *in) {
    const sdx_dtype dtype = sdx_infer_dtype(in, 0);
    const size_t ints = sdx_node_attr(in->node, INTS)->n;
    const size_t strings = sdx_node_attr(in->node, STRINGS)->n;
    if (ints != strings)
        return sdx_fail(SDX_INVALID_MODEL,
                        "attributes 'cats_int64s' and 'cats_strings': found %zu and %zu values, "
                        "expected as many",
                        ints, strings);
    if (dtype != SDX_UNDEFINED)
        sdx_infer_set_dtype(in, 0, dtype == SDX_STRING ? SDX_INT64 : SDX_STRING);
    if (!sdx_infer_ranked(in, 0)) return NULL;
    return sdx_infer_set_shape(in, 0, (size_t)in->in[0].rank, in->in[0].dims);
}

typedef struct mapper {
    sdx_map ints;    /* from a string to its integer */
    sdx_map strings; /* from an integer to its string */
} mapper;

static sdx_str key_of(const int64_t *i) { return (sdx_str){(const char *)i, sizeof *i}; }

static sdx_status prepare(sdx_prepare *p) {
    const sdx_attr *const ints = sdx_node_attr(p->node, INTS);
    const sdx_attr *const strings = sdx_node_attr(p->node, STRINGS);
    mapper *m;
    SDX_TRY(SDX_ARENA_NEW(p->arena, 1, &m));
    SDX_TRY(sdx_lookup_init(&m->ints, ints->n, p->arena));
    SDX_TRY(sdx_lookup_init(&m->strings, ints->n, p->arena));
    for (size_t i = 0; i < ints->n; i++) {
        SDX_TRY(sdx_map_put(&m->ints, strings->strings[i], (void *)(uintptr_t)&ints->ints[i]));
        SDX_TRY(sdx_map_put(&m->strings, key_of(&ints->ints[i]),
                            (void *)(uintptr_t)&strings->strings[i]));
    }
    p->prepared = m;
    return NULL;
}

static void map_some(void *arg, size_t begin, size_t end, unsigned lane) {
    const sdx_call *const c = arg;
    const mapper *const m = c->prepared;
    const sdx_view *const x = c->in[0], *const y = c->out[0];
    (void)lane;
    for (size_t i = begin; i < end; i++) {
        if (x->dtype == SDX_STRING) {
            const int64_t *const found = sdx_map_get(&m->ints, ((const sdx_str *)x->data)[i]);
            ((int64_t *)y->data)[i] = found != NULL ? *found : sdx_node_int(c->node, DEFAULT_INT);
        } else {
            const sdx_str key = key_of(&((const int64_t *)x->data)[i]);
            const sdx_str *const found = sdx_map_get(&m->strings, key);
            ((sdx_str *)y->data)[i] =
                found != NULL ? *found : sdx_node_str(c->node, DEFAULT_STRING);
        }
    }
}

static sdx_status run(const sdx_call *c) {
    if (c->in[0]->len > 0)
        sdx_call_for(c, c->in[0]->len, sdx_grain(32), map_some, (void *)(uintptr_t)c);
    return NULL;
}

const sdx_op sdx_op_category_mapper = {
    .name = "CategoryMapper",
    .domain = "ai.onnx.ml",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .infer = infer,
    .prepare = prepare,
    .run = run,
};
