/* A stable sort of indices: merging from short runs up, without recursion; n log n at worst. */
#ifndef SDX_OPS_COMMON_SORT_H
#define SDX_OPS_COMMON_SORT_H

#include <stddef.h>
#include <stdint.h>

/* Below 0: a comes before b; above 0: after it; 0: as they stand. */
typedef int sdx_compare_fn(const void *arg, int64_t a, int64_t b);

/* Sorts n items; `scratch` has room for as many. */
void sdx_sort(int64_t *items, int64_t *scratch, size_t n, sdx_compare_fn *compare, const void *arg);

/* Compares by ascending keys; arg is `const uint64_t *`, an item the index of its key. */
int sdx_compare_keys(const void *arg, int64_t a, int64_t b);

#endif
