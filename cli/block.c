/* block.h. */
#include "cli/block.h"

#include <stdio.h>

#include "cli/memory.h"

enum { INDENT = 2, GAP = 3, USUAL_COLUMNS = 80 };

struct text *block_add(struct block *block, size_t columns) {
    block->lines = mem_grow(block->lines, block->n + 1, sizeof *block->lines);
    block->lines[block->n] = (struct block_line){.columns = columns};
    return &block->lines[block->n++].text;
}

void block_free(struct block *block) {
    for (size_t i = 0; i < block->n; i++) {
        text_free(&block->lines[i].text);
    }
    mem_free(block->lines);
    *block = (struct block){0};
}

static size_t block_columns(const struct block *block) {
    size_t widest = 0;
    for (size_t i = 0; i < block->n; i++) {
        widest = block->lines[i].columns > widest ? block->lines[i].columns : widest;
    }
    return widest;
}

/* How many of the blocks fit beside each other; at least 1. */
static size_t fit(const struct block *blocks, size_t n, size_t room) {
    size_t taken = INDENT;
    for (size_t i = 0; i < n; i++) {
        taken += (i > 0 ? GAP : 0) + block_columns(&blocks[i]);
        if (taken > room) {
            return i > 0 ? i : 1;
        }
    }
    return n;
}

/* Line `index` of each block; shorter blocks leave it empty. */
static void print_line(const struct block *blocks, size_t n, size_t index) {
    struct text line = {0};
    size_t spaces = INDENT;
    for (size_t i = 0; i < n; i++) {
        const struct block_line none = {0};
        const struct block_line *const part = index < blocks[i].n ? &blocks[i].lines[index] : &none;
        if (part->columns > 0) {
            text_repeat(&line, ' ', spaces);
            text_add(&line, "%s", text_get(&part->text));
            spaces = 0;
        }
        spaces += block_columns(&blocks[i]) - part->columns + GAP;
    }
    printf("%s\n", text_get(&line));
    text_free(&line);
}

void blocks_print(const struct block *blocks, size_t n, const struct terminal *terminal) {
    const size_t room = terminal->columns > 0 ? terminal->columns : USUAL_COLUMNS;
    for (size_t first = 0; first < n;) {
        const size_t n_row = fit(blocks + first, n - first, room);
        size_t height = 0;
        for (size_t i = first; i < first + n_row; i++) {
            height = blocks[i].n > height ? blocks[i].n : height;
        }
        for (size_t i = 0; i < height; i++) {
            print_line(blocks + first, n_row, i);
        }
        printf("\n");
        first += n_row;
    }
}
