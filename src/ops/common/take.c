/* See take.h. */
#include "ops/common/take.h"

#include <string.h>

#define TAKE take_1
#define SIZE 1
#include "ops/common/take_tmpl.h"
#define TAKE take_2
#define SIZE 2
#include "ops/common/take_tmpl.h"
#define TAKE take_4
#define SIZE 4
#include "ops/common/take_tmpl.h"
#define TAKE take_8
#define SIZE 8
#include "ops/common/take_tmpl.h"
#define TAKE take_16
#define SIZE 16
#include "ops/common/take_tmpl.h"

sdx_take_fn *sdx_take_of(size_t size) {
    static sdx_take_fn *const by_size[] = {
        [1] = take_1, [2] = take_2, [4] = take_4, [8] = take_8, [16] = take_16};
    return size < sizeof by_size / sizeof *by_size ? by_size[size] : NULL;
}

sdx_copy_fn *sdx_copy_of(size_t size) {
    const sdx_exact_table *const k = sdx_exact_kernels();
    sdx_copy_fn *const by_size[] = {
        [1] = k->copy_1, [2] = k->copy_2, [4] = k->copy_4, [8] = k->copy_8, [16] = k->copy_16};
    return size < sizeof by_size / sizeof *by_size ? by_size[size] : NULL;
}
