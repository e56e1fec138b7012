/* Activations that other operators of com.microsoft have fused: unary maps found by name. */
#ifndef SDX_OPS_ELEMENTWISE_ACTIVATION_H
#define SDX_OPS_ELEMENTWISE_ACTIVATION_H

#include "ops/elementwise/unary.h"

typedef struct sdx_activation {
    const char *name;
    size_t n_params; /* that it has, of p0 and p1 */
    float p0, p1;    /* defaults */
    sdx_unary unary;
} sdx_activation;

/* Error: names those that there are. */
sdx_status sdx_activation_find(sdx_str name, const sdx_activation **out) SDX_NODISCARD;

/* An activation with its parameters; `activation` is NULL where a node has none. */
typedef struct sdx_activation_use {
    const sdx_activation *activation;
    float p0, p1;
} sdx_activation_use;

/* What the attributes `activation` and `activation_params`, at these places of the schema, say. */
sdx_status sdx_activation_read(const sdx_node *node, size_t name, size_t params,
                               sdx_activation_use *out) SDX_NODISCARD;

/* y[i] = f(y[i]) in float64. */
void sdx_activation_f64(const sdx_activation *activation, double *y, size_t n, float p0, float p1);

#endif
