/* The loop of a scan: a body that is run once for each step along the scanned inputs. */
#ifndef SDX_OPS_CONTROL_STEPS_H
#define SDX_OPS_CONTROL_STEPS_H

#include "ops/call.h"
#include "ops/infer.h"

/* The body has inputs (states, steps of the scanned inputs) and outputs (states, rows). */
typedef struct sdx_steps {
    const sdx_call *c;
    size_t attr; /* of the body */
    const sdx_graph *body;
    size_t n_states, n_scanned, n_rows;
    size_t length; /* steps of each scanned input */

    /* Set for each turn; workspace of sdx_steps_open. */
    sdx_value **states; /* owned: the initial ones, then the final ones */
    sdx_view *scanned;
    size_t *axes; /* of `scanned` */
    bool *reverse;

    sdx_value **in, **out; /* of the body, owned; `states` is the head of `in` */
    sdx_value **rows;      /* owned: what step s made for row output k, at k * length + s */
    size_t n_made;         /* steps done */
} sdx_steps;

/* The counts are set; gives workspace, all of it zero. */
sdx_status sdx_steps_open(sdx_steps *s) SDX_NODISCARD;
/* Runs the first `n` steps of each scanned input: 0 to n - 1, where reversed n - 1 to 0. */
sdx_status sdx_steps_run(sdx_steps *s, size_t n) SDX_NODISCARD;
/* Rows of output k on top of each other along new axis `axis` (against the rank of the result); at
 * least one was made. */
sdx_status sdx_steps_stack(const sdx_steps *s, size_t k, int64_t axis, bool reverse,
                           sdx_value **out) SDX_NODISCARD;
/* Lets go of all values: before another turn, and at the end. */
void sdx_steps_clear(sdx_steps *s);

/* Checks a Scan node against its body: states, scanned inputs and rows are counted. */
sdx_status sdx_steps_check(const sdx_infer *in, const sdx_graph *body, size_t first,
                           int64_t n_scanned, size_t *n_states) SDX_NODISCARD;
/* A list attribute with a value for each of n inputs or outputs: 0 where it is left out; the length
 * is checked by sdx_steps_check_list while loading. */
static inline int64_t sdx_steps_choice(const sdx_attr *list, size_t i) {
    return list->kind == SDX_ATTR_INTS && i < list->n ? list->ints[i] : 0;
}
sdx_status sdx_steps_check_list(const sdx_node *node, size_t attr, size_t n, bool flags)
    SDX_NODISCARD;

#endif
