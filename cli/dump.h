/* The formats of `sardonyx dump`, each in a file of its own. */
#ifndef CLI_DUMP_H
#define CLI_DUMP_H

#include "cli/graph_text.h"

/* What is shown: a model that was loaded, and its graph. */
struct dump {
    sdx_model *model; /* borrowed */
    const sdx_graph *graph;
    struct node_numbers numbers;
    const char *path;
    bool to_terminal; /* lines may be folded and painted */
};

void dump_text(const struct dump *dump, struct text *out);
void dump_dot(const struct dump *dump, struct text *out);
void dump_json(const struct dump *dump, struct text *out);

#endif
