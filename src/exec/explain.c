/* See explain.h. A subgraph that has not run yet has no frame: its steps are told from its program
 * alone. */
#include "exec/explain.h"

typedef struct teller {
    sdx_step_fn *fn;
    void *user;
    uint32_t n_graphs; /* told so far */
} teller;

/* Output 0 as it was bound last. */
static void tell_output(sdx_step_info *info, const sdx_step *step, const sdx_frame *frame) {
    if (frame == NULL || step->n_out == 0 || step->out[0] == SDX_NONE) return;
    const sdx_view *const view = &frame->cells[step->out[0]].view;
    info->dtype = view->dtype;
    info->rank = view->dtype != SDX_UNDEFINED ? view->rank : 0;
    info->dims = view->dims;
}

/* What was chosen, or that elements change their form for the operator (ops/adapt.h). */
static const char *way_of(const sdx_step *step, const sdx_step_state *state) {
    if (state != NULL && state->how != NULL) return state->how;
    if (step->how != NULL || state == NULL || state->given == NULL) return step->how;
    for (uint32_t i = 0; i < step->n_in + step->n_out; i++) {
        const sdx_given *const given = &state->given[i];
        if (!given->used) continue;
        return given->view.unpacked ? "unpacked to an element a byte, and packed again"
                                    : "in float32, rounded once: floats of 16 or 8 bits";
    }
    return NULL;
}

static void tell_step(const teller *t, const sdx_program *program, const sdx_frame *frame,
                      uint32_t index, uint32_t graph, uint32_t depth) {
    const sdx_step *const step = &program->steps[index];
    const sdx_node *const node = step->node;
    sdx_step_info info = {.id = node->id,
                          .name = node->name,
                          .domain = sdx_str_from(node->op->domain),
                          .op = sdx_str_from(node->op->name),
                          .origin = node->origin,
                          .depth = depth,
                          .graph = graph,
                          .owner = node->graph->owner != NULL ? node->graph->owner->id : SDX_NONE,
                          .when = step->phase == SDX_PHASE_BIND ? SDX_WHEN_BIND
                                  : step->alias                 ? SDX_WHEN_NEVER
                                                                : SDX_WHEN_RUN,
                          .place = "cpu",
                          .how = way_of(step, frame != NULL ? &frame->states[index] : NULL),
                          .reads = step->in,
                          .n_reads = step->n_in,
                          .makes = step->out,
                          .n_makes = step->n_out};
    tell_output(&info, step, frame);
    t->fn(t->user, &info);
}

static void tell_program(teller *t, const sdx_program *program, const sdx_frame *frame,
                         uint32_t depth) {
    const uint32_t graph = t->n_graphs++;
    for (uint32_t s = 0; s < program->n_steps; s++) {
        tell_step(t, program, frame, s, graph, depth);
    }
    for (uint32_t s = 0; s < program->n_steps; s++) {
        const sdx_step *const step = &program->steps[s];
        sdx_frame *const *const inner = frame != NULL ? frame->states[s].children : NULL;
        for (size_t g = 0; step->graphs != NULL && g < step->node->n_attrs; g++) {
            if (step->graphs[g] == NULL) continue;
            tell_program(t, step->graphs[g], inner != NULL ? inner[g] : NULL, depth + 1);
        }
    }
}

void sdx_explain_steps(const sdx_frame *frame, sdx_step_fn *fn, void *user) {
    teller t = {.fn = fn, .user = user};
    tell_program(&t, frame->program, frame, 0);
}
