/* The operating system, POSIX: memory, threads, time, waiting, the number of CPUs. Files are in
 * os_posix_file.c. */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* CPU sets and thread names; harmless elsewhere */
#endif
#include "base/port.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/checked.h"

/* ---- memory ---- */

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
