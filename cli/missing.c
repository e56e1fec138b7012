/* missing.h. */
#include "cli/missing.h"

#include <stdlib.h>
#include <string.h>

#include "cli/memory.h"

static struct missing_operator *find(struct missing_list *list, const char *name, size_t len) {
    for (size_t i = 0; i < list->n; i++) {
        if (strlen(list->operators[i].name) == len &&
            memcmp(list->operators[i].name, name, len) == 0) {
            return &list->operators[i];
        }
    }
    list->operators = mem_grow(list->operators, list->n + 1, sizeof *list->operators);
    list->operators[list->n] = (struct missing_operator){.name = mem_copy(name, len)};
    return &list->operators[list->n++];
}

void missing_add(struct missing_list *list, const char *text) {
    static const char mark[] = " (opset ";
    size_t n_names = 0;
    size_t last = 0;
    for (const char *at = strstr(text, mark); at != NULL; at = strstr(at + 1, mark)) {
        const char *from = at;
        while (from > text && from[-1] != ' ') {
            from--;
        }
        if (from < at) {
            struct missing_operator *const entry = find(list, from, (size_t)(at - from));
            entry->n_cases++;
            last = (size_t)(entry - list->operators);
            n_names++;
        }
    }
    if (n_names == 1) {
        list->operators[last].n_alone++;
    }
}

static int order(const void *a, const void *b) {
    const struct missing_operator *const one = a;
    const struct missing_operator *const other = b;
    if (one->n_cases != other->n_cases) {
        return one->n_cases > other->n_cases ? -1 : 1;
    }
    return strcmp(one->name, other->name);
}

void missing_sort(struct missing_list *list) {
    if (list->n > 0) {
        qsort(list->operators, list->n, sizeof *list->operators, order);
    }
}

void missing_free(struct missing_list *list) {
    for (size_t i = 0; i < list->n; i++) {
        mem_free(list->operators[i].name);
    }
    mem_free(list->operators);
    *list = (struct missing_list){0};
}
