/* session.h: options to option structs. */
#include "cli/session.h"

#include <stdio.h>
#include <string.h>

#include "cli/memory.h"
#include "sardonyx/provider.h"

const struct option session_options[] = {
    {"threads", "N", "threads of a run, this one included (default: all CPUs)", OPTION_COUNT,
     offsetof(struct session_settings, threads)},
    {"memory-limit", "BYTES", "most memory for model and for context: 512M, 2G", OPTION_BYTES,
     offsetof(struct session_settings, memory_limit)},
    {"load", "map|copy|snapshot", "how the file is held (default: map)", OPTION_TEXT,
     offsetof(struct session_settings, load)},
    {"external-data", "DIR", "folder of external data (default: the model's)", OPTION_TEXT,
     offsetof(struct session_settings, folder)},
    {"no-optimize", NULL, "run the graph as it stands in the file", OPTION_FLAG,
     offsetof(struct session_settings, no_optimize)},
    {"custom-ops", "LIBRARY",
     "operators of a shared library (sardonyx/op.h), whose code is trusted; may be repeated",
     OPTION_LIST, offsetof(struct session_settings, custom_ops)},
    {"provider", "LIB[:OPTIONS]", "an execution provider; may be given again, first choice first",
     OPTION_LIST, offsetof(struct session_settings, providers)},
    {"require-provider", NULL,
     "a node that runs on the CPU although providers were given is an error", OPTION_FLAG,
     offsetof(struct session_settings, require_provider)},
    {"numerics", "default|strict",
     "default: as fast as this CPU can; strict: the same bits on every instruction set",
     OPTION_TEXT, offsetof(struct session_settings, numerics)},
    {"disable-rule", "NAMES", "rewrites not to use, separated by commas", OPTION_TEXT,
     offsetof(struct session_settings, disabled_rules)},
    {"keep-denormals", NULL, "compute with denormal numbers instead of flushing them to zero",
     OPTION_FLAG, offsetof(struct session_settings, keep_denormals)},
    {"log", NULL, "print what the library logs to stderr", OPTION_FLAG,
     offsetof(struct session_settings, log)},
};
const size_t n_session_options = sizeof session_options / sizeof *session_options;

static void log_line(void *user, sdx_log_level level, const char *line) {
    static const char *const names[] = {[SDX_LOG_ERROR] = "error",
                                        [SDX_LOG_WARN] = "warn",
                                        [SDX_LOG_INFO] = "info",
                                        [SDX_LOG_DEBUG] = "debug"};
    (void)user;
    fprintf(stderr, "%s: %s\n", names[level], line);
}

static bool load_mode(const char *name, sdx_load_mode *out, struct fault *fault) {
    static const char *const names[] = {
        [SDX_LOAD_MAP] = "map", [SDX_LOAD_COPY] = "copy", [SDX_LOAD_SNAPSHOT] = "snapshot"};
    for (size_t i = 0; name != NULL && i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0) {
            *out = (sdx_load_mode)i;
            return true;
        }
    }
    return name == NULL ||
           fault_set(fault, EXIT_USAGE,
                     "option '--load' has value '%s', expected map, copy or snapshot", name);
}

static bool numerics_policy(const char *name, sdx_numerics *out, struct fault *fault) {
    if (name == NULL) return true;
    const bool strict = strcmp(name, "strict") == 0;
    if (!strict && strcmp(name, "default") != 0)
        return fault_set(fault, EXIT_USAGE,
                         "option '--numerics' has value '%s', expected default or strict", name);
    *out = strict ? SDX_NUMERICS_STRICT : SDX_NUMERICS_DEFAULT;
    return true;
}

bool session_runtime(const struct text_list *custom_ops, bool log, sdx_runtime **out,
                     struct fault *fault) {
    sdx_runtime_options options;
    sdx_runtime *runtime = NULL;
    sdx_runtime_options_init(&options);
    options.log = log ? log_line : NULL;
    options.log_level = SDX_LOG_DEBUG;
    bool good = fault_check(fault, sdx_runtime_create(&options, &runtime));
    for (size_t i = 0; good && i < custom_ops->n; i++) {
        good = fault_check(fault, sdx_runtime_load_ops(runtime, custom_ops->items[i]));
    }
    if (!good) {
        sdx_runtime_release(runtime);
        return false;
    }
    *out = runtime;
    return true;
}

/* Loads a provider and adds its name to a list. */
static bool load_provider(const char *word, sdx_runtime *runtime, struct text *names,
                          struct fault *fault) {
    const char *const colon = word[0] != 0 ? strchr(word + 1, ':') : NULL;
    /* "C:\..." is a path */
    const char *const end = colon != NULL && colon == word + 1 ? strchr(colon + 1, ':') : colon;
    char *const path = mem_copy(word, end != NULL ? (size_t)(end - word) : strlen(word));
    const char *name = NULL;
    const bool good = fault_check(
        fault, sdx_runtime_load_provider(runtime, path, end != NULL ? end + 1 : NULL, &name));
    if (good) text_add(names, "%s%s", names->len > 0 ? "," : "", name);
    mem_free(path);
    return good;
}

static bool load_providers(const struct text_list *words, sdx_runtime *runtime, struct text *names,
                           struct fault *fault) {
    bool good = true;
    for (size_t i = 0; good && i < words->n; i++) {
        good = load_provider(words->items[i], runtime, names, fault);
    }
    return good;
}

static bool load_model(const struct session_settings *settings, const char *path,
                       sdx_model_options *options, struct session *session, struct fault *fault) {
    struct text names = {0};
    bool good = load_providers(&settings->providers, session->runtime, &names, fault);
    options->providers = text_get(&names);
    options->require_provider = settings->require_provider;
    good = good &&
           fault_check(fault, sdx_model_load(session->runtime, path, options, &session->model));
    text_free(&names);
    return good;
}

void session_settings_free(struct session_settings *settings) {
    text_list_free(&settings->custom_ops);
    text_list_free(&settings->providers);
}

bool session_open(const struct session_settings *settings, const char *path, struct session *out,
                  struct fault *fault) {
    struct session session = {0};
    sdx_model_options model;
    sdx_model_options_init(&model);
    model.memory_limit = (size_t)settings->memory_limit;
    model.optimize = !settings->no_optimize;
    model.disabled_rules = settings->disabled_rules;
    model.folder = settings->folder;
    model.allow_missing = settings->allow_missing;
    model.graph_only = settings->graph_only;
    const bool good =
        load_mode(settings->load, &model.load, fault) &&
        numerics_policy(settings->numerics, &model.numerics, fault) &&
        session_runtime(&settings->custom_ops, settings->log, &session.runtime, fault) &&
        load_model(settings, path, &model, &session, fault);
    if (!good) {
        session_close(&session);
        return false;
    }
    *out = session;
    return true;
}

bool session_context(const struct session_settings *settings, struct session *session,
                     struct fault *fault) {
    sdx_context_options options;
    sdx_context_options_init(&options);
    options.threads = settings->threads > UINT32_MAX ? UINT32_MAX : (unsigned)settings->threads;
    options.memory_limit = (size_t)settings->memory_limit;
    options.keep_denormals = settings->keep_denormals;
    return fault_check(fault, sdx_context_create(session->model, &options, &session->context));
}

bool session_run(const struct session *session, sdx_value *const *inputs, size_t n_inputs,
                 struct fault *fault) {
    const size_t n = sdx_model_n_outputs(session->model);
    sdx_value **const outputs = mem_new(n, sizeof *outputs);
    const bool good =
        fault_check(fault, sdx_context_run(session->context, inputs, n_inputs, outputs, n, NULL));
    for (size_t i = 0; i < n; i++) {
        sdx_value_release(outputs[i]);
    }
    mem_free(outputs);
    return good;
}

void session_close(struct session *session) {
    sdx_context_destroy(session->context);
    sdx_model_release(session->model);
    sdx_runtime_release(session->runtime);
    *session = (struct session){0};
}
