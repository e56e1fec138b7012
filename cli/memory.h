/* Memory of the command. A command line that runs out of memory can only say so: these functions
 * end the process then, with the exit status of SDX_OUT_OF_MEMORY. Sizes that come from a file are
 * compared with the file's size or a cap before they get here. */
#ifndef CLI_MEMORY_H
#define CLI_MEMORY_H

#include <stddef.h>

/* `n` elements of `size` bytes, set to zero; never NULL. */
void *mem_new(size_t n, size_t size);
/* Room for `n` elements where `old` was; what is new is not set. */
void *mem_grow(void *old, size_t n, size_t size);
/* A terminated copy of `len` bytes. */
char *mem_copy(const char *ptr, size_t len);
/* A terminated copy of a text. */
char *mem_text(const char *text);
/* Ends a block of the functions above; takes NULL. */
void mem_free(void *block);

#endif
