/* Groups of the null provider: each node is computed by the host. */
#include <stdlib.h>
#include <string.h>

#include "plugins/null/null.h"

struct node {
    uint32_t number;
    uint32_t *inputs, *outputs; /* values; n_inputs + n_outputs in one block */
    uint32_t n_inputs, n_outputs;
};

/* What compile keeps: the graph is gone afterwards. */
struct compiled {
    struct provider *provider;
    struct node *nodes;
    uint32_t n_nodes;
    sdx_ep_tensor *constants; /* by value; their elements are owned, dtype 0: none */
    uint32_t n_values;
    uint32_t *inputs, *outputs;
    uint32_t n_inputs, n_outputs;
};

struct bound {
    struct compiled *compiled;
    sdx_ep_session *session;
};

static void *copy_of(const void *bytes, size_t size) {
    void *const copy = malloc(size + 1);
    if (copy != NULL && size != 0) memcpy(copy, bytes, size);
    return copy;
}

void group_release(void *self, void *compiled) {
    struct compiled *const c = compiled;
    (void)self;
    if (c == NULL) return;
    for (uint32_t i = 0; c->nodes != NULL && i < c->n_nodes; i++) {
        free(c->nodes[i].inputs);
    }
    for (uint32_t v = 0; c->constants != NULL && v < c->n_values; v++) {
        free(c->constants[v].block);
    }
    free(c->nodes);
    free(c->constants);
    free(c->inputs);
    free(c->outputs);
    free(c);
}

static bool keep_constant(struct compiled *c, const sdx_ep_host *host, const sdx_ep_graph *graph,
                          uint32_t number) {
    sdx_ep_value value;
    if (number == SDX_EP_NONE || c->constants[number].block != NULL) return true;
    if (!host->value(graph, number, &value) || !value.is_constant) return true;
    c->constants[number] = value.tensor;
    c->constants[number].offset = 0;
    c->constants[number].block =
        copy_of((const char *)value.tensor.block + value.tensor.offset, value.tensor.size);
    return c->constants[number].block != NULL;
}

static bool keep_node(struct compiled *c, const sdx_ep_host *host, const sdx_ep_graph *graph,
                      uint32_t number, struct node *out) {
    sdx_ep_node node;
    if (!host->node(graph, number, &node)) return false;
    const size_t n_in = node.n_inputs, n_out = node.n_outputs;
    uint32_t *const values = malloc((n_in + n_out + 1) * sizeof *values);
    *out = (struct node){number, values, values + n_in, node.n_inputs, node.n_outputs};
    if (values == NULL) return false;
    if (n_in != 0) memcpy(out->inputs, node.inputs, n_in * sizeof *values);
    if (n_out != 0) memcpy(out->outputs, node.outputs, n_out * sizeof *values);
    for (uint32_t i = 0; i < node.n_inputs; i++) {
        if (!keep_constant(c, host, graph, node.inputs[i])) return false;
    }
    return true;
}

static bool keep_group(struct compiled *c, const sdx_ep_group *group) {
    const sdx_ep_host *const host = c->provider->host;
    c->n_values = host->n_values(group->graph);
    c->n_nodes = group->n_nodes;
    c->n_inputs = group->n_inputs;
    c->n_outputs = group->n_outputs;
    c->nodes = calloc(group->n_nodes + (size_t)1, sizeof *c->nodes);
    c->constants = calloc(c->n_values + (size_t)1, sizeof *c->constants);
    c->inputs = copy_of(group->inputs, group->n_inputs * sizeof *c->inputs);
    c->outputs = copy_of(group->outputs, group->n_outputs * sizeof *c->outputs);
    if (c->nodes == NULL || c->constants == NULL || c->inputs == NULL || c->outputs == NULL)
        return false;
    for (uint32_t i = 0; i < group->n_nodes; i++) {
        if (!keep_node(c, host, group->graph, group->nodes[i], &c->nodes[i])) return false;
    }
    return true;
}

int group_compile(void *self, uint32_t device, const sdx_ep_group *group, void **compiled,
                  sdx_ep_why *why) {
    struct provider *const p = self;
    (void)device;
    if (strcmp(p->options.decline, "compile") == 0) {
        fail(why, "as the options say");
        return SDX_EP_DECLINED;
    }
    if (fails(p, "compile")) return fail(why, "as the options say");
    struct compiled *const c = calloc(1, sizeof *c);
    if (c == NULL) return SDX_EP_OUT_OF_MEMORY;
    c->provider = p;
    if (!keep_group(c, group)) {
        group_release(self, c);
        return SDX_EP_OUT_OF_MEMORY;
    }
    *compiled = c;
    return SDX_EP_OK;
}

int group_bind(void *self, void *compiled, sdx_ep_session *session, sdx_ep_binding *binding,
               void **bound, sdx_ep_why *why) {
    const struct provider *const p = self;
    if (strcmp(p->options.decline, "bind") == 0) {
        fail(why, "as the options say");
        return SDX_EP_DECLINED;
    }
    if (fails(p, "bind")) return fail(why, "as the options say");
    if (*bound == NULL) {
        struct bound *const b = malloc(sizeof *b);
        if (b == NULL) return SDX_EP_OUT_OF_MEMORY;
        *b = (struct bound){compiled, session};
        *bound = b;
    }
    binding->workspace = 64;
    return SDX_EP_OK;
}

void group_unbind(void *self, void *bound) {
    (void)self;
    free(bound);
}

/* ---- a run */

struct job {
    const struct bound *bound;
    sdx_ep_tensor *tensors; /* inputs, then outputs */
    bool *given;            /* by output: its place is known */
    sdx_ep_tensor *values;  /* by value: elements on the host */
    bool *own;              /* by value: to be freed; else to be discarded, or nobody's */
};

static const sdx_ep_host *host_of(const struct job *j) {
    return j->bound->compiled->provider->host;
}

static void end_job(struct job *j) {
    const struct compiled *const c = j->bound->compiled;
    for (uint32_t v = 0; j->values != NULL && j->own != NULL && v < c->n_values; v++) {
        if (j->own[v])
            free(j->values[v].block);
        else if (j->values[v].holder != NULL)
            host_of(j)->discard(j->bound->session, &j->values[v], 1);
    }
    free(j->tensors);
    free(j->given);
    free(j->values);
    free(j->own);
    free(j);
}

static struct job *new_job(const struct bound *bound, const sdx_ep_run *run) {
    const struct compiled *const c = bound->compiled;
    struct job *const j = calloc(1, sizeof *j);
    if (j == NULL) return NULL;
    j->bound = bound;
    j->tensors = calloc((size_t)run->n_inputs + run->n_outputs + 1, sizeof *j->tensors);
    j->given = calloc(run->n_outputs + (size_t)1, sizeof *j->given);
    j->values = calloc(c->n_values + (size_t)1, sizeof *j->values);
    j->own = calloc(c->n_values + (size_t)1, sizeof *j->own);
    if (j->tensors == NULL || j->given == NULL || j->values == NULL || j->own == NULL) {
        end_job(j);
        return NULL;
    }
    for (uint32_t i = 0; i < run->n_inputs; i++) {
        j->tensors[i] = run->inputs[i];
    }
    for (uint32_t k = 0; k < run->n_outputs; k++) {
        j->tensors[run->n_inputs + k] = run->outputs[k];
        j->given[k] = memory_dense_size(&run->outputs[k]) != SIZE_MAX;
    }
    return j;
}

static int fetch(struct job *j, uint32_t i, sdx_ep_why *why) {
    const struct compiled *const c = j->bound->compiled;
    const uint32_t number = c->inputs[i];
    sdx_ep_tensor tensor = j->tensors[i];
    if (!tensor.on_host) {
        const size_t size = memory_dense_size(&tensor);
        void *const elements = size != SIZE_MAX ? malloc(size + 1) : NULL;
        if (elements == NULL) return SDX_EP_OUT_OF_MEMORY;
        const int code = memory_decode(c->provider, elements, &tensor, why);
        tensor.block = elements;
        tensor.offset = 0;
        tensor.size = size;
        tensor.on_host = true;
        j->own[number] = true;
        j->values[number] = tensor;
        return code;
    }
    if (!memory_is_hosts(c->provider, tensor.block, tensor.size))
        return fail(why, "input %u is said to be on the host, but is not", (unsigned)i);
    j->values[number] = tensor;
    return SDX_EP_OK;
}

static int compute(struct job *j, const struct node *node, sdx_ep_why *why) {
    const struct compiled *const c = j->bound->compiled;
    sdx_ep_tensor *const ports =
        calloc((size_t)node->n_inputs + node->n_outputs + 1, sizeof *ports);
    if (ports == NULL) return SDX_EP_OUT_OF_MEMORY;
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const uint32_t number = node->inputs[i];
        if (number == SDX_EP_NONE) continue;
        ports[i] = c->constants[number].block != NULL ? c->constants[number] : j->values[number];
    }
    sdx_ep_tensor *const outputs = ports + node->n_inputs;
    const int code = host_of(j)->evaluate(j->bound->session, node->number, ports, node->n_inputs,
                                          outputs, node->n_outputs, why);
    for (uint32_t k = 0; code == SDX_EP_OK && k < node->n_outputs; k++) {
        if (node->outputs[k] != SDX_EP_NONE)
            j->values[node->outputs[k]] = outputs[k];
        else
            host_of(j)->discard(j->bound->session, &outputs[k], 1);
    }
    free(ports);
    return code;
}

static int store(struct job *j, uint32_t k, sdx_ep_why *why) {
    const struct compiled *const c = j->bound->compiled;
    const sdx_ep_tensor *const value = &j->values[c->outputs[k]];
    sdx_ep_tensor *const to = &j->tensors[c->n_inputs + k];
    if (!j->given[k]) {
        const int code =
            host_of(j)->output(j->bound->session, k, value->rank, value->dims, to, why);
        if (code != SDX_EP_OK) return code;
    }
    if (memory_dense_size(to) != memory_dense_size(value))
        return fail(why, "output %u has another shape than bind was told", (unsigned)k);
    return memory_encode(c->provider, to, (const char *)value->block + value->offset, why);
}

static int do_job(void *arg, sdx_ep_why *why) {
    struct job *const j = arg;
    const struct compiled *const c = j->bound->compiled;
    int code = SDX_EP_OK;
    if (why == NULL) {
        end_job(j);
        return SDX_EP_OK;
    }
    if (fails(c->provider, "stream")) return fail(why, "as the options say");
    for (uint32_t i = 0; code == SDX_EP_OK && i < c->n_inputs; i++) {
        code = fetch(j, i, why);
    }
    for (uint32_t i = 0; code == SDX_EP_OK && i < c->n_nodes; i++) {
        if (host_of(j)->cancelled(j->bound->session)) return SDX_EP_CANCELLED;
        code = compute(j, &c->nodes[i], why);
    }
    for (uint32_t k = 0; code == SDX_EP_OK && k < c->n_outputs; k++) {
        code = store(j, k, why);
    }
    return code;
}

/* Outputs that the host has to make are made before run returns. */
static int run_now(struct provider *p, void *stream, struct job *j, sdx_ep_why *why) {
    uint64_t mark;
    bool done;
    int code = stream_record(p, stream, &mark, why);
    if (code == SDX_EP_OK) code = stream_wait(p, stream, mark, UINT64_MAX, &done, why);
    if (code == SDX_EP_OK) code = do_job(j, why);
    end_job(j);
    return code;
}

int group_run(void *self, void *bound, void *stream, const sdx_ep_run *run, sdx_ep_why *why) {
    struct provider *const p = self;
    if (strcmp(p->options.decline, "run") == 0) {
        fail(why, "as the options say");
        return SDX_EP_DECLINED;
    }
    if (fails(p, "run")) return fail(why, "as the options say");
    struct job *const j = new_job(bound, run);
    if (j == NULL) return SDX_EP_OUT_OF_MEMORY;
    for (uint32_t k = 0; k < run->n_outputs; k++) {
        if (!j->given[k]) return run_now(p, stream, j, why);
    }
    return stream_put(stream, do_job, j, why);
}
