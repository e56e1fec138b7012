/* How soon a run ends that another thread cancels: TRIALS runs of a model, each cancelled at a
 * moment of its own in the middle, and the time from the cancellation to the return. Prints median,
 * 95th percentile and longest.
 *
 * usage: bench_cancel MODEL.onnx [THREADS] [TRIALS] */
#include <pthread.h>
#include <sardonyx/sardonyx.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MAX_PORTS = 64, MAX_TRIALS = 10000 };

static void require(sdx_status status) {
    if (status == NULL) return;
    fprintf(stderr, "bench_cancel: %s\n", sdx_status_text(status));
    exit(1);
}

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static void sleep_ms(double ms) {
    const long ns = (long)(ms * 1e6);
    const struct timespec t = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
    nanosleep(&t, NULL);
}

typedef struct bench {
    sdx_context *context;
    sdx_value *inputs[MAX_PORTS], *outputs[MAX_PORTS];
    size_t n_inputs, n_outputs;
} bench;

/* Zeros, 1 for every dim that is not known. */
static void make_inputs(const sdx_model *model, bench *b) {
    b->n_inputs = sdx_model_n_inputs(model);
    b->n_outputs = sdx_model_n_outputs(model);
    if (b->n_inputs > MAX_PORTS || b->n_outputs > MAX_PORTS) {
        fprintf(stderr, "bench_cancel: found more than %d inputs or outputs\n", MAX_PORTS);
        exit(1);
    }
    for (size_t i = 0; i < b->n_inputs; i++) {
        sdx_port_info port;
        require(sdx_model_input(model, i, &port));
        for (size_t d = 0; d < port.rank; d++) {
            if (port.dims[d] < 0) port.dims[d] = 1;
        }
        if (!port.has_default)
            require(sdx_tensor_create(NULL, port.dtype, port.rank, port.dims, &b->inputs[i]));
    }
}

static sdx_status run(bench *b) {
    const sdx_status status =
        sdx_context_run(b->context, b->inputs, b->n_inputs, b->outputs, b->n_outputs, NULL);
    for (size_t k = 0; k < b->n_outputs; k++) {
        sdx_value_release(b->outputs[k]);
        b->outputs[k] = NULL;
    }
    return status;
}

typedef struct canceller {
    sdx_context *context;
    double delay, at;
} canceller;

static void *cancel(void *arg) {
    canceller *const c = arg;
    sleep_ms(c->delay);
    c->at = now_ms();
    sdx_context_cancel(c->context);
    return NULL;
}

/* The time from the cancellation to the return; negative when the run was done before. */
static double trial(bench *b, double delay) {
    canceller c = {.context = b->context, .delay = delay};
    pthread_t thread;
    if (pthread_create(&thread, NULL, cancel, &c) != 0) exit(1);
    const sdx_status status = run(b);
    const double end = now_ms();
    pthread_join(thread, NULL);
    const bool cancelled = sdx_status_code(status) == SDX_CANCELLED;
    sdx_status_free(status);
    return cancelled ? end - c.at : -1;
}

static int by_size(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(bench *b, size_t trials) {
    static double times[MAX_TRIALS];
    size_t n = 0;
    require(run(b)); /* packs are made */
    const double begin = now_ms();
    require(run(b));
    const double whole = now_ms() - begin;
    for (size_t i = 0; i < trials; i++) {
        const double ms = trial(b, whole * (0.1 + 0.8 * (double)i / (double)trials));
        if (ms >= 0) times[n++] = ms;
    }
    require(run(b)); /* the context is as good as before */
    if (n == 0) {
        fprintf(stderr, "bench_cancel: every run of %.2f ms was done before; take a longer model\n",
                whole);
        exit(1);
    }
    qsort(times, n, sizeof *times, by_size);
    printf("a run takes %.1f ms; cancelled %zu times: median %.2f ms, 95 %% %.2f ms, longest %.2f "
           "ms\n",
           whole, n, times[n / 2], times[(n - 1) * 95 / 100], times[n - 1]);
}

int main(int argc, char **argv) {
    if (argc < 2 || argc > 4) {
        fprintf(stderr, "usage: bench_cancel MODEL.onnx [THREADS] [TRIALS]\n");
        return 2;
    }
    const long threads = argc > 2 ? strtol(argv[2], NULL, 10) : 1;
    const long trials = argc > 3 ? strtol(argv[3], NULL, 10) : 100;
    if (threads < 0 || threads > 1024 || trials < 1 || trials > MAX_TRIALS) {
        fprintf(stderr, "bench_cancel: expected 0 to 1024 threads and 1 to %d trials\n",
                MAX_TRIALS);
        return 2;
    }
    sdx_runtime *runtime;
    sdx_model *model;
    sdx_context_options options;
    bench b = {0};
    sdx_context_options_init(&options);
    options.threads = (unsigned)threads;
    require(sdx_runtime_create(NULL, &runtime));
    require(sdx_model_load(runtime, argv[1], NULL, &model));
    require(sdx_context_create(model, &options, &b.context));
    make_inputs(model, &b);
    measure(&b, (size_t)trials);
    for (size_t i = 0; i < b.n_inputs; i++) {
        sdx_value_release(b.inputs[i]);
    }
    sdx_context_destroy(b.context);
    sdx_model_release(model);
    sdx_runtime_release(runtime);
    return 0;
}
