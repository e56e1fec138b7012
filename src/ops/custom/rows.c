/* The rows of a library as rows of the engine. Nothing of the library is believed: counts, texts,
 * flags and kinds are checked, and all but the functions is copied. */
#include <string.h>

#include "ops/custom/hook.h"

enum {
    MAX_ROWS = 4096,
    MAX_TEXT = 256,     /* bytes of a name */
    MAX_LIST = 1 << 16, /* elements of a default */
};

typedef struct builder {
    sdx_custom *custom;
    sdx_arena *arena;
} builder;

/* ---- texts */

static sdx_status take_text(builder *b, const char *text, const char *what, const char **out) {
    if (text == NULL) return sdx_fail(SDX_INVALID_ARGUMENT, "%s is NULL, expected a text", what);
    const size_t len = strnlen(text, MAX_TEXT + 1);
    if (len > MAX_TEXT)
        return sdx_fail(SDX_INVALID_ARGUMENT, "%s has more than %d bytes; shorten it", what,
                        (int)MAX_TEXT);
    for (size_t i = 0; i < len; i++) {
        const unsigned char c = (unsigned char)text[i];
        if (c <= ' ' || c == 0x7f)
            return sdx_fail(SDX_INVALID_ARGUMENT,
                            "%s has byte 0x%02x at %zu, expected no spaces or control characters",
                            what, c, i);
    }
    sdx_str copy;
    SDX_TRY(sdx_arena_str(b->arena, (sdx_str){text, len}, &copy));
    *out = copy.ptr;
    return NULL;
}

static sdx_status take_name(builder *b, const char *text, const char *what, const char **out) {
    if (text != NULL && text[0] == '\0')
        return sdx_fail(SDX_INVALID_ARGUMENT, "%s is empty, expected a text", what);
    return take_text(b, text, what, out);
}

static sdx_status no_table(const char *what, size_t n) {
    return sdx_fail(SDX_INVALID_ARGUMENT, "the table of %ss is NULL, expected %zu of them", what,
                    n);
}

/* ---- ports */

static sdx_status check_port_flags(const sdx_op_port *port, bool is_last) {
    const unsigned known = SDX_OP_PORT_OPTIONAL | SDX_OP_PORT_VARIADIC | SDX_OP_PORT_HETERO;
    if (port->flags & ~known)
        return sdx_fail(SDX_INVALID_ARGUMENT, "flags are 0x%x, expected some of 0x%x", port->flags,
                        known);
    if (port->flags & SDX_OP_PORT_VARIADIC && !is_last)
        return sdx_fail(SDX_INVALID_ARGUMENT, "is variadic, expected that of the last one only");
    if (port->flags & SDX_OP_PORT_HETERO && !(port->flags & SDX_OP_PORT_VARIADIC))
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "may differ in type among its values, expected that of a variadic one "
                        "only; leave its var NULL instead");
    if (port->types & ~(uint64_t)SDX_T_ANY)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "types are 0x%llx, expected some of 0x%llx (SDX_OP_TYPE)",
                        (unsigned long long)port->types, (unsigned long long)SDX_T_ANY);
    return NULL;
}

static unsigned port_flags(unsigned flags) {
    return (flags & SDX_OP_PORT_OPTIONAL ? SDX_PORT_OPTIONAL : 0u) |
           (flags & SDX_OP_PORT_VARIADIC ? SDX_PORT_VARIADIC : 0u) |
           (flags & SDX_OP_PORT_HETERO ? SDX_PORT_HETERO : 0u);
}

/* A port without a variable gets one of its own, which no library can write. */
static sdx_status take_port(builder *b, const sdx_op_port *from, const char *what, size_t index,
                            sdx_port *port) {
    port->types = from->types != 0 ? from->types : SDX_T_ANY;
    port->flags = port_flags(from->flags);
    SDX_TRY(take_name(b, from->name, "its name", &port->name));
    if (from->var != NULL) return take_name(b, from->var, "its var", &port->var);
    sdx_str alone;
    SDX_TRY(sdx_arena_printf(b->arena, &alone, "%s %zu", what, index));
    port->var = alone.ptr;
    return NULL;
}

static sdx_status take_ports(builder *b, const sdx_op_port *from, size_t n, const char *what,
                             const sdx_port **out) {
    sdx_port *ports;
    if (n > SDX_CUSTOM_PORTS)
        return sdx_fail(SDX_INVALID_ARGUMENT, "has %zu %ss, expected at most %d", n, what,
                        (int)SDX_CUSTOM_PORTS);
    if (n > 0 && from == NULL) return no_table(what, n);
    SDX_TRY(SDX_ARENA_NEW(b->arena, n + 1, &ports));
    for (size_t i = 0; i < n; i++) {
        SDX_TRY(sdx_in(check_port_flags(&from[i], i + 1 == n), "%s %zu", what, i));
        SDX_TRY(sdx_in(take_port(b, &from[i], what, i, &ports[i]), "%s %zu", what, i));
        for (size_t j = 0; j < i; j++) {
            if (strcmp(ports[j].name, ports[i].name) == 0)
                return sdx_fail(SDX_INVALID_ARGUMENT, "%ss %zu and %zu are both '%s'; rename one",
                                what, j, i, ports[i].name);
        }
    }
    *out = ports;
    return NULL;
}

/* ---- attributes */

static sdx_attr_kind attr_kind(sdx_op_attr_kind kind) {
    static const sdx_attr_kind kinds[] = {
        [SDX_OP_ATTR_INT] = SDX_ATTR_INT,         [SDX_OP_ATTR_FLOAT] = SDX_ATTR_FLOAT,
        [SDX_OP_ATTR_STRING] = SDX_ATTR_STRING,   [SDX_OP_ATTR_TENSOR] = SDX_ATTR_TENSOR,
        [SDX_OP_ATTR_INTS] = SDX_ATTR_INTS,       [SDX_OP_ATTR_FLOATS] = SDX_ATTR_FLOATS,
        [SDX_OP_ATTR_STRINGS] = SDX_ATTR_STRINGS,
    };
    return (unsigned)kind < sizeof kinds / sizeof *kinds ? kinds[kind] : SDX_ATTR_ABSENT;
}

static sdx_status take_list(builder *b, const void *list, size_t n, size_t size, void *out) {
    void *copy = NULL;
    if (n > 0) SDX_TRY(sdx_arena_copy(b->arena, list, n * size, &copy));
    memcpy(out, &copy, sizeof copy);
    return NULL;
}

static sdx_status take_strings(builder *b, const sdx_op_attr *attr, const sdx_str **out) {
    sdx_str *list;
    SDX_TRY(SDX_ARENA_NEW(b->arena, attr->n + 1, &list));
    for (size_t i = 0; i < attr->n; i++) {
        if (attr->strings[i] == NULL)
            return sdx_fail(SDX_INVALID_ARGUMENT, "string %zu of its default is NULL", i);
        SDX_TRY(sdx_arena_str(b->arena, sdx_str_from(attr->strings[i]), &list[i]));
    }
    *out = list;
    return NULL;
}

static const void *list_of(const sdx_op_attr *attr) {
    if (attr->kind == SDX_OP_ATTR_INTS) return attr->ints;
    return attr->kind == SDX_OP_ATTR_FLOATS ? (const void *)attr->floats
                                            : (const void *)attr->strings;
}

static sdx_status take_default(builder *b, sdx_op_attr *attr, const sdx_str **strings) {
    const bool is_list = attr->kind >= SDX_OP_ATTR_INTS;
    sdx_str text = {"", 0};
    if (is_list && attr->n > MAX_LIST)
        return sdx_fail(SDX_INVALID_ARGUMENT, "its default has %zu elements, expected at most %d",
                        attr->n, (int)MAX_LIST);
    if (is_list && attr->n > 0 && list_of(attr) == NULL)
        return sdx_fail(SDX_INVALID_ARGUMENT, "its default is NULL, expected %zu elements",
                        attr->n);
    if (attr->kind == SDX_OP_ATTR_STRING && attr->s != NULL)
        SDX_TRY(sdx_arena_str(b->arena, sdx_str_from(attr->s), &text));
    if (attr->kind == SDX_OP_ATTR_STRINGS && attr->n > 0) SDX_TRY(take_strings(b, attr, strings));
    sdx_op_attr kept = {
        .name = attr->name, .kind = attr->kind, .flags = attr->flags, .s = text.ptr};
    if (attr->kind == SDX_OP_ATTR_INT) kept.i = attr->i;
    if (attr->kind == SDX_OP_ATTR_FLOAT) kept.f = attr->f;
    if (is_list) kept.n = attr->n;
    if (attr->kind == SDX_OP_ATTR_INTS)
        SDX_TRY(take_list(b, attr->ints, attr->n, sizeof(int64_t), &kept.ints));
    if (attr->kind == SDX_OP_ATTR_FLOATS)
        SDX_TRY(take_list(b, attr->floats, attr->n, sizeof(float), &kept.floats));
    *attr = kept;
    return NULL;
}

static sdx_status take_attr(builder *b, sdx_op_attr *attr, sdx_attr_def *def,
                            const sdx_str **strings) {
    SDX_TRY(take_name(b, attr->name, "its name", &attr->name));
    def->name = attr->name;
    def->kind = attr_kind(attr->kind);
    def->required = (attr->flags & SDX_OP_ATTR_REQUIRED) != 0;
    if (def->kind == SDX_ATTR_ABSENT)
        return sdx_fail(SDX_INVALID_ARGUMENT, "its kind is %d, expected one of sdx_op_attr_kind",
                        (int)attr->kind);
    if (attr->flags & ~(unsigned)SDX_OP_ATTR_REQUIRED)
        return sdx_fail(SDX_INVALID_ARGUMENT, "flags are 0x%x, expected some of 0x%x", attr->flags,
                        (unsigned)SDX_OP_ATTR_REQUIRED);
    SDX_TRY(take_default(b, attr, strings));
    def->has_default = !def->required && attr->kind <= SDX_OP_ATTR_STRING;
    def->i = attr->i;
    def->f = attr->f;
    def->s = attr->s;
    return NULL;
}

static sdx_status take_attrs(builder *b, sdx_custom_row *custom, const sdx_attr_def **out) {
    sdx_op_row *const row = &custom->row;
    sdx_attr_def *defs;
    sdx_op_attr *attrs;
    const size_t n = row->n_attrs;
    if (n > SDX_CUSTOM_ATTRS)
        return sdx_fail(SDX_INVALID_ARGUMENT, "has %zu attributes, expected at most %d", n,
                        (int)SDX_CUSTOM_ATTRS);
    if (n > 0 && row->attrs == NULL) return no_table("attribute", n);
    SDX_TRY(SDX_ARENA_NEW(b->arena, n + 1, &defs));
    SDX_TRY(SDX_ARENA_NEW(b->arena, n + 1, &attrs));
    SDX_TRY(SDX_ARENA_NEW(b->arena, n + 1, &custom->strings));
    if (n > 0) memcpy(attrs, row->attrs, n * sizeof *attrs);
    for (size_t i = 0; i < n; i++) {
        SDX_TRY(sdx_in(take_attr(b, &attrs[i], &defs[i], &custom->strings[i]), "attribute %zu", i));
        for (size_t j = 0; j < i; j++) {
            if (strcmp(defs[j].name, defs[i].name) == 0)
                return sdx_fail(SDX_INVALID_ARGUMENT,
                                "attributes %zu and %zu are both '%s'; rename one", j, i,
                                defs[i].name);
        }
    }
    row->attrs = attrs;
    *out = defs;
    return NULL;
}

/* ---- rows */

static sdx_status check_row(const sdx_op_row *row) {
    const unsigned known = SDX_OP_FLAG_PURE | SDX_OP_FLAG_INPLACE | SDX_OP_FLAG_DYNAMIC;
    const bool dynamic = (row->flags & SDX_OP_FLAG_DYNAMIC) != 0;
    if (row->flags & ~known)
        return sdx_fail(SDX_INVALID_ARGUMENT, "flags are 0x%x, expected some of 0x%x", row->flags,
                        known);
    if (dynamic && row->flags & SDX_OP_FLAG_INPLACE)
        return sdx_fail(SDX_INVALID_ARGUMENT, "is dynamic and in place, expected one of them: what "
                                              "is made while running has memory of its own");
    if (row->run == NULL) return sdx_fail(SDX_INVALID_ARGUMENT, "run is NULL, expected a function");
    if (row->n_outputs == 0)
        return sdx_fail(SDX_INVALID_ARGUMENT, "has no outputs, expected one or more");
    if (row->n_inputs > SDX_CUSTOM_PORTS || row->n_outputs > SDX_CUSTOM_PORTS - row->n_inputs)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "has %zu inputs and %zu outputs, expected at most %d together",
                        row->n_inputs, row->n_outputs, (int)SDX_CUSTOM_PORTS);
    if (row->since < 0)
        return sdx_fail(SDX_INVALID_ARGUMENT, "since is %d, expected 1 or more", row->since);
    return NULL;
}

/* Without infer the outputs are like input 0, which must always be there. */
static sdx_status check_infer(const sdx_op_row *row, const sdx_port *inputs) {
    if (row->infer != NULL || row->flags & SDX_OP_FLAG_DYNAMIC) return NULL;
    if (row->n_inputs > 0 && !(inputs[0].flags & SDX_PORT_OPTIONAL)) return NULL;
    return sdx_fail(SDX_INVALID_ARGUMENT,
                    "infer is NULL, expected a function where input 0 is not always there");
}

static sdx_status check_free(const builder *b, const char *domain, const char *name) {
    const sdx_str in = sdx_str_from(domain), as = sdx_str_from(name);
    const char *const reserved = "sardonyx";
    if (strcmp(domain, reserved) == 0)
        return sdx_fail(SDX_INVALID_ARGUMENT, "domain '%s' is the engine's own; use one of yours",
                        reserved);
    if (sdx_op_find(in, as) != NULL)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "an operator of this domain and name is built in; use a domain of yours, "
                        "or let a function of the model replace it");
    if (sdx_op_find_in(&b->custom->set, in, as) != NULL)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "an operator of this domain and name is registered already; rename one");
    return NULL;
}

static unsigned op_flags(unsigned flags) {
    return (flags & SDX_OP_FLAG_PURE ? 0u : SDX_OP_RANDOM) |
           (flags & SDX_OP_FLAG_INPLACE ? SDX_OP_INPLACE : 0u) |
           (flags & SDX_OP_FLAG_DYNAMIC ? SDX_OP_DATA_SHAPE : 0u);
}

static sdx_status take_row(builder *b, const sdx_op_row *from, sdx_op *op) {
    sdx_custom_row *custom;
    SDX_TRY(SDX_ARENA_NEW(b->arena, 1, &custom));
    sdx_op_row *const row = &custom->row;
    *row = *from;
    custom->logger = &b->custom->logger;
    SDX_TRY(take_text(b, row->domain, "its domain", &row->domain));
    SDX_TRY(take_name(b, row->name, "its name", &row->name));
    if (strcmp(row->domain, "ai.onnx") == 0) row->domain = "";
    *op = (sdx_op){.domain = row->domain,
                   .name = row->name,
                   .since = row->since > 0 ? row->since : 1,
                   .newest = row->since > 0 ? row->since : 1,
                   .n_inputs = row->n_inputs,
                   .n_outputs = row->n_outputs,
                   .n_attrs = row->n_attrs,
                   .upgrades = &sdx_custom_upgrade,
                   .n_upgrades = 1,
                   .flags = op_flags(row->flags),
                   .data = custom,
                   .infer = sdx_custom_infer,
                   .prepare = sdx_custom_prepare,
                   .release = sdx_custom_release,
                   .run = sdx_custom_run};
    SDX_TRY(check_row(row));
    SDX_TRY(check_free(b, row->domain, row->name));
    SDX_TRY(take_ports(b, row->inputs, row->n_inputs, "input", &op->inputs));
    SDX_TRY(take_ports(b, row->outputs, row->n_outputs, "output", &op->outputs));
    SDX_TRY(check_infer(row, op->inputs));
    return take_attrs(b, custom, &op->attrs);
}

/* "operator 2 (my.domain::Foo)", as far as the row has names. */
static sdx_status in_row(sdx_status status, const sdx_op *op, size_t index) {
    if (op->domain == NULL || op->name == NULL) return sdx_in(status, "operator %zu", index);
    return sdx_in(status, "operator %zu (%s%s%s)", index, op->domain, op->domain[0] ? "::" : "",
                  op->name);
}

static sdx_status take_rows(builder *b, const sdx_op_library *library) {
    sdx_op *ops;
    if (library->n_rows > MAX_ROWS)
        return sdx_fail(SDX_INVALID_ARGUMENT, "found %zu operators, expected at most %d",
                        library->n_rows, (int)MAX_ROWS);
    if (library->n_rows > 0 && library->rows == NULL) return no_table("operator", library->n_rows);
    SDX_TRY(SDX_ARENA_NEW(b->arena, library->n_rows + 1, &ops));
    b->custom->set.ops = ops;
    for (size_t i = 0; i < library->n_rows; i++) {
        SDX_TRY(in_row(take_row(b, &library->rows[i], &ops[i]), &ops[i], i));
        b->custom->set.n = i + 1;
    }
    return NULL;
}

/* Version 0 has one layout. */
static sdx_status check_library(const sdx_op_library *library) {
    if (library->struct_size != sizeof *library)
        return sdx_fail(SDX_UNSUPPORTED,
                        "found a table of %zu bytes, expected %zu: it is made for another op.h; "
                        "compile the library again",
                        library->struct_size, sizeof *library);
    if (library->version != SDX_OP_VERSION)
        return sdx_fail(SDX_UNSUPPORTED,
                        "found version %u of op.h, expected %u; compile the library again",
                        (unsigned)library->version, SDX_OP_VERSION);
    if (library->row_size != sizeof(sdx_op_row) || library->port_size != sizeof(sdx_op_port) ||
        library->attr_size != sizeof(sdx_op_attr))
        return sdx_fail(SDX_UNSUPPORTED,
                        "found rows, ports and attributes of %zu, %zu and %zu bytes, expected %zu, "
                        "%zu and %zu; begin the table with SDX_OP_LIBRARY and compile it again",
                        library->row_size, library->port_size, library->attr_size,
                        sizeof(sdx_op_row), sizeof(sdx_op_port), sizeof(sdx_op_attr));
    return NULL;
}

sdx_status sdx_custom_create(const sdx_op_library *library, const sdx_op_set *before,
                             sdx_heap *heap, const sdx_logger *logger, sdx_custom **out) {
    sdx_custom *custom;
    SDX_TRY(check_library(library));
    SDX_TRY(SDX_NEW(heap, &custom));
    custom->heap = heap;
    custom->logger = *logger;
    custom->set.next = before;
    sdx_arena_init(&custom->arena, heap);
    builder b = {.custom = custom, .arena = &custom->arena};
    const sdx_status status = take_rows(&b, library);
    if (status != NULL) {
        sdx_custom_destroy(custom);
        return status;
    }
    *out = custom;
    return NULL;
}

void sdx_custom_destroy(sdx_custom *custom) {
    if (custom == NULL) return;
    sdx_arena_deinit(&custom->arena);
    sdx_library_close(&custom->library);
    sdx_heap_free(custom->heap, custom, sizeof *custom);
}
