/* Where: elements of X where the condition holds, else of Y. Only sizes of elements matter. */
#include "ops/elementwise/walk.h"
#include "ops/infer.h"

static const sdx_port inputs[] = {{.name = "condition", .var = "B", .types = SDX_T(BOOL)},
                                  {.name = "X", .var = "T", .types = SDX_T_CLASSIC},
                                  {.name = "Y", .var = "T", .types = SDX_T_CLASSIC}};
static const sdx_port outputs[] = {{.name = "output", .var = "T", .types = SDX_T_CLASSIC}};

/* ---- inference */

enum { MAX_INTS = 4 * SDX_MAX_RANK }; /* longer tensors are no shapes */

/* Elements where condition, X and Y are made of shapes. */
static sdx_status infer_ints(sdx_infer *in) {
    sdx_dim ints[3][MAX_INTS], chosen[MAX_INTS];
    size_t n[3], longest = 1;
    for (size_t k = 0; k < 3; k++) {
        if (!sdx_infer_ranked(in, k) || in->in[k].rank > 1) return NULL;
        if (!sdx_infer_ints(in, k, ints[k], MAX_INTS, &n[k])) return NULL;
        if (n[k] != 1) longest = n[k];
    }
    for (size_t i = 0; i < longest; i++) {
        const sdx_dim condition = ints[0][n[0] == 1 ? 0 : i];
        const size_t k = condition != 0 ? 1 : 2;
        if (!sdx_dim_is_number(condition) || (n[k] != 1 && n[k] != longest)) return NULL;
        chosen[i] = ints[k][n[k] == 1 ? 0 : i];
    }
    return sdx_infer_set_ints(in, 0, chosen, longest);
}

static sdx_status infer(sdx_infer *in) {
    SDX_TRY(sdx_infer_broadcast_all(in));
    const sdx_dtype dtype = sdx_infer_dtype(in, 1);
    const bool integers = dtype == SDX_INT64 || dtype == SDX_INT32;
    return in->arena && integers ? infer_ints(in) : NULL;
}

/* ---- run */

typedef struct wide {
    uint64_t half[2];
} wide;

typedef void choose_fn(void *y, const uint8_t *condition, const void *a, const void *b, size_t n,
                       const bool *moves);

#define T uint8_t
#define NAME(x) x##_1
#include "ops/elementwise/where_tmpl.h"
#define T uint16_t
#define NAME(x) x##_2
#include "ops/elementwise/where_tmpl.h"
#define T uint32_t
#define NAME(x) x##_4
#include "ops/elementwise/where_tmpl.h"
#define T uint64_t
#define NAME(x) x##_8
#include "ops/elementwise/where_tmpl.h"
#define T wide
#define NAME(x) x##_16
#include "ops/elementwise/where_tmpl.h"

/* By the size of elements. */
static choose_fn *const loops[] = {
    [1] = choose_1, [2] = choose_2, [4] = choose_4, [8] = choose_8, [16] = choose_16};

typedef struct job {
    const sdx_walk *w;
    char *y;
    const uint8_t *condition;
    const char *a, *b;
    size_t size; /* of an element */
} job;

static void piece(void *arg, size_t out, const size_t *in, size_t n) {
    const job *const j = arg;
    loops[j->size](j->y + out * j->size, j->condition + in[0], j->a + in[1] * j->size,
                   j->b + in[2] * j->size, n, j->w->moves);
}

static sdx_status bind(sdx_bind *b) {
    sdx_walk_init(b->bound, b->out[0], b->in, 3);
    b->how = sdx_walk_how(b->bound);
    return NULL;
}

static sdx_status run(const sdx_call *c) {
    job j = {.w = c->bound,
             .y = c->out[0]->data,
             .condition = c->in[0]->data,
             .a = c->in[1]->data,
             .b = c->in[2]->data,
             .size = sdx_dtype_size(c->out[0]->dtype)};
    sdx_walk_run(c, j.w, 1, piece, &j);
    return NULL;
}

const sdx_op sdx_op_where = {
    .name = "Where",
    .domain = "",
    .since = 9,
    .newest = 16,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    .flags = SDX_OP_INPLACE,
    .bound_size = sizeof(sdx_walk),
    .infer = infer,
    .bind = bind,
    .run = run,
};
