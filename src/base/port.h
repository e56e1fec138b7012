/* What the rest of base asks of the operating system (os_*.c) and of the processor (cpu_*.c): the
 * list of what a port to another one has to write. File, clock and wait functions stand in their
 * own headers. */
#ifndef SDX_BASE_PORT_H
#define SDX_BASE_PORT_H

#include <float.h>
#include <stdbool.h>
#include <stddef.h>

#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "Sardonyx reads little-endian files in place: it needs a little-endian machine"
#endif
#if FLT_EVAL_METHOD != 0
#error "floats would be computed wider than they are: compile with -msse2 -mfpmath=sse"
#endif

/* A block of memory; NULL: none. `size` is a multiple of `alignment`, a power of two. */
void *sdx_os_block_allocate(size_t size, size_t alignment);
void sdx_os_block_free(void *ptr); /* NULL is nothing */

/* Zeroed memory straight from the system, in whole pages, aligned to at least 2 MiB and to
 * `alignment`, asking for huge pages; NULL: none. Unmapping takes the same size and gives the pages
 * back. */
void *sdx_os_pages_map(size_t size, size_t alignment);
void sdx_os_pages_unmap(void *ptr, size_t size);

/* A thread, as large as any system's handle. */
typedef struct sdx_os_thread {
    _Alignas(void *) unsigned char id[16];
} sdx_os_thread;

/* Starts a thread with all signals blocked and a stack of 1 MiB, named "sardonyx" where the system
 * has names for threads; false: it gives none. It ends in join, which waits for it, or detach,
 * which lets it go; but not in the child of a fork, which has no such thread. */
bool sdx_os_thread_start(sdx_os_thread *thread, void *(*body)(void *arg), void *arg);
void sdx_os_thread_join(const sdx_os_thread *thread);
void sdx_os_thread_detach(const sdx_os_thread *thread);
void sdx_os_yield(void);

/* Calls `prepare` and `parent` around each fork, `child` in the child, and `leave` when the process
 * or the library ends. */
bool sdx_os_at_fork_and_exit(void (*prepare)(void), void (*parent)(void), void (*child)(void),
                             void (*leave)(void));

/* CPUs that the cgroup quota allows, rounded up; 0: no quota. `self` is what /proc/self/cgroup is,
 * `root` what /sys/fs/cgroup is. */
unsigned sdx_os_quota(const char *self, const char *root);

/* Whether an ARM processor has the dot product (FEAT_DotProd); only the system can tell. */
bool sdx_os_has_dot_product(void);

/* The instruction sets that the processor has and the system lets us use: bit 1 << sdx_isa. */
unsigned sdx_cpu_probe(void);
/* Tells the processor that this thread spins. */
void sdx_cpu_relax(void);

#endif
