/* Memory of models and contexts: totals and pieces. */
#include "exec/memory.h"

/* One row a kind, in the order of the list. */
static const struct {
    const char *name, *meaning;
} kinds[] = {
#define SDX_MEMORY(NAME, name, counted, meaning) {name, meaning},
#include "sardonyx/memory.def"
#undef SDX_MEMORY
};

static bool is_kind(sdx_memory_kind kind) { return (size_t)kind < sizeof kinds / sizeof *kinds; }

const char *sdx_memory_kind_name(sdx_memory_kind kind) {
    return is_kind(kind) ? kinds[kind].name : NULL;
}

const char *sdx_memory_kind_meaning(sdx_memory_kind kind) {
    return is_kind(kind) ? kinds[kind].meaning : NULL;
}

/* Counting changes nothing but takes locks, for which the handles cannot be const. */
static sdx_model *own(const sdx_model *model) { return (sdx_model *)(uintptr_t)model; }

void sdx_model_memory_each(const sdx_model *model, sdx_memory_fn *fn, void *user) {
    sdx_model_report(own(model), fn, user);
}

void sdx_context_memory_each(const sdx_context *context, sdx_memory_fn *fn, void *user) {
    sdx_context_report(context, fn, user);
}

static void add_item(void *user, const sdx_memory_item *item) {
    size_t *const sizes = user;
    sizes[item->kind] += item->size;
}

void sdx_model_memory(const sdx_model *model, sdx_memory *out) {
    size_t sizes[SDX_MEMORY_N_KINDS] = {0};
    sdx_model_report(own(model), add_item, sizes);
    *out = (sdx_memory){.file = sizes[SDX_MEMORY_FILE] + sizes[SDX_MEMORY_HELD],
                        .weights = sizes[SDX_MEMORY_WEIGHTS],
                        .packs = sizes[SDX_MEMORY_PACKS],
                        .graph = sizes[SDX_MEMORY_GRAPH] + sizes[SDX_MEMORY_PROGRAM] +
                                 sizes[SDX_MEMORY_TABLES] + sizes[SDX_MEMORY_ROOM]};
    if (out->file == 0) out->file = model->size; /* the caller's */
}

void sdx_context_memory(const sdx_context *context, sdx_memory *out) {
    sdx_frame_bytes own_bytes = {0}, other = {0};
    sdx_model_memory(context->model, out);
    sdx_frame_memory(context->frame, &own_bytes);
    if (context->overridable != NULL) sdx_frame_memory(context->overridable, &other);
    out->slab = own_bytes.slab + other.slab;
    out->slab_bound = own_bytes.bound > other.bound ? own_bytes.bound : other.bound;
    const sdx_heap *const heap = sdx_store_heap(context->store);
    const size_t used = atomic_load_explicit(&heap->used, memory_order_relaxed);
    out->context_peak = atomic_load_explicit(&heap->peak, memory_order_relaxed);
    out->dynamic = used > out->slab ? used - out->slab : 0;
}
