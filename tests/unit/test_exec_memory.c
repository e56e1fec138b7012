/* Memory of contexts: flat after the largest shape, limits that name bytes and leave the context
 * usable, trim, and steady states that allocate nothing. */
#include "malloc_count.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "fail_alloc.h"
#include "model_text.h"
#include "posix.h"

/* An encoder layer in small: two symbols, products, softmax over a symbolic axis, shape arithmetic.
 */
static const char encoder[] = "opset 17\n"
                              "input x float32[batch,seq,16]\n"
                              "init wq float32[16,16] random\n"
                              "init wk float32[16,16] random\n"
                              "init wv float32[16,16] random\n"
                              "init bias float32[16] random\n"
                              "init heads int64[4] 0 0 2 8\n"
                              "init flat int64[3] 0 0 16\n"
                              "node q0 = MatMul(x, wq)\n"
                              "node k0 = MatMul(x, wk)\n"
                              "node v0 = MatMul(x, wv)\n"
                              "node q1 = Add(q0, bias)\n"
                              "node q2 = Reshape(q1, heads)\n"
                              "node k2 = Reshape(k0, heads)\n"
                              "node v2 = Reshape(v0, heads)\n"
                              "node q = Transpose(q2) perm=[0,2,1,3]\n"
                              "node k = Transpose(k2) perm=[0,2,3,1]\n"
                              "node v = Transpose(v2) perm=[0,2,1,3]\n"
                              "node s = MatMul(q, k)\n"
                              "node p = Softmax(s) axis=-1\n"
                              "node o = MatMul(p, v)\n"
                              "node o1 = Transpose(o) perm=[0,2,1,3]\n"
                              "node o2 = Reshape(o1, flat)\n"
                              "node r = Add(o2, x)\n"
                              "node y = Relu(r)\n"
                              "output y\n";

typedef struct fixture {
    sdx_runtime *runtime;
    sdx_model *model;
} fixture;

static int setup(void **state) {
    static fixture f;
    must(sdx_runtime_create(NULL, &f.runtime));
    f.model = model_of(f.runtime, encoder, NULL);
    *state = &f;
    return 0;
}

static int teardown(void **state) {
    const fixture *const f = *state;
    sdx_model_release(f->model);
    sdx_runtime_release(f->runtime);
    return 0;
}

static sdx_value *input(int64_t batch, int64_t seq) {
    const int64_t dims[] = {batch, seq, 16};
    return random_tensor((uint64_t)(batch * 1000 + seq), 3, dims);
}

static sdx_status run(sdx_context *context, int64_t batch, int64_t seq, sdx_value **out) {
    sdx_value *const x = input(batch, seq);
    const sdx_status status = sdx_context_run(context, &x, 1, out, 1, NULL);
    sdx_value_release(x);
    return status;
}

static void stays_flat_after_the_largest_shape(void **state) {
    const fixture *const f = *state;
    sdx_context *context;
    must(sdx_context_create(f->model, NULL, &context));
    sdx_value *y = NULL;
    must(run(context, 8, 64, &y));
    sdx_value_release(y);
    sdx_memory first = {.struct_size = sizeof first}, later = {.struct_size = sizeof later};
    sdx_context_memory(context, &first);
    uint64_t seed = 1;
    for (int i = 0; i < 1000; i++) {
        seed = seed * UINT64_C(6364136223846793005) + 1;
        y = NULL;
        must(run(context, 1 + (int64_t)(seed >> 33) % 8, 1 + (int64_t)(seed >> 43) % 64, &y));
        sdx_value_release(y);
    }
    sdx_context_memory(context, &later);
    assert_int_equal(later.slab, first.slab);
    assert_true(later.packs == first.packs);
    assert_true(later.context_peak <=
                first.context_peak +
                    first.context_peak / 8); /* freed outputs that wait for the next one */
    assert_true(later.slab >= later.slab_bound);
    sdx_context_destroy(context);
}

static void a_limit_names_bytes_and_spares_the_context(void **state) {
    const fixture *const f = *state;
    sdx_context_options options;
    sdx_context_options_init(&options);
    options.memory_limit = 256 * 1024;
    sdx_context *context;
    must(sdx_context_create(f->model, &options, &context));
    sdx_value *y = NULL;
    for (int i = 0; i < 3; i++) {
        must_fail(run(context, 16, 256, &y), SDX_LIMIT, "allowed 262144");
        assert_null(y);
        must(run(context, 1, 8, &y));
        sdx_value_release(y);
        y = NULL;
    }
    sdx_context_destroy(context);
}

static void trim_gives_memory_back(void **state) {
    const fixture *const f = *state;
    sdx_context *context;
    must(sdx_context_create(f->model, NULL, &context));
    sdx_value *y = NULL;
    must(run(context, 1, 4, &y));
    sdx_value_release(y);
    y = NULL;
    sdx_context_trim(context);
    const size_t before = resident_bytes();
    must(run(context, 4, 1024, &y));
    sdx_value_release(y);
    y = NULL;
    const size_t during = resident_bytes();
    sdx_context_trim(context);
    const size_t after = resident_bytes();
    sdx_memory memory = {.struct_size = sizeof memory};
    sdx_context_memory(context, &memory);
    assert_int_equal(memory.slab, 0);
    if (malloc_count_works && before != 0) {
        assert_true(during > before + (16u << 20)); /* the score matrices alone take 32 MiB */
        assert_true(after < before + (2u << 20));
    }
    must(run(context, 1, 4, &y));
    sdx_value_release(y);
    sdx_context_destroy(context);
}

/* Bound outputs and shapes that have been seen: not one request, whatever the order of shapes. */
static void a_steady_state_allocates_nothing(void **state) {
    const fixture *const f = *state;
    if (!malloc_count_works) skip();
    sdx_context *context;
    must(sdx_context_create(f->model, NULL, &context));
    sdx_value *in[] = {input(2, 32), input(3, 17), input(1, 1)};
    sdx_value *out[3];
    for (int i = 0; i < 3; i++) {
        must(sdx_tensor_create(NULL, SDX_FLOAT32, 3, sdx_tensor_dims(in[i]), &out[i]));
        must(sdx_context_run(context, &in[i], 1, &out[i], 1, NULL));
    }
    const size_t before = malloc_count();
    for (int i = 0; i < 300; i++) {
        const sdx_status status = sdx_context_run(context, &in[i % 3], 1, &out[i % 3], 1, NULL);
        assert_null(status);
    }
    assert_int_equal(malloc_count() - before, 0);
    for (int i = 0; i < 3; i++) {
        sdx_value_release(in[i]);
        sdx_value_release(out[i]);
    }
    sdx_context_destroy(context);
}

/* Load, bind and run with each allocation failing once: an error, nothing lost, nothing leaked. */
static void survives_any_failing_allocation(void **state) {
    (void)state;
    size_t size;
    void *const bytes = model_bytes(encoder, &size);
    sdx_value *const x = input(2, 5);
    size_t reached = 0;
    for (size_t nth = 1;; nth++) {
        fail_alloc memory;
        fail_alloc_init(&memory, nth, false);
        sdx_runtime_options options;
        sdx_runtime_options_init(&options);
        options.allocator = &memory.allocator;
        sdx_runtime *runtime = NULL;
        sdx_model *model = NULL;
        sdx_context *context = NULL;
        sdx_value *y = NULL;
        sdx_status status = sdx_runtime_create(&options, &runtime);
        if (status == NULL) status = sdx_model_load_memory(runtime, bytes, size, NULL, &model);
        if (status == NULL) status = sdx_context_create(model, NULL, &context);
        if (status == NULL) status = sdx_context_run(context, (sdx_value *[]){x}, 1, &y, 1, NULL);
        if (status != NULL && context != NULL) { /* what failed once works the next time */
            sdx_status_free(status);
            must(sdx_context_run(context, (sdx_value *[]){x}, 1, &y, 1, NULL));
            status = NULL;
        } else if (status != NULL) {
            assert_int_equal(sdx_status_code(status), SDX_OUT_OF_MEMORY);
        }
        sdx_status_free(status);
        sdx_value_release(y);
        sdx_context_destroy(context);
        sdx_model_release(model);
        sdx_runtime_release(runtime);
        assert_true(fail_alloc_clean(&memory));
        if (!memory.failed) break;
        reached = nth;
    }
    assert_true(reached > 20);
    sdx_value_release(x);
    free(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stays_flat_after_the_largest_shape),
        cmocka_unit_test(a_limit_names_bytes_and_spares_the_context),
        cmocka_unit_test(trim_gives_memory_back),
        cmocka_unit_test(a_steady_state_allocates_nothing),
        cmocka_unit_test(survives_any_failing_allocation),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
