/* What threads share and make when it is first needed: packs, adapted constants, the variant of a
 * model whose defaults are given, frames of subgraphs. Eight threads start at once on a model that
 * was just loaded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "model_text.h"

enum { THREADS = 8, ROUNDS = 6, MODELS = 4, LEN = 16, MAX_INPUTS = 3 };

typedef struct example {
    const char *text;
    size_t n_inputs;
    bool overrides; /* input 1 has a default, which every other thread gives */
} example;

static const example packs = {
    .text = "opset 17\n"
            "input x float32[n,16]\n"
            "init a float32[16,48] random\n"
            "init b float32[48,16] random\n"
            "init h16 float16[16] 0.5 1 1.5 2 2.5 3 3.5 4 4.5 5 5.5 6 6.5 7 7.5 8\n"
            "node h = MatMul(x, a)\n"
            "node g = MatMul(h, b)\n"
            "node low = Cast(g) to=10\n"
            "node n = LayerNormalization(low, h16) axis=-1\n"
            "node wide = Cast(n) to=1\n"
            "node y = Gemm(wide, a)\n"
            "output y\n",
    .n_inputs = 1,
};

static const example control = {
    .text = "opset 17\n"
            "input x float32[n,16]\n"
            "init w float32[16,16] random\n"
            "init m int64[] 5\n"
            "init yes bool[] 1\n"
            "init one int64[] 1\n"
            "init zero int64[] 0\n"
            "init two int64[] 2\n"
            "graph body {\n"
            "input i int64[]\n"
            "input go bool[]\n"
            "input v float32[k,16]\n"
            "node again = Identity(go)\n"
            "graph odd {\n"
            "node p = MatMul(v, w)\n"
            "node q = Tanh(p)\n"
            "output q\n"
            "}\n"
            "graph even {\n"
            "node c = Concat(v, x) axis=0\n"
            "output c\n"
            "}\n"
            "node rest = Mod(i, two)\n"
            "node is_odd = Equal(rest, one)\n"
            "node next = If(is_odd) then_branch=@odd else_branch=@even\n"
            "output again\n"
            "output next\n"
            "}\n"
            "node y = Loop(m, yes, x) body=@body\n"
            "output y\n",
    .n_inputs = 1,
};

static const example defaults = {
    .text = "opset 17\n"
            "input x float32[n,16]\n"
            "input w float32[16,16]\n"
            "init w float32[16,16] random\n"
            "init scale float16[16] 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
            "node h = MatMul(x, w)\n"
            "node low = Cast(h) to=10\n"
            "node n = LayerNormalization(low, scale) axis=-1\n"
            "node y = Cast(n) to=1\n"
            "output y\n",
    .n_inputs = 2,
    .overrides = true,
};

static sdx_runtime *runtime;

static int setup(void **state) {
    (void)state;
    must(sdx_runtime_create(NULL, &runtime));
    return 0;
}

static int teardown(void **state) {
    (void)state;
    sdx_runtime_release(runtime);
    return 0;
}

typedef struct worker {
    pthread_t thread;
    pthread_barrier_t *start;
    sdx_model *model;
    sdx_value *const *inputs;
    size_t n_inputs;
    const sdx_value *expected;
    int different;
} worker;

/* Assertions belong to the main thread. */
static bool same_bits(sdx_context *context, const worker *w) {
    sdx_value *y = NULL;
    const sdx_status status = sdx_context_run(context, w->inputs, w->n_inputs, &y, 1, NULL);
    const size_t size = sdx_tensor_size(w->expected);
    const bool same = status == NULL && sdx_tensor_size(y) == size &&
                      memcmp(sdx_tensor_data(y), sdx_tensor_data(w->expected), size) == 0;
    sdx_status_free(status);
    sdx_value_release(y);
    return same;
}

static void *work(void *arg) {
    worker *const w = arg;
    sdx_context_options options;
    sdx_context_options_init(&options);
    options.threads = 2;
    sdx_context *context = NULL;
    sdx_memory memory = {.struct_size = sizeof memory};
    pthread_barrier_wait(w->start);
    const sdx_status status = sdx_context_create(w->model, &options, &context);
    for (int i = 0; status == NULL && i < ROUNDS; i++) {
        if (!same_bits(context, w)) w->different++;
        sdx_context_memory(context, &memory);
    }
    if (status != NULL) w->different++;
    sdx_status_free(status);
    sdx_context_destroy(context);
    return NULL;
}

static sdx_value *serial(const example *e, sdx_value *const *inputs) {
    sdx_model *const model = model_of(runtime, e->text, NULL);
    sdx_context_options options;
    sdx_context_options_init(&options);
    options.threads = 1;
    sdx_context *context;
    sdx_value *y = NULL;
    must(sdx_context_create(model, &options, &context));
    must(sdx_context_run(context, inputs, e->n_inputs, &y, 1, NULL));
    sdx_context_destroy(context);
    sdx_model_release(model);
    return y;
}

static void start_together(const example *e, sdx_value *(*inputs)[MAX_INPUTS],
                           sdx_value *const *expected) {
    worker workers[THREADS];
    pthread_barrier_t start;
    sdx_model *const model = model_of(runtime, e->text, NULL);
    assert_int_equal(pthread_barrier_init(&start, NULL, THREADS), 0);
    for (size_t i = 0; i < THREADS; i++) {
        workers[i] = (worker){.start = &start,
                              .model = model,
                              .inputs = inputs[i % 2],
                              .n_inputs = e->n_inputs,
                              .expected = expected[i % 2]};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        assert_int_equal(workers[i].different, 0);
    }
    pthread_barrier_destroy(&start);
    sdx_model_release(model);
}

static void threads_agree(void **state) {
    const example *const e = *state;
    const int64_t small[] = {3, LEN}, large[] = {9, LEN}, square[] = {LEN, LEN};
    sdx_value *inputs[2][MAX_INPUTS] = {{random_tensor(1, 2, small)}, {random_tensor(2, 2, large)}};
    if (e->overrides) inputs[1][1] = random_tensor(3, 2, square);
    sdx_value *expected[2] = {serial(e, inputs[0]), serial(e, inputs[1])};
    for (int i = 0; i < MODELS; i++) {
        start_together(e, inputs, expected);
    }
    for (int i = 0; i < 2; i++) {
        sdx_value_release(inputs[i][0]);
        sdx_value_release(inputs[i][1]);
        sdx_value_release(expected[i]);
    }
}

#define TEST(name) \
    { "threads_agree: " #name, threads_agree, NULL, NULL, (void *)(uintptr_t)&name }

int main(void) {
    const struct CMUnitTest tests[] = {TEST(packs), TEST(control), TEST(defaults)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
