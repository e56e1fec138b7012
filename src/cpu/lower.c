/* See lower.h. */
#include "cpu/lower.h"

#include <string.h>

#define RULE(id, help) extern const sdx_rule sdx_rule_##id;
#include "cpu/lowerings.def"
#undef RULE

static const sdx_rule *const lowerings[] = {
#define RULE(id, help) &sdx_rule_##id,
#include "cpu/lowerings.def"
#undef RULE
};

enum { N_LOWERINGS = sizeof lowerings / sizeof *lowerings };

sdx_status sdx_cpu_lower(sdx_ir *ir, const sdx_opt_options *options) {
    return sdx_opt_apply(ir, options, lowerings, N_LOWERINGS);
}

const sdx_rule *sdx_rule_at(size_t index) {
    size_t n_canonical = 0;
    while (sdx_opt_rule(n_canonical) != NULL)
        n_canonical++;
    if (index < n_canonical) return sdx_opt_rule(index);
    return index - n_canonical < N_LOWERINGS ? lowerings[index - n_canonical] : NULL;
}

static bool is_rule(const char *name, size_t len) {
    for (size_t i = 0; sdx_rule_at(i) != NULL; i++) {
        const char *const rule = sdx_rule_at(i)->name;
        if (strlen(rule) == len && memcmp(rule, name, len) == 0) return true;
    }
    return len == 0;
}

static sdx_status unknown_rule(const char *name, size_t len) {
    static const char names[] =
#define RULE(id, help) ", " #id
#include "opt/rules.def"

#include "cpu/lowerings.def"
#undef RULE
        ;
    return sdx_fail(SDX_INVALID_ARGUMENT, "disabled rules: found '%.*s', expected some of %s",
                    (int)(len > 100 ? 100 : len), name, names + 2);
}

sdx_status sdx_check_rule_names(const char *list) {
    for (const char *at = list; at != NULL && *at != 0;) {
        const char *const comma = strchr(at, ',');
        const size_t len = comma != NULL ? (size_t)(comma - at) : strlen(at);
        if (!is_rule(at, len)) return unknown_rule(at, len);
        at = comma != NULL ? comma + 1 : NULL;
    }
    return NULL;
}
