/* Attention of com.microsoft against the formula in double precision: norms of queries and keys,
 * 8-bit floats in caches, padding in four dims, buffers that past and present share, operands that
 * are packed. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "op_test.h"

#define MS "com.microsoft"
#define F32 SDX_FLOAT32

enum { MOST = 256 };

/* Multiples of 1/8 between -2 and 2 without an order that shows. */
static void fill(double *x, size_t n, size_t seed) {
    for (size_t i = 0; i < n; i++) {
        x[i] = (double)((i * 37 + seed * 101 + i * i * 5) % 33) / 8 - 2;
    }
}

static void absent(op_test *t, size_t n) {
    for (size_t i = 0; i < n; i++) {
        op_absent(t);
    }
}

/* y = softmax(scale q k + added) v, of one head: q [steps, size], k and v [keys, size]. */
typedef struct head {
    size_t steps, keys, size;
    const double *q, *k, *v;
    const double *added; /* [steps, keys]; NULL: nothing */
    size_t hidden;       /* keys beyond query s: from s + keys - steps + 1 on; 0: none */
} head;

static void attend(const head *h, double *y, size_t row) {
    for (size_t s = 0; s < h->steps; s++) {
        double weights[MOST], sum = 0;
        const size_t seen = h->hidden ? s + h->keys - h->steps + 1 : h->keys;
        for (size_t j = 0; j < seen; j++) {
            double dot = 0;
            for (size_t i = 0; i < h->size; i++) {
                dot += h->q[s * h->size + i] * h->k[j * h->size + i];
            }
            weights[j] = exp(dot / sqrt((double)h->size) +
                             (h->added != NULL ? h->added[s * h->keys + j] : 0));
            sum += weights[j];
        }
        for (size_t i = 0; i < h->size; i++) {
            y[s * row + i] = 0;
            for (size_t j = 0; j < seen; j++) {
                y[s * row + i] += weights[j] / sum * h->v[j * h->size + i];
            }
        }
    }
}

/* Head `at` of tokens [n, heads * size] as [n, size]. */
static void pick(double *to, const double *from, size_t n, size_t heads, size_t size, size_t at) {
    for (size_t i = 0; i < n; i++) {
        memcpy(to + i * size, from + (i * heads + at) * size, size * sizeof *to);
    }
}

/* ---- GroupQueryAttention: an RMS norm of each head, then rotation */

enum { HEADS = 4, KV_HEADS = 2, SIZE = 4, HALF = 2, STEPS = 3, PAST = 2 };

static void norm_and_turn(double *x, size_t n, const double *weight, double epsilon,
                          const double *angles, size_t position) {
    for (size_t r = 0; r < n; r++, x += SIZE) {
        double squares = 0;
        for (size_t i = 0; i < SIZE; i++) {
            squares += x[i] * x[i];
        }
        for (size_t i = 0; i < SIZE; i++) {
            x[i] *= weight[i] / sqrt(squares / SIZE + epsilon);
        }
        for (size_t i = 0; angles != NULL && i < HALF; i++) {
            const double angle = angles[(position + r) * HALF + i], a = x[i], b = x[i + HALF];
            x[i] = a * cos(angle) - b * sin(angle);
            x[i + HALF] = b * cos(angle) + a * sin(angle);
        }
    }
}

typedef struct normed {
    double q[STEPS * HEADS * SIZE], k[STEPS * KV_HEADS * SIZE], v[STEPS * KV_HEADS * SIZE];
    double past_k[KV_HEADS * PAST * SIZE], past_v[KV_HEADS * PAST * SIZE];
    double q_weight[SIZE], k_weight[SIZE], angles[(PAST + STEPS) * HALF];
    double y[STEPS * HEADS * SIZE];
    double present_k[KV_HEADS * (PAST + STEPS) * SIZE], present_v[KV_HEADS * (PAST + STEPS) * SIZE];
} normed;

static void expect_normed(normed *n, double q_epsilon, double k_epsilon, bool turned) {
    const size_t keys = PAST + STEPS;
    const double *const angles = turned ? n->angles : NULL;
    for (size_t h = 0; h < KV_HEADS; h++) {
        double *const k = n->present_k + h * keys * SIZE, *const v = n->present_v + h * keys * SIZE;
        memcpy(k, n->past_k + h * PAST * SIZE, PAST * SIZE * sizeof *k);
        memcpy(v, n->past_v + h * PAST * SIZE, PAST * SIZE * sizeof *v);
        pick(k + PAST * SIZE, n->k, STEPS, KV_HEADS, SIZE, h);
        pick(v + PAST * SIZE, n->v, STEPS, KV_HEADS, SIZE, h);
        norm_and_turn(k + PAST * SIZE, STEPS, n->k_weight, k_epsilon, angles, PAST);
    }
    for (size_t h = 0; h < HEADS; h++) {
        double q[STEPS * SIZE];
        const size_t kv = h / (HEADS / KV_HEADS);
        pick(q, n->q, STEPS, HEADS, SIZE, h);
        norm_and_turn(q, STEPS, n->q_weight, q_epsilon, angles, PAST);
        const head one = {.steps = STEPS,
                          .keys = keys,
                          .size = SIZE,
                          .q = q,
                          .k = n->present_k + kv * keys * SIZE,
                          .v = n->present_v + kv * keys * SIZE,
                          .hidden = 1};
        attend(&one, n->y + h * SIZE, HEADS * SIZE);
    }
}

static void fill_normed(normed *n) {
    fill(n->q, STEPS * HEADS * SIZE, 1);
    fill(n->k, STEPS * KV_HEADS * SIZE, 2);
    fill(n->v, STEPS * KV_HEADS * SIZE, 3);
    fill(n->past_k, KV_HEADS * PAST * SIZE, 4);
    fill(n->past_v, KV_HEADS * PAST * SIZE, 5);
    fill(n->q_weight, SIZE, 6);
    fill(n->k_weight, SIZE, 7);
    fill(n->angles, (PAST + STEPS) * HALF, 8);
}

static void norms_of_heads(bool turned, bool packed) {
    normed n;
    double cosines[(PAST + STEPS) * HALF], sines[(PAST + STEPS) * HALF], all[STEPS * 8 * SIZE];
    fill_normed(&n);
    expect_normed(&n, turned ? 0.5 : 1e-6, turned ? 0.25 : 1e-6, turned);
    for (size_t i = 0; i < (PAST + STEPS) * HALF; i++) {
        cosines[i] = cos(n.angles[i]);
        sines[i] = sin(n.angles[i]);
    }
    for (size_t s = 0; s < STEPS; s++) {
        memcpy(all + s * 32, n.q + s * 16, 16 * sizeof *all);
        memcpy(all + s * 32 + 16, n.k + s * 8, 8 * sizeof *all);
        memcpy(all + s * 32 + 24, n.v + s * 8, 8 * sizeof *all);
    }
    op_test *const t = op_begin_in(MS, "GroupQueryAttention", 1);
    op_int(t, "num_heads", HEADS);
    op_int(t, "kv_num_heads", KV_HEADS);
    op_int(t, "do_rotary", turned);
    if (turned) op_float(t, "qk_norm_epsilon", 0.25f);
    if (turned) op_float(t, "q_norm_epsilon", 0.5f);
    op_outputs(t, 3);
    op_input(t, F32, DIMS(1, STEPS, packed ? 32 : 16), packed ? all : n.q);
    if (packed) absent(t, 2);
    if (!packed) op_input(t, F32, DIMS(1, STEPS, KV_HEADS * SIZE), n.k);
    if (!packed) op_input(t, F32, DIMS(1, STEPS, KV_HEADS * SIZE), n.v);
    op_input(t, F32, DIMS(1, KV_HEADS, PAST, SIZE), n.past_k);
    op_input(t, F32, DIMS(1, KV_HEADS, PAST, SIZE), n.past_v);
    op_input(t, SDX_INT32, DIMS(1), DATA(PAST + STEPS - 1));
    op_input(t, SDX_INT32, SCALAR, DATA(PAST + STEPS));
    if (!turned) absent(t, 2);
    if (turned) op_input(t, F32, DIMS(PAST + STEPS, HALF), cosines);
    if (turned) op_input(t, F32, DIMS(PAST + STEPS, HALF), sines);
    absent(t, 5);
    op_input(t, F32, DIMS(SIZE), n.q_weight);
    op_input(t, F32, DIMS(SIZE), n.k_weight);
    op_near(t, 0, F32, DIMS(1, STEPS, HEADS * SIZE), n.y, 1e-5);
    op_near(t, 1, F32, DIMS(1, KV_HEADS, PAST + STEPS, SIZE), n.present_k, 1e-5);
    op_near(t, 2, F32, DIMS(1, KV_HEADS, PAST + STEPS, SIZE), n.present_v, 1e-6);
    op_end(t);
}

static void norms(void **state) {
    (void)state;
    norms_of_heads(false, false);
    norms_of_heads(true, false);
    norms_of_heads(false, true);
    norms_of_heads(true, true);
}

/* ---- caches of 8-bit floats: 3 bits behind the first, ties to even, at most 448 */

static void floats8(void **state) {
    (void)state;
    const double q[] = {0.5, -1}, k[] = {1.0625, -3}, v[] = {2000, 0.28125};
    const double past_k[] = {1.5, 0.25}, past_v[] = {-2, 448};
    const double k_scale = 0.5, v_scale[] = {4, 0.25};
    /* 2.125 and -6 of k; 500 and 1.125 of v */
    const double present_k[] = {1.5, 0.25, 2, -6}, present_v[] = {-2, 448, 448, 1.125};
    double keys[4], values[4], y[2];
    for (size_t i = 0; i < 4; i++) {
        keys[i] = present_k[i] * k_scale;
        values[i] = present_v[i] * v_scale[i % 2];
    }
    const head one = {.steps = 1, .keys = 2, .size = 2, .q = q, .k = keys, .v = values};
    attend(&one, y, 2);
    op_test *const t = op_begin_in(MS, "GroupQueryAttention", 1);
    op_int(t, "num_heads", 1);
    op_int(t, "kv_num_heads", 1);
    op_text(t, "k_quant_type", "PER_TENSOR");
    op_text(t, "v_quant_type", "PER_CHANNEL");
    op_int(t, "kv_cache_bit_width", 8);
    op_outputs(t, 3);
    op_input(t, F32, DIMS(1, 1, 2), q);
    op_input(t, F32, DIMS(1, 1, 2), k);
    op_input(t, F32, DIMS(1, 1, 2), v);
    op_input(t, SDX_FLOAT8E4M3FN, DIMS(1, 1, 1, 2), past_k);
    op_input(t, SDX_FLOAT8E4M3FN, DIMS(1, 1, 1, 2), past_v);
    op_input(t, SDX_INT32, DIMS(1), DATA(1));
    op_input(t, SDX_INT32, SCALAR, DATA(2));
    absent(t, 5);
    op_input(t, F32, DIMS(1), &k_scale);
    op_input(t, F32, DIMS(1, 1, 1, 2), v_scale);
    op_near(t, 0, F32, DIMS(1, 1, 2), y, 1e-5);
    op_expect(t, 1, SDX_FLOAT8E4M3FN, DIMS(1, 1, 2, 2), present_k);
    op_expect(t, 2, SDX_FLOAT8E4M3FN, DIMS(1, 1, 2, 2), present_v);
    op_end(t);
}

/* A prompt whose cache is still empty, and one that names no cache. */
static void floats8_prompt(void **state) {
    (void)state;
    for (int past = 0; past < 2; past++) {
        op_test *const t = op_begin_in(MS, "GroupQueryAttention", 1);
        op_int(t, "num_heads", 1);
        op_int(t, "kv_num_heads", 1);
        op_text(t, "k_quant_type", "PER_TENSOR");
        op_text(t, "v_quant_type", "PER_TENSOR");
        op_outputs(t, 3);
        op_input(t, F32, DIMS(1, 2, 3), DATA(0, 1, 6, 0, 2, 17)); /* query, key and value */
        absent(t, 2);
        if (past) op_input(t, SDX_FLOAT8E4M3FN, DIMS(1, 1, 0, 1), NULL);
        if (past) op_input(t, SDX_FLOAT8E4M3FN, DIMS(1, 1, 0, 1), NULL);
        if (!past) absent(t, 2);
        op_input(t, SDX_INT32, DIMS(1), DATA(1));
        op_input(t, SDX_INT32, SCALAR, DATA(2));
        absent(t, 5);
        op_input(t, F32, DIMS(1), DATA(1));
        op_input(t, F32, DIMS(1), DATA(1));
        if (past) op_near(t, 0, F32, DIMS(1, 2, 1), DATA(6, 11), 1e-6); /* 17 is held as 16 */
        if (past) op_expect(t, 2, SDX_FLOAT8E4M3FN, DIMS(1, 1, 2, 1), DATA(6, 16));
        if (!past) op_fails(t, "attribute 'k_quant_type' is 'PER_TENSOR' without 'past_key'");
        op_end(t);
    }
}

/* A scale for each head; two batches of different lengths, in buffers of two rows. */
static void floats8_heads(void **state) {
    (void)state;
    op_test *const t = op_begin_in(MS, "GroupQueryAttention", 1);
    op_int(t, "num_heads", 2);
    op_int(t, "kv_num_heads", 2);
    op_text(t, "k_quant_type", "PER_CHANNEL");
    op_text(t, "v_quant_type", "PER_CHANNEL");
    op_outputs(t, 3);
    op_input(t, SDX_FLOAT16, DIMS(2, 1, 6), DATA(0, 0, 1, 2, 8, 20, 0, 0, 17, -100, 3, 300));
    absent(t, 2);
    op_input(t, SDX_FLOAT8E4M3FN, DIMS(2, 2, 2, 1), DATA(1, 1, 1, 1, 1, 1, 1, 1));
    op_input(t, SDX_FLOAT8E4M3FN, DIMS(2, 2, 2, 1), DATA(10, 96, -4, 96, 96, 96, 96, 96));
    op_input(t, SDX_INT32, DIMS(2), DATA(1, 0));
    op_input(t, SDX_INT32, SCALAR, DATA(2));
    absent(t, 5);
    op_input(t, F32, DIMS(1, 2, 1, 1), DATA(1, 4));
    op_input(t, F32, DIMS(1, 2, 1, 1), DATA(2, 0.5));
    /* means of 20 and 8, -2 and 20; then 3, and 448 halved */
    op_expect(t, 0, SDX_FLOAT16, DIMS(2, 1, 2), DATA(14, 9, 3, 224));
    op_expect(t, 1, SDX_FLOAT8E4M3FN, DIMS(2, 2, 2, 1), DATA(1, 1, 1, 0.5, 16, 0, -24, 0));
    op_expect(t, 2, SDX_FLOAT8E4M3FN, DIMS(2, 2, 2, 1), DATA(10, 4, -4, 40, 1.5, 0, 448, 0));
    op_end(t);
}

/* ---- Attention: an input of three columns times weights; two heads of one or two elements */

enum { BATCHES = 2, TOKENS = 2, WIDTH = 3, HELD = 1, COLUMNS = 4, LONGEST = 5 };

typedef struct projection {
    double x[BATCHES * TOKENS * WIDTH], w[WIDTH * 3 * COLUMNS], bias[3 * COLUMNS];
    double past[2 * BATCHES * 2 * HELD * 2];
    double present[2 * BATCHES * 2 * (HELD + TOKENS) * 2], y[BATCHES * TOKENS * COLUMNS];
} projection;

/* Column `at` of token `i` of the product. */
static double projected(const projection *p, size_t i, size_t at) {
    double sum = p->bias[at];
    for (size_t j = 0; j < WIDTH; j++) {
        sum += p->x[i * WIDTH + j] * p->w[j * 3 * COLUMNS + at];
    }
    return sum;
}

/* Padding [batch, 1, longest, longest], read by queries from row `HELD` on. */
static void expect_projection(projection *p, const double *mask, double filter, bool causal) {
    const size_t keys = HELD + TOKENS;
    fill(p->x, BATCHES * TOKENS * WIDTH, 1);
    fill(p->w, WIDTH * 3 * COLUMNS, 2);
    fill(p->bias, 3 * COLUMNS, 3);
    fill(p->past, 2 * BATCHES * 2 * HELD * 2, 4);
    for (size_t b = 0; b < BATCHES; b++) {
        for (size_t h = 0; h < 2; h++) {
            double q[TOKENS * 2], added[TOKENS * (HELD + TOKENS)];
            double *const k = p->present + (b * 2 + h) * keys * 2;
            double *const v = k + BATCHES * 2 * keys * 2;
            memcpy(k, p->past + (b * 2 + h) * HELD * 2, HELD * 2 * sizeof *k);
            memcpy(v, p->past + ((BATCHES + b) * 2 + h) * HELD * 2, HELD * 2 * sizeof *v);
            for (size_t i = 0; i < TOKENS * 2; i++) {
                const size_t token = b * TOKENS + i / 2, column = h * 2 + i % 2;
                q[i] = projected(p, token, column);
                k[HELD * 2 + i] = projected(p, token, COLUMNS + column);
                v[HELD * 2 + i] = projected(p, token, 2 * COLUMNS + column);
            }
            for (size_t i = 0; i < TOKENS * keys; i++) {
                const size_t row = (b * LONGEST + HELD + i / keys) * LONGEST;
                added[i] = mask != NULL && mask[row + i % keys] == 0 ? filter : 0;
            }
            const head one = {.steps = TOKENS,
                              .keys = keys,
                              .size = 2,
                              .q = q,
                              .k = k,
                              .v = v,
                              .added = added,
                              .hidden = causal};
            attend(&one, p->y + b * TOKENS * COLUMNS + h * 2, COLUMNS);
        }
    }
}

static op_test *projection_test(const projection *p, bool causal) {
    op_test *const t = op_begin_in(MS, "Attention", 1);
    op_int(t, "num_heads", 2);
    op_int(t, "unidirectional", causal);
    op_outputs(t, 2);
    op_input(t, F32, DIMS(BATCHES, TOKENS, WIDTH), p->x);
    op_input(t, F32, DIMS(WIDTH, 3 * COLUMNS), p->w);
    op_constant(t);
    op_input(t, F32, DIMS(3 * COLUMNS), p->bias);
    return t;
}

static void four_dims(void **state) {
    (void)state;
    projection p;
    double mask[BATCHES * LONGEST * LONGEST];
    for (size_t i = 0; i < BATCHES * LONGEST * LONGEST; i++) {
        mask[i] = i * i % 7 != 1;
    }
    for (int causal = 0; causal < 2; causal++) {
        expect_projection(&p, mask, -1.5, causal != 0);
        op_test *const t = projection_test(&p, causal != 0);
        op_float(t, "mask_filter_value", -1.5f);
        op_input(t, SDX_INT32, DIMS(BATCHES, 1, LONGEST, LONGEST), mask);
        op_input(t, F32, DIMS(2, BATCHES, 2, HELD, 2), p.past);
        op_near(t, 0, F32, DIMS(BATCHES, TOKENS, COLUMNS), p.y, 1e-5);
        op_near(t, 1, F32, DIMS(2, BATCHES, 2, HELD + TOKENS, 2), p.present, 1e-5);
        op_end(t);
    }
}

/* Values of three elements beside keys of one: both heads see two tokens. */
static void wide_values(void **state) {
    (void)state;
    enum { KEY = 2, VALUE = 6, ALL = 2 * KEY + VALUE };
    double w[ALL], y[2 * VALUE];
    const double x[] = {1, -0.5};
    fill(w, ALL, 5);
    for (size_t h = 0; h < 2; h++) {
        for (size_t s = 0; s < 2; s++) {
            const double step = x[s] * w[h] * w[KEY + h]; /* of scores, for each unit of x */
            const double first = 1 / (1 + exp(step * (x[1] - x[0])));
            for (size_t i = 0; i < 3; i++) {
                const double mean = first * x[0] + (1 - first) * x[1];
                y[s * VALUE + h * 3 + i] = mean * w[2 * KEY + h * 3 + i];
            }
        }
    }
    op_test *const t = op_begin_in(MS, "Attention", 1);
    op_int(t, "num_heads", 2);
    op_ints(t, "qkv_hidden_sizes", DIMS(KEY, KEY, VALUE));
    op_input(t, F32, DIMS(1, 2, 1), x);
    op_input(t, F32, DIMS(1, ALL), w);
    op_near(t, 0, F32, DIMS(1, 2, VALUE), y, 1e-5);
    op_end(t);
}

/* Rows of states [n, rows, 2] in buffers of `LONGEST`, of which the rest is `rest`. */
static void in_buffers(double *to, const double *from, size_t rows, double rest) {
    for (size_t i = 0; i < 2 * BATCHES * 2 * LONGEST * 2; i++) {
        const size_t row = i / 2 % LONGEST, item = i / 2 / LONGEST;
        to[i] = row < rows ? from[(item * rows + row) * 2 + i % 2] : rest;
    }
}

static void shared(void **state) {
    (void)state;
    projection p;
    double past[2 * BATCHES * 2 * LONGEST * 2], present[2 * BATCHES * 2 * LONGEST * 2];
    double mask[BATCHES * LONGEST * LONGEST];
    for (size_t i = 0; i < BATCHES * LONGEST * LONGEST; i++) {
        mask[i] = i * i % 7 != 1;
    }
    for (int masked = 0; masked < 2; masked++) {
        expect_projection(&p, masked ? mask : NULL, -10000, true);
        in_buffers(past, p.past, HELD, 99);
        in_buffers(present, p.present, HELD + TOKENS, 0);
        op_test *const t = projection_test(&p, true);
        op_int(t, "past_present_share_buffer", 1);
        if (masked)
            op_input(t, SDX_INT32, DIMS(BATCHES, 1, LONGEST, LONGEST), mask);
        else
            op_absent(t);
        op_input(t, F32, DIMS(2, BATCHES, 2, LONGEST, 2), past);
        op_absent(t);
        op_input(t, SDX_INT32, DIMS(1), DATA(HELD));
        op_near(t, 0, F32, DIMS(BATCHES, TOKENS, COLUMNS), p.y, 1e-5);
        op_near(t, 1, F32, DIMS(2, BATCHES, 2, LONGEST, 2), present, 1e-5);
        op_end(t);
    }
}

/* ---- MultiHeadAttention: tokens of two heads of three elements, side by side or packed */

enum { M_HEADS = 2, M_SIZE = 3, M_ROW = M_HEADS * M_SIZE, M_LEN = 3 };

static void expect_multi(const double *q, const double *k, const double *v, double *y) {
    for (size_t b = 0; b < BATCHES; b++) {
        for (size_t h = 0; h < M_HEADS; h++) {
            double one_q[M_LEN * M_SIZE], one_k[M_LEN * M_SIZE], one_v[M_LEN * M_SIZE];
            pick(one_q, q + b * M_LEN * M_ROW, M_LEN, M_HEADS, M_SIZE, h);
            pick(one_k, k + b * M_LEN * M_ROW, M_LEN, M_HEADS, M_SIZE, h);
            pick(one_v, v + b * M_LEN * M_ROW, M_LEN, M_HEADS, M_SIZE, h);
            const head one = {
                .steps = M_LEN, .keys = M_LEN, .size = M_SIZE, .q = one_q, .k = one_k, .v = one_v};
            attend(&one, y + b * M_LEN * M_ROW + h * M_SIZE, M_ROW);
        }
    }
}

static void packed(void **state) {
    (void)state;
    double parts[3][BATCHES * M_LEN * M_ROW], y[BATCHES * M_LEN * M_ROW], bias[3 * M_ROW];
    double qkv[3 * BATCHES * M_LEN * M_ROW], kv[2 * BATCHES * M_LEN * M_ROW];
    fill(bias, 3 * M_ROW, 9);
    for (int biased = 0; biased < 2; biased++) {
        for (size_t i = 0; i < 3 * BATCHES * M_LEN * M_ROW; i++) {
            const size_t at = i / 3;
            const size_t part = i % 3, head_at = at / M_SIZE, from = at % M_SIZE;
            fill(parts[part], BATCHES * M_LEN * M_ROW, part + 1);
            qkv[(head_at * 3 + part) * M_SIZE + from] = parts[part][at];
            if (part > 0) kv[(head_at * 2 + part - 1) * M_SIZE + from] = parts[part][at];
        }
        double q[BATCHES * M_LEN * M_ROW];
        memcpy(q, parts[0], sizeof q);
        for (size_t i = 0; biased && i < 3 * BATCHES * M_LEN * M_ROW; i++) {
            parts[i % 3][i / 3] += bias[i % 3 * M_ROW + i / 3 % M_ROW];
        }
        expect_multi(parts[0], parts[1], parts[2], y);
        for (size_t form = 0; form < 2; form++) {
            op_test *const t = op_begin_in(MS, "MultiHeadAttention", 1);
            op_int(t, "num_heads", M_HEADS);
            if (form == 0) {
                op_input(t, F32, DIMS(BATCHES, M_LEN, M_HEADS, 3, M_SIZE), qkv);
                absent(t, 2);
            } else {
                op_input(t, F32, DIMS(BATCHES, M_LEN, M_ROW), q);
                op_input(t, F32, DIMS(BATCHES, M_LEN, M_HEADS, 2, M_SIZE), kv);
                op_absent(t);
            }
            if (biased) op_input(t, F32, DIMS(3 * M_ROW), bias);
            op_near(t, 0, F32, DIMS(BATCHES, M_LEN, M_ROW), y, 1e-5);
            op_end(t);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(norms),          cmocka_unit_test(floats8),
        cmocka_unit_test(floats8_prompt), cmocka_unit_test(floats8_heads),
        cmocka_unit_test(wide_values),    cmocka_unit_test(four_dims),
        cmocka_unit_test(shared),         cmocka_unit_test(packed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
