/* Picking elements: one loop for each size. */
#include "ops/image/pick.h"

#include <stdint.h>

typedef struct sixteen {
    uint64_t half[2];
} sixteen;

#define T uint8_t
#define NAME(x) x##_1
#include "ops/image/pick_tmpl.h"
#define T uint16_t
#define NAME(x) x##_2
#include "ops/image/pick_tmpl.h"
#define T uint32_t
#define NAME(x) x##_4
#include "ops/image/pick_tmpl.h"
#define T uint64_t
#define NAME(x) x##_8
#include "ops/image/pick_tmpl.h"
#define T sixteen
#define NAME(x) x##_16
#include "ops/image/pick_tmpl.h"

sdx_pick_fn *sdx_pick_of(size_t size) {
    return size == 1   ? pick_1
           : size == 2 ? pick_2
           : size == 4 ? pick_4
           : size == 8 ? pick_8
                       : pick_16;
}
