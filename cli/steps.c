/* See steps.h. */
#include "cli/steps.h"

#include "cli/memory.h"

static void take_step(void *user, const sdx_step_info *step) {
    struct steps *const steps = user;
    if (steps->n == steps->cap) {
        steps->cap = steps->cap > 0 ? 2 * steps->cap : 256;
        steps->items = mem_grow(steps->items, steps->cap, sizeof *steps->items);
    }
    steps->items[steps->n++] = *step;
}

void steps_gather(struct steps *steps, const sdx_context *context) {
    sdx_context_steps_each(context, take_step, steps);
}

void steps_free(struct steps *steps) {
    mem_free(steps->items);
    *steps = (struct steps){0};
}

const sdx_step_info *steps_find(const struct steps *steps, uint32_t id) {
    for (size_t i = 0; i < steps->n; i++) {
        if (steps->items[i].id == id) {
            return &steps->items[i];
        }
    }
    return NULL;
}

const char *step_when_name(sdx_when when) {
    static const char *const names[] = {
        [SDX_WHEN_RUN] = "run", [SDX_WHEN_BIND] = "binding", [SDX_WHEN_NEVER] = "never"};
    return names[when];
}

void step_shape(struct text *text, const sdx_step_info *step) {
    if (step->dtype != SDX_UNDEFINED) {
        text_shape(text, step->dims, step->rank);
    }
}

void step_operator(struct text *text, sdx_str domain, sdx_str op) {
    if (domain.len > 0) {
        text_safe(text, domain);
        text_add(text, "::");
    }
    text_safe(text, op);
}
