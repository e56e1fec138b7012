/* verify_model.h over the public header: a rewrite is left out by disabled_rules. */
#include "cli/verify_model.h"

#include <math.h>

#include "cli/compare.h"
#include "cli/memory.h"
#include "cli/ports.h"
#include "cli/set_inputs.h"

struct source {
    const struct verify_settings *settings;
    const char *path;
    const char *const *rules; /* n_rules */
    size_t n_rules;
    struct session plain; /* the graph as it stands, for names and numbers */
    size_t n_nodes;
    sdx_value *const *inputs; /* n_inputs; borrowed */
    size_t n_inputs;
};

/* Each node may round anew, one way or the other: the errors of n nodes add up like a random walk,
 * to some sqrt(n) of one. A step is the distance between 1 and the next number of the type; float64
 * may have been computed from float32. */
double verify_limit(sdx_dtype dtype, size_t n_nodes) {
    static const struct {
        sdx_dtype dtype;
        double step;
    } steps[] = {{SDX_FLOAT16, 0x1p-10},     {SDX_BFLOAT16, 0x1p-7},
                 {SDX_FLOAT8E4M3FN, 0x1p-3}, {SDX_FLOAT8E4M3FNUZ, 0x1p-3},
                 {SDX_FLOAT8E5M2, 0x1p-2},   {SDX_FLOAT8E5M2FNUZ, 0x1p-2}};
    double step = 0x1p-23;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        step = steps[i].dtype == dtype ? steps[i].step : step;
    }
    return 4 * sqrt((double)n_nodes) * step;
}

static void name_unused(const struct source *source, const bool *used, struct text *names) {
    const char *const more = source->settings->session.disabled_rules;
    text_add(names, "%s", more != NULL ? more : "");
    for (size_t i = 0; used != NULL && i < source->n_rules; i++) {
        if (!used[i]) {
            text_add(names, ",%s", source->rules[i]);
        }
    }
}

static bool run(void *user, const bool *used, sdx_value **outputs, struct fault *fault) {
    const struct source *const source = user;
    struct session_settings settings = source->settings->session;
    struct session session = {0};
    struct text names = {0};
    name_unused(source, used, &names);
    settings.no_optimize = used == NULL;
    settings.disabled_rules = text_get(&names);
    const bool good =
        session_open(&settings, source->path, &session, fault) &&
        session_context(&settings, &session, fault) &&
        fault_check(fault, sdx_context_run(session.context, source->inputs, source->n_inputs,
                                           outputs, sdx_model_n_outputs(session.model), NULL));
    session_close(&session);
    text_free(&names);
    return good;
}

static bool same(void *user, sdx_value *const *got, sdx_value *const *expected, double *ratio,
                 struct fault *fault) {
    const struct source *const source = user;
    const double given = source->settings->limit;
    const size_t n = sdx_model_n_outputs(source->plain.model);
    for (size_t i = 0; i < n; i++) {
        sdx_port_info port;
        if (!fault_check(fault, sdx_model_output(source->plain.model, i, &port))) {
            return false;
        }
        const struct norm norm = {.limit = isnan(given) ? verify_limit(port.dtype, source->n_nodes)
                                                        : given};
        if (!compare_values(&norm, got[i], expected[i], ratio, fault)) {
            return fault_in(fault, "output '%.*s'", (int)port.name.len, port.name.ptr);
        }
    }
    return true;
}

static bool verify_with(struct source *source, sdx_value *const *inputs, size_t n,
                        struct verify_result *out, struct fault *fault) {
    const struct verify_subject subject = {.rules = source->rules,
                                           .n_rules = source->n_rules,
                                           .n_outputs = sdx_model_n_outputs(source->plain.model),
                                           .user = source,
                                           .run = run,
                                           .same = same};
    source->inputs = inputs;
    source->n_inputs = n;
    return verify_rules(&subject, out, fault);
}

bool verify_model(const struct verify_settings *settings, const char *path, const char *set,
                  const char *const *rules, size_t n_rules, struct verify_result *out,
                  struct fault *fault) {
    struct source source = {.settings = settings, .path = path, .rules = rules, .n_rules = n_rules};
    struct session_settings plain = settings->session;
    sdx_model_summary summary = {.struct_size = sizeof summary};
    plain.no_optimize = true;
    if (!session_open(&plain, path, &source.plain, fault)) {
        return false;
    }
    sdx_model_summarize(source.plain.model, &summary);
    source.n_nodes = summary.n_nodes_final;
    bool good = false;
    if (set != NULL) {
        struct set_inputs inputs = {0};
        good = set_inputs_read(source.plain.model, set, &inputs, fault) &&
               verify_with(&source, inputs.values, inputs.n, out, fault);
        set_inputs_free(&inputs);
    } else {
        struct inputs inputs = {0};
        good = inputs_gather(&settings->input, source.plain.model, &inputs, fault) &&
               verify_with(&source, inputs.values, inputs.n, out, fault);
        inputs_free(&inputs);
    }
    session_close(&source.plain);
    return good;
}
