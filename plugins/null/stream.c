/* Streams of the null provider: a thread and a queue each. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plugins/null/null.h"

struct work {
    struct work *next;
    work_fn *fn;
    void *arg;
};

struct stream {
    struct provider *provider;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct work *first, **last;
    uint64_t put, done; /* pieces of work so far */
    uint64_t random;    /* for delays */
    int code;           /* what went wrong since the last wait */
    sdx_ep_why why;
    bool closing;
};

static void delay(struct stream *s) {
    const unsigned most = s->provider->options.delay_us;
    if (most == 0) return;
    s->random = s->random * 6364136223846793005u + 1442695040888963407u;
    const long ns = (long)((s->random >> 33) % (most + 1)) * 1000;
    nanosleep(&(struct timespec){.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000}, NULL);
}

/* Does a piece of work, unless something before it went wrong. */
static void serve(struct stream *s, struct work *work) {
    sdx_ep_why why = {{0}};
    pthread_mutex_lock(&s->mutex);
    const bool good = s->code == SDX_EP_OK;
    pthread_mutex_unlock(&s->mutex);
    delay(s);
    const int code = good ? work->fn(work->arg, &why) : SDX_EP_OK;
    work->fn(work->arg, NULL);
    pthread_mutex_lock(&s->mutex);
    if (code != SDX_EP_OK) {
        s->code = code;
        s->why = why;
    }
    s->done++;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->mutex);
    free(work);
}

static void *serve_all(void *arg) {
    struct stream *const s = arg;
    for (;;) {
        pthread_mutex_lock(&s->mutex);
        while (s->first == NULL && !s->closing) {
            pthread_cond_wait(&s->changed, &s->mutex);
        }
        struct work *const work = s->first;
        if (work != NULL) {
            s->first = work->next;
            if (s->first == NULL) s->last = &s->first;
        }
        pthread_mutex_unlock(&s->mutex);
        if (work == NULL) return NULL;
        serve(s, work);
    }
}

int stream_open(void *self, uint32_t device, void **stream, sdx_ep_why *why) {
    struct provider *const p = self;
    struct stream *const s = calloc(1, sizeof *s);
    (void)device;
    if (s == NULL) return SDX_EP_OUT_OF_MEMORY;
    s->provider = p;
    s->last = &s->first;
    s->random = p->options.seed;
    pthread_mutex_init(&s->mutex, NULL);
    pthread_cond_init(&s->changed, NULL);
    if (!p->options.sync && pthread_create(&s->thread, NULL, serve_all, s) != 0) {
        free(s);
        return fail(why, "found no thread");
    }
    *stream = s;
    return SDX_EP_OK;
}

void stream_close(void *self, void *stream) {
    struct provider *const p = self;
    struct stream *const s = stream;
    if (!p->options.sync) {
        pthread_mutex_lock(&s->mutex);
        s->closing = true;
        pthread_cond_broadcast(&s->changed);
        pthread_mutex_unlock(&s->mutex);
        pthread_join(s->thread, NULL);
    }
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->mutex);
    free(s);
}

int stream_put(void *stream, work_fn *fn, void *arg, sdx_ep_why *why) {
    struct stream *const s = stream;
    struct work *const work = malloc(sizeof *work);
    (void)why;
    if (work == NULL) {
        fn(arg, NULL);
        return SDX_EP_OUT_OF_MEMORY;
    }
    *work = (struct work){.fn = fn, .arg = arg};
    pthread_mutex_lock(&s->mutex);
    s->put++;
    if (!s->provider->options.sync) {
        *s->last = work;
        s->last = &work->next;
        pthread_cond_broadcast(&s->changed);
    }
    pthread_mutex_unlock(&s->mutex);
    if (s->provider->options.sync) serve(s, work);
    return SDX_EP_OK;
}

int stream_record(void *self, void *stream, uint64_t *mark, sdx_ep_why *why) {
    struct stream *const s = stream;
    (void)self, (void)why;
    pthread_mutex_lock(&s->mutex);
    *mark = s->put;
    pthread_mutex_unlock(&s->mutex);
    return SDX_EP_OK;
}

static struct timespec from_now(uint64_t ns) {
    struct timespec until;
    const uint64_t most = (uint64_t)3600 * 1000000000u; /* enough for all who would see the end */
    if (ns > most) ns = most;
    clock_gettime(CLOCK_REALTIME, &until);
    const uint64_t nsec = (uint64_t)until.tv_nsec + ns % 1000000000u;
    until.tv_sec += (time_t)(ns / 1000000000u + nsec / 1000000000u);
    until.tv_nsec = (long)(nsec % 1000000000u);
    return until;
}

int stream_wait(void *self, void *stream, uint64_t mark, uint64_t ns, bool *done, sdx_ep_why *why) {
    struct stream *const s = stream;
    const struct timespec until = from_now(ns == UINT64_MAX ? 0 : ns);
    (void)self;
    pthread_mutex_lock(&s->mutex);
    int error = 0;
    while (s->done < mark && error != ETIMEDOUT) {
        if (ns == UINT64_MAX)
            pthread_cond_wait(&s->changed, &s->mutex);
        else
            error = pthread_cond_timedwait(&s->changed, &s->mutex, &until);
    }
    *done = s->done >= mark;
    const int code = s->code;
    if (code != SDX_EP_OK && *done) {
        *why = s->why;
        s->code = SDX_EP_OK;
    }
    pthread_mutex_unlock(&s->mutex);
    return *done ? code : SDX_EP_OK;
}

/* ---- copies */

struct copy {
    struct provider *provider;
    sdx_ep_tensor to, from;
};

static int within(const struct copy *c, size_t size, sdx_ep_why *why) {
    void *const elements = malloc(size + 1);
    if (elements == NULL) return SDX_EP_OUT_OF_MEMORY;
    int code = memory_decode(c->provider, elements, &c->from, why);
    if (code == SDX_EP_OK) code = memory_encode(c->provider, &c->to, elements, why);
    free(elements);
    return code;
}

static int do_copy(void *arg, sdx_ep_why *why) {
    struct copy *const c = arg;
    if (why == NULL) {
        free(c);
        return SDX_EP_OK;
    }
    const size_t size = memory_dense_size(&c->from);
    const sdx_ep_tensor *const host = c->to.on_host ? &c->to : &c->from;
    if (size == SIZE_MAX || size != memory_dense_size(&c->to) || (c->to.on_host && c->from.on_host))
        return fail(why, "found tensors that are not alike, or both on the host");
    if (!host->on_host) return within(c, size, why);
    if (host->size < size || !memory_is_hosts(c->provider, host->block, size))
        return fail(why, "found %zu bytes of the host's, expected %zu", host->size, size);
    if (c->to.on_host)
        return memory_decode(c->provider, (char *)c->to.block + c->to.offset, &c->from, why);
    return memory_encode(c->provider, &c->to, (const char *)c->from.block + c->from.offset, why);
}

int stream_copy(void *self, void *stream, const sdx_ep_tensor *to, const sdx_ep_tensor *from,
                sdx_ep_why *why) {
    struct copy *const c = malloc(sizeof *c);
    if (c == NULL) return SDX_EP_OUT_OF_MEMORY;
    *c = (struct copy){.provider = self, .to = *to, .from = *from};
    if (fails(self, "copy")) {
        free(c);
        return fail(why, "as the options say");
    }
    return stream_put(stream, do_copy, c, why);
}
