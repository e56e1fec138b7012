/* Which operators a build lacks: of one model, and counted over many. */
#ifndef CLI_MISSING_H
#define CLI_MISSING_H

#include "cli/text.h"

struct missing_list {
    struct missing_operator {
        char *name; /* owned: "Name" or "domain::Name" */
        size_t n_cases;
        size_t n_alone; /* cases where nothing else is missing */
    } * operators;      /* owned */
    size_t n;
};

/* Adds a line "Name" or "domain::Name" for each operator that a model lacks. */
void missing_of(const sdx_model *model, struct text *lines);
/* Counts the operators of one case: such lines. */
void missing_add(struct missing_list *list, const char *lines);
/* Most cases first. */
void missing_sort(struct missing_list *list);
void missing_free(struct missing_list *list);

#endif
