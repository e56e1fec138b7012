/* The one checker of nodes against the rows of operators: arity, attributes, types. */
#include <assert.h>
#include <string.h>

#include "ops/op.h"

enum { MAX_VARS = 32, TEXT = 512 };

static const char *const kind_names[] = {
    [SDX_ATTR_ABSENT] = "nothing",  [SDX_ATTR_FLOAT] = "float",   [SDX_ATTR_INT] = "int",
    [SDX_ATTR_STRING] = "string",   [SDX_ATTR_TENSOR] = "tensor", [SDX_ATTR_GRAPH] = "graph",
    [SDX_ATTR_FLOATS] = "floats",   [SDX_ATTR_INTS] = "ints",     [SDX_ATTR_STRINGS] = "strings",
    [SDX_ATTR_TENSORS] = "tensors", [SDX_ATTR_GRAPHS] = "graphs", [SDX_ATTR_TYPE] = "type",
    [SDX_ATTR_TYPES] = "types",
};

const char *sdx_attr_kind_name(sdx_attr_kind kind) {
    return (size_t)kind < sizeof kind_names / sizeof *kind_names ? kind_names[kind] : "unknown";
}

sdx_status sdx_in_node(sdx_status status, const sdx_node *node) {
    if (!status) return NULL;
    const sdx_str name = node->origin.len > 0 ? node->origin : node->name;
    const char *const in = node->domain.len > 0 ? "::" : "";
    if (node->version <= 0)
        return sdx_in(status, "node '%.*s' (%.*s%s%.*s)", SDX_FMT(name), SDX_FMT(node->domain), in,
                      SDX_FMT(node->op_type));
    return sdx_in(status, "node '%.*s' (%.*s%s%.*s, opset %ld)", SDX_FMT(name),
                  SDX_FMT(node->domain), in, SDX_FMT(node->op_type), (long)node->version);
}

static const sdx_port *port_at(const sdx_port *ports, size_t n, size_t index) {
    if (index < n) return &ports[index];
    return n > 0 && ports[n - 1].flags & SDX_PORT_VARIADIC ? &ports[n - 1] : NULL;
}

const sdx_port *sdx_op_input_port(const sdx_op *op, size_t index) {
    return port_at(op->inputs, op->n_inputs, index);
}

const sdx_port *sdx_op_output_port(const sdx_op *op, size_t index) {
    return port_at(op->outputs, op->n_outputs, index);
}

/* ---- texts */

/* Appends to a text that is cut where it does not fit. */
static void append(char *text, size_t size, const char *more) {
    const size_t at = strlen(text), room = size - 1 - at, n = strlen(more);
    memcpy(text + at, more, n < room ? n : room);
    text[at + (n < room ? n : room)] = '\0';
}

static void append_quoted(char *text, size_t size, const char *name) {
    append(text, size, text[0] ? ", '" : "'");
    append(text, size, name);
    append(text, size, "'");
}

/* "float32, int64, sequence" */
static const char *types_text(sdx_types types, char *text, size_t size) {
    static const struct {
        sdx_types bit;
        const char *name;
    } others[] = {{SDX_T_SEQUENCE, "sequence"}, {SDX_T_MAP, "map"}, {SDX_T_OPTIONAL, "optional"}};
    text[0] = '\0';
    if (types & SDX_T_ANY) sdx_types_text(types & SDX_T_ANY, text, size);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (!(types & others[i].bit)) continue;
        if (text[0]) append(text, size, ", ");
        append(text, size, others[i].name);
    }
    return text;
}

/* "float32" for a tensor, "seq(tensor(float32))" for the rest. */
static const char *value_type_text(const sdx_type *type, char *text, size_t size) {
    return type->kind == SDX_TENSOR ? sdx_dtype_name(type->dtype) : sdx_type_text(type, text, size);
}

/* ---- arity */

static sdx_status check_count(size_t n, const sdx_port *ports, size_t n_ports, const char *what) {
    if (n == 0 || port_at(ports, n_ports, n - 1)) return NULL;
    char names[TEXT] = "";
    for (size_t i = 0; i < n_ports; i++)
        append_quoted(names, sizeof names, ports[i].name);
    return sdx_fail(SDX_INVALID_MODEL, "%zu %ss, expected at most %zu (%s); remove the others", n,
                    what, n_ports, names);
}

/* Outputs may be absent all of them: then nobody wants them. */
static sdx_status check_arity(const sdx_node *node) {
    const sdx_op *op = node->op;
    SDX_TRY(check_count(node->n_inputs, op->inputs, op->n_inputs, "input"));
    SDX_TRY(check_count(node->n_outputs, op->outputs, op->n_outputs, "output"));
    for (size_t i = 0; i < op->n_inputs || i < node->n_inputs; i++) {
        const sdx_port *port = sdx_op_input_port(op, i);
        if ((i < node->n_inputs && node->inputs[i]) || port->flags & SDX_PORT_OPTIONAL) continue;
        return sdx_fail(SDX_INVALID_MODEL, "input '%s' is absent, expected a value; connect it",
                        port->name);
    }
    return NULL;
}

/* ---- attributes */

static sdx_status unknown_attr(const sdx_op *op, sdx_str name) {
    char names[TEXT] = "";
    for (size_t i = 0; i < op->n_attrs; i++)
        append_quoted(names, sizeof names, op->attrs[i].name);
    return sdx_fail(SDX_INVALID_MODEL, "attribute '%.*s' is unknown, expected %s%s; remove it",
                    SDX_FMT(name),
                    op->n_attrs == 0  ? "none"
                    : op->n_attrs > 1 ? "one of "
                                      : "",
                    names);
}

static sdx_status take_attr(const sdx_op *op, const sdx_named_attr *named, sdx_attr *attrs) {
    size_t i = 0;
    while (i < op->n_attrs && !sdx_str_is(named->name, op->attrs[i].name))
        i++;
    if (i == op->n_attrs) return unknown_attr(op, named->name);
    if (attrs[i].kind != SDX_ATTR_ABSENT)
        return sdx_fail(SDX_INVALID_MODEL, "attribute '%s' is given twice; remove one",
                        op->attrs[i].name);
    if (named->value.kind != op->attrs[i].kind)
        return sdx_fail(SDX_INVALID_MODEL, "attribute '%s' has type %s, expected %s; change it",
                        op->attrs[i].name, kind_names[named->value.kind],
                        kind_names[op->attrs[i].kind]);
    attrs[i] = named->value;
    return NULL;
}

static sdx_attr default_of(const sdx_attr_def *def) {
    sdx_attr attr = {.kind = def->has_default ? def->kind : SDX_ATTR_ABSENT};
    if (attr.kind == SDX_ATTR_INT) attr.i = def->i;
    if (attr.kind == SDX_ATTR_FLOAT) attr.f = def->f;
    if (attr.kind == SDX_ATTR_STRING) attr.s = sdx_str_from(def->s);
    return attr;
}

static sdx_status check_attrs(sdx_node *node) {
    const sdx_op *op = node->op;
    sdx_attr *attrs;
    SDX_TRY(SDX_ARENA_NEW(node->graph->ir->arena, op->n_attrs, &attrs));
    for (size_t i = 0; i < node->n_named; i++)
        SDX_TRY(take_attr(op, &node->named[i], attrs));
    for (size_t i = 0; i < op->n_attrs; i++) {
        if (attrs[i].kind != SDX_ATTR_ABSENT) continue;
        if (op->attrs[i].required)
            return sdx_fail(SDX_INVALID_MODEL, "attribute '%s' is absent, expected %s; add it",
                            op->attrs[i].name, kind_names[op->attrs[i].kind]);
        attrs[i] = default_of(&op->attrs[i]);
    }
    node->attrs = attrs;
    node->n_attrs = op->n_attrs;
    return NULL;
}

/* ---- types */

/* Type variables bound so far, each by the first port that has it and whose type is known. */
typedef struct vars {
    size_t n;
    struct {
        const char *var, *port;
        const sdx_type *type;
    } bound[MAX_VARS];
} vars;

static size_t find_var(const vars *v, const char *var) {
    size_t i = 0;
    while (i < v->n && strcmp(v->bound[i].var, var) != 0)
        i++;
    return i;
}

/* A tensor whose element type is not known says nothing. */
static const sdx_type *known(const sdx_gvalue *value) {
    if (!value || !value->type) return NULL;
    return value->type->kind == SDX_TENSOR && value->type->dtype == SDX_UNDEFINED ? NULL
                                                                                  : value->type;
}

static const char *fix_of(const char *what, const sdx_type *type) {
    if (what[0] == 'o') return "correct its declared type";
    return type->kind == SDX_TENSOR ? "insert a Cast before it" : "convert it before";
}

static sdx_status check_var(vars *v, const sdx_port *port, const sdx_type *type, const char *what) {
    const size_t i = find_var(v, port->var);
    if (i < v->n && !sdx_type_eq(v->bound[i].type, type)) {
        char found[64], wanted[64];
        return sdx_fail(SDX_TYPE_MISMATCH, "%s '%s' has type %s, expected %s as '%s' has; %s", what,
                        port->name, value_type_text(type, found, sizeof found),
                        value_type_text(v->bound[i].type, wanted, sizeof wanted), v->bound[i].port,
                        fix_of(what, type));
    }
    if (i == v->n) {
        assert(v->n < MAX_VARS);
        v->bound[v->n].var = port->var;
        v->bound[v->n].port = port->name;
        v->bound[v->n++].type = type;
    }
    return NULL;
}

static sdx_status check_type(vars *v, const sdx_port *port, const sdx_type *type,
                             const char *what) {
    if (!(sdx_type_set(type) & port->types)) {
        char found[64], taken[TEXT];
        return sdx_fail(SDX_TYPE_MISMATCH, "%s '%s' has type %s, supported: %s; %s", what,
                        port->name, value_type_text(type, found, sizeof found),
                        types_text(port->types, taken, sizeof taken), fix_of(what, type));
    }
    return port->flags & SDX_PORT_HETERO ? NULL : check_var(v, port, type, what);
}

/* The type that a port can only have: of its variable, or the one of its set. */
static const sdx_type *implied(const vars *v, const sdx_port *port) {
    const size_t i = port->flags & SDX_PORT_HETERO ? v->n : find_var(v, port->var);
    if (i < v->n) return v->bound[i].type;
    if (port->types & ~SDX_T_ANY || port->types & (port->types - 1)) return NULL;
    for (int d = SDX_UNDEFINED + 1; sdx_dtype_valid(d); d++)
        if (sdx_types_have(port->types, (sdx_dtype)d)) return sdx_type_tensor((sdx_dtype)d);
    return NULL;
}

static sdx_status check_output(vars *v, const sdx_port *port, const sdx_type **type) {
    if (*type) return check_type(v, port, *type, "output");
    *type = implied(v, port);
    return NULL;
}

sdx_status sdx_op_check_types(sdx_node *node) {
    vars v = {.n = 0};
    for (size_t i = 0; i < node->n_inputs; i++) {
        const sdx_type *type = known(node->inputs[i]);
        const sdx_port *port = sdx_op_input_port(node->op, i);
        if (type && port) SDX_TRY(check_type(&v, port, type, "input"));
    }
    for (size_t k = 0; k < node->n_outputs; k++) {
        const sdx_type *type = known(node->outputs[k]);
        const sdx_port *port = sdx_op_output_port(node->op, k);
        if (!node->outputs[k] || !port) continue;
        SDX_TRY(check_output(&v, port, &type));
        if (type) node->outputs[k]->type = type;
    }
    return NULL;
}

sdx_status sdx_op_types(const sdx_op *op, const sdx_type *const *in, size_t n_in,
                        const sdx_type **out, size_t n_out) {
    vars v = {.n = 0};
    for (size_t i = 0; i < n_in; i++) {
        const sdx_port *port = sdx_op_input_port(op, i);
        if (in[i] && port) SDX_TRY(check_type(&v, port, in[i], "input"));
    }
    for (size_t k = 0; k < n_out; k++) {
        const sdx_port *port = sdx_op_output_port(op, k);
        if (port) SDX_TRY(check_output(&v, port, &out[k]));
    }
    return NULL;
}

/* ---- all of it */

static sdx_status check(sdx_node *node) {
    const sdx_op *op = node->op;
    if (node->version > 0 && node->version < op->since)
        return sdx_fail(SDX_INVALID_MODEL,
                        "the operator exists since opset %d; raise the model's opset_import",
                        op->since);
    if (op->until > 0 && node->version > op->until)
        return sdx_fail(SDX_INVALID_MODEL,
                        "the operator was removed after opset %d; lower the model's opset_import",
                        op->until);
    SDX_TRY(check_arity(node));
    SDX_TRY(check_attrs(node));
    return sdx_op_check_types(node);
}

sdx_status sdx_op_check(sdx_node *node) { return sdx_in_node(check(node), node); }
