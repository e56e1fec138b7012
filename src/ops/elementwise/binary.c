/* See binary.h. */
#include "ops/elementwise/binary.h"

/* ---- loops that call kernels */

static const void *place_in_table(size_t offset) {
    return (const char *)sdx_exact_kernels() + offset;
}

void sdx_map_f32(const sdx_binary *row, void *y, const void *a, const void *b, size_t n,
                 sdx_form form) {
    (*(sdx_binary_f32_fn *const *)place_in_table(row->f32))(y, a, b, n, form);
}
void sdx_map_f64(const sdx_binary *row, void *y, const void *a, const void *b, size_t n,
                 sdx_form form) {
    (*(sdx_binary_f64_fn *const *)place_in_table(row->f64))(y, a, b, n, form);
}
void sdx_map_i32(const sdx_binary *row, void *y, const void *a, const void *b, size_t n,
                 sdx_form form) {
    (*(sdx_binary_i32_fn *const *)place_in_table(row->i32))(y, a, b, n, form);
}
void sdx_map_i64(const sdx_binary *row, void *y, const void *a, const void *b, size_t n,
                 sdx_form form) {
    (*(sdx_binary_i64_fn *const *)place_in_table(row->i64))(y, a, b, n, form);
}
void sdx_compare_f32(const sdx_binary *row, void *y, const void *a, const void *b, size_t n,
                     sdx_form form) {
    (*(sdx_compare_f32_fn *const *)place_in_table(row->f32))(y, a, b, n, form);
}
void sdx_compare_f64(const sdx_binary *row, void *y, const void *a, const void *b, size_t n,
                     sdx_form form) {
    (*(sdx_compare_f64_fn *const *)place_in_table(row->f64))(y, a, b, n, form);
}
void sdx_compare_i32(const sdx_binary *row, void *y, const void *a, const void *b, size_t n,
                     sdx_form form) {
    (*(sdx_compare_i32_fn *const *)place_in_table(row->i32))(y, a, b, n, form);
}
void sdx_compare_i64(const sdx_binary *row, void *y, const void *a, const void *b, size_t n,
                     sdx_form form) {
    (*(sdx_compare_i64_fn *const *)place_in_table(row->i64))(y, a, b, n, form);
}

/* ---- hooks */

sdx_status sdx_binary_bind(sdx_bind *b) {
    sdx_walk_init(b->bound, b->out[0], b->in, 2);
    b->how = sdx_walk_how(b->bound);
    return NULL;
}

typedef struct job {
    const sdx_binary *row;
    sdx_binary_fn *loop;
    char *y;
    const char *a, *b;
    size_t y_size, a_size, b_size; /* of elements */
    sdx_form form;
} job;

static void piece(void *arg, size_t out, const size_t *in, size_t n) {
    const job *const j = arg;
    j->loop(j->row, j->y + out * j->y_size, j->a + in[0] * j->a_size, j->b + in[1] * j->b_size, n,
            j->form);
}

void sdx_binary_walk(const sdx_call *c, const sdx_binary *row, const sdx_walk *w, const sdx_view *y,
                     const sdx_view *a, const sdx_view *b) {
    job j = {.row = row,
             .loop = row->loops[a->dtype],
             .y = y->data,
             .a = a->data,
             .b = b->data,
             .y_size = sdx_dtype_size(y->dtype),
             .a_size = sdx_dtype_size(a->dtype),
             .b_size = sdx_dtype_size(b->dtype),
             .form = w->moves[0] == w->moves[1] ? SDX_FORM_VV
                     : w->moves[0]              ? SDX_FORM_VS
                                                : SDX_FORM_SV};
    sdx_walk_run(c, w, row->work > 0 ? row->work : 1, piece, &j);
}

sdx_status sdx_binary_run_row(const sdx_call *c, const sdx_binary *row) {
    sdx_binary_walk(c, row, c->bound, c->out[0], c->in[0], c->in[1]);
    return NULL;
}

sdx_status sdx_binary_run(const sdx_call *c) { return sdx_binary_run_row(c, c->node->op->data); }

sdx_status sdx_binary_no_zero(const sdx_call *c, size_t input) {
    const sdx_view *const x = c->in[input];
    if (c->out[0]->len == 0 || sdx_dtype_kind_of(x->dtype) == SDX_KIND_FLOAT) return NULL;
    for (size_t i = 0; i < x->len; i++)
        if (sdx_view_int(x, i) == 0)
            return sdx_fail(SDX_OUT_OF_RANGE,
                            "input '%s'[%zu] is 0, expected another divisor of integers; remove "
                            "it or divide floats",
                            sdx_op_input_port(c->node->op, input)->name, i);
    return NULL;
}

/* ---- shape arithmetic */

/* Longer tensors are no shapes. */
enum { MAX_INTS = 4 * SDX_MAX_RANK };

/* Whether `d` is surely what the elements say: numbers at the ends of dims may have been cut, and
 * int32 would have wrapped. */
static bool exact(sdx_dtype dtype, sdx_dim d) {
    if (d == SDX_DIM_UNKNOWN) return false;
    if (!sdx_dim_is_number(d)) return true;
    const int64_t bound = dtype == SDX_INT32 ? INT32_MAX : SDX_DIM_MAX - 1;
    return d >= -bound && d <= bound;
}

sdx_status sdx_binary_infer_ints(sdx_infer *in, sdx_dim_fn *f) {
    SDX_TRY(sdx_infer_broadcast_all(in));
    const sdx_dtype dtype = sdx_infer_dtype(in, 0);
    if (!in->arena || (dtype != SDX_INT64 && dtype != SDX_INT32)) return NULL;
    if (!sdx_infer_ranked(in, 0) || !sdx_infer_ranked(in, 1)) return NULL;
    if (in->in[0].rank > 1 || in->in[1].rank > 1) return NULL;
    sdx_dim a[MAX_INTS], b[MAX_INTS], ints[MAX_INTS];
    size_t n_a, n_b;
    if (!sdx_infer_ints(in, 0, a, MAX_INTS, &n_a) || !sdx_infer_ints(in, 1, b, MAX_INTS, &n_b))
        return NULL;
    if (n_a != n_b && n_a != 1 && n_b != 1) return NULL;
    const size_t n = n_a == 1 ? n_b : n_a;
    for (size_t i = 0; i < n; i++) {
        const sdx_dim left = a[n_a == 1 ? 0 : i], right = b[n_b == 1 ? 0 : i];
        if (!exact(dtype, left) || !exact(dtype, right)) return NULL;
        ints[i] = f(in->dims, left, right);
        if (!exact(dtype, ints[i])) return NULL;
    }
    return sdx_infer_set_ints(in, 0, ints, n);
}
