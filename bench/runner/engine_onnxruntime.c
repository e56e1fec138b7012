/* onnxruntime, through the C interface of the library that its PyPI package carries. Its table of
 * functions is only ever appended to, so a number names a function in every release: those wanted
 * here are listed. Inputs and outputs are bound once (IoBinding). */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "bench/runner/runner.h"

enum {
    API_VERSION = 17,
    GET_ERROR_MESSAGE = 2,
    CREATE_ENV = 3,
    CREATE_SESSION = 7,
    RUN = 9,
    CREATE_SESSION_OPTIONS = 10,
    SET_OPTIMIZATION = 23,
    SET_INTRA_THREADS = 24,
    SET_INTER_THREADS = 25,
    OUTPUT_COUNT = 31,
    OUTPUT_NAME = 37,
    CREATE_TENSOR = 48,
    CREATE_TENSOR_OVER = 49,
    TENSOR_DATA = 51,
    FILL_STRINGS = 52,
    STRINGS_SIZE = 53,
    STRINGS_CONTENT = 54,
    ELEMENT_TYPE = 60,
    N_DIMS = 61,
    DIMS = 62,
    TENSOR_INFO = 65,
    VALUE_TYPE = 67,
    CPU_MEMORY = 69,
    DEFAULT_ALLOCATOR = 78,
    RELEASE_ENV = 92,
    RELEASE_STATUS = 93,
    RELEASE_SESSION = 95,
    RELEASE_VALUE = 96,
    RELEASE_INFO = 99,
    CONFIG_ENTRY = 130,
    RUN_BOUND = 133,
    CREATE_BINDING = 134,
    RELEASE_BINDING = 135,
    BIND_INPUT = 136,
    BIND_OUTPUT = 137,
};
enum { LEVEL_ERROR = 3, KIND_TENSOR = 1, MAX_PORTS = 512 };

typedef void function(void);
typedef void *status;

static function *const *api;
static void *env, *session, *allocator, *cpu, *binding;
static const void *in_values[MAX_PORTS];
static const char *in_names[MAX_PORTS], *out_names[MAX_PORTS];
static void *out_values[MAX_PORTS];
static size_t n_inputs, n_outputs;
static struct tensors views;

/* An entry of the table as a function of these parameters that returns a status. */
#define CALL(entry, ...) require(((status(*)(__VA_ARGS__))api[entry])
#define RELEASE(entry, object) ((void (*)(void *))api[entry])(object)

static void require(status error) {
    if (error != NULL) fail("%s", ((const char *(*)(void *))api[GET_ERROR_MESSAGE])(error));
}

static function *find(void *library, const char *name) {
    void *const object = dlsym(library, name);
    function *found;
    if (object == NULL) fail("the library has no '%s'", name);
    memcpy(&found, &object, sizeof found); /* ISO C has no cast from object to function */
    return found;
}

void engine_open(const struct options *options) {
    struct base {
        function *const *(*get_api)(uint32_t version);
        const char *(*version)(void);
    };
    if (options->library == NULL) fail("library=FILE is missing: libonnxruntime.so");
    void *const library = dlopen(options->library, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) fail("%s", dlerror());
    const struct base *const base =
        ((const struct base *(*)(void))find(library, "OrtGetApiBase"))();
    api = base->get_api(API_VERSION);
    if (api == NULL)
        fail("%s does not know version %d of its interface", base->version(), API_VERSION);
    CALL(CREATE_ENV, int, const char *, void **)(LEVEL_ERROR, "bench", &env));
}

void engine_load(const struct options *options) {
    void *wanted;
    CALL(CREATE_SESSION_OPTIONS, void **)(&wanted));
    CALL(SET_INTRA_THREADS, void *, int)(wanted, (int)options->threads));
    CALL(SET_INTER_THREADS, void *, int)(wanted, 1));
    if (!options->optimize) CALL(SET_OPTIMIZATION, void *, int)(wanted, 0));
    if (!options->spin) {
        CALL(CONFIG_ENTRY, void *, const char *, const char *)
        (wanted, "session.intra_op.allow_spinning", "0"));
    }
    CALL(CREATE_SESSION, void *, const char *, void *, void **)
    (env, options->model, wanted, &session));
    CALL(DEFAULT_ALLOCATOR, void **)(&allocator));
    CALL(CPU_MEMORY, int, int, void **)(1, 0, &cpu));
    CALL(OUTPUT_COUNT, void *, size_t *)(session, &n_outputs));
    if (n_outputs > MAX_PORTS) fail("found %zu outputs, expected at most %d", n_outputs, MAX_PORTS);
    for (size_t i = 0; i < n_outputs; i++) {
        char *name;
        CALL(OUTPUT_NAME, void *, size_t, void *, char **)(session, i, allocator, &name));
        out_names[i] = name;
    }
    views.items = new_array(n_outputs, sizeof *views.items);
}

void engine_bind(const struct tensors *tensors) {
    n_inputs = tensors->n;
    if (n_inputs > MAX_PORTS) fail("found %zu inputs, expected at most %d", n_inputs, MAX_PORTS);
    for (size_t i = 0; i < n_inputs; i++) {
        const struct tensor *const t = &tensors->items[i];
        void *value;
        if (t->strings != NULL) {
            CALL(CREATE_TENSOR, void *, const int64_t *, size_t, int, void **)
            (allocator, t->dims, t->rank, STRING_DTYPE, &value));
            CALL(FILL_STRINGS, void *, char *const *, size_t)(value, t->strings, t->len));
        } else {
            CALL(CREATE_TENSOR_OVER, void *, void *, size_t, const int64_t *, size_t, int, void **)
            (cpu, t->data, t->size, t->dims, t->rank, t->dtype, &value));
        }
        in_values[i] = value;
        in_names[i] = t->name;
    }
}

static int kind_of(const void *value) {
    int kind = 0;
    if (value != NULL) CALL(VALUE_TYPE, const void *, int *)(value, &kind));
    return kind;
}

static int type_of(const void *value) {
    void *info;
    int type;
    CALL(TENSOR_INFO, const void *, void **)(value, &info));
    CALL(ELEMENT_TYPE, void *, int *)(info, &type));
    RELEASE(RELEASE_INFO, info);
    return type;
}

/* After the first run: its outputs become the places of all later ones. */
static void bind_all(void) {
    for (size_t i = 0; i < n_outputs; i++) {
        if (kind_of(out_values[i]) != KIND_TENSOR || type_of(out_values[i]) == STRING_DTYPE) return;
    }
    CALL(CREATE_BINDING, void *, void **)(session, &binding));
    for (size_t i = 0; i < n_inputs; i++) {
        CALL(BIND_INPUT, void *, const char *, const void *)(binding, in_names[i], in_values[i]));
    }
    for (size_t i = 0; i < n_outputs; i++) {
        CALL(BIND_OUTPUT, void *, const char *, void *)(binding, out_names[i], out_values[i]));
    }
}

void engine_run(void) {
    static bool again;
    if (binding != NULL) {
        CALL(RUN_BOUND, void *, void *, void *)(session, NULL, binding));
        return;
    }
    for (size_t i = 0; i < n_outputs && again; i++) {
        RELEASE(RELEASE_VALUE, out_values[i]);
        out_values[i] = NULL;
    }
    CALL(RUN, void *, void *, const char *const *, const void *const *, size_t, const char *const *,
         size_t, void **)
    (session, NULL, in_names, in_values, n_inputs, out_names, n_outputs, out_values));
    if (!again) bind_all();
    again = true;
}

static void view_strings(void *value, struct tensor *t) {
    size_t size;
    CALL(STRINGS_SIZE, void *, size_t *)(value, &size));
    char *const all = new_array(size + 1, 1);
    size_t *const offsets = new_array(t->len + 1, sizeof *offsets);
    CALL(STRINGS_CONTENT, void *, void *, size_t, size_t *, size_t)(value, all, size, offsets, t->len));
    offsets[t->len] = size;
    t->strings = new_array(t->len, sizeof *t->strings);
    for (size_t i = 0; i < t->len; i++) {
        const size_t len = offsets[i + 1] - offsets[i];
        t->strings[i] = new_array(len + 1, 1);
        memcpy(t->strings[i], all + offsets[i], len);
    }
    free(offsets);
    free(all);
}

static void view(void *value, struct tensor *t) {
    void *info;
    CALL(TENSOR_INFO, void *, void **)(value, &info));
    CALL(ELEMENT_TYPE, void *, int *)(info, &t->dtype));
    CALL(N_DIMS, void *, size_t *)(info, &t->rank));
    if (t->rank > MAX_RANK) fail("found rank %zu, expected at most %d", t->rank, MAX_RANK);
    CALL(DIMS, void *, int64_t *, size_t)(info, t->dims, t->rank));
    RELEASE(RELEASE_INFO, info);
    t->len = 1;
    for (size_t d = 0; d < t->rank; d++) {
        t->len *= (size_t)t->dims[d];
    }
    if (t->dtype == STRING_DTYPE) {
        view_strings(value, t);
        return;
    }
    t->size = (t->len * dtype_bits(t->dtype) + 7) / 8;
    CALL(TENSOR_DATA, void *, void **)(value, &t->data));
}

struct tensors engine_outputs(void) {
    views.n = n_outputs;
    memset(views.items, 0, n_outputs * sizeof *views.items);
    for (size_t i = 0; i < n_outputs; i++) {
        strncpy(views.items[i].name, out_names[i], MAX_NAME - 1);
        if (kind_of(out_values[i]) == KIND_TENSOR) view(out_values[i], &views.items[i]);
    }
    return views;
}

void engine_close(void) {
    if (binding != NULL) RELEASE(RELEASE_BINDING, binding);
    for (size_t i = 0; i < n_inputs; i++) {
        ((void (*)(const void *))api[RELEASE_VALUE])(in_values[i]);
    }
    for (size_t i = 0; i < n_outputs; i++) {
        RELEASE(RELEASE_VALUE, out_values[i]);
    }
    RELEASE(RELEASE_SESSION, session);
    RELEASE(RELEASE_ENV, env);
    free(views.items);
}
