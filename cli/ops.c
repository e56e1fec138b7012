/* sardonyx ops: the operators of this build, what they take and what tests them. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/json.h"
#include "cli/schema.h"
#include "cli/session.h"
#include "cli/table.h"

struct settings {
    struct text_list custom_ops;
    bool types, json;
};

static const struct option options[] = {
    {"custom-ops", "LIBRARY", "list the operators of a shared library, too; may be repeated",
     OPTION_LIST, offsetof(struct settings, custom_ops)},
    {"types", NULL, "print which element types each input and output takes, as a matrix",
     OPTION_FLAG, offsetof(struct settings, types)},
    {"json", NULL, "print all that is known as JSON", OPTION_FLAG,
     offsetof(struct settings, json)}};

typedef bool port_at(sdx_runtime *runtime, size_t index, size_t port, sdx_operator_port *out);

/* ---- as JSON ---- */

/* "a, b" as an array of its words. */
static void json_words(struct json_out *out, const char *key, const struct text *words) {
    json_open(out, key, '[');
    for (const char *word = text_get(words); *word != 0;) {
        const size_t len = strcspn(word, ",");
        json_str(out, NULL, (sdx_str){word, len});
        word += word[len] != 0 ? len + 2 : len;
    }
    json_close(out, ']');
}

static void json_ports(struct json_out *out, const char *key, sdx_runtime *runtime, size_t index,
                       port_at *at) {
    sdx_operator_port port = {.struct_size = sizeof port};
    json_open(out, key, '[');
    for (size_t i = 0; at(runtime, index, i, &port); i++) {
        struct text types = {0};
        schema_types(&types, &port);
        json_open(out, NULL, '{');
        json_text(out, "name", port.name);
        json_text(out, "variable", port.variable);
        json_words(out, "types", &types);
        json_bool(out, "optional", port.optional);
        json_bool(out, "variadic", port.variadic);
        json_bool(out, "mixed", port.mixed);
        json_close(out, '}');
        text_free(&types);
    }
    json_close(out, ']');
}

static void json_attributes(struct json_out *out, sdx_runtime *runtime, size_t index) {
    sdx_operator_attribute attribute = {.struct_size = sizeof attribute};
    json_open(out, "attributes", '[');
    for (size_t i = 0; sdx_operator_attribute_at(runtime, index, i, &attribute); i++) {
        json_open(out, NULL, '{');
        json_text(out, "name", attribute.name);
        json_text(out, "type", attribute.type);
        json_bool(out, "required", attribute.required);
        if (attribute.has_default && strcmp(attribute.type, "int") == 0) {
            json_int(out, "default", attribute.i);
        } else if (attribute.has_default && strcmp(attribute.type, "float") == 0) {
            json_number(out, "default", (double)attribute.f);
        } else if (attribute.has_default && attribute.s != NULL) {
            json_text(out, "default", attribute.s);
        }
        json_close(out, '}');
    }
    json_close(out, ']');
}

static void print_json(const struct schema_list *list) {
    struct json_out out = {0};
    json_open(&out, NULL, '[');
    for (size_t i = 0; i < list->n; i++) {
        const struct schema *const schema = &list->items[i];
        struct text tested = {0};
        schema_tested(&tested, schema->tested);
        json_open(&out, NULL, '{');
        json_text(&out, "domain", schema->facts.domain);
        json_text(&out, "name", schema->facts.name);
        json_int(&out, "since", schema->facts.since);
        json_int(&out, "until", schema->facts.until);
        json_int(&out, "newest", schema->facts.newest);
        json_bool(&out, "random", schema->facts.random);
        json_bool(&out, "control", schema->facts.control);
        json_ports(&out, "inputs", list->runtime, schema->index, sdx_operator_input);
        json_ports(&out, "outputs", list->runtime, schema->index, sdx_operator_output);
        json_attributes(&out, list->runtime, schema->index);
        json_words(&out, "tested", &tested);
        json_close(&out, '}');
        text_free(&tested);
    }
    json_close(&out, ']');
    json_print(&out);
}

/* ---- the list ---- */

static void print_list(const struct schema_list *list, const struct terminal *terminal) {
    static const struct table_column columns[] = {{"operator", TABLE_LEFT},
                                                  {"since", TABLE_RIGHT},
                                                  {"newest", TABLE_RIGHT},
                                                  {"until", TABLE_RIGHT},
                                                  {"tested by", TABLE_LEFT}};
    struct table table;
    size_t n_tested = 0;
    table_init(&table, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < list->n; i++) {
        const struct schema *const schema = &list->items[i];
        schema_name(table_cell(&table), &schema->facts);
        table_add(&table, "%d", schema->facts.since);
        table_add(&table, "%d", schema->facts.newest);
        struct text *const until = table_cell(&table);
        if (schema->facts.until > 0) { /* else it is still in the newest opset */
            text_add(until, "%d", schema->facts.until);
        }
        schema_tested(table_cell(&table), schema->tested);
        n_tested += schema->tested != 0;
    }
    table_print(&table, terminal);
    printf("\n%zu operators, %zu tested\n", list->n, n_tested);
}

/* ---- the matrix of types ---- */

/* Element types that a column stands for; several: the cell counts. */
static const struct {
    const char *title;
    uint64_t types;
} groups[] = {
#define T(NAME) (UINT64_C(1) << SDX_##NAME)
    {"f64", T(FLOAT64)},
    {"f32", T(FLOAT32)},
    {"f16", T(FLOAT16)},
    {"bf16", T(BFLOAT16)},
    {"f8", T(FLOAT8E4M3FN) | T(FLOAT8E4M3FNUZ) | T(FLOAT8E5M2) | T(FLOAT8E5M2FNUZ) | T(FLOAT8E8M0)},
    {"f4", T(FLOAT4E2M1)},
    {"i64", T(INT64)},
    {"i32", T(INT32)},
    {"i16", T(INT16)},
    {"i8", T(INT8)},
    {"i4", T(INT4)},
    {"i2", T(INT2)},
    {"u64", T(UINT64)},
    {"u32", T(UINT32)},
    {"u16", T(UINT16)},
    {"u8", T(UINT8)},
    {"u4", T(UINT4)},
    {"u2", T(UINT2)},
    {"bool", T(BOOL)},
    {"str", T(STRING)},
    {"c64", T(COMPLEX64)},
    {"c128", T(COMPLEX128)},
#undef T
};
enum { N_GROUPS = sizeof groups / sizeof *groups, N_COLUMNS = N_GROUPS + 4 };

static void matrix_row(struct table *table, const struct schema *schema, const char *side,
                       const sdx_operator_port *port) {
    schema_name(table_cell(table), &schema->facts);
    table_add(table, "%s %s", side, port->name);
    table_add(table, "%s", port->variable);
    for (size_t i = 0; i < N_GROUPS; i++) {
        uint64_t types = port->types & groups[i].types;
        unsigned n = 0;
        for (; types != 0; types &= types - 1) {
            n++;
        }
        struct text *const cell = table_cell(table);
        if ((groups[i].types & (groups[i].types - 1)) != 0 && n > 0) {
            text_add(cell, "%u", n);
        } else {
            text_add(cell, "%s", n > 0 ? "x" : ".");
        }
    }
    table_add(table, "%s%s%s", port->sequence ? "sequence " : "", port->map ? "map " : "",
              port->optional_value ? "optional" : "");
}

static void print_matrix(const struct schema_list *list, const struct terminal *terminal) {
    struct table_column columns[N_COLUMNS] = {
        {"operator", TABLE_LEFT}, {"port", TABLE_LEFT}, {"variable", TABLE_LEFT}};
    sdx_operator_port port = {.struct_size = sizeof port};
    struct table table;
    for (size_t i = 0; i < N_GROUPS; i++) {
        columns[3 + i] = (struct table_column){groups[i].title, TABLE_RIGHT};
    }
    columns[N_COLUMNS - 1] = (struct table_column){"other", TABLE_LEFT};
    table_init(&table, columns, N_COLUMNS);
    for (size_t i = 0; i < list->n; i++) {
        for (size_t k = 0; sdx_operator_input(list->runtime, list->items[i].index, k, &port); k++) {
            matrix_row(&table, &list->items[i], "in", &port);
        }
        for (size_t k = 0; sdx_operator_output(list->runtime, list->items[i].index, k, &port);
             k++) {
            matrix_row(&table, &list->items[i], "out", &port);
        }
    }
    table_print(&table, terminal);
}

/* ---- some operators in full ---- */

static void print_ports(const char *title, sdx_runtime *runtime, size_t index, port_at *at,
                        const struct terminal *terminal) {
    const struct table_column columns[] = {
        {title, TABLE_LEFT}, {"variable", TABLE_LEFT}, {"", TABLE_LEFT}, {"types", TABLE_LEFT}};
    sdx_operator_port port = {.struct_size = sizeof port};
    struct table table;
    table_init(&table, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; at(runtime, index, i, &port); i++) {
        table_add(&table, "%s", port.name);
        table_add(&table, "%s", port.variable);
        schema_port_kind(table_cell(&table), &port);
        schema_types(table_cell(&table), &port);
    }
    if (table.n_cells > 0) {
        printf("\n");
        table_print(&table, terminal);
    }
}

static void print_attributes(sdx_runtime *runtime, size_t index, const struct terminal *terminal) {
    static const struct table_column columns[] = {
        {"attribute", TABLE_LEFT}, {"type", TABLE_LEFT}, {"default", TABLE_LEFT}};
    sdx_operator_attribute attribute = {.struct_size = sizeof attribute};
    struct table table;
    table_init(&table, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; sdx_operator_attribute_at(runtime, index, i, &attribute); i++) {
        table_add(&table, "%s", attribute.name);
        table_add(&table, "%s", attribute.type);
        schema_standard(table_cell(&table), &attribute);
    }
    if (table.n_cells > 0) {
        printf("\n");
        table_print(&table, terminal);
    }
}

static void print_full(sdx_runtime *runtime, const struct schema *schema,
                       const struct terminal *terminal) {
    struct text text = {0};
    schema_name(&text, &schema->facts);
    text_add(&text, ": opset ");
    schema_versions(&text, &schema->facts);
    text_add(&text, "%s, as of version %d", schema->facts.until > 0 ? "" : " and later",
             schema->facts.newest);
    text_add(&text, "; tested by: ");
    const size_t before = text.len;
    struct text tested = {0};
    schema_tested(&tested, schema->tested);
    text_add(&text, "%s", tested.len > 0 ? text_get(&tested) : "nothing");
    printf("%s%.*s%s%s\n", terminal_paint(terminal, PAINT_BOLD), (int)before, text_get(&text),
           terminal_paint(terminal, PAINT_PLAIN), text_get(&text) + before);
    print_ports("input", runtime, schema->index, sdx_operator_input, terminal);
    print_ports("output", runtime, schema->index, sdx_operator_output, terminal);
    print_attributes(runtime, schema->index, terminal);
    text_free(&tested);
    text_free(&text);
}

int command_ops(const struct command *command, int n, char **arguments) {
    struct settings settings = {0};
    const struct option_group option_groups[] = {
        {options, sizeof options / sizeof *options, &settings}};
    struct text_list rest = {0};
    struct schema_list list = {0};
    struct fault fault = {0};
    if (options_parse(command, option_groups, 1, n, arguments, &rest, &fault) &&
        session_runtime(&settings.custom_ops, false, &list.runtime, &fault) &&
        schemas_find(&rest, &list, &fault)) {
        const struct terminal terminal = terminal_look(settings.json);
        if (settings.json) {
            print_json(&list);
        } else if (settings.types) {
            print_matrix(&list, &terminal);
        } else if (rest.n == 0) {
            print_list(&list, &terminal);
        } else {
            for (size_t i = 0; i < list.n; i++) {
                printf("%s", i > 0 ? "\n\n" : "");
                print_full(list.runtime, &list.items[i], &terminal);
            }
        }
    }
    sdx_runtime_release(list.runtime);
    schemas_free(&list);
    text_list_free(&settings.custom_ops);
    text_list_free(&rest);
    return fault.exit != EXIT_GOOD ? fault_report(&fault) : EXIT_GOOD;
}
