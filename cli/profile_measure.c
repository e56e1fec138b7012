/* Taking a profile, and what follows from its numbers: see profile.h. */
#include <stdlib.h>

#include "cli/memory.h"
#include "cli/profile.h"

/* ---- rows ---- */

static void rows_add(struct profile_rows *rows, const sdx_node_profile *took) {
    if (rows->n == rows->cap) {
        rows->cap = rows->cap > 0 ? 2 * rows->cap : 256;
        rows->items = mem_grow(rows->items, rows->cap, sizeof *rows->items);
    }
    rows->items[rows->n++] = (struct profile_row){.took = *took, .nodes = 1};
}

static void take_node(void *user, const sdx_node_profile *node) { rows_add(user, node); }

static int slowest_first(const void *a, const void *b) {
    const sdx_node_profile *const x = &((const struct profile_row *)a)->took;
    const sdx_node_profile *const y = &((const struct profile_row *)b)->took;
    return (x->self_ns < y->self_ns) - (x->self_ns > y->self_ns);
}

static void rows_sort(struct profile_rows *rows) {
    if (rows->n > 0) {
        qsort(rows->items, rows->n, sizeof *rows->items, slowest_first);
    }
}

/* To the row of the node's operator. */
static void rows_join(struct profile_rows *rows, const sdx_node_profile *node) {
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
        took->loop_ns += node->loop_ns;
        took->busy_ns += node->busy_ns;
        took->lanes = node->lanes > took->lanes ? node->lanes : took->lanes;
        return;
    }
    rows_add(rows, node);
}

/* ---- measuring ---- */

static bool run_many(struct profile *p, uint64_t n, struct fault *fault) {
    for (uint64_t i = 0; i < n; i++) {
        if (!session_run(&p->session, p->inputs.values, p->inputs.n, fault)) {
            return false;
        }
    }
    return true;
}

static bool count_runs(struct profile *p, uint64_t runs, size_t max_spans, struct fault *fault) {
    if (!fault_check(fault, sdx_context_profile_start(p->session.context, max_spans)) ||
        !run_many(p, runs, fault)) {
        return false;
    }
    sdx_context_profile_stop(p->session.context);
    return true;
}

/* The number of lanes of the context is told by a profile of nothing. */
static bool measure_machine(struct profile *p, struct fault *fault) {
    p->summary.struct_size = sizeof p->summary;
    p->peak.struct_size = sizeof p->peak;
    if (!count_runs(p, 0, 0, fault)) {
        return false;
    }
    sdx_context_profile_summarize(p->session.context, &p->summary);
    return fault_check(fault, sdx_machine_measure(p->summary.lanes, &p->peak));
}

bool profile_measure(struct profile *p, const struct profile_plan *plan, struct fault *fault) {
    sdx_context *const context = p->session.context;
    if ((plan->peak && !measure_machine(p, fault)) || !run_many(p, plan->warmup, fault) ||
        !count_runs(p, plan->runs, plan->max_spans, fault)) {
        return false;
    }
    p->summary.struct_size = sizeof p->summary;
    sdx_context_profile_summarize(context, &p->summary);
    sdx_context_profile_each(context, take_node, &p->nodes);
    for (size_t i = 0; i < p->nodes.n; i++) {
        rows_join(&p->operators, &p->nodes.items[i].took);
    }
    rows_sort(&p->nodes);
    rows_sort(&p->operators);
    steps_gather(&p->steps, context);
    return true;
}

bool profile_time_line(struct profile *p, size_t max_spans, struct fault *fault) {
    return count_runs(p, 1, max_spans, fault);
}

void profile_free(struct profile *p) {
    mem_free(p->nodes.items);
    mem_free(p->operators.items);
    steps_free(&p->steps);
    inputs_free(&p->inputs);
    session_close(&p->session);
}

/* ---- numbers ---- */

double profile_share(const struct profile *p, uint64_t ns) {
    return p->summary.run_ns > 0 ? 100 * (double)ns / (double)p->summary.run_ns : 0;
}

double profile_per_run(const struct profile *p, uint64_t ns) {
    return (double)ns / (double)p->summary.runs;
}

uint64_t profile_rest_ns(const struct profile *p) {
    uint64_t sum = 0;
    for (size_t i = 0; i < p->nodes.n; i++) {
        sum += p->nodes.items[i].took.self_ns;
    }
    return p->summary.run_ns > sum ? p->summary.run_ns - sum : 0;
}

double profile_rate(double amount, uint64_t ns) { return ns > 0 ? amount / (double)ns : 0; }

double profile_busy(const struct profile *p, const sdx_node_profile *node) {
    const double all = (double)node->self_ns * p->summary.lanes;
    const double alone =
        node->self_ns > node->loop_ns ? (double)(node->self_ns - node->loop_ns) : 0;
    const double busy = all > 0 ? (alone + (double)node->busy_ns) / all : 0;
    return busy < 1 ? busy : 1;
}

enum profile_bound profile_roof(const struct profile *p, const sdx_node_profile *node,
                                double *reached) {
    *reached = 0;
    if (p->peak.flops <= 0 || p->peak.bytes <= 0 || node->self_ns == 0) {
        return PROFILE_UNKNOWN;
    }
    const double compute = node->flops / p->peak.flops * 1e9;
    const double memory = node->bytes / p->peak.bytes * 1e9;
    *reached = (compute > memory ? compute : memory) / (double)node->self_ns;
    return compute > memory ? PROFILE_COMPUTE : PROFILE_MEMORY;
}

const char *profile_bound_name(enum profile_bound bound) {
    static const char *const names[] = {
        [PROFILE_UNKNOWN] = "", [PROFILE_COMPUTE] = "compute", [PROFILE_MEMORY] = "memory"};
    return names[bound];
}
