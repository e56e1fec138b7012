/* sardonyx explain: what loading made of a model's nodes, and how each node is computed and why. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/inputs.h"
#include "cli/json.h"
#include "cli/memory.h"
#include "cli/session.h"
#include "cli/steps.h"
#include "cli/table.h"

struct settings {
    struct session_settings session;
    struct input_settings input;
    bool run, nodes, json;
};

static const struct option options[] = {
    {"nodes", NULL, "list every change and every node, not their kinds alone", OPTION_FLAG,
     offsetof(struct settings, nodes)},
    {"run", NULL, "run once before: shapes that depend on data are known then", OPTION_FLAG,
     offsetof(struct settings, run)},
    {"json", NULL, "print as JSON: every change and every node", OPTION_FLAG,
     offsetof(struct settings, json)},
};

struct changes {
    sdx_change_info *items; /* owned, in the order in which they were made */
    size_t n, cap;
};

struct explanation {
    const char *path;
    const char *numerics;
    struct session session;
    struct inputs inputs;
    struct changes changes;
    struct steps steps;
};

/* ---- gathering ---- */

static void take_change(void *user, const sdx_change_info *change) {
    struct changes *const changes = user;
    if (changes->n == changes->cap) {
        changes->cap = changes->cap > 0 ? 2 * changes->cap : 256;
        changes->items = mem_grow(changes->items, changes->cap, sizeof *changes->items);
    }
    changes->items[changes->n++] = *change;
}

/* Makes the shapes known: by a binding, or by a run. */
static bool find_shapes(const struct settings *settings, struct explanation *e,
                        struct fault *fault) {
    if (!inputs_gather(&settings->input, e->session.model, &e->inputs, fault)) {
        return false;
    }
    return settings->run ? session_run(&e->session, e->inputs.values, e->inputs.n, fault)
                         : fault_check(fault, sdx_context_bind(e->session.context, e->inputs.values,
                                                               e->inputs.n));
}

/* ---- texts ---- */

static void add_quoted(struct text *cell, const char *before, sdx_str name) {
    text_add(cell, "%s '", before);
    text_safe(cell, name);
    text_add(cell, "'");
}

static void add_became(struct text *cell, const sdx_change_info *change) {
    if (change->into_version > 0) {
        text_safe(cell, change->into_op);
        text_add(cell, " as of opset %d", change->into_version);
    } else if (change->into.len == 0) {
        text_add(cell, "nothing: nobody reads it");
    } else if (change->into_op.len > 0) {
        text_safe(cell, change->into_op);
        add_quoted(cell, "", change->into);
    } else if (strcmp(change->rule, "inline") == 0) {
        add_quoted(cell, "its nodes, named", change->into);
    } else {
        add_quoted(cell, "value", change->into);
    }
}

/* The same for all nodes that the rule changed alike. */
static void add_became_kind(struct text *cell, const sdx_change_info *change) {
    if (change->into_version > 0) {
        add_became(cell, change);
    } else if (change->into.len == 0) {
        text_add(cell, "nothing: nobody reads it");
    } else if (change->into_op.len > 0) {
        text_safe(cell, change->into_op);
    } else if (strcmp(change->rule, "inline") == 0) {
        text_add(cell, "the nodes of the function");
    } else {
        text_add(cell, "%s",
                 strcmp(change->rule, "fold_constants") == 0 ? "a constant" : "its input");
    }
}

static void add_was(struct text *cell, const sdx_change_info *change) {
    text_safe(cell, change->op);
    if (change->version > 0) {
        text_add(cell, " of opset %d", change->version);
    }
}

static const char *how_of(const sdx_step_info *step) {
    if (step->when == SDX_WHEN_NEVER) {
        return "its input under another shape: nothing is copied";
    }
    if (step->when == SDX_WHEN_BIND) {
        return "follows from shapes: once for each set of them";
    }
    return step->how != NULL ? step->how : "";
}

/* ---- kinds: rows that read the same are one, with their number ---- */

struct kind {
    struct text cells[3]; /* owned */
    size_t n;
};

struct kinds {
    struct kind *items; /* owned, in the order in which they came first */
    size_t n, cap;
};

static void kinds_add(struct kinds *kinds, struct text cells[3]) {
    for (size_t i = 0; i < kinds->n; i++) {
        bool same = true;
        for (int k = 0; k < 3; k++) {
            same = same && strcmp(text_get(&kinds->items[i].cells[k]), text_get(&cells[k])) == 0;
        }
        if (!same) {
            continue;
        }
        kinds->items[i].n++;
        for (int k = 0; k < 3; k++) {
            text_free(&cells[k]);
        }
        return;
    }
    if (kinds->n == kinds->cap) {
        kinds->cap = kinds->cap > 0 ? 2 * kinds->cap : 32;
        kinds->items = mem_grow(kinds->items, kinds->cap, sizeof *kinds->items);
    }
    kinds->items[kinds->n++] = (struct kind){.cells = {cells[0], cells[1], cells[2]}, .n = 1};
}

static int most_first(const void *a, const void *b) {
    const struct kind *const x = a;
    const struct kind *const y = b;
    const int rule = strcmp(text_get(&x->cells[0]), text_get(&y->cells[0]));
    return rule != 0 ? rule : (x->n < y->n) - (x->n > y->n);
}

static void kinds_print(struct kinds *kinds, const char *const titles[3],
                        const struct terminal *terminal) {
    const struct table_column columns[] = {{"nodes", TABLE_RIGHT},
                                           {titles[0], TABLE_LEFT},
                                           {titles[1], TABLE_LEFT},
                                           {titles[2], TABLE_LEFT}};
    struct table table;
    table_init(&table, columns, 4);
    if (kinds->n > 0) {
        qsort(kinds->items, kinds->n, sizeof *kinds->items, most_first);
    }
    for (size_t i = 0; i < kinds->n; i++) {
        table_add(&table, "%zu", kinds->items[i].n);
        for (int k = 0; k < 3; k++) {
            table_add(&table, "%s", text_get(&kinds->items[i].cells[k]));
            text_free(&kinds->items[i].cells[k]);
        }
    }
    table_print(&table, terminal);
    mem_free(kinds->items);
}

static void print_kinds(const struct explanation *e, const struct terminal *terminal) {
    static const char *const of_changes[] = {"rule", "what", "became"};
    static const char *const of_steps[] = {"operator", "where", "how"};
    struct kinds changes = {0};
    struct kinds steps = {0};
    for (size_t i = 0; i < e->changes.n; i++) {
        const sdx_change_info *const change = &e->changes.items[i];
        struct text cells[3] = {{0}};
        text_add(&cells[0], "%s", change->rule);
        add_was(&cells[1], change);
        add_became_kind(&cells[2], change);
        kinds_add(&changes, cells);
    }
    for (size_t i = 0; i < e->steps.n; i++) {
        const sdx_step_info *const step = &e->steps.items[i];
        struct text cells[3] = {{0}};
        step_operator(&cells[0], step->domain, step->op);
        text_add(&cells[1], "%s", step->place);
        text_add(&cells[2], "%s", how_of(step));
        kinds_add(&steps, cells);
    }
    if (changes.n > 0) {
        kinds_print(&changes, of_changes, terminal);
        printf("\n");
    }
    kinds_print(&steps, of_steps, terminal);
}

/* ---- every change and node ---- */

static void print_changes(const struct explanation *e, const struct terminal *terminal) {
    static const struct table_column columns[] = {
        {"rule", TABLE_LEFT}, {"what", TABLE_LEFT}, {"node", TABLE_LEFT}, {"became", TABLE_LEFT}};
    struct table table;
    if (e->changes.n == 0) {
        return;
    }
    table_init(&table, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < e->changes.n; i++) {
        const sdx_change_info *const change = &e->changes.items[i];
        table_add(&table, "%s", change->rule);
        add_was(table_cell(&table), change);
        text_safe(table_cell(&table), change->node);
        add_became(table_cell(&table), change);
    }
    table_print(&table, terminal);
    printf("\n");
}

static void print_steps(const struct explanation *e, const struct terminal *terminal) {
    static const struct table_column columns[] = {{"operator", TABLE_LEFT},
                                                  {"node", TABLE_LEFT},
                                                  {"output", TABLE_LEFT},
                                                  {"where", TABLE_LEFT},
                                                  {"how", TABLE_LEFT}};
    struct table table;
    table_init(&table, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < e->steps.n; i++) {
        const sdx_step_info *const step = &e->steps.items[i];
        struct text *const cell = table_cell(&table);
        text_repeat(cell, ' ', 2 * (size_t)step->depth);
        step_operator(cell, step->domain, step->op);
        text_safe(table_cell(&table), step->name);
        step_shape(table_cell(&table), step);
        table_add(&table, "%s", step->place);
        table_add(&table, "%s", how_of(step));
    }
    table_print(&table, terminal);
}

static void print_text(const struct explanation *e, bool nodes) {
    const struct terminal terminal = terminal_look(false);
    sdx_model_summary summary = {.struct_size = sizeof summary};
    sdx_model_summarize(e->session.model, &summary);
    if (nodes) {
        print_changes(e, &terminal);
        print_steps(e, &terminal);
    } else {
        print_kinds(e, &terminal);
    }
    printf("\n%s%s: %zu nodes in the file, %zu now; kernels: %s%s%s%s\n",
           terminal_paint(&terminal, PAINT_BOLD), e->path, summary.n_nodes, e->steps.n,
           sdx_isa_in_use(), e->numerics != NULL ? ", numerics " : "",
           e->numerics != NULL ? e->numerics : "", terminal_paint(&terminal, PAINT_PLAIN));
    if (!nodes) {
        printf("--nodes lists every change and node\n");
    }
}

/* ---- JSON ---- */

static void json_change(struct json_out *out, const sdx_change_info *change) {
    json_open(out, NULL, '{');
    json_text(out, "rule", change->rule);
    json_str(out, "node", change->node);
    json_str(out, "operator", change->op);
    json_str(out, "into", change->into);
    json_str(out, "into_operator", change->into_op);
    if (change->into_version > 0) {
        json_int(out, "version", change->version);
        json_int(out, "into_version", change->into_version);
    }
    json_close(out, '}');
}

static void json_step(struct json_out *out, const sdx_step_info *step) {
    struct text shape = {0};
    json_open(out, NULL, '{');
    json_uint(out, "id", step->id);
    json_str(out, "name", step->name);
    json_str(out, "domain", step->domain);
    json_str(out, "operator", step->op);
    json_str(out, "origin", step->origin);
    json_uint(out, "depth", step->depth);
    json_text(out, "computed", step_when_name(step->when));
    json_text(out, "place", step->place);
    if (step->how != NULL) {
        json_text(out, "how", step->how);
    }
    if (step->dtype != SDX_UNDEFINED) {
        step_shape(&shape, step);
        json_text(out, "type", sdx_dtype_name(step->dtype));
        json_text(out, "shape", text_get(&shape));
        text_free(&shape);
    }
    json_close(out, '}');
}

static void print_json(const struct explanation *e) {
    struct json_out out = {0};
    json_open(&out, NULL, '{');
    json_text(&out, "isa", sdx_isa_in_use());
    if (e->numerics != NULL) {
        json_text(&out, "numerics", e->numerics);
    }
    json_open(&out, "changes", '[');
    for (size_t i = 0; i < e->changes.n; i++) {
        json_change(&out, &e->changes.items[i]);
    }
    json_close(&out, ']');
    json_open(&out, "nodes", '[');
    for (size_t i = 0; i < e->steps.n; i++) {
        json_step(&out, &e->steps.items[i]);
    }
    json_close(&out, ']');
    json_close(&out, '}');
    json_print(&out);
}

/* ---- the command ---- */

/* Where shapes do not fit, what does not depend on them is told before the error. */
static void explain_model(const struct settings *settings, const char *path, struct fault *fault) {
    struct explanation e = {.path = path, .numerics = settings->session.numerics};
    if (session_open(&settings->session, path, &e.session, fault) &&
        session_context(&settings->session, &e.session, fault)) {
        (void)find_shapes(settings, &e, fault);
        sdx_model_changes_each(e.session.model, take_change, &e.changes);
        steps_gather(&e.steps, e.session.context);
        if (settings->json) {
            print_json(&e);
        } else {
            print_text(&e, settings->nodes);
        }
    }
    mem_free(e.changes.items);
    steps_free(&e.steps);
    inputs_free(&e.inputs);
    session_close(&e.session);
}

int command_explain(const struct command *command, int n, char **arguments) {
    struct settings settings = {.input.fill = NAN};
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
                      "explain: %zu models given, expected one: sardonyx explain MODEL", rest.n);
        } else {
            explain_model(&settings, rest.items[0], &fault);
        }
    }
    text_list_free(&rest);
    session_settings_free(&settings.session);
    input_settings_free(&settings.input);
    return fault.exit != EXIT_GOOD ? fault_report(&fault) : EXIT_GOOD;
}
