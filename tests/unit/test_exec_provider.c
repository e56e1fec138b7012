/* Models in which a provider takes part: the same bits as on the CPU alone, whatever it claims, in
 * whatever time; what it declines runs on the CPU; what it says wrong is an error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail_alloc.h"
#include "model_text.h"
#include "sardonyx/ep.h"
#include "sardonyx/provider.h"

/* ---- models: x is float32[n,4] */

#define HEAD "opset 17\ninput x float32[n,4]\n"

static const char *const models[] = {
    /* branches, constants, two outputs of one chain */
    HEAD "init w float32[4,3] random\ninit b float32[3] random\n"
         "node a = Gemm(x, w, b)\nnode c = Relu(a)\nnode d = Neg(c)\nnode e = Add(a, d)\n"
         "node f = Softmax(e)\noutput c\noutput f\n",
    /* shapes of shapes, inside and outside of groups */
    HEAD "init zero int64[1] 0\ninit minus int64[1] -1\n"
         "node a = Neg(x)\nnode s = Shape(a)\nnode n = Gather(s, zero)\n"
         "node t = Concat(n, minus) axis=0\nnode r = Reshape(a, minus)\nnode q = Reshape(r, t)\n"
         "node b = Abs(q)\nnode f = Cast(n) to=1\nnode y = Mul(b, f)\noutput y\noutput s\n",
    /* shapes of elements, and shapes of those */
    HEAD "init zero float32[1] 0\n"
         "node m = Greater(x, zero)\nnode i = NonZero(m)\nnode t = Transpose(i) perm=[1,0]\n"
         "node g = GatherND(x, t)\nnode s = Shape(g)\nnode h = Neg(g)\nnode r = Reshape(h, s)\n"
         "node y = Exp(r)\noutput y\noutput t\n",
    /* a branch and a loop that read values around them */
    HEAD
    "init zero float32[] 0\ninit three int64[] 3\n"
    "node a = Abs(x)\nnode sum = ReduceSum(a) keepdims=0\nnode c = Greater(sum, zero)\n"
    "graph then {\nnode p = Neg(a)\nnode q = Exp(p)\noutput q\n}\n"
    "graph else {\nnode e = Neg(x)\noutput e\n}\n"
    "node b = If(c) then_branch=@then else_branch=@else\n"
    "graph body {\ninput i int64[]\ninput go bool[]\ninput v float32[n,4]\n"
    "node w = Add(v, a)\nnode u = Neg(w)\nnode z = Tanh(u)\noutput go\noutput u\noutput z\n}\n"
    "node last, all = Loop(three, _, b) body=@body\nnode y = Neg(all)\noutput last\noutput y\n",
    /* a value that is an output, read by both sides; an input that is an output */
    HEAD "node a = Neg(x)\nnode b = Abs(a)\nnode c = Exp(a)\nnode d = Add(b, c)\n"
         "node e = Identity(d)\noutput a\noutput d\noutput e\noutput x\n",
};
enum { N_MODELS = sizeof models / sizeof *models, MOST_OUTPUTS = 4 };

typedef struct fixture {
    sdx_runtime *runtime;
    sdx_model *model;
    sdx_context *context;
    size_t n_outputs;
} fixture;

static unsigned n_logged;

static void count_lines(void *user, sdx_log_level level, const char *line) {
    (void)user;
    if (level == SDX_LOG_WARN && strstr(line, "runs on the CPU") != NULL) n_logged++;
}

/* NULL options: the CPU alone. */
static fixture begin_with(const char *text, sdx_ep_open_fn *open, const char *options) {
    fixture f = {0};
    sdx_runtime_options runtime;
    sdx_model_options model;
    sdx_runtime_options_init(&runtime);
    sdx_model_options_init(&model);
    runtime.log = count_lines;
    model.optimize = false;
    must(sdx_runtime_create(&runtime, &f.runtime));
    if (options != NULL) {
        must(sdx_runtime_add_provider(f.runtime, NULL, open, options, &model.providers));
    }
    f.model = model_of(f.runtime, text, &model);
    must(sdx_context_create(f.model, NULL, &f.context));
    f.n_outputs = sdx_model_n_outputs(f.model);
    return f;
}

static fixture begin(const char *text, const char *options) {
    return begin_with(text, sdx_ep_open, options);
}

static void end(fixture *f) {
    sdx_context_destroy(f->context);
    sdx_model_release(f->model);
    sdx_runtime_release(f->runtime);
}

static void release_all(sdx_value **values, size_t n) {
    for (size_t i = 0; i < n; i++) {
        sdx_value_release(values[i]);
        values[i] = NULL;
    }
}

static void expect_same(const sdx_value *found, const sdx_value *expected) {
    assert_int_equal(sdx_tensor_rank(found), sdx_tensor_rank(expected));
    assert_int_equal(sdx_tensor_size(found), sdx_tensor_size(expected));
    for (size_t i = 0; i < sdx_tensor_rank(found); i++) {
        assert_int_equal(sdx_tensor_dims(found)[i], sdx_tensor_dims(expected)[i]);
    }
    if (sdx_tensor_size(found) != 0)
        assert_memory_equal(sdx_tensor_data(found), sdx_tensor_data(expected),
                            sdx_tensor_size(found));
}

/* Runs both with rows of several numbers, one after the other, and compares bits. */
static void compare(fixture *f, fixture *cpu) {
    static const int64_t rows[] = {3, 3, 7, 1, 0, 2};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        sdx_value *input = random_tensor(r + 1, 2, (const int64_t[]){rows[r], 4});
        sdx_value *found[MOST_OUTPUTS] = {NULL}, *expected[MOST_OUTPUTS] = {NULL};
        must(sdx_context_run(cpu->context, &input, 1, expected, cpu->n_outputs, NULL));
        must(sdx_context_run(f->context, &input, 1, found, f->n_outputs, NULL));
        for (size_t k = 0; k < f->n_outputs; k++) {
            expect_same(found[k], expected[k]);
        }
        release_all(found, f->n_outputs);
        release_all(expected, f->n_outputs);
        sdx_value_release(input);
    }
}

static void compare_all(const char *options) {
    for (size_t m = 0; m < N_MODELS; m++) {
        fixture f = begin(models[m], options), cpu = begin(models[m], NULL);
        compare(&f, &cpu);
        end(&f);
        end(&cpu);
    }
}

static void test_same_bits(void **state) {
    (void)state;
    compare_all("none");
    compare_all("all");
    compare_all("all,sync");
    compare_all("alternate");
    compare_all("all,delay=300");
    for (unsigned seed = 0; seed < 30; seed++) {
        char options[64];
        snprintf(options, sizeof options, "random:%u,delay=%u", seed, seed % 3 * 50);
        compare_all(options);
    }
}

static void test_declined(void **state) {
    (void)state;
    static const char *const places[] = {"all,decline=compile", "all,decline=bind",
                                         "all,decline=run", "random:7,decline=run"};
    for (size_t i = 0; i < 4; i++) {
        n_logged = 0;
        compare_all(places[i]);
        assert_true(n_logged > 0);
    }
}

/* ---- require_provider */

static sdx_status load_requiring(const char *text, const char *options, sdx_runtime **runtime,
                                 sdx_model **model) {
    sdx_model_options wanted;
    size_t size;
    sdx_model_options_init(&wanted);
    wanted.optimize = false;
    wanted.require_provider = true;
    must(sdx_runtime_create(NULL, runtime));
    must(sdx_runtime_add_provider(*runtime, NULL, sdx_ep_open, options, &wanted.providers));
    void *const bytes = model_bytes(text, &size);
    wanted.load = SDX_LOAD_COPY;
    const sdx_status status = sdx_model_load_memory(*runtime, bytes, size, &wanted, model);
    free(bytes);
    return status;
}

static void test_required(void **state) {
    (void)state;
    sdx_runtime *runtime;
    sdx_model *model;
    must_fail(load_requiring(models[0], "alternate", &runtime, &model), SDX_UNSUPPORTED, "Relu#1");
    sdx_runtime_release(runtime);
    must_fail(load_requiring(models[0], "all,decline=compile", &runtime, &model), SDX_UNSUPPORTED,
              "as the options say");
    sdx_runtime_release(runtime);
    static const char *const late[] = {"all,decline=bind", "all,decline=run"};
    for (size_t i = 0; i < 2; i++) {
        sdx_context *context;
        sdx_value *outputs[2] = {NULL}, *input = random_tensor(1, 2, (const int64_t[]){2, 4});
        must(load_requiring(models[0], late[i], &runtime, &model));
        must(sdx_context_create(model, NULL, &context));
        must_fail(sdx_context_run(context, &input, 1, outputs, 2, NULL), SDX_UNSUPPORTED,
                  "require_provider");
        sdx_value_release(input);
        sdx_context_destroy(context);
        sdx_model_release(model);
        sdx_runtime_release(runtime);
    }
}

/* ---- errors, ends, threads */

static void test_failures(void **state) {
    (void)state;
    static const char *const places[] = {"bind", "run", "stream", "copy", "allocate"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char options[64];
        snprintf(options, sizeof options, "random:1,fail=%s", places[i]);
        for (size_t m = 0; m < N_MODELS; m++) {
            fixture f = begin(models[m], options);
            sdx_value *outputs[MOST_OUTPUTS] = {NULL};
            sdx_value *input = random_tensor(1, 2, (const int64_t[]){2, 4});
            for (int turn = 0; turn < 2; turn++) {
                must_fail(sdx_context_run(f.context, &input, 1, outputs, f.n_outputs, NULL),
                          SDX_INTERNAL, "provider 'null'");
            }
            sdx_value_release(input);
            end(&f);
        }
    }
}

static void test_deadline(void **state) {
    (void)state;
    char text[8192] = HEAD "node v0 = Neg(x)\n";
    for (int i = 0; i < 200; i++) {
        const size_t len = strlen(text);
        snprintf(text + len, sizeof text - len, "node v%d = Neg(v%d)\n", i + 1, i);
    }
    const size_t len = strlen(text);
    snprintf(text + len, sizeof text - len, "output v200\n");
    fixture f = begin(text, "alternate,delay=1000");
    sdx_value *output = NULL, *input = random_tensor(1, 2, (const int64_t[]){2, 4});
    sdx_context_set_deadline(f.context, 2000000);
    must_fail(sdx_context_run(f.context, &input, 1, &output, 1, NULL), SDX_DEADLINE, "deadline");
    sdx_context_set_deadline(f.context, 0);
    must(sdx_context_run(f.context, &input, 1, &output, 1, NULL));
    sdx_value_release(output);
    sdx_value_release(input);
    end(&f);
}

static void *run_many(void *arg) {
    sdx_model *const model = arg;
    sdx_context *context;
    must(sdx_context_create(model, NULL, &context));
    for (int64_t i = 0; i < 20; i++) {
        sdx_value *outputs[2] = {NULL};
        sdx_value *input = random_tensor(1, 2, (const int64_t[]){i % 4 + 1, 4});
        must(sdx_context_run(context, &input, 1, outputs, 2, NULL));
        release_all(outputs, 2);
        sdx_value_release(input);
    }
    sdx_context_destroy(context);
    return NULL;
}

static void test_threads(void **state) {
    (void)state;
    fixture f = begin(models[2], "random:3,delay=20");
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, run_many, f.model), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    end(&f);
}

static sdx_status load_and_run(const sdx_allocator *allocator, const char *text,
                               const char *options, sdx_value *input) {
    sdx_runtime_options runtime_options;
    sdx_model_options model_options;
    sdx_runtime *runtime;
    sdx_model *model = NULL;
    sdx_context *context = NULL;
    sdx_value *outputs[MOST_OUTPUTS] = {NULL};
    size_t size;
    sdx_runtime_options_init(&runtime_options);
    sdx_model_options_init(&model_options);
    runtime_options.allocator = allocator;
    model_options.optimize = false;
    void *const bytes = model_bytes(text, &size);
    sdx_status status = sdx_runtime_create(&runtime_options, &runtime);
    if (status != NULL) {
        free(bytes);
        return status;
    }
    status =
        sdx_runtime_add_provider(runtime, NULL, sdx_ep_open, options, &model_options.providers);
    if (status == NULL)
        status = sdx_model_load_memory(runtime, bytes, size, &model_options, &model);
    if (status == NULL) status = sdx_context_create(model, NULL, &context);
    for (int turn = 0; status == NULL && turn < 2; turn++) {
        status = sdx_context_run(context, &input, 1, outputs, sdx_model_n_outputs(model), NULL);
        release_all(outputs, MOST_OUTPUTS);
    }
    sdx_context_destroy(context);
    sdx_model_release(model);
    sdx_runtime_release(runtime);
    free(bytes);
    return status;
}

static void test_out_of_memory(void **state) {
    (void)state;
    static const char *const options[] = {"all", "random:1", "all,decline=run"};
    sdx_value *input = random_tensor(1, 2, (const int64_t[]){2, 4});
    for (size_t i = 0; i < 9; i++) {
        const char *const text = models[i % 3 + (i % 3 == 0 ? 0 : 1)];
        for (size_t nth = 1;; nth += 1 + nth / 40) {
            fail_alloc memory;
            fail_alloc_init(&memory, nth, false);
            const sdx_status status = load_and_run(&memory.allocator, text, options[i / 3], input);
            if (memory.failed)
                assert_true(status == NULL || sdx_status_code(status) == SDX_OUT_OF_MEMORY);
            if (!memory.failed) assert_null(status);
            sdx_status_free(status);
            assert_true(fail_alloc_clean(&memory));
            if (!memory.failed) break;
        }
    }
    sdx_value_release(input);
}

/* ---- tensors on devices */

static void test_resident(void **state) {
    (void)state;
    static const char *const options[] = {"all", "none", "random:2,delay=50", "all,decline=run"};
    static const char text[] =
        HEAD "node a = Neg(x)\nnode b = Exp(a)\nnode c = Add(a, b)\noutput c\n";
    for (size_t i = 0; i < 4; i++) {
        const int64_t dims[] = {3, 4};
        fixture f = begin(text, options[i]), cpu = begin(text, NULL);
        sdx_value *input = random_tensor(5, 2, dims), *there[3], *expected = NULL, *mid = NULL;
        sdx_value *back;
        must(sdx_tensor_create(NULL, SDX_FLOAT32, 2, dims, &back));
        for (size_t k = 0; k < 3; k++) {
            must(sdx_tensor_create_on(f.runtime, "null", SDX_FLOAT32, 2, dims, &there[k]));
        }
        uint64_t used = 0, peak = 0;
        void *message;
        size_t size;
        sdx_value *list;
        must(sdx_runtime_device_memory(f.runtime, "null", &used, &peak));
        assert_true(used >= 3 * 48 && peak >= used);
        must_fail(sdx_sequence_create(NULL, SDX_FLOAT32, there, 3, &list), SDX_INVALID_ARGUMENT,
                  "on a device");
        must_fail(sdx_value_serialize(NULL, there[0], NULL, &message, &size), SDX_INVALID_ARGUMENT,
                  "on a device");
        assert_null(sdx_tensor_data(there[0]));
        assert_string_equal(sdx_tensor_provider(there[0]), "null");
        must(sdx_tensor_copy(input, there[0]));
        must(sdx_context_run(f.context, &there[0], 1, &there[1], 1, NULL));
        must(sdx_context_run(f.context, &there[1], 1, &there[2], 1, NULL));
        must(sdx_tensor_copy(there[2], back));
        must(sdx_context_run(cpu.context, &input, 1, &mid, 1, NULL));
        must(sdx_context_run(cpu.context, &mid, 1, &expected, 1, NULL));
        expect_same(back, expected);
        must(sdx_context_run(f.context, &there[2], 1, &there[2], 1, NULL)); /* in place */
        release_all(there, 3);
        sdx_value_release(input);
        sdx_value_release(mid);
        sdx_value_release(expected);
        sdx_value_release(back);
        end(&f);
        end(&cpu);
    }
}

/* ---- providers that are wrong: the null provider with one function exchanged */

static sdx_ep wrong;
static const sdx_ep *right;
static const sdx_ep_host *host;
static void (*make_wrong)(void);

static int open_wrong(const sdx_ep_host *given, const char *options, const sdx_ep **out,
                      sdx_ep_why *why) {
    host = given;
    const int code = sdx_ep_open(given, options, &right, why);
    if (code != SDX_EP_OK) return code;
    wrong = *right;
    make_wrong();
    *out = &wrong;
    return code;
}

static void wrong_size(void) { wrong.struct_size = 8; }
static void wrong_version(void) { wrong.version = 77; }
static void wrong_name(void) { wrong.name = "a b"; }
static void wrong_slot(void) { wrong.wait = NULL; }
static bool odd_device(void *self, uint32_t index, sdx_ep_device *out) {
    const bool good = right->device(self, index, out);
    out->alignment = 3;
    return good;
}
static void wrong_device(void) { wrong.device = odd_device; }

static void test_wrong_tables(void **state) {
    (void)state;
    static const struct {
        void (*make)(void);
        const char *part;
        bool closes; /* the table could be read, so it was told */
    } rows[] = {{wrong_size, "8 bytes", false},
                {wrong_version, "version 77", false},
                {wrong_name, "letters", false},
                {wrong_slot, "'wait' is NULL", false},
                {wrong_device, "alignment 3", true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sdx_runtime *runtime;
        must(sdx_runtime_create(NULL, &runtime));
        make_wrong = rows[i].make;
        must_fail(sdx_runtime_add_provider(runtime, NULL, open_wrong, "all", NULL), SDX_UNSUPPORTED,
                  rows[i].part);
        if (!rows[i].closes) right->close(right->self);
        sdx_runtime_release(runtime);
    }
}

static int claim_far(void *self, uint32_t device, const sdx_ep_graph *graph, sdx_ep_why *why) {
    const uint32_t far = 1000000;
    (void)self, (void)device;
    return host->claim(graph, &far, 1, &(sdx_ep_gain){1, true}, why);
}
static int claim_twice(void *self, uint32_t device, const sdx_ep_graph *graph, sdx_ep_why *why) {
    const uint32_t nodes[] = {0, 0};
    (void)self, (void)device;
    return host->claim(graph, nodes, 2, &(sdx_ep_gain){1, true}, why);
}
static int claim_shapes(void *self, uint32_t device, const sdx_ep_graph *graph, sdx_ep_why *why) {
    const uint32_t shape = 1;
    (void)self, (void)device;
    return host->claim(graph, &shape, 1, &(sdx_ep_gain){1, true}, why);
}
static int odd_code(void *self, uint32_t device, const sdx_ep_graph *graph, sdx_ep_why *why) {
    (void)self, (void)device, (void)graph, (void)why;
    return 99;
}
static void wrong_far(void) { wrong.claim = claim_far; }
static void wrong_twice(void) { wrong.claim = claim_twice; }
static void wrong_shapes(void) { wrong.claim = claim_shapes; }
static void wrong_code(void) { wrong.claim = odd_code; }

static void test_wrong_claims(void **state) {
    (void)state;
    static const struct {
        void (*make)(void);
        const char *part;
    } rows[] = {{wrong_far, "no such node"},
                {wrong_twice, "twice"},
                {wrong_shapes, "follows from shapes"},
                {wrong_code, "code 99"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sdx_runtime *runtime;
        sdx_model *model;
        sdx_model_options options;
        size_t size;
        sdx_model_options_init(&options);
        options.optimize = false;
        must(sdx_runtime_create(NULL, &runtime));
        make_wrong = rows[i].make;
        must(sdx_runtime_add_provider(runtime, NULL, open_wrong, "all", &options.providers));
        void *const bytes = model_bytes(models[1], &size);
        must_fail(sdx_model_load_memory(runtime, bytes, size, &options, &model), SDX_INTERNAL,
                  rows[i].part);
        free(bytes);
        sdx_runtime_release(runtime);
    }
}

static int early_wait(void *self, void *stream, uint64_t mark, uint64_t ns, bool *done,
                      sdx_ep_why *why) {
    const int code = right->wait(self, stream, mark, ns, done, why);
    *done = false;
    return code;
}
static int lazy_run(void *self, void *bound, void *stream, const sdx_ep_run *run, sdx_ep_why *why) {
    (void)self, (void)bound, (void)stream, (void)run, (void)why;
    return SDX_EP_OK; /* and made nothing */
}
static int vast_size(void *self, uint32_t device, const sdx_ep_tensor *tensor, size_t *size,
                     sdx_ep_why *why) {
    (void)self, (void)device, (void)tensor, (void)why;
    *size = SIZE_MAX - 7;
    return SDX_EP_OK;
}
static int no_block(void *self, uint32_t device, size_t size, void **block, sdx_ep_why *why) {
    (void)self, (void)device, (void)size, (void)why;
    *block = NULL;
    return SDX_EP_OK;
}
static void wrong_wait(void) { wrong.wait = early_wait; }
static void wrong_run(void) { wrong.run = lazy_run; }
static void wrong_bytes(void) { wrong.size_of = vast_size; }
static void wrong_block(void) { wrong.allocate = no_block; }

static void test_wrong_runs(void **state) {
    (void)state;
    static const struct {
        void (*make)(void);
        sdx_code code;
        const char *part;
    } rows[] = {{wrong_wait, SDX_INTERNAL, "before it was done"},
                {wrong_run, SDX_INTERNAL, "has not been made"},
                {wrong_bytes, SDX_LIMIT, "size_of"},
                {wrong_block, SDX_INTERNAL, "no block"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        make_wrong = rows[i].make;
        fixture f = begin_with(models[2], open_wrong, "all,sync");
        sdx_value *outputs[2] = {NULL}, *input = random_tensor(1, 2, (const int64_t[]){2, 4});
        must_fail(sdx_context_run(f.context, &input, 1, outputs, 2, NULL), rows[i].code,
                  rows[i].part);
        sdx_value_release(input);
        end(&f);
    }
}

static void test_names(void **state) {
    (void)state;
    sdx_runtime *runtime;
    sdx_value *value;
    must(sdx_runtime_create(NULL, &runtime));
    must_fail(sdx_runtime_load_provider(runtime, "no/such.so", NULL, NULL), SDX_NOT_FOUND,
              "no/such.so");
    must_fail(sdx_runtime_add_provider(runtime, NULL, sdx_ep_open, "nonsense", NULL),
              SDX_UNSUPPORTED, "nonsense");
    must(sdx_runtime_add_provider(runtime, NULL, sdx_ep_open, NULL, NULL));
    must_fail(sdx_runtime_add_provider(runtime, NULL, sdx_ep_open, NULL, NULL),
              SDX_INVALID_ARGUMENT, "before");
    must_fail(sdx_tensor_create_on(runtime, "other", SDX_FLOAT32, 0, NULL, &value), SDX_NOT_FOUND,
              "found null");
    must_fail(sdx_tensor_create_on(runtime, "null@7", SDX_FLOAT32, 0, NULL, &value),
              SDX_INVALID_ARGUMENT, "below 2");
    sdx_runtime_release(runtime);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bits),     cmocka_unit_test(test_declined),
        cmocka_unit_test(test_required),      cmocka_unit_test(test_failures),
        cmocka_unit_test(test_deadline),      cmocka_unit_test(test_threads),
        cmocka_unit_test(test_out_of_memory), cmocka_unit_test(test_resident),
        cmocka_unit_test(test_wrong_tables),  cmocka_unit_test(test_wrong_claims),
        cmocka_unit_test(test_wrong_runs),    cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
