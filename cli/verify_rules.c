/* verify_rules.h. A rule is guilty when the result is right without it and wrong with it; where two
 * rules are wrong, each is seen when it is the only one. */
#include "cli/verify_rules.h"

#include <string.h>

#include "cli/memory.h"
#include "cli/os.h"

struct trial {
    const struct verify_subject *subject;
    sdx_value **expected; /* owned, and so is each: of the graph as it stands */
    struct verify_result result;
};

static void release(sdx_value **values, size_t n) {
    for (size_t i = 0; i < n; i++) {
        sdx_value_release(values[i]);
        values[i] = NULL;
    }
}

/* Runs and compares; a run that ends in an error is a wrong result. */
static void attempt(struct trial *trial, enum verify_kind kind, size_t rule) {
    const struct verify_subject *const s = trial->subject;
    struct verify_result *const result = &trial->result;
    sdx_value **const outputs = mem_new(s->n_outputs, sizeof *outputs);
    bool *const used = mem_new(s->n_rules, sizeof *used);
    struct verify_row row = {.kind = kind, .rule = rule};
    struct fault fault = {0};
    for (size_t i = 0; i < s->n_rules; i++) {
        used[i] = kind == VERIFY_ALL || (kind == VERIFY_ALONE) == (i == rule);
    }
    const uint64_t start = os_now();
    row.good = s->run(s->user, used, outputs, &fault);
    row.ns = (double)(os_now() - start);
    row.good = row.good && s->same(s->user, outputs, trial->expected, &row.ratio, &fault);
    row.reason = fault.text;
    result->rows = mem_grow(result->rows, result->n_rows + 1, sizeof *result->rows);
    result->rows[result->n_rows++] = row;
    result->good = result->good && row.good;
    release(outputs, s->n_outputs);
    mem_free(outputs);
    mem_free(used);
}

/* Rows of one kind, one for each rule; true when any rule was found guilty. */
static bool each_rule(struct trial *trial, enum verify_kind kind) {
    bool found = false;
    for (size_t i = 0; i < trial->subject->n_rules; i++) {
        attempt(trial, kind, i);
        const struct verify_result *const result = &trial->result;
        const bool good = result->rows[result->n_rows - 1].good;
        const bool guilty = kind == VERIFY_ALONE ? !good : good && !result->rows[0].good;
        result->guilty[i] = result->guilty[i] || guilty;
        found = found || guilty;
    }
    return found;
}

static bool is_repeatable(struct trial *trial, struct fault *fault) {
    const struct verify_subject *const s = trial->subject;
    sdx_value **const again = mem_new(s->n_outputs, sizeof *again);
    double ratio = 0;
    bool good = s->run(s->user, NULL, again, fault);
    if (good && !s->same(s->user, again, trial->expected, &ratio, fault)) {
        good = fault_in(fault, "two runs of the graph as it stands differ");
    }
    release(again, s->n_outputs);
    mem_free(again);
    return good;
}

static bool compare_all(struct trial *trial, struct fault *fault) {
    attempt(trial, VERIFY_ALL, 0);
    const bool found = each_rule(trial, VERIFY_WITHOUT);
    if (trial->result.good) {
        return true;
    }
    if (!is_repeatable(trial, fault)) {
        return false;
    }
    if (!found) {
        (void)each_rule(trial, VERIFY_ALONE);
    }
    return true;
}

bool verify_rules(const struct verify_subject *subject, struct verify_result *out,
                  struct fault *fault) {
    struct trial trial = {
        .subject = subject,
        .expected = mem_new(subject->n_outputs, sizeof *trial.expected),
        .result = {.guilty = mem_new(subject->n_rules, sizeof(bool)), .good = true}};
    const bool good =
        subject->run(subject->user, NULL, trial.expected, fault) && compare_all(&trial, fault);
    release(trial.expected, subject->n_outputs);
    mem_free(trial.expected);
    if (good) {
        *out = trial.result;
    } else {
        verify_result_free(&trial.result);
    }
    return good;
}

void verify_result_free(struct verify_result *result) {
    for (size_t i = 0; i < result->n_rows; i++) {
        text_free(&result->rows[i].reason);
    }
    mem_free(result->rows);
    mem_free(result->guilty);
    *result = (struct verify_result){0};
}
