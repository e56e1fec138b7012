/* sardonyx profile: where the time of a model goes, by operator and by node. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/command.h"
#include "cli/file.h"
#include "cli/inputs.h"
#include "cli/json.h"
#include "cli/memory.h"
#include "cli/os.h"
#include "cli/session.h"
#include "cli/table.h"

struct settings {
    struct session_settings session;
    struct input_settings input;
    uint64_t runs, warmup, top;
    const char *trace;
    bool json;
};

static const struct option options[] = {
    {"runs", "N", "runs to count (default: 10)", OPTION_COUNT, offsetof(struct settings, runs)},
    {"warmup", "N", "runs before, the first one included (default: 2)", OPTION_COUNT,
     offsetof(struct settings, warmup)},
    {"top", "N", "nodes to show, the slowest first; 0: all (default: 20)", OPTION_COUNT,
     offsetof(struct settings, top)},
    {"trace", "FILE", "write the time line as JSON for chrome://tracing and Perfetto", OPTION_TEXT,
     offsetof(struct settings, trace)},
    {"json", NULL, "print as JSON", OPTION_FLAG, offsetof(struct settings, json)},
};

enum { MAX_SPANS = 1 << 20 };

/* A node, or all nodes of one operator. */
struct row {
    sdx_node_profile took;
    uint64_t nodes;
};

struct rows {
    struct row *items; /* owned */
    size_t n, cap;
};

static void rows_add(struct rows *rows, const sdx_node_profile *took) {
    if (rows->n == rows->cap) {
        rows->cap = rows->cap > 0 ? 2 * rows->cap : 256;
        rows->items = mem_grow(rows->items, rows->cap, sizeof *rows->items);
    }
    rows->items[rows->n++] = (struct row){.took = *took, .nodes = 1};
}

static void take_node(void *user, const sdx_node_profile *node) { rows_add(user, node); }

static int slowest_first(const void *a, const void *b) {
    const sdx_node_profile *const x = &((const struct row *)a)->took;
    const sdx_node_profile *const y = &((const struct row *)b)->took;
    return (x->self_ns < y->self_ns) - (x->self_ns > y->self_ns);
}

static void rows_sort(struct rows *rows) {
    if (rows->n > 0) {
        qsort(rows->items, rows->n, sizeof *rows->items, slowest_first);
    }
}

/* To the row of the node's operator. */
static void rows_join(struct rows *rows, const sdx_node_profile *node) {
    for (size_t i = 0; i < rows->n; i++) {
        sdx_node_profile *const took = &rows->items[i].took;
        if (!str_same(took->op, node->op) || !str_same(took->domain, node->domain)) {
            continue;
        }
        rows->items[i].nodes++;
        took->calls += node->calls;
        took->ns += node->ns;
        took->self_ns += node->self_ns;
        took->flops += node->flops;
        took->bytes += node->bytes;
        return;
    }
    rows_add(rows, node);
}

struct profile {
    struct session session;
    struct inputs inputs;
    sdx_profile_summary summary;
    struct rows nodes, operators;
};

static bool run_once(struct profile *p, struct fault *fault) {
    const size_t n = sdx_model_n_outputs(p->session.model);
    sdx_value **const outputs = mem_new(n, sizeof *outputs);
    const bool good = fault_check(fault, sdx_context_run(p->session.context, p->inputs.values,
                                                         p->inputs.n, outputs, n, NULL));
    for (size_t i = 0; i < n; i++) {
        sdx_value_release(outputs[i]);
    }
    mem_free(outputs);
    return good;
}

static bool measure(const struct settings *settings, struct profile *p, struct fault *fault) {
    sdx_context *const context = p->session.context;
    for (uint64_t i = 0; i < settings->warmup; i++) {
        if (!run_once(p, fault)) {
            return false;
        }
    }
    const size_t spans = settings->trace != NULL ? MAX_SPANS : 0;
    if (!fault_check(fault, sdx_context_profile_start(context, spans))) {
        return false;
    }
    for (uint64_t i = 0; i < settings->runs; i++) {
        if (!run_once(p, fault)) {
            return false;
        }
    }
    sdx_context_profile_stop(context);
    p->summary.struct_size = sizeof p->summary;
    sdx_context_profile_summarize(context, &p->summary);
    sdx_context_profile_each(context, take_node, &p->nodes);
    for (size_t i = 0; i < p->nodes.n; i++) {
        rows_join(&p->operators, &p->nodes.items[i].took);
    }
    rows_sort(&p->nodes);
    rows_sort(&p->operators);
    return true;
}

/* ---- report ---- */

static double share(const struct profile *p, uint64_t ns) {
    return p->summary.run_ns > 0 ? 100 * (double)ns / (double)p->summary.run_ns : 0;
}

static double per_run(const struct profile *p, uint64_t ns) {
    return (double)ns / (double)p->summary.runs;
}

/* What no node took: binding, the loop over the steps, inputs and outputs. */
static uint64_t rest_ns(const struct profile *p) {
    uint64_t sum = 0;
    for (size_t i = 0; i < p->nodes.n; i++) {
        sum += p->nodes.items[i].took.self_ns;
    }
    return p->summary.run_ns > sum ? p->summary.run_ns - sum : 0;
}

/* 10^9 a second: one a nanosecond. */
static double rate(double amount, uint64_t ns) { return ns > 0 ? amount / (double)ns : 0; }

static void add_times(struct table *table, const struct profile *p, const sdx_node_profile *row) {
    table_add(table, "%.1f", share(p, row->self_ns));
    text_time(table_cell(table), per_run(p, row->self_ns));
    table_add(table, "%.4g", rate(row->flops, row->self_ns));
    table_add(table, "%.4g", rate(row->bytes, row->self_ns));
}

static void add_name(struct text *cell, const sdx_node_profile *row) {
    if (row->domain.len > 0) {
        text_safe(cell, row->domain);
        text_add(cell, "::");
    }
    text_safe(cell, row->op);
}

static void print_operators(const struct profile *p, const struct terminal *terminal) {
    static const struct table_column columns[] = {
        {"%", TABLE_RIGHT},    {"a run", TABLE_RIGHT}, {"GFLOP/s", TABLE_RIGHT},
        {"GB/s", TABLE_RIGHT}, {"nodes", TABLE_RIGHT}, {"operator", TABLE_LEFT}};
    struct table table;
    table_init(&table, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < p->operators.n; i++) {
        add_times(&table, p, &p->operators.items[i].took);
        table_add(&table, "%llu", (unsigned long long)p->operators.items[i].nodes);
        add_name(table_cell(&table), &p->operators.items[i].took);
    }
    table_add(&table, "%.1f", share(p, rest_ns(p)));
    text_time(table_cell(&table), per_run(p, rest_ns(p)));
    table_add(&table, "%s", "");
    table_add(&table, "%s", "");
    table_add(&table, "%s", "");
    table_add(&table, "between the nodes");
    table_print(&table, terminal);
}

static void print_nodes(const struct profile *p, uint64_t top, const struct terminal *terminal) {
    static const struct table_column columns[] = {
        {"%", TABLE_RIGHT},    {"a run", TABLE_RIGHT}, {"GFLOP/s", TABLE_RIGHT},
        {"GB/s", TABLE_RIGHT}, {"calls", TABLE_RIGHT}, {"operator", TABLE_LEFT},
        {"node", TABLE_LEFT}};
    struct table table;
    table_init(&table, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < p->nodes.n && (top == 0 || i < top); i++) {
        const sdx_node_profile *const row = &p->nodes.items[i].took;
        add_times(&table, p, row);
        table_add(&table, "%.4g", (double)row->calls / (double)p->summary.runs);
        add_name(table_cell(&table), row);
        text_safe(table_cell(&table), row->name);
    }
    table_print(&table, terminal);
    if (top != 0 && p->nodes.n > top) {
        printf("and %zu more; --top 0 shows all\n", p->nodes.n - (size_t)top);
    }
}

static void print_text(const struct profile *p, uint64_t top) {
    const struct terminal terminal = terminal_look(false);
    struct text time = {0};
    print_operators(p, &terminal);
    printf("\n");
    print_nodes(p, top, &terminal);
    text_time(&time, per_run(p, p->summary.run_ns));
    printf("\n%s%llu runs of %s, %s%s\n", terminal_paint(&terminal, PAINT_BOLD),
           (unsigned long long)p->summary.runs, text_get(&time), sdx_isa_in_use(),
           terminal_paint(&terminal, PAINT_PLAIN));
    text_free(&time);
}

static void json_row(struct json_out *out, const struct profile *p, const sdx_node_profile *row) {
    json_str(out, "domain", row->domain);
    json_str(out, "operator", row->op);
    json_number(out, "percent", share(p, row->self_ns));
    json_number(out, "self_ms", per_run(p, row->self_ns) / 1e6);
    json_number(out, "total_ms", per_run(p, row->ns) / 1e6);
    json_number(out, "calls", (double)row->calls / (double)p->summary.runs);
    json_number(out, "gflops", rate(row->flops, row->self_ns));
    json_number(out, "gbytes", rate(row->bytes, row->self_ns));
}

static void print_json(const struct profile *p) {
    struct json_out out = {0};
    json_open(&out, NULL, '{');
    json_uint(&out, "runs", p->summary.runs);
    json_number(&out, "run_ms", per_run(p, p->summary.run_ns) / 1e6);
    json_number(&out, "bind_ms", per_run(p, p->summary.bind_ns) / 1e6);
    json_number(&out, "between_ms", per_run(p, rest_ns(p)) / 1e6);
    json_text(&out, "isa", sdx_isa_in_use());
    json_open(&out, "operators", '[');
    for (size_t i = 0; i < p->operators.n; i++) {
        json_open(&out, NULL, '{');
        json_uint(&out, "nodes", p->operators.items[i].nodes);
        json_row(&out, p, &p->operators.items[i].took);
        json_close(&out, '}');
    }
    json_close(&out, ']');
    json_open(&out, "nodes", '[');
    for (size_t i = 0; i < p->nodes.n; i++) {
        const sdx_node_profile *const row = &p->nodes.items[i].took;
        json_open(&out, NULL, '{');
        json_str(&out, "name", row->name);
        json_uint(&out, "depth", row->depth);
        json_row(&out, p, row);
        json_number(&out, "fastest_ms", (double)row->min_ns / 1e6);
        json_number(&out, "slowest_ms", (double)row->max_ns / 1e6);
        json_close(&out, '}');
    }
    json_close(&out, ']');
    json_close(&out, '}');
    json_print(&out);
}

/* ---- the time line: complete events of the Trace Event Format; nested calls lie within each other
 */

static void write_span(void *user, const sdx_profile_span *span) {
    struct json_out *const out = user;
    json_open(out, NULL, '{');
    json_str(out, "name", span->name);
    json_str(out, "cat", span->op);
    json_text(out, "ph", "X");
    json_number(out, "ts", (double)span->start_ns / 1e3);
    json_number(out, "dur", (double)span->ns / 1e3);
    json_uint(out, "pid", 1);
    json_uint(out, "tid", 1);
    json_close(out, '}');
}

static bool write_trace(const struct profile *p, const char *path, struct fault *fault) {
    struct json_out out = {0};
    json_open(&out, NULL, '{');
    json_text(&out, "displayTimeUnit", "ns");
    json_open(&out, "traceEvents", '[');
    sdx_context_profile_spans(p->session.context, write_span, &out);
    json_close(&out, ']');
    json_close(&out, '}');
    const bool good = file_write(path, out.text.ptr, out.text.len, fault);
    text_free(&out.text);
    if (good && p->summary.n_dropped > 0) {
        fprintf(stderr, "profile: %llu calls found no place in %s; ask for fewer --runs\n",
                (unsigned long long)p->summary.n_dropped, path);
    }
    return good;
}

/* ---- the command ---- */

static bool profile_model(const struct settings *settings, const char *path, struct fault *fault) {
    struct profile p = {0};
    const bool good = session_open(&settings->session, path, &p.session, fault) &&
                      session_context(&settings->session, &p.session, fault) &&
                      inputs_gather(&settings->input, p.session.model, &p.inputs, fault) &&
                      measure(settings, &p, fault) &&
                      (settings->trace == NULL || write_trace(&p, settings->trace, fault));
    if (good && settings->json) {
        print_json(&p);
    } else if (good) {
        print_text(&p, settings->top);
    }
    mem_free(p.nodes.items);
    mem_free(p.operators.items);
    inputs_free(&p.inputs);
    session_close(&p.session);
    return good;
}

int command_profile(const struct command *command, int n, char **arguments) {
    struct settings settings = {.input.fill = NAN, .runs = 10, .warmup = 2, .top = 20};
    const struct option_group groups[] = {
        {options, sizeof options / sizeof *options, &settings},
        {input_options, n_input_options, &settings.input},
        {prepare_options, n_prepare_options, &settings.input.prepare},
        {session_options, n_session_options, &settings.session}};
    struct text_list rest = {0};
    struct fault fault = {0};
    if (options_parse(command, groups, sizeof groups / sizeof *groups, n, arguments, &rest,
                      &fault)) {
        if (rest.n != 1) {
            fault_set(&fault, EXIT_USAGE,
                      "profile: %zu models given, expected one: sardonyx profile MODEL", rest.n);
        } else if (settings.runs == 0) {
            fault_set(&fault, EXIT_USAGE, "option '--runs' has value '0', expected 1 or more");
        } else {
            (void)profile_model(&settings, rest.items[0], &fault);
        }
    }
    text_list_free(&rest);
    text_list_free(&settings.session.custom_ops);
    text_list_free(&settings.input.files);
    text_list_free(&settings.input.shapes.shapes);
    text_list_free(&settings.input.shapes.sets);
    return fault.exit != EXIT_GOOD ? fault_report(&fault) : EXIT_GOOD;
}
