/* Operators by name, a line each ("Name" or "domain::Name"): those of a model, those that a build
 * lacks, and how many cases have them. */
#ifndef CLI_OPERATORS_H
#define CLI_OPERATORS_H

#include "cli/text.h"

struct operator_list {
    struct operator_count {
        char *name; /* owned: "Name" or "domain::Name" */
        size_t n_cases;
        size_t n_alone; /* cases that have no other */
    } * operators;      /* owned */
    size_t n;
};

/* Adds a line for each operator of a model; for each that the build lacks. */
void operators_of(const sdx_model *model, struct text *lines);
void operators_missing(const sdx_model *model, struct text *lines);
/* Counts the operators of one case: such lines. */
void operators_add(struct operator_list *list, const char *lines);
/* Most cases first; by name. */
void operators_sort(struct operator_list *list);
void operators_sort_by_name(struct operator_list *list);
void operators_free(struct operator_list *list);

#endif
