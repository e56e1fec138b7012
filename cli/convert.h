/* The parts of `convert`: a model is read, cut, changed, written and compared with what it was. The
 * new model is made with the builder (sardonyx/graph.h) from parts of the loaded one, so that what
 * is not asked for stays as it is. */
#ifndef CLI_CONVERT_H
#define CLI_CONVERT_H

#include "cli/inputs.h"
#include "cli/session.h"
#include "cli/value_set.h"

struct convert_settings {
    struct session_settings session;
    struct input_settings input; /* of the check; its shapes are those that are fixed, too */
    struct text_list from, to;   /* names of values: where to cut */
    const char *weights;         /* "fp16", "bf16", "fp32"; NULL: as they are */
    const char *output;
    const char *data;  /* a folder test_data_set_N, whose inputs the check takes; NULL: made up */
    uint64_t opset;    /* 0: as low as it can be */
    uint64_t external; /* bytes from which a tensor goes to a file of its own; 0: none does */
    double limit;      /* of the check; NaN: from types and nodes */
    bool no_check, json;
};

/* Values of the main graph, in order. */
struct value_list {
    const sdx_gvalue **items; /* owned array; lent by the model */
    size_t n;
};
void value_list_add(struct value_list *list, const sdx_gvalue *value);

/* A model that is to be written. */
struct conversion {
    const struct convert_settings *settings;
    struct session source; /* its graph alone */
    const sdx_graph *graph;
    struct value_list inputs, outputs; /* of the new model */
    bool cut;                          /* only what lies between them; else the whole graph */
    bool fixed;                        /* shapes were given */
    struct symbols symbols;            /* what the fixed shapes say of symbols */
    sdx_dtype weights;                 /* SDX_UNDEFINED: as they are */

    /* what became of the weights */
    size_t n_weights, n_readers; /* converted; nodes that take such ones */
    uint64_t n_numbers, n_zeros; /* of them; those that were rounded to zero */
    struct text stay;            /* a line for each that could not be converted */
};

/* Reads the model and settles what the new one has; false with a fault. Ended by conversion_close,
 * also after a fault. */
bool conversion_open(const struct convert_settings *settings, const char *path,
                     struct conversion *out, struct fault *fault);
void conversion_close(struct conversion *c);

/* The new model, nothing prepared to run. */
bool convert_build(struct conversion *c, sdx_model **out, struct fault *fault);
/* The old model with other outputs: what the new one gets and what it should make. Prepared to run,
 * not optimised. */
bool convert_reference(const struct conversion *c, const struct value_list *outputs,
                       sdx_model **out, struct fault *fault);

/* Adds the constants that are wanted (NULL: all), weights converted; `dropped` receives values that
 * became constants, whose producers are left out. */
bool convert_constants(struct conversion *c, sdx_build_graph *graph, const struct value_set *wanted,
                       struct value_set *dropped, struct fault *fault);

/* What the check found: of each output the largest difference and what is allowed. */
struct convert_check {
    struct {
        char *name;                        /* owned */
        double difference, largest, ratio; /* |a - b|, |b|, of what is allowed */
        bool number;                       /* the above say something */
    } * outputs;                           /* owned */
    size_t n;
};
/* Runs the old model and the file `path` on the same inputs. False with a fault, whose exit is
 * EXIT_CHECK where both ran and differ. */
bool convert_check(const struct conversion *c, const char *source, const char *path,
                   struct convert_check *out, struct fault *fault);
void convert_check_free(struct convert_check *check);

#endif
