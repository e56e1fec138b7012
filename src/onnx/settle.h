/* Settling: finding each node's operator, upgrading it, checking it against the schema and
 * inferring types and shapes, in execution order.
 *
 * Run over a whole graph at import, and again by whoever changed a graph: what is settled is only
 * inferred anew. */
#ifndef SDX_ONNX_SETTLE_H
#define SDX_ONNX_SETTLE_H

#include "base/map.h"
#include "ops/infer.h"

/* An operator that was found, by the address of its name: nodes of one kind share their texts. */
typedef struct sdx_settler_kind {
    sdx_str domain, name;
    const struct sdx_op *op; /* NULL: this build lacks it */
} sdx_settler_kind;

enum { SDX_SETTLER_KINDS = 64 };

typedef struct sdx_settler {
    sdx_arena *arena;         /* of the graph */
    sdx_heap *heap;           /* for what is gone afterwards */
    const sdx_op_set *custom; /* operators beside those of this build; NULL: none */
    sdx_map missing;          /* "domain:name" -> sdx_missing_info of what this build lacks */
    sdx_settler_kind kinds[SDX_SETTLER_KINDS];
} sdx_settler;

void sdx_settler_init(sdx_settler *settler, const sdx_op_set *custom, sdx_arena *arena,
                      sdx_heap *heap);
void sdx_settler_deinit(sdx_settler *settler);

/* Settles the nodes of `graph` and of the graphs inside. Operators that are missing are noted, not
 * an error here. Errors: whatever is wrong with a node. */
sdx_status sdx_settle(sdx_settler *settler, sdx_graph *graph) SDX_NODISCARD;
/* One node whose inputs are settled. */
sdx_status sdx_settle_node(sdx_settler *settler, sdx_node *node) SDX_NODISCARD;
/* The operators that were missing, sorted, in the settler's arena. */
sdx_status sdx_settle_missing(const sdx_settler *settler, const sdx_missing_info **list, size_t *n)
    SDX_NODISCARD;
/* SDX_UNSUPPORTED_OPERATOR with one text that names them all; NULL when there are none. */
sdx_status sdx_missing_error(const sdx_missing_info *list, size_t n) SDX_NODISCARD;

#endif
