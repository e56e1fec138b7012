/* See provider.h. */
#include "ep/provider.h"

#include <string.h>

#include "base/str.h"

/* ---- what functions return */

sdx_status sdx_provider_check(const sdx_provider *provider, const char *what, int code,
                              sdx_ep_why *why) {
    static const struct {
        sdx_code code;
        const char *text; /* where the provider has no words */
    } meanings[] = {[SDX_EP_DECLINED] = {SDX_UNSUPPORTED, "declined"},
                    [SDX_EP_CANCELLED] = {SDX_CANCELLED, "the run was cancelled"},
                    [SDX_EP_OUT_OF_MEMORY] = {SDX_OUT_OF_MEMORY, "out of memory"},
                    [SDX_EP_FAILED] = {SDX_INTERNAL, "it gave no reason"}};
    const char *const name = provider->ep != NULL ? provider->ep->name : "?";
    if (SDX_LIKELY(code == SDX_EP_OK)) return NULL;
    if (code < 0 || (size_t)code >= sizeof meanings / sizeof *meanings)
        return sdx_fail(SDX_INTERNAL, "provider '%s': %s: found code %d, expected an sdx_ep_code",
                        name, what, code);
    why->text[SDX_EP_TEXT - 1] = 0;
    return sdx_fail(meanings[code].code, "provider '%s': %s: %s", name, what,
                    why->text[0] != 0 ? why->text : meanings[code].text);
}

sdx_status sdx_provider_size_of(sdx_provider *provider, uint32_t device,
                                const sdx_ep_tensor *tensor, size_t *size) {
    sdx_ep_why why = {{0}};
    size_t found = 0;
    const int code = provider->ep->size_of(provider->ep->self, device, tensor, &found, &why);
    SDX_TRY(sdx_provider_check(provider, "size_of", code, &why));
    if (found > SIZE_MAX / 4)
        return sdx_fail(SDX_LIMIT, "provider '%s': size_of: found %zu bytes for a tensor",
                        provider->ep->name, found);
    *size = found;
    return NULL;
}

sdx_status sdx_provider_allocate(sdx_provider *provider, uint32_t device, size_t size,
                                 void **block) {
    sdx_ep_why why = {{0}};
    void *made = NULL;
    *block = NULL;
    if (size == 0) return NULL;
    const int code = provider->ep->allocate(provider->ep->self, device, size, &made, &why);
    SDX_TRY(sdx_provider_check(provider, "allocate", code, &why));
    if (made == NULL)
        return sdx_fail(SDX_INTERNAL, "provider '%s': allocate: found no block of %zu bytes",
                        provider->ep->name, size);
    *block = made;
    return NULL;
}

void sdx_provider_free(sdx_provider *provider, uint32_t device, void *block, size_t size) {
    if (block != NULL) provider->ep->deallocate(provider->ep->self, device, block, size);
}

/* ---- opening */

static void log_line(void *self, sdx_ep_level level, const char *line) {
    static const sdx_log_level levels[] = {[SDX_EP_ERROR] = SDX_LOG_ERROR,
                                           [SDX_EP_WARN] = SDX_LOG_WARN,
                                           [SDX_EP_INFO] = SDX_LOG_INFO,
                                           [SDX_EP_DEBUG] = SDX_LOG_DEBUG};
    const sdx_provider *const provider = self;
    const bool is_level = (unsigned)level < sizeof levels / sizeof *levels;
    if (line != NULL)
        sdx_log(&provider->logger, is_level ? levels[level] : SDX_LOG_INFO,
                "provider '%s': %.2000s", provider->ep != NULL ? provider->ep->name : "?", line);
}

/* A name stands in lists of names and in paths of reports. */
static bool is_name(const char *name) {
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    const size_t n = name != NULL ? strlen(name) : 0;
    return n > 0 && n < 65 && strspn(name, letters) == n;
}

static sdx_status check_functions(const sdx_ep *ep) {
    const struct {
        const char *name;
        bool there;
    } slots[] = {
        {"device", ep->device != NULL},
        {"claim", ep->claim != NULL},
        {"compile", ep->compile != NULL},
        {"release", ep->release != NULL},
        {"bind", ep->bind != NULL},
        {"unbind", ep->unbind != NULL},
        {"run", ep->run != NULL},
        {"open_stream", ep->open_stream != NULL},
        {"close_stream", ep->close_stream != NULL},
        {"record", ep->record != NULL},
        {"wait", ep->wait != NULL},
        {"size_of", ep->size_of != NULL},
        {"allocate", ep->allocate != NULL},
        {"deallocate", ep->deallocate != NULL},
        {"copy", ep->copy != NULL},
        {"close", ep->close != NULL},
    };
    for (size_t i = 0; i < sizeof slots / sizeof *slots; i++) {
        if (!slots[i].there)
            return sdx_fail(SDX_UNSUPPORTED, "function '%s' is NULL, expected one", slots[i].name);
    }
    return NULL;
}

static sdx_status check_table(const sdx_ep *ep) {
    if (ep == NULL) return sdx_fail(SDX_UNSUPPORTED, "found no table of functions");
    if (ep->struct_size != sizeof *ep)
        return sdx_fail(SDX_UNSUPPORTED,
                        "found a table of %zu bytes, expected %zu; build it against this version's "
                        "sardonyx/ep.h",
                        ep->struct_size, sizeof *ep);
    if (ep->version != SDX_EP_VERSION)
        return sdx_fail(SDX_UNSUPPORTED, "found version %u of the interface, expected %u",
                        (unsigned)ep->version, SDX_EP_VERSION);
    if (!is_name(ep->name))
        return sdx_fail(SDX_UNSUPPORTED,
                        "its name is not 1 to 64 letters, digits, '_' and '-', as it must be");
    return check_functions(ep);
}

static sdx_status check_device(const sdx_ep_device *device) {
    if (device->name == NULL) return sdx_fail(SDX_UNSUPPORTED, "it has no name");
    if (device->alignment == 0 || (device->alignment & (device->alignment - 1)) != 0 ||
        device->alignment > 1u << 20)
        return sdx_fail(SDX_UNSUPPORTED, "alignment %zu, expected a power of two up to 2^20",
                        device->alignment);
    const double most = 1e18; /* ns: thirty years */
    if (!(device->launch_ns >= 0) || !(device->copy_ns >= 0) || device->launch_ns > most ||
        device->copy_ns > most)
        return sdx_fail(SDX_UNSUPPORTED, "costs %g and %g ns, expected 0 to 1e18",
                        device->launch_ns, device->copy_ns);
    if (!(device->in_bytes_ns > 0) || !(device->out_bytes_ns > 0))
        return sdx_fail(SDX_UNSUPPORTED, "speeds %g and %g bytes/ns, expected more than 0",
                        device->in_bytes_ns, device->out_bytes_ns);
    return NULL;
}

static sdx_status ask_devices(sdx_provider *provider) {
    const sdx_ep *const ep = provider->ep;
    uint32_t n = 0;
    for (; n < SDX_MAX_DEVICES; n++) {
        sdx_ep_device device = {0};
        if (!ep->device(ep->self, n, &device)) break;
        SDX_TRY(sdx_in(check_device(&device), "device %u", (unsigned)n));
        provider->devices[n] = device;
    }
    if (n == 0) return sdx_fail(SDX_UNSUPPORTED, "found no device, expected at least one");
    provider->n_devices = n;
    return NULL;
}

static sdx_status open_table(sdx_provider *provider, sdx_ep_open_fn *open, const char *options) {
    sdx_ep_why why = {{0}};
    const sdx_ep *ep = NULL;
    const int code = open(&provider->host, options != NULL ? options : "", &ep, &why);
    if (code != SDX_EP_OK) { /* it has no name yet */
        why.text[SDX_EP_TEXT - 1] = 0;
        return sdx_fail(code == SDX_EP_OUT_OF_MEMORY ? SDX_OUT_OF_MEMORY : SDX_UNSUPPORTED,
                        "it does not open: %s", why.text[0] != 0 ? why.text : "no reason given");
    }
    SDX_TRY(check_table(ep));
    provider->ep = ep;
    return sdx_in(ask_devices(provider), "provider '%s'", ep->name);
}

static sdx_status open_source(sdx_provider *provider, const sdx_provider_source *source) {
    sdx_ep_open_fn *open = source->open;
    if (open == NULL) {
        SDX_TRY(sdx_library_open(source->path, &provider->library));
        SDX_TRY(sdx_library_function(&provider->library, "sdx_ep_open", &open));
    }
    return open_table(provider, open, source->options);
}

static void destroy(sdx_provider *provider) {
    if (provider->ep != NULL) provider->ep->close(provider->ep->self);
    sdx_library_close(&provider->library);
    sdx_heap heap;
    const sdx_allocator allocator = provider->allocator;
    sdx_heap_init(&heap, allocator.allocate != NULL ? &allocator : NULL, 0, "provider");
    sdx_heap_free(&heap, provider, sizeof *provider);
}

sdx_status sdx_provider_open(const sdx_provider_source *source, sdx_provider **out) {
    sdx_heap heap;
    sdx_provider *provider;
    sdx_heap_init(&heap, source->allocator, 0, "provider");
    SDX_TRY(SDX_NEW(&heap, &provider));
    sdx_refs_init(&provider->refs);
    if (source->allocator != NULL) provider->allocator = *source->allocator;
    if (source->logger != NULL) provider->logger = *source->logger;
    provider->host = *source->host;
    provider->host.struct_size = sizeof provider->host;
    provider->host.version = SDX_EP_VERSION;
    provider->host.self = provider;
    provider->host.log = log_line;
    const sdx_status status = open_source(provider, source);
    if (status != NULL) {
        destroy(provider);
        return source->path != NULL ? sdx_in(status, "library '%s'", source->path) : status;
    }
    *out = provider;
    return NULL;
}

sdx_provider *sdx_provider_retain(sdx_provider *provider) {
    if (provider != NULL) sdx_refs_retain(&provider->refs);
    return provider;
}

void sdx_provider_release(sdx_provider *provider) {
    if (provider != NULL && sdx_refs_release(&provider->refs)) destroy(provider);
}
