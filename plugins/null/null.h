/* A provider that computes nothing by itself: it claims what it is told to, keeps its tensors in a
 * memory of its own and in a form of its own, works in a thread of its own, and has the host
 * compute each node. So partition, copies, streams and fallbacks are under test on every machine.
 *
 * Its memory is ordinary memory behind handles: a block's address is that of a record, not of its
 * bytes, so whoever takes it for elements finds nonsense. */
#ifndef PLUGINS_NULL_H
#define PLUGINS_NULL_H

#include <pthread.h>
#include <stdatomic.h>

#include "sardonyx/ep.h"

struct options {
    char claim[16];    /* all, none, alternate, random, names */
    uint64_t seed;     /* of random */
    char names[256];   /* of names: joined with '+' */
    char decline[16];  /* compile, bind, run: says no there */
    char fail[16];     /* claim, compile, bind, run, stream, copy, allocate: fails there */
    unsigned delay_us; /* of each piece of work in a stream, up to that */
    bool sync;         /* no thread: work is done when it is put into the stream */
    bool weigh;        /* leaves it to the host whether a group pays */
    double speedup;    /* that it promises */
};

struct provider {
    const sdx_ep_host *host;
    struct options options;
    sdx_ep table;
    pthread_mutex_t mutex; /* of the blocks */
    struct block *blocks;
    uint64_t used, peak;
};

/* What mingw calls "printf" is not C's. */
#if defined(__MINGW32__)
#define FORMAT_OF_C gnu_printf
#else
#define FORMAT_OF_C printf
#endif

/* null.c */
int fail(sdx_ep_why *why, const char *format, ...) __attribute__((format(FORMAT_OF_C, 2, 3)));
/* Whether the options want it to end here. */
bool fails(const struct provider *p, const char *where);

/* memory.c */
int memory_allocate(void *self, uint32_t device, size_t size, void **block, sdx_ep_why *why);
void memory_free(void *self, uint32_t device, void *block, size_t size);
int memory_size_of(void *self, uint32_t device, const sdx_ep_tensor *tensor, size_t *size,
                   sdx_ep_why *why);
void memory_report(void *self, uint32_t device, uint64_t *used, uint64_t *peak);
/* Bytes of a tensor on the host; SIZE_MAX where it has no size. */
size_t memory_dense_size(const sdx_ep_tensor *tensor);
/* Elements into a tensor of the device, and back: checked for who owns what. */
int memory_encode(struct provider *p, const sdx_ep_tensor *to, const void *from, sdx_ep_why *why);
int memory_decode(struct provider *p, void *to, const sdx_ep_tensor *from, sdx_ep_why *why);
/* Whether a range of the host's is nobody's memory here. */
bool memory_is_hosts(struct provider *p, const void *data, size_t size);

/* stream.c */
typedef int work_fn(void *arg, sdx_ep_why *why); /* frees arg when it is told so: why NULL */
int stream_open(void *self, uint32_t device, void **stream, sdx_ep_why *why);
void stream_close(void *self, void *stream);
int stream_record(void *self, void *stream, uint64_t *mark, sdx_ep_why *why);
int stream_wait(void *self, void *stream, uint64_t mark, uint64_t ns, bool *done, sdx_ep_why *why);
int stream_copy(void *self, void *stream, const sdx_ep_tensor *to, const sdx_ep_tensor *from,
                sdx_ep_why *why);
/* Puts fn(arg) into the stream, which ends arg with fn(arg, NULL), on failure too. */
int stream_put(void *stream, work_fn *fn, void *arg, sdx_ep_why *why);

/* group.c */
int group_compile(void *self, uint32_t device, const sdx_ep_group *group, void **compiled,
                  sdx_ep_why *why);
void group_release(void *self, void *compiled);
int group_bind(void *self, void *compiled, sdx_ep_session *session, sdx_ep_binding *binding,
               void **bound, sdx_ep_why *why);
void group_unbind(void *self, void *bound);
int group_run(void *self, void *bound, void *stream, const sdx_ep_run *run, sdx_ep_why *why);

#endif
