/* Which operators a build lacks, collected from the texts of SDX_UNSUPPORTED_OPERATOR: "..., Name
 * (opset 9, 2 nodes, ...), ...". */
#ifndef CLI_MISSING_H
#define CLI_MISSING_H

#include <stddef.h>

struct missing_list {
    struct missing_operator {
        char *name; /* owned: "Name" or "domain::Name" */
        size_t n_cases;
        size_t n_alone; /* cases where nothing else is missing */
    } * operators;      /* owned */
    size_t n;
};

/* Counts the operators of one case. */
void missing_add(struct missing_list *list, const char *text);
/* Most cases first. */
void missing_sort(struct missing_list *list);
void missing_free(struct missing_list *list);

#endif
