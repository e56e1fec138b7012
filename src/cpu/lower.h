/* Lowering: rewrites for the CPU alone, after the canonical ones. They turn nodes into internal
 * operators (domain `sardonyx`) and are rules like those of opt/: one file and one line in
 * lowerings.def each, to be switched off by name. */
#ifndef SDX_CPU_LOWER_H
#define SDX_CPU_LOWER_H

#include "opt/opt.h"

sdx_status sdx_cpu_lower(sdx_ir *ir, const sdx_opt_options *options) SDX_NODISCARD;

/* All rules by name: the canonical ones, then the lowerings; NULL beyond the last. */
const sdx_rule *sdx_rule_at(size_t index);
/* Error: a name in the list (separated by commas; NULL: none) that is no rule. */
sdx_status sdx_check_rule_names(const char *list) SDX_NODISCARD;

#endif
