/* The prepare hooks. A constant whose every reader packed it is never read by run hooks and stays
 * where it is in the file; any other is copied once if it lies misaligned there. */
#include "plan/program.h"

#include <string.h>

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
    if (step->op->prepare != NULL) SDX_TRY(step->op->prepare(&p));
    step->prepared = p.prepared;
    return NULL;
}

static bool misaligned(const sdx_view *view) {
    const size_t size = sdx_dtype_size(view->dtype);
    const size_t unit = size > 8 ? 8 : size;
    return unit > 1 && ((uintptr_t)view->data & (unit - 1)) != 0;
}

static sdx_status align(sdx_pvalue *value, sdx_arena *arena, size_t *copied) {
    if (!misaligned(value->constant)) return NULL;
    sdx_view *view;
    const size_t size = sdx_view_bytes(value->constant);
    SDX_TRY(SDX_ARENA_NEW(arena, 1, &view));
    *view = *value->constant;
    SDX_TRY(sdx_arena_copy(arena, view->data, size, &view->data));
    value->constant = view;
    *copied += size;
    return NULL;
}

static sdx_status prepare_steps(sdx_program *program, sdx_packer *packer, sdx_arena *arena,
                                const sdx_view **constants, bool *read) {
    for (uint32_t s = 0; s < program->n_steps; s++) {
        sdx_step *const step = &program->steps[s];
        SDX_TRY(sdx_in_node(prepare_step(program, step, packer, arena, constants), step->node));
        for (uint32_t i = 0; i < step->n_in; i++) {
            if (step->in[i] != SDX_NONE && !step->packed[i])
                read[program->values[step->in[i]].root] = true;
        }
    }
    for (uint32_t i = 0; i < program->n_outputs; i++) {
        read[program->values[program->outputs[i]].root] = true;
    }
    return NULL;
}

static sdx_status prepare_inner(sdx_program *program, sdx_packer *packer, sdx_arena *arena,
                                size_t *copied) {
    for (uint32_t s = 0; s < program->n_steps; s++) {
        const sdx_step *const step = &program->steps[s];
        for (size_t g = 0; step->graphs != NULL && g < step->node->n_attrs; g++) {
            if (step->graphs[g] != NULL)
                SDX_TRY(sdx_program_prepare(step->graphs[g], packer, arena, copied));
        }
    }
    return NULL;
}

sdx_status sdx_program_prepare(sdx_program *program, sdx_packer *packer, sdx_arena *arena,
                               size_t *copied) {
    sdx_heap *const heap = packer->heap;
    const sdx_view **constants = NULL;
    bool *flags = NULL;
    const size_t n_flags = (size_t)program->n_values + 1;
    SDX_TRY(SDX_NEW_ARRAY(heap, program->max_in + 1, &constants));
    sdx_status status = SDX_NEW_ARRAY(heap, n_flags, &flags);
    if (status == NULL) status = prepare_steps(program, packer, arena, constants, flags);
    for (uint32_t v = 0; status == NULL && v < program->n_values; v++) {
        if (flags[v] && program->values[v].constant != NULL)
            status = align(&program->values[v], arena, copied);
    }
    sdx_heap_free(heap, flags, n_flags * sizeof *flags);
    sdx_heap_free(heap, (void *)(uintptr_t)constants, (program->max_in + 1) * sizeof *constants);
    SDX_TRY(status);
    return prepare_inner(program, packer, arena, copied);
}
