/* inputs.h: which file goes to which input, and what happens to the others. */
#include "cli/inputs.h"

#include <math.h>
#include <string.h>

#include "cli/json.h"
#include "cli/memory.h"
#include "cli/npy.h"
#include "cli/ports.h"
#include "cli/random.h"
#include "cli/value_file.h"
#include "cli/zip.h"

const struct option input_options[] = {
    {"input", "[NAME=]FILE", "an input: .npy .npz .pb .json .bin .raw .png .jpg .ppm .pgm",
     OPTION_LIST, offsetof(struct input_settings, files)},
    {"shape", "NAME=AxBxC", "shape of an input that no file gives", OPTION_LIST,
     offsetof(struct input_settings, shapes.shapes)},
    {"set", "SYMBOL=N", "value of a symbolic dimension (default: 1)", OPTION_LIST,
     offsetof(struct input_settings, shapes.sets)},
    {"seed", "N", "of the random numbers for inputs that are not given (default: 0)", OPTION_COUNT,
     offsetof(struct input_settings, seed)},
    {"fill", "X", "use this number instead of random ones", OPTION_NUMBER,
     offsetof(struct input_settings, fill)},
};
const size_t n_input_options = sizeof input_options / sizeof *input_options;

struct gather {
    const struct input_settings *settings;
    const sdx_model *model;
    struct inputs *inputs;
    struct fault *fault;
};

/* ---- names ---- */

/* The first input that has no value yet and no default, else the first without a value. */
static size_t next_free(const struct gather *in) {
    sdx_port_info port;
    const size_t n = in->inputs->n;
    size_t spare = n;
    for (size_t i = 0; i < n; i++) {
        const bool taken = in->inputs->values[i] != NULL ||
                           (in->inputs->n_pictures > 0 && in->inputs->picture_port == i);
        if (!taken && port_input(in->model, i, &port)) {
            if (!port.has_default) {
                return i;
            }
            spare = spare == n ? i : spare;
        }
    }
    return spare;
}

/* Splits "[NAME=]FILE". The index is n_inputs where there is no name. */
static bool split(const struct gather *in, const char *text, size_t *index, const char **path) {
    const size_t n = in->inputs->n;
    for (const char *equals = strchr(text, '='); equals != NULL; equals = strchr(equals + 1, '=')) {
        const size_t found = port_find_input(in->model, (sdx_str){text, (size_t)(equals - text)});
        if (found < n) {
            *index = found;
            *path = equals + 1;
            return true;
        }
    }
    *index = n;
    *path = text;
    const char *const equals = strchr(text, '=');
    const char *const slash = strchr(text, '/');
    if (equals != NULL && (slash == NULL || equals < slash)) {
        return port_unknown(in->model, PORT_INPUT, (sdx_str){text, (size_t)(equals - text)},
                            in->fault);
    }
    return true;
}

static bool put(const struct gather *in, size_t index, sdx_value *value) {
    sdx_value_release(in->inputs->values[index]);
    in->inputs->values[index] = value;
    return true;
}

/* ---- files ---- */

static bool add_picture(const struct gather *in, size_t index, const char *path) {
    struct inputs *const inputs = in->inputs;
    struct image image = {0};
    if (inputs->n_pictures > 0 && index < inputs->n && index != inputs->picture_port) {
        return fault_set(in->fault, EXIT_USAGE,
                         "pictures go to one input; prepare those of the others as .npy");
    }
    if (inputs->n_pictures == 0) {
        inputs->picture_port = index < inputs->n ? index : next_free(in);
    }
    if (inputs->picture_port >= inputs->n) {
        return fault_set(in->fault, EXIT_USAGE, "picture '%s': the model has no input left for it",
                         path);
    }
    if (!image_read(path, &image, in->fault)) {
        return false;
    }
    inputs->pictures = mem_grow(inputs->pictures, inputs->n_pictures + 1, sizeof *inputs->pictures);
    inputs->picture_files = mem_grow((void *)inputs->picture_files, inputs->n_pictures + 1,
                                     sizeof *inputs->picture_files);
    inputs->picture_files[inputs->n_pictures] = path;
    inputs->pictures[inputs->n_pictures++] = image;
    return true;
}

static bool read_one(const struct gather *in, size_t index, const char *path) {
    struct symbols none = {0};
    sdx_port_info port;
    int64_t dims[SDX_MAX_RANK];
    struct value_wish wish = {.port = &port, .dims = dims};
    sdx_value *value = NULL;
    index = index < in->inputs->n ? index : next_free(in);
    if (!port_input(in->model, index, &port)) {
        return fault_set(in->fault, EXIT_USAGE,
                         "file '%s': the model has %zu inputs, and all have a value", path,
                         in->inputs->n);
    }
    const bool good =
        symbols_init(&in->settings->shapes, in->model, NULL, &none, in->fault) &&
        shape_wished(&in->settings->shapes, &none, &port, dims, &wish.rank, in->fault) &&
        value_read(path, &wish, &value, in->fault);
    symbols_free(&none);
    return good && put(in, index, value);
}

/* An .npz without a name: arrays that are called like inputs. */
static bool read_archive(const struct gather *in, const char *path) {
    struct bytes bytes = {0};
    struct zip zip = {0};
    size_t n_used = 0;
    bool good =
        file_read(path, &bytes, in->fault) && (zip_open(bytes.ptr, bytes.size, &zip, in->fault) ||
                                               fault_in(in->fault, "file '%s'", path));
    for (size_t i = 0; good && i < zip.n; i++) {
        const sdx_str file = zip.members[i].name;
        const sdx_str name = {file.ptr, file.len > 4 ? file.len - 4 : 0};
        const size_t index = port_find_input(in->model, name);
        struct bytes content = {0};
        sdx_port_info port;
        sdx_value *value = NULL;
        if (port_input(in->model, index, &port)) {
            good = (zip_read(&zip, &zip.members[i], &content, in->fault) &&
                    npy_parse(content.ptr, content.size, &port, &value, in->fault)) ||
                   fault_in(in->fault, "file '%s': array '%.*s'", path, (int)name.len, name.ptr);
            good = good && put(in, index, value);
            n_used++;
        }
        bytes_free(&content);
    }
    const bool single = good && n_used == 0 && zip.n == 1;
    zip_close(&zip);
    bytes_free(&bytes);
    return single ? read_one(in, in->inputs->n, path)
                  : good && (n_used > 0 ||
                             fault_code(in->fault, SDX_NOT_FOUND,
                                        "file '%s': no array is called like an input", path));
}

static bool read_file(const struct gather *in, const char *text) {
    size_t index = 0;
    const char *path = NULL;
    if (!split(in, text, &index, &path)) {
        return false;
    }
    if (image_file_known(path)) {
        return add_picture(in, index, path);
    }
    return path_ends(path, "npz") && index == in->inputs->n ? read_archive(in, path)
                                                            : read_one(in, index, path);
}

/* ---- pictures ---- */

static bool prepare_pictures(const struct gather *in) {
    struct inputs *const inputs = in->inputs;
    const struct input_settings *const settings = in->settings;
    struct symbols none = {0};
    struct recipe recipe;
    sdx_port_info port;
    sdx_value *value = NULL;
    int64_t dims[SDX_MAX_RANK];
    size_t rank = 0;
    if (inputs->n_pictures == 0 || !port_input(in->model, inputs->picture_port, &port)) {
        return true;
    }
    bool good = symbols_init(&settings->shapes, in->model, NULL, &none, in->fault) &&
                shape_wished(&settings->shapes, &none, &port, dims, &rank, in->fault) &&
                recipe_init(&settings->prepare, in->model, dims, rank, &recipe, in->fault);
    for (size_t i = 0; good && i < inputs->n_pictures; i++) {
        good = recipe_shape(&recipe, &inputs->pictures[i], in->fault) ||
               fault_in(in->fault, "picture '%s'", inputs->picture_files[i]);
    }
    if (good && port.dims[0] >= 0 && (size_t)port.dims[0] != inputs->n_pictures) {
        good = fault_set(
            in->fault, EXIT_USAGE, "input '%.*s' takes %lld pictures at once, %zu are given",
            (int)port.name.len, port.name.ptr, (long long)port.dims[0], inputs->n_pictures);
    }
    good = good &&
           recipe_tensor(&recipe, inputs->pictures, inputs->n_pictures, port.dtype, &value,
                         in->fault) &&
           put(in, inputs->picture_port, value);
    symbols_free(&none);
    return good;
}

/* ---- what no file gives ---- */

static bool make_up(const struct gather *in, const struct symbols *symbols, size_t index) {
    sdx_port_info port;
    sdx_value *value = NULL;
    int64_t dims[SDX_MAX_RANK];
    size_t rank = 0;
    if (in->inputs->values[index] != NULL || !port_input(in->model, index, &port) ||
        port.has_default) {
        return true;
    }
    if (port.kind == SDX_OPTIONAL) {
        return fault_check(in->fault, sdx_optional_create(NULL, NULL, &value)) &&
               put(in, index, value);
    }
    if (port.kind != SDX_TENSOR) {
        struct text type = {0};
        port_type(&type, &port);
        fault_set(
            in->fault, EXIT_USAGE,
            "input '%.*s' is a %s, which is not made up; give it as --input %.*s=FILE.pb or .json",
            (int)port.name.len, port.name.ptr, text_get(&type), (int)port.name.len, port.name.ptr);
        text_free(&type);
        return false;
    }
    if (!shape_wished(&in->settings->shapes, symbols, &port, dims, &rank, in->fault)) {
        return false;
    }
    for (size_t i = 0; i < rank; i++) {
        dims[i] = dims[i] < 0 ? 1 : dims[i];
    }
    const double *const fill = isnan(in->settings->fill) ? NULL : &in->settings->fill;
    return (random_tensor(port.dtype, dims, rank, in->settings->seed, index, fill, &value,
                          in->fault) ||
            fault_in(in->fault, "input '%.*s'", (int)port.name.len, port.name.ptr)) &&
           put(in, index, value);
}

bool inputs_gather(const struct input_settings *settings, const sdx_model *model,
                   struct inputs *out, struct fault *fault) {
    const size_t n = sdx_model_n_inputs(model);
    struct inputs inputs = {.values = mem_new(n, sizeof *inputs.values), .n = n};
    const struct gather in = {settings, model, &inputs, fault};
    struct symbols symbols = {0};
    bool good = shapes_check(&settings->shapes, model, fault);
    for (size_t i = 0; good && i < settings->files.n; i++) {
        good = read_file(&in, settings->files.items[i]);
    }
    good = good && prepare_pictures(&in) &&
           symbols_init(&settings->shapes, model, inputs.values, &symbols, fault);
    for (size_t i = 0; good && i < n; i++) {
        good = make_up(&in, &symbols, i);
    }
    symbols_free(&symbols);
    if (!good) {
        inputs_free(&inputs);
        return false;
    }
    *out = inputs;
    return true;
}

void input_settings_free(struct input_settings *settings) {
    text_list_free(&settings->files);
    text_list_free(&settings->shapes.shapes);
    text_list_free(&settings->shapes.sets);
}

void inputs_free(struct inputs *inputs) {
    for (size_t i = 0; i < inputs->n; i++) {
        sdx_value_release(inputs->values[i]);
    }
    for (size_t i = 0; i < inputs->n_pictures; i++) {
        image_free(&inputs->pictures[i]);
    }
    mem_free(inputs->pictures);
    mem_free((void *)inputs->picture_files);
    mem_free(inputs->values);
    *inputs = (struct inputs){0};
}
