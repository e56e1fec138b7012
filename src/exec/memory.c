/* Where memory is: every byte that a model or a context took from its heap, by what it is for. The
 * pieces are counted where they are held, not subtracted from the whole, so that a test can compare
 * their sum with what the heap gave. */
#include "exec/memory.h"

#include "base/arena.h"

typedef struct report {
    sdx_memory_fn *fn;
    void *user;
} report;

static const bool counted[] = {
#define SDX_MEMORY(NAME, name, counted, meaning) counted,
#include "sardonyx/memory.def"
#undef SDX_MEMORY
};

static void show(const report *r, const sdx_memory_item *item) {
    if (item->size == 0) return;
    sdx_memory_item whole = *item;
    whole.counted = counted[item->kind];
    r->fn(r->user, &whole);
}

static void total(const report *r, sdx_memory_kind kind, size_t size) {
    show(r, &(sdx_memory_item){.kind = kind, .size = size});
}

/* ---- a model */

static void show_pack(void *arg, const sdx_pack_facts *facts) {
    show(arg, &(sdx_memory_item){.kind = facts->made ? SDX_MEMORY_PACKS : SDX_MEMORY_DUE,
                                 .size = facts->size,
                                 .name = facts->constant,
                                 .detail = sdx_str_from(facts->format),
                                 .node = facts->node});
}

static void show_files(const report *r, const sdx_onnx_model *onnx) {
    for (size_t i = 0; i < onnx->n_files; i++) {
        show(r, &(sdx_memory_item){.kind = SDX_MEMORY_FILE,
                                   .size = onnx->files[i].size,
                                   .data = onnx->files[i].data,
                                   .name = onnx->file_names[i]});
    }
}

/* Packs and copies change while others run: under the packer's lock they stand still. */
static void show_variant(const report *r, sdx_variant *variant) {
    const sdx_copies *const copies = &variant->onnx.ir->copies;
    const sdx_arena *const arena = &variant->arena;
    sdx_mutex_lock(&variant->packer.mutex);
    for (const sdx_copy *copy = copies->first; copy != NULL; copy = copy->next) {
        show(r, &(sdx_memory_item){.kind = SDX_MEMORY_WEIGHTS,
                                   .size = copy->size,
                                   .name = copy->name,
                                   .detail = sdx_str_from(sdx_copy_reason_text(copy->reason))});
    }
    sdx_packer_each(&variant->packer, show_pack, (void *)(uintptr_t)r);
    total(r, SDX_MEMORY_GRAPH, variant->graph_bytes);
    total(r, SDX_MEMORY_PROGRAM, arena->used - variant->graph_bytes - copies->in_arena);
    total(r, SDX_MEMORY_ROOM, sdx_arena_held(arena) - arena->used);
    total(r, SDX_MEMORY_TABLES,
          sdx_map_held(&copies->blocks) + sdx_map_held(&variant->packer.sources) +
              sdx_dims_held(variant->onnx.ir->dims) + variant->onnx.cap_files * sizeof(sdx_file));
    sdx_mutex_unlock(&variant->packer.mutex);
    show_files(r, &variant->onnx);
}

void sdx_model_report(sdx_model *model, sdx_memory_fn *fn, void *user) {
    const report r = {fn, user};
    const bool in_heap = model->copy != NULL || model->file.heap != NULL;
    if (model->file.mapped || in_heap) {
        show(&r, &(sdx_memory_item){.kind = in_heap ? SDX_MEMORY_HELD : SDX_MEMORY_FILE,
                                    .size = model->size,
                                    .data = in_heap ? NULL : model->bytes});
    }
    show_variant(&r, &model->fixed);
    if (atomic_load_explicit(&model->has_overridable, memory_order_acquire))
        show_variant(&r, &model->overridable);
    if (atomic_load_explicit(&model->has_view, memory_order_acquire))
        show_variant(&r, &model->view);
    sdx_mutex_lock(&model->mutex);
    total(&r, SDX_MEMORY_TABLES, model->strings.used + sdx_map_held(&model->symbols));
    total(&r, SDX_MEMORY_ROOM, sdx_arena_held(&model->strings) - model->strings.used);
    sdx_mutex_unlock(&model->mutex);
}

/* ---- a context */

static void show_frame(const report *r, const sdx_frame *frame) {
    sdx_frame_bytes bytes;
    if (frame == NULL) return;
    sdx_frame_memory(frame, &bytes);
    total(r, SDX_MEMORY_PLANNED, bytes.planned);
    total(r, SDX_MEMORY_SCRATCH, bytes.scratch);
    total(r, SDX_MEMORY_ROOM, bytes.slab - bytes.planned - bytes.scratch);
    total(r, SDX_MEMORY_STATE, bytes.state);
    total(r, SDX_MEMORY_SHAPES, bytes.shapes);
}

void sdx_context_report(const sdx_context *context, sdx_memory_fn *fn, void *user) {
    const report r = {fn, user};
    size_t lent, kept;
    show_frame(&r, context->frame);
    show_frame(&r, context->overridable);
    sdx_store_bytes(context->store, &lent, &kept);
    total(&r, SDX_MEMORY_DYNAMIC, lent);
    total(&r, SDX_MEMORY_KEPT, kept);
}
