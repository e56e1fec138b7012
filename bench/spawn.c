/* How long a process takes from its start to its end: starts COMMAND N times, one after the other,
 * its output thrown away, and prints
 *
 *   spawn MEDIAN_NS FASTEST_NS
 *
 * usage: bench_spawn N COMMAND [ARGUMENT...] */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

enum { MAX_TIMES = 1000 };

extern char **environ;

static double now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static int by_size(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Negative when the command could not be started or ended with an error. */
static double life_ns(char **command, const posix_spawn_file_actions_t *actions) {
    pid_t child;
    int status;
    const double start = now_ns();
    if (posix_spawn(&child, command[0], actions, NULL, command, environ) != 0) return -1;
    if (waitpid(child, &status, 0) != child) return -1;
    const double end = now_ns();
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? end - start : -1;
}

int main(int argc, char **argv) {
    static double times[MAX_TIMES];
    const long n = argc > 2 ? strtol(argv[1], NULL, 10) : 0;
    if (n < 1 || n > MAX_TIMES) {
        fprintf(stderr, "usage: bench_spawn N COMMAND [ARGUMENT...], N from 1 to %d\n", MAX_TIMES);
        return 2;
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    for (long i = 0; i < n; i++) {
        times[i] = life_ns(argv + 2, &actions);
        if (times[i] < 0) {
            fprintf(stderr, "bench_spawn: '%s' ended with an error\n", argv[2]);
            return 1;
        }
    }
    posix_spawn_file_actions_destroy(&actions);
    qsort(times, (size_t)n, sizeof *times, by_size);
    printf("spawn %.0f %.0f\n", times[n / 2], times[0]);
    return 0;
}
