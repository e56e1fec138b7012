/* Memory that runs out at each request of load, context and run: the error says so, nothing leaks,
 * and when there is memory again the same context gives the same results. Every request up to 2,000
 * fails once by itself and once with all that follow; beyond, some of them. Where an example has
 * second inputs, of other shapes, they are part of the run: the context is bound anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail_alloc.h"
#include "model_text.h"

enum { DENSE = 2000, MAX_PORTS = 4, RUNS = 2 };

typedef struct example {
    const char *text; /* of the model; NULL: `file` */
    const char *file;
    sdx_value *(*inputs[MAX_PORTS])(void);
    sdx_value *(*second)(void); /* first input of a second run; NULL: there is none */
    size_t n_inputs, n_outputs;
} example;

/* ---- inputs ---------------------------------------------------------------------------------- */

static sdx_value *of_3(void) { return random_tensor(3, 1, (const int64_t[]){3}); }
static sdx_value *of_2_5_8(void) { return random_tensor(4, 3, (const int64_t[]){2, 5, 8}); }
static sdx_value *of_4_4(void) { return random_tensor(5, 2, (const int64_t[]){4, 4}); }
static sdx_value *of_6_8(void) { return random_tensor(5, 2, (const int64_t[]){6, 8}); }
static sdx_value *picture(void) { return random_tensor(6, 4, (const int64_t[]){2, 1, 28, 28}); }

static sdx_value *of_3_7_8(void) { return random_tensor(7, 3, (const int64_t[]){3, 7, 8}); }
static sdx_value *of_9_8(void) { return random_tensor(8, 2, (const int64_t[]){9, 8}); }
static sdx_value *of_2000_2(void) { return random_tensor(8, 2, (const int64_t[]){2000, 2}); }

static sdx_value *words(void) {
    const sdx_str list[] = {SDX_STR("a bc d"), SDX_STR(""), SDX_STR("a longer text than others")};
    sdx_value *value;
    must(sdx_tensor_strings(NULL, 1, (const int64_t[]){3}, list, 3, &value));
    return value;
}

static sdx_value *two_by_four(void) {
    sdx_value *value;
    const int64_t shape[] = {2, 4};
    must(sdx_tensor_create(NULL, SDX_INT64, 1, (const int64_t[]){2}, &value));
    memcpy(sdx_tensor_data(value), shape, sizeof shape);
    return value;
}

/* ---- models ---------------------------------------------------------------------------------- */

static const example control = {
    .text = "opset 17\n"
            "input x float32[n]\n"
            "init m int64[] 3\n"
            "init yes bool[] 1\n"
            "init one int64[] 1\n"
            "init two int64[] 2\n"
            "graph body {\n"
            "input i int64[]\n"
            "input go bool[]\n"
            "input v float32[k]\n"
            "node again = Identity(go)\n"
            "graph odd {\n"
            "node p = Tanh(v)\n"
            "output p\n"
            "}\n"
            "graph even {\n"
            "node c = Concat(v, x) axis=0\n"
            "output c\n"
            "}\n"
            "node rest = Mod(i, two)\n"
            "node is_odd = Equal(rest, one)\n"
            "node next = If(is_odd) then_branch=@odd else_branch=@even\n"
            "node row = Neg(x)\n"
            "output again\n"
            "output next\n"
            "output row\n"
            "}\n"
            "node last rows = Loop(m, yes, x) body=@body\n"
            "output last\n"
            "output rows\n",
    .inputs = {of_3},
    .n_inputs = 1,
    .n_outputs = 2,
};

static const example convolution = {
    .file = "models/digits/digits.onnx", .inputs = {picture}, .n_inputs = 1, .n_outputs = 1};

static const example recurrent = {
    .text = "opset 17\n"
            "input x float32[seq,batch,8]\n"
            "init w float32[2,16,8] random\n"
            "init r float32[2,16,4] random\n"
            "init b float32[2,32] random\n"
            "node y h c = LSTM(x, w, r, b) hidden_size=4 direction=\"bidirectional\"\n"
            "output y\n"
            "output h\n"
            "output c\n",
    .inputs = {of_2_5_8},
    .second = of_3_7_8,
    .n_inputs = 1,
    .n_outputs = 3,
};

static const example transformer = {
    .text = "opset 17\n"
            "input x float32[batch,seq,8]\n"
            "init wq float32[8,8] random\n"
            "init wk float32[8,8] random\n"
            "init w1 float32[8,16] random\n"
            "init w2 float32[16,8] random\n"
            "init scale float32[8] random\n"
            "init half float16[8] 1 2 3 4 5 6 7 8\n"
            "init heads int64[4] 0 0 2 4\n"
            "init flat int64[3] 0 0 8\n"
            "node n0 = LayerNormalization(x, scale) axis=-1\n"
            "node q0 = MatMul(n0, wq)\n"
            "node k0 = MatMul(n0, wk)\n"
            "node q1 = Reshape(q0, heads)\n"
            "node k1 = Reshape(k0, heads)\n"
            "node q = Transpose(q1) perm=[0,2,1,3]\n"
            "node k = Transpose(k1) perm=[0,2,3,1]\n"
            "node v = Transpose(k1) perm=[0,2,1,3]\n"
            "node s = MatMul(q, k)\n"
            "node p = Softmax(s) axis=-1\n"
            "node o = MatMul(p, v)\n"
            "node o1 = Transpose(o) perm=[0,2,1,3]\n"
            "node o2 = Reshape(o1, flat)\n"
            "node r = Add(o2, x)\n"
            "node low = Cast(r) to=10\n"
            "node n1 = LayerNormalization(low, half) axis=-1\n"
            "node wide = Cast(n1) to=1\n"
            "node h = MatMul(wide, w1)\n"
            "node g = Relu(h)\n"
            "node h2 = MatMul(g, w2)\n"
            "node y = Add(h2, r)\n"
            "output y\n",
    .inputs = {of_2_5_8},
    .second = of_3_7_8,
    .n_inputs = 1,
    .n_outputs = 1,
};

static const example sequences = {
    .text = "opset 17\n"
            "input x float32[n,m]\n"
            "init at int64[] 1\n"
            "node rows = SplitToSequence(x) axis=0 keepdims=1\n"
            "node row = SequenceAt(rows, at)\n"
            "node neg = Neg(row)\n"
            "node more = SequenceInsert(rows, neg)\n"
            "node less = SequenceErase(more, at)\n"
            "node y = ConcatFromSequence(less) axis=0\n"
            "node maybe = Optional(less)\n"
            "output y\n"
            "output less\n"
            "output maybe\n",
    .inputs = {of_4_4},
    .n_inputs = 1,
    .n_outputs = 3,
};

static const example strings = {
    .text = "opset 20\n"
            "input s string[n]\n"
            "node twice = StringConcat(s, s)\n"
            "node parts counts = StringSplit(twice)\n"
            "node all = Concat(twice, s) axis=0\n"
            "output parts\n"
            "output counts\n"
            "output all\n",
    .inputs = {words},
    .n_inputs = 1,
    .n_outputs = 3,
};

/* Quantised in all ways: by the input's range, by constants, between two constant products. */
static const example integers = {
    .text = "opset 17\n"
            "input x float32[n,8]\n"
            "init w8 int8[8,2] 1 -2 3 -40 50 6 -7 8 90 -100 11 12 -13 14 127 -128\n"
            "init w float32[2,4] random\n"
            "init scale float32[] 0.02\n"
            "init zero uint8[] 128\n"
            "init w_scale float32[] 0.01\n"
            "init w_zero int8[] 0\n"
            "init kernel int8[2,1,3] 1 -2 3 4 -5 6\n"
            "init picture int64[3] -1 1 8\n"
            "node q q_scale q_zero = DynamicQuantizeLinear(x)\n"
            "node sums = MatMulInteger(q, w8, q_zero, w_zero)\n"
            "node real = Cast(sums) to=1\n"
            "node both = Mul(q_scale, w_scale)\n"
            "node h = Mul(real, both)\n"
            "node hq = QuantizeLinear(h, scale, zero)\n"
            "node wq = QuantizeLinear(w, w_scale, w_zero)\n"
            "node pq = QLinearMatMul(hq, scale, zero, wq, w_scale, w_zero, scale, zero)\n"
            "node p = DequantizeLinear(pq, scale, zero)\n"
            "node xq = QuantizeLinear(x, scale, zero)\n"
            "node rows = Reshape(xq, picture)\n"
            "node cq = QLinearConv(rows, scale, zero, kernel, w_scale, w_zero, scale, zero)\n"
            "node c = ConvInteger(rows, kernel, zero, w_zero)\n"
            "output p\n"
            "output cq\n"
            "output c\n",
    .inputs = {of_6_8},
    .second = of_9_8,
    .n_inputs = 1,
    .n_outputs = 3,
};

/* More requests than are all tried: each row is a value of its own. */
static const example many = {
    .text = "opset 17\n"
            "input x float32[n,2]\n"
            "init at int64[] 1\n"
            "node rows = SplitToSequence(x) axis=0 keepdims=1\n"
            "graph body {\n"
            "input row float32[1,2]\n"
            "node neg = Neg(row)\n"
            "output neg\n"
            "}\n"
            "node mapped = SequenceMap(rows) body=@body\n"
            "node less = SequenceErase(mapped, at)\n"
            "node y = ConcatFromSequence(less) axis=0\n"
            "output y\n",
    .inputs = {of_2000_2},
    .n_inputs = 1,
    .n_outputs = 1,
};

/* A shape that comes late, and a default that is given: a second variant of the model. */
static const example late = {
    .text = "opset 17\n"
            "input x float32[n,8]\n"
            "input w float32[4,4]\n"
            "input shape int64[k]\n"
            "init w float32[4,4] random\n"
            "node h = Neg(x)\n"
            "init first int64[1] 0\n"
            "node picked = Gather(h, first) axis=0\n"
            "node r = Reshape(picked, shape)\n"
            "node y = MatMul(r, w)\n"
            "node z = Reshape(h, rest)\n"
            "init rest int64[1] -1\n"
            "output y\n"
            "output r\n"
            "output z\n"
            "output x\n",
    .inputs = {of_6_8, of_4_4, two_by_four},
    .n_inputs = 3,
    .n_outputs = 4,
};

/* ---- the sweep ------------------------------------------------------------------------------- */

typedef struct subject {
    const example *e;
    void *bytes;
    size_t size;
    sdx_value *inputs[RUNS][MAX_PORTS];
    void *expected[RUNS][MAX_PORTS]; /* serialised */
    size_t expected_size[RUNS][MAX_PORTS];
    unsigned n_runs;
} subject;

typedef struct session {
    sdx_runtime *runtime;
    sdx_model *model;
    sdx_context *context;
    unsigned n_done; /* runs */
    sdx_value *outputs[RUNS][MAX_PORTS];
} session;

static void *read_file(const char *path, size_t *size) {
    enum { MOST = 1 << 20 };
    FILE *const file = fopen(path, "rb");
    void *const bytes = malloc(MOST);
    assert_non_null(file);
    assert_non_null(bytes);
    *size = fread(bytes, 1, MOST, file);
    fclose(file);
    return bytes;
}

static sdx_status run(session *s, const subject *t) {
    sdx_status status = NULL;
    while (status == NULL && s->n_done < t->n_runs) {
        status = sdx_context_run(s->context, t->inputs[s->n_done], t->e->n_inputs,
                                 s->outputs[s->n_done], t->e->n_outputs, NULL);
        s->n_done += status == NULL;
    }
    return status;
}

/* Begins where the session stands: what is there already is not made again. */
static sdx_status go(session *s, const subject *t, const sdx_allocator *allocator) {
    sdx_runtime_options options;
    sdx_runtime_options_init(&options);
    options.allocator = allocator;
    sdx_context_options context;
    sdx_context_options_init(&context);
    context.threads = 1;
    sdx_status status = NULL;
    if (s->runtime == NULL) status = sdx_runtime_create(&options, &s->runtime);
    if (status == NULL && s->model == NULL)
        status = sdx_model_load_memory(s->runtime, t->bytes, t->size, NULL, &s->model);
    if (status == NULL && s->context == NULL)
        status = sdx_context_create(s->model, &context, &s->context);
    return status == NULL ? run(s, t) : status;
}

static void check_run(sdx_value *const *outputs, const subject *t, unsigned r) {
    for (size_t k = 0; k < t->e->n_outputs; k++) {
        void *bytes;
        size_t size;
        must(sdx_value_serialize(NULL, outputs[k], "", &bytes, &size));
        assert_int_equal(size, t->expected_size[r][k]);
        assert_memory_equal(bytes, t->expected[r][k], size);
        sdx_bytes_free(bytes, size);
    }
}

static void finish(session *s) {
    for (size_t i = 0; i < RUNS * MAX_PORTS; i++) {
        sdx_value_release(s->outputs[i / MAX_PORTS][i % MAX_PORTS]);
    }
    sdx_context_destroy(s->context);
    sdx_model_release(s->model);
    sdx_runtime_release(s->runtime);
    *s = (session){0};
}

/* Returns false when nothing failed: there are fewer requests. */
static bool fail_at(const subject *t, size_t nth, bool and_after) {
    fail_alloc memory;
    session s = {0};
    fail_alloc_init(&memory, nth, and_after);
    sdx_status status = go(&s, t, &memory.allocator);
    memory.nth = 0;
    if (status != NULL) {
        if (sdx_status_code(status) != SDX_OUT_OF_MEMORY)
            fail_msg("request %zu: found '%s', expected the error of memory", nth,
                     sdx_status_text(status));
        sdx_status_free(status);
        for (size_t k = 0; s.n_done < t->n_runs && k < t->e->n_outputs; k++) {
            assert_null(s.outputs[s.n_done][k]);
        }
        must(go(&s, t, &memory.allocator));
    }
    for (unsigned r = 0; r < t->n_runs; r++) {
        check_run(s.outputs[r], t, r);
    }
    const bool failed = atomic_load(&memory.failed) != 0;
    finish(&s);
    if (!fail_alloc_clean(&memory))
        fail_msg("request %zu: %zu blocks were lost, %zu came back wrong", nth,
                 atomic_load(&memory.blocks), atomic_load(&memory.wrong));
    return failed;
}

static void prepare(subject *t) {
    const example *const e = t->e;
    session s = {0};
    t->bytes = e->text != NULL ? model_bytes(e->text, &t->size) : read_file(e->file, &t->size);
    t->n_runs = e->second != NULL ? 2 : 1;
    for (unsigned r = 0; r < t->n_runs; r++) {
        for (size_t i = 0; i < e->n_inputs; i++) {
            t->inputs[r][i] = r == 1 && i == 0 ? e->second() : e->inputs[i]();
        }
    }
    must(go(&s, t, NULL));
    for (unsigned r = 0; r < t->n_runs; r++) {
        for (size_t k = 0; k < e->n_outputs; k++) {
            must(sdx_value_serialize(NULL, s.outputs[r][k], "", &t->expected[r][k],
                                     &t->expected_size[r][k]));
        }
    }
    finish(&s);
}

static void sweep(void **state) {
    subject t = {.e = *state};
    prepare(&t);
    for (int and_after = 0; and_after < 2; and_after++) {
        size_t nth = 1, n = 0;
        while (fail_at(&t, nth, and_after != 0)) {
            nth += nth < DENSE ? 1 : nth / 16;
            n++;
        }
        print_message("%zu points of failure\n", n);
        assert_true(n > 20);
    }
    for (size_t i = 0; i < RUNS * MAX_PORTS; i++) {
        const size_t run_of = i / MAX_PORTS, k = i % MAX_PORTS;
        sdx_value_release(t.inputs[run_of][k]);
        if (t.expected[run_of][k] != NULL)
            sdx_bytes_free(t.expected[run_of][k], t.expected_size[run_of][k]);
    }
    free(t.bytes);
}

#define TEST(name) \
    { #name, sweep, NULL, NULL, (void *)(uintptr_t)&name }

int main(void) {
    const struct CMUnitTest tests[] = {TEST(control),     TEST(convolution), TEST(recurrent),
                                       TEST(transformer), TEST(integers),    TEST(sequences),
                                       TEST(strings),     TEST(late),        TEST(many)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
