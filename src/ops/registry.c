/* The operators of this build, from ops.def. */
#include <string.h>

#include "ops/op.h"

/* These declarations stand here and not in op.h, so that a new line in ops.def does not rebuild
 * every operator. OP(relu) declares sdx_op_relu. */
#define OP(id) extern const sdx_op sdx_op_##id;
#include "ops/ops.def"
#undef OP

/* OP(relu) is an entry here. */
static const sdx_op *const ops[] = {
#define OP(id) &sdx_op_##id,
#include "ops/ops.def"
#undef OP
};

enum { N_OPS = sizeof ops / sizeof *ops };

static bool is(const char *text, sdx_str str) {
    return strncmp(text, str.ptr, str.len) == 0 && text[str.len] == '\0';
}

static bool is_text(sdx_str text) {
    return text.len == 0 || memchr(text.ptr, '\0', text.len) == NULL;
}

static sdx_str plain_domain(sdx_str domain) {
    return domain.len == 0 || sdx_str_is(domain, "ai.onnx") ? SDX_STR("") : domain;
}

/* A scan: the first letter settles nearly all entries. Rows are told apart by families, not sorted:
 * the loader asks once for each kind of node, some tens of times for a model. */
const sdx_op *sdx_op_find(sdx_str domain, sdx_str name) {
    if (name.len == 0 || !is_text(name) || !is_text(domain)) return NULL;
    domain = plain_domain(domain);
    for (size_t i = 0; i < N_OPS; i++)
        if (ops[i]->name[0] == name.ptr[0] && is(ops[i]->name, name) && is(ops[i]->domain, domain))
            return ops[i];
    return NULL;
}

const sdx_op *sdx_op_at(size_t index) { return index < N_OPS ? ops[index] : NULL; }

const sdx_op *sdx_op_find_in(const sdx_op_set *sets, sdx_str domain, sdx_str name) {
    const bool possible = name.len > 0 && is_text(name) && is_text(domain);
    for (const sdx_op_set *set = sets; set != NULL && possible; set = set->next) {
        for (size_t i = 0; i < set->n; i++) {
            const sdx_op *const op = &set->ops[i];
            if (is(op->name, name) && is(op->domain, plain_domain(domain))) return op;
        }
    }
    return sdx_op_find(domain, name);
}
