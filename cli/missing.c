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

void missing_of(const sdx_model *model, struct text *lines) {
    sdx_missing_info info;
    for (size_t i = 0; i < sdx_model_n_missing(model); i++) {
        const sdx_status status = sdx_model_missing(model, i, &info);
        if (status == NULL) {
            text_safe(lines, info.domain);
            text_add(lines, "%s", info.domain.len > 0 ? "::" : "");
            text_safe(lines, info.name);
            text_add(lines, "\n");
        }
        sdx_status_free(status);
    }
}

void missing_add(struct missing_list *list, const char *lines) {
    size_t n = 0;
    struct missing_operator *entry = NULL;
    for (const char *end = strchr(lines, '\n'); end != NULL; end = strchr(lines, '\n')) {
        entry = find(list, lines, (size_t)(end - lines));
        entry->n_cases++;
        n++;
        lines = end + 1;
    }
    if (n == 1) {
        entry->n_alone++;
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
