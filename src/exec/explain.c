/* See explain.h. A subgraph that has not run yet has no frame: its steps are told from its program
 * alone; so are the nodes of a provider's group, which it computes in its own way. */
#include "exec/explain.h"

#include "exec/context.h"
#include "exec/foreign.h"

typedef struct teller {
    const sdx_context *context;
    sdx_step_fn *fn;
    void *user;
    uint32_t n_graphs; /* told so far */
} teller;

/* A program on the way to being told. */
typedef struct telling {
    const sdx_program *program;
    const sdx_frame *frame;  /* NULL: it has not run yet */
    const sdx_group *inside; /* of a provider, whose nodes these are; NULL: the CPU's */
    uint32_t owner;          /* id of the node that has it */
    uint32_t graph, depth;
} telling;

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

static const char *place_of(const teller *t, const telling *p, const sdx_step *step) {
    if (p->inside == NULL && step->kind == SDX_STEP_NODE) return "cpu";
    const uint32_t target = p->inside != NULL ? p->inside->target : step->target;
    return t->context->sites[target].target->provider->ep->name;
}

static void tell_step(const teller *t, const telling *p, uint32_t index) {
    const sdx_step *const step = &p->program->steps[index];
    const sdx_node *const node = step->node;
    const bool mine = p->inside == NULL || step->phase == SDX_PHASE_BIND;
    sdx_step_info info = {
        .id = node->id,
        .name = node->name,
        .domain = sdx_str_from(node->op->domain),
        .op = sdx_str_from(node->op->name),
        .origin = node->origin,
        .depth = p->depth,
        .graph = p->graph,
        .owner = p->owner,
        .when = step->phase == SDX_PHASE_BIND ? SDX_WHEN_BIND
                : step->alias && mine         ? SDX_WHEN_NEVER
                                              : SDX_WHEN_RUN,
        .place = step->phase == SDX_PHASE_BIND ? "cpu" : place_of(t, p, step),
        .how = mine ? way_of(step, p->frame != NULL ? &p->frame->states[index] : NULL) : NULL,
        .reads = step->in,
        .n_reads = step->n_in,
        .makes = step->out,
        .n_makes = step->n_out};
    tell_output(&info, step, p->frame);
    t->fn(t->user, &info);
}

static void tell_program(teller *t, telling p);

/* What stands inside a step: subgraphs, or the nodes of a group. */
static void tell_inside(teller *t, const telling *p, uint32_t index) {
    const sdx_step *const step = &p->program->steps[index];
    const sdx_step_state *const state = p->frame != NULL ? &p->frame->states[index] : NULL;
    telling inner = {.owner = step->node->id, .depth = p->depth + 1};
    if (step->kind == SDX_STEP_GROUP) {
        inner.program = step->group->inner;
        inner.inside = step->group;
        tell_program(t, inner);
    }
    for (size_t g = 0; step->graphs != NULL && g < step->node->n_attrs; g++) {
        if (step->graphs[g] == NULL) continue;
        inner.program = step->graphs[g];
        inner.inside = p->inside;
        inner.frame = state != NULL && state->children != NULL ? state->children[g] : NULL;
        tell_program(t, inner);
    }
}

static void tell_program(teller *t, telling p) {
    p.graph = t->n_graphs++;
    for (uint32_t s = 0; s < p.program->n_steps; s++) {
        tell_step(t, &p, s);
    }
    for (uint32_t s = 0; s < p.program->n_steps; s++) {
        tell_inside(t, &p, s);
    }
}

void sdx_explain_steps(const sdx_frame *frame, sdx_step_fn *fn, void *user) {
    teller t = {.context = frame->context, .fn = fn, .user = user};
    tell_program(&t, (telling){.program = frame->program, .frame = frame, .owner = SDX_NONE});
}
