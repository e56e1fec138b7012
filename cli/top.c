/* top.h. */
#include "cli/top.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/elements.h"
#include "cli/file.h"
#include "cli/memory.h"
#include "cli/prepare.h"

/* ---- labels ---- */

static void split(struct labels *labels, sdx_str text, char separator) {
    for (size_t at = 0; at < text.len;) {
        size_t len = 0;
        while (at + len < text.len && text.ptr[at + len] != separator) {
            len++;
        }
        sdx_str item = {text.ptr + at, len};
        if (item.len > 0 && item.ptr[item.len - 1] == '\r') {
            item.len--;
        }
        labels->items = mem_grow(labels->items, labels->n + 1, sizeof *labels->items);
        labels->items[labels->n++] = str_trim(item);
        at += len + 1;
    }
}

bool labels_read(const char *path, const sdx_model *model, struct labels *out,
                 struct fault *fault) {
    struct labels labels = {0};
    if (path != NULL) {
        struct bytes bytes = {0};
        if (!file_read(path, &bytes, fault)) {
            return false;
        }
        labels.bytes = (char *)bytes.ptr;
        split(&labels, (sdx_str){labels.bytes, bytes.size}, '\n');
    } else {
        const sdx_str value = metadata_find(model, "sardonyx.labels");
        labels.bytes = mem_copy(value.ptr, value.len);
        split(&labels, (sdx_str){labels.bytes, value.len}, ',');
    }
    *out = labels;
    return true;
}

void labels_free(struct labels *labels) {
    mem_free(labels->items);
    mem_free(labels->bytes);
    *labels = (struct labels){0};
}

static void add_label(struct text *text, const struct labels *labels, size_t index) {
    if (index < labels->n && labels->items[index].len > 0) {
        text_safe(text, labels->items[index]);
    } else {
        text_add(text, "%zu", index);
    }
}

/* ---- classes ---- */

const sdx_value *top_output(sdx_value *const *values, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const sdx_value *const value = values[i];
        const bool numbers = sdx_value_kind(value) == SDX_TENSOR &&
                             element_kind(sdx_tensor_dtype(value)) == ELEMENT_FLOAT;
        const size_t rank = numbers ? sdx_tensor_rank(value) : 0;
        if (rank > 0 && sdx_tensor_dims(value)[rank - 1] > 1) {
            return value;
        }
    }
    return NULL;
}

size_t top_rows(const sdx_value *tensor) {
    return sdx_tensor_len(tensor) / (size_t)sdx_tensor_dims(tensor)[sdx_tensor_rank(tensor) - 1];
}

/* Inserts where the value belongs among the `n` best so far; returns the new number. */
static size_t insert(struct top_class *best, size_t n, size_t most, struct top_class candidate) {
    size_t at = n;
    while (at > 0 && best[at - 1].value < candidate.value) {
        at--;
    }
    if (at == most) {
        return n;
    }
    const size_t kept = n < most ? n : most - 1;
    memmove(best + at + 1, best + at, (kept - at) * sizeof *best);
    best[at] = candidate;
    return kept + 1;
}

size_t top_classes(const sdx_value *tensor, size_t row, size_t n, struct top_class *out) {
    const sdx_dtype dtype = sdx_tensor_dtype(tensor);
    const size_t width = (size_t)sdx_tensor_dims(tensor)[sdx_tensor_rank(tensor) - 1];
    double sum = 0;
    double lowest = 0;
    double powers = 0;
    size_t found = 0;
    for (size_t i = 0; n > 0 && i < width; i++) {
        const double value = element_get(dtype, sdx_tensor_data(tensor), row * width + i);
        if (!isnan(value)) {
            found = insert(out, found, n, (struct top_class){.index = i, .value = value});
            sum += value;
            lowest = value < lowest ? value : lowest;
        }
    }
    for (size_t i = 0; found > 0 && i < width; i++) {
        const double value = element_get(dtype, sdx_tensor_data(tensor), row * width + i);
        powers += isnan(value) ? 0 : exp(value - out[0].value);
    }
    const bool distribution = lowest >= 0 && fabs(sum - 1) < 1e-2;
    for (size_t i = 0; i < found; i++) {
        out[i].probability =
            distribution ? out[i].value : exp(out[i].value - out[0].value) / powers;
    }
    return found;
}

void top_lines(const struct labels *labels, const struct top_class *classes, size_t n,
               const struct terminal *terminal, struct block *block) {
    enum { BAR = 12 };
    size_t width = 0;
    for (size_t i = 0; i < n; i++) {
        struct text label = {0};
        add_label(&label, labels, classes[i].index);
        const size_t columns = str_columns(str_of(text_get(&label)));
        width = columns > width ? columns : width;
        text_free(&label);
    }
    for (size_t i = 0; i < n; i++) {
        struct text label = {0};
        const size_t filled = (size_t)(classes[i].probability * BAR + 0.5);
        const size_t bar = filled < BAR ? filled : BAR;
        add_label(&label, labels, classes[i].index);
        text_repeat(&label, ' ', width - str_columns(str_of(text_get(&label))));
        struct text *const line = block_add(block, width + sizeof " 100.00 %  " - 1 + bar);
        text_add(line, "%s%s%s %6.2f %%  ",
                 terminal_paint(terminal, i == 0 ? PAINT_BOLD : PAINT_PLAIN), text_get(&label),
                 terminal_paint(terminal, PAINT_PLAIN), 100 * classes[i].probability);
        for (size_t k = 0; k < bar; k++) {
            text_add(line, "\xe2\x96\xa0"); /* a black square */
        }
        text_free(&label);
    }
}

void top_json(struct json_out *out, const struct labels *labels, const struct top_class *classes,
              size_t n) {
    json_open(out, NULL, '[');
    for (size_t i = 0; i < n; i++) {
        struct text label = {0};
        add_label(&label, labels, classes[i].index);
        json_open(out, NULL, '{');
        json_uint(out, "class", classes[i].index);
        json_text(out, "label", text_get(&label));
        json_number(out, "value", classes[i].value);
        json_number(out, "probability", classes[i].probability);
        json_close(out, '}');
        text_free(&label);
    }
    json_close(out, ']');
}
