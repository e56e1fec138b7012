/* The memory of the null provider: see null.h. A tensor lies there in rows with a gap behind each,
 * its bytes inverted, behind a head that says what it is; gaps and the ends of blocks hold
 * canaries, which are looked at. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/null/null.h"

enum { HEAD = 32, GAP = 8, FENCE = 64, CANARY = 0xc9, MASK = 0x5a };

struct block {
    struct block *next;
    unsigned char *bytes; /* FENCE, size bytes, FENCE */
    size_t size;
};

static const unsigned char bits_of[] = {0,  32,  8,  8, 16, 16, 32, 64, 0, 8, 16, 64, 32, 64,
                                        64, 128, 16, 8, 8,  8,  8,  4,  4, 4, 8,  2,  2};

struct layout {
    size_t rows, row, size; /* bytes of a row without its gap; of all */
};

size_t memory_dense_size(const sdx_ep_tensor *tensor) {
    const size_t n_types = sizeof bits_of / sizeof *bits_of;
    if (tensor->dtype <= 0 || (size_t)tensor->dtype >= n_types || bits_of[tensor->dtype] == 0)
        return SIZE_MAX;
    if (tensor->rank < 0 || tensor->rank > SDX_EP_MAX_RANK) return SIZE_MAX;
    size_t n = 1;
    for (int i = 0; i < tensor->rank; i++) {
        const int64_t dim = tensor->dims[i];
        if (dim < 0 || (dim > 0 && n > SIZE_MAX / 64 / (size_t)dim)) return SIZE_MAX;
        n *= (size_t)dim;
    }
    const size_t bits = bits_of[tensor->dtype];
    return bits >= 8 ? n * (bits / 8) : (n * bits + 7) / 8;
}

static bool layout_of(const sdx_ep_tensor *tensor, struct layout *out) {
    const size_t size = memory_dense_size(tensor);
    size_t rows = 1;
    if (size == SIZE_MAX) return false;
    for (int i = 0; i + 1 < tensor->rank; i++) {
        rows *= (size_t)tensor->dims[i];
    }
    if (rows == 0 || size % rows != 0) rows = 1; /* packed elements cross the ends of rows */
    *out = (struct layout){.rows = rows, .row = size / rows};
    out->size = HEAD + rows * (out->row + GAP);
    return true;
}

int memory_size_of(void *self, uint32_t device, const sdx_ep_tensor *tensor, size_t *size,
                   sdx_ep_why *why) {
    struct layout layout;
    (void)self, (void)device;
    if (!layout_of(tensor, &layout))
        return fail(why, "found type %d of rank %d", (int)tensor->dtype, (int)tensor->rank);
    *size = layout.size;
    return SDX_EP_OK;
}

/* ---- blocks */

int memory_allocate(void *self, uint32_t device, size_t size, void **block, sdx_ep_why *why) {
    struct provider *const p = self;
    (void)device;
    if (fails(p, "allocate")) return fail(why, "as the options say");
    struct block *const b = malloc(sizeof *b);
    unsigned char *const bytes = size < SIZE_MAX / 2 ? malloc(size + 2 * (size_t)FENCE) : NULL;
    if (b == NULL || bytes == NULL) {
        free(b);
        free(bytes);
        return SDX_EP_OUT_OF_MEMORY;
    }
    memset(bytes, CANARY, size + 2 * (size_t)FENCE);
    pthread_mutex_lock(&p->mutex);
    *b = (struct block){.next = p->blocks, .bytes = bytes, .size = size};
    p->blocks = b;
    p->used += size;
    if (p->used > p->peak) p->peak = p->used;
    pthread_mutex_unlock(&p->mutex);
    *block = b;
    return SDX_EP_OK;
}

static bool is_fence(const unsigned char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] != CANARY) return false;
    }
    return true;
}

void memory_free(void *self, uint32_t device, void *block, size_t size) {
    struct provider *const p = self;
    (void)device;
    pthread_mutex_lock(&p->mutex);
    struct block **at = &p->blocks;
    while (*at != NULL && *at != block) {
        at = &(*at)->next;
    }
    struct block *const b = *at;
    const bool good = b != NULL && b->size == size && is_fence(b->bytes, FENCE) &&
                      is_fence(b->bytes + FENCE + size, FENCE);
    if (!good) {
        fprintf(stderr, "provider 'null': free: found a block that is none, of another size, or "
                        "written over\n");
        abort();
    }
    *at = b->next;
    p->used -= size;
    pthread_mutex_unlock(&p->mutex);
    free(b->bytes);
    free(b);
}

void memory_report(void *self, uint32_t device, uint64_t *used, uint64_t *peak) {
    struct provider *const p = self;
    (void)device;
    pthread_mutex_lock(&p->mutex);
    *used = p->used;
    *peak = p->peak;
    pthread_mutex_unlock(&p->mutex);
}

bool memory_is_hosts(struct provider *p, const void *data, size_t size) {
    const uintptr_t begin = (uintptr_t)data;
    bool good = true;
    pthread_mutex_lock(&p->mutex);
    for (const struct block *b = p->blocks; good && b != NULL; b = b->next) {
        const uintptr_t bytes = (uintptr_t)b->bytes, record = (uintptr_t)b;
        good = begin + size <= bytes || begin >= bytes + b->size + 2 * (size_t)FENCE;
        good = good && (begin + size <= record || begin >= record + sizeof *b);
    }
    pthread_mutex_unlock(&p->mutex);
    return good;
}

/* ---- tensors */

static unsigned char *find(struct provider *p, const sdx_ep_tensor *tensor, size_t size) {
    unsigned char *found = NULL;
    pthread_mutex_lock(&p->mutex);
    for (const struct block *b = p->blocks; found == NULL && b != NULL; b = b->next) {
        if (b == tensor->block && tensor->offset <= b->size && size <= b->size - tensor->offset)
            found = b->bytes + FENCE + tensor->offset;
    }
    pthread_mutex_unlock(&p->mutex);
    return found;
}

static int locate(struct provider *p, const sdx_ep_tensor *tensor, struct layout *layout,
                  unsigned char **out, sdx_ep_why *why) {
    if (tensor->on_host) return fail(why, "found a tensor on the host, expected one of the device");
    if (!layout_of(tensor, layout)) return fail(why, "found a tensor of unknown shape");
    if (layout->size > tensor->size)
        return fail(why, "found %zu bytes for a tensor, expected %zu", tensor->size, layout->size);
    *out = find(p, tensor, layout->size);
    return *out != NULL ? SDX_EP_OK : fail(why, "found a place that is in no block of the device");
}

static void write_head(unsigned char *at, const struct layout *layout, int32_t dtype) {
    memset(at, 0, HEAD);
    memcpy(at, "null", 4);
    memcpy(at + 4, &dtype, sizeof dtype);
    memcpy(at + 8, &layout->rows, sizeof layout->rows);
    memcpy(at + 16, &layout->row, sizeof layout->row);
}

static void invert(unsigned char *to, const unsigned char *from, size_t n) {
    for (size_t i = 0; i < n; i++) {
        to[i] = (unsigned char)(from[i] ^ MASK);
    }
}

int memory_encode(struct provider *p, const sdx_ep_tensor *to, const void *from, sdx_ep_why *why) {
    struct layout layout;
    unsigned char *at;
    const int code = locate(p, to, &layout, &at, why);
    if (code != SDX_EP_OK) return code;
    write_head(at, &layout, to->dtype);
    at += HEAD;
    for (size_t r = 0; r < layout.rows; r++, at += layout.row + GAP) {
        if (layout.row != 0) invert(at, (const unsigned char *)from + r * layout.row, layout.row);
        memset(at + layout.row, CANARY, GAP);
    }
    return SDX_EP_OK;
}

int memory_decode(struct provider *p, void *to, const sdx_ep_tensor *from, sdx_ep_why *why) {
    struct layout layout;
    unsigned char *at, head[HEAD];
    const int code = locate(p, from, &layout, &at, why);
    if (code != SDX_EP_OK) return code;
    write_head(head, &layout, from->dtype);
    if (layout.rows * layout.row == 0) return SDX_EP_OK; /* nobody copies what is empty */
    if (memcmp(head, at, HEAD) != 0)
        return fail(why, "found no tensor of type %d in %zu rows of %zu bytes at its place",
                    (int)from->dtype, layout.rows, layout.row);
    at += HEAD;
    for (size_t r = 0; r < layout.rows; r++, at += layout.row + GAP) {
        if (layout.row != 0) invert((unsigned char *)to + r * layout.row, at, layout.row);
        if (!is_fence(at + layout.row, GAP)) return fail(why, "row %zu was written over", r);
    }
    return SDX_EP_OK;
}
