/* The null provider: its table, its options and what it claims. See null.h. */
#include "plugins/null/null.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int fail(sdx_ep_why *why, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
    return SDX_EP_FAILED;
}

bool fails(const struct provider *p, const char *where) {
    return strcmp(p->options.fail, where) == 0;
}

/* ---- options: words separated by commas */

static bool is_one_of(const char *word, const char *const *words) {
    while (*words != NULL && strcmp(*words, word) != 0) {
        words++;
    }
    return *words != NULL;
}

static bool set_text(char *to, size_t size, const char *value) {
    return (size_t)snprintf(to, size, "%s", value) < size;
}

static bool set_number(const char *text, double least, double *out) {
    char *end;
    const double value = strtod(text, &end);
    *out = value;
    return end != text && *end == 0 && value >= least && value < 1e9;
}

static bool set_claim(struct options *o, const char *word) {
    static const char *const plain[] = {"all", "none", "alternate", NULL};
    double seed;
    if (is_one_of(word, plain)) return set_text(o->claim, sizeof o->claim, word);
    if (strncmp(word, "names:", 6) == 0)
        return set_text(o->claim, sizeof o->claim, "names") &&
               set_text(o->names, sizeof o->names, word + 6);
    if (strncmp(word, "random:", 7) != 0 || !set_number(word + 7, 0, &seed)) return false;
    o->seed = (uint64_t)seed;
    return set_text(o->claim, sizeof o->claim, "random");
}

static bool set_option(struct options *o, const char *word) {
    static const char *const declining[] = {"compile", "bind", "run", NULL};
    static const char *const failing[] = {"claim",  "compile", "bind",     "run",
                                          "stream", "copy",    "allocate", NULL};
    double number;
    if (strcmp(word, "sync") == 0) return o->sync = true;
    if (strcmp(word, "weigh") == 0) return o->weigh = true;
    if (strncmp(word, "decline=", 8) == 0 && is_one_of(word + 8, declining))
        return set_text(o->decline, sizeof o->decline, word + 8);
    if (strncmp(word, "fail=", 5) == 0 && is_one_of(word + 5, failing))
        return set_text(o->fail, sizeof o->fail, word + 5);
    if (strncmp(word, "delay=", 6) == 0 && set_number(word + 6, 0, &number)) {
        o->delay_us = (unsigned)number;
        return true;
    }
    if (strncmp(word, "speedup=", 8) == 0 && set_number(word + 8, 1e-9, &number)) {
        o->speedup = number;
        return true;
    }
    return set_claim(o, word);
}

static int read_options(struct options *o, const char *text, sdx_ep_why *why) {
    while (*text != 0) {
        char word[300];
        const size_t n = strcspn(text, ",");
        const int written = snprintf(word, sizeof word, "%.*s", n < 1000 ? (int)n : 1000, text);
        if ((size_t)written >= sizeof word || !set_option(o, word))
            return fail(why,
                        "option '%.60s': expected all, none, alternate, random:SEED, names:A+B, "
                        "delay=US, decline=PLACE, fail=PLACE, speedup=X, sync or weigh",
                        word);
        text += n + (text[n] == ',');
    }
    return SDX_EP_OK;
}

/* ---- claims */

static bool device(void *self, uint32_t index, sdx_ep_device *out) {
    (void)self;
    *out = (sdx_ep_device){.name = "nothing",
                           .alignment = 256,
                           .launch_ns = 5000,
                           .copy_ns = 5000,
                           .in_bytes_ns = 10,
                           .out_bytes_ns = 10};
    return index < 2;
}

static bool is_named(const struct options *o, sdx_ep_str name) {
    for (const char *at = o->names; *at != 0;) {
        const size_t n = strcspn(at, "+");
        if (n == name.len && memcmp(at, name.ptr, n) == 0) return true;
        at += n + (at[n] == '+');
    }
    return false;
}

static bool wants(const struct options *o, uint32_t number, sdx_ep_str name) {
    uint64_t x = (o->seed + 1) * 0x9e3779b97f4a7c15u + number;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    if (strcmp(o->claim, "all") == 0) return true;
    if (strcmp(o->claim, "alternate") == 0) return number % 2 == 0;
    if (strcmp(o->claim, "random") == 0) return ((x ^ (x >> 31)) & 1) != 0;
    return strcmp(o->claim, "names") == 0 && is_named(o, name);
}

static int claim(void *self, uint32_t device_, const sdx_ep_graph *graph, sdx_ep_why *why) {
    const struct provider *const p = self;
    const uint32_t n = p->host->n_nodes(graph);
    const sdx_ep_gain gain = {.speedup = p->options.speedup, .always = !p->options.weigh};
    uint32_t n_wanted = 0;
    (void)device_;
    if (fails(p, "claim")) return fail(why, "as the options say");
    uint32_t *const wanted = malloc((n + (size_t)1) * sizeof *wanted);
    if (wanted == NULL) return SDX_EP_OUT_OF_MEMORY;
    for (uint32_t i = 0; i < n; i++) {
        sdx_ep_node node;
        if (!p->host->node(graph, i, &node) || !node.claimable) continue;
        if (wants(&p->options, i, node.name))
            wanted[n_wanted++] = i;
        else
            p->host->decline(graph, i, "it was not told to");
    }
    const int code = p->host->claim(graph, wanted, n_wanted, &gain, why);
    free(wanted);
    return code;
}

/* ---- beginning and end */

static void close_provider(void *self) {
    struct provider *const p = self;
    if (p->blocks != NULL) {
        fprintf(stderr, "provider 'null': close: found blocks that nobody freed\n");
        abort();
    }
    pthread_mutex_destroy(&p->mutex);
    free(p);
}

int sdx_ep_open(const sdx_ep_host *host, const char *options, const sdx_ep **out, sdx_ep_why *why) {
    if (host->struct_size < sizeof *host || host->version != SDX_EP_VERSION)
        return fail(why, "found a host of version %u, expected %u", (unsigned)host->version,
                    SDX_EP_VERSION);
    struct provider *const p = calloc(1, sizeof *p);
    if (p == NULL) return SDX_EP_OUT_OF_MEMORY;
    p->host = host;
    p->options = (struct options){.claim = "all", .speedup = 1e6};
    const int code = read_options(&p->options, options, why);
    if (code != SDX_EP_OK) {
        free(p);
        return code;
    }
    pthread_mutex_init(&p->mutex, NULL);
    p->table = (sdx_ep){.struct_size = sizeof p->table,
                        .version = SDX_EP_VERSION,
                        .name = "null",
                        .self = p,
                        .device = device,
                        .claim = claim,
                        .compile = group_compile,
                        .release = group_release,
                        .bind = group_bind,
                        .unbind = group_unbind,
                        .run = group_run,
                        .open_stream = stream_open,
                        .close_stream = stream_close,
                        .record = stream_record,
                        .wait = stream_wait,
                        .size_of = memory_size_of,
                        .allocate = memory_allocate,
                        .deallocate = memory_free,
                        .copy = stream_copy,
                        .memory = memory_report,
                        .close = close_provider};
    *out = &p->table;
    return SDX_EP_OK;
}
