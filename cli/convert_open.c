/* convert.h: reading the model and what the new one is to be: where it begins and ends, which
 * numbers stand for symbols, which type the weights get. */
#include <string.h>

#include "cli/convert.h"
#include "cli/memory.h"
#include "cli/ports.h"

void value_list_add(struct value_list *list, const sdx_gvalue *value) {
    list->items = mem_grow((void *)list->items, list->n + 1, sizeof(const sdx_gvalue *));
    list->items[list->n++] = value;
}

static bool is_called(const sdx_gvalue *value, const char *name) {
    sdx_gvalue_info info = {.struct_size = sizeof info};
    if (value != NULL) {
        sdx_gvalue_describe(value, &info);
    }
    return value != NULL && str_is(info.name, name);
}

static const sdx_gvalue *find_among(const sdx_gvalue *const *values, size_t n, const char *name) {
    for (size_t i = 0; i < n; i++) {
        if (is_called(values[i], name)) {
            return values[i];
        }
    }
    return NULL;
}

static const sdx_gvalue *find_value(const sdx_graph *graph, const char *name) {
    sdx_graph_info info = {.struct_size = sizeof info};
    sdx_node_info node = {.struct_size = sizeof node};
    sdx_graph_describe(graph, &info);
    const sdx_gvalue *found = find_among(info.inputs, info.n_inputs, name);
    if (found == NULL) {
        found = find_among(info.constants, info.n_constants, name);
    }
    for (const sdx_node *at = info.first; found == NULL && at != NULL; at = node.next) {
        sdx_node_describe(at, &node);
        found = find_among(node.outputs, node.n_outputs, name);
    }
    return found;
}

static bool find_all(const sdx_graph *graph, const char *option, const struct text_list *names,
                     struct value_list *out, struct fault *fault) {
    for (size_t i = 0; i < names->n; i++) {
        const sdx_gvalue *const value = find_value(graph, names->items[i]);
        if (value == NULL) {
            return fault_code(fault, SDX_NOT_FOUND,
                              "option '--%s': the graph has no value '%s'; 'sardonyx dump "
                              "--original' lists them",
                              option, names->items[i]);
        }
        value_list_add(out, value);
    }
    return true;
}

/* Without names: the ports of the model itself. */
static bool find_ends(struct conversion *c, struct fault *fault) {
    const struct convert_settings *const settings = c->settings;
    sdx_graph_info info = {.struct_size = sizeof info};
    sdx_graph_describe(c->graph, &info);
    c->cut = settings->from.n > 0 || settings->to.n > 0;
    if (!find_all(c->graph, "from", &settings->from, &c->inputs, fault) ||
        !find_all(c->graph, "to", &settings->to, &c->outputs, fault)) {
        return false;
    }
    for (size_t i = 0; settings->from.n == 0 && i < info.n_inputs; i++) {
        value_list_add(&c->inputs, info.inputs[i]);
    }
    for (size_t i = 0; settings->to.n == 0 && i < info.n_outputs; i++) {
        value_list_add(&c->outputs, info.outputs[i]);
    }
    return true;
}

static void add_symbol(struct symbols *symbols, sdx_str name, int64_t value) {
    symbols->items = mem_grow(symbols->items, symbols->n + 1, sizeof *symbols->items);
    symbols->items[symbols->n++] = (struct symbol){mem_copy(name.ptr, name.len), value};
}

/* What a --shape says of the symbols of its input; one symbol is one number. */
static bool learn_symbols(struct conversion *c, const sdx_port_info *port, const int64_t *dims,
                          size_t rank, struct fault *fault) {
    for (size_t k = 0; k < rank && port->has_rank; k++) {
        const sdx_str name = port->symbols[k];
        size_t at = 0;
        while (at < c->symbols.n && !str_is(name, c->symbols.items[at].name)) {
            at++;
        }
        if (port->dims[k] >= 0 || dims[k] < 0 || name.len == 0) {
            continue;
        }
        if (at == c->symbols.n) {
            add_symbol(&c->symbols, name, dims[k]);
        } else if (c->symbols.items[at].value != dims[k]) {
            return fault_set(fault, EXIT_USAGE,
                             "option '--shape': dimension '%s' is %lld in one place and %lld in "
                             "input '%.*s', expected one number",
                             c->symbols.items[at].name, (long long)c->symbols.items[at].value,
                             (long long)dims[k], (int)port->name.len, port->name.ptr);
        }
    }
    return true;
}

static bool fix_shapes(struct conversion *c, struct fault *fault) {
    const struct shape_wishes *const wishes = &c->settings->input.shapes;
    const sdx_model *const model = c->source.model;
    sdx_port_info port;
    int64_t dims[SDX_MAX_RANK];
    size_t rank = 0;
    c->fixed = wishes->shapes.n > 0 || wishes->sets.n > 0;
    bool good = !c->fixed || (shapes_check(wishes, model, fault) &&
                              symbols_init(wishes, model, NULL, &c->symbols, fault));
    for (size_t i = 0; good && c->fixed && port_input(model, i, &port); i++) {
        if (port.kind == SDX_TENSOR && port.has_rank) {
            good = shape_wished(wishes, &c->symbols, &port, dims, &rank, fault) &&
                   learn_symbols(c, &port, dims, rank, fault);
        }
    }
    return good;
}

static bool choose_weights(struct conversion *c, struct fault *fault) {
    static const struct {
        const char *name;
        sdx_dtype dtype;
    } names[] = {{"fp16", SDX_FLOAT16}, {"bf16", SDX_BFLOAT16}, {"fp32", SDX_FLOAT32}};
    const char *const wish = c->settings->weights;
    for (size_t i = 0; wish != NULL && i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i].name, wish) == 0) {
            c->weights = names[i].dtype;
        }
    }
    return wish == NULL || c->weights != SDX_UNDEFINED ||
           fault_set(fault, EXIT_USAGE,
                     "option '--weights' has value '%s', expected fp16, bf16 or fp32", wish);
}

bool conversion_open(const struct convert_settings *settings, const char *path,
                     struct conversion *out, struct fault *fault) {
    struct session_settings describing = settings->session;
    *out = (struct conversion){.settings = settings};
    describing.no_optimize = true;
    describing.graph_only = true;
    describing.allow_missing = true;
    describing.providers = (struct text_list){0};
    describing.require_provider = false;
    return choose_weights(out, fault) && session_open(&describing, path, &out->source, fault) &&
           fault_check(fault, sdx_model_graph(out->source.model, &out->graph)) &&
           find_ends(out, fault) && fix_shapes(out, fault);
}

void conversion_close(struct conversion *c) {
    mem_free((void *)c->inputs.items);
    mem_free((void *)c->outputs.items);
    symbols_free(&c->symbols);
    text_free(&c->stay);
    session_close(&c->source);
}
