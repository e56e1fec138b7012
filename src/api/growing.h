/* Structs of the public headers that grow: they begin with struct_size, by which a program and a
 * library of other age understand each other. A new member is put at the end and aligned as a
 * pointer, so that it does not lie in what was padding before. */
#ifndef SDX_API_GROWING_H
#define SDX_API_GROWING_H

#include "base/status.h"

/* Copies a caller's options over `own`, which holds `size` bytes of defaults: what an older caller
 * does not know keeps them. Options larger than ours are refused, since what they ask for beyond
 * that would be lost. `place` begins the error: "model". */
sdx_status sdx_growing_take(const char *place, void *own, size_t size, const void *given)
    SDX_NODISCARD;

/* Fills `out`, an option struct or one of facts, with as much of `own` as its struct_size says;
 * struct_size itself stays. */
void sdx_growing_give(void *out, const void *own, size_t size);

#endif
