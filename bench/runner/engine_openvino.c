/* openvino, through the C interface of the libraries that its PyPI package carries. Float32 is
 * asked for: on CPUs with bfloat16 arithmetic it would compute in that otherwise. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/runner/runner.h"

typedef void function(void);

struct shape {
    int64_t rank;
    int64_t *dims;
};

static void *library, *core, *compiled, *request;
static int (*infer)(void *request);
static struct tensors views;

/* ov_element_type_e of releases from 2025 on, by TensorProto.DataType */
static const int element_types[] = {
    [1] = 4, [2] = 16, [3] = 7,  [4] = 17,  [5] = 8,   [6] = 9,  [7] = 10,
    [9] = 1, [10] = 3, [11] = 5, [12] = 18, [13] = 19, [16] = 2,
};

static function *find(const char *name) {
    void *const object = dlsym(library, name);
    function *found;
    if (object == NULL) fail("the library has no '%s'", name);
    memcpy(&found, &object, sizeof found); /* ISO C has no cast from object to function */
    return found;
}

/* A function of the library with these parameters; it returns 0 when all is well. */
#define CALL(name, ...) require(((int (*)(__VA_ARGS__))find(name))

static void require(int code) {
    if (code == 0) return;
    const char *text = ((const char *(*)(void))find("ov_get_last_err_msg"))();
    char line[400] = {0};
    strncpy(line, text != NULL ? text : "", sizeof line - 1);
    for (char *c = line; *c != '\0'; c++) {
        if (*c == '\n') *c = ' ';
    }
    fail("code %d: %s", code, line);
}

void engine_open(const struct options *options) {
    if (options->library == NULL) fail("library=FILE is missing: libopenvino_c.so");
    library = dlopen(options->library, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) fail("%s", dlerror());
    CALL("ov_core_create", void **)(&core));
}

void engine_load(const struct options *options) {
    char threads[16];
    snprintf(threads, sizeof threads, "%u", options->threads);
    require(((int (*)(void *, const char *, const char *, size_t, void **, ...))find(
        "ov_core_compile_model_from_file"))(
        core, options->model, "CPU", 8, &compiled, "INFERENCE_NUM_THREADS", threads,
        "PERFORMANCE_HINT", "LATENCY", "NUM_STREAMS", "1", "INFERENCE_PRECISION_HINT", "f32"));
    CALL("ov_compiled_model_create_infer_request", void *, void **)(compiled, &request));
    size_t n;
    CALL("ov_compiled_model_outputs_size", void *, size_t *)(compiled, &n));
    views.n = n;
    views.items = new_array(n, sizeof *views.items);
    infer = (int (*)(void *))find("ov_infer_request_infer");
}

void engine_bind(const struct tensors *tensors) {
    for (size_t i = 0; i < tensors->n; i++) {
        struct tensor *const t = &tensors->items[i];
        const size_t n_types = sizeof element_types / sizeof *element_types;
        const int type = (size_t)t->dtype < n_types ? element_types[t->dtype] : 0;
        void *tensor;
        if (type == 0) fail("input '%s' has a type that is not bound here", t->name);
        const struct shape shape = {(int64_t)t->rank, t->dims};
        CALL("ov_tensor_create_from_host_ptr", int, struct shape, void *, void **)
        (type, shape, t->data, &tensor));
        CALL("ov_infer_request_set_tensor", void *, const char *, void *)(request, t->name, tensor));
        ((void (*)(void *))find("ov_tensor_free"))(tensor); /* the request holds it */
    }
}

void engine_run(void) { require(infer(request)); }

static void view(size_t i, struct tensor *t) {
    void *tensor;
    struct shape shape;
    int type;
    CALL("ov_infer_request_get_output_tensor_by_index", void *, size_t, void **)(request, i, &tensor));
    CALL("ov_tensor_get_shape", void *, struct shape *)(tensor, &shape));
    CALL("ov_tensor_get_element_type", void *, int *)(tensor, &type));
    CALL("ov_tensor_get_size", void *, size_t *)(tensor, &t->len));
    CALL("ov_tensor_get_byte_size", void *, size_t *)(tensor, &t->size));
    CALL("ov_tensor_data", void *, void **)(tensor, &t->data));
    snprintf(t->name, sizeof t->name, "%zu", i);
    t->rank = (size_t)shape.rank;
    if (t->rank > MAX_RANK) fail("found rank %zu, expected at most %d", t->rank, MAX_RANK);
    if (t->rank > 0) memcpy(t->dims, shape.dims, t->rank * sizeof *t->dims);
    for (size_t k = 0; k < sizeof element_types / sizeof *element_types; k++) {
        if (element_types[k] == type) t->dtype = (int)k;
    }
    if (t->dtype == 0) t->data = NULL;
    CALL("ov_shape_free", struct shape *)(&shape));
    ((void (*)(void *))find("ov_tensor_free"))(tensor);
}

struct tensors engine_outputs(void) {
    memset(views.items, 0, views.n * sizeof *views.items);
    for (size_t i = 0; i < views.n; i++) {
        view(i, &views.items[i]);
    }
    return views;
}

void engine_close(void) {
    ((void (*)(void *))find("ov_infer_request_free"))(request);
    ((void (*)(void *))find("ov_compiled_model_free"))(compiled);
    ((void (*)(void *))find("ov_core_free"))(core);
    free(views.items);
}
