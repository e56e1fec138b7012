/* See packer.h. Making is serial: whoever comes second waits and finds it done. */
#include "plan/packer.h"

#include <string.h>

struct sdx_pack {
    sdx_pack *next, *next_of_source;
    sdx_packer *packer;
    sdx_source *source;
    const sdx_node *node; /* that asked first; NULL: none is known */
    sdx_pack_spec spec;
    _Atomic(void *) bytes; /* NULL until made; owned by the packer's heap */
};

static sdx_status request(sdx_packer_face *self, const sdx_view *source, const sdx_pack_spec *spec,
                          sdx_pack **out) {
    return sdx_packer_request((sdx_packer *)self, source, spec, out);
}

void sdx_packer_init(sdx_packer *packer, const sdx_kernel_table *kernels, sdx_arena *arena,
                     sdx_heap *heap) {
    *packer = (sdx_packer){.face = {kernels, request}, .arena = arena, .heap = heap};
    sdx_map_init(&packer->sources, heap);
}

void sdx_packer_deinit(sdx_packer *packer) {
    for (sdx_pack *pack = packer->first; pack != NULL; pack = pack->next) {
        sdx_heap_free(packer->heap, atomic_load(&pack->bytes), pack->spec.size);
        atomic_store(&pack->bytes, NULL);
    }
    packer->first = NULL;
    sdx_map_deinit(&packer->sources);
}

/* The key of a source: the bytes of the address of its view. */
static sdx_str key_of(const sdx_view *const *view) {
    return (sdx_str){(const char *)view, sizeof *view};
}

sdx_status sdx_packer_source(sdx_packer *packer, const sdx_view *view, sdx_source **out) {
    sdx_source *source = sdx_map_get(&packer->sources, key_of(&view));
    if (source == NULL) {
        SDX_TRY(SDX_ARENA_NEW(packer->arena, 1, &source));
        source->view = view;
        SDX_TRY(sdx_map_put(&packer->sources, key_of(&source->view), source));
    }
    *out = source;
    return NULL;
}

static bool same_request(const sdx_pack *pack, const sdx_pack_spec *spec) {
    return pack->spec.size == spec->size && pack->spec.fill == spec->fill &&
           memcmp(pack->spec.params, spec->params, sizeof spec->params) == 0 &&
           strcmp(pack->spec.format, spec->format) == 0;
}

static sdx_status find_or_add(sdx_packer *packer, const sdx_view *view, const sdx_pack_spec *spec,
                              sdx_pack **out) {
    sdx_source *source;
    SDX_TRY(sdx_packer_source(packer, view, &source));
    for (sdx_pack *pack = source->packs; pack != NULL; pack = pack->next_of_source) {
        if (!same_request(pack, spec)) continue;
        *out = pack;
        return NULL;
    }
    sdx_pack *pack;
    SDX_TRY(SDX_ARENA_NEW(packer->arena, 1, &pack));
    pack->packer = packer;
    pack->source = source;
    pack->node = packer->node;
    pack->spec = *spec;
    pack->next_of_source = source->packs;
    source->packs = pack;
    source->n_packs++;
    pack->next = packer->first;
    packer->first = pack;
    *out = pack;
    return NULL;
}

sdx_status sdx_packer_request(sdx_packer *packer, const sdx_view *source, const sdx_pack_spec *spec,
                              sdx_pack **out) {
    sdx_mutex_lock(&packer->mutex);
    const sdx_status status = find_or_add(packer, source, spec, out);
    sdx_mutex_unlock(&packer->mutex);
    return status;
}

static sdx_status make(sdx_pack *pack, const void **out) {
    sdx_packer *const packer = pack->packer;
    void *bytes = atomic_load_explicit(&pack->bytes, memory_order_acquire);
    if (bytes == NULL) {
        SDX_TRY(sdx_in(sdx_heap_alloc(packer->heap, pack->spec.size, &bytes), "pack '%s'",
                       pack->spec.format));
        sdx_source *const source = pack->source;
        const sdx_status status = pack->spec.fill(bytes, source->view, pack->spec.params,
                                                  packer->face.kernels, packer->heap);
        if (status != NULL) {
            sdx_heap_free(packer->heap, bytes, pack->spec.size);
            return status;
        }
        atomic_fetch_add_explicit(&packer->bytes, pack->spec.size, memory_order_relaxed);
        atomic_store_explicit(&pack->bytes, bytes, memory_order_release);
        source->n_made++;
        if (packer->packed != NULL)
            packer->packed(packer->owner, source->view,
                           source->n_made == source->n_packs && !source->read);
    }
    *out = bytes;
    return NULL;
}

sdx_status sdx_pack_bytes(sdx_pack *pack, const void **out) {
    const void *const bytes = atomic_load_explicit(&pack->bytes, memory_order_acquire);
    if (SDX_LIKELY(bytes != NULL)) {
        *out = bytes;
        return NULL;
    }
    sdx_mutex_lock(&pack->packer->mutex);
    const sdx_status status = make(pack, out);
    sdx_mutex_unlock(&pack->packer->mutex);
    return status;
}

void sdx_packer_each(const sdx_packer *packer,
                     void (*visit)(void *arg, const sdx_pack_facts *facts), void *arg) {
    for (const sdx_pack *pack = packer->first; pack != NULL; pack = pack->next) {
        const sdx_pack_facts facts = {
            .constant = pack->source->name,
            .node = pack->node != NULL ? pack->node->name : (sdx_str){0},
            .format = pack->spec.format,
            .size = pack->spec.size,
            .made = atomic_load_explicit(&pack->bytes, memory_order_acquire) != NULL};
        visit(arg, &facts);
    }
}
