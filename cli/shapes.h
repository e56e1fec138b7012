/* Shapes of inputs that no file gives: from --shape, from --set, from the inputs that files give,
 * else 1 for every unknown dimension. */
#ifndef CLI_SHAPES_H
#define CLI_SHAPES_H

#include "cli/options.h"

struct shape_wishes {
    struct text_list shapes; /* "NAME=1x3x224x224" */
    struct text_list sets;   /* "batch=4" */
};

/* What is known about symbolic dimensions. */
struct symbols {
    struct symbol {
        char *name; /* owned */
        int64_t value;
    } * items; /* owned */
    size_t n;
};
/* Reads --set and the shapes of the values there are (NULL: none); --set wins. */
bool symbols_init(const struct shape_wishes *wishes, const sdx_model *model,
                  sdx_value *const *values, struct symbols *out, struct fault *fault);
void symbols_free(struct symbols *symbols);

/* The shape that the user or the model gives input `index`: `dims` receives *rank numbers, -1 where
 * nothing is known. A given shape must fit the declared one. */
bool shape_wished(const struct shape_wishes *wishes, const struct symbols *symbols,
                  const sdx_port_info *port, int64_t *dims, size_t *rank, struct fault *fault);
/* True when every --shape names an input. */
bool shapes_check(const struct shape_wishes *wishes, const sdx_model *model, struct fault *fault);

/* "1x3x224x224" or "1,3,224,224"; "" or "scalar": rank 0. */
bool parse_shape(sdx_str text, int64_t *dims, size_t *rank);

#endif
