/* A loaded model and a context, opened with the options that all commands share. */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "cli/options.h"

struct session_settings {
    uint64_t threads;      /* 0: all CPUs of the process */
    uint64_t memory_limit; /* bytes for the model and for the context; 0: none */
    const char *load, *disabled_rules, *folder, *numerics;
    struct text_list custom_ops; /* libraries of operators */
    struct text_list providers;  /* LIBRARY[:OPTIONS] */
    bool require_provider;
    bool no_optimize, keep_denormals, log;
    bool allow_missing; /* set by commands that only describe */
    bool graph_only;    /* set by commands that only look at the graph */
};
/* The options, for a group whose settings are a struct session_settings. */
extern const struct option session_options[];
extern const size_t n_session_options;

struct session {
    sdx_runtime *runtime;
    sdx_model *model;
    sdx_context *context; /* NULL until session_context */
};

/* A runtime with the operators of these libraries; log lines go to stderr with `log`. On failure
 * there is none. */
bool session_runtime(const struct text_list *custom_ops, bool log, sdx_runtime **out,
                     struct fault *fault);
/* Loads `path`. On failure everything is closed. */
bool session_open(const struct session_settings *settings, const char *path, struct session *out,
                  struct fault *fault);
bool session_context(const struct session_settings *settings, struct session *session,
                     struct fault *fault);
/* One run whose outputs nobody wants. `inputs` are in the order of the model's. */
bool session_run(const struct session *session, sdx_value *const *inputs, size_t n_inputs,
                 struct fault *fault);
void session_close(struct session *session);
/* What the options took memory for. */
void session_settings_free(struct session_settings *settings);

#endif
