/* Memory that is there or ends the command. */
#include "cli/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/fault.h"

static void check(const void *block, size_t n, size_t size) {
    if (block == NULL) {
        fprintf(stderr, "sardonyx: out of memory: %zu x %zu bytes wanted\n", n, size);
        exit(EXIT_OF_CODE + SDX_OUT_OF_MEMORY);
    }
}

void *mem_new(size_t n, size_t size) {
    void *const block = calloc(n > 0 ? n : 1, size > 0 ? size : 1);
    check(block, n, size);
    return block;
}

void *mem_grow(void *old, size_t n, size_t size) {
    void *const block =
        size > 0 && n > SIZE_MAX / size ? NULL : realloc(old, n * size > 0 ? n * size : 1);
    check(block, n, size);
    return block;
}

char *mem_copy(const char *ptr, size_t len) {
    char *const copy = mem_new(len + 1, 1);
    if (len > 0) {
        memcpy(copy, ptr, len);
    }
    return copy;
}

char *mem_text(const char *text) { return mem_copy(text, strlen(text)); }

void mem_free(void *block) { free(block); }
