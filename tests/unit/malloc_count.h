/* Counts what a whole program takes from the C library and the system, to show that a steady state
 * takes nothing. Defines malloc and its kin: to be included by the one test file that counts, first
 * of all, and never by a helper. Needs glibc and no sanitizer; elsewhere malloc_count_works is
 * false and the test skips.
 *
 *     const size_t before = malloc_count();
 *     ...
 *     if (malloc_count_works) assert_int_equal(malloc_count() - before, 0); */
#ifndef SDX_TESTS_MALLOC_COUNT_H
#define SDX_TESTS_MALLOC_COUNT_H

#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE 1 /* syscall */
#endif
#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

static atomic_size_t malloc_calls;

/* Requests for memory by all threads since the program started. */
static size_t malloc_count(void) { return atomic_load(&malloc_calls); }

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define MALLOC_IS_TAKEN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__) || \
    !defined(__LP64__)
#define MALLOC_IS_TAKEN 1
#endif

#if defined(MALLOC_IS_TAKEN)
static const bool malloc_count_works = false;
#else
static const bool malloc_count_works = true;

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *ptr, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static void count_call(void) { atomic_fetch_add_explicit(&malloc_calls, 1, memory_order_relaxed); }

void *malloc(size_t size) {
    count_call();
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size) {
    count_call();
    return __libc_calloc(n, size);
}

void *realloc(void *ptr, size_t size) {
    count_call();
    return __libc_realloc(ptr, size);
}

void *memalign(size_t alignment, size_t size) {
    count_call();
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **out, size_t alignment, size_t size) {
    void *const ptr = memalign(alignment, size);
    if (!ptr) return ENOMEM;
    *out = ptr;
    return 0;
}

void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset) {
    count_call();
    const long result = syscall(SYS_mmap, at, size, protection, flags, fd, offset);
    return result == -1 ? MAP_FAILED : (void *)result;
}
#endif

#endif
