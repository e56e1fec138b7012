/* sardonyx bench: how long a model takes to load, to run first and to run. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/command.h"
#include "cli/inputs.h"
#include "cli/json.h"
#include "cli/memory.h"
#include "cli/os.h"
#include "cli/session.h"
#include "cli/table.h"

struct settings {
    struct session_settings session;
    struct input_settings input;
    double seconds;
    uint64_t warmup, runs;
    bool json;
};

static const struct option options[] = {
    {"time", "S", "seconds to measure (default: 2)", OPTION_NUMBER,
     offsetof(struct settings, seconds)},
    {"runs", "N", "measure so many runs instead", OPTION_COUNT, offsetof(struct settings, runs)},
    {"warmup", "N", "runs before, the first one included (default: 3)", OPTION_COUNT,
     offsetof(struct settings, warmup)},
    {"json", NULL, "print as JSON", OPTION_FLAG, offsetof(struct settings, json)},
};

enum { MAX_RUNS = 10000000 };

struct bench {
    struct session session;
    struct inputs inputs;
    sdx_value **
        outputs; /* owned, and so is each: what the first run made; later runs fill them in place */
    double load_ns, first_ns;
    double *times; /* owned, sorted in the end; ns */
    size_t n, cap;
    double total_ns;
    sdx_memory memory;
    uint64_t resident;
};

static bool run_once(struct bench *bench, double *ns, struct fault *fault) {
    const size_t n = sdx_model_n_outputs(bench->session.model);
    for (size_t i = 0; i < n; i++) { /* only tensors can be bound */
        if (bench->outputs[i] != NULL && (sdx_value_kind(bench->outputs[i]) != SDX_TENSOR ||
                                          sdx_tensor_dtype(bench->outputs[i]) == SDX_STRING)) {
            sdx_value_release(bench->outputs[i]);
            bench->outputs[i] = NULL;
        }
    }
    const uint64_t start = os_now();
    const bool good =
        fault_check(fault, sdx_context_run(bench->session.context, bench->inputs.values,
                                           bench->inputs.n, bench->outputs, n, NULL));
    *ns = (double)(os_now() - start);
    return good;
}

static int by_size(const void *a, const void *b) {
    const double one = *(const double *)a;
    const double other = *(const double *)b;
    return (one > other) - (one < other);
}

static bool measure(const struct settings *settings, struct bench *bench, struct fault *fault) {
    double ns = 0;
    bench->outputs = mem_new(sdx_model_n_outputs(bench->session.model), sizeof *bench->outputs);
    if (!run_once(bench, &bench->first_ns, fault)) {
        return false;
    }
    for (uint64_t i = 1; i < settings->warmup; i++) {
        if (!run_once(bench, &ns, fault)) {
            return false;
        }
    }
    const uint64_t start = os_now();
    const uint64_t wanted =
        settings->runs > 0 && settings->runs < MAX_RUNS ? settings->runs : MAX_RUNS;
    while (bench->n < wanted && (settings->runs > 0 || bench->n == 0 ||
                                 (double)(os_now() - start) < settings->seconds * 1e9)) {
        if (!run_once(bench, &ns, fault)) {
            return false;
        }
        if (bench->n == bench->cap) {
            bench->cap = bench->cap > 0 ? 2 * bench->cap : 1024;
            bench->times = mem_grow(bench->times, bench->cap, sizeof *bench->times);
        }
        bench->times[bench->n++] = ns;
        bench->total_ns += ns;
    }
    qsort(bench->times, bench->n, sizeof *bench->times, by_size);
    bench->memory.struct_size = sizeof bench->memory;
    sdx_context_memory(bench->session.context, &bench->memory);
    bench->resident = os_resident();
    return true;
}

/* ---- report ---- */

/* The smallest time that `percent` of the runs do not pass (nearest rank). */
static double percentile(const struct bench *bench, double percent) {
    const size_t rank = (size_t)ceil(percent / 100 * (double)bench->n);
    return bench->times[rank > 0 ? rank - 1 : 0];
}

static void print_json(const struct bench *bench) {
    struct json_out out = {0};
    json_open(&out, NULL, '{');
    json_number(&out, "load_ms", bench->load_ns / 1e6);
    json_number(&out, "first_ms", bench->first_ns / 1e6);
    json_uint(&out, "runs", bench->n);
    json_number(&out, "min_ms", bench->times[0] / 1e6);
    json_number(&out, "p50_ms", percentile(bench, 50) / 1e6);
    json_number(&out, "p90_ms", percentile(bench, 90) / 1e6);
    json_number(&out, "p99_ms", percentile(bench, 99) / 1e6);
    json_number(&out, "max_ms", bench->times[bench->n - 1] / 1e6);
    json_number(&out, "mean_ms", bench->total_ns / (double)bench->n / 1e6);
    json_number(&out, "runs_per_second", (double)bench->n * 1e9 / bench->total_ns);
    json_open(&out, "memory", '{');
    json_uint(&out, "weights", bench->memory.weights);
    json_uint(&out, "packs", bench->memory.packs);
    json_uint(&out, "graph", bench->memory.graph);
    json_uint(&out, "slab", bench->memory.slab);
    json_uint(&out, "slab_bound", bench->memory.slab_bound);
    json_uint(&out, "dynamic", bench->memory.dynamic);
    json_uint(&out, "resident", bench->resident);
    json_close(&out, '}');
    json_text(&out, "isa", sdx_isa_in_use());
    json_close(&out, '}');
    json_print(&out);
}

static void print_text(const struct bench *bench) {
    static const struct table_column time_columns[] = {{"time", TABLE_LEFT}, {"", TABLE_RIGHT}};
    static const struct table_column memory_columns[] = {{"memory", TABLE_LEFT}, {"", TABLE_RIGHT}};
    const struct terminal terminal = terminal_look(false);
    const struct {
        const char *name;
        double ns;
    } times[] = {{"load", bench->load_ns},
                 {"first run", bench->first_ns},
                 {"fastest", bench->times[0]},
                 {"p50", percentile(bench, 50)},
                 {"p90", percentile(bench, 90)},
                 {"p99", percentile(bench, 99)},
                 {"slowest", bench->times[bench->n - 1]},
                 {"mean", bench->total_ns / (double)bench->n}};
    const struct {
        const char *name;
        uint64_t size;
    } memory[] = {{"weights", bench->memory.weights}, {"packs", bench->memory.packs},
                  {"graph", bench->memory.graph},     {"slab", bench->memory.slab},
                  {"dynamic", bench->memory.dynamic}, {"resident", bench->resident}};
    struct table table;
    table_init(&table, time_columns, 2);
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        table_add(&table, "%s", times[i].name);
        text_time(table_cell(&table), times[i].ns);
    }
    table_print(&table, &terminal);
    printf("\n");
    table_init(&table, memory_columns, 2);
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) {
        table_add(&table, "%s", memory[i].name);
        text_size(table_cell(&table), memory[i].size);
    }
    table_print(&table, &terminal);
    printf("\n%s%zu runs, %.4g a second, %s%s\n", terminal_paint(&terminal, PAINT_BOLD), bench->n,
           (double)bench->n * 1e9 / bench->total_ns, sdx_isa_in_use(),
           terminal_paint(&terminal, PAINT_PLAIN));
}

/* ---- the command ---- */

static bool bench_model(const struct settings *settings, const char *path, struct fault *fault) {
    struct bench bench = {0};
    const uint64_t start = os_now();
    bool good = session_open(&settings->session, path, &bench.session, fault) &&
                session_context(&settings->session, &bench.session, fault);
    bench.load_ns = (double)(os_now() - start);
    good = good && inputs_gather(&settings->input, bench.session.model, &bench.inputs, fault) &&
           measure(settings, &bench, fault);
    if (good && settings->json) {
        print_json(&bench);
    } else if (good) {
        print_text(&bench);
    }
    for (size_t i = 0; bench.outputs != NULL && i < sdx_model_n_outputs(bench.session.model); i++) {
        sdx_value_release(bench.outputs[i]);
    }
    mem_free(bench.outputs);
    mem_free(bench.times);
    inputs_free(&bench.inputs);
    session_close(&bench.session);
    return good;
}

int command_bench(const struct command *command, int n, char **arguments) {
    struct settings settings = {.input.fill = NAN, .seconds = 2, .warmup = 3};
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
                      "bench: %zu models given, expected one: sardonyx bench MODEL", rest.n);
        } else {
            (void)bench_model(&settings, rest.items[0], &fault);
        }
    }
    text_list_free(&rest);
    session_settings_free(&settings.session);
    input_settings_free(&settings.input);
    return fault.exit != EXIT_GOOD ? fault_report(&fault) : EXIT_GOOD;
}
