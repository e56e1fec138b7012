/* The same bits from every model that runs, whatever the number of lanes: a child process computes
 * the results of one lane; then 2, 3 and 8 lanes run with every item of every loop as a chunk of
 * its own and random yields between chunks (SDX_GRAIN=1, SDX_YIELD), and must give the same hashes.
 * Loops that were really shared out are counted and must not be zero.
 *
 * usage: sweep_determinism [FOLDER...]     default: models and ../shared/corpus; each folder below
 * with model.onnx and test_data_set_0 */
#define _DEFAULT_SOURCE 1 /* scandir */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sardonyx/sardonyx.h"

enum { MAX_PORTS = 64, MAX_MODELS = 400, PATH = 1024, SKIPPED = 77 };

typedef struct result {
    char name[PATH];
    bool ran;
    uint64_t hash;
} result;

static sdx_runtime *runtime;

static uint64_t mix(uint64_t h, const void *bytes, size_t size) {
    const uint8_t *const b = bytes;
    for (size_t i = 0; i < size; i++) {
        h = (h ^ b[i]) * UINT64_C(1099511628211);
    }
    return h;
}

/* Elements, and those of what is inside. */
static uint64_t hash_value(uint64_t h, const sdx_value *value) {
    void *bytes;
    size_t size;
    const sdx_status status = sdx_value_serialize(NULL, value, "", &bytes, &size);
    if (status != NULL) {
        sdx_status_free(status);
        return h + 1;
    }
    h = mix(h, bytes, size);
    sdx_bytes_free(bytes, size);
    return h;
}

static void *read_file(const char *path, size_t *size) {
    FILE *const file = fopen(path, "rb");
    if (file == NULL) return NULL;
    fseek(file, 0, SEEK_END);
    const long end = ftell(file);
    rewind(file);
    char *const bytes = malloc((size_t)end + 1);
    *size = bytes != NULL ? fread(bytes, 1, (size_t)end, file) : 0;
    fclose(file);
    return bytes;
}

/* The inputs of test_data_set_0, in the order of the inputs that have no default. */
static bool read_inputs(const sdx_model *model, const char *folder, sdx_value **inputs) {
    size_t file = 0;
    for (size_t i = 0; i < sdx_model_n_inputs(model); i++) {
        sdx_port_info port;
        char path[2 * PATH];
        size_t size;
        if (sdx_model_input(model, i, &port) != NULL) return false;
        if (port.has_default) continue;
        snprintf(path, sizeof path, "%s/test_data_set_0/input_%zu.pb", folder, file++);
        void *const bytes = read_file(path, &size);
        if (bytes == NULL) return false;
        const sdx_status status = sdx_value_parse(NULL, port.kind, bytes, size, &inputs[i], NULL);
        free(bytes);
        sdx_status_free(status);
        if (status != NULL) return false;
    }
    return true;
}

static bool run_with(sdx_model *model, unsigned lanes, sdx_value *const *inputs, uint64_t *hash) {
    const size_t n_out = sdx_model_n_outputs(model);
    sdx_value *outputs[MAX_PORTS] = {0};
    sdx_context_options options;
    sdx_context_options_init(&options);
    options.threads = lanes;
    sdx_context *context = NULL;
    sdx_status status = sdx_context_create(model, &options, &context);
    if (status == NULL)
        status = sdx_context_run(context, inputs, sdx_model_n_inputs(model), outputs, n_out, NULL);
    const bool good = status == NULL;
    *hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < n_out && good; i++) {
        *hash = hash_value(*hash, outputs[i]);
        sdx_value_release(outputs[i]);
    }
    sdx_status_free(status);
    sdx_context_destroy(context);
    return good;
}

/* Runs the model of a folder with each number of lanes; false when they differ among themselves. */
static bool run_model(const char *folder, const unsigned *lanes, size_t n, result *out) {
    char path[2 * PATH];
    sdx_model *model = NULL;
    sdx_value *inputs[MAX_PORTS] = {0};
    bool same = true;
    snprintf(path, sizeof path, "%s/model.onnx", folder);
    sdx_status_free(sdx_model_load(runtime, path, NULL, &model));
    if (model == NULL) return true;
    const size_t n_in = sdx_model_n_inputs(model);
    out->ran = n_in <= MAX_PORTS && sdx_model_n_outputs(model) <= MAX_PORTS &&
               read_inputs(model, folder, inputs);
    for (size_t i = 0; i < n && out->ran; i++) {
        uint64_t hash;
        out->ran = run_with(model, lanes[i], inputs, &hash);
        if (i > 0 && hash != out->hash) same = false;
        out->hash = hash;
    }
    for (size_t i = 0; i < n_in && i < MAX_PORTS; i++) {
        sdx_value_release(inputs[i]);
    }
    sdx_model_release(model);
    return same;
}

static size_t list_models(int argc, char **argv, result *models) {
    static char *const standard[] = {"", "models", "../shared/corpus"};
    char *const *const roots = argc > 1 ? argv : standard;
    const int n_roots = argc > 1 ? argc : 3;
    size_t n = 0;
    for (int r = 1; r < n_roots; r++) {
        struct dirent **entries;
        const int count = scandir(roots[r], &entries, NULL, alphasort);
        for (int i = 0; i < count; i++) {
            if (entries[i]->d_name[0] != '.' && n < MAX_MODELS)
                snprintf(models[n++].name, PATH, "%s/%s", roots[r], entries[i]->d_name);
            free(entries[i]);
        }
        if (count >= 0) free(entries);
    }
    return n;
}

/* The results of one lane, computed in a process of its own without the knobs. */
static bool baseline(result *models, size_t n) {
    static const unsigned one[] = {1};
    int ends[2];
    if (pipe(ends) != 0) return false;
    const pid_t child = fork();
    if (child == 0) {
        sdx_status_free(sdx_runtime_create(NULL, &runtime));
        for (size_t i = 0; i < n; i++) {
            run_model(models[i].name, one, 1, &models[i]);
            if (write(ends[1], &models[i], sizeof models[i]) != (ssize_t)sizeof models[i]) _exit(1);
        }
        _exit(0);
    }
    close(ends[1]);
    bool good = child > 0;
    for (size_t i = 0; i < n && good; i++) {
        size_t got = 0;
        while (got < sizeof models[i]) {
            const ssize_t more = read(ends[0], (char *)&models[i] + got, sizeof models[i] - got);
            if (more <= 0) break;
            got += (size_t)more;
        }
        good = got == sizeof models[i];
    }
    close(ends[0]);
    int status = 1;
    if (child > 0) waitpid(child, &status, 0);
    return good && status == 0;
}

int main(int argc, char **argv) {
    static result models[MAX_MODELS];
    static const unsigned lanes[] = {1, 2, 3, 8};
    size_t passed = 0, failed = 0, skipped = 0;
    const size_t n = list_models(argc, argv, models);
    if (!baseline(models, n)) {
        printf("sweep_determinism: the process of one lane died\n");
        return 1;
    }
    setenv("SDX_GRAIN", "1", 1);
    setenv("SDX_YIELD", "7", 1);
    sdx_status_free(sdx_runtime_create(NULL, &runtime));
    for (size_t i = 0; i < n; i++) {
        if (!models[i].ran) {
            skipped++;
            continue;
        }
        result again = {0};
        const bool same = run_model(models[i].name, lanes, sizeof lanes / sizeof *lanes, &again) &&
                          again.ran && again.hash == models[i].hash;
        if (!same) printf("%s: bits differ\n", models[i].name);
        *(same ? &passed : &failed) += 1;
    }
    sdx_runtime_release(runtime);
    printf("%llu loops were shared out\n", (unsigned long long)sdx_split_loops());
    if (passed > 0 && sdx_split_loops() == 0) failed++;
    printf("%zu passed, %zu failed, %zu skipped\n", passed, failed, skipped);
    return failed > 0 ? 1 : passed > 0 ? 0 : SKIPPED;
}
