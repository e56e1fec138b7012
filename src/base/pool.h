/* The process's one pool of worker threads, and the gang that a run recruits from it.
 *
 * A run enters with a gang of at most `lanes` threads, itself included; its parallel loops are
 * shared among the gang by an atomic counter over chunks. The caller always takes part and can
 * finish alone: nobody waits for a worker that has not claimed a chunk. Workers that joined spin at
 * most some tens of microseconds for the next loop of the run, then sleep on a futex; between runs
 * all sleep. The pool starts threads when first needed, up to sdx_cpu_count() - 1 (more if asked
 * for more), and none for gangs of one lane. After fork() the child starts a pool of its own.
 *
 * What is computed never depends on who computes it: chunk bounds follow from (n, grain) alone. */
#ifndef SDX_BASE_POOL_H
#define SDX_BASE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Works on the items [begin, end) of a loop. `lane` is below the gang's lanes and belongs to one
 * thread at a time: it may index scratch. */
typedef void sdx_loop_fn(void *arg, size_t begin, size_t end, unsigned lane);

typedef struct sdx_gang sdx_gang; /* one run at a time */

/* A gang of at most `lanes` threads (1: the caller alone). Cheap to keep: it owns no thread. */
sdx_status sdx_gang_create(unsigned lanes, sdx_gang **out) SDX_NODISCARD;
void sdx_gang_destroy(sdx_gang *gang);
unsigned sdx_gang_lanes(const sdx_gang *gang);

/* a run begins: sets the caller's floating-point mode */
void sdx_gang_enter(sdx_gang *gang, bool flush_denormals);
/* a run ends: lanes go home, modes are restored */
void sdx_gang_leave(sdx_gang *gang);

/* Calls fn over [0, n) in chunks of `grain` items (the last may be shorter), on any lanes, and
 * returns when all are done. Within a chunk items are given in order. Called inside a loop it runs
 * in line on the same lane. n may be 0. Chunks of at least `grain` items are what the caller
 * computed from shapes alone; SDX_GRAIN=1 (a test's knob, read once) makes every item a chunk of
 * its own. */
void sdx_gang_for(sdx_gang *gang, size_t n, size_t grain, sdx_loop_fn *fn, void *arg);

/* Loops since the process started that more than one chunk was given out for: tests see that
 * splitting happened. */
uint64_t sdx_gang_split_loops(void);

#endif
