/* One model, many threads: contexts of their own, mixed shapes, the same bits as in a serial run,
 * whatever the number of lanes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "model_text.h"

enum { THREADS = 8, ROUNDS = 24, SHAPES = 5 };

static const char network[] = "opset 17\n"
                              "input x float32[batch,seq,32]\n"
                              "init w float32[32,64] random\n"
                              "init b float32[64] random\n"
                              "init w2 float32[64,32] random\n"
                              "node h = MatMul(x, w)\n"
                              "node h1 = Add(h, b)\n"
                              "node h2 = Relu(h1)\n"
                              "node o = MatMul(h2, w2)\n"
                              "node r = Add(o, x)\n"
                              "node t = Transpose(r) perm=[0,2,1]\n"
                              "node s = MatMul(r, t)\n"
                              "node y = Softmax(s) axis=-1\n"
                              "output y\n";

static sdx_runtime *runtime;
static sdx_model *model;
static sdx_value *inputs[SHAPES], *expected[SHAPES];

static int setup(void **state) {
    (void)state;
    must(sdx_runtime_create(NULL, &runtime));
    model = model_of(runtime, network, NULL);
    sdx_context_options options;
    sdx_context_options_init(&options);
    options.threads = 1;
    sdx_context *serial;
    must(sdx_context_create(model, &options, &serial));
    for (int i = 0; i < SHAPES; i++) {
        const int64_t dims[] = {1 + i % 3, 7 + 31 * i, 32};
        inputs[i] = random_tensor((uint64_t)i, 3, dims);
        expected[i] = NULL;
        must(sdx_context_run(serial, &inputs[i], 1, &expected[i], 1, NULL));
    }
    sdx_context_destroy(serial);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    for (int i = 0; i < SHAPES; i++) {
        sdx_value_release(inputs[i]);
        sdx_value_release(expected[i]);
    }
    sdx_model_release(model);
    sdx_runtime_release(runtime);
    return 0;
}

/* Runs shape i and compares bits; assertions belong to the main thread, so the result is returned.
 */
static bool same_bits(sdx_context *context, int i) {
    sdx_value *y = NULL;
    const sdx_status status = sdx_context_run(context, &inputs[i], 1, &y, 1, NULL);
    const bool same =
        status == NULL && sdx_tensor_size(y) == sdx_tensor_size(expected[i]) &&
        memcmp(sdx_tensor_data(y), sdx_tensor_data(expected[i]), sdx_tensor_size(y)) == 0;
    sdx_status_free(status);
    sdx_value_release(y);
    return same;
}

typedef struct worker {
    pthread_t thread;
    unsigned seed;
    int different;
} worker;

static void *work(void *arg) {
    worker *const w = arg;
    sdx_context_options options;
    sdx_context_options_init(&options);
    options.threads = 1 + w->seed % 3;
    sdx_context *context;
    const sdx_status status = sdx_context_create(model, &options, &context);
    if (status != NULL) {
        sdx_status_free(status);
        w->different = 1;
        return NULL;
    }
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (!same_bits(context, (int)((w->seed + i * 3) % SHAPES))) w->different++;
    }
    sdx_context_destroy(context);
    return NULL;
}

static void threads_share_a_model(void **state) {
    (void)state;
    worker workers[THREADS];
    sdx_memory memory = {.struct_size = sizeof memory};
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (worker){.seed = i};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        assert_int_equal(workers[i].different, 0);
    }
    sdx_model_memory(model, &memory);
    assert_true(memory.packs < 4 * (32 * 64 + 64 * 32) *
                                   sizeof(float)); /* once, with its padding, not once a context */
}

static void lanes_do_not_change_bits(void **state) {
    (void)state;
    static const unsigned lanes[] = {1, 2, 3, 8};
    for (size_t l = 0; l < sizeof lanes / sizeof *lanes; l++) {
        sdx_context_options options;
        sdx_context_options_init(&options);
        options.threads = lanes[l];
        sdx_context *context;
        must(sdx_context_create(model, &options, &context));
        for (int i = 0; i < 2 * SHAPES; i++) {
            assert_true(same_bits(context, i % SHAPES));
        }
        sdx_context_destroy(context);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(threads_share_a_model),
                                       cmocka_unit_test(lanes_do_not_change_bits)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
