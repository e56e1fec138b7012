/* dump --format text: for people. One line a node, in columns; a node is a number, so that its
 * inputs stay short whatever an exporter called them:
 *
 *     #  operator  inputs                  result            attributes             name
 *     0  Conv      x, float32[64,3,7,7]    float32[n,64,..]  kernel_shape=[7,7]     conv1
 *     1  Relu      %0                      float32[n,64,..]                         relu */
#include "cli/dump.h"
#include "cli/table.h"

enum { SHOWN = 4 };

static void name_text(struct text *text, sdx_str name) { text_safe(text, name); }

/* "%3", "%3.1", the name of an input, the elements of a constant. */
static void use_text(const struct dump *dump, struct text *text, const sdx_gvalue *value) {
    sdx_tensor_view view;
    if (value == NULL) {
        text_add(text, "_");
        return;
    }
    const sdx_gvalue_info info = gvalue_of(value);
    if (info.producer != NULL) {
        text_add(text, "%%%zu", numbers_of(&dump->numbers, info.producer));
        if (info.output > 0) {
            text_add(text, ".%zu", info.output);
        }
    } else if (info.is_input || !sdx_gvalue_elements(value, &view)) {
        name_text(text, info.name);
    } else {
        elements_text(text, &view, SHOWN);
    }
}

static void use_list(const struct dump *dump, struct text *text, const sdx_gvalue *const *values,
                     size_t n) {
    for (size_t i = 0; i < n; i++) {
        text_add(text, "%s", i > 0 ? ", " : "");
        use_text(dump, text, values[i]);
    }
}

static void add_node(const struct dump *dump, struct table *table, const sdx_node *node) {
    const sdx_node_info info = node_of(node);
    sdx_attr_info attr;
    table_add(table, "%zu", numbers_of(&dump->numbers, node));
    operator_text(table_cell(table), &info);
    use_list(dump, table_cell(table), info.inputs, info.n_inputs);
    struct text *const results = table_cell(table);
    for (size_t i = 0; i < info.n_outputs; i++) {
        text_add(results, "%s", i > 0 ? ", " : "");
        if (info.outputs[i] == NULL) {
            text_add(results, "_");
        } else {
            gvalue_text(results, info.outputs[i]);
        }
    }
    struct text *const attributes = table_cell(table);
    for (size_t i = 0; sdx_node_attribute(node, i, &attr); i++) {
        text_add(attributes, "%s", i > 0 ? " " : "");
        attribute_text(attributes, &attr, SHOWN);
    }
    name_text(table_cell(table), info.name);
}

static void put_ports(struct text *out, const char *title, const sdx_gvalue *const *values,
                      size_t n) {
    for (size_t i = 0; i < n; i++) {
        const sdx_gvalue_info info = gvalue_of(values[i]);
        text_add(out, "  %-6s  ", i == 0 ? title : "");
        name_text(out, info.name);
        text_add(out, ": ");
        gvalue_text(out, values[i]);
        text_add(out, "%s\n", info.is_input && info.is_constant ? " (has a default)" : "");
    }
}

/* Where outputs come from, which their names alone do not say. */
static void put_outputs(const struct dump *dump, struct text *out, const sdx_graph_info *graph) {
    put_ports(out, "output", graph->outputs, graph->n_outputs);
    text_add(out, "  return  ");
    use_list(dump, out, graph->outputs, graph->n_outputs);
    text_add(out, "\n");
}

static void put_graph(const struct dump *dump, struct text *out, const sdx_graph *graph);

static void put_subgraphs(const struct dump *dump, struct text *out, const sdx_graph_info *graph) {
    sdx_attr_info attr;
    for (const sdx_node *node = graph->first; node != NULL; node = node_of(node).next) {
        const sdx_node_info info = node_of(node);
        for (size_t i = 0; sdx_node_attribute(node, i, &attr); i++) {
            for (size_t k = 0; attr.graphs != NULL && k < attr.n; k++) {
                text_add(out, "\n%s of %%%zu ", attr.n > 1 ? "one of several graphs" : "graph",
                         numbers_of(&dump->numbers, node));
                name_text(out, info.op_type);
                text_add(out, ", ");
                name_text(out, attr.name);
                text_add(out, ": ");
                put_graph(dump, out, attr.graphs[k]);
            }
        }
    }
}

static void put_graph(const struct dump *dump, struct text *out, const sdx_graph *graph) {
    static const struct table_column columns[] = {
        {"#", TABLE_RIGHT},     {"operator", TABLE_LEFT},   {"inputs", TABLE_LEFT},
        {"result", TABLE_LEFT}, {"attributes", TABLE_LEFT}, {"name", TABLE_LEFT}};
    const sdx_graph_info info = graph_of(graph);
    struct terminal terminal = terminal_look(!dump->to_terminal);
    terminal.columns = 0; /* lines stay whole: a pager scrolls to the side */
    name_text(out, info.name);
    text_add(out, ", %zu node%s, %zu constant%s\n", info.n_nodes, info.n_nodes == 1 ? "" : "s",
             info.n_constants, info.n_constants == 1 ? "" : "s");
    put_ports(out, "input", info.inputs, info.n_inputs);
    put_outputs(dump, out, &info);
    if (info.n_nodes > 0) {
        struct table table;
        table_init(&table, columns, sizeof columns / sizeof *columns);
        for (const sdx_node *node = info.first; node != NULL; node = node_of(node).next) {
            add_node(dump, &table, node);
        }
        text_add(out, "\n");
        table_lay(&table, &terminal, out);
    }
    put_subgraphs(dump, out, &info);
}

void dump_text(const struct dump *dump, struct text *out) {
    sdx_str domain;
    int64_t version;
    text_add(out, "model %s\n  opset ", dump->path);
    for (size_t i = 0; i < sdx_model_n_opsets(dump->model); i++) {
        sdx_status_free(sdx_model_opset(dump->model, i, &domain, &version));
        text_add(out, "%s", i > 0 ? ", " : "");
        name_text(out, domain);
        text_add(out, "%s%lld", domain.len > 0 ? " " : "", (long long)version);
    }
    text_add(out, "\n\ngraph ");
    put_graph(dump, out, dump->graph);
}
