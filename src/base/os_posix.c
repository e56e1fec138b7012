/* The operating system, POSIX: memory, threads, time, waiting, the number of CPUs. Files are in
 * os_posix_file.c. */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* CPU sets and thread names; harmless elsewhere */
#endif
#include "base/port.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <sys/auxv.h>
#endif
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/clock.h"
#include "base/cpu.h"
#include "base/thread.h"

/* Linux waits on a word by itself; SDX_PORTABLE_WAIT asks for the other way, to test it here. */
#if defined(__linux__) && defined(__LP64__) && !defined(SDX_PORTABLE_WAIT)
#define HAVE_FUTEX 1
#include <sys/syscall.h>
/* From linux/futex.h, which a C library other than glibc need not bring along. */
enum { FUTEX_WAKE_PRIVATE = 1 | 128, FUTEX_WAIT_BITSET_PRIVATE = 9 | 128 };
static const unsigned futex_any = UINT_MAX;
#endif

/* ---- memory ---- */

void *sdx_os_block_allocate(size_t size, size_t alignment) {
    return aligned_alloc(alignment, size);
}

void sdx_os_block_free(void *ptr) { free(ptr); }

static const size_t huge_page = (size_t)2 << 20;

static size_t page_size(void) {
    const long size = sysconf(_SC_PAGESIZE);
    return size > 0 ? (size_t)size : 4096;
}

void *sdx_os_pages_map(size_t size, size_t alignment) {
    const size_t align = alignment > huge_page ? alignment : huge_page;
    size_t whole;
    size_t room;
    if (!sdx_round_up(size, page_size(), &whole) || !sdx_add_size(whole, align, &room)) return NULL;
    char *const base = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) return NULL;
    const size_t before = (align - (uintptr_t)base % align) % align;
    const size_t after = align - before;
    if (before > 0) (void)munmap(base, before);
    if (after > 0) (void)munmap(base + before + whole, after);
#if defined(MADV_HUGEPAGE)
    (void)madvise(base + before, whole,
                  MADV_HUGEPAGE); /* advice: refused where the system has none */
#endif
    return base + before;
}

void sdx_os_pages_unmap(void *ptr, size_t size) {
    size_t whole;
    if (sdx_round_up(size, page_size(), &whole)) (void)munmap(ptr, whole);
}

/* ---- time ---- */

enum { NS_PER_S = 1000000000 };

static uint64_t now_ns(clockid_t clock) {
    struct timespec now;
    if (clock_gettime(clock, &now) != 0) return 0;
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t sdx_clock_ns(void) { return now_ns(CLOCK_MONOTONIC); }

/* ---- waiting ---- */

static struct timespec to_timespec(uint64_t ns) {
    return (struct timespec){.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S)};
}

#if defined(HAVE_FUTEX)

_Static_assert(sizeof(atomic_uint) == 4, "the kernel looks at 32 bits");

void sdx_wait_word(const atomic_uint *word, unsigned expected, uint64_t deadline) {
    const struct timespec end = to_timespec(deadline);
    (void)syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, expected,
                  deadline == UINT64_MAX ? NULL : &end, NULL, futex_any);
}

void sdx_wake_word(const atomic_uint *word, unsigned n) {
    (void)syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, n > INT_MAX ? INT_MAX : (int)n, NULL, NULL,
                  0);
}

#else

/* One condition for all words: wakes more threads than meant, each of which looks at its own word
 * again. */
static pthread_mutex_t wait_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wait_changed = PTHREAD_COND_INITIALIZER;

void sdx_wait_word(const atomic_uint *word, unsigned expected, uint64_t deadline) {
    (void)pthread_mutex_lock(&wait_mutex);
    if (atomic_load(word) == expected) {
        const uint64_t now = sdx_clock_ns();
        if (deadline == UINT64_MAX) {
            (void)pthread_cond_wait(&wait_changed, &wait_mutex);
        } else if (deadline > now) {
            /* Conditions count by the clock on the wall; a step of it wakes early or late, once. */
            const struct timespec end = to_timespec(now_ns(CLOCK_REALTIME) + (deadline - now));
            (void)pthread_cond_timedwait(&wait_changed, &wait_mutex, &end);
        }
    }
    (void)pthread_mutex_unlock(&wait_mutex);
}

/* The lock lies between a waiter's look at the word and its sleep: a change made before this call
 * is seen or woken. */
void sdx_wake_word(const atomic_uint *word, unsigned n) {
    (void)word;
    (void)n;
    (void)pthread_mutex_lock(&wait_mutex);
    (void)pthread_cond_broadcast(&wait_changed);
    (void)pthread_mutex_unlock(&wait_mutex);
}

/* A condition remembers its waiters, and those of the parent will never leave it. */
static void renew_waiting(void) {
    wait_mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    wait_changed = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
}

#endif

/* ---- threads ---- */

_Static_assert(sizeof(pthread_t) <= sizeof(((sdx_os_thread *)0)->id), "a handle fits");

enum { STACK_SIZE = 1 << 20 };

bool sdx_os_thread_start(sdx_os_thread *thread, void *(*body)(void *arg), void *arg) {
    pthread_attr_t attr;
    if (pthread_attr_init(&attr) != 0) return false;
    (void)pthread_attr_setstacksize(&attr, STACK_SIZE); /* where that is too small, the standard */
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before); /* the new thread inherits it */
    pthread_t id;
    const bool started = pthread_create(&id, &attr, body, arg) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attr);
    if (!started) return false;
#if defined(__linux__)
    (void)pthread_setname_np(id, "sardonyx");
#endif
    memcpy(thread->id, &id, sizeof id);
    return true;
}

static pthread_t thread_id(const sdx_os_thread *thread) {
    pthread_t id;
    memcpy(&id, thread->id, sizeof id);
    return id;
}

void sdx_os_thread_join(const sdx_os_thread *thread) {
    (void)pthread_join(thread_id(thread), NULL);
}

void sdx_os_thread_detach(const sdx_os_thread *thread) { (void)pthread_detach(thread_id(thread)); }

void sdx_os_yield(void) { (void)sched_yield(); }

bool sdx_os_at_fork_and_exit(void (*prepare)(void), void (*parent)(void), void (*child)(void),
                             void (*leave)(void)) {
#if !defined(HAVE_FUTEX)
    if (pthread_atfork(NULL, NULL, renew_waiting) != 0) return false; /* runs before `child` */
#endif
    return pthread_atfork(prepare, parent, child) == 0 && atexit(leave) == 0;
}

/* ---- the processor ---- */

bool sdx_os_has_dot_product(void) {
#if defined(__ARM_FEATURE_DOTPROD)
    return true; /* the whole library was compiled for it */
#elif defined(__linux__) && defined(__aarch64__)
    return (getauxval(AT_HWCAP) >> 20 & 1) != 0; /* HWCAP_ASIMDDP */
#else
    return false;
#endif
}

static unsigned affinity_count(void) {
#if defined(__linux__)
    for (size_t n = 1024; n <= (size_t)1 << 20;
         n *= 4) { /* the kernel refuses sets smaller than its own */
        cpu_set_t *const set = CPU_ALLOC(n);
        if (!set) break;
        const size_t size = CPU_ALLOC_SIZE(n);
        const int count = sched_getaffinity(0, size, set) == 0 ? CPU_COUNT_S(size, set) : 0;
        CPU_FREE(set);
        if (count > 0) return (unsigned)count;
    }
#endif
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 && online < INT_MAX ? (unsigned)online : 1;
}

/* Reads the beginning of a small text file; false: there is none. */
static bool read_text(const char *path, char *text, size_t size) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    size_t len = 0;
    while (len < size - 1) {
        const ssize_t n = read(fd, text + len, size - 1 - len);
        if (n <= 0) break;
        len += (size_t)n;
    }
    (void)close(fd);
    text[len] = '\0';
    return len > 0;
}

/* What a control group is called below the place where its hierarchy is mounted. */
typedef struct cgroup {
    const char *root;  /* "/sys/fs/cgroup" */
    const char *mount; /* "" for version 2, "/cpu" or the like for version 1 */
    const char *path;  /* "/user.slice/session.scope", or a part of it */
    int path_len;
    bool unified; /* version 2 */
} cgroup;

static bool read_setting(const cgroup *group, const char *name, char *text, size_t size) {
    char path[4096];
    const int len = snprintf(path, sizeof path, "%s%s%.*s/%s", group->root, group->mount,
                             group->path_len, group->path, name);
    return len > 0 && (size_t)len < sizeof path && read_text(path, text, size);
}

/* CPUs that this one group may use; UINT_MAX: any number. */
static unsigned group_quota(const cgroup *group) {
    char text[64];
    long long quota = -1;
    long long period = -1;
    char *end = text;
    if (group->unified) { /* "150000 100000" or "max 100000" */
        if (!read_setting(group, "cpu.max", text, sizeof text)) return UINT_MAX;
        quota = strtoll(text, &end, 10);
        if (end == text) return UINT_MAX;
        period = strtoll(end, NULL, 10);
    } else {
        if (!read_setting(group, "cpu.cfs_quota_us", text, sizeof text)) return UINT_MAX;
        quota = strtoll(text, NULL, 10); /* -1: none */
        if (!read_setting(group, "cpu.cfs_period_us", text, sizeof text)) return UINT_MAX;
        period = strtoll(text, NULL, 10);
    }
    if (quota <= 0 || period <= 0) return UINT_MAX;
    const long long cpus = quota / period + (quota % period != 0);
    return cpus < INT_MAX ? (unsigned)cpus : UINT_MAX;
}

/* The least quota of a group and those above it: each of them binds. In a container the upper part
 * of the path often does not exist, and its own group is the root. */
static unsigned path_quota(cgroup group) {
    unsigned least = UINT_MAX;
    for (;;) {
        while (group.path_len > 0 && group.path[group.path_len - 1] == '/')
            group.path_len--;
        const unsigned quota = group_quota(&group);
        if (quota < least) least = quota;
        if (group.path_len == 0) return least;
        while (group.path_len > 0 && group.path[group.path_len - 1] != '/')
            group.path_len--;
    }
}

/* Is `name` in a list like "cpu,cpuacct"? */
static bool in_list(const char *list, const char *name) {
    const size_t len = strlen(name);
    for (const char *at = list; *at; at++) {
        if (strncmp(at, name, len) == 0 && (at[len] == ',' || at[len] == '\0')) return true;
        at = strchr(at, ',');
        if (!at) return false;
    }
    return false;
}

/* The quota that one line of /proc/self/cgroup leads to: "4:cpu,cpuacct:/docker/1f" or
 * "0::/user.slice". */
static unsigned line_quota(char *line, const char *root) {
    char *const list = strchr(line, ':');
    char *const path = list ? strchr(list + 1, ':') : NULL;
    if (!path) return UINT_MAX;
    *path = '\0';
    const bool unified = list[1] == '\0';
    if (!unified && !in_list(list + 1, "cpu")) return UINT_MAX;
    const size_t len =
        strstr(path + 1, "/..") ? 0 : strlen(path + 1); /* seen from another namespace: the root */
    cgroup group = {
        .root = root, .mount = "", .path = path + 1, .path_len = (int)len, .unified = unified};
    if (unified) return path_quota(group);
    *list = '/'; /* mounted as its list of controllers, "/cpu,cpuacct" */
    group.mount = list;
    const unsigned quota = path_quota(group);
    group.mount = "/cpu";
    const unsigned other = path_quota(group);
    return quota < other ? quota : other;
}

unsigned sdx_os_quota(const char *self, const char *root) {
    char text[16384];
    unsigned least = UINT_MAX;
    if (!read_text(self, text, sizeof text)) return 0;
    for (char *line = text; line;) {
        char *const end = strchr(line, '\n');
        if (end) *end = '\0';
        const unsigned quota = line_quota(line, root);
        if (quota < least) least = quota;
        line = end ? end + 1 : NULL;
    }
    return least == UINT_MAX ? 0 : least;
}

unsigned sdx_cpu_count(void) {
    const unsigned count = affinity_count();
    const unsigned quota = sdx_os_quota("/proc/self/cgroup", "/sys/fs/cgroup");
    return quota > 0 && quota < count ? quota : count;
}
