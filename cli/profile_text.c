/* A profile as tables. */
#include <stdio.h>

#include "cli/profile.h"
#include "cli/table.h"

static void add_roof(struct table *table, const struct profile *p, const sdx_node_profile *row) {
    double reached;
    const enum profile_bound bound = profile_roof(p, row, &reached);
    if (bound == PROFILE_UNKNOWN) {
        table_add(table, "%s", "");
    } else {
        table_add(table, "%.0f%%", 100 * reached);
    }
    table_add(table, "%s", profile_bound_name(bound));
}

static void add_times(struct table *table, const struct profile *p, const sdx_node_profile *row) {
    table_add(table, "%.1f", profile_share(p, row->self_ns));
    text_time(table_cell(table), profile_per_run(p, row->self_ns));
    table_add(table, "%.4g", profile_rate(row->flops, row->self_ns));
    table_add(table, "%.4g", profile_rate(row->bytes, row->self_ns));
    add_roof(table, p, row);
    table_add(table, "%u", row->lanes);
    table_add(table, "%.0f%%", 100 * profile_busy(p, row));
}

#define TIMES                                                                                    \
    {"%", TABLE_RIGHT}, {"a run", TABLE_RIGHT}, {"GFLOP/s", TABLE_RIGHT}, {"GB/s", TABLE_RIGHT}, \
        {"roof", TABLE_RIGHT}, {"bound", TABLE_LEFT}, {"lanes", TABLE_RIGHT}, {                  \
        "busy", TABLE_RIGHT                                                                      \
    }

static void print_operators(const struct profile *p, const struct terminal *terminal) {
    enum { BLANKS = 7 }; /* of what is between the nodes only the time is known */
    static const struct table_column columns[] = {
        TIMES, {"nodes", TABLE_RIGHT}, {"operator", TABLE_LEFT}};
    struct table table;
    table_init(&table, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < p->operators.n; i++) {
        const struct profile_row *const row = &p->operators.items[i];
        add_times(&table, p, &row->took);
        table_add(&table, "%llu", (unsigned long long)row->nodes);
        step_operator(table_cell(&table), row->took.domain, row->took.op);
    }
    table_add(&table, "%.1f", profile_share(p, profile_rest_ns(p)));
    text_time(table_cell(&table), profile_per_run(p, profile_rest_ns(p)));
    for (int i = 0; i < BLANKS; i++) {
        table_add(&table, "%s", "");
    }
    table_add(&table, "between the nodes");
    table_print(&table, terminal);
}

static void print_nodes(const struct profile *p, uint64_t top, const struct terminal *terminal) {
    static const struct table_column columns[] = {
        TIMES, {"calls", TABLE_RIGHT}, {"operator", TABLE_LEFT}, {"node", TABLE_LEFT}};
    struct table table;
    table_init(&table, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < p->nodes.n && (top == 0 || i < top); i++) {
        const sdx_node_profile *const row = &p->nodes.items[i].took;
        add_times(&table, p, row);
        table_add(&table, "%.4g", (double)row->calls / (double)p->summary.runs);
        step_operator(table_cell(&table), row->domain, row->op);
        text_safe(table_cell(&table), row->name);
    }
    table_print(&table, terminal);
    if (top != 0 && p->nodes.n > top) {
        printf("and %zu more; --top 0 shows all\n", p->nodes.n - (size_t)top);
    }
}

void profile_print_text(const struct profile *p, uint64_t top) {
    const struct terminal terminal = terminal_look(false);
    struct text line = {0};
    print_operators(p, &terminal);
    printf("\n");
    print_nodes(p, top, &terminal);
    text_add(&line, "%llu runs of ", (unsigned long long)p->summary.runs);
    text_time(&line, profile_per_run(p, p->summary.run_ns));
    text_add(&line, ", %s, %u thread%s", sdx_isa_in_use(), p->summary.lanes,
             p->summary.lanes == 1 ? "" : "s");
    if (p->peak.flops > 0) {
        text_add(&line, "; this machine: %.4g GFLOP/s, %.3g GB/s", p->peak.flops / 1e9,
                 p->peak.bytes / 1e9);
    }
    printf("\n%s%s%s\n", terminal_paint(&terminal, PAINT_BOLD), text_get(&line),
           terminal_paint(&terminal, PAINT_PLAIN));
    text_free(&line);
}
