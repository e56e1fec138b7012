/* Which input each file of a set is for, and its value. */
#include "cli/set_inputs.h"

#include <string.h>

#include "cli/json_value.h"
#include "cli/memory.h"
#include "cli/os.h"
#include "cli/ports.h"
#include "cli/proto.h"

enum { MAX_FILES = 4096 }; /* input_K of a set */

static bool has_input_file(const char *set, size_t index, struct text *path) {
    static const char *const endings[] = {"pb", "map.json"};
    for (size_t i = 0; i < 2; i++) {
        text_free(path);
        text_add(path, "%s/input_%zu.%s", set, index, endings[i]);
        if (os_kind_of(text_get(path)) == OS_FILE) {
            return true;
        }
    }
    return false;
}

static bool read_map_json(const char *path, const sdx_port_info *port, sdx_value **out,
                          struct fault *fault) {
    struct bytes bytes = {0};
    struct json json = {0};
    if (!file_read(path, &bytes, fault)) {
        return false;
    }
    bool good = json_parse(bytes.ptr, bytes.size, &json, fault);
    bytes_free(&bytes);
    if (good) { /* {"name of the input": value}, or the value itself */
        const bool named = json.nodes[0].kind == JSON_OBJECT && json.nodes[0].n == 1 &&
                           json_find(&json, 0, "entries") == 0;
        good = json_to_value(&json, named ? 2 : 0, port, out, fault);
        json_free(&json);
    }
    return good || fault_in(fault, "file '%s'", path);
}

void set_inputs_free(struct set_inputs *inputs) {
    for (size_t i = 0; i < inputs->n; i++) {
        sdx_value_release(inputs->values[i]);
        mem_free(inputs->names[i]);
    }
    mem_free(inputs->values);
    mem_free(inputs->names);
}

/* Index of the port that file `k` is for: the k-th one of those without an initializer, or simply
 * the k-th where there are as many files as ports. n_inputs when there is none. */
static size_t port_of_file(const sdx_model *model, size_t k, bool all) {
    const size_t n = sdx_model_n_inputs(model);
    sdx_port_info port;
    for (size_t i = 0; i < n; i++) {
        if (!all && port_input(model, i, &port) && port.has_default) {
            continue;
        }
        if (k-- == 0) {
            return i;
        }
    }
    return n;
}

static size_t count_required(const sdx_model *model) {
    size_t n = 0;
    while (port_of_file(model, n, false) < sdx_model_n_inputs(model)) {
        n++;
    }
    return n;
}

static bool read_input(const sdx_model *model, const char *path, size_t index,
                       struct set_inputs *inputs, struct fault *fault) {
    sdx_port_info port;
    if (!fault_check(fault, sdx_model_input(model, index, &port))) {
        return false;
    }
    const bool json = strcmp(path_extension(path), "json") == 0;
    return json ? read_map_json(path, &port, &inputs->values[index], fault)
                : proto_read(path, &port, &inputs->values[index], &inputs->names[index], fault);
}

/* Where every file names a different input, names decide instead of positions. */
static void place_by_name(const sdx_model *model, struct set_inputs *inputs) {
    sdx_value **const placed = mem_new(inputs->n, sizeof *placed);
    sdx_port_info port;
    bool good = true;
    for (size_t i = 0; good && i < inputs->n; i++) {
        if (inputs->values[i] == NULL) {
            continue;
        }
        good = false;
        for (size_t k = 0; !good && inputs->names[i] != NULL && k < inputs->n; k++) {
            good = port_input(model, k, &port) && placed[k] == NULL &&
                   str_is(port.name, inputs->names[i]);
            placed[k] = good ? inputs->values[i] : placed[k];
        }
    }
    if (good) {
        memcpy((void *)inputs->values, (const void *)placed, inputs->n * sizeof *placed);
    }
    mem_free(placed);
}

bool set_inputs_read(const sdx_model *model, const char *set, struct set_inputs *out,
                     struct fault *fault) {
    struct text path = {0};
    const size_t n = sdx_model_n_inputs(model);
    struct set_inputs inputs = {.values = mem_new(n, sizeof *inputs.values),
                                .names = mem_new(n, sizeof *inputs.names),
                                .n = n};
    size_t n_files = 0;
    while (n_files < MAX_FILES && has_input_file(set, n_files, &path)) {
        n_files++;
    }
    const bool all = n_files > count_required(model);
    bool good = n_files <= n ||
                fault_code(fault, SDX_INVALID_ARGUMENT,
                           "there are %zu input files, the model has %zu inputs", n_files, n);
    for (size_t k = 0; good && k < n_files; k++) {
        good = has_input_file(set, k, &path) &&
               read_input(model, text_get(&path), port_of_file(model, k, all), &inputs, fault);
    }
    text_free(&path);
    if (!good) {
        set_inputs_free(&inputs);
        return false;
    }
    place_by_name(model, &inputs);
    *out = inputs;
    return true;
}
