/* See residence.h. */
#include "exec/residence.h"

#include <string.h>

static void end(void *user, void *data) {
    sdx_residence *const r = user;
    (void)data;
    sdx_provider_free(r->provider, r->device, r->block, r->size);
    sdx_provider_release(r->provider);
    sdx_heap_free(sdx_heap_global(), r, sizeof *r);
}

sdx_residence *sdx_residence_of(const sdx_value *value) {
    const bool is_there = value != NULL && value->kind == SDX_TENSOR && value->free_data == end;
    return is_there ? value->user : NULL;
}

sdx_ep_tensor sdx_ep_tensor_of(const sdx_view *view) {
    sdx_ep_tensor tensor = {.dtype = (int32_t)view->dtype,
                            .rank = view->rank,
                            .block = view->data,
                            .size = sdx_view_bytes(view),
                            .on_host = true};
    memcpy(tensor.dims, view->dims, view->rank * sizeof *view->dims);
    return tensor;
}

sdx_ep_tensor sdx_residence_tensor(const sdx_value *value) {
    const sdx_residence *const r = value->user;
    sdx_ep_tensor tensor = sdx_ep_tensor_of(&value->view);
    tensor.on_host = false;
    tensor.block = r->block;
    tensor.size = r->size;
    return tensor;
}

sdx_status sdx_residence_create(sdx_provider *provider, uint32_t device, const sdx_view *shape,
                                sdx_value **out) {
    sdx_residence *r;
    sdx_ep_tensor tensor = sdx_ep_tensor_of(shape);
    tensor.on_host = false;
    tensor.block = NULL;
    SDX_TRY(SDX_NEW(sdx_heap_global(), &r));
    *r = (sdx_residence){.provider = sdx_provider_retain(provider), .device = device};
    sdx_status status = sdx_provider_size_of(provider, device, &tensor, &r->size);
    if (status == NULL) status = sdx_provider_allocate(provider, device, r->size, &r->block);
    sdx_view view = *shape;
    view.data = NULL;
    if (status == NULL) status = sdx_value_wrap(&view, end, r, &r->value);
    if (status != NULL) {
        end(r, NULL);
        return status;
    }
    *out = r->value;
    return NULL;
}

/* A stream for this copy alone. */
static sdx_status copy(const sdx_residence *r, const sdx_ep_tensor *to, const sdx_ep_tensor *from) {
    const sdx_ep *const ep = r->provider->ep;
    sdx_ep_why why = {{0}};
    void *stream = NULL;
    uint64_t mark = 0;
    bool done = false;
    int code = ep->open_stream(ep->self, r->device, &stream, &why);
    SDX_TRY(sdx_provider_check(r->provider, "open_stream", code, &why));
    code = ep->copy(ep->self, stream, to, from, &why);
    if (code == SDX_EP_OK) code = ep->record(ep->self, stream, &mark, &why);
    if (code == SDX_EP_OK) code = ep->wait(ep->self, stream, mark, UINT64_MAX, &done, &why);
    ep->close_stream(ep->self, stream);
    SDX_TRY(sdx_provider_check(r->provider, "copy", code, &why));
    if (done) return NULL;
    return sdx_fail(SDX_INTERNAL, "provider '%s': wait: it returned before it was done", ep->name);
}

sdx_status sdx_residence_write(const sdx_value *to, const sdx_view *from) {
    const sdx_ep_tensor host = sdx_ep_tensor_of(from), there = sdx_residence_tensor(to);
    return from->len != 0 ? copy(to->user, &there, &host) : NULL;
}

sdx_status sdx_residence_read(const sdx_value *from, const sdx_view *to) {
    const sdx_ep_tensor host = sdx_ep_tensor_of(to), there = sdx_residence_tensor(from);
    return to->len != 0 ? copy(from->user, &host, &there) : NULL;
}
