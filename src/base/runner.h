/* Threads for long tasks of their own: asynchronous runs. A task gets a thread that has nothing to
 * do, else a new one, so tasks never wait for each other; idle threads sleep and cost nothing.
 * After fork() the child has none of them and starts its own. When the process ends or the library
 * is unloaded, idle threads end; those in a task are let go. */
#ifndef SDX_BASE_RUNNER_H
#define SDX_BASE_RUNNER_H

#include "base/status.h"

typedef void sdx_task_fn(void *arg);

/* Has fn(arg) called on a thread of ours, soon. Thread-safe; also from within a task. */
sdx_status sdx_runner_start(sdx_task_fn *fn, void *arg) SDX_NODISCARD;

/* Changes in the child of a fork: tasks that were started under another epoch will never end. */
unsigned sdx_runner_epoch(void);

#endif
