/* The prepare hooks. A constant whose every reader packed it is never read by run hooks and stays
 * where it is in the file; so does one that is read byte by byte. Any other is copied once if it
 * lies misaligned there. */
#include "plan/program.h"

#include <string.h>

#include "plan/partition.h"

/* How run hooks read a value. */
enum { READ = 1, READ_ALIGNED = 2 };

static sdx_status prepare_step(sdx_program *program, sdx_step *step, sdx_packer *packer,
                               sdx_arena *arena, const sdx_view **constants) {
    bool *packed;
    SDX_TRY(SDX_ARENA_NEW(arena, step->n_in + 1, &packed));
    step->packed = packed;
    for (uint32_t i = 0; i < step->n_in; i++) {
        constants[i] = step->in[i] != SDX_NONE ? program->values[step->in[i]].constant : NULL;
    }
    sdx_prepare p = {.node = step->node,
                     .arena = arena,
                     .constant = constants,
                     .n_in = step->n_in,
                     .kernels = packer->face.kernels,
                     .packer = &packer->face,
                     .packed = packed};
    packer->node = step->node;
    const sdx_status status = step->op->prepare != NULL ? step->op->prepare(&p) : NULL;
    packer->node = NULL;
    step->prepared = p.prepared;
    step->how = p.how;
    return status;
}

static bool misaligned(const sdx_view *view) {
    const size_t size = sdx_dtype_size(view->dtype);
    const size_t unit = size > 8 ? 8 : size;
    return unit > 1 && ((uintptr_t)view->data & (unit - 1)) != 0;
}

/* The copy of a constant that run hooks can read; programs that share the constant share it. */
static sdx_status align(const sdx_pvalue *value, sdx_packer *packer, sdx_source *source) {
    sdx_view *view;
    sdx_source *copy;
    const size_t size = sdx_view_bytes(source->view);
    SDX_TRY(SDX_ARENA_NEW(packer->arena, 1, &view));
    *view = *source->view;
    SDX_TRY(sdx_copies_take(&value->origin->graph->ir->copies, size, SDX_COPY_MISALIGNED,
                            value->origin->name, &view->data));
    memcpy(view->data, source->view->data, size);
    SDX_TRY(sdx_packer_source(packer, view, &copy));
    copy->name = value->origin->name;
    copy->read = true;
    source->aligned = view;
    return NULL;
}

static sdx_status settle_constant(sdx_pvalue *value, sdx_packer *packer, unsigned reads) {
    sdx_source *source;
    SDX_TRY(sdx_packer_source(packer, value->constant, &source));
    source->name = value->origin->name;
    const bool copies = (reads & READ_ALIGNED) && misaligned(value->constant);
    if (copies && source->aligned == NULL) SDX_TRY(align(value, packer, source));
    if (copies) value->constant = source->aligned;
    if (reads != 0 && !copies) source->read = true;
    return NULL;
}

static uint8_t how_read(const sdx_step *step, uint32_t input) {
    const sdx_port *const port = sdx_op_input_port(step->op, input);
    const bool anywhere = port != NULL && (port->flags & SDX_PORT_UNALIGNED) != 0;
    return anywhere ? READ : READ | READ_ALIGNED;
}

static sdx_status prepare_steps(sdx_program *program, sdx_packer *packer, sdx_arena *arena,
                                const sdx_view **constants, uint8_t *reads) {
    for (uint32_t s = 0; s < program->n_steps; s++) {
        sdx_step *const step = &program->steps[s];
        if (step->kind != SDX_STEP_NODE) continue; /* reads what is made in a run */
        SDX_TRY(sdx_in_node(prepare_step(program, step, packer, arena, constants), step->node));
        for (uint32_t i = 0; i < step->n_in; i++) {
            if (step->in[i] != SDX_NONE && !step->packed[i])
                reads[program->values[step->in[i]].root] |= how_read(step, i);
        }
    }
    for (uint32_t i = 0; i < program->n_outputs; i++) {
        reads[program->values[program->outputs[i]].root] = READ | READ_ALIGNED;
    }
    return NULL;
}

static sdx_status prepare_inner(sdx_program *program, sdx_packer *packer, sdx_arena *arena) {
    for (uint32_t s = 0; s < program->n_steps; s++) {
        const sdx_step *const step = &program->steps[s];
        if (step->group != NULL) SDX_TRY(sdx_program_prepare(step->group->inner, packer, arena));
        for (size_t g = 0; step->graphs != NULL && g < step->node->n_attrs; g++) {
            if (step->graphs[g] != NULL)
                SDX_TRY(sdx_program_prepare(step->graphs[g], packer, arena));
        }
    }
    return NULL;
}

sdx_status sdx_program_prepare(sdx_program *program, sdx_packer *packer, sdx_arena *arena) {
    sdx_heap *const heap = packer->heap;
    const sdx_view **constants = NULL;
    uint8_t *reads = NULL;
    const size_t n_reads = (size_t)program->n_values + 1;
    SDX_TRY(SDX_NEW_ARRAY(heap, program->max_in + 1, &constants));
    sdx_status status = SDX_NEW_ARRAY(heap, n_reads, &reads);
    if (status == NULL) status = prepare_steps(program, packer, arena, constants, reads);
    for (uint32_t v = 0; status == NULL && v < program->n_values; v++) {
        if (program->values[v].constant != NULL)
            status = settle_constant(&program->values[v], packer, reads[v]);
    }
    sdx_heap_free(heap, reads, n_reads * sizeof *reads);
    sdx_heap_free(heap, (void *)(uintptr_t)constants, (program->max_in + 1) * sizeof *constants);
    SDX_TRY(status);
    return prepare_inner(program, packer, arena);
}

void sdx_program_release(sdx_program *program) {
    for (uint32_t s = 0; program != NULL && s < program->n_steps; s++) {
        sdx_step *const step = &program->steps[s];
        if (step->op->release != NULL && step->prepared != NULL) step->op->release(step->prepared);
        step->prepared = NULL;
        if (step->group != NULL) sdx_program_release(step->group->inner);
        for (size_t g = 0; step->graphs != NULL && g < step->node->n_attrs; g++) {
            sdx_program_release(step->graphs[g]);
        }
    }
}
