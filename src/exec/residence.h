/* Tensors in the memory of a device: a value without data, and where it is instead. */
#ifndef SDX_EXEC_RESIDENCE_H
#define SDX_EXEC_RESIDENCE_H

#include "ep/provider.h"
#include "tensor/value.h"

typedef struct sdx_residence {
    sdx_provider *provider; /* retained */
    uint32_t device;
    void *block; /* owned, on the device; NULL where size is 0 */
    size_t size;
    sdx_value *value;           /* that it is of */
    struct sdx_residence *next; /* in a list of a frame */
} sdx_residence;

/* A tensor of type and shape of `shape` on a device, its elements undefined. */
sdx_status sdx_residence_create(sdx_provider *provider, uint32_t device, const sdx_view *shape,
                                sdx_value **out) SDX_NODISCARD;
sdx_residence *sdx_residence_of(const sdx_value *value); /* NULL: it is on the host, or no tensor */

/* Elements to (from) a device, done when it returns. The other view is on the host, of equal type
 * and shape. */
sdx_status sdx_residence_write(const sdx_value *to, const sdx_view *from) SDX_NODISCARD;
sdx_status sdx_residence_read(const sdx_value *from, const sdx_view *to) SDX_NODISCARD;

/* Views in the form of the interface. */
sdx_ep_tensor sdx_ep_tensor_of(const sdx_view *view);
sdx_ep_tensor sdx_residence_tensor(const sdx_value *value);

#endif
