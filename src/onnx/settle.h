/* Settling: finding each node's operator, upgrading it, checking it against the schema and
 * inferring types and shapes, in execution order.
 *
 * Run over a whole graph at import, and again by whoever changed a graph: what is settled is only
 * inferred anew. */
#ifndef SDX_ONNX_SETTLE_H
#define SDX_ONNX_SETTLE_H

#include "base/map.h"
#include "ops/infer.h"

typedef struct sdx_settler {
    sdx_arena *arena; /* of the graph */
    sdx_heap *heap;   /* for what is gone afterwards */
    sdx_map missing;  /* "domain:name" -> operators that this build lacks; see sdx_settle_report */
} sdx_settler;

void sdx_settler_init(sdx_settler *settler, sdx_arena *arena, sdx_heap *heap);
void sdx_settler_deinit(sdx_settler *settler);

/* Settles the nodes of `graph` and of the graphs inside. Operators that are missing are noted, not
 * an error here. Errors: whatever is wrong with a node. */
sdx_status sdx_settle(sdx_settler *settler, sdx_graph *graph) SDX_NODISCARD;
/* One node whose inputs are settled. */
sdx_status sdx_settle_node(sdx_settler *settler, sdx_node *node) SDX_NODISCARD;
/* SDX_UNSUPPORTED_OPERATOR with one text that names all operators that were missing; NULL when none
 * was. */
sdx_status sdx_settle_report(const sdx_settler *settler) SDX_NODISCARD;

#endif
