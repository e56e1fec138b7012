/* Instruction sets, knobs, quotas, the clock, the mutex, log lines. */
#define _DEFAULT_SOURCE 1 /* setenv, mkdtemp */
#include <fenv.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/cpu.h"
#include "base/knobs.h"
#include "base/log.h"
#include "base/port.h"
#include "base/thread.h"
#include "posix.h"

static void sets_have_names_and_order(void **state) {
    (void)state;
    assert_string_equal(sdx_isa_name(SDX_ISA_SCALAR), "scalar");
    assert_string_equal(sdx_isa_name(SDX_ISA_AVX512VNNI), "avx512vnni");
    assert_string_equal(sdx_isa_name(SDX_ISA_COUNT), "unknown");
    assert_true(sdx_cpu_has(SDX_ISA_SCALAR));
    assert_false(sdx_cpu_has(SDX_ISA_COUNT));
    assert_true(sdx_cpu_has(sdx_cpu_best()));
    if (sdx_cpu_has(SDX_ISA_AVX512VNNI)) assert_true(sdx_cpu_has(SDX_ISA_AVX512));
    if (sdx_cpu_has(SDX_ISA_AVX512)) assert_true(sdx_cpu_has(SDX_ISA_AVX2));
    if (sdx_cpu_has(SDX_ISA_NEONDOT)) assert_true(sdx_cpu_has(SDX_ISA_NEON));
    assert_true(sdx_cpu_count() >= 1);
}

static void knobs_are_read_once(void **state) {
    (void)state;
    assert_int_equal(setenv("SDX_THREADS", "3", 1), 0);
    assert_int_equal(sdx_knob_int(SDX_KNOB_THREADS), 3);
    assert_int_equal(setenv("SDX_THREADS", "4", 1), 0);
    assert_int_equal(sdx_knob_int(SDX_KNOB_THREADS), 3);
    assert_string_equal(sdx_knob(SDX_KNOB_THREADS), "3");
    assert_non_null(sdx_knob(SDX_KNOB_ISA));
}

static void write_file(const char *root, const char *name, const char *text) {
    char path[300];
    (void)snprintf(path, sizeof path, "%s/%s", root, name);
    for (char *slash = strchr(path + strlen(root) + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0700);
        *slash = '/';
    }
    FILE *const file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static unsigned quota_of(const char *root, const char *lines) {
    char path[300];
    write_file(root, "self", lines);
    (void)snprintf(path, sizeof path, "%s/self", root);
    return sdx_os_quota(path, root);
}

static void quotas_of_both_versions(void **state) {
    (void)state;
    if (!HAS_DEVICES) skip(); /* and no control groups either */
    char root[200];
    (void)snprintf(root, sizeof root, "%.150s/sdx_quota_XXXXXX", temporary_folder());
    assert_non_null(mkdtemp(root));
    assert_int_equal(sdx_os_quota("/nonexistent/self", root), 0);
    assert_int_equal(quota_of(root, "0::/a/b\n"), 0);
    write_file(root, "a/b/cpu.max", "max 100000\n");
    assert_int_equal(quota_of(root, "0::/a/b\n"), 0);
    write_file(root, "a/cpu.max", "250000 100000\n");
    assert_int_equal(quota_of(root, "0::/a/b\n"), 3);
    write_file(root, "a/b/cpu.max", "10000 100000\n");
    assert_int_equal(quota_of(root, "1:name=systemd:/x\n0::/a/b\n"), 1);
    assert_int_equal(quota_of(root, "0::/a/b/gone/deeper"), 1);
    assert_int_equal(quota_of(root, "0::/\n"), 0);
    write_file(root, "cpu.max", "600000 100000");
    assert_int_equal(quota_of(root, "0::/../outside\n"), 6);
    write_file(root, "cpu.max", "nonsense");
    assert_int_equal(quota_of(root, "0::/\n"), 0);
    write_file(root, "cpu,cpuacct/box/cpu.cfs_quota_us", "150000\n");
    write_file(root, "cpu,cpuacct/box/cpu.cfs_period_us", "50000\n");
    assert_int_equal(quota_of(root, "4:cpu,cpuacct:/box\n3:cpuset:/box\n"), 3);
    assert_int_equal(quota_of(root, "4:cpuset,cpuacct:/box\n"), 0);
    write_file(root, "cpu/cpu.cfs_quota_us", "-1\n");
    write_file(root, "cpu/cpu.cfs_period_us", "100000\n");
    assert_int_equal(quota_of(root, "4:cpu:/docker/12ab\n"), 0);
    write_file(root, "cpu/cpu.cfs_quota_us", "200000\n");
    assert_int_equal(quota_of(root, "4:cpu:/docker/12ab\n"), 2);
    static const char *const bad[] = {"", "\n", ":", "::", "0::", "x", "4:cpu", "4:cpu\n::\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        (void)quota_of(root, bad[i]);
    assert_int_equal(remove_folder(root), 0);
}

typedef struct account {
    sdx_mutex mutex;
    unsigned balance; /* under the mutex */
} account;

static void *deposit(void *arg) {
    account *const a = arg;
    for (int i = 0; i < 20000; i++) {
        sdx_mutex_lock(&a->mutex);
        a->balance++;
        sdx_mutex_unlock(&a->mutex);
    }
    return NULL;
}

static void mutex_excludes(void **state) {
    (void)state;
    account a = {0};
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, deposit, &a), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(a.balance, 80000);
    assert_int_equal(a.mutex.state, 0);
}

static void waits_end_at_the_deadline(void **state) {
    (void)state;
    atomic_uint word = 5;
    sdx_wait_word(&word, 4, UINT64_MAX); /* the word is another: no wait */
    const uint64_t start = sdx_clock_ns();
    const uint64_t deadline = start + 20000000;
    while (sdx_clock_ns() < deadline)
        sdx_wait_word(&word, 5, deadline);
    assert_true(sdx_clock_ns() - start < UINT64_C(10000000000));
    sdx_wait_word(&word, 5, 0); /* long past */
    sdx_wake_word(&word, 1);
}

static void floating_point_mode_comes_back(void **state) {
    (void)state;
    if (sdx_cpu_best() == SDX_ISA_SCALAR) skip();
    volatile float tiny = 1.17549435e-38f;
    const unsigned outside = sdx_cpu_set_flush(true);
    volatile float half = tiny * 0.5f;
    const bool flushed = half == 0.0f;
    const unsigned inside = sdx_cpu_set_flush(false);
    half = tiny * 0.5f;
    const bool kept = half > 0.0f;
    sdx_cpu_restore_fp(inside);
    half = tiny * 0.5f;
    const bool flushed_again = half == 0.0f;
    sdx_cpu_restore_fp(outside);
    assert_true(flushed && kept && flushed_again);
}

/* On every processor, whatever the application had set. */
static void rounding_is_the_engine_s_inside(void **state) {
    (void)state;
    volatile float three = 3.0f;
    const float nearest = 1.0f / three;
    assert_int_equal(fesetround(FE_UPWARD), 0);
    (void)feclearexcept(FE_ALL_EXCEPT);
    (void)feraiseexcept(FE_DIVBYZERO);
    const unsigned outside = sdx_cpu_set_flush(false);
    volatile float inside = 1.0f / three;
    sdx_cpu_restore_fp(outside);
    const int rounding = fegetround();
    (void)fesetround(FE_TONEAREST);
    assert_true(inside == nearest);
    assert_int_equal(rounding, FE_UPWARD);
    assert_int_equal(fetestexcept(FE_ALL_EXCEPT), FE_DIVBYZERO);
    (void)feclearexcept(FE_ALL_EXCEPT);
}

typedef struct heard {
    int n;
    char line[4000];
} heard;

static void hear(void *user, sdx_log_level level, const char *line) {
    heard *const h = user;
    (void)level;
    h->n++;
    (void)snprintf(h->line, sizeof h->line, "%s", line);
}

static void log_lines_go_to_the_callback(void **state) {
    (void)state;
    heard h = {0};
    const sdx_logger logger = {hear, &h, SDX_LOG_INFO};
    sdx_log(&logger, SDX_LOG_INFO, "gemm: %s %dx%d", "avx512", 16, 14);
    assert_string_equal(h.line, "gemm: avx512 16x14");
    sdx_log(&logger, SDX_LOG_DEBUG, "no");
    sdx_log(NULL, SDX_LOG_ERROR, "no");
    sdx_log(&(sdx_logger){0}, SDX_LOG_ERROR, "no");
    assert_int_equal(h.n, 1);
    char wide[3000];
    memset(wide, 'w', sizeof wide - 1);
    wide[sizeof wide - 1] = '\0';
    sdx_log(&logger, SDX_LOG_ERROR, "%s", wide);
    assert_int_equal(strlen(h.line), 2047);
    assert_string_equal(h.line + 2044, "...");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_have_names_and_order),
        cmocka_unit_test(knobs_are_read_once),
        cmocka_unit_test(quotas_of_both_versions),
        cmocka_unit_test(mutex_excludes),
        cmocka_unit_test(waits_end_at_the_deadline),
        cmocka_unit_test(floating_point_mode_comes_back),
        cmocka_unit_test(rounding_is_the_engine_s_inside),
        cmocka_unit_test(log_lines_go_to_the_callback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
