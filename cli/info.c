/* sardonyx info: what a model is and needs; what this build is. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "cli/command.h"
#include "cli/footprint.h"
#include "cli/json.h"
#include "cli/memory.h"
#include "cli/partition.h"
#include "cli/ports.h"
#include "cli/session.h"
#include "cli/table.h"

struct settings {
    struct session_settings session;
    struct input_settings input;
    uint64_t top;
    bool knobs, build, dump, memory, json, partition, dot;
};

static const struct option options[] = {
    {"json", NULL, "print as JSON", OPTION_FLAG, offsetof(struct settings, json)},
    {"dump", NULL, "print the optimised graph as text instead", OPTION_FLAG,
     offsetof(struct settings, dump)},
    {"memory", NULL, "say where every byte is, after loading and after a run", OPTION_FLAG,
     offsetof(struct settings, memory)},
    {"top", "N", "with --memory: list the N largest packs and copies (default: 10)", OPTION_COUNT,
     offsetof(struct settings, top)},
    {"partition", NULL, "say which node runs where, and why; wants --provider", OPTION_FLAG,
     offsetof(struct settings, partition)},
    {"dot", NULL, "with --partition: as a graph for Graphviz", OPTION_FLAG,
     offsetof(struct settings, dot)},
    {"knobs", NULL, "print the environment variables that the library reads (no model)",
     OPTION_FLAG, offsetof(struct settings, knobs)},
    {"build", NULL, "print version, instruction set and threads (no model)", OPTION_FLAG,
     offsetof(struct settings, build)},
};

/* ---- pieces of a model ---- */

static bool ignore(sdx_status status) {
    const bool good = status == NULL;
    sdx_status_free(status);
    return good;
}

static bool opset(const sdx_model *model, size_t index, sdx_str *domain, int64_t *version) {
    return index < sdx_model_n_opsets(model) &&
           ignore(sdx_model_opset(model, index, domain, version));
}

static bool metadata(const sdx_model *model, size_t index, sdx_str *key, sdx_str *value) {
    return index < sdx_model_n_metadata(model) &&
           ignore(sdx_model_metadata(model, index, key, value));
}

static bool missing_at(const sdx_model *model, size_t index, sdx_missing_info *info) {
    return index < sdx_model_n_missing(model) && ignore(sdx_model_missing(model, index, info));
}

static bool is_missing(const sdx_model *model, sdx_str domain, sdx_str name) {
    sdx_missing_info info;
    for (size_t i = 0; missing_at(model, i, &info); i++) {
        if (str_same(info.domain, domain) && str_same(info.name, name)) {
            return true;
        }
    }
    return false;
}

/* `name` is "domain::Name", or "Name" of ai.onnx. */
static void add_operator(struct text *name, sdx_str domain, sdx_str type) {
    text_safe(name, domain);
    text_add(name, "%s", domain.len > 0 ? "::" : "");
    text_safe(name, type);
}

static bool operator_at(const sdx_model *model, size_t index, struct text *name, size_t *count,
                        bool *missing) {
    sdx_str domain;
    sdx_str type;
    if (index >= sdx_model_n_operators(model) ||
        !ignore(sdx_model_operator(model, index, &domain, &type, count))) {
        return false;
    }
    add_operator(name, domain, type);
    *missing = is_missing(model, domain, type);
    return true;
}

static void add_domain(struct text *text, sdx_str domain) {
    text_safe(text, domain.len > 0 ? domain : str_of("ai.onnx"));
}

/* ---- as text ---- */

static struct text *row(struct table *table, const char *name) {
    table_add(table, "%s", name);
    return table_cell(table);
}

static void add_str(struct table *table, const char *name, sdx_str value, sdx_str more) {
    if (value.len > 0) {
        struct text *const text = row(table, name);
        text_safe(text, value);
        text_add(text, "%s", more.len > 0 ? " " : "");
        text_safe(text, more);
    }
}

static void print_summary(const sdx_model *model, const char *path,
                          const struct terminal *terminal) {
    static const struct table_column columns[] = {{"model", TABLE_LEFT}, {"", TABLE_LEFT}};
    const sdx_str none = {NULL, 0};
    struct table table;
    struct text *cell;
    sdx_model_summary summary = {.struct_size = sizeof summary};
    sdx_str domain;
    int64_t version = 0;
    sdx_model_summarize(model, &summary);
    table_init(&table, columns, 2);
    cell = row(&table, "file");
    text_add(cell, "%s, ", path);
    text_size(cell, summary.file_size);
    add_str(&table, "producer", summary.producer, summary.producer_version);
    add_str(&table, "graph", summary.graph_name, none);
    add_str(&table, "domain", summary.domain, none);
    add_str(&table, "about", summary.doc, none);
    text_add(row(&table, "IR version"), "%" PRId64, summary.ir_version);
    cell = row(&table, "opsets");
    for (size_t i = 0; opset(model, i, &domain, &version); i++) {
        text_add(cell, "%s", i > 0 ? ", " : "");
        add_domain(cell, domain);
        text_add(cell, " %" PRId64, version);
    }
    cell = row(&table, "nodes");
    text_add(cell, "%zu, %zu after optimisation, %zu local functions", summary.n_nodes,
             summary.n_nodes_final, summary.n_functions);
    cell = row(&table, "parameters");
    text_count(cell, summary.n_parameters);
    text_add(cell, " in %zu initializers", summary.n_initializers);
    cell = row(&table, "work");
    text_work(cell, summary.flops);
    text_add(cell, " for a run with every unknown dimension as 1");
    table_print(&table, terminal);
}

static void print_ports(const sdx_model *model, bool inputs, const struct terminal *terminal) {
    const struct table_column columns[] = {{inputs ? "input" : "output", TABLE_LEFT},
                                           {"type", TABLE_LEFT},
                                           {"shape", TABLE_LEFT},
                                           {"", TABLE_LEFT}};
    struct table table;
    sdx_port_info port;
    table_init(&table, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; inputs ? port_input(model, i, &port) : port_output(model, i, &port); i++) {
        text_safe(table_cell(&table), port.name);
        port_type(table_cell(&table), &port);
        port_shape(table_cell(&table), &port);
        table_add(&table, "%s", inputs && port.has_default ? "has a default" : "");
    }
    printf("\n");
    table_print(&table, terminal);
}

static void print_operators(const sdx_model *model, const struct terminal *terminal) {
    static const struct table_column columns[] = {
        {"operator", TABLE_LEFT}, {"nodes", TABLE_RIGHT}, {"", TABLE_LEFT}};
    struct table table;
    struct text name = {0};
    size_t count = 0;
    bool missing = false;
    table_init(&table, columns, 3);
    for (size_t i = 0; operator_at(model, i, &name, &count, &missing); i++) {
        table_add(&table, "%s", text_get(&name));
        table_add(&table, "%zu", count);
        table_add(&table, "%s", missing ? "missing" : "");
        text_free(&name);
    }
    printf("\n");
    table_print(&table, terminal);
}

static void print_memory(const sdx_model *model, const struct terminal *terminal) {
    static const struct table_column columns[] = {
        {"memory", TABLE_LEFT}, {"", TABLE_RIGHT}, {"", TABLE_LEFT}};
    sdx_memory memory = {.struct_size = sizeof memory};
    struct table table;
    sdx_model_memory(model, &memory);
    const struct {
        const char *name, *about;
        size_t size;
    } rows[] = {{"file", "mapped or copied", memory.file},
                {"weights", "copied out of the file", memory.weights},
                {"packs", "weights in kernel order, made when first needed", memory.packs},
                {"graph", "graph, program and tables", memory.graph}};
    table_init(&table, columns, 3);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        table_add(&table, "%s", rows[i].name);
        text_size(table_cell(&table), rows[i].size);
        table_add(&table, "%s", rows[i].about);
    }
    printf("\n");
    table_print(&table, terminal);
}

static void print_metadata(const sdx_model *model, const struct terminal *terminal) {
    static const struct table_column columns[] = {{"metadata", TABLE_LEFT}, {"", TABLE_LEFT}};
    struct table table;
    sdx_str key;
    sdx_str value;
    table_init(&table, columns, 2);
    for (size_t i = 0; metadata(model, i, &key, &value); i++) {
        enum { LONGEST = 200 };
        text_safe(table_cell(&table), key);
        struct text *const cell = table_cell(&table);
        text_safe(cell, (sdx_str){value.ptr, value.len < LONGEST ? value.len : LONGEST});
        text_add(cell, "%s", value.len > LONGEST ? "..." : "");
    }
    if (table.n_cells > 0) {
        printf("\n");
        table_print(&table, terminal);
    }
}

/* ---- as JSON ---- */

static void json_ports(struct json_out *out, const sdx_model *model, bool inputs) {
    sdx_port_info port;
    json_open(out, inputs ? "inputs" : "outputs", '[');
    for (size_t i = 0; inputs ? port_input(model, i, &port) : port_output(model, i, &port); i++) {
        struct text type = {0};
        port_type(&type, &port);
        json_open(out, NULL, '{');
        json_str(out, "name", port.name);
        json_text(out, "type", text_get(&type));
        if (port.has_rank) {
            json_open(out, "shape", '[');
            for (size_t k = 0; k < port.rank; k++) {
                if (port.dims[k] >= 0) {
                    json_int(out, NULL, port.dims[k]);
                } else {
                    json_str(out, NULL, port.symbols[k].len > 0 ? port.symbols[k] : str_of("?"));
                }
            }
            json_close(out, ']');
        }
        json_bool(out, "has_default", port.has_default);
        json_close(out, '}');
        text_free(&type);
    }
    json_close(out, ']');
}

static void json_lists(struct json_out *out, const sdx_model *model) {
    struct text name = {0};
    sdx_missing_info info;
    size_t count = 0;
    bool missing = false;
    sdx_str key;
    sdx_str value;
    int64_t version = 0;
    json_open(out, "opsets", '{');
    for (size_t i = 0; opset(model, i, &key, &version); i++) {
        add_domain(&name, key);
        json_int(out, text_get(&name), version);
        text_free(&name);
    }
    json_close(out, '}');
    json_open(out, "operators", '{');
    for (size_t i = 0; operator_at(model, i, &name, &count, &missing); i++) {
        json_uint(out, text_get(&name), count);
        text_free(&name);
    }
    json_close(out, '}');
    json_open(out, "missing", '{');
    for (size_t i = 0; missing_at(model, i, &info); i++) {
        add_operator(&name, info.domain, info.name);
        json_open(out, text_get(&name), '{');
        json_int(out, "opset", info.version);
        json_uint(out, "nodes", info.count);
        json_str(out, "first", info.node);
        json_close(out, '}');
        text_free(&name);
    }
    json_close(out, '}');
    json_open(out, "metadata", '{');
    for (size_t i = 0; metadata(model, i, &key, &value); i++) {
        text_bytes(&name, key.ptr, key.len);
        json_str(out, text_get(&name), value);
        text_free(&name);
    }
    json_close(out, '}');
}

static void print_json(const sdx_model *model) {
    struct json_out out = {0};
    sdx_model_summary summary = {.struct_size = sizeof summary};
    sdx_memory memory = {.struct_size = sizeof memory};
    sdx_model_summarize(model, &summary);
    sdx_model_memory(model, &memory);
    json_open(&out, NULL, '{');
    json_str(&out, "producer", summary.producer);
    json_str(&out, "producer_version", summary.producer_version);
    json_str(&out, "graph", summary.graph_name);
    json_int(&out, "ir_version", summary.ir_version);
    json_int(&out, "model_version", summary.model_version);
    json_uint(&out, "nodes", summary.n_nodes);
    json_uint(&out, "nodes_final", summary.n_nodes_final);
    json_uint(&out, "functions", summary.n_functions);
    json_uint(&out, "initializers", summary.n_initializers);
    json_uint(&out, "parameters", summary.n_parameters);
    json_uint(&out, "flops", summary.flops);
    json_uint(&out, "file_size", summary.file_size);
    json_open(&out, "memory", '{');
    json_uint(&out, "file", memory.file);
    json_uint(&out, "weights", memory.weights);
    json_uint(&out, "packs", memory.packs);
    json_uint(&out, "graph", memory.graph);
    json_close(&out, '}');
    json_ports(&out, model, true);
    json_ports(&out, model, false);
    json_lists(&out, model);
    json_close(&out, '}');
    json_print(&out);
}

/* ---- without a model ---- */

static void print_knobs_json(void) {
    struct json_out out = {0};
    const char *name = NULL;
    const char *standard = NULL;
    const char *help = NULL;
    json_open(&out, NULL, '[');
    for (size_t i = 0; sdx_knob_info(i, &name, &standard, &help); i++) {
        json_open(&out, NULL, '{');
        json_text(&out, "name", name);
        json_text(&out, "default", standard);
        json_text(&out, "help", help);
        json_close(&out, '}');
    }
    json_close(&out, ']');
    json_print(&out);
}

static void print_knobs(void) {
    static const struct table_column columns[] = {
        {"variable", TABLE_LEFT}, {"default", TABLE_LEFT}, {"", TABLE_LEFT}};
    const struct terminal terminal = terminal_look(false);
    struct table table;
    const char *name = NULL;
    const char *standard = NULL;
    const char *help = NULL;
    table_init(&table, columns, 3);
    for (size_t i = 0; sdx_knob_info(i, &name, &standard, &help); i++) {
        table_add(&table, "%s", name);
        table_add(&table, "%s", standard);
        table_add(&table, "%s", help);
    }
    table_print(&table, &terminal);
}

static void print_build(bool json) {
    struct json_out out = {0};
    if (json) {
        json_open(&out, NULL, '{');
        json_text(&out, "version", sdx_version());
        json_text(&out, "isa", sdx_isa_in_use());
        json_uint(&out, "threads", sdx_effective_threads());
        json_close(&out, '}');
        json_print(&out);
    } else {
        printf("version          %s\ninstruction set  %s\nthreads          %u\n", sdx_version(),
               sdx_isa_in_use(), sdx_effective_threads());
    }
}

/* ---- the command ---- */

static bool print_dump(const sdx_model *model, struct fault *fault) {
    void *text = NULL;
    size_t size = 0;
    if (!fault_check(fault, sdx_model_dump(model, &text, &size))) {
        return false;
    }
    (void)fwrite(text, 1, size, stdout);
    sdx_bytes_free(text, size);
    return true;
}

static bool print_model(const struct settings *settings, const char *path, struct fault *fault) {
    struct session session = {0};
    bool good = true;
    const uint64_t before = footprint_begin();
    if (!session_open(&settings->session, path, &session, fault)) {
        return false;
    }
    if (settings->memory) {
        const struct footprint_settings wanted = {&settings->session, &settings->input,
                                                  settings->top, settings->json};
        good = footprint_print(&wanted, &session, before, fault);
    } else if (settings->partition) {
        partition_print(session.model, settings->json  ? PARTITION_JSON
                                       : settings->dot ? PARTITION_DOT
                                                       : PARTITION_TABLE);
    } else if (settings->dump) {
        good = print_dump(session.model, fault);
    } else if (settings->json) {
        print_json(session.model);
    } else {
        const struct terminal terminal = terminal_look(false);
        print_summary(session.model, path, &terminal);
        print_ports(session.model, true, &terminal);
        print_ports(session.model, false, &terminal);
        print_operators(session.model, &terminal);
        print_memory(session.model, &terminal);
        print_metadata(session.model, &terminal);
    }
    if (good && session.context == NULL && sdx_model_n_missing(session.model) > 0) {
        good = session_context(&settings->session, &session, fault); /* says why it cannot run */
    }
    session_close(&session);
    return good;
}

int command_info(const struct command *command, int n, char **arguments) {
    struct settings settings = {.session.allow_missing = true, .input.fill = NAN, .top = 10};
    const struct option_group groups[] = {{options, sizeof options / sizeof *options, &settings},
                                          {input_options, n_input_options, &settings.input},
                                          {session_options, n_session_options, &settings.session}};
    struct text_list rest = {0};
    struct fault fault = {0};
    if (options_parse(command, groups, 3, n, arguments, &rest, &fault)) {
        if (settings.knobs && settings.json) {
            print_knobs_json();
        } else if (settings.knobs) {
            print_knobs();
        } else if (settings.build) {
            print_build(settings.json);
        } else if (rest.n != 1) {
            fault_set(&fault, EXIT_USAGE,
                      "info: %zu models given, expected one: sardonyx info MODEL", rest.n);
        } else {
            (void)print_model(&settings, rest.items[0], &fault);
        }
    }
    text_list_free(&rest);
    session_settings_free(&settings.session);
    input_settings_free(&settings.input);
    return fault.exit != EXIT_GOOD ? fault_report(&fault) : EXIT_GOOD;
}
