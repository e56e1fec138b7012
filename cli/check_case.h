/* One case of `check`: a model and its sets of inputs and expected outputs. */
#ifndef CLI_CHECK_CASE_H
#define CLI_CHECK_CASE_H

#include "cli/cases.h"
#include "cli/session.h"

struct check_settings {
    struct session_settings session;
    double rtol, atol; /* NaN where the user gave none */
    double limit;      /* NaN where the user gave none */
    double timeout;    /* seconds of a case; 0: no limit */
    uint64_t repeat;   /* runs of each set, each compared */
    bool isolate;      /* each case in a process of its own */
};

enum outcome { OUTCOME_PASSED, OUTCOME_FAILED, OUTCOME_SKIPPED };

struct case_result {
    enum outcome outcome;
    struct text reason; /* why it did not pass */
    /* lines of operators.h: those of the model where it passed, those that are missing where it
     * was skipped for that */
    struct text operators;
    double ratio; /* the largest difference, as a part of what is allowed; 0 for exact comparison */
    double ns;    /* load, runs and comparison */
};

/* Never fails: what goes wrong is the result. */
void check_case_run(const struct check_settings *settings, const struct check_case *what,
                    struct case_result *out);

#endif
