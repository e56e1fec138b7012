/* What this build is and can do. */
#include "api/growing.h"
#include "base/cpu.h"
#include "base/knobs.h"
#include "base/pool.h"
#include "cpu/lower.h"
#include "exec/model.h"
#include "ops/op.h"

const char *sdx_isa_in_use(void) { return sdx_isa_name(sdx_cpu_best()); }
unsigned sdx_effective_threads(void) { return sdx_cpu_count(); }
uint64_t sdx_split_loops(void) { return sdx_gang_split_loops(); }

bool sdx_knob_info(size_t index, const char **name, const char **standard, const char **help) {
    static const char *const rows[][3] = {
#define KNOB(id, variable, value, text) {variable, value, text},
#include "base/knobs.def"
#undef KNOB
    };
    if (index >= sizeof rows / sizeof *rows) return false;
    *name = rows[index][0];
    *standard = rows[index][1];
    *help = rows[index][2];
    return true;
}

bool sdx_rule_info(size_t index, const char **name, const char **help) {
    const sdx_rule *const rule = sdx_rule_at(index);
    if (rule == NULL) return false;
    *name = rule->name;
    *help = rule->help;
    return true;
}

/* In the order of registration, while the list has the latest in front. */
static const sdx_op *registered_at(const sdx_op_set *sets, size_t index) {
    size_t n = 0;
    for (const sdx_op_set *set = sets; set != NULL; set = set->next)
        n += set->n;
    for (const sdx_op_set *set = sets; set != NULL && index < n; set = set->next) {
        n -= set->n; /* those before this set */
        if (index >= n) return &set->ops[index - n];
    }
    return NULL;
}

/* The operators that a file may name are counted, in the order of ops.def, then those of the
 * runtime; NULL beyond the last. */
static const sdx_op *operator_at(sdx_runtime *runtime, size_t index) {
    for (size_t i = 0;; i++) {
        const sdx_op *const op = sdx_op_at(i);
        if (op == NULL) break;
        if ((op->flags & SDX_OP_INTERNAL) == 0 && index-- == 0) return op;
    }
    return runtime != NULL ? registered_at(sdx_runtime_operators(runtime), index) : NULL;
}

bool sdx_operator_info(sdx_runtime *runtime, size_t index, const char **domain, const char **name,
                       int *since, int *until) {
    const sdx_op *const op = operator_at(runtime, index);
    if (op == NULL) return false;
    *domain = op->domain;
    *name = op->name;
    *since = op->since;
    *until = op->until;
    return true;
}

bool sdx_operator_describe(sdx_runtime *runtime, size_t index, sdx_operator_schema *out) {
    const sdx_op *const op = operator_at(runtime, index);
    if (op == NULL) return false;
    const sdx_operator_schema own = {.domain = op->domain,
                                     .name = op->name,
                                     .since = op->since,
                                     .until = op->until,
                                     .newest = op->newest,
                                     .n_inputs = op->n_inputs,
                                     .n_outputs = op->n_outputs,
                                     .n_attributes = op->n_attrs,
                                     .random = (op->flags & SDX_OP_RANDOM) != 0,
                                     .control = (op->flags & SDX_OP_CONTROL) != 0};
    sdx_growing_give(out, &own, sizeof own);
    return true;
}

static void give_port(const sdx_port *port, sdx_operator_port *out) {
    const sdx_operator_port own = {.name = port->name,
                                   .variable = port->var,
                                   .types = port->types & (SDX_T_SEQUENCE - 1),
                                   .sequence = (port->types & SDX_T_SEQUENCE) != 0,
                                   .map = (port->types & SDX_T_MAP) != 0,
                                   .optional_value = (port->types & SDX_T_OPTIONAL) != 0,
                                   .optional = (port->flags & SDX_PORT_OPTIONAL) != 0,
                                   .variadic = (port->flags & SDX_PORT_VARIADIC) != 0,
                                   .mixed = (port->flags & SDX_PORT_HETERO) != 0};
    sdx_growing_give(out, &own, sizeof own);
}

bool sdx_operator_input(sdx_runtime *runtime, size_t index, size_t port, sdx_operator_port *out) {
    const sdx_op *const op = operator_at(runtime, index);
    if (op == NULL || port >= op->n_inputs) return false;
    give_port(&op->inputs[port], out);
    return true;
}

bool sdx_operator_output(sdx_runtime *runtime, size_t index, size_t port, sdx_operator_port *out) {
    const sdx_op *const op = operator_at(runtime, index);
    if (op == NULL || port >= op->n_outputs) return false;
    give_port(&op->outputs[port], out);
    return true;
}

bool sdx_operator_attribute_at(sdx_runtime *runtime, size_t index, size_t attribute,
                               sdx_operator_attribute *out) {
    const sdx_op *const op = operator_at(runtime, index);
    if (op == NULL || attribute >= op->n_attrs) return false;
    const sdx_attr_def *const def = &op->attrs[attribute];
    const sdx_operator_attribute own = {.name = def->name,
                                        .type = sdx_attr_kind_name(def->kind),
                                        .required = def->required,
                                        .has_default = def->has_default,
                                        .i = def->i,
                                        .f = def->f,
                                        .s = def->s};
    sdx_growing_give(out, &own, sizeof own);
    return true;
}
