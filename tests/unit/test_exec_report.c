/* The report of memory: its pieces are all that a heap gave, no constant is held twice once it was
 * packed, and what is resident is near what is reported. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exec/memory.h"
#include "model_text.h"

typedef struct sums {
    size_t counted;
    size_t kinds[SDX_MEMORY_N_KINDS];
} sums;

static void add(void *user, const sdx_memory_item *item) {
    sums *const s = user;
    assert_true(item->size > 0);
    s->counted += item->counted ? item->size : 0;
    s->kinds[item->kind] += item->size;
}

static sums of_model(const sdx_model *model) {
    sums s = {0};
    sdx_model_memory_each(model, add, &s);
    return s;
}

static sums of_context(const sdx_context *context) {
    sums s = {0};
    sdx_context_memory_each(context, add, &s);
    return s;
}

static void adds_up(const sdx_model *model, const sdx_context *context) {
    assert_int_equal(of_model(model).counted, atomic_load(&model->heap.used));
    if (context == NULL) return;
    const sdx_heap *const heap = sdx_store_heap(context->store);
    assert_int_equal(of_context(context).counted, atomic_load(&heap->used));
}

/* Packs, folding, defaults, widened halves, late shapes, subgraphs. */
static const char mixed[] = "opset 17\n"
                            "input x float32[n,16]\n"
                            "input b float32[16]\n"
                            "init b float32[16] random\n"
                            "init w float32[16,64] random\n"
                            "init v float32[64,16] random\n"
                            "init h float16[16] 1 2 3 4 5 6 7 8 1 2 3 4 5 6 7 8\n"
                            "init m int64[] 3\n"
                            "init yes bool[] 1\n"
                            "init ten int64[1] 10\n"
                            "node vt = Transpose(v)\n"
                            "node w2 = Add(w, vt)\n"
                            "node p = MatMul(x, w2)\n"
                            "node q = MatMul(p, v)\n"
                            "node r = Add(q, b)\n"
                            "node low = Cast(r) to=10\n"
                            "node s = Mul(low, h)\n"
                            "node t = Cast(s) to=1\n"
                            "node where = NonZero(t)\n"
                            "node shape = Shape(x)\n"
                            "node rows = Concat(shape, ten) axis=0\n"
                            "graph body {\n"
                            "input i int64[]\n"
                            "input go bool[]\n"
                            "input a float32[k,16]\n"
                            "node again = Identity(go)\n"
                            "node c = MatMul(a, w)\n"
                            "node d = MatMul(c, v)\n"
                            "output again\n"
                            "output d\n"
                            "}\n"
                            "node y = Loop(m, yes, t) body=@body\n"
                            "output y\n"
                            "output where\n"
                            "output rows\n";

static void pieces_are_all_that_the_heap_gave(void **state) {
    (void)state;
    enum { N = 3 };
    sdx_runtime *runtime;
    sdx_context *context;
    must(sdx_runtime_create(NULL, &runtime));
    sdx_model *const model = model_of(runtime, mixed, NULL);
    adds_up(model, NULL);
    must(sdx_context_create(model, NULL, &context));
    adds_up(model, context);
    for (int round = 0; round < 4; round++) {
        const int64_t dims[] = {round == 2 ? 40 : 5, 16};
        sdx_value *const inputs[] = {random_tensor(1, 2, dims),
                                     round == 3 ? random_tensor(2, 1, dims + 1) : NULL};
        sdx_value *outputs[N] = {0};
        must(sdx_context_run(context, inputs, 2, outputs, N, NULL));
        adds_up(model, context);
        assert_true(of_model(model).kinds[SDX_MEMORY_PACKS] > 0);
        for (int k = 0; k < N; k++) {
            sdx_value_release(outputs[k]);
        }
        adds_up(model, context);
        sdx_value_release(inputs[0]);
        sdx_value_release(inputs[1]);
    }
    sdx_context_trim(context);
    adds_up(model, context);
    assert_int_equal(of_context(context).kinds[SDX_MEMORY_PLANNED], 0);
    sdx_context_destroy(context);
    sdx_model_release(model);
    sdx_runtime_release(runtime);
}

/* ---- no second copy */

enum { WIDTH = 1024, LAYERS = 6, WEIGHT = WIDTH * WIDTH * (int)sizeof(float) };

/* A chain of products with WIDTH x WIDTH weights. */
static sdx_buf chain(bool external) {
    sdx_buf text;
    sdx_buf_init(&text, sdx_heap_global(), 1 << 16);
    must(sdx_buf_printf(&text, "opset 17\ninput y0 float32[n,%d]\n", WIDTH));
    for (int i = 0; i < LAYERS; i++) {
        must(external ? sdx_buf_printf(&text, "external w%d float32[%d,%d] weights %d %d\n", i,
                                       WIDTH, WIDTH, i * WEIGHT, WEIGHT)
                      : sdx_buf_printf(&text, "init w%d float32[%d,%d] random\n", i, WIDTH, WIDTH));
        must(sdx_buf_printf(&text, "node y%d = MatMul(y%d, w%d)\n", i + 1, i, i));
    }
    must(sdx_buf_printf(&text, "output y%d\n", LAYERS));
    return text;
}

static void run_chain(sdx_model *model, sdx_context **context) {
    const int64_t dims[] = {2, WIDTH};
    sdx_value *const x = random_tensor(7, 2, dims);
    sdx_value *y = NULL;
    must(sdx_context_create(model, NULL, context));
    must(sdx_context_run(*context, &x, 1, &y, 1, NULL));
    sdx_value_release(y);
    sdx_value_release(x);
}

static bool read_external(void *user, sdx_str name, uint64_t offset, void *data, size_t length) {
    (void)user, (void)name, (void)offset;
    memset(data, 0, length);
    return true;
}

static void copies_go_back_when_they_are_packed(void **state) {
    (void)state;
    sdx_runtime *runtime;
    sdx_context *context;
    sdx_model_options options;
    sdx_buf text = chain(true);
    must(sdx_runtime_create(NULL, &runtime));
    sdx_model_options_init(&options);
    options.read = read_external;
    sdx_model *const model = model_of(runtime, text.ptr, &options);
    const sums before = of_model(model);
    assert_true(before.kinds[SDX_MEMORY_WEIGHTS] >= (size_t)LAYERS * WEIGHT);
    assert_true(before.kinds[SDX_MEMORY_DUE] >= (size_t)LAYERS * WEIGHT);
    run_chain(model, &context);
    const sums after = of_model(model);
    assert_int_equal(after.kinds[SDX_MEMORY_WEIGHTS], 0);
    assert_int_equal(after.kinds[SDX_MEMORY_PACKS], before.kinds[SDX_MEMORY_DUE]);
    assert_int_equal(after.kinds[SDX_MEMORY_DUE], 0);
    adds_up(model, context);
    /* while they were packed one weight at a time stood twice */
    assert_true(atomic_load(&model->heap.peak) <
                before.counted + (size_t)WEIGHT + (size_t)WEIGHT / 4);
    sdx_context_destroy(context);
    sdx_model_release(model);
    sdx_runtime_release(runtime);
    sdx_buf_deinit(&text);
}

static void what_folding_used_up_goes_back(void **state) {
    (void)state;
    sdx_runtime *runtime;
    must(sdx_runtime_create(NULL, &runtime));
    sdx_model *const model = model_of(runtime,
                                      "opset 17\n"
                                      "input x float32[n,64]\n"
                                      "init a float32[64,64] random\n"
                                      "node b = Neg(a)\n"
                                      "node c = Abs(b)\n"
                                      "node d = Relu(c)\n"
                                      "node y = MatMul(x, d)\n"
                                      "output y\n",
                                      NULL);
    enum { ONE = 64 * 64 * (int)sizeof(float) };
    const size_t weights = of_model(model).kinds[SDX_MEMORY_WEIGHTS];
    assert_true(weights == ONE || weights == 0); /* 0: misaligned constants are not folded */
    adds_up(model, NULL);
    sdx_model_release(model);
    sdx_runtime_release(runtime);
}

/* ---- what is resident */

/* A number of kB of /proc/self/status, in bytes; 0: the system does not tell. */
static size_t status_of(const char *field) {
    FILE *const file = fopen("/proc/self/status", "r");
    char line[256];
    size_t size = 0;
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, field, strlen(field)) == 0)
            size = strtoul(line + strlen(field) + 1, NULL, 10) * 1024;
    }
    if (file != NULL) (void)fclose(file);
    return size;
}

/* Begins the peak anew; false where that cannot be done. */
static bool forget_peak(void) {
    FILE *const file = fopen("/proc/self/clear_refs", "w");
    if (file == NULL) return false;
    const bool good = fputs("5", file) >= 0;
    return (fclose(file) == 0) && good;
}

static bool is_instrumented(void) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return true;
#else
    return false;
#endif
}

static void write_chain(char *path) {
    size_t size;
    sdx_buf text = chain(false);
    void *const bytes = model_bytes(text.ptr, &size);
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *const file = fdopen(fd, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    free(bytes);
    sdx_buf_deinit(&text);
}

/* peak <= packs + copied weights + graph + slab and other memory of the context + one weight, whose
 * pages are there while it is packed + SLACK: blocks in whole huge pages, stacks of the pool, pages
 * that the system maps around one that was touched. A second copy of the weights would be 24 MiB.
 */
static void the_peak_is_near_the_report(void **state) {
    (void)state;
    enum { SLACK = 8 << 20 };
    const char *const folder = getenv("TMPDIR");
    char path[4096];
    if (is_instrumented() || status_of("VmHWM") == 0) skip();
    (void)snprintf(path, sizeof path, "%s/sdx_report_XXXXXX", folder != NULL ? folder : "/tmp");
    write_chain(path);
    const bool fresh = forget_peak();
    const size_t before = status_of("VmRSS"), file_before = status_of("RssFile");
    sdx_runtime *runtime;
    sdx_model *model;
    sdx_context *context;
    must(sdx_runtime_create(NULL, &runtime));
    must(sdx_model_load(runtime, path, NULL, &model));
    run_chain(model, &context);
    const size_t peak = status_of("VmHWM") - before;
    const size_t file = status_of("RssFile") - file_before;
    const size_t told = of_model(model).counted + of_context(context).counted;
    assert_true(told < (size_t)LAYERS * WEIGHT + ((size_t)4 << 20));
    if (fresh && peak > told + WEIGHT + SLACK)
        fail_msg("peak of %zu bytes, expected at most %zu", peak, told + WEIGHT + SLACK);
    if (file > (size_t)LAYERS * WEIGHT / 4) fail_msg("%zu bytes of files are resident", file);
    adds_up(model, context);
    sdx_context_destroy(context);
    sdx_model_release(model);
    sdx_runtime_release(runtime);
    (void)unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_all_that_the_heap_gave),
        cmocka_unit_test(copies_go_back_when_they_are_packed),
        cmocka_unit_test(what_folding_used_up_goes_back),
        cmocka_unit_test(the_peak_is_near_the_report),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
