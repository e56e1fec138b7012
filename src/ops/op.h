/* What an operator is: one descriptor in one file of ops/<family>/, and OP(id) in ops.def. All else
 * is generic.
 *
 * Life of a row. At import the loader finds it by (domain, name), lets `upgrades` bring an old form
 * to the newest semantics, checks the node against ports and attrs (no operator writes schema
 * errors), and calls `infer` with symbols. When a program is built `prepare` chooses what does not
 * depend on shapes and asks for packs of constants. When shapes are known `infer` is called with
 * numbers and `bind` fixes sizes, strides and scratch. `run` computes. All hooks but run may be
 * NULL. */
#ifndef SDX_OPS_OP_H
#define SDX_OPS_OP_H

#include "graph/graph.h"
#include "tensor/dtype.h"

typedef enum sdx_port_flags {
    SDX_PORT_OPTIONAL = 1,
    SDX_PORT_VARIADIC = 2,
    SDX_PORT_HETERO = 4,
    SDX_PORT_UNALIGNED = 8 /* run copies elements from here without reading them: a large constant
                              may lie misaligned, as most do in files */
} sdx_port_flags;

/* An input or output of the schema. Ports with the same `var` have one type; a variadic port stands
 * last, and its values share a type unless HETERO. */
typedef struct sdx_port {
    const char *name;
    const char *var; /* type variable: "T"; unique names for independent ports */
    sdx_types types; /* what it takes; the newest opset's set, for all opsets */
    unsigned flags;
} sdx_port;

/* An attribute of the schema. */
typedef struct sdx_attr_def {
    const char *name;
    sdx_attr_kind kind;
    bool required;
    bool has_default; /* else it may be absent: sdx_attr.kind == SDX_ATTR_ABSENT */
    int64_t i;        /* default of INT */
    float f;          /* default of FLOAT */
    const char *s;    /* default of STRING */
    int since; /* opset that brought it, where upgrades or rewrites set it; 0: as the operator */
} sdx_attr_def;

/* Shorthands for rows of attribute tables. */
#define SDX_ATTR_I(attr, value) \
    { .name = (attr), .kind = SDX_ATTR_INT, .has_default = true, .i = (value) }
#define SDX_ATTR_F(attr, value) \
    { .name = (attr), .kind = SDX_ATTR_FLOAT, .has_default = true, .f = (value) }
#define SDX_ATTR_S(attr, value) \
    { .name = (attr), .kind = SDX_ATTR_STRING, .has_default = true, .s = (value) }
#define SDX_ATTR_OPT(attr, kind_) \
    { .name = (attr), .kind = (kind_) }
#define SDX_ATTR_REQ(attr, kind_) \
    { .name = (attr), .kind = (kind_), .required = true }

typedef enum sdx_op_flags {
    SDX_OP_ALIAS = 1,   /* output 0 has the elements of input 0 under another shape: run is never
                           called for dense tensors */
    SDX_OP_INPLACE = 2, /* output 0 may share the memory of any input of equal size: element i of
                           the output needs only element i of it */
    SDX_OP_WIDEN = 4,   /* run knows no 16- and 8-bit floats: the caller widens them to float32 and
                           rounds the float outputs once */
    SDX_OP_SUBBYTE = 8, /* run takes and makes packed sub-byte tensors; else the caller unpacks them
                           to one element a byte */
    SDX_OP_DATA_SHAPE =
        16, /* output shapes depend on elements: run makes its outputs with sdx_call_output */
    SDX_OP_VALUES = 32,    /* inputs or outputs may be sequences, maps or optionals: run uses
                              sdx_call_in_value, sdx_call_set_value */
    SDX_OP_RANDOM = 64,    /* results differ from run to run: never folded, never merged */
    SDX_OP_CONTROL = 128,  /* runs subgraphs */
    SDX_OP_INTERNAL = 256, /* made by rewrites and lowering only: a file may not name it */
    SDX_OP_WRITTEN = 512 /* made by upgrades, so that the exporter writes it, and a file may name it
                            that imports domain `sardonyx` */
} sdx_op_flags;

typedef struct sdx_upgrade sdx_upgrade;
typedef struct sdx_infer sdx_infer;
typedef struct sdx_prepare sdx_prepare;
typedef struct sdx_bind sdx_bind;
typedef struct sdx_call sdx_call;

/* "Nodes of opset versions below `below` are changed by `apply`." Rows stand in ascending order;
 * each that fits is applied, oldest first. */
typedef struct sdx_upgrade_rule {
    int below;
    sdx_status (*apply)(sdx_upgrade *u);
} sdx_upgrade_rule;

struct sdx_work;

typedef struct sdx_op {
    const char *domain; /* "" is ai.onnx */
    const char *name;
    int since;    /* first version that had it */
    int standard; /* the first of ONNX, where files have it earlier; 0: `since` */
    int until;    /* last version that has it (deprecated later); 0: still there */
    int newest;   /* version of the semantics below */
    int n_revs;   /* sdx_node.rev goes up to this */
    const sdx_port *inputs, *outputs;
    const sdx_attr_def *attrs;
    size_t n_inputs, n_outputs, n_attrs;
    const sdx_upgrade_rule *upgrades;
    size_t n_upgrades;
    unsigned flags;
    size_t bound_size; /* bytes of what bind leaves for run */
    const void *data;  /* the family's own row: which function, which kernel */
    sdx_status (*infer)(sdx_infer *in);
    sdx_status (*prepare)(sdx_prepare *p);
    void (*release)(const void *prepared); /* gives back what prepare took beside the arena; NULL:
                                              nothing. Called once for each prepare that left
                                              something */
    sdx_status (*bind)(sdx_bind *b);
    sdx_status (*run)(const sdx_call *c);
    double (*flops)(const struct sdx_work *work); /* ops/work.h; NULL: one for each element made */
    sdx_status (*ref)(const sdx_call *c); /* obvious scalar code that shares nothing with run; NULL
                                             where run is that already */
} sdx_op;

/* .inputs = rows, .n_inputs = their number, in one go: SDX_ROWS(inputs, my_ports), */
#define SDX_ROWS(field, table) .field = (table), .n_##field = sizeof(table) / sizeof *(table)

/* The operator of a name, NULL when this build has none. `domain` "ai.onnx" is taken as "". Aliases
 * of domains are resolved by the loader. */
const sdx_op *sdx_op_find(sdx_str domain, sdx_str name);
/* All operators in the order of ops.def; NULL beyond the last. */
const sdx_op *sdx_op_at(size_t index);

/* Operators beside the built-in ones: a list of sets, the latest first. Immutable, so that a model
 * has those that were there when it was loaded. */
typedef struct sdx_op_set {
    const struct sdx_op_set *next; /* NULL: the last */
    const sdx_op *ops;
    size_t n;
} sdx_op_set;

/* An operator of the sets (NULL: none), or else of this build. */
const sdx_op *sdx_op_find_in(const sdx_op_set *sets, sdx_str domain, sdx_str name);

/* Attribute `index` of the schema, by kind. Absent ones: 0, 0, empty, NULL. */
static inline const sdx_attr *sdx_node_attr(const sdx_node *node, size_t index) {
    return &node->attrs[index];
}
static inline bool sdx_node_has(const sdx_node *node, size_t index) {
    return node->attrs[index].kind != SDX_ATTR_ABSENT;
}
static inline int64_t sdx_node_int(const sdx_node *node, size_t index) {
    return node->attrs[index].i;
}
static inline float sdx_node_float(const sdx_node *node, size_t index) {
    return node->attrs[index].f;
}
static inline sdx_str sdx_node_str(const sdx_node *node, size_t index) {
    return node->attrs[index].s;
}

/* ---- schema (schema.c)
 * -------------------------------------------------------------------------------------------------------------
 */

/* Checks arity, attributes and, where types are known, types of a node whose op is set; fills
 * node->attrs. Errors name the node, the port or attribute, what was found and what is taken. */
sdx_status sdx_op_check(sdx_node *node) SDX_NODISCARD;
/* The types part alone; outputs whose type follows from a variable receive it. */
sdx_status sdx_op_check_types(sdx_node *node) SDX_NODISCARD;
/* The same for types that stand by themselves, NULL: not known. Outputs that are NULL receive what
 * follows. */
sdx_status sdx_op_types(const sdx_op *op, const sdx_type *const *in, size_t n_in,
                        const sdx_type **out, size_t n_out) SDX_NODISCARD;
/* The port that input (output) `index` belongs to: the last one for variadic ports; NULL when there
 * are too many. */
const sdx_port *sdx_op_input_port(const sdx_op *op, size_t index);
const sdx_port *sdx_op_output_port(const sdx_op *op, size_t index);

/* Adds "node 'conv1' (Conv, opset 11)" in front of an error's text. */
sdx_status sdx_in_node(sdx_status status, const sdx_node *node) SDX_NODISCARD;

#endif
