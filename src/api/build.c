/* What this build is and can do. */
#include "base/cpu.h"
#include "base/knobs.h"
#include "base/pool.h"
#include "ops/op.h"
#include "opt/opt.h"

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
    const sdx_rule *const rule = sdx_opt_rule(index);
    if (rule == NULL) return false;
    *name = rule->name;
    *help = rule->help;
    return true;
}

bool sdx_operator_info(size_t index, const char **domain, const char **name, int *since,
                       int *until) {
    size_t seen = 0;
    for (size_t i = 0;; i++) {
        const sdx_op *const op = sdx_op_at(i);
        if (op == NULL) return false;
        if (op->flags & SDX_OP_INTERNAL) continue;
        if (seen++ != index) continue;
        *domain = op->domain;
        *name = op->name;
        *since = op->since;
        *until = op->until;
        return true;
    }
}
