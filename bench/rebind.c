/* What a change of shapes costs: runs a model once for each length 1 to LAST of its unknown dims,
 * as a decoder does, and again with each length bound beforehand. Prints both sums over the lengths
 * of the median of REPEATS, one thread, and their ratio.
 *
 * usage: bench_rebind MODEL.onnx [LAST] [REPEATS] */
#include <sardonyx/sardonyx.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_PORTS = 64, MAX_LAST = 1000, MAX_REPEATS = 15 };

static void require(sdx_status status) {
    if (status == NULL) return;
    fprintf(stderr, "bench_rebind: %s\n", sdx_status_text(status));
    exit(1);
}

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

/* Floats of -1 to 1 from a fixed seed; integers are `length`, which is a fair id or position. */
static void fill(sdx_value *tensor, int64_t length) {
    const size_t n = sdx_tensor_len(tensor);
    if (sdx_tensor_dtype(tensor) == SDX_INT64) {
        int64_t *numbers = sdx_tensor_data(tensor);
        for (size_t i = 0; i < n; i++)
            numbers[i] = length;
    } else if (sdx_tensor_dtype(tensor) == SDX_FLOAT32) {
        float *numbers = sdx_tensor_data(tensor);
        uint32_t state = 1;
        for (size_t i = 0; i < n; i++) {
            state = state * 1664525u + 1013904223u;
            numbers[i] = (float)(state >> 8) / 8388608.0f - 1.0f;
        }
    }
}

/* One value for each input of the model, `length` for every dim that is not known. */
static void make_inputs(const sdx_model *model, int64_t length, sdx_value **inputs) {
    for (size_t i = 0; i < sdx_model_n_inputs(model); i++) {
        sdx_port_info port;
        require(sdx_model_input(model, i, &port));
        for (size_t d = 0; d < port.rank; d++) {
            if (port.dims[d] < 0) port.dims[d] = length;
        }
        require(sdx_tensor_create(NULL, port.dtype, port.rank, port.dims, &inputs[i]));
        fill(inputs[i], length);
    }
}

static void release(sdx_value **values, size_t n) {
    for (size_t i = 0; i < n; i++) {
        sdx_value_release(values[i]);
        values[i] = NULL;
    }
}

/* Milliseconds of one run with these inputs. */
static double timed_run(sdx_context *context, const sdx_model *model, sdx_value *const *inputs) {
    sdx_value *outputs[MAX_PORTS] = {0};
    const double start = now_ms();
    require(sdx_context_run(context, inputs, sdx_model_n_inputs(model), outputs,
                            sdx_model_n_outputs(model), NULL));
    const double end = now_ms();
    release(outputs, sdx_model_n_outputs(model));
    return end - start;
}

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *times, size_t n) {
    qsort(times, n, sizeof *times, ascending);
    return times[n / 2];
}

static long number(const char *text, long most) {
    char *end;
    const long value = strtol(text, &end, 10);
    if (*end != '\0' || value < 1 || value > most) {
        fprintf(stderr, "bench_rebind: found '%s', expected a number from 1 to %ld\n", text, most);
        exit(2);
    }
    return value;
}

/* The times of all lengths, `repeats` each: lengths that follow each other, then lengths bound. */
typedef struct times {
    double growing[MAX_LAST][MAX_REPEATS];
    double bound[MAX_LAST][MAX_REPEATS];
} times;

/* Both ways alternate, so that a machine that changes its pace changes both. */
static void measure(sdx_context *context, const sdx_model *model, long last, long repeats,
                    times *out) {
    const size_t n = sdx_model_n_inputs(model);
    sdx_value *inputs[MAX_PORTS] = {0};
    for (long repeat = 0; repeat < repeats; repeat++) {
        for (long length = 1; length <= last; length++) {
            make_inputs(model, length, inputs);
            out->growing[length - 1][repeat] = timed_run(context, model, inputs);
            release(inputs, n);
        }
        for (long length = 1; length <= last; length++) {
            make_inputs(model, length, inputs);
            require(sdx_context_bind(context, inputs, n));
            out->bound[length - 1][repeat] = timed_run(context, model, inputs);
            release(inputs, n);
        }
    }
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: bench_rebind MODEL.onnx [LAST] [REPEATS]\n");
        return 2;
    }
    const long last = argc > 2 ? number(argv[2], MAX_LAST) : 200;
    const long repeats = argc > 3 ? number(argv[3], MAX_REPEATS) : 5;
    sdx_runtime *runtime;
    sdx_model *model;
    sdx_context *context;
    sdx_context_options options;
    sdx_context_options_init(&options);
    options.threads = 1;
    require(sdx_runtime_create(NULL, &runtime));
    require(sdx_model_load(runtime, argv[1], NULL, &model));
    require(sdx_context_create(model, &options, &context));
    if (sdx_model_n_inputs(model) > MAX_PORTS || sdx_model_n_outputs(model) > MAX_PORTS) {
        fprintf(stderr, "bench_rebind: the model has more than %d inputs or outputs\n", MAX_PORTS);
        return 1;
    }
    static times t;
    measure(context, model, last, repeats, &t);
    double growing = 0;
    double bound = 0;
    for (long i = 0; i < last; i++) {
        growing += median(t.growing[i], (size_t)repeats);
        bound += median(t.bound[i], (size_t)repeats);
    }
    printf("%s, lengths 1 to %ld, median of %ld, one thread\n", argv[1], last, repeats);
    printf("  lengths as they come   %10.2f ms\n", growing);
    printf("  each bound beforehand  %10.2f ms\n", bound);
    printf("  ratio                  %10.3f\n", growing / bound);
    sdx_context_destroy(context);
    sdx_model_release(model);
    sdx_runtime_release(runtime);
    return 0;
}
