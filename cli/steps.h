/* The nodes of the optimised graph as a list: how each is computed. */
#ifndef CLI_STEPS_H
#define CLI_STEPS_H

#include "cli/text.h"

struct steps {
    sdx_step_info *items; /* owned, in the order of execution; dims live as long as the binding */
    size_t n, cap;
};

void steps_gather(struct steps *steps, const sdx_context *context);
void steps_free(struct steps *steps);
/* NULL: there is none. */
const sdx_step_info *steps_find(const struct steps *steps, uint32_t id);

/* "run", "binding" or "never" */
const char *step_when_name(sdx_when when);
/* "1x64x56x56"; nothing where it is not known */
void step_shape(struct text *text, const sdx_step_info *step);
/* "domain::Operator", "Operator" */
void step_operator(struct text *text, sdx_str domain, sdx_str op);

#endif
