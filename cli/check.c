/* sardonyx check: runs models against the outputs that they should have. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/check_case.h"
#include "cli/command.h"
#include "cli/file.h"
#include "cli/json.h"
#include "cli/memory.h"
#include "cli/operators.h"
#include "cli/os.h"
#include "cli/table.h"

struct settings {
    struct check_settings check;
    struct text_list filters;
    const char *expected, *operators;
    bool verbose, missing, json;
};

static const struct option options[] = {
    {"filter", "GLOB", "only cases whose name matches; may be given several times", OPTION_LIST,
     offsetof(struct settings, filters)},
    {"limit", "T", "largest |a-b| by the largest |b| (default: tolerance or 1e-3)", OPTION_NUMBER,
     offsetof(struct settings, check.limit)},
    {"rtol", "R", "compare each number by itself (default: 1e-3)", OPTION_NUMBER,
     offsetof(struct settings, check.rtol)},
    {"atol", "A", "the same, absolute part (default: 1e-7)", OPTION_NUMBER,
     offsetof(struct settings, check.atol)},
    {"expected-failures", "FILE", "lines 'name reason': these cases must not pass", OPTION_TEXT,
     offsetof(struct settings, expected)},
    {"repeat", "N", "runs of each set, each compared (default: 1)", OPTION_COUNT,
     offsetof(struct settings, check.repeat)},
    {"fork", NULL, "each case in a process of its own: a crash is a failed case", OPTION_FLAG,
     offsetof(struct settings, check.isolate)},
    {"timeout", "S", "a case that takes longer has failed", OPTION_NUMBER,
     offsetof(struct settings, check.timeout)},
    {"missing", NULL, "print which operators are missing and how many cases each blocks",
     OPTION_FLAG, offsetof(struct settings, missing)},
    {"operators", "FILE", "write the operators of the models that passed, a line each", OPTION_TEXT,
     offsetof(struct settings, operators)},
    {"verbose", NULL, "print every case, not only those that failed", OPTION_FLAG,
     offsetof(struct settings, verbose)},
    {"json", NULL, "print all results as JSON", OPTION_FLAG, offsetof(struct settings, json)},
};

static const char *const outcome_names[] = {
    [OUTCOME_PASSED] = "passed", [OUTCOME_FAILED] = "failed", [OUTCOME_SKIPPED] = "skipped"};

struct report {
    const struct case_list *list;
    struct case_result *results; /* owned; one for each case */
    size_t counts[3];            /* by outcome */
};

/* ---- running ---- */

static void show_progress(bool on, const struct report *report, size_t index) {
    if (on) {
        fprintf(stderr, "\r\033[K[%zu/%zu] %s", index + 1, report->list->n,
                report->list->cases[index].name);
        if (index + 1 == report->list->n) {
            fprintf(stderr, "\r\033[K");
        }
        (void)fflush(stderr);
    }
}

static void run_all(const struct settings *settings, struct report *report) {
    const bool progress = !settings->json && os_is_terminal(2);
    for (size_t i = 0; i < report->list->n; i++) {
        show_progress(progress, report, i);
        check_case_run(&settings->check, &report->list->cases[i], &report->results[i]);
        report->counts[report->results[i].outcome]++;
    }
}

/* ---- reports ---- */

static void print_json(const struct report *report) {
    struct json_out out = {0};
    json_open(&out, NULL, '{');
    json_open(&out, "cases", '[');
    for (size_t i = 0; i < report->list->n; i++) {
        const struct case_result *const result = &report->results[i];
        json_open(&out, NULL, '{');
        json_text(&out, "name", report->list->cases[i].name);
        json_text(&out, "outcome", outcome_names[result->outcome]);
        json_number(&out, "ms", round(result->ns / 1e3) / 1e3);
        json_number(&out, "ratio", result->ratio);
        if (result->outcome != OUTCOME_PASSED) {
            json_text(&out, "reason", text_get(&result->reason));
        }
        if (result->outcome == OUTCOME_SKIPPED && result->operators.len > 0) {
            json_open(&out, "missing", '[');
            struct operator_list missing = {0};
            operators_add(&missing, text_get(&result->operators));
            for (size_t k = 0; k < missing.n; k++) {
                json_text(&out, NULL, missing.operators[k].name);
            }
            operators_free(&missing);
            json_close(&out, ']');
        }
        json_close(&out, '}');
    }
    json_close(&out, ']');
    json_uint(&out, "passed", report->counts[OUTCOME_PASSED]);
    json_uint(&out, "failed", report->counts[OUTCOME_FAILED]);
    json_uint(&out, "skipped", report->counts[OUTCOME_SKIPPED]);
    json_close(&out, '}');
    json_print(&out);
}

static void print_cases(const struct settings *settings, const struct report *report,
                        const struct terminal *terminal) {
    static const struct table_column columns[] = {{"case", TABLE_LEFT},
                                                  {"", TABLE_LEFT},
                                                  {"time", TABLE_RIGHT},
                                                  {"of limit", TABLE_RIGHT},
                                                  {"why", TABLE_LEFT}};
    struct table table;
    table_init(&table, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < report->list->n; i++) {
        const struct case_result *const result = &report->results[i];
        if (!settings->verbose && result->outcome != OUTCOME_FAILED) {
            continue;
        }
        table_add(&table, "%s", report->list->cases[i].name);
        table_add(&table, "%s", outcome_names[result->outcome]);
        text_time(table_cell(&table), result->ns);
        struct text *const ratio = table_cell(&table);
        if (result->ratio > 0) {
            text_add(ratio, "%.2g", result->ratio);
        }
        table_add(&table, "%s", text_get(&result->reason));
    }
    if (table.n_cells > 0) {
        table_print(&table, terminal);
        printf("\n");
    }
}

static void print_missing(const struct report *report, const struct terminal *terminal) {
    static const struct table_column columns[] = {
        {"missing operator", TABLE_LEFT}, {"cases", TABLE_RIGHT}, {"alone", TABLE_RIGHT}};
    struct operator_list missing = {0};
    struct table table;
    for (size_t i = 0; i < report->list->n; i++) {
        if (report->results[i].outcome == OUTCOME_SKIPPED) {
            operators_add(&missing, text_get(&report->results[i].operators));
        }
    }
    operators_sort(&missing);
    table_init(&table, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < missing.n; i++) {
        table_add(&table, "%s", missing.operators[i].name);
        table_add(&table, "%zu", missing.operators[i].n_cases);
        table_add(&table, "%zu", missing.operators[i].n_alone);
    }
    if (missing.n > 0) {
        table_print(&table, terminal);
        printf("\n");
    }
    operators_free(&missing);
}

static void print_text(const struct settings *settings, const struct report *report) {
    const struct terminal terminal = terminal_look(false);
    print_cases(settings, report, &terminal);
    if (settings->missing) {
        print_missing(report, &terminal);
    }
    const bool failed = report->counts[OUTCOME_FAILED] > 0;
    printf("%s%zu passed, %zu failed, %zu skipped%s\n",
           terminal_paint(&terminal, failed ? PAINT_RED : PAINT_GREEN),
           report->counts[OUTCOME_PASSED], report->counts[OUTCOME_FAILED],
           report->counts[OUTCOME_SKIPPED], terminal_paint(&terminal, PAINT_PLAIN));
}

static bool write_operators(const char *path, const struct report *report, struct fault *fault) {
    struct operator_list list = {0};
    struct text lines = {0};
    for (size_t i = 0; i < report->list->n; i++) {
        if (report->results[i].outcome == OUTCOME_PASSED) {
            operators_add(&list, text_get(&report->results[i].operators));
        }
    }
    operators_sort_by_name(&list);
    for (size_t i = 0; i < list.n; i++) {
        text_add(&lines, "%s\n", list.operators[i].name);
    }
    const bool good = file_write(path, text_get(&lines), lines.len, fault);
    operators_free(&list);
    text_free(&lines);
    return good;
}

/* ---- the command ---- */

static bool find(const struct settings *settings, const struct text_list *folders,
                 struct expected_list *expected, struct case_list *list, struct fault *fault) {
    if (folders->n == 0) {
        return fault_set(fault, EXIT_USAGE, "check: no folder given: sardonyx check DIR...");
    }
    if (!(settings->check.timeout >= 0 && settings->check.timeout <= 1e6)) {
        return fault_set(fault, EXIT_USAGE,
                         "check: option '--timeout' has value %g, expected seconds from 0 to 1e6",
                         settings->check.timeout);
    }
    if (settings->check.isolate && !os_can_isolate()) {
        return fault_set(fault, EXIT_USAGE,
                         "check: option '--fork' is not for this system, whose processes cannot "
                         "be forked; leave it out");
    }
    for (size_t i = 0; i < folders->n; i++) {
        if (!cases_find(folders->items[i], &settings->filters, list, fault)) {
            return false;
        }
    }
    if (settings->expected != NULL) {
        if (!expected_read(settings->expected, expected, fault)) {
            return false;
        }
        expected_mark(expected, list);
    }
    return list->n > 0 ||
           fault_code(fault, SDX_NOT_FOUND,
                      "check: no folder with model.onnx and test_data_set_* below '%s'%s",
                      folders->items[0], settings->filters.n > 0 ? " matches the filter" : "");
}

int command_check(const struct command *command, int n, char **arguments) {
    struct settings settings = {.check = {.rtol = NAN, .atol = NAN, .limit = NAN}};
    const struct option_group groups[] = {
        {options, sizeof options / sizeof *options, &settings},
        {session_options, n_session_options, &settings.check.session}};
    struct text_list folders = {0};
    struct expected_list expected = {0};
    struct case_list list = {0};
    struct fault fault = {0};
    int status = EXIT_GOOD;
    if (options_parse(command, groups, 2, n, arguments, &folders, &fault) &&
        find(&settings, &folders, &expected, &list, &fault)) {
        struct report report = {.list = &list, .results = mem_new(list.n, sizeof *report.results)};
        run_all(&settings, &report);
        if (settings.json) {
            print_json(&report);
        } else {
            print_text(&settings, &report);
        }
        status = report.counts[OUTCOME_FAILED] > 0 ? EXIT_CHECK : EXIT_GOOD;
        if (settings.operators != NULL && !write_operators(settings.operators, &report, &fault)) {
            status = fault_report(&fault);
        }
        for (size_t i = 0; i < list.n; i++) {
            text_free(&report.results[i].reason);
            text_free(&report.results[i].operators);
        }
        mem_free(report.results);
    } else if (fault.exit != EXIT_GOOD) {
        status = fault_report(&fault);
    }
    text_list_free(&folders);
    text_list_free(&settings.filters);
    session_settings_free(&settings.check.session);
    expected_free(&expected);
    cases_free(&list);
    return status;
}
