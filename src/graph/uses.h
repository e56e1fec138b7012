/* The lists of uses, for graph.c and node.c alone. */
#ifndef SDX_GRAPH_USES_H
#define SDX_GRAPH_USES_H

#include "graph/graph.h"

/* Room for `more` further uses, so that adding them cannot fail. */
sdx_status sdx_use_reserve(sdx_gvalue *value, size_t more) SDX_NODISCARD;
void sdx_use_add(sdx_gvalue *value, sdx_node *user);
void sdx_use_drop(sdx_gvalue *value, const sdx_node *user); /* one of them */

#endif
