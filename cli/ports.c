/* ports.h. */
#include "cli/ports.h"

#include <inttypes.h>

static bool got(sdx_status status) {
    const bool good = status == NULL;
    sdx_status_free(status);
    return good;
}

bool port_input(const sdx_model *model, size_t index, sdx_port_info *out) {
    return index < sdx_model_n_inputs(model) && got(sdx_model_input(model, index, out));
}

bool port_output(const sdx_model *model, size_t index, sdx_port_info *out) {
    return index < sdx_model_n_outputs(model) && got(sdx_model_output(model, index, out));
}

size_t port_find_input(const sdx_model *model, sdx_str name) {
    sdx_port_info port;
    size_t i = 0;
    while (port_input(model, i, &port) && !str_same(port.name, name)) {
        i++;
    }
    return i;
}

size_t port_find_output(const sdx_model *model, sdx_str name) {
    sdx_port_info port;
    size_t i = 0;
    while (port_output(model, i, &port) && !str_same(port.name, name)) {
        i++;
    }
    return i;
}

bool port_unknown(const sdx_model *model, enum port_side side, sdx_str name, struct fault *fault) {
    bool (*const port_at)(const sdx_model *model, size_t index, sdx_port_info *out) =
        side == PORT_INPUT ? port_input : port_output;
    struct text list = {0};
    sdx_port_info port;
    for (size_t i = 0; port_at(model, i, &port); i++) {
        text_add(&list, "%s'", i > 0 ? ", " : "");
        text_safe(&list, port.name);
        text_add(&list, "'");
    }
    fault_set(fault, EXIT_USAGE, "the model has no %s '%.*s'; it has %s",
              side == PORT_INPUT ? "input" : "output", (int)name.len, name.ptr, text_get(&list));
    text_free(&list);
    return false;
}

void port_type(struct text *text, const sdx_port_info *port) {
    static const char *const before[] = {[SDX_TENSOR] = "",
                                         [SDX_SEQUENCE] = "sequence of ",
                                         [SDX_MAP] = "",
                                         [SDX_OPTIONAL] = "optional "};
    const bool maps = port->key != SDX_UNDEFINED;
    text_add(text, "%s",
             port->kind >= SDX_TENSOR && port->kind <= SDX_OPTIONAL ? before[port->kind] : "");
    if (maps) {
        text_add(text, "map%s of %s to ", port->kind == SDX_SEQUENCE ? "s" : "",
                 sdx_dtype_name(port->key));
    }
    text_add(text, "%s", sdx_dtype_name(port->dtype));
}

void port_shape(struct text *text, const sdx_port_info *port) {
    if (!port->has_rank) {
        text_add(text, "%s", port->kind == SDX_MAP || port->key != SDX_UNDEFINED ? "" : "any rank");
        return;
    }
    text_add(text, "%s", port->rank == 0 ? "scalar" : "");
    for (size_t i = 0; i < port->rank; i++) {
        text_add(text, "%s", i > 0 ? " x " : "");
        if (port->dims[i] >= 0) {
            text_add(text, "%" PRId64, port->dims[i]);
        } else if (port->symbols[i].len > 0) {
            text_safe(text, port->symbols[i]);
        } else {
            text_add(text, "?");
        }
    }
}
