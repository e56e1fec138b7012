/* Memory of models and contexts: totals and pieces. */
#include "exec/memory.h"
#include "api/growing.h"

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

static sdx_memory memory_of(const sdx_model *model) {
    size_t sizes[SDX_MEMORY_N_KINDS] = {0};
    sdx_model_report(own(model), add_item, sizes);
    sdx_memory memory = {.file = sizes[SDX_MEMORY_FILE] + sizes[SDX_MEMORY_HELD],
                         .weights = sizes[SDX_MEMORY_WEIGHTS],
                         .packs = sizes[SDX_MEMORY_PACKS],
                         .graph = sizes[SDX_MEMORY_GRAPH] + sizes[SDX_MEMORY_PROGRAM] +
                                  sizes[SDX_MEMORY_TABLES] + sizes[SDX_MEMORY_ROOM]};
    if (memory.file == 0) memory.file = model->size; /* the caller's */
    return memory;
}

void sdx_model_memory(const sdx_model *model, sdx_memory *out) {
    const sdx_memory own = memory_of(model);
    sdx_growing_give(out, &own, sizeof own);
}

void sdx_context_memory(const sdx_context *context, sdx_memory *out) {
    sdx_frame_bytes own_bytes = {0}, other = {0};
    sdx_memory memory = memory_of(context->model);
    sdx_frame_memory(context->frame, &own_bytes);
    if (context->overridable != NULL) sdx_frame_memory(context->overridable, &other);
    memory.slab = own_bytes.slab + other.slab;
    memory.slab_bound = own_bytes.bound > other.bound ? own_bytes.bound : other.bound;
    const sdx_heap *const heap = sdx_store_heap(context->store);
    const size_t used = atomic_load_explicit(&heap->used, memory_order_relaxed);
    memory.context_peak = atomic_load_explicit(&heap->peak, memory_order_relaxed);
    memory.dynamic = used > memory.slab ? used - memory.slab : 0;
    sdx_growing_give(out, &memory, sizeof memory);
}
