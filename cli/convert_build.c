/* convert.h: the new graph. Nodes are taken over from the last to the first: those that make what
 * is wanted, and then what they want. */
#include <ctype.h>
#include <string.h>

#include "cli/convert.h"
#include "cli/memory.h"
#include "cli/ports.h"

/* ---- what is needed ---- */

/* Adds all values that a node uses, in its subgraphs too; those made inside are added as well,
 * which does no harm. Importing has bounded how deep subgraphs lie in each other. */
static void add_uses(const sdx_node *node, struct value_set *out) {
    sdx_node_info info = {.struct_size = sizeof info};
    sdx_attr_info attr;
    sdx_node_describe(node, &info);
    for (size_t i = 0; i < info.n_inputs; i++) {
        value_set_add(out, info.inputs[i]);
    }
    for (size_t a = 0; sdx_node_attribute(node, a, &attr); a++) {
        for (size_t g = 0; attr.graphs != NULL && g < attr.n; g++) {
            sdx_graph_info inner = {.struct_size = sizeof inner};
            sdx_node_info at = {.struct_size = sizeof at};
            sdx_graph_describe(attr.graphs[g], &inner);
            for (const sdx_node *n = inner.first; n != NULL; n = at.next) {
                sdx_node_describe(n, &at);
                add_uses(n, out);
            }
            for (size_t i = 0; i < inner.n_outputs; i++) {
                value_set_add(out, inner.outputs[i]);
            }
        }
    }
}

struct need {
    const sdx_node **nodes; /* owned; all of the main graph, in order */
    bool *needed;           /* owned; one each */
    size_t n;
    struct value_set values; /* that are wanted */
};

static void need_free(struct need *need) {
    mem_free((void *)need->nodes);
    mem_free(need->needed);
    value_set_free(&need->values);
}

/* What stands between `inputs` and `outputs`. */
static void find_need(const sdx_graph *graph, const struct value_list *inputs,
                      const struct value_list *outputs, struct need *out) {
    sdx_graph_info info = {.struct_size = sizeof info};
    sdx_node_info node = {.struct_size = sizeof node};
    struct value_set given = {0};
    sdx_graph_describe(graph, &info);
    *out = (struct need){.nodes = mem_new(info.n_nodes, sizeof(const sdx_node *)),
                         .needed = mem_new(info.n_nodes, sizeof(bool))};
    for (const sdx_node *at = info.first; at != NULL && out->n < info.n_nodes; at = node.next) {
        sdx_node_describe(at, &node);
        out->nodes[out->n++] = at;
    }
    for (size_t i = 0; i < inputs->n; i++) {
        value_set_add(&given, inputs->items[i]);
    }
    for (size_t i = 0; i < outputs->n; i++) {
        value_set_add(&out->values, outputs->items[i]);
    }
    for (size_t i = out->n; i-- > 0;) {
        sdx_node_describe(out->nodes[i], &node);
        for (size_t k = 0; k < node.n_outputs; k++) {
            out->needed[i] = out->needed[i] || (node.outputs[k] != NULL &&
                                                value_set_has(&out->values, node.outputs[k]) &&
                                                !value_set_has(&given, node.outputs[k]));
        }
        if (out->needed[i]) {
            add_uses(out->nodes[i], &out->values);
        }
    }
    value_set_free(&given);
}

/* A node that makes a value where the cut begins must not be needed for another of its outputs. */
static bool check_cut(const struct conversion *c, const struct need *need, struct fault *fault) {
    for (size_t i = 0; i < c->inputs.n; i++) {
        sdx_gvalue_info value = {.struct_size = sizeof value};
        sdx_node_info node = {.struct_size = sizeof node};
        size_t at = 0;
        sdx_gvalue_describe(c->inputs.items[i], &value);
        while (at < need->n && need->nodes[at] != value.producer) {
            at++;
        }
        if (at < need->n && need->needed[at]) {
            sdx_node_describe(value.producer, &node);
            return fault_set(fault, EXIT_USAGE,
                             "option '--from': value '%.*s' is made by node '%.*s' (%.*s), which "
                             "is needed for another of its outputs; begin at all of them, or "
                             "before the node",
                             (int)value.name.len, value.name.ptr, (int)node.name.len, node.name.ptr,
                             (int)node.op_type.len, node.op_type.ptr);
        }
    }
    return true;
}

/* ---- types ---- */

/* A build_type and what it points to. */
struct made_type {
    sdx_build_type type;
    int64_t dims[SDX_MAX_RANK];
    char names[SDX_MAX_RANK][128];
    const char *symbols[SDX_MAX_RANK];
};

/* The number that a symbol is fixed to; -1: none. */
static int64_t fixed_symbol(const struct conversion *c, const char *name) {
    for (size_t i = 0; i < c->symbols.n; i++) {
        if (strcmp(c->symbols.items[i].name, name) == 0) {
            return c->symbols.items[i].value;
        }
    }
    return -1;
}

/* A name that a file may give a dimension, not "past+1" and not "?3". */
static bool is_name(const char *text) {
    bool good = text[0] != 0;
    for (const char *at = text; *at != 0; at++) {
        good = good && (isalnum((unsigned char)*at) || strchr("_.:/-", *at) != NULL) &&
               (at > text || !isdigit((unsigned char)*at));
    }
    return good && text[0] != '-';
}

/* The type of a value with fixed symbols as numbers; dims that follow from others are left to
 * inference. */
static void make_type(const struct conversion *c, const sdx_gvalue *value, struct made_type *out) {
    sdx_gvalue_info info = {.struct_size = sizeof info};
    sdx_gvalue_describe(value, &info);
    const bool tensor = info.type != NULL && info.type->kind == SDX_TENSOR;
    out->type = (sdx_build_type){.type = tensor ? NULL : info.type,
                                 .dtype = tensor ? info.type->dtype : SDX_UNDEFINED,
                                 .has_rank = tensor && info.has_rank,
                                 .rank = info.has_rank ? info.rank : 0,
                                 .dims = out->dims,
                                 .symbols = out->symbols};
    for (size_t k = 0; k < out->type.rank; k++) {
        const char *const name = sdx_gvalue_symbol(value, k, out->names[k], sizeof out->names[k]);
        const bool named = info.dims[k] < 0 && is_name(name);
        out->dims[k] = info.dims[k] < 0 && named ? fixed_symbol(c, name) : info.dims[k];
        out->symbols[k] = named && out->dims[k] < 0 ? name : NULL;
    }
}

/* Puts the shape that the user gives an input into its type. */
static bool wish_type(const struct conversion *c, sdx_str name, struct made_type *type,
                      struct fault *fault) {
    const sdx_model *const model = c->source.model;
    sdx_port_info port;
    int64_t dims[SDX_MAX_RANK];
    size_t rank = 0;
    if (!port_input(model, port_find_input(model, name), &port) || port.kind != SDX_TENSOR) {
        return true;
    }
    if (!shape_wished(&c->settings->input.shapes, &c->symbols, &port, dims, &rank, fault)) {
        return false;
    }
    type->type.has_rank = type->type.has_rank || rank > 0;
    type->type.rank = rank;
    for (size_t k = 0; k < rank; k++) {
        type->dims[k] = dims[k];
        type->symbols[k] = dims[k] < 0 ? type->symbols[k] : NULL;
    }
    return true;
}

/* ---- ends ---- */

static bool add_input(const struct conversion *c, sdx_build_graph *graph, const sdx_gvalue *value,
                      struct fault *fault) {
    sdx_gvalue_info info = {.struct_size = sizeof info};
    struct made_type type;
    sdx_gvalue_describe(value, &info);
    if (info.is_input && !c->fixed) {
        return fault_check(fault, sdx_build_copy_input(graph, value));
    }
    char *const name = mem_copy(info.name.ptr, info.name.len);
    make_type(c, value, &type);
    const bool good = (!info.is_input || wish_type(c, info.name, &type, fault)) &&
                      fault_check(fault, sdx_build_input(graph, name, &type.type));
    mem_free(name);
    return good;
}

static bool add_output(const struct conversion *c, sdx_build_graph *graph, const sdx_gvalue *value,
                       struct fault *fault) {
    sdx_gvalue_info info = {.struct_size = sizeof info};
    struct made_type type;
    sdx_gvalue_describe(value, &info);
    if (!c->fixed) {
        return fault_check(fault, sdx_build_copy_output(graph, value));
    }
    char *const name = mem_copy(info.name.ptr, info.name.len);
    make_type(c, value, &type);
    const bool good = fault_check(fault, sdx_build_output(graph, name, &type.type));
    mem_free(name);
    return good;
}

/* A cut that leaves inputs of the model in use keeps them. */
static void keep_inputs(struct conversion *c, const struct value_set *wanted) {
    sdx_graph_info info = {.struct_size = sizeof info};
    struct value_set given = {0};
    struct value_list used = {0};
    for (size_t i = 0; i < c->inputs.n; i++) {
        sdx_gvalue_info value = {.struct_size = sizeof value};
        sdx_gvalue_describe(c->inputs.items[i], &value);
        if (!value.is_input || c->settings->from.n > 0 ||
            value_set_has(wanted, c->inputs.items[i])) {
            value_list_add(&used, c->inputs.items[i]);
            value_set_add(&given, c->inputs.items[i]);
        }
    }
    sdx_graph_describe(c->graph, &info);
    for (size_t i = 0; i < info.n_inputs; i++) {
        if (value_set_has(wanted, info.inputs[i]) && !value_set_has(&given, info.inputs[i])) {
            value_list_add(&used, info.inputs[i]);
        }
    }
    mem_free((void *)c->inputs.items);
    c->inputs = used;
    value_set_free(&given);
}

/* ---- the models ---- */

/* Where the graph's opset is older than the Casts that widen weights, it rises. */
static bool raise_opset(const struct conversion *c, sdx_builder *builder, struct fault *fault) {
    const int64_t needed = c->weights == SDX_BFLOAT16 ? 13 : c->weights == SDX_FLOAT16 ? 6 : 0;
    sdx_str domain;
    int64_t version = 0;
    bool good = true;
    for (size_t i = 0; good && i < sdx_model_n_opsets(c->source.model); i++) {
        good = fault_check(fault, sdx_model_opset(c->source.model, i, &domain, &version));
        if (good && version < needed && (domain.len == 0 || str_is(domain, "ai.onnx"))) {
            good = fault_check(fault, sdx_builder_set_opset(builder, "", needed));
        }
    }
    return good;
}

static bool add_nodes(sdx_build_graph *graph, const struct need *need, bool all,
                      const struct value_set *dropped, struct fault *fault) {
    bool good = true;
    for (size_t i = 0; good && i < need->n; i++) {
        sdx_node_info node = {.struct_size = sizeof node};
        sdx_node_describe(need->nodes[i], &node);
        const bool constant_now = node.n_outputs == 1 && value_set_has(dropped, node.outputs[0]);
        if ((all || need->needed[i]) && !constant_now) {
            good = fault_check(fault, sdx_build_copy_node(graph, need->nodes[i]));
        }
    }
    return good;
}

static bool finish(const struct conversion *c, sdx_builder *builder, bool to_run, sdx_model **out,
                   struct fault *fault) {
    sdx_model_options options;
    sdx_model_options_init(&options);
    options.optimize = false;
    options.graph_only = !to_run;
    options.allow_missing = !to_run;
    options.memory_limit = (size_t)c->settings->session.memory_limit;
    options.folder = c->settings->session.folder;
    return fault_check(fault, sdx_builder_load(builder, c->source.runtime, &options, out));
}

bool convert_build(struct conversion *c, sdx_model **out, struct fault *fault) {
    struct need need = {0};
    struct value_set dropped = {0};
    sdx_builder *builder = NULL;
    find_need(c->graph, &c->inputs, &c->outputs, &need);
    if (c->cut) {
        keep_inputs(c, &need.values);
    }
    bool good = check_cut(c, &need, fault) &&
                fault_check(fault, sdx_builder_create(NULL, &builder)) &&
                fault_check(fault, sdx_builder_copy_labels(builder, c->source.model)) &&
                raise_opset(c, builder, fault);
    sdx_build_graph *const graph = good ? sdx_builder_main(builder) : NULL;
    for (size_t i = 0; good && i < c->inputs.n; i++) {
        good = add_input(c, graph, c->inputs.items[i], fault);
    }
    good = good && convert_constants(c, graph, c->cut ? &need.values : NULL, &dropped, fault) &&
           add_nodes(graph, &need, !c->cut, &dropped, fault);
    for (size_t i = 0; good && i < c->outputs.n; i++) {
        good = add_output(c, graph, c->outputs.items[i], fault);
    }
    good = good && finish(c, builder, false, out, fault);
    sdx_builder_destroy(builder);
    value_set_free(&dropped);
    need_free(&need);
    return good;
}

bool convert_reference(const struct conversion *c, const struct value_list *outputs,
                       sdx_model **out, struct fault *fault) {
    const struct value_set none = {0};
    const struct value_list no_inputs = {0};
    struct need need = {0};
    sdx_graph_info info = {.struct_size = sizeof info};
    sdx_builder *builder = NULL;
    sdx_graph_describe(c->graph, &info);
    find_need(c->graph, &no_inputs, outputs, &need);
    bool good = fault_check(fault, sdx_builder_create(NULL, &builder)) &&
                fault_check(fault, sdx_builder_copy_labels(builder, c->source.model));
    sdx_build_graph *const graph = good ? sdx_builder_main(builder) : NULL;
    for (size_t i = 0; good && i < info.n_inputs; i++) {
        good = fault_check(fault, sdx_build_copy_input(graph, info.inputs[i]));
    }
    for (size_t i = 0; good && i < info.n_constants; i++) {
        good = fault_check(fault, sdx_build_copy_constant(graph, info.constants[i]));
    }
    good = good && add_nodes(graph, &need, false, &none, fault);
    for (size_t i = 0; good && i < outputs->n; i++) {
        good = fault_check(fault, sdx_build_copy_output(graph, outputs->items[i]));
    }
    good = good && finish(c, builder, true, out, fault);
    sdx_builder_destroy(builder);
    need_free(&need);
    return good;
}
