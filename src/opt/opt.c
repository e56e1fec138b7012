/* The driver of the rules. */
#include "opt/opt.h"

#include <string.h>

#define RULE(id, help) extern const sdx_rule sdx_rule_##id;
#include "opt/rules.def"
#undef RULE

static const sdx_rule *const rules[] = {
#define RULE(id, help) &sdx_rule_##id,
#include "opt/rules.def"
#undef RULE
};

enum { N_RULES = sizeof rules / sizeof *rules, MAX_ROUNDS = 8 };

const sdx_rule *sdx_opt_rule(size_t index) { return index < N_RULES ? rules[index] : NULL; }

static bool is_disabled(const char *list, const char *name) {
    const size_t len = strlen(name);
    for (const char *at = list; at != NULL && *at != 0;) {
        const char *const comma = strchr(at, ',');
        const size_t n = comma != NULL ? (size_t)(comma - at) : strlen(at);
        if (n == len && memcmp(at, name, n) == 0) return true;
        at = comma != NULL ? comma + 1 : NULL;
    }
    return false;
}

/* "Conv"; outside of ai.onnx "sardonyx::Conv". */
static sdx_status operator_text(const sdx_rewrite *r, const sdx_node *node, sdx_str *out) {
    *out = node->op_type;
    if (node->domain.len == 0) return NULL;
    return sdx_arena_printf(r->arena, out, "%.*s::%.*s", SDX_FMT(node->domain),
                            SDX_FMT(node->op_type));
}

/* A Constant that becomes a constant is no news. */
sdx_status sdx_rewrite_note(const sdx_rewrite *r, const sdx_node *node, const sdx_node *into,
                            const sdx_gvalue *value) {
    if (node->n_inputs == 0) return NULL;
    sdx_change_info change = {.rule = r->rule->name, .node = node->name};
    SDX_TRY(operator_text(r, node, &change.op));
    if (into != NULL) {
        change.into = into->name;
        SDX_TRY(operator_text(r, into, &change.into_op));
    } else if (value != NULL) {
        change.into = value->name;
    }
    return sdx_ir_note(r->ir, &change);
}

typedef struct pass {
    sdx_rewrite *rewrite;
    const sdx_rule *rule;
} pass;

static sdx_status apply_everywhere(void *arg, sdx_graph *graph) {
    const pass *const p = arg;
    SDX_TRY(sdx_in(p->rule->apply(p->rewrite, graph), "rule '%s'", p->rule->name));
    for (sdx_node *node = graph->first; node != NULL; node = node->next) {
        SDX_TRY(sdx_node_subgraphs(node, apply_everywhere, arg));
    }
    return NULL;
}

static sdx_status round_of_rules(sdx_rewrite *rewrite, const sdx_opt_options *options,
                                 const sdx_rule *const *list, size_t n, size_t *applied) {
    for (size_t i = 0; i < n; i++) {
        if (is_disabled(options->disabled, list[i]->name)) continue;
        rewrite->n_applied = 0;
        rewrite->rule = list[i];
        pass p = {rewrite, list[i]};
        SDX_TRY(apply_everywhere(&p, rewrite->ir->main));
        if (rewrite->n_applied != 0)
            sdx_log(options->logger, SDX_LOG_DEBUG, "rule %s: %zu", list[i]->name,
                    rewrite->n_applied);
        *applied += rewrite->n_applied;
    }
    return NULL;
}

sdx_status sdx_opt_apply(sdx_ir *ir, const sdx_opt_options *options, const sdx_rule *const *list,
                         size_t n) {
    sdx_settler settler;
    sdx_settler_init(&settler, options->custom, options->arena, options->heap);
    sdx_rewrite rewrite = {.ir = ir,
                           .arena = options->arena,
                           .heap = options->heap,
                           .settler = &settler,
                           .kernels = options->kernels};
    sdx_status status = NULL;
    for (int round = 0; round < MAX_ROUNDS && status == NULL; round++) {
        size_t applied = 0;
        status = round_of_rules(&rewrite, options, list, n, &applied);
        if (status == NULL && applied != 0) status = sdx_settle(&settler, ir->main);
        if (applied == 0) break;
    }
    sdx_settler_deinit(&settler);
    return status;
}

sdx_status sdx_opt_run(sdx_ir *ir, const sdx_opt_options *options) {
    return sdx_opt_apply(ir, options, rules, N_RULES);
}
