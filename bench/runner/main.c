/* Runs a model as the driver says, a line on stdin for each wish, a line on stdout for each answer:
 *
 *   (at the start)   ready OPEN_NS LOAD_NS FIRST_NS
 *   turn SECONDS     turn MEDIAN_NS FASTEST_NS SAMPLES WALL_NS CPU_NS PREEMPTED
 *   outputs FILE     outputs N
 *   memory           memory PEAK ANONYMOUS PORTS      bytes; PORTS: of all inputs and outputs
 *   idle SECONDS     idle CPU_NS
 *
 * A time is that of one run in this process, buffers bound. Runs that are short against the clock
 * are timed by batches. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "bench/runner/runner.h"

enum { MAX_SAMPLES = 100000, MIN_SAMPLES = 3, MAX_BATCH = 10000 };
static const double SAMPLE_NS = 20e3; /* the shortest span that is timed */

void fail(const char *format, ...) {
    va_list args;
    va_start(args, format);
    printf("error ");
    vprintf(format, args);
    printf("\n");
    va_end(args);
    fflush(stdout);
    exit(1);
}

static double clock_ns(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static double now_ns(void) { return clock_ns(CLOCK_MONOTONIC); }

/* ---- a turn ---- */

static double batch_ns(size_t batch) {
    const double start = now_ns();
    for (size_t i = 0; i < batch; i++) {
        engine_run();
    }
    return (now_ns() - start) / (double)batch;
}

/* As many runs as make a span that the clock can tell; found at the first turn. Also warms up. */
static size_t batch_size(void) {
    static size_t batch;
    double fastest = batch_ns(1);
    for (int i = 0; i < 2 && batch == 0 && fastest < 1e6; i++) {
        const double ns = batch_ns(1);
        fastest = ns < fastest ? ns : fastest;
    }
    if (batch == 0) {
        const double wanted = SAMPLE_NS / fastest + 1;
        batch = wanted > MAX_BATCH ? MAX_BATCH : (size_t)wanted;
    }
    return batch;
}

static int by_size(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static long preempted(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_nivcsw;
}

static void turn(double seconds) {
    static double times[MAX_SAMPLES];
    const size_t batch = batch_size();
    const long switches = preempted();
    const double cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID), start = now_ns();
    size_t n = 0;
    while (n < MAX_SAMPLES && (n < MIN_SAMPLES || now_ns() - start < seconds * 1e9)) {
        times[n++] = batch_ns(batch);
    }
    const double wall = now_ns() - start;
    const double used = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    const long stolen = preempted() - switches;
    qsort(times, n, sizeof *times, by_size);
    const double median = n % 2 == 1 ? times[n / 2] : (times[n / 2 - 1] + times[n / 2]) / 2;
    printf("turn %.1f %.1f %zu %.0f %.0f %ld\n", median, times[0], n, wall, used, stolen);
}

/* ---- the rest ---- */

static double status_bytes(const char *key) {
    char line[256];
    double kilobytes = 0;
    FILE *const file = fopen("/proc/self/status", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, key, strlen(key)) == 0 && line[strlen(key)] == ':')
            kilobytes = strtod(line + strlen(key) + 1, NULL);
    }
    if (file != NULL) fclose(file);
    return kilobytes * 1024;
}

static void memory(const struct tensors *inputs) {
    const struct tensors outputs = engine_outputs();
    double ports = 0;
    for (size_t i = 0; i < inputs->n; i++) {
        ports += (double)inputs->items[i].size;
    }
    for (size_t i = 0; i < outputs.n; i++) {
        ports += (double)outputs.items[i].size;
    }
    printf("memory %.0f %.0f %.0f\n", status_bytes("VmHWM"), status_bytes("RssAnon"), ports);
}

static void idle(double seconds) {
    struct timespec rest = {.tv_sec = (time_t)seconds};
    rest.tv_nsec = (long)((seconds - (double)rest.tv_sec) * 1e9);
    engine_run();
    const double cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    nanosleep(&rest, NULL);
    printf("idle %.0f\n", clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu);
}

static void obey(const struct tensors *inputs) {
    char line[4096];
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *argument = strchr(line, ' ');
        if (argument != NULL) *argument++ = '\0';
        if (strcmp(line, "memory") == 0) {
            memory(inputs);
        } else if (argument == NULL) {
            fail("found '%s', expected memory, or turn, outputs or idle with an argument", line);
        } else if (strcmp(line, "turn") == 0) {
            turn(strtod(argument, NULL));
        } else if (strcmp(line, "idle") == 0) {
            idle(strtod(argument, NULL));
        } else if (strcmp(line, "outputs") == 0) {
            const struct tensors outputs = engine_outputs();
            tensors_write(&outputs, argument);
            printf("outputs %zu\n", outputs.n);
        } else {
            fail("found '%s', expected turn, outputs, memory or idle", line);
        }
        fflush(stdout);
    }
}

static struct options parse(int argc, char **argv) {
    struct options options = {.threads = 1, .spin = true, .optimize = true};
    if (argc < 3)
        fail("usage: MODEL INPUTS [threads=N] [spin=0] [optimize=0] [once=1] [library=FILE]");
    options.model = argv[1];
    options.inputs = argv[2];
    for (int i = 3; i < argc; i++) {
        const char *const value = strchr(argv[i], '=');
        if (value == NULL) fail("found '%s', expected key=value", argv[i]);
        const long number = strtol(value + 1, NULL, 10);
        if (strncmp(argv[i], "threads=", 8) == 0) {
            options.threads = (unsigned)number;
        } else if (strncmp(argv[i], "spin=", 5) == 0) {
            options.spin = number != 0;
        } else if (strncmp(argv[i], "optimize=", 9) == 0) {
            options.optimize = number != 0;
        } else if (strncmp(argv[i], "once=", 5) == 0) {
            options.once = number != 0;
        } else if (strncmp(argv[i], "library=", 8) == 0) {
            options.library = value + 1;
        } else {
            fail("found '%s', expected threads, spin, optimize, once or library", argv[i]);
        }
    }
    return options;
}

int main(int argc, char **argv) {
    const struct options options = parse(argc, argv);
    const double begin = now_ns();
    engine_open(&options);
    const double opened = now_ns();
    engine_load(&options);
    const double loaded = now_ns();
    struct tensors inputs = tensors_read(options.inputs);
    engine_bind(&inputs);
    const double bound = now_ns();
    engine_run();
    const double end = now_ns();
    printf("ready %.0f %.0f %.0f\n", opened - begin, loaded - opened, end - bound);
    fflush(stdout);
    if (!options.once) obey(&inputs);
    engine_close();
    tensors_free(&inputs);
    return 0;
}
