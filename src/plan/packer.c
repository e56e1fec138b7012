/* See packer.h. Making is serial: whoever comes second waits and finds it done. */
#include "plan/packer.h"

#include <string.h>

struct sdx_pack {
    sdx_pack *next;
    sdx_packer *packer;
    const sdx_view *source;
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
}

void sdx_packer_deinit(sdx_packer *packer) {
    for (sdx_pack *pack = packer->first; pack != NULL; pack = pack->next) {
        sdx_heap_free(packer->heap, atomic_load(&pack->bytes), pack->spec.size);
        atomic_store(&pack->bytes, NULL);
    }
    packer->first = NULL;
}

static bool same_request(const sdx_pack *pack, const sdx_view *source, const sdx_pack_spec *spec) {
    return pack->source == source && pack->spec.size == spec->size &&
           pack->spec.fill == spec->fill &&
           memcmp(pack->spec.params, spec->params, sizeof spec->params) == 0 &&
           strcmp(pack->spec.format, spec->format) == 0;
}

static sdx_status find_or_add(sdx_packer *packer, const sdx_view *source, const sdx_pack_spec *spec,
                              sdx_pack **out) {
    for (sdx_pack *pack = packer->first; pack != NULL; pack = pack->next) {
        if (!same_request(pack, source, spec)) continue;
        *out = pack;
        return NULL;
    }
    sdx_pack *pack;
    SDX_TRY(SDX_ARENA_NEW(packer->arena, 1, &pack));
    pack->packer = packer;
    pack->source = source;
    pack->spec = *spec;
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
        const sdx_status status = pack->spec.fill(bytes, pack->source, pack->spec.params,
                                                  packer->face.kernels, packer->heap);
        if (status != NULL) {
            sdx_heap_free(packer->heap, bytes, pack->spec.size);
            return status;
        }
        atomic_fetch_add_explicit(&packer->bytes, pack->spec.size, memory_order_relaxed);
        atomic_store_explicit(&pack->bytes, bytes, memory_order_release);
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
