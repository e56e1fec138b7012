/* A table of texts with aligned columns. Cells are added row by row. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "cli/terminal.h"

enum table_align { TABLE_LEFT, TABLE_RIGHT };

struct table_column {
    const char *title;
    enum table_align align;
};

struct table {
    const struct table_column *columns; /* borrowed */
    size_t n_columns;
    struct text *cells; /* owned; row-major */
    size_t n_cells;
};

void table_init(struct table *table, const struct table_column *columns, size_t n_columns);
/* The next cell, to be written until another is added. */
struct text *table_cell(struct table *table);
void table_add(struct table *table, const char *format, ...) CLI_PRINTF(2, 3);
/* Adds titles and rows to `out` and frees the table. The last column is folded at the width of a
 * terminal; titles are bold there. */
void table_lay(struct table *table, const struct terminal *terminal, struct text *out);
/* The same to stdout. */
void table_print(struct table *table, const struct terminal *terminal);

#endif
