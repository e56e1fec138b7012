/* An execution provider in one file: it takes Relu and Add of float32 and computes them at once, in
 * memory that it allocates. A device would have a queue where this one does the work right away.
 *
 *     cc -shared -fPIC provider.c -o provider.so
 *     sardonyx info --partition --provider ./provider.so model.onnx */
#include "sardonyx/ep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const sdx_ep_host *host;

enum { FLOAT32 = 1 }; /* TensorProto.FLOAT */

/* A group of ours: one node. What bind makes is the same with a length. */
struct node {
    bool adds;
    size_t len;
};

static bool device(void *self, uint32_t index, sdx_ep_device *out) {
    (void)self;
    *out = (sdx_ep_device){"example", 0, 64, 100, 100, 10, 10};
    return index == 0;
}

static bool is_ours(const sdx_ep_graph *graph, const sdx_ep_node *node) {
    const bool adds = node->op.len == 3 && memcmp(node->op.ptr, "Add", 3) == 0;
    const bool relu = node->op.len == 4 && memcmp(node->op.ptr, "Relu", 4) == 0;
    if (!node->claimable || node->domain.len != 0 || (!adds && !relu)) return false;
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        sdx_ep_value value;
        if (!host->value(graph, node->inputs[i], &value) || value.is_constant ||
            value.from_shapes || value.tensor.dtype != FLOAT32)
            return false;
    }
    return node->n_inputs == 1 || node->inputs[0] != node->inputs[1];
}

/* A set for each node, so that each group is one. */
static int claim(void *self, uint32_t index, const sdx_ep_graph *graph, sdx_ep_why *why) {
    const sdx_ep_gain gain = {.speedup = 1, .always = true};
    (void)self, (void)index;
    for (uint32_t n = 0; n < host->n_nodes(graph); n++) {
        sdx_ep_node node;
        if (!host->node(graph, n, &node)) continue;
        const int code = is_ours(graph, &node) ? host->claim(graph, &n, 1, &gain, why) : SDX_EP_OK;
        if (code != SDX_EP_OK) return code;
    }
    return SDX_EP_OK;
}

static int compile(void *self, uint32_t index, const sdx_ep_group *group, void **compiled,
                   sdx_ep_why *why) {
    struct node *const node = calloc(1, sizeof *node);
    (void)self, (void)index, (void)why;
    if (node == NULL) return SDX_EP_OUT_OF_MEMORY;
    node->adds = group->n_inputs == 2;
    *compiled = node;
    return SDX_EP_OK;
}

static void release(void *self, void *compiled) {
    (void)self;
    free(compiled);
}

static int bind(void *self, void *compiled, sdx_ep_session *session, sdx_ep_binding *binding,
                void **bound, sdx_ep_why *why) {
    const struct node *const node = compiled;
    const sdx_ep_tensor *const in = binding->inputs, *const out = binding->outputs;
    (void)self, (void)session;
    if (out->rank < 0 || in[0].size != out->size || (node->adds && in[1].size != out->size)) {
        snprintf(why->text, sizeof why->text, "found shapes that differ, supported: equal ones");
        return SDX_EP_DECLINED;
    }
    if (*bound == NULL) *bound = malloc(sizeof *node);
    if (*bound == NULL) return SDX_EP_OUT_OF_MEMORY;
    *(struct node *)*bound = (struct node){node->adds, out->size / sizeof(float)};
    return SDX_EP_OK;
}

static void *at(const sdx_ep_tensor *tensor) { return (char *)tensor->block + tensor->offset; }

static int run(void *self, void *bound, void *stream, const sdx_ep_run *r, sdx_ep_why *why) {
    const struct node *const node = bound;
    (void)self, (void)stream, (void)why;
    if (node->len == 0) return SDX_EP_OK; /* and nowhere to write */
    const float *const a = at(&r->inputs[0]), *const b = node->adds ? at(&r->inputs[1]) : NULL;
    float *const out = at(&r->outputs[0]);
    for (size_t i = 0; i < node->len; i++) {
        out[i] = b != NULL ? a[i] + b[i] : a[i] < 0 ? 0 : a[i];
    }
    return SDX_EP_OK;
}

/* ---- a stream in which all is done when it is put in, and memory that is memory */

static int open_stream(void *self, uint32_t index, void **stream, sdx_ep_why *why) {
    (void)self, (void)index, (void)why;
    *stream = NULL;
    return SDX_EP_OK;
}
static void close_stream(void *self, void *stream) { (void)self, (void)stream; }
static int record(void *self, void *stream, uint64_t *mark, sdx_ep_why *why) {
    (void)self, (void)stream, (void)why;
    *mark = 0;
    return SDX_EP_OK;
}
static int wait(void *self, void *stream, uint64_t mark, uint64_t ns, bool *done, sdx_ep_why *why) {
    (void)self, (void)stream, (void)mark, (void)ns, (void)why;
    *done = true;
    return SDX_EP_OK;
}

static int size_of(void *self, uint32_t index, const sdx_ep_tensor *t, size_t *size,
                   sdx_ep_why *why) {
    (void)self, (void)index;
    *size = sizeof(float);
    for (int i = 0; i < t->rank; i++) {
        *size *= (size_t)t->dims[i];
    }
    if (t->dtype == FLOAT32) return SDX_EP_OK;
    snprintf(why->text, sizeof why->text, "found type %d, supported: float32", (int)t->dtype);
    return SDX_EP_FAILED;
}
static int allocate(void *self, uint32_t index, size_t size, void **block, sdx_ep_why *why) {
    (void)self, (void)index, (void)why;
    *block = malloc(size);
    return *block != NULL ? SDX_EP_OK : SDX_EP_OUT_OF_MEMORY;
}
static void deallocate(void *self, uint32_t index, void *block, size_t size) {
    (void)self, (void)index, (void)size;
    free(block);
}
static int copy(void *self, void *stream, const sdx_ep_tensor *to, const sdx_ep_tensor *from,
                sdx_ep_why *why) {
    (void)self, (void)stream, (void)why;
    memcpy(at(to), at(from), from->size < to->size ? from->size : to->size);
    return SDX_EP_OK;
}

static void end(void *self) { (void)self; }
static void unbind(void *self, void *bound) { release(self, bound); }

static const sdx_ep provider = {.struct_size = sizeof provider,
                                .version = SDX_EP_VERSION,
                                .name = "example",
                                .device = device,
                                .claim = claim,
                                .compile = compile,
                                .release = release,
                                .bind = bind,
                                .unbind = unbind,
                                .run = run,
                                .open_stream = open_stream,
                                .close_stream = close_stream,
                                .record = record,
                                .wait = wait,
                                .size_of = size_of,
                                .allocate = allocate,
                                .deallocate = deallocate,
                                .copy = copy,
                                .close = end};

int sdx_ep_open(const sdx_ep_host *given, const char *options, const sdx_ep **out,
                sdx_ep_why *why) {
    (void)options, (void)why;
    host = given;
    *out = &provider;
    return SDX_EP_OK;
}
