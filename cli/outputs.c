/* outputs.h. */
#include "cli/outputs.h"

#include <string.h>

#include "cli/json_value.h"
#include "cli/memory.h"
#include "cli/npy.h"
#include "cli/os.h"
#include "cli/ports.h"
#include "cli/summary.h"
#include "cli/table.h"
#include "cli/value_file.h"
#include "cli/zip.h"

const struct option output_options[] = {
    {"output", "[NAME=]FILE", "write an output: .npy .npz .pb .json .raw, - (JSON)", OPTION_LIST,
     offsetof(struct output_settings, files)},
    {"output-dir", "DIR", "write every output to a file of its own", OPTION_TEXT,
     offsetof(struct output_settings, folder)},
    {"format", "npy|pb|json|raw", "of these files (default: npy)", OPTION_TEXT,
     offsetof(struct output_settings, format)},
};
const size_t n_output_options = sizeof output_options / sizeof *output_options;

/* ---- writing ---- */

/* Splits "[NAME=]FILE"; the index is n_outputs for an .npz without a name, which takes all. */
static bool split(const sdx_model *model, const char *text, size_t *index, const char **path,
                  struct fault *fault) {
    const size_t n = sdx_model_n_outputs(model);
    for (const char *equals = strchr(text, '='); equals != NULL; equals = strchr(equals + 1, '=')) {
        *index = port_find_output(model, (sdx_str){text, (size_t)(equals - text)});
        *path = equals + 1;
        if (*index < n) {
            return value_file_known(*path) ||
                   fault_set(
                       fault, EXIT_USAGE,
                       "option '--output': the ending of '%s' is none of .npy .npz .pb .json .raw",
                       *path);
        }
    }
    const char *const equals = strchr(text, '=');
    const char *const slash = strchr(text, '/');
    if (equals != NULL && (slash == NULL || equals < slash)) {
        return port_unknown(model, PORT_OUTPUT, (sdx_str){text, (size_t)(equals - text)}, fault);
    }
    *index = path_ends(text, "npz") ? n : 0;
    *path = text;
    if (!value_file_known(text)) {
        return fault_set(fault, EXIT_USAGE,
                         "option '--output': '%s' names no output and no file that ends in .npy "
                         ".npz .pb .json .raw",
                         text);
    }
    return *index == n || n == 1 ||
           fault_set(fault, EXIT_USAGE,
                     "option '--output': the model has %zu outputs, say which: NAME=%s; 'sardonyx "
                     "info' shows them",
                     n, text);
}

bool outputs_check(const struct output_settings *settings, const sdx_model *model,
                   struct fault *fault) {
    static const char *const formats[] = {"npy", "pb", "json", "raw"};
    size_t index = 0;
    const char *path = NULL;
    for (size_t i = 0; i < settings->files.n; i++) {
        if (!split(model, settings->files.items[i], &index, &path, fault)) {
            return false;
        }
    }
    for (size_t i = 0; settings->format != NULL && i < sizeof formats / sizeof *formats; i++) {
        if (strcmp(settings->format, formats[i]) == 0) {
            return true;
        }
    }
    return settings->format == NULL ||
           fault_set(fault, EXIT_USAGE,
                     "option '--format' has value '%s', expected npy, pb, json or raw",
                     settings->format);
}

static char *name_of(const sdx_model *model, size_t index) {
    sdx_port_info port;
    return port_output(model, index, &port) ? mem_copy(port.name.ptr, port.name.len) : mem_text("");
}

static bool write_archive(const sdx_model *model, sdx_value *const *values, const char *path,
                          struct fault *fault) {
    struct zip_out zip = {0};
    bool good = true;
    for (size_t i = 0; good && i < sdx_model_n_outputs(model); i++) {
        struct text content = {0};
        struct text member = {0};
        char *const name = name_of(model, i);
        text_add(&member, "%s.npy", name);
        good = (npy_format(values[i], &content, fault) &&
                zip_add(&zip, text_get(&member), content.ptr, content.len, fault)) ||
               fault_in(fault, "output '%s'", name);
        mem_free(name);
        text_free(&member);
        text_free(&content);
    }
    if (good) {
        zip_end(&zip);
        good = file_write(path, zip.archive.ptr, zip.archive.len, fault);
    }
    zip_out_free(&zip);
    return good;
}

/* A file name from the name of an output: what could leave the folder or trouble a shell becomes
 * '_'. */
static void add_file_name(struct text *path, const char *name) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    for (size_t i = 0; name[i] != 0; i++) {
        const bool good = strchr(plain, name[i]) != NULL && !(i == 0 && name[i] == '.');
        text_add(path, "%c", good ? name[i] : '_');
    }
}

static bool write_folder(const struct output_settings *settings, const sdx_model *model,
                         sdx_value *const *values, struct fault *fault) {
    const char *const format = settings->format != NULL ? settings->format : "npy";
    bool good = os_make_folder(settings->folder, fault);
    for (size_t i = 0; good && i < sdx_model_n_outputs(model); i++) {
        char *const name = name_of(model, i);
        struct text path = {0};
        text_add(&path, "%s/", settings->folder);
        if (strcmp(format, "pb") == 0) {
            text_add(&path, "output_%zu", i); /* as in test data of ONNX */
        } else {
            add_file_name(&path, name);
        }
        text_add(&path, ".%s", format);
        good = value_write(text_get(&path), name, values[i], fault);
        text_free(&path);
        mem_free(name);
    }
    return good;
}

bool outputs_write(const struct output_settings *settings, const sdx_model *model,
                   sdx_value *const *values, struct fault *fault) {
    bool good = true;
    for (size_t i = 0; good && i < settings->files.n; i++) {
        size_t index = 0;
        const char *path = NULL;
        good = split(model, settings->files.items[i], &index, &path, fault);
        if (good && index == sdx_model_n_outputs(model)) {
            good = write_archive(model, values, path, fault);
        } else if (good) {
            char *const name = name_of(model, index);
            good = value_write(path, name, values[index], fault);
            mem_free(name);
        }
    }
    return good && (settings->folder == NULL || write_folder(settings, model, values, fault));
}

bool outputs_take_stdout(const struct output_settings *settings) {
    for (size_t i = 0; i < settings->files.n; i++) {
        const char *const text = settings->files.items[i];
        const size_t len = strlen(text);
        if (strcmp(text, "-") == 0 || (len > 1 && strcmp(text + len - 2, "=-") == 0)) {
            return true;
        }
    }
    return false;
}

/* ---- showing ---- */

static void add_tensor(struct table *table, const char *name, const sdx_value *tensor) {
    struct summary summary;
    const enum element_kind kind = element_kind(sdx_tensor_dtype(tensor));
    text_safe(table_cell(table), str_of(name));
    table_add(table, "%s", sdx_dtype_name(sdx_tensor_dtype(tensor)));
    text_shape(table_cell(table), sdx_tensor_dims(tensor), sdx_tensor_rank(tensor));
    summary_of(tensor, &summary);
    const double numbers[] = {summary.min, summary.mean, summary.max};
    for (size_t i = 0; i < 3; i++) {
        struct text *const cell = table_cell(table);
        if (summary.n_finite > 0 && kind != ELEMENT_STRING) {
            text_number(cell, numbers[i]);
        }
    }
    struct text *const cell = table_cell(table);
    summary_elements(cell, tensor, 5);
    if (summary.n_nan + summary.n_inf > 0 && kind != ELEMENT_STRING) {
        text_add(cell, " (%zu nan, %zu inf)", summary.n_nan, summary.n_inf);
    }
}

static void add_value(struct table *table, const char *name, const sdx_value *value) {
    enum { MAX_ITEMS = 8 };
    while (value != NULL && sdx_value_kind(value) == SDX_OPTIONAL) {
        value = sdx_optional_get(value);
    }
    if (value != NULL && sdx_value_kind(value) == SDX_TENSOR) {
        add_tensor(table, name, value);
        return;
    }
    text_safe(table_cell(table), str_of(name));
    summary_type(table_cell(table), value);
    for (size_t i = 2; i < table->n_columns; i++) {
        (void)table_cell(table);
    }
    if (value == NULL) {
        return;
    }
    const bool map = sdx_value_kind(value) == SDX_MAP;
    for (size_t i = 0; i < (map ? 2 : sdx_sequence_len(value)) && i < MAX_ITEMS; i++) {
        struct text part = {0};
        if (map) {
            text_add(&part, "%s %s", name, i == 0 ? "keys" : "values");
        } else {
            text_add(&part, "%s[%zu]", name, i);
        }
        add_value(table, text_get(&part),
                  map ? (i == 0 ? sdx_map_keys(value) : sdx_map_values(value))
                      : sdx_sequence_at(value, i));
        text_free(&part);
    }
}

void outputs_print(const sdx_model *model, sdx_value *const *values,
                   const struct terminal *terminal) {
    static const struct table_column columns[] = {{"output", TABLE_LEFT},      {"type", TABLE_LEFT},
                                                  {"shape", TABLE_LEFT},       {"min", TABLE_RIGHT},
                                                  {"mean", TABLE_RIGHT},       {"max", TABLE_RIGHT},
                                                  {"first values", TABLE_LEFT}};
    struct table table;
    table_init(&table, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < sdx_model_n_outputs(model); i++) {
        char *const name = name_of(model, i);
        add_value(&table, name, values[i]);
        mem_free(name);
    }
    table_print(&table, terminal);
}

void outputs_json(struct json_out *out, const sdx_model *model, sdx_value *const *values) {
    json_open(out, "outputs", '{');
    for (size_t i = 0; i < sdx_model_n_outputs(model); i++) {
        char *const name = name_of(model, i);
        json_from_value(out, name, values[i]);
        mem_free(name);
    }
    json_close(out, '}');
}
