/* convert.h: the old and the new model on the same inputs. What the new one gets from within the
 * old one, and what it should make, are outputs of the old one here. */
#include <math.h>
#include <string.h>

#include "cli/compare.h"
#include "cli/convert.h"
#include "cli/elements.h"
#include "cli/memory.h"
#include "cli/ports.h"
#include "cli/set_inputs.h"
#include "cli/verify_model.h"

/* A run of one model: its outputs in its order. */
struct trial {
    struct session session;
    struct inputs made_up;
    struct set_inputs read;
    sdx_value *const *inputs; /* n_inputs; of one of these, or NULL: the caller's */
    size_t n_inputs;
    sdx_value **outputs; /* owned, and so is each */
    size_t n;
};

static void trial_close(struct trial *trial) {
    for (size_t i = 0; i < trial->n; i++) {
        sdx_value_release(trial->outputs[i]);
    }
    mem_free(trial->outputs);
    inputs_free(&trial->made_up);
    set_inputs_free(&trial->read);
    session_close(&trial->session);
}

static bool run(const struct conversion *c, struct trial *trial, sdx_value *const *inputs,
                struct fault *fault) {
    const sdx_model *const model = trial->session.model;
    trial->n = sdx_model_n_outputs(model);
    trial->outputs = mem_new(trial->n, sizeof(sdx_value *));
    return session_context(&c->settings->session, &trial->session, fault) &&
           fault_check(fault,
                       sdx_context_run(trial->session.context, inputs, sdx_model_n_inputs(model),
                                       trial->outputs, trial->n, NULL));
}

/* Values that the old model has to show: ends of the new one that are not its inputs. */
static void wanted_of_old(const struct conversion *c, struct value_list *out) {
    for (size_t i = 0; i < c->inputs.n + c->outputs.n; i++) {
        const bool end = i >= c->inputs.n;
        const sdx_gvalue *const value =
            end ? c->outputs.items[i - c->inputs.n] : c->inputs.items[i];
        sdx_gvalue_info info = {.struct_size = sizeof info};
        bool known = false;
        sdx_gvalue_describe(value, &info);
        for (size_t k = 0; k < out->n; k++) {
            known = known || out->items[k] == value;
        }
        if (!known && (end || !info.is_input)) {
            value_list_add(out, value);
        }
    }
}

static bool find_inputs(const struct conversion *c, struct trial *old, struct fault *fault) {
    const sdx_model *const model = old->session.model;
    if (c->settings->data != NULL) {
        const bool good = set_inputs_read(model, c->settings->data, &old->read, fault);
        old->inputs = old->read.values;
        old->n_inputs = old->read.n;
        return good;
    }
    const bool good = inputs_gather(&c->settings->input, model, &old->made_up, fault);
    old->inputs = old->made_up.values;
    old->n_inputs = old->made_up.n;
    return good;
}

static bool run_old(const struct conversion *c, const char *path, struct trial *old,
                    struct fault *fault) {
    struct session_settings plain = c->settings->session;
    plain.no_optimize = true;
    plain.providers = (struct text_list){0};
    plain.require_provider = false;
    bool good = false;
    if (c->cut) {
        struct value_list wanted = {0};
        wanted_of_old(c, &wanted);
        good = convert_reference(c, &wanted, &old->session.model, fault);
        mem_free((void *)wanted.items);
    } else {
        good = session_open(&plain, path, &old->session, fault);
    }
    return good && find_inputs(c, old, fault) && run(c, old, old->inputs, fault);
}

/* The value of a port of the old model, input or output; NULL where it has none. */
static sdx_value *value_of(const struct trial *old, sdx_str name) {
    const sdx_model *const model = old->session.model;
    const size_t output = port_find_output(model, name);
    const size_t input = port_find_input(model, name);
    return output < old->n         ? old->outputs[output]
           : input < old->n_inputs ? old->inputs[input]
                                   : NULL;
}

static bool run_new(const struct conversion *c, const char *path, const struct trial *old,
                    struct trial *new_one, struct fault *fault) {
    struct session_settings settings = c->settings->session;
    sdx_port_info port;
    settings.folder = NULL; /* its external data lie beside it */
    if (!session_open(&settings, path, &new_one->session, fault)) {
        return false;
    }
    const size_t n = sdx_model_n_inputs(new_one->session.model);
    sdx_value **const inputs = mem_new(n, sizeof(sdx_value *));
    for (size_t i = 0; port_input(new_one->session.model, i, &port); i++) {
        inputs[i] = value_of(old, port.name);
    }
    const bool good = run(c, new_one, inputs, fault);
    mem_free(inputs);
    return good;
}

/* ---- comparison ---- */

static double unit_roundoff(sdx_dtype dtype) {
    return dtype == SDX_FLOAT16 ? 0x1p-11 : dtype == SDX_BFLOAT16 ? 0x1p-8 : 0;
}

/* Nodes round anew as in verify; and each node that takes a rounded weight is off by its unit
 * roundoff, one way or the other, which adds up like a random walk. */
static double allowed(const struct conversion *c, sdx_dtype dtype, size_t n_nodes) {
    return isnan(c->settings->limit)
               ? verify_limit(dtype, n_nodes) +
                     4 * unit_roundoff(c->weights) * sqrt((double)c->n_readers)
               : c->settings->limit;
}

static bool measure(const sdx_value *got, const sdx_value *expected, double *difference,
                    double *largest) {
    if (sdx_value_kind(got) != SDX_TENSOR || sdx_value_kind(expected) != SDX_TENSOR ||
        sdx_tensor_dtype(got) != sdx_tensor_dtype(expected) ||
        sdx_tensor_len(got) != sdx_tensor_len(expected) ||
        element_kind(sdx_tensor_dtype(got)) == ELEMENT_STRING) {
        return false;
    }
    for (size_t i = 0; i < sdx_tensor_len(got); i++) {
        const double a = element_get(sdx_tensor_dtype(got), sdx_tensor_data(got), i);
        const double b = element_get(sdx_tensor_dtype(got), sdx_tensor_data(expected), i);
        *difference = fabs(a - b) > *difference ? fabs(a - b) : *difference;
        *largest = fabs(b) > *largest ? fabs(b) : *largest;
    }
    return true;
}

static bool compare(const struct conversion *c, const struct trial *old,
                    const struct trial *new_one, struct convert_check *out, struct fault *fault) {
    sdx_model_summary summary = {.struct_size = sizeof summary};
    sdx_port_info port;
    bool good = true;
    sdx_model_summarize(c->source.model, &summary);
    out->outputs = mem_new(new_one->n, sizeof *out->outputs);
    for (size_t i = 0; port_output(new_one->session.model, i, &port); i++) {
        const struct norm norm = {.limit = allowed(c, port.dtype, summary.n_nodes_final)};
        const sdx_value *const expected = value_of(old, port.name);
        struct fault found = {0};
        out->outputs[out->n].name = mem_copy(port.name.ptr, port.name.len);
        if (!compare_values(&norm, new_one->outputs[i], expected, &out->outputs[out->n].ratio,
                            &found)) {
            fault_in(&found, "output '%s'", out->outputs[out->n].name);
            if (good) { /* the first one is told */
                fault_set(fault, EXIT_CHECK, "%s", text_get(&found.text));
            }
            good = false;
        }
        out->outputs[out->n].number =
            measure(new_one->outputs[i], expected, &out->outputs[out->n].difference,
                    &out->outputs[out->n].largest);
        out->n++;
        fault_free(&found);
    }
    return good;
}

bool convert_check(const struct conversion *c, const char *source, const char *path,
                   struct convert_check *out, struct fault *fault) {
    struct trial old = {0};
    struct trial new_one = {0};
    bool good = run_old(c, source, &old, fault) ||
                fault_in(fault, "the model as it was cannot be run, so it is not checked; give "
                                "inputs that it takes, or --no-check");
    good = good && (run_new(c, path, &old, &new_one, fault) || fault_in(fault, "'%s'", path));
    good = good && compare(c, &old, &new_one, out, fault);
    trial_close(&new_one);
    trial_close(&old);
    return good;
}

void convert_check_free(struct convert_check *check) {
    for (size_t i = 0; i < check->n; i++) {
        mem_free(check->outputs[i].name);
    }
    mem_free(check->outputs);
    *check = (struct convert_check){0};
}
