/* The providers of a runtime, and the devices that a model may use. */
#include <string.h>

#include "exec/foreign.h"
#include "exec/model.h"

static sdx_provider *find(const sdx_runtime *runtime, sdx_str name) {
    sdx_provider *provider = runtime->providers;
    while (provider != NULL && !sdx_str_is(name, provider->ep->name)) {
        provider = provider->next;
    }
    return provider;
}

static sdx_status add(sdx_runtime *runtime, sdx_provider *provider) {
    if (find(runtime, sdx_str_from(provider->ep->name)) != NULL)
        return sdx_fail(SDX_INVALID_ARGUMENT, "provider '%s' has been loaded before",
                        provider->ep->name);
    provider->next = runtime->providers;
    runtime->providers = provider;
    return NULL;
}

sdx_status sdx_runtime_add_provider(sdx_runtime *runtime, const char *path, sdx_ep_open_fn *open,
                                    const char *options, const char **name) {
    const sdx_ep_host host = sdx_exec_ep_host();
    const sdx_provider_source source = {.path = path,
                                        .open = open,
                                        .options = options,
                                        .host = &host,
                                        .allocator =
                                            runtime->has_allocator ? &runtime->allocator : NULL,
                                        .logger = &runtime->logger};
    sdx_provider *provider;
    SDX_TRY(sdx_provider_open(&source, &provider));
    sdx_mutex_lock(&runtime->mutex);
    const sdx_status status = add(runtime, provider);
    sdx_mutex_unlock(&runtime->mutex);
    if (status != NULL)
        sdx_provider_release(provider);
    else if (name != NULL)
        *name = provider->ep->name;
    return status;
}

void sdx_runtime_drop_providers(sdx_runtime *runtime) {
    while (runtime->providers != NULL) {
        sdx_provider *const provider = runtime->providers;
        runtime->providers = provider->next;
        sdx_provider_release(provider);
    }
}

static sdx_status no_such(const sdx_runtime *runtime, sdx_str name) {
    sdx_buf text;
    sdx_buf_init(&text, sdx_heap_global(), 4096);
    sdx_status status = NULL;
    for (const sdx_provider *p = runtime->providers; status == NULL && p != NULL; p = p->next) {
        status = sdx_buf_printf(&text, "%s%s", text.size != 0 ? ", " : "", p->ep->name);
    }
    if (status == NULL)
        status =
            sdx_fail(SDX_NOT_FOUND, "provider '%.*s': found %.*s; load it first", SDX_FMT(name),
                     (int)(text.size != 0 ? text.size : 4), text.size != 0 ? text.ptr : "none");
    sdx_buf_deinit(&text);
    return status;
}

static sdx_status look_up(const sdx_runtime *runtime, sdx_str name, sdx_target *out) {
    const char *const at = name.len != 0 ? memchr(name.ptr, '@', name.len) : NULL;
    const sdx_str whole = name;
    int64_t device = 0;
    if (at != NULL) {
        const sdx_str number = {at + 1, (size_t)(name.ptr + name.len - at - 1)};
        name.len = (size_t)(at - name.ptr);
        if (!sdx_str_int(number, &device)) device = -1;
    }
    sdx_provider *const provider = find(runtime, name);
    if (provider == NULL) return no_such(runtime, name);
    if (device < 0 || device >= provider->n_devices)
        return sdx_fail(SDX_INVALID_ARGUMENT, "device '%.*s': expected '%s@' and a number below %u",
                        SDX_FMT(whole), provider->ep->name, (unsigned)provider->n_devices);
    *out = (sdx_target){sdx_provider_retain(provider), (uint32_t)device};
    return NULL;
}

sdx_status sdx_runtime_find_target(sdx_runtime *runtime, sdx_str name, sdx_target *out) {
    sdx_mutex_lock(&runtime->mutex);
    const sdx_status status = look_up(runtime, name, out);
    sdx_mutex_unlock(&runtime->mutex);
    return status;
}

sdx_status sdx_model_choose_targets(sdx_model *model) {
    const char *const names = model->options.providers;
    model->options.providers = NULL; /* the caller's; not needed again */
    if (names == NULL || names[0] == 0) {
        if (!model->options.require_provider) return NULL;
        return sdx_fail(SDX_INVALID_ARGUMENT, "require_provider: found no providers; name some");
    }
    SDX_TRY(SDX_ARENA_NEW(&model->strings, SDX_MAX_TARGETS, &model->targets));
    for (const char *name = names, *end; name != NULL; name = *end != 0 ? end + 1 : NULL) {
        end = name + strcspn(name, ",");
        if (model->n_targets == SDX_MAX_TARGETS)
            return sdx_fail(SDX_LIMIT, "providers: found more than %d", SDX_MAX_TARGETS);
        SDX_TRY(sdx_runtime_find_target(model->runtime, (sdx_str){name, (size_t)(end - name)},
                                        &model->targets[model->n_targets]));
        model->n_targets++;
    }
    return NULL;
}

void sdx_model_drop_targets(sdx_model *model) {
    for (uint32_t t = 0; t < model->n_targets; t++) {
        sdx_provider_release(model->targets[t].provider);
    }
    model->n_targets = 0;
}
