/* Loads, runs and compares one case, in this process or in a child. */
#include "cli/check_case.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/compare.h"
#include "cli/memory.h"
#include "cli/operators.h"
#include "cli/os.h"
#include "cli/ports.h"
#include "cli/proto.h"
#include "cli/set_inputs.h"

/* ---- comparison ---- */

static bool compare_outputs(const sdx_model *model, const char *set, sdx_value *const *outputs,
                            const struct norm *norm, double *ratio, struct fault *fault) {
    const size_t n = sdx_model_n_outputs(model);
    struct text path = {0};
    size_t n_compared = 0;
    bool good = true;
    for (size_t i = 0; good && i < n; i++) {
        sdx_port_info port;
        sdx_value *expected = NULL;
        text_free(&path);
        text_add(&path, "%s/output_%zu.pb", set, i);
        if (os_kind_of(text_get(&path)) != OS_FILE) {
            continue;
        }
        good = fault_check(fault, sdx_model_output(model, i, &port)) &&
               proto_read(text_get(&path), &port, &expected, NULL, fault);
        if (good && !compare_values(norm, outputs[i], expected, ratio, fault)) {
            good = fault_in(fault, "output '%.*s'", (int)port.name.len, port.name.ptr);
        }
        n_compared++;
        sdx_value_release(expected);
    }
    text_free(&path);
    return good && (n_compared > 0 || n == 0 ||
                    fault_set(fault, EXIT_CHECK, "no file output_K.pb, nothing to compare with"));
}

static bool run_set(const struct check_settings *settings, struct session *session, const char *set,
                    const struct norm *norm, double *ratio, struct fault *fault) {
    const size_t n_outputs = sdx_model_n_outputs(session->model);
    struct set_inputs inputs = {0};
    if (!set_inputs_read(session->model, set, &inputs, fault)) {
        return false;
    }
    sdx_value **const outputs = mem_new(n_outputs, sizeof *outputs);
    bool good = true;
    for (uint64_t i = 0; good && i < (settings->repeat > 0 ? settings->repeat : 1); i++) {
        good = fault_check(fault, sdx_context_run(session->context, inputs.values, inputs.n,
                                                  outputs, n_outputs, NULL)) &&
               compare_outputs(session->model, set, outputs, norm, ratio, fault);
        if (!good && i > 0) {
            fault_in(fault, "repeat %llu", (unsigned long long)i);
        }
        for (size_t k = 0; k < n_outputs; k++) {
            sdx_value_release(outputs[k]);
            outputs[k] = NULL;
        }
    }
    mem_free(outputs);
    set_inputs_free(&inputs);
    return good;
}

/* ---- the norm of a case ---- */

static bool is_quantised(const sdx_model *model) {
    const size_t n = sdx_model_n_operators(model);
    for (size_t i = 0; i < n; i++) {
        sdx_str domain;
        sdx_str name;
        size_t count = 0;
        if (sdx_model_operator(model, i, &domain, &name, &count) != NULL) {
            continue;
        }
        char *const text = mem_copy(name.ptr, name.len);
        const bool found = glob_matches("QuantizeLinear", text) || glob_matches("QLinear*", text) ||
                           glob_matches("DynamicQuantize*", text) || glob_matches("*Integer", text);
        mem_free(text);
        if (found) {
            return true;
        }
    }
    return false;
}

static bool norm_of(const struct check_settings *settings, const char *folder,
                    const sdx_model *model, struct norm *out, struct fault *fault) {
    struct norm norm = {.limit = isnan(settings->limit) ? 1e-3 : settings->limit,
                        .integers_near = is_quantised(model)};
    struct text path = {0};
    struct bytes bytes = {0};
    bool good = true;
    norm.elementwise = !isnan(settings->rtol) || !isnan(settings->atol);
    norm.rtol = isnan(settings->rtol) ? 1e-3 : settings->rtol;
    norm.atol = isnan(settings->atol) ? 1e-7 : settings->atol;
    text_add(&path, "%s/tolerance", folder);
    if (os_kind_of(text_get(&path)) == OS_FILE && isnan(settings->limit)) {
        good = file_read(text_get(&path), &bytes, fault);
        while (good && bytes.size > 0 && strchr(" \t\r\n", bytes.ptr[bytes.size - 1]) != NULL) {
            bytes.size--;
        }
        good =
            good && ((parse_number((sdx_str){(const char *)bytes.ptr, bytes.size}, &norm.limit) &&
                      norm.limit >= 0) ||
                     fault_code(fault, SDX_INVALID_ARGUMENT, "file '%s': expected one number",
                                text_get(&path)));
        bytes_free(&bytes);
    }
    text_free(&path);
    *out = norm;
    return good;
}

/* ---- a case ---- */

static bool run_sets(const struct check_settings *settings, const char *folder,
                     struct session *session, double *ratio, struct fault *fault) {
    struct os_listing listing = {0};
    struct norm norm = {0};
    bool good =
        norm_of(settings, folder, session->model, &norm, fault) && os_list(folder, &listing, fault);
    for (size_t i = 0; good && i < listing.n; i++) {
        if (listing.entries[i].kind == OS_FOLDER &&
            strncmp(listing.entries[i].name, "test_data_set_", 14) == 0) {
            struct text set = {0};
            text_add(&set, "%s/%s", folder, listing.entries[i].name);
            good = run_set(settings, session, text_get(&set), &norm, ratio, fault) ||
                   fault_in(fault, "%s", listing.entries[i].name);
            text_free(&set);
        }
    }
    os_listing_free(&listing);
    return good;
}

/* The model once more, only to be described. */
static void find_missing(const struct check_settings *settings, const char *path,
                         struct text *lines) {
    struct session_settings describing = settings->session;
    struct session session = {0};
    struct fault fault = {0};
    describing.allow_missing = true;
    if (session_open(&describing, path, &session, &fault)) {
        operators_missing(session.model, lines);
    }
    session_close(&session);
    fault_free(&fault);
}

static void run_here(const struct check_settings *settings, const struct check_case *what,
                     struct case_result *out) {
    struct session session = {0};
    struct fault fault = {0};
    struct text model = {0};
    text_add(&model, "%s/model.onnx", what->folder);
    if (!session_open(&settings->session, text_get(&model), &session, &fault)) {
        if (fault.exit == EXIT_OF_CODE + SDX_UNSUPPORTED_OPERATOR) {
            find_missing(settings, text_get(&model), &out->operators);
        }
        out->outcome = out->operators.len > 0 ? OUTCOME_SKIPPED : OUTCOME_FAILED;
    } else if (!session_context(&settings->session, &session, &fault)) {
        out->outcome = OUTCOME_FAILED;
    } else {
        sdx_context_set_deadline(session.context, (uint64_t)(settings->timeout * 1e9));
        const bool good = run_sets(settings, what->folder, &session, &out->ratio, &fault);
        out->outcome = good ? OUTCOME_PASSED : OUTCOME_FAILED;
        if (good) {
            operators_of(session.model, &out->operators);
        }
    }
    session_close(&session);
    text_free(&model);
    text_free(&out->reason);
    out->reason = fault.text;
}

/* ---- in a child: a line of numbers, the lines of operators, then the reason ---- */

struct child {
    const struct check_settings *settings;
    const struct check_case *what;
};

static void run_in_child(void *user, struct text *answer) {
    const struct child *const child = user;
    struct case_result result = {0};
    run_here(child->settings, child->what, &result);
    text_add(answer, "%d %zu %.17g\n%s%s", (int)result.outcome, result.operators.len, result.ratio,
             text_get(&result.operators), text_get(&result.reason));
    text_free(&result.operators);
    text_free(&result.reason);
}

static void run_isolated(const struct check_settings *settings, const struct check_case *what,
                         struct case_result *out) {
    struct child child = {settings, what};
    struct text answer = {0};
    struct fault fault = {0};
    int outcome = OUTCOME_FAILED;
    size_t operators = 0;
    const bool ended = os_isolate(run_in_child, &child, settings->timeout, &answer, &fault);
    const char *const line = strchr(text_get(&answer), '\n');
    out->outcome = OUTCOME_FAILED;
    if (!ended) {
        out->reason = fault.text;
        fault.text = (struct text){0};
    } else if (line == NULL ||
               sscanf(text_get(&answer), "%d %zu %lg", &outcome, &operators, &out->ratio) != 3 ||
               operators > strlen(line + 1)) {
        text_add(&out->reason, "the process of the case gave no result");
    } else {
        out->outcome = (enum outcome)outcome;
        text_bytes(&out->operators, line + 1, operators);
        text_add(&out->reason, "%s", line + 1 + operators);
    }
    text_free(&answer);
    fault_free(&fault);
}

void check_case_run(const struct check_settings *settings, const struct check_case *what,
                    struct case_result *out) {
    const uint64_t start = os_now();
    *out = (struct case_result){0};
    if (settings->isolate) {
        run_isolated(settings, what, out);
    } else {
        run_here(settings, what, out);
    }
    out->ns = (double)(os_now() - start);
    if (what->expected != NULL && out->outcome == OUTCOME_PASSED) {
        out->outcome = OUTCOME_FAILED;
        text_add(&out->reason, "passes, though it is expected to fail (%s); take it off the list",
                 what->expected);
    } else if (what->expected != NULL && out->outcome == OUTCOME_FAILED) {
        struct text reason = {0};
        text_add(&reason, "expected (%s): %s", what->expected, text_get(&out->reason));
        text_free(&out->reason);
        out->reason = reason;
        out->outcome = OUTCOME_SKIPPED;
    }
}
