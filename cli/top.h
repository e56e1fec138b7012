/* The best classes of a classifier's output. */
#ifndef CLI_TOP_H
#define CLI_TOP_H

#include "cli/block.h"
#include "cli/json.h"

/* Names of classes; class i without a name shows its number. */
struct labels {
    char *bytes;    /* owned */
    sdx_str *items; /* owned; views into bytes */
    size_t n;
};
/* From a file with one name a line, or (path NULL) from the metadata `sardonyx.labels` of the
 * model, if it has it. */
bool labels_read(const char *path, const sdx_model *model, struct labels *out, struct fault *fault);
void labels_free(struct labels *labels);

/* The first output that is a tensor of numbers with at least two in its last dimension; NULL when
 * there is none. */
const sdx_value *top_output(sdx_value *const *values, size_t n);

/* Rows of it (all dimensions but the last), and of a row the `n` best classes by falling value. */
size_t top_rows(const sdx_value *tensor);
struct top_class {
    size_t index;
    double value;
    double probability; /* the value where the row is a distribution, else its softmax */
};
/* Fills at most n; returns how many. */
size_t top_classes(const sdx_value *tensor, size_t row, size_t n, struct top_class *out);

/* Adds a line for each class: its name, its probability, a bar. */
void top_lines(const struct labels *labels, const struct top_class *classes, size_t n,
               const struct terminal *terminal, struct block *block);
void top_json(struct json_out *out, const struct labels *labels, const struct top_class *classes,
              size_t n);

#endif
