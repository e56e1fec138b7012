/* Finds the rewrite that changes a result: runs a model without any, with all, and with each one
 * left out, and compares with the first. How it is run and compared is the caller's. */
#ifndef CLI_VERIFY_RULES_H
#define CLI_VERIFY_RULES_H

#include "cli/fault.h"

struct verify_subject {
    const char *const *rules; /* n_rules names */
    size_t n_rules;
    size_t n_outputs;
    void *user;
    /* Runs with these rules (n_rules; NULL: the graph as it stands). Outputs are new or NULL. */
    bool (*run)(void *user, const bool *used, sdx_value **outputs, struct fault *fault);
    /* Whether outputs are within the bound. `ratio` (of a difference to the bound) only grows. */
    bool (*same)(void *user, sdx_value *const *got, sdx_value *const *expected, double *ratio,
                 struct fault *fault);
};

enum verify_kind {
    VERIFY_ALL,     /* every rule */
    VERIFY_WITHOUT, /* all but one */
    VERIFY_ALONE    /* none but one: where leaving one out explains nothing */
};

/* One run that was compared. */
struct verify_row {
    enum verify_kind kind;
    size_t rule; /* that was left out or used alone */
    bool good;
    double ratio;       /* the largest difference, as a part of the bound; 0: equal */
    double ns;          /* load and run */
    struct text reason; /* why it is not good */
};

struct verify_result {
    struct verify_row *rows; /* owned: VERIFY_ALL, then the others */
    size_t n_rows;
    bool *guilty; /* owned; n_rules: the result is wrong because of it */
    bool good;    /* every row is */
};

/* False when the graph as it stands cannot be run, or not twice with the same result. */
bool verify_rules(const struct verify_subject *subject, struct verify_result *out,
                  struct fault *fault);
void verify_result_free(struct verify_result *result);

#endif
