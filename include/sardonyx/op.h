/* Sardonyx: operators of your own. Version 0: free to break until it has more users; then members
 * are only appended.
 *
 * A library of custom operators is a table of rows. A row has the schema of an operator as data
 * (name, ports, attributes) and up to four functions, its hooks:
 *
 *     infer    types and shapes of the outputs from what is known of the inputs; called while a
 *              model is loaded, with dimensions that may be symbols, and again with numbers when
 *              shapes are bound
 *     create   once for a node: makes a state of its attributes and constant inputs
 *     run      computes
 *     destroy  ends what create made
 *
 * Each is given an sdx_op_call: what is known of its node, and `host`, the functions that it may
 * call. So a library links to nothing. Rows are handed over in process, with
 * sdx_runtime_register_ops, or by a shared library that exports sdx_op_library_open, with
 * sdx_runtime_load_ops or `sardonyx run --custom-ops`.
 *
 * Errors. A hook returns true, or tells what is wrong with host->fail and returns false. Its text
 * becomes "node 'x' (my.domain::Foo, opset 1): TEXT"; a good one says what was found, what was
 * expected, and what to do. What a hook gives to the host is checked: dimensions, types, positions.
 * It runs with all rights of the process, and writes where it is told to: no more can be checked.
 *
 * Threads. `run` and `infer` are called from many threads at once, for different contexts and
 * models; the state of a node is shared by all of them and is not to be changed by run. There is no
 * state of a context: what a run needs for itself is host->scratch. `create` and `destroy` of one
 * node are called once each, by any thread.
 *
 * Not here: sequences, maps and optionals as values; subgraphs, types and lists of tensors as
 * attributes. */
#ifndef SARDONYX_OP_H
#define SARDONYX_OP_H

#include "sardonyx/sardonyx.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this header. */
#define SDX_OP_VERSION 0u

/* For the one function that a shared library exports. */
#if defined(_WIN32)
#define SDX_OP_EXPORT __declspec(dllexport)
#else
#define SDX_OP_EXPORT __attribute__((visibility("default")))
#endif

/* Has the compiler check a text with the arguments that it names, as C's printf does (which to
 * mingw is another one than "printf"). */
#if defined(__MINGW32__)
#define SDX_OP_PRINTF(text, first) __attribute__((format(gnu_printf, text, first)))
#elif defined(__GNUC__)
#define SDX_OP_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define SDX_OP_PRINTF(text, first)
#endif

/* ---- what a hook is given -------------------------------------------------------------------- */

/* A size that is not known. Dimensions are numbers (0 or more), this, or, while a model is loaded,
 * symbols: negative words that can be compared (equal words are equal sizes), given to host->dim
 * and handed on. */
#define SDX_OP_UNKNOWN INT64_MIN

/* An input or output. Elements are row-major without gaps and aligned for their type; types below 8
 * bits come one element a byte; bool is 0 or 1; an element of a string tensor is an sdx_str. */
typedef struct sdx_op_tensor {
    sdx_dtype dtype;     /* SDX_UNDEFINED: not known yet */
    int rank;            /* -1: not known yet */
    const int64_t *dims; /* rank of them */
    /* run: the elements, also of outputs whose shape is known. infer: of constants, and at binding
     * of what else is known (types below 8 bits never, and a large constant only at binding).
     * create: of constants. Else NULL. An input's are not to be written, a string output's are
     * views of anything that lives until run returns: an input, scratch, the state. */
    void *data;
    size_t len;  /* elements; 0 unless all dims are numbers */
    size_t size; /* bytes of `data` */
} sdx_op_tensor;

/* What an attribute holds. */
typedef enum sdx_op_attr_kind {
    SDX_OP_ATTR_INT = 1,
    SDX_OP_ATTR_FLOAT,
    SDX_OP_ATTR_STRING,
    SDX_OP_ATTR_TENSOR, /* sparse ones come dense */
    SDX_OP_ATTR_INTS,
    SDX_OP_ATTR_FLOATS,
    SDX_OP_ATTR_STRINGS
} sdx_op_attr_kind;

/* The value of an attribute: the member of its kind. */
typedef struct sdx_op_attr_value {
    sdx_op_attr_kind kind;
    bool given; /* by the model; else it is the row's default */
    int64_t i;
    float f;
    sdx_str s;
    const sdx_op_tensor *tensor; /* NULL when it is not given */
    const int64_t *ints;         /* n of them; NULL when n is 0, as the next two */
    const float *floats;
    const sdx_str *strings;
    size_t n;
} sdx_op_attr_value;

/* The functions that a hook may call; below. */
typedef struct sdx_op_host sdx_op_host;

/* What a hook is given; lives as long as it is on. Members may be appended. */
typedef struct sdx_op_call {
    size_t struct_size;
    const sdx_op_host *host;
    sdx_str node;    /* its name in the model */
    int64_t version; /* of the domain's opset in the model */
    /* one for each attribute of the row, in its order; none is NULL */
    const sdx_op_attr_value *const *attrs;
    /* one for each input of the node, and at least one for each port; NULL: absent */
    const sdx_op_tensor *const *inputs;
    /* the same of outputs; NULL: nobody reads it (in infer there is none that is NULL) */
    const sdx_op_tensor *const *outputs;
    size_t n_attrs, n_inputs, n_outputs;
    const void *state; /* run: what create left */
    uint64_t turn;     /* run: how often this context has run the node before */
    unsigned lanes;    /* run: `lane` of a loop is below */
} sdx_op_call;

/* Arithmetic for host->dim. */
typedef enum sdx_op_dim {
    SDX_OP_DIM_ADD,
    SDX_OP_DIM_SUB,
    SDX_OP_DIM_MUL,
    SDX_OP_DIM_DIV,      /* rounded down */
    SDX_OP_DIM_CEIL_DIV, /* rounded up */
    SDX_OP_DIM_MIN,
    SDX_OP_DIM_MAX
} sdx_op_dim;

/* Works on [begin, end) with the `arg` of host->parallel_for. `lane` belongs to one thread at a
 * time. */
typedef void sdx_op_loop_fn(void *arg, size_t begin, size_t end, unsigned lane);

/* What hooks may call. `c` is what the hook was given. A function that returns false or NULL has
 * told why (host->fail): return false then. Slots are only appended; struct_size says which are
 * there. */
struct sdx_op_host {
    size_t struct_size;
    uint32_t version; /* SDX_OP_VERSION of the host */

    /* Tells what is wrong and returns false; the first text of a hook counts, whatever it returns
     * then. `code` is any but SDX_OK. In all hooks, from any lane. */
    bool (*fail)(sdx_op_call *c, sdx_code code, const char *format, ...) SDX_OP_PRINTF(3, 4);
    /* A line to the log of the runtime. In all hooks, from any lane. */
    void (*log)(sdx_op_call *c, sdx_log_level level, const char *format, ...) SDX_OP_PRINTF(3, 4);

    /* infer: output `k` has this type (SDX_UNDEFINED: the one that its port implies) and shape.
     * dims may hold SDX_OP_UNKNOWN, and rank be -1: more is told at a later call. */
    bool (*shape)(sdx_op_call *c, size_t k, sdx_dtype dtype, int rank, const int64_t *dims);
    /* infer: output `k` has the shape of input `i`, and its type where `dtype` is SDX_UNDEFINED and
     * its port implies none. */
    bool (*shape_like)(sdx_op_call *c, size_t k, sdx_dtype dtype, size_t i);
    /* infer: output `k` has the shape that all inputs broadcast to (NumPy's rule). */
    bool (*shape_broadcast)(sdx_op_call *c, size_t k, sdx_dtype dtype);
    /* infer: arithmetic on dimensions. What is not known, or divided by zero, gives SDX_OP_UNKNOWN.
     * A result may be negative: shape refuses it. */
    int64_t (*dim)(sdx_op_call *c, sdx_op_dim op, int64_t a, int64_t b);
    /* infer: elements of integer input `i` as dimensions, at most `cap` of them: constants, and
     * sums of what other shapes are made of. Returns false when they are not known or more than
     * cap, which is no error. Elements below zero are numbers from -2^62 on, below that symbols. */
    bool (*ints)(sdx_op_call *c, size_t i, int64_t *ints, size_t cap, size_t *n);

    /* run, in a row with SDX_OP_FLAG_DYNAMIC: makes output `k`. Each output once, by the caller's
     * thread. One that nobody reads is made, too, or not. */
    bool (*output)(sdx_op_call *c, size_t k, sdx_dtype dtype, size_t rank, const int64_t *dims,
                   void **data);
    /* run: `size` bytes, aligned to 64, until run returns; by the caller's thread. */
    void *(*scratch)(sdx_op_call *c, size_t size);
    /* run: fn over [0, n), in chunks of `grain` items on the threads of the run. Results should not
     * depend on the chunks. A chunk is worth its overhead from some 20 us on. */
    void (*parallel_for)(sdx_op_call *c, size_t n, size_t grain, sdx_op_loop_fn *fn, void *arg);
    /* run: the caller wants the run to end: return false without an error. From any lane. */
    bool (*cancelled)(sdx_op_call *c);
};

/* ---- rows ------------------------------------------------------------------------------------ */

/* Element types of a port, or-ed: SDX_OP_TYPE(FLOAT32) | SDX_OP_TYPE(INT64). */
#define SDX_OP_TYPE(NAME) (UINT64_C(1) << SDX_##NAME)

enum {
    SDX_OP_PORT_OPTIONAL = 1, /* may be absent; a variadic one: may have no value */
    SDX_OP_PORT_VARIADIC = 2, /* the last one: any number of values */
    SDX_OP_PORT_HETERO = 4    /* variadic: values need not share a type */
};

/* An input or output. */
typedef struct sdx_op_port {
    const char *name;
    /* ports with the same text ("T") have the same type; NULL: stands alone */
    const char *var;
    uint64_t types; /* what it takes; 0: tensors of any type */
    unsigned flags; /* of SDX_OP_PORT_ */
} sdx_op_port;

enum { SDX_OP_ATTR_REQUIRED = 1 };

/* An attribute. One that is neither given nor required has the default here. */
typedef struct sdx_op_attr {
    const char *name;
    sdx_op_attr_kind kind;
    unsigned flags; /* SDX_OP_ATTR_REQUIRED or 0 */
    int64_t i;
    float f;
    const char *s;       /* NULL: empty */
    const int64_t *ints; /* n of them, as the next two */
    const float *floats;
    const char *const *strings;
    size_t n;
} sdx_op_attr;

enum {
    /* equal inputs and attributes give equal outputs, and nothing else happens: a node may be
     * computed while loading (constants), at binding (sizes), and once for several equal ones. A
     * node whose outputs nobody reads never runs, with or without it. */
    SDX_OP_FLAG_PURE = 1,
    /* output 0 may lie where an input of the same shape and type size is: run must read element i
     * of every input before it writes element i of it */
    SDX_OP_FLAG_INPLACE = 2,
    /* outputs are made while running, with host->output */
    SDX_OP_FLAG_DYNAMIC = 4
};

/* An operator. Texts are not empty; at most 32 ports and 64 attributes. */
typedef struct sdx_op_row {
    const char *domain; /* of your own: "my.company"; not "sardonyx" */
    const char *name;
    int since; /* first version of the domain that has it; 0 is 1 */
    const sdx_op_port *inputs, *outputs;
    const sdx_op_attr *attrs;
    size_t n_inputs, n_outputs, n_attrs;
    unsigned flags; /* of SDX_OP_FLAG_ */
    /* NULL: all outputs have the shape of input 0; of a dynamic row: nothing is known */
    bool (*infer)(sdx_op_call *c);
    /* *state is NULL before; NULL: there is no state. Inputs are as known as while loading */
    bool (*create)(sdx_op_call *c, void **state);
    void (*destroy)(void *state); /* may be NULL; called once for each create that returned true */
    bool (*run)(sdx_op_call *c);
} sdx_op_row;

/* .inputs = ports, .n_inputs = their number, in one go: SDX_OP_LIST(inputs, ports), */
#define SDX_OP_LIST(field, table) .field = (table), .n_##field = sizeof(table) / sizeof *(table)

/* A table of rows. It is copied when it is registered. */
typedef struct sdx_op_library {
    size_t struct_size;
    uint32_t version;
    size_t row_size, port_size, attr_size; /* as this library was compiled */
    const sdx_op_row *rows;
    size_t n_rows;
} sdx_op_library;

/* static const sdx_op_library library = SDX_OP_LIBRARY(rows); */
#define SDX_OP_LIBRARY(table)                                                            \
    {                                                                                    \
        sizeof(sdx_op_library), SDX_OP_VERSION, sizeof(sdx_op_row), sizeof(sdx_op_port), \
            sizeof(sdx_op_attr), (table), sizeof(table) / sizeof *(table)                \
    }

/* What a shared library exports. `version` is the host's; NULL refuses it. */
SDX_OP_EXPORT const sdx_op_library *sdx_op_library_open(const sdx_op_host *host, uint32_t version);

#ifdef __cplusplus
}
#endif
#endif
