/* The driver's file of tensors: for each a line "dtype rank dim ... size name", then its bytes;
 * a string is its length in 4 bytes, little-endian, and its bytes. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/runner/runner.h"

unsigned dtype_bits(int dtype) {
    static const unsigned char bits[] = {
        [1] = 32, [2] = 8,   [3] = 8,   [4] = 16,  [5] = 16,  [6] = 32,  [7] = 64,   [8] = 0,
        [9] = 8,  [10] = 16, [11] = 64, [12] = 32, [13] = 64, [14] = 64, [15] = 128, [16] = 16,
        [17] = 8, [18] = 8,  [19] = 8,  [20] = 8,  [21] = 4,  [22] = 4,  [23] = 4};
    return dtype > 0 && (size_t)dtype < sizeof bits ? bits[dtype] : 0;
}

void *new_array(size_t n, size_t size) {
    void *const array = calloc(n > 0 ? n : 1, size);
    if (array == NULL) fail("no memory for %zu objects of %zu bytes", n, size);
    return array;
}

static void read_strings(FILE *file, struct tensor *t) {
    t->strings = new_array(t->len, sizeof *t->strings);
    for (size_t i = 0; i < t->len; i++) {
        unsigned char head[4];
        if (fread(head, 1, 4, file) != 4) fail("inputs: found the end, expected a string");
        const size_t len =
            head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;
        t->strings[i] = new_array(len + 1, 1);
        if (fread(t->strings[i], 1, len, file) != len) fail("inputs: a string is cut off");
    }
}

static void read_elements(FILE *file, struct tensor *t) {
    const size_t room = (t->size + 64 + 63) / 64 * 64;
    t->data = aligned_alloc(64, room);
    if (t->data == NULL) fail("no memory for a tensor of %zu bytes", t->size);
    if (fread(t->data, 1, t->size, file) != t->size) fail("inputs: '%s' is cut off", t->name);
}

/* False at the end of the file. */
static bool read_tensor(FILE *file, struct tensor *t) {
    if (fscanf(file, "%d %zu", &t->dtype, &t->rank) != 2) return false;
    if (t->rank > MAX_RANK) fail("inputs: found rank %zu, expected at most %d", t->rank, MAX_RANK);
    t->len = 1;
    for (size_t d = 0; d < t->rank; d++) {
        if (fscanf(file, "%" SCNd64, &t->dims[d]) != 1) fail("inputs: a dim is no number");
        t->len *= (size_t)t->dims[d];
    }
    if (fscanf(file, "%zu", &t->size) != 1 || fgetc(file) != ' ' ||
        fgets(t->name, MAX_NAME, file) == NULL)
        fail("inputs: found no size and name");
    t->name[strcspn(t->name, "\n")] = '\0';
    if (t->dtype == STRING_DTYPE) {
        read_strings(file, t);
    } else {
        read_elements(file, t);
    }
    return true;
}

struct tensors tensors_read(const char *path) {
    struct tensors tensors = {0};
    size_t cap = 0;
    FILE *const file = fopen(path, "rb");
    if (file == NULL) fail("inputs: '%s' cannot be read", path);
    for (struct tensor t = {0}; read_tensor(file, &t); memset(&t, 0, sizeof t)) {
        if (tensors.n == cap) {
            cap = cap > 0 ? 2 * cap : 8;
            tensors.items = realloc(tensors.items, cap * sizeof t);
            if (tensors.items == NULL) fail("no memory for %zu tensors", cap);
        }
        tensors.items[tensors.n++] = t;
    }
    fclose(file);
    return tensors;
}

void tensors_write(const struct tensors *tensors, const char *path) {
    FILE *const file = fopen(path, "wb");
    if (file == NULL) fail("outputs: '%s' cannot be written", path);
    for (size_t i = 0; i < tensors->n; i++) {
        const struct tensor *const t = &tensors->items[i];
        fprintf(file, "%d %zu", t->dtype, t->rank);
        for (size_t d = 0; d < t->rank; d++) {
            fprintf(file, " %" PRId64, t->dims[d]);
        }
        fprintf(file, " %zu %s\n", t->size, t->name);
        for (size_t k = 0; t->strings != NULL && k < t->len; k++) {
            const size_t len = strlen(t->strings[k]);
            const unsigned char head[4] = {(unsigned char)len, (unsigned char)(len >> 8),
                                           (unsigned char)(len >> 16), (unsigned char)(len >> 24)};
            fwrite(head, 1, 4, file);
            fwrite(t->strings[k], 1, len, file);
        }
        if (t->data != NULL) fwrite(t->data, 1, t->size, file);
    }
    if (fclose(file) != 0) fail("outputs: '%s' was not written whole", path);
}

void tensors_free(struct tensors *tensors) {
    for (size_t i = 0; i < tensors->n; i++) {
        struct tensor *const t = &tensors->items[i];
        for (size_t k = 0; t->strings != NULL && k < t->len; k++) {
            free(t->strings[k]);
        }
        free(t->strings);
        free(t->data);
    }
    free(tensors->items);
}

const struct tensor *tensors_find(const struct tensors *tensors, const char *name, size_t len) {
    for (size_t i = 0; i < tensors->n; i++) {
        if (strlen(tensors->items[i].name) == len && memcmp(tensors->items[i].name, name, len) == 0)
            return &tensors->items[i];
    }
    return NULL;
}
