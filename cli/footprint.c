/* footprint.h. The pieces that the library counts are summed by kind. The resident set is split by
 * what the system knows of pages: those of mapped model files, those of other files (program,
 * libraries), and those of no file. The last are compared with the sum: the rest is named. */
#include "cli/footprint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/json.h"
#include "cli/memory.h"
#include "cli/os.h"
#include "cli/table.h"

/* A piece that is listed: a pack or a copy. */
struct piece {
    sdx_memory_kind kind;
    uint64_t size;
    struct text name, detail, node; /* owned */
};

/* The state at one moment. */
struct stage {
    const char *name;
    uint64_t sizes[SDX_MEMORY_N_KINDS];
    uint64_t counted;     /* the sum of what comes from the allocator */
    uint64_t inputs;      /* this command's own values */
    uint64_t bound;       /* what planned values need at least */
    uint64_t before;      /* bytes of no file before the model was loaded */
    struct piece *pieces; /* owned, largest first */
    size_t n_pieces;
    const void **mapped; /* owned: where files are mapped */
    size_t n_mapped;
    struct os_footprint system;
    bool has_system;
};

uint64_t footprint_begin(void) {
    struct os_footprint now = {0};
    (void)os_footprint_reset();
    (void)os_footprint(NULL, 0, &now);
    return now.anonymous;
}

/* ---- collecting ---- */

static void add_item(void *user, const sdx_memory_item *item) {
    struct stage *const stage = user;
    stage->sizes[item->kind] += item->size;
    stage->counted += item->counted ? item->size : 0;
    if (item->data != NULL) {
        stage->mapped = mem_grow((void *)stage->mapped, stage->n_mapped + 1, sizeof *stage->mapped);
        stage->mapped[stage->n_mapped++] = item->data;
    }
    if (item->kind != SDX_MEMORY_PACKS && item->kind != SDX_MEMORY_WEIGHTS &&
        item->kind != SDX_MEMORY_DUE) {
        return;
    }
    stage->pieces = mem_grow(stage->pieces, stage->n_pieces + 1, sizeof *stage->pieces);
    struct piece *const piece = &stage->pieces[stage->n_pieces++];
    *piece = (struct piece){.kind = item->kind, .size = item->size};
    text_safe(&piece->name, item->name);
    text_safe(&piece->detail, item->detail);
    text_safe(&piece->node, item->node);
}

static int by_size(const void *a, const void *b) {
    const struct piece *const one = a;
    const struct piece *const other = b;
    if (one->size != other->size) {
        return one->size > other->size ? -1 : 1;
    }
    return strcmp(text_get(&one->name), text_get(&other->name));
}

static void collect(const struct session *session, struct stage *stage) {
    sdx_model_memory_each(session->model, add_item, stage);
    if (session->context != NULL) {
        sdx_memory memory = {.struct_size = sizeof memory};
        sdx_context_memory_each(session->context, add_item, stage);
        sdx_context_memory(session->context, &memory);
        stage->bound = memory.slab_bound;
    }
    if (stage->n_pieces > 0) {
        qsort(stage->pieces, stage->n_pieces, sizeof *stage->pieces, by_size);
    }
    stage->has_system = os_footprint(stage->mapped, stage->n_mapped, &stage->system);
}

static void stage_free(struct stage *stage) {
    for (size_t i = 0; i < stage->n_pieces; i++) {
        text_free(&stage->pieces[i].name);
        text_free(&stage->pieces[i].detail);
        text_free(&stage->pieces[i].node);
    }
    mem_free(stage->pieces);
    mem_free((void *)stage->mapped);
}

/* Pages of no file beyond what is told; negative: what is told and was not touched yet. */
static int64_t remainder_of(const struct stage *stage) {
    return (int64_t)stage->system.anonymous -
           (int64_t)(stage->before + stage->inputs + stage->counted);
}

static uint64_t other_files(const struct stage *stage) {
    const uint64_t files = stage->system.anonymous + stage->system.mapped;
    return stage->system.resident > files ? stage->system.resident - files : 0;
}

/* ---- as text ---- */

/* The stages that were reached: the second is empty where the run failed. */
struct report {
    struct stage stages[2];
    size_t n;
};

static void begin(struct table *table, struct table_column *columns, const char *title,
                  const struct report *report) {
    columns[0] = (struct table_column){title, TABLE_LEFT};
    for (size_t i = 0; i < report->n; i++) {
        columns[1 + i] = (struct table_column){report->stages[i].name, TABLE_RIGHT};
    }
    columns[1 + report->n] = (struct table_column){"", TABLE_LEFT};
    table_init(table, columns, 2 + report->n);
}

static void add_sizes(struct table *table, const char *name, size_t n, const uint64_t *sizes,
                      const char *meaning) {
    table_add(table, "%s", name);
    for (size_t i = 0; i < n; i++) {
        text_size(table_cell(table), sizes[i]);
    }
    table_add(table, "%s", meaning);
}

static void print_kinds(const struct report *report, const struct terminal *terminal) {
    const struct stage *const a = &report->stages[0];
    const struct stage *const b = &report->stages[1];
    struct table_column columns[4];
    struct table table;
    begin(&table, columns, "memory", report);
    for (int kind = 0; kind < SDX_MEMORY_N_KINDS; kind++) {
        const uint64_t sizes[] = {a->sizes[kind], b->sizes[kind]};
        if (sizes[0] + sizes[1] > 0) {
            add_sizes(&table, sdx_memory_kind_name((sdx_memory_kind)kind), report->n, sizes,
                      sdx_memory_kind_meaning((sdx_memory_kind)kind));
        }
    }
    add_sizes(&table, "sum", report->n, (const uint64_t[]){a->counted, b->counted},
              "all that comes from the allocator");
    if (report->n > 1) {
        add_sizes(&table, "bound", report->n, (const uint64_t[]){a->bound, b->bound},
                  "of 'planned': no plan needs less");
    }
    table_print(&table, terminal);
}

static void add_remainder(struct table *table, const struct report *report) {
    table_add(table, "%s", "remainder");
    for (size_t i = 0; i < report->n; i++) {
        const int64_t rest = remainder_of(&report->stages[i]);
        struct text *const cell = table_cell(table);
        text_add(cell, "%s", rest < 0 ? "-" : "");
        text_size(cell, rest < 0 ? (uint64_t)-rest : (uint64_t)rest);
    }
    table_add(table, "%s",
              "whole pages, stacks, the C library's heap; below 0: in the sum, not touched yet");
}

static void print_resident(const struct report *report, const struct terminal *terminal) {
    const struct stage *const a = &report->stages[0];
    const struct stage *const b = &report->stages[1];
    const struct {
        const char *name;
        uint64_t sizes[2];
        const char *meaning;
    } rows[] = {
        {"sum", {a->counted, b->counted}, "from above"},
        {"this command", {a->before, b->before}, "before the model was loaded"},
        {"inputs", {a->inputs, b->inputs}, "that this command made"},
        {"model files", {a->system.mapped, b->system.mapped}, "pages of their maps"},
        {"other files", {other_files(a), other_files(b)}, "program and libraries"},
        {"all", {a->system.resident, b->system.resident}, "the resident set of the process"},
        {"its part",
         {a->system.proportional, b->system.proportional},
         "of it, with pages that processes share divided"},
        {"peak", {a->system.peak, b->system.peak}, "of the resident set in this stage"},
    };
    enum { FILES = 3 }; /* the first row that is not compared with the sum */
    struct table_column columns[4];
    struct table table;
    if (!a->has_system) {
        return;
    }
    begin(&table, columns, "resident", report);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (i == FILES) {
            add_remainder(&table, report);
        }
        add_sizes(&table, rows[i].name, report->n, rows[i].sizes, rows[i].meaning);
    }
    printf("\n");
    table_print(&table, terminal);
}

/* Sums of the packs by format and of the copies by reason. */
static void print_groups(const struct stage *stage, const struct terminal *terminal) {
    static const struct table_column columns[] = {
        {"kind", TABLE_LEFT}, {"of", TABLE_LEFT}, {"number", TABLE_RIGHT}, {"size", TABLE_RIGHT}};
    struct table table;
    bool *const done = mem_new(stage->n_pieces + 1, sizeof *done);
    table_init(&table, columns, 4);
    for (size_t i = 0; i < stage->n_pieces; i++) {
        const struct piece *const first = &stage->pieces[i];
        uint64_t size = 0;
        size_t n = 0;
        for (size_t k = i; !done[i] && k < stage->n_pieces; k++) {
            const struct piece *const piece = &stage->pieces[k];
            if (piece->kind == first->kind &&
                strcmp(text_get(&piece->detail), text_get(&first->detail)) == 0) {
                done[k] = k > i;
                size += piece->size;
                n++;
            }
        }
        if (n > 0) {
            table_add(&table, "%s", sdx_memory_kind_name(first->kind));
            table_add(&table, "%s", text_get(&first->detail));
            table_add(&table, "%zu", n);
            text_size(table_cell(&table), size);
        }
    }
    mem_free(done);
    printf("\n");
    table_print(&table, terminal);
}

static void print_largest(const struct stage *stage, uint64_t top,
                          const struct terminal *terminal) {
    static const struct table_column columns[] = {{"largest", TABLE_LEFT},
                                                  {"of", TABLE_LEFT},
                                                  {"size", TABLE_RIGHT},
                                                  {"constant", TABLE_LEFT},
                                                  {"node", TABLE_LEFT}};
    struct table table;
    table_init(&table, columns, 5);
    for (size_t i = 0; i < stage->n_pieces && i < top; i++) {
        const struct piece *const piece = &stage->pieces[i];
        table_add(&table, "%s", sdx_memory_kind_name(piece->kind));
        table_add(&table, "%s", text_get(&piece->detail));
        text_size(table_cell(&table), piece->size);
        table_add(&table, "%s", text_get(&piece->name));
        table_add(&table, "%s", text_get(&piece->node));
    }
    printf("\n");
    table_print(&table, terminal);
}

/* ---- as JSON ---- */

static void json_pieces(struct json_out *out, const struct stage *stage) {
    json_open(out, "pieces", '[');
    for (size_t i = 0; i < stage->n_pieces; i++) {
        const struct piece *const piece = &stage->pieces[i];
        json_open(out, NULL, '{');
        json_text(out, "kind", sdx_memory_kind_name(piece->kind));
        json_text(out, "of", text_get(&piece->detail));
        json_uint(out, "size", piece->size);
        json_text(out, "constant", text_get(&piece->name));
        json_text(out, "node", text_get(&piece->node));
        json_close(out, '}');
    }
    json_close(out, ']');
}

static void json_stage(struct json_out *out, const struct stage *stage) {
    json_open(out, stage->name, '{');
    json_open(out, "memory", '{');
    for (int kind = 0; kind < SDX_MEMORY_N_KINDS; kind++) {
        json_uint(out, sdx_memory_kind_name((sdx_memory_kind)kind), stage->sizes[kind]);
    }
    json_close(out, '}');
    json_uint(out, "sum", stage->counted);
    json_uint(out, "bound", stage->bound);
    if (stage->has_system) {
        json_open(out, "resident", '{');
        json_uint(out, "this command", stage->before);
        json_uint(out, "inputs", stage->inputs);
        json_int(out, "remainder", remainder_of(stage));
        json_uint(out, "model files", stage->system.mapped);
        json_uint(out, "other files", other_files(stage));
        json_uint(out, "all", stage->system.resident);
        json_uint(out, "its part", stage->system.proportional);
        json_uint(out, "peak", stage->system.peak);
        json_close(out, '}');
    }
    json_pieces(out, stage);
    json_close(out, '}');
}

static void print(const struct footprint_settings *settings, const struct report *report) {
    const struct stage *const last = &report->stages[report->n - 1];
    if (settings->json) {
        struct json_out out = {0};
        json_open(&out, NULL, '{');
        for (size_t i = 0; i < report->n; i++) {
            json_stage(&out, &report->stages[i]);
        }
        json_close(&out, '}');
        json_print(&out);
        return;
    }
    const struct terminal terminal = terminal_look(false);
    print_kinds(report, &terminal);
    print_resident(report, &terminal);
    if (last->n_pieces > 0) {
        print_groups(last, &terminal);
        print_largest(last, settings->top, &terminal);
    }
}

/* ---- the command ---- */

static uint64_t size_of_tensors(sdx_value *const *values, size_t n) {
    uint64_t size = 0;
    for (size_t i = 0; i < n; i++) {
        if (values[i] != NULL && sdx_value_kind(values[i]) == SDX_TENSOR) {
            size += sdx_tensor_size(values[i]);
        }
    }
    return size;
}

static bool run_once(const struct footprint_settings *settings, struct session *session,
                     struct stage *stage, struct fault *fault) {
    const size_t n = sdx_model_n_outputs(session->model);
    struct inputs inputs = {0};
    sdx_value **const outputs = mem_new(n, sizeof *outputs);
    (void)os_footprint_reset();
    bool good = session_context(settings->session, session, fault) &&
                inputs_gather(settings->input, session->model, &inputs, fault) &&
                fault_check(fault, sdx_context_run(session->context, inputs.values, inputs.n,
                                                   outputs, n, NULL));
    if (good) {
        stage->inputs = size_of_tensors(inputs.values, inputs.n);
        collect(session, stage);
    }
    for (size_t i = 0; i < n; i++) {
        sdx_value_release(outputs[i]);
    }
    mem_free(outputs);
    inputs_free(&inputs);
    return good;
}

bool footprint_print(const struct footprint_settings *settings, struct session *session,
                     uint64_t before, struct fault *fault) {
    struct report report = {
        .stages = {{.name = "loaded", .before = before}, {.name = "after a run", .before = before}},
        .n = 1};
    collect(session, &report.stages[0]);
    const bool good = run_once(settings, session, &report.stages[1], fault);
    report.n += good;
    print(settings, &report);
    stage_free(&report.stages[0]);
    stage_free(&report.stages[1]);
    return good;
}
