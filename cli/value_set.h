/* A set of values of a graph (graph.h), by identity. Zero-initialise it. */
#ifndef CLI_VALUE_SET_H
#define CLI_VALUE_SET_H

#include "cli/text.h"
#include "sardonyx/graph.h"

struct value_set {
    const sdx_gvalue **slots; /* owned; NULL: free */
    size_t n, cap;            /* cap is 0 or a power of two, more than half of it free */
};

void value_set_add(struct value_set *set, const sdx_gvalue *value); /* NULL is left out */
bool value_set_has(const struct value_set *set, const sdx_gvalue *value);
void value_set_free(struct value_set *set);

#endif
