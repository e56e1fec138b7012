/* One model of `verify`: its inputs, its bound, its runs with and without rewrites. */
#ifndef CLI_VERIFY_MODEL_H
#define CLI_VERIFY_MODEL_H

#include "cli/inputs.h"
#include "cli/session.h"
#include "cli/verify_rules.h"

struct verify_settings {
    struct session_settings session;
    struct input_settings input; /* where the inputs do not come from a set */
    double limit;                /* NaN where the user gave none */
};

/* What may differ between the results of a model with `n_nodes` nodes, by the largest number of the
 * tensor: 4 sqrt(n_nodes) steps of its type. */
double verify_limit(sdx_dtype dtype, size_t n_nodes);

/* Runs the model at `path`. `set`: a folder test_data_set_N with its inputs; NULL: as the settings
 * say. `rules`: n of them. False when it cannot be run as it stands. */
bool verify_model(const struct verify_settings *settings, const char *path, const char *set,
                  const char *const *rules, size_t n_rules, struct verify_result *out,
                  struct fault *fault);

#endif
