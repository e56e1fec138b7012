/* A provider that is open: a library's table of functions, checked, and what its devices are.
 * Counted by reference, thread-safe as far as the library is (sardonyx/ep.h). */
#ifndef SDX_EP_PROVIDER_H
#define SDX_EP_PROVIDER_H

#include "base/heap.h"
#include "base/library.h"
#include "base/log.h"
#include "base/thread.h"
#include "sardonyx/ep.h"

enum { SDX_MAX_DEVICES = 64 }; /* of a provider */

typedef struct sdx_provider {
    sdx_refs refs;
    struct sdx_provider *next; /* in the list of its runtime */
    sdx_allocator allocator;   /* where this block comes from; all NULL: malloc */
    sdx_logger logger;
    sdx_library library;
    sdx_ep_host host; /* what it was given */
    const sdx_ep *ep;
    uint32_t n_devices;
    sdx_ep_device devices[SDX_MAX_DEVICES];
} sdx_provider;

/* Opens the library at `path`; `open` (else NULL) takes its place, for providers that are linked
 * in. `host` is the table that it will see, but for `self` and `log`. `options` may be NULL. */
typedef struct sdx_provider_source {
    const char *path;
    sdx_ep_open_fn *open;
    const char *options;
    const sdx_ep_host *host;
    const sdx_allocator *allocator; /* NULL: malloc */
    const sdx_logger *logger;       /* copied */
} sdx_provider_source;

sdx_status sdx_provider_open(const sdx_provider_source *source, sdx_provider **out) SDX_NODISCARD;
sdx_provider *sdx_provider_retain(sdx_provider *provider);
void sdx_provider_release(sdx_provider *provider); /* NULL is allowed */

/* What a function of the provider came to: NULL for SDX_EP_OK, else "provider 'x': what: words".
 * SDX_UNSUPPORTED says that it declined, and nothing else does. */
sdx_status sdx_provider_check(const sdx_provider *provider, const char *what, int code,
                              sdx_ep_why *why) SDX_NODISCARD;

/* Bytes of a tensor on a device. */
sdx_status sdx_provider_size_of(sdx_provider *provider, uint32_t device,
                                const sdx_ep_tensor *tensor, size_t *size) SDX_NODISCARD;
/* A block; size 0 gives NULL. */
sdx_status sdx_provider_allocate(sdx_provider *provider, uint32_t device, size_t size, void **block)
    SDX_NODISCARD;
void sdx_provider_free(sdx_provider *provider, uint32_t device, void *block, size_t size);

#endif
