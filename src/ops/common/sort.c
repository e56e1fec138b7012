/* See sort.h. */
#include "ops/common/sort.h"

#include <stdbool.h>
#include <string.h>

enum { RUN = 8 }; /* items that insertion sorts */

int sdx_compare_keys(const void *arg, int64_t a, int64_t b) {
    const uint64_t *const keys = arg;
    return keys[a] < keys[b] ? -1 : keys[a] > keys[b];
}

static void insert(int64_t *items, size_t n, sdx_compare_fn *compare, const void *arg) {
    for (size_t i = 1; i < n; i++) {
        const int64_t item = items[i];
        size_t at = i;
        for (; at > 0 && compare(arg, items[at - 1], item) > 0; at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

/* Merges [0, half) and [half, n) of `from` into `to`. */
static void merge(int64_t *to, const int64_t *from, size_t half, size_t n, sdx_compare_fn *compare,
                  const void *arg) {
    size_t left = 0, right = half;
    for (size_t i = 0; i < n; i++) {
        const bool take_left =
            right == n || (left < half && compare(arg, from[left], from[right]) <= 0);
        to[i] = from[take_left ? left++ : right++];
    }
}

void sdx_sort(int64_t *items, int64_t *scratch, size_t n, sdx_compare_fn *compare,
              const void *arg) {
    int64_t *from = items, *to = scratch;
    for (size_t i = 0; i < n; i += RUN)
        insert(items + i, n - i < RUN ? n - i : RUN, compare, arg);
    for (size_t run = RUN; run < n; run *= 2) {
        for (size_t i = 0; i < n; i += 2 * run) {
            const size_t rest = n - i, half = rest < run ? rest : run;
            merge(to + i, from + i, half, rest < 2 * run ? rest : 2 * run, compare, arg);
        }
        int64_t *const done = to;
        to = from;
        from = done;
    }
    if (from != items && n > 0) memcpy(items, from, n * sizeof *items);
}
