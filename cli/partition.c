/* See partition.h. */
#include "cli/partition.h"

#include <stdio.h>

#include "cli/json.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/text.h"

static bool group_at(const sdx_model *model, size_t index, sdx_group_info *out) {
    *out = (sdx_group_info){.struct_size = sizeof *out};
    if (index >= sdx_model_n_groups(model)) return false;
    const sdx_status status = sdx_model_group(model, index, out);
    const bool good = status == NULL;
    sdx_status_free(status);
    return good;
}

/* ---- tables */

static void add_place(void *user, const sdx_node_place *place) {
    struct table *const table = user;
    text_safe(table_cell(table), place->node);
    text_safe(table_cell(table), place->op);
    text_safe(table_cell(table), place->group.len != 0 ? place->group : str_of("CPU"));
    text_safe(table_cell(table), place->because);
}

static void print_groups(const sdx_model *model, const struct terminal *terminal) {
    static const struct table_column columns[] = {
        {"group", TABLE_LEFT},   {"nodes", TABLE_RIGHT},   {"inputs", TABLE_RIGHT},
        {"in", TABLE_RIGHT},     {"outputs", TABLE_RIGHT}, {"out", TABLE_RIGHT},
        {"on CPU", TABLE_RIGHT}, {"there", TABLE_RIGHT},   {"copies", TABLE_RIGHT}};
    struct table table;
    sdx_group_info group;
    table_init(&table, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; group_at(model, i, &group); i++) {
        text_safe(table_cell(&table), group.name);
        table_add(&table, "%zu", group.n_nodes);
        table_add(&table, "%zu", group.n_inputs);
        text_size(table_cell(&table), (uint64_t)group.in_bytes);
        table_add(&table, "%zu", group.n_outputs);
        text_size(table_cell(&table), (uint64_t)group.out_bytes);
        text_time(table_cell(&table), group.cpu_ns);
        text_time(table_cell(&table), group.device_ns);
        text_time(table_cell(&table), group.copy_ns);
    }
    table_print(&table, terminal);
}

static void print_tables(const sdx_model *model) {
    static const struct table_column columns[] = {{"node", TABLE_LEFT},
                                                  {"operator", TABLE_LEFT},
                                                  {"runs in", TABLE_LEFT},
                                                  {"why", TABLE_LEFT}};
    const struct terminal terminal = terminal_look(false);
    struct table table;
    print_groups(model, &terminal);
    printf("\n");
    table_init(&table, columns, 4);
    sdx_model_places_each(model, add_place, &table);
    table_print(&table, &terminal);
}

/* ---- JSON */

static void put_place(void *user, const sdx_node_place *place) {
    struct json_out *const out = user;
    json_open(out, NULL, '{');
    json_str(out, "graph", place->graph);
    json_str(out, "node", place->node);
    json_str(out, "domain", place->domain);
    json_str(out, "op", place->op);
    if (place->group.len != 0)
        json_str(out, "group", place->group);
    else
        json_null(out, "group");
    json_str(out, "because", place->because);
    json_close(out, '}');
}

static void put_edge(void *user, const sdx_place_edge *edge) {
    struct json_out *const out = user;
    if (!edge->crosses) return;
    json_open(out, NULL, '{');
    json_str(out, "value", edge->value);
    if (edge->from == SIZE_MAX)
        json_null(out, "from");
    else
        json_uint(out, "from", edge->from);
    json_uint(out, "to", edge->to);
    json_number(out, "bytes", edge->bytes);
    json_close(out, '}');
}

static void put_group(struct json_out *out, const sdx_group_info *group) {
    json_open(out, NULL, '{');
    json_str(out, "name", group->name);
    json_str(out, "provider", group->provider);
    json_str(out, "device", group->device);
    json_str(out, "graph", group->graph);
    json_uint(out, "nodes", group->n_nodes);
    json_uint(out, "inputs", group->n_inputs);
    json_uint(out, "outputs", group->n_outputs);
    json_number(out, "in_bytes", group->in_bytes);
    json_number(out, "out_bytes", group->out_bytes);
    json_number(out, "cpu_ns", group->cpu_ns);
    json_number(out, "device_ns", group->device_ns);
    json_number(out, "copy_ns", group->copy_ns);
    json_close(out, '}');
}

static void print_json(const sdx_model *model) {
    struct json_out out = {0};
    sdx_group_info group;
    json_open(&out, NULL, '{');
    json_open(&out, "groups", '[');
    for (size_t i = 0; group_at(model, i, &group); i++) {
        put_group(&out, &group);
    }
    json_close(&out, ']');
    json_open(&out, "nodes", '[');
    sdx_model_places_each(model, put_place, &out);
    json_close(&out, ']');
    json_open(&out, "borders", '[');
    sdx_model_edges_each(model, put_edge, &out);
    json_close(&out, ']');
    json_close(&out, '}');
    json_print(&out);
}

/* ---- DOT */

struct dot {
    struct text text;
    size_t n; /* nodes so far */
};

/* In quotes. */
static void put_label(struct text *text, sdx_str label) {
    text_bytes(text, "\"", 1);
    for (size_t i = 0; i < label.len; i++) {
        const char c = label.ptr[i];
        if (c == '"' || c == '\\') text_bytes(text, "\\", 1);
        if ((unsigned char)c >= 0x20) text_bytes(text, &c, 1);
    }
    text_bytes(text, "\"", 1);
}

static void dot_place(void *user, const sdx_node_place *place) {
    struct dot *const dot = user;
    const bool grouped = place->group.len != 0;
    if (grouped) {
        text_add(&dot->text, "  subgraph ");
        struct text name = {0};
        text_add(&name, "cluster_%.*s", (int)place->group.len, place->group.ptr);
        put_label(&dot->text, (sdx_str){name.ptr, name.len});
        text_free(&name);
        text_add(&dot->text, " { label=");
        put_label(&dot->text, place->group);
        text_add(&dot->text, "; ");
    }
    text_add(&dot->text,
             "%sn%zu [shape=box, style=filled, fillcolor=%s, label=", grouped ? "" : "  ", dot->n++,
             grouped ? "lightblue" : "white");
    put_label(&dot->text, place->op);
    text_add(&dot->text, ", tooltip=");
    put_label(&dot->text, place->node);
    text_add(&dot->text, "]%s\n", grouped ? " }" : "");
}

static void dot_edge(void *user, const sdx_place_edge *edge) {
    struct dot *const dot = user;
    if (edge->from == SIZE_MAX) return;
    text_add(&dot->text, "  n%zu -> n%zu [tooltip=", edge->from, edge->to);
    put_label(&dot->text, edge->value);
    if (edge->crosses) {
        text_add(&dot->text, ", color=red, label=\"");
        text_size(&dot->text, (uint64_t)edge->bytes);
        text_add(&dot->text, "\"");
    }
    text_add(&dot->text, "]\n");
}

static void print_dot(const sdx_model *model) {
    struct dot dot = {0};
    text_add(&dot.text, "digraph partition {\n");
    sdx_model_places_each(model, dot_place, &dot);
    sdx_model_edges_each(model, dot_edge, &dot);
    printf("%s}\n", text_get(&dot.text));
    text_free(&dot.text);
}

void partition_print(const sdx_model *model, enum partition_form form) {
    if (form == PARTITION_JSON)
        print_json(model);
    else if (form == PARTITION_DOT)
        print_dot(model);
    else
        print_tables(model);
}
