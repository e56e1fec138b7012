/* operators.h. */
#include "cli/operators.h"

#include <stdlib.h>
#include <string.h>

#include "cli/memory.h"

static struct operator_count *find(struct operator_list *list, const char *name, size_t len) {
    for (size_t i = 0; i < list->n; i++) {
        if (strlen(list->operators[i].name) == len &&
            memcmp(list->operators[i].name, name, len) == 0) {
            return &list->operators[i];
        }
    }
    list->operators = mem_grow(list->operators, list->n + 1, sizeof *list->operators);
    list->operators[list->n] = (struct operator_count){.name = mem_copy(name, len)};
    return &list->operators[list->n++];
}

static void add_line(struct text *lines, sdx_str domain, sdx_str name) {
    text_safe(lines, domain);
    text_add(lines, "%s", domain.len > 0 ? "::" : "");
    text_safe(lines, name);
    text_add(lines, "\n");
}

void operators_of(const sdx_model *model, struct text *lines) {
    sdx_str domain;
    sdx_str name;
    size_t count = 0;
    for (size_t i = 0; i < sdx_model_n_operators(model); i++) {
        const sdx_status status = sdx_model_operator(model, i, &domain, &name, &count);
        if (status == NULL) {
            add_line(lines, domain, name);
        }
        sdx_status_free(status);
    }
}

void operators_missing(const sdx_model *model, struct text *lines) {
    sdx_missing_info info;
    for (size_t i = 0; i < sdx_model_n_missing(model); i++) {
        const sdx_status status = sdx_model_missing(model, i, &info);
        if (status == NULL) {
            add_line(lines, info.domain, info.name);
        }
        sdx_status_free(status);
    }
}

void operators_add(struct operator_list *list, const char *lines) {
    size_t n = 0;
    struct operator_count *entry = NULL;
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
    const struct operator_count *const one = a;
    const struct operator_count *const other = b;
    if (one->n_cases != other->n_cases) {
        return one->n_cases > other->n_cases ? -1 : 1;
    }
    return strcmp(one->name, other->name);
}

static int order_by_name(const void *a, const void *b) {
    const struct operator_count *const one = a;
    const struct operator_count *const other = b;
    return strcmp(one->name, other->name);
}

void operators_sort(struct operator_list *list) {
    if (list->n > 0) {
        qsort(list->operators, list->n, sizeof *list->operators, order);
    }
}

void operators_sort_by_name(struct operator_list *list) {
    if (list->n > 0) {
        qsort(list->operators, list->n, sizeof *list->operators, order_by_name);
    }
}

void operators_free(struct operator_list *list) {
    for (size_t i = 0; i < list->n; i++) {
        mem_free(list->operators[i].name);
    }
    mem_free(list->operators);
    *list = (struct operator_list){0};
}
