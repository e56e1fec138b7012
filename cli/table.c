/* Tables: see table.h. */
#include "cli/table.h"

#include <stdio.h>

#include "cli/memory.h"

void table_init(struct table *table, const struct table_column *columns, size_t n_columns) {
    *table = (struct table){.columns = columns, .n_columns = n_columns};
}

struct text *table_cell(struct table *table) {
    table->cells = mem_grow(table->cells, table->n_cells + 1, sizeof *table->cells);
    table->cells[table->n_cells] = (struct text){0};
    return &table->cells[table->n_cells++];
}

void table_add(struct table *table, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    text_addv(table_cell(table), format, arguments);
    va_end(arguments);
}

static sdx_str cell(const struct table *table, size_t row, size_t column) {
    const size_t at = row * table->n_columns + column;
    return at < table->n_cells ? (sdx_str){text_get(&table->cells[at]), table->cells[at].len}
                               : (sdx_str){"", 0};
}

static size_t width_of(const struct table *table, size_t n_rows, size_t column) {
    size_t width = str_columns(str_of(table->columns[column].title));
    for (size_t row = 0; row < n_rows; row++) {
        const size_t columns = str_columns(cell(table, row, column));
        width = columns > width ? columns : width;
    }
    return width;
}

/* Bytes of `str` that fit into `columns`, ending between words where there is one to end at. */
static size_t fold(sdx_str str, size_t columns) {
    size_t space = 0;
    size_t used = 0;
    for (size_t i = 0; i < str.len; i++) {
        const bool begins = ((unsigned char)str.ptr[i] & 0xc0) != 0x80;
        if (begins && used == columns) {
            return space > 0 ? space : i;
        }
        used += begins;
        space = str.ptr[i] == ' ' ? i + 1 : space;
    }
    return str.len;
}

/* Writes a cell at its column; the last column goes on in further lines where the terminal ends. */
static void put_cell(struct text *line, sdx_str str, size_t width, enum table_align align,
                     bool last, size_t terminal) {
    const size_t columns = str_columns(str);
    const size_t before = str_columns((sdx_str){line->ptr, line->len});
    if (!last || align == TABLE_RIGHT) {
        text_repeat(line, ' ', align == TABLE_RIGHT && columns < width ? width - columns : 0);
        text_bytes(line, str.ptr, str.len);
        text_repeat(line, ' ', align == TABLE_LEFT && columns < width ? width - columns : 0);
        return;
    }
    const size_t room = terminal > before + 20 ? terminal - before : SIZE_MAX;
    for (;;) {
        const size_t len = fold(str, room);
        text_bytes(line, str.ptr, len);
        str = (sdx_str){str.ptr + len, str.len - len};
        if (str.len == 0) {
            return;
        }
        text_bytes(line, "\n", 1);
        text_repeat(line, ' ', before);
    }
}

static void put_row(const struct table *table, const sdx_str *cells, const size_t *widths,
                    const struct terminal *terminal, struct text *out) {
    struct text line = {0};
    for (size_t column = 0; column < table->n_columns; column++) {
        text_repeat(&line, ' ', column > 0 ? 2 : 0);
        put_cell(&line, cells[column], widths[column], table->columns[column].align,
                 column + 1 == table->n_columns, terminal->columns);
    }
    while (line.len > 0 && line.ptr[line.len - 1] == ' ') {
        line.ptr[--line.len] = 0;
    }
    text_bytes(out, text_get(&line), line.len);
    text_bytes(out, "\n", 1);
    text_free(&line);
}

void table_lay(struct table *table, const struct terminal *terminal, struct text *out) {
    const size_t n_rows = (table->n_cells + table->n_columns - 1) / table->n_columns;
    size_t *const widths = mem_new(table->n_columns, sizeof *widths);
    sdx_str *const cells = mem_new(table->n_columns, sizeof *cells);
    for (size_t column = 0; column < table->n_columns; column++) {
        widths[column] = width_of(table, n_rows, column);
        cells[column] = str_of(table->columns[column].title);
    }
    text_add(out, "%s", terminal_paint(terminal, PAINT_BOLD));
    put_row(table, cells, widths, terminal, out);
    text_add(out, "%s", terminal_paint(terminal, PAINT_PLAIN));
    for (size_t row = 0; row < n_rows; row++) {
        for (size_t column = 0; column < table->n_columns; column++) {
            cells[column] = cell(table, row, column);
        }
        put_row(table, cells, widths, terminal, out);
    }
    for (size_t i = 0; i < table->n_cells; i++) {
        text_free(&table->cells[i]);
    }
    mem_free(cells);
    mem_free(widths);
    mem_free(table->cells);
    *table = (struct table){0};
}

void table_print(struct table *table, const struct terminal *terminal) {
    struct text text = {0};
    table_lay(table, terminal, &text);
    fwrite(text_get(&text), 1, text.len, stdout);
    text_free(&text);
}
