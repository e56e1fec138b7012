/* A node and those behind it that can be done as it stores: each reads what the one before made,
 * which nobody else reads. */
#ifndef SDX_CPU_CHAIN_H
#define SDX_CPU_CHAIN_H

#include "opt/opt.h"

enum { SDX_CHAIN_MAX = 16 };

/* An activation that stores can apply, as attributes of the fused operators say it. */
typedef struct sdx_chain_activation {
    const char *name; /* of ops/elementwise/activation.h; NULL: none */
    float params[2];
    size_t n_params;
} sdx_chain_activation;

typedef struct sdx_chain {
    sdx_node *nodes[SDX_CHAIN_MAX];
    size_t n;
    sdx_gvalue *value;    /* what the last of them makes */
    sdx_gvalue *residual; /* set by sdx_chain_end; NULL: none */
    sdx_chain_activation activation;
} sdx_chain;

void sdx_chain_begin(sdx_chain *chain, sdx_node *first);
/* The one node that reads the chain's value, in the same graph; NULL where there are others, or
 * where the value leaves the graph. */
sdx_node *sdx_chain_next(const sdx_chain *chain);
/* The other operand of a node with two, one of them being the chain's value; NULL where both are,
 * or where it has another number. */
sdx_gvalue *sdx_chain_other(const sdx_chain *chain, const sdx_node *node);
void sdx_chain_take(sdx_chain *chain, sdx_node *node);

/* Takes a sum with a tensor of the same shape, then an activation, where they come next. */
void sdx_chain_end(sdx_chain *chain);

/* An internal operator in the place of the chain's last node makes what that one made. It has the
 * activation's attributes; others are the caller's to set. */
sdx_status sdx_chain_replace(sdx_rewrite *r, const sdx_chain *chain, const char *op,
                             sdx_gvalue *const *inputs, size_t n_inputs, sdx_node **out)
    SDX_NODISCARD;

#endif
