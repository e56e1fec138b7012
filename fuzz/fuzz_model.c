/* Any bytes as a model: import, rewrites, program, and a run on small inputs must end with a result
 * or an error. External data comes from a callback that refuses some names, memory is limited, and
 * a deadline ends loops that do not. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sardonyx/sardonyx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_PORTS = 16, LIMIT = 64 << 20, DEADLINE_NS = 200 * 1000 * 1000 };

/* Files have every offset; those with names of odd length are missing. */
static bool read_file(void *user, sdx_str name, uint64_t offset, void *data, size_t length) {
    (void)user;
    memset(data, (int)(offset & 0xff), length);
    return name.len % 2 == 0;
}

/* A tensor of the declared type; unknown dims are 2, large ones are cut so that the run stays
 * small. */
static sdx_value *make_input(const sdx_port_info *port) {
    int64_t dims[SDX_MAX_RANK];
    size_t len = 1;
    for (size_t i = 0; i < port->rank; i++) {
        dims[i] = port->dims[i] < 0 ? 2 : port->dims[i] > 64 ? 64 : port->dims[i];
        if (len * (size_t)dims[i] > 4096) dims[i] = 1;
        len *= (size_t)dims[i];
    }
    sdx_value *value = NULL;
    if (port->kind != SDX_TENSOR || port->dtype == SDX_UNDEFINED) return NULL;
    sdx_status_free(sdx_tensor_create(NULL, port->dtype, port->rank, dims, &value));
    if (value == NULL || port->dtype == SDX_STRING) return value;
    uint8_t *const bytes = sdx_tensor_data(value);
    for (size_t i = 0; i < sdx_tensor_size(value); i++) {
        bytes[i] = (uint8_t)(port->dtype == SDX_BOOL ? i & 1 : i * 37 & 0x3f);
    }
    return value;
}

static void run(sdx_model *model) {
    sdx_value *inputs[MAX_PORTS] = {0}, *outputs[MAX_PORTS] = {0};
    const size_t n_in = sdx_model_n_inputs(model), n_out = sdx_model_n_outputs(model);
    sdx_context_options options;
    sdx_context_options_init(&options);
    options.threads = 1;
    options.memory_limit = LIMIT;
    sdx_context *context = NULL;
    if (n_in > MAX_PORTS || n_out > MAX_PORTS) return;
    sdx_status_free(sdx_context_create(model, &options, &context));
    for (size_t i = 0; i < n_in && context != NULL; i++) {
        sdx_port_info port;
        const sdx_status status = sdx_model_input(model, i, &port);
        if (status == NULL && !port.has_default) inputs[i] = make_input(&port);
        sdx_status_free(status);
    }
    for (int round = 0; round < 2 && context != NULL; round++) {
        sdx_context_set_deadline(context, DEADLINE_NS);
        sdx_status_free(sdx_context_run(context, inputs, n_in, outputs, n_out, NULL));
        for (size_t i = 0; i < n_out; i++) {
            sdx_value_release(outputs[i]);
            outputs[i] = NULL;
        }
    }
    for (size_t i = 0; i < n_in; i++) {
        sdx_value_release(inputs[i]);
    }
    sdx_context_destroy(context);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    sdx_runtime *runtime = NULL;
    sdx_model *model = NULL;
    sdx_model_options options;
    sdx_model_options_init(&options);
    options.memory_limit = LIMIT;
    options.read = size % 4 != 0 ? read_file : NULL; /* without: there is no folder either */
    sdx_status_free(sdx_runtime_create(NULL, &runtime));
    if (runtime == NULL) return 0;
    sdx_status_free(sdx_model_load_memory(runtime, data, size, &options, &model));
    if (model != NULL) run(model);
    sdx_model_release(model);
    sdx_runtime_release(runtime);
    return 0;
}
