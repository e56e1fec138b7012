/* An allocator for tests that says no when told to, knows what is still alive, and checks that
 * blocks come back with the size they were taken with. A sweep over all points of failure:
 *
 *     for (size_t nth = 1;; nth++) {
 *         fail_alloc memory;
 *         fail_alloc_init(&memory, nth, false);
 *         sdx_status status = what_is_tested(&memory.allocator);
 *         assert_int_equal(sdx_status_code(status), memory.failed ? SDX_OUT_OF_MEMORY : SDX_OK);
 *         sdx_status_free(status);
 *         assert_true(fail_alloc_clean(&memory));
 *         if (!memory.failed) break;
 *     }
 *
 * Thread-safe. */
#ifndef SDX_TESTS_FAIL_ALLOC_H
#define SDX_TESTS_FAIL_ALLOC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "sardonyx/sardonyx.h"

typedef struct fail_alloc {
    sdx_allocator allocator; /* pass its address; it refers to this struct, which must not move */
    size_t nth;              /* the request that fails, counted from 1; 0: none */
    bool and_after;          /* all later ones fail as well */
    atomic_size_t requests;
    atomic_size_t failed; /* requests answered with NULL */
    atomic_size_t blocks; /* alive */
    atomic_size_t bytes;  /* alive */
    atomic_size_t wrong;  /* blocks that came back with another size or that are none of ours */
} fail_alloc;

void fail_alloc_init(fail_alloc *memory, size_t nth, bool and_after);
/* Everything came back, and in order. */
bool fail_alloc_clean(const fail_alloc *memory);

#endif
