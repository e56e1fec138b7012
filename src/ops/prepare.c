/* What prepare hooks call. */
#include "ops/call.h"

sdx_status sdx_prepare_pack(sdx_prepare *p, size_t input, const sdx_pack_spec *spec,
                            sdx_pack **out) {
    if (input >= p->n_in || p->constant[input] == NULL || spec->size == 0) {
        return sdx_fail(SDX_INTERNAL, "pack '%s': found no constant or no size", spec->format);
    }
    SDX_TRY(p->packer->request(p->packer, p->constant[input], spec, out));
    if (p->packed != NULL) p->packed[input] = true;
    return NULL;
}
