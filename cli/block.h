/* Blocks of lines that are printed side by side, as many in a row as the terminal has room for. */
#ifndef CLI_BLOCK_H
#define CLI_BLOCK_H

#include "cli/terminal.h"

struct block_line {
    struct text text;
    size_t columns; /* that it takes in a terminal: colours take none */
};

struct block {
    struct block_line *lines; /* owned */
    size_t n;
};

/* A further line of that many columns, to be written until the next one is added. */
struct text *block_add(struct block *block, size_t columns);
/* Prints `n` blocks to stdout, an empty line after each row of them. */
void blocks_print(const struct block *blocks, size_t n, const struct terminal *terminal);
void block_free(struct block *block);

#endif
