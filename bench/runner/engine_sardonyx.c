/* Sardonyx, over its public header. Outputs of the first run are filled in place by all later ones,
 * where they are tensors. */
#include <sardonyx/sardonyx.h>
#include <stdlib.h>
#include <string.h>

#include "bench/runner/runner.h"

static sdx_runtime *runtime;
static sdx_model *model;
static sdx_context *context;
static sdx_value **inputs, **outputs;
static size_t n_inputs, n_outputs;
static struct tensors views;
static bool in_place = true; /* all outputs are tensors that can be filled */

static void require(sdx_status status) {
    if (status != NULL) fail("%s", sdx_status_text(status));
}

void engine_open(const struct options *options) {
    (void)options;
    require(sdx_runtime_create(NULL, &runtime));
}

void engine_load(const struct options *options) {
    sdx_model_options model_options;
    sdx_context_options context_options;
    sdx_model_options_init(&model_options);
    sdx_context_options_init(&context_options);
    model_options.optimize = options->optimize;
    context_options.threads = options->threads;
    require(sdx_model_load(runtime, options->model, &model_options, &model));
    require(sdx_context_create(model, &context_options, &context));
    n_inputs = sdx_model_n_inputs(model);
    n_outputs = sdx_model_n_outputs(model);
    inputs = new_array(n_inputs, sizeof *inputs);
    outputs = new_array(n_outputs, sizeof *outputs);
    views.items = new_array(n_outputs, sizeof *views.items);
}

static sdx_value *wrap(const struct tensor *t) {
    sdx_value *value;
    if (t->strings == NULL) {
        require(sdx_tensor_wrap((sdx_dtype)t->dtype, t->rank, t->dims, t->data, t->size, NULL, NULL,
                                &value));
        return value;
    }
    sdx_str *const strings = new_array(t->len, sizeof *strings);
    for (size_t i = 0; i < t->len; i++) {
        strings[i] = (sdx_str){t->strings[i], strlen(t->strings[i])};
    }
    require(sdx_tensor_strings(NULL, t->rank, t->dims, strings, t->len, &value));
    free(strings);
    return value;
}

void engine_bind(const struct tensors *tensors) {
    for (size_t i = 0; i < n_inputs; i++) {
        sdx_port_info port;
        require(sdx_model_input(model, i, &port));
        const struct tensor *const t = tensors_find(tensors, port.name.ptr, port.name.len);
        if (t != NULL) {
            inputs[i] = wrap(t);
        } else if (!port.has_default) {
            fail("no input '%.*s' is given", (int)port.name.len, port.name.ptr);
        }
    }
}

static bool can_be_filled(const sdx_value *value) {
    return value != NULL && sdx_value_kind(value) == SDX_TENSOR &&
           sdx_tensor_dtype(value) != SDX_STRING;
}

static void drop_what_cannot_be_filled(void) {
    for (size_t i = 0; i < n_outputs; i++) {
        if (!can_be_filled(outputs[i])) {
            sdx_value_release(outputs[i]);
            outputs[i] = NULL;
            in_place = false;
        }
    }
}

void engine_run(void) {
    static bool again;
    if (again && !in_place) drop_what_cannot_be_filled();
    require(sdx_context_run(context, inputs, n_inputs, outputs, n_outputs, NULL));
    for (size_t i = 0; !again && i < n_outputs; i++) {
        if (!can_be_filled(outputs[i])) in_place = false;
    }
    again = true;
}

static void view(size_t i, struct tensor *t) {
    sdx_port_info port;
    const sdx_value *const value = outputs[i];
    require(sdx_model_output(model, i, &port));
    const size_t len = port.name.len < MAX_NAME ? port.name.len : MAX_NAME - 1;
    memcpy(t->name, port.name.ptr, len);
    if (value == NULL || sdx_value_kind(value) != SDX_TENSOR) return;
    t->dtype = (int)sdx_tensor_dtype(value);
    t->rank = sdx_tensor_rank(value);
    memcpy(t->dims, sdx_tensor_dims(value), t->rank * sizeof *t->dims);
    t->len = sdx_tensor_len(value);
    if (t->dtype != STRING_DTYPE) {
        t->size = sdx_tensor_size(value);
        t->data = sdx_tensor_data(value);
        return;
    }
    const sdx_str *const strings = sdx_tensor_data(value);
    t->strings = new_array(t->len, sizeof *t->strings);
    for (size_t k = 0; k < t->len; k++) {
        t->strings[k] = new_array(strings[k].len + 1, 1);
        if (strings[k].len > 0) memcpy(t->strings[k], strings[k].ptr, strings[k].len);
    }
}

struct tensors engine_outputs(void) {
    views.n = n_outputs;
    memset(views.items, 0, n_outputs * sizeof *views.items);
    for (size_t i = 0; i < n_outputs; i++) {
        view(i, &views.items[i]);
    }
    return views;
}

void engine_close(void) {
    for (size_t i = 0; i < n_inputs; i++) {
        sdx_value_release(inputs[i]);
    }
    for (size_t i = 0; i < n_outputs; i++) {
        sdx_value_release(outputs[i]);
    }
    sdx_context_destroy(context);
    sdx_model_release(model);
    sdx_runtime_release(runtime);
    free(inputs);
    free(outputs);
    free(views.items);
}
