/* dump --format dot: for graphviz. Nodes are boxes with their attributes and constants, edges are
 * labelled with the shape that flows; a subgraph is a box around its nodes. */
#include "cli/dump.h"

#include <string.h>

enum { SHOWN = 6, LABEL = 60 };

/* Bytes of a double-quoted string of DOT. */
static void quoted(struct text *out, const struct text *label) {
    for (size_t i = 0; i < label->len; i++) {
        const char c = label->ptr[i];
        if (c == '"' || c == '\\') {
            text_bytes(out, "\\", 1);
        }
        text_bytes(out, &c, 1);
    }
}

/* One line of a label, cut where it is long; `end` is the escape that ends it. */
static void put_line(struct text *out, struct text *line, const char *end) {
    if (line->len > LABEL) {
        size_t len = LABEL;
        while (len > 0 && ((unsigned char)line->ptr[len] & 0xc0) == 0x80) {
            len--; /* not within a character */
        }
        line->len = len;
        text_add(line, "...");
    }
    quoted(out, line);
    text_add(out, "%s", end);
    text_free(line);
}

/* What an operator does, by colour. */
static const char *colour_of(const sdx_node_info *node) {
    static const struct {
        const char *word, *colour;
    } colours[] = {{"Conv", "#cfe2f3"},      {"Gemm", "#cfe2f3"},    {"MatMul", "#cfe2f3"},
                   {"Attention", "#d9d2e9"}, {"Norm", "#d9ead3"},    {"Pool", "#fff2cc"},
                   {"Softmax", "#fff2cc"},   {"If", "#f4cccc"},      {"Loop", "#f4cccc"},
                   {"Scan", "#f4cccc"},      {"Quantize", "#fce5cd"}};
    char name[64] = {0};
    const size_t len = node->op_type.len < sizeof name - 1 ? node->op_type.len : sizeof name - 1;
    memcpy(name, len > 0 ? node->op_type.ptr : "", len);
    for (size_t i = 0; i < sizeof colours / sizeof *colours; i++) {
        if (strstr(name, colours[i].word) != NULL) {
            return colours[i].colour;
        }
    }
    return "#eeeeee";
}

static void put_constants(struct text *out, const sdx_node_info *node) {
    for (size_t i = 0; i < node->n_inputs; i++) {
        sdx_tensor_view view;
        struct text line = {0};
        if (node->inputs[i] == NULL || gvalue_of(node->inputs[i]).is_input ||
            !sdx_gvalue_elements(node->inputs[i], &view)) {
            continue;
        }
        text_add(&line, "#%zu: ", i);
        elements_text(&line, &view, SHOWN);
        put_line(out, &line, "\\l");
    }
}

static void put_node(const struct dump *dump, struct text *out, const sdx_node *node) {
    const sdx_node_info info = node_of(node);
    struct text line = {0};
    sdx_attr_info attr;
    text_add(out, "n%zu [label=\"", numbers_of(&dump->numbers, node));
    operator_text(&line, &info);
    put_line(out, &line, "\\n");
    for (size_t i = 0; sdx_node_attribute(node, i, &attr); i++) {
        if (attr.graphs == NULL) {
            attribute_text(&line, &attr, SHOWN);
            put_line(out, &line, "\\l");
        }
    }
    put_constants(out, &info);
    text_add(out, "\", fillcolor=\"%s\", tooltip=\"", colour_of(&info));
    text_safe(&line, info.name);
    quoted(out, &line);
    text_free(&line);
    text_add(out, "\"];\n");
}

/* A port of a graph is called by the address of its value in the order of the walk: its graph's
 * first node and its index would not tell empty graphs apart, the name is unique with its graph. */
static void port_id(const struct dump *dump, struct text *out, const sdx_gvalue *value) {
    struct text id = {0};
    const sdx_gvalue_info info = gvalue_of(value);
    const sdx_graph_info graph = graph_of(info.graph);
    text_add(&id, "v%zu ", graph.owner != NULL ? numbers_of(&dump->numbers, graph.owner) + 1 : 0);
    text_safe(&id, graph.name);
    text_add(&id, " ");
    text_safe(&id, info.name);
    text_add(out, "\"");
    quoted(out, &id);
    text_add(out, "\"");
    text_free(&id);
}

static void put_input(const struct dump *dump, struct text *out, const sdx_gvalue *value) {
    struct text line = {0};
    port_id(dump, out, value);
    text_add(out, " [shape=ellipse, fillcolor=\"#ffffff\", label=\"");
    text_safe(&line, gvalue_of(value).name);
    put_line(out, &line, "\\n");
    gvalue_text(&line, value);
    put_line(out, &line, "");
    text_add(out, "\"];\n");
}

/* The tail of an edge; false for what is a constant or absent. */
static bool put_source(const struct dump *dump, struct text *out, const sdx_gvalue *value) {
    if (value == NULL) {
        return false;
    }
    const sdx_gvalue_info info = gvalue_of(value);
    if (info.producer != NULL) {
        text_add(out, "n%zu", numbers_of(&dump->numbers, info.producer));
    } else if (info.is_input) {
        port_id(dump, out, value);
    }
    return info.producer != NULL || info.is_input;
}

static void put_label(struct text *out, const sdx_gvalue *value) {
    struct text line = {0};
    text_add(out, " [label=\"");
    gvalue_text(&line, value);
    put_line(out, &line, "");
    text_add(out, "\"];\n");
}

static void put_edges(const struct dump *dump, struct text *out, const sdx_node *node) {
    const sdx_node_info info = node_of(node);
    for (size_t i = 0; i < info.n_inputs; i++) {
        if (put_source(dump, out, info.inputs[i])) {
            text_add(out, " -> n%zu", numbers_of(&dump->numbers, node));
            put_label(out, info.inputs[i]);
        }
    }
}

/* Outputs have ids of their own: the same value may be one twice, or an input as well. */
static void put_output(const struct dump *dump, struct text *out, const sdx_gvalue *value,
                       const char *cluster, size_t index) {
    struct text line = {0};
    text_add(out, "%so%zu [shape=ellipse, style=\"filled,bold\", fillcolor=\"#ffffff\", label=\"",
             cluster, index);
    text_safe(&line, gvalue_of(value).name);
    put_line(out, &line, "");
    text_add(out, "\"];\n");
    struct text edge = {0};
    if (put_source(dump, &edge, value)) {
        text_add(out, "%s -> %so%zu", text_get(&edge), cluster, index);
        put_label(out, value);
    }
    text_free(&edge);
}

static void put_graph(const struct dump *dump, struct text *out, const sdx_graph *graph,
                      const char *cluster);

static void put_subgraphs(const struct dump *dump, struct text *out, const sdx_node *node) {
    sdx_attr_info attr;
    for (size_t i = 0; sdx_node_attribute(node, i, &attr); i++) {
        for (size_t k = 0; attr.graphs != NULL && k < attr.n; k++) {
            struct text id = {0}, line = {0};
            const size_t number = numbers_of(&dump->numbers, node);
            text_add(&id, "g%zu_%zu_%zu_", number, i, k);
            text_add(out, "subgraph \"cluster_%s\" {\nstyle=dashed;\nlabel=\"", text_get(&id));
            text_safe(&line, attr.name);
            text_add(&line, " of ");
            text_safe(&line, node_of(node).name);
            put_line(out, &line, "");
            text_add(out, "\";\n");
            put_graph(dump, out, attr.graphs[k], text_get(&id));
            text_add(out, "}\nn%zu -> %so0 [style=dashed, arrowhead=none, constraint=false];\n",
                     number, text_get(&id));
            text_free(&id);
        }
    }
}

static void put_graph(const struct dump *dump, struct text *out, const sdx_graph *graph,
                      const char *cluster) {
    const sdx_graph_info info = graph_of(graph);
    for (size_t i = 0; i < info.n_inputs; i++) {
        put_input(dump, out, info.inputs[i]);
    }
    for (const sdx_node *node = info.first; node != NULL; node = node_of(node).next) {
        put_node(dump, out, node);
        put_subgraphs(dump, out, node);
        put_edges(dump, out, node);
    }
    for (size_t i = 0; i < info.n_outputs; i++) {
        put_output(dump, out, info.outputs[i], cluster, i);
    }
}

void dump_dot(const struct dump *dump, struct text *out) {
    struct text line = {0};
    text_add(out, "digraph \"");
    text_safe(&line, graph_of(dump->graph).name);
    quoted(out, &line);
    text_free(&line);
    text_add(out, "\" {\n"
                  "graph [rankdir=TB, fontname=\"Helvetica\", ranksep=0.35, nodesep=0.3];\n"
                  "node [shape=box, style=\"filled,rounded\", fontname=\"Helvetica\", "
                  "fontsize=11, color=\"#888888\", margin=\"0.12,0.05\"];\n"
                  "edge [fontname=\"Helvetica\", fontsize=9, color=\"#666666\", "
                  "fontcolor=\"#444444\", arrowsize=0.6];\n");
    put_graph(dump, out, dump->graph, "");
    text_add(out, "}\n");
}
