/* sardonyx verify: runs models with all rewrites, without any and with each left out, and names the
 * one that changes a result. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/cases.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/memory.h"
#include "cli/os.h"
#include "cli/prepare.h"
#include "cli/table.h"
#include "cli/verify_model.h"

enum { MAX_RULES = 256 };

struct settings {
    struct verify_settings verify;
    struct text_list filters;
    bool verbose, json;
};

static const struct option options[] = {
    {"limit", "T", "largest |a-b| by the largest |b| (default: by type and nodes)", OPTION_NUMBER,
     offsetof(struct settings, verify.limit)},
    {"filter", "GLOB", "of folders: only models whose name matches; may be given several times",
     OPTION_LIST, offsetof(struct settings, filters)},
    {"verbose", NULL, "print the table of every model, not only of those that failed", OPTION_FLAG,
     offsetof(struct settings, verbose)},
    {"json", NULL, "print all results as JSON", OPTION_FLAG, offsetof(struct settings, json)},
};

/* What became of a model. */
struct verdict {
    const char *name; /* borrowed */
    bool ran, missing;
    struct verify_result result; /* where it ran */
    struct text reason;          /* why it did not */
};

struct report {
    const char *rules[MAX_RULES];
    size_t n_rules;
    struct verdict *verdicts; /* owned */
    size_t n, n_failed, n_skipped;
};

static void find_rules(struct report *report) {
    const char *help;
    while (report->n_rules < MAX_RULES &&
           sdx_rule_info(report->n_rules, &report->rules[report->n_rules], &help)) {
        report->n_rules++;
    }
}

/* ---- running ---- */

static bool is_good(const struct verdict *verdict) { return verdict->ran && verdict->result.good; }

static void add(const struct settings *settings, struct report *report, const char *name,
                const char *model, const char *set) {
    struct fault fault = {0};
    struct verdict verdict = {.name = name};
    verdict.ran = verify_model(&settings->verify, model, set, report->rules, report->n_rules,
                               &verdict.result, &fault);
    verdict.missing = fault.exit == EXIT_OF_CODE + SDX_UNSUPPORTED_OPERATOR;
    verdict.reason = fault.text;
    report->verdicts = mem_grow(report->verdicts, report->n + 1, sizeof *report->verdicts);
    report->verdicts[report->n++] = verdict;
    report->n_skipped += verdict.missing;
    report->n_failed += !verdict.missing && !is_good(&verdict);
}

/* With the inputs of its first set. */
static void add_case(const struct settings *settings, struct report *report,
                     const struct check_case *what) {
    struct os_listing listing = {0};
    struct fault fault = {0};
    struct text model = {0}, set = {0};
    text_add(&model, "%s/model.onnx", what->folder);
    const bool listed = os_list(what->folder, &listing, &fault);
    for (size_t i = 0; listed && i < listing.n && set.len == 0; i++) {
        if (strncmp(listing.entries[i].name, "test_data_set_", 14) == 0) {
            text_add(&set, "%s/%s", what->folder, listing.entries[i].name);
        }
    }
    add(settings, report, what->name, text_get(&model), text_get(&set));
    os_listing_free(&listing);
    fault_free(&fault);
    text_free(&model);
    text_free(&set);
}

static bool run_all(const struct settings *settings, const struct text_list *paths,
                    struct case_list *cases, struct report *report, struct fault *fault) {
    for (size_t i = 0; i < paths->n; i++) {
        const size_t before = cases->n;
        if (os_kind_of(paths->items[i]) != OS_FOLDER) {
            add(settings, report, paths->items[i], paths->items[i], NULL);
        } else if (!cases_find(paths->items[i], &settings->filters, cases, fault)) {
            return false;
        }
        for (size_t k = before; k < cases->n; k++) {
            add_case(settings, report, &cases->cases[k]);
        }
    }
    return report->n > 0 ||
           fault_code(fault, SDX_NOT_FOUND,
                      "verify: no folder with model.onnx and test_data_set_* below '%s'",
                      paths->items[0]);
}

/* ---- reports ---- */

static void row_name(const struct report *report, const struct verify_row *row, struct text *out) {
    static const char *const kinds[] = {
        [VERIFY_ALL] = "all", [VERIFY_WITHOUT] = "without ", [VERIFY_ALONE] = "only "};
    text_add(out, "%s%s", kinds[row->kind],
             row->kind == VERIFY_ALL ? "" : report->rules[row->rule]);
}

static void print_table(const struct report *report, const struct verdict *verdict,
                        const struct terminal *terminal) {
    static const struct table_column columns[] = {{"rewrites", TABLE_LEFT},
                                                  {"", TABLE_LEFT},
                                                  {"of bound", TABLE_RIGHT},
                                                  {"time", TABLE_RIGHT},
                                                  {"why", TABLE_LEFT}};
    struct table table;
    table_init(&table, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < verdict->result.n_rows; i++) {
        const struct verify_row *const row = &verdict->result.rows[i];
        row_name(report, row, table_cell(&table));
        table_add(&table, "%s", row->good ? "same" : "differs");
        table_add(&table, "%.2g", row->ratio);
        text_time(table_cell(&table), row->ns);
        table_add(&table, "%s", text_get(&row->reason));
    }
    table_print(&table, terminal);
}

static void print_guilty(const struct report *report, const struct verdict *verdict) {
    bool any = false;
    for (size_t i = 0; i < report->n_rules; i++) {
        if (verdict->result.guilty[i]) {
            printf("%s: rule '%s' changes the result; --disable-rule=%s leaves it out\n",
                   verdict->name, report->rules[i], report->rules[i]);
            any = true;
        }
    }
    if (!any) {
        printf("%s: no rule alone changes the result, several together do\n", verdict->name);
    }
}

static void print_text(const struct settings *settings, const struct report *report) {
    const struct terminal terminal = terminal_look(false);
    for (size_t i = 0; i < report->n; i++) {
        const struct verdict *const verdict = &report->verdicts[i];
        if (!verdict->ran) {
            printf("%s: %s: %s\n", verdict->name, verdict->missing ? "skipped" : "cannot be run",
                   text_get(&verdict->reason));
        } else if (settings->verbose || report->n == 1 || !verdict->result.good) {
            if (report->n > 1) {
                printf("%s\n", verdict->name);
            }
            print_table(report, verdict, &terminal);
            if (!verdict->result.good) {
                print_guilty(report, verdict);
            }
        }
    }
    printf("%s%zu passed, %zu failed, %zu skipped%s\n",
           terminal_paint(&terminal, report->n_failed > 0 ? PAINT_RED : PAINT_GREEN),
           report->n - report->n_failed - report->n_skipped, report->n_failed, report->n_skipped,
           terminal_paint(&terminal, PAINT_PLAIN));
}

static void json_rows(struct json_out *out, const struct report *report,
                      const struct verdict *verdict) {
    json_open(out, "runs", '[');
    for (size_t i = 0; i < verdict->result.n_rows; i++) {
        const struct verify_row *const row = &verdict->result.rows[i];
        struct text name = {0};
        row_name(report, row, &name);
        json_open(out, NULL, '{');
        json_text(out, "rewrites", text_get(&name));
        json_bool(out, "same", row->good);
        json_number(out, "ratio", row->ratio);
        json_number(out, "ms", round(row->ns / 1e3) / 1e3);
        if (!row->good) {
            json_text(out, "reason", text_get(&row->reason));
        }
        json_close(out, '}');
        text_free(&name);
    }
    json_close(out, ']');
    json_open(out, "guilty", '[');
    for (size_t i = 0; i < report->n_rules; i++) {
        if (verdict->result.guilty[i]) {
            json_text(out, NULL, report->rules[i]);
        }
    }
    json_close(out, ']');
}

static void print_json(const struct report *report) {
    struct json_out out = {0};
    json_open(&out, NULL, '{');
    json_open(&out, "models", '[');
    for (size_t i = 0; i < report->n; i++) {
        const struct verdict *const verdict = &report->verdicts[i];
        json_open(&out, NULL, '{');
        json_text(&out, "name", verdict->name);
        json_text(&out, "outcome",
                  verdict->missing   ? "skipped"
                  : is_good(verdict) ? "passed"
                                     : "failed");
        if (verdict->ran) {
            json_rows(&out, report, verdict);
        } else {
            json_text(&out, "reason", text_get(&verdict->reason));
        }
        json_close(&out, '}');
    }
    json_close(&out, ']');
    json_uint(&out, "passed", report->n - report->n_failed - report->n_skipped);
    json_uint(&out, "failed", report->n_failed);
    json_uint(&out, "skipped", report->n_skipped);
    json_close(&out, '}');
    json_print(&out);
}

/* ---- the command ---- */

static void report_free(struct report *report) {
    for (size_t i = 0; i < report->n; i++) {
        verify_result_free(&report->verdicts[i].result);
        text_free(&report->verdicts[i].reason);
    }
    mem_free(report->verdicts);
}

static int report_all(const struct settings *settings, const struct report *report) {
    if (settings->json) {
        print_json(report);
    } else {
        print_text(settings, report);
    }
    return report->n_failed > 0 ? EXIT_CHECK : EXIT_GOOD;
}

int command_verify(const struct command *command, int n, char **arguments) {
    struct settings settings = {.verify = {.limit = NAN, .input.fill = NAN}};
    const struct option_group groups[] = {
        {options, sizeof options / sizeof *options, &settings},
        {input_options, n_input_options, &settings.verify.input},
        {prepare_options, n_prepare_options, &settings.verify.input.prepare},
        {session_options, n_session_options, &settings.verify.session}};
    struct text_list paths = {0};
    struct case_list cases = {0};
    struct report report = {.n_rules = 0};
    struct fault fault = {0};
    int status = EXIT_GOOD;
    find_rules(&report);
    bool good = options_parse(command, groups, sizeof groups / sizeof *groups, n, arguments, &paths,
                              &fault);
    if (good && paths.n == 0) {
        good = fault_set(&fault, EXIT_USAGE,
                         "verify: no model given: sardonyx verify MODEL or sardonyx verify DIR...");
    }
    if (good && run_all(&settings, &paths, &cases, &report, &fault)) {
        status = report_all(&settings, &report);
    }
    report_free(&report);
    cases_free(&cases);
    text_list_free(&paths);
    text_list_free(&settings.filters);
    session_settings_free(&settings.verify.session);
    input_settings_free(&settings.verify.input);
    return fault.exit != EXIT_GOOD ? fault_report(&fault) : status;
}
