/* Writing models: what is loaded again means the same, in the lowest opset that says it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "posix.h"
#include "sardonyx/graph.h"
#include "session.h"

static int64_t onnx_opset(const sdx_model *model) {
    for (size_t i = 0; i < sdx_model_n_opsets(model); i++) {
        sdx_str domain;
        int64_t version;
        must(sdx_model_opset(model, i, &domain, &version));
        if (domain.len == 0) return version;
    }
    return 0;
}

static sdx_model *again(sdx_runtime *runtime, sdx_model *model, bool optimize) {
    void *bytes;
    size_t size;
    sdx_model *copy;
    sdx_model_options options;
    sdx_model_options_init(&options);
    options.optimize = optimize;
    options.load = SDX_LOAD_COPY;
    must(sdx_model_serialize(model, NULL, NULL, &bytes, &size));
    must(sdx_model_load_memory(runtime, bytes, size, &options, &copy));
    sdx_bytes_free(bytes, size);
    return copy;
}

/* Random inputs by the declared shapes (unknown dims: 2), bools true, integers 1. */
static sdx_value *made_up(const sdx_model *model, size_t index) {
    sdx_port_info port;
    sdx_value *value;
    must(sdx_model_input(model, index, &port));
    for (size_t i = 0; i < port.rank; i++)
        if (port.dims[i] < 0) port.dims[i] = 2;
    if (port.dtype == SDX_FLOAT32) return random_tensor(index + 7, port.rank, port.dims);
    must(sdx_tensor_create(NULL, port.dtype, port.rank, port.dims, &value));
    memset(sdx_tensor_data(value), port.dtype == SDX_BOOL ? 1 : 0, sdx_tensor_size(value));
    return value;
}

enum { MAX_PORTS = 4 };

static void run_model(sdx_model *model, sdx_value **outputs) {
    sdx_context *context;
    sdx_value *inputs[MAX_PORTS] = {0};
    const size_t n = sdx_model_n_inputs(model);
    for (size_t i = 0; i < n; i++)
        inputs[i] = made_up(model, i);
    must(sdx_context_create(model, NULL, &context));
    must(sdx_context_run(context, inputs, n, outputs, sdx_model_n_outputs(model), NULL));
    sdx_context_destroy(context);
    release(inputs, n);
}

static void expect_same_values(sdx_value *const *a, sdx_value *const *b, size_t n) {
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(sdx_value_kind(a[i]), sdx_value_kind(b[i]));
        if (sdx_value_kind(a[i]) != SDX_TENSOR) continue;
        assert_int_equal(sdx_tensor_dtype(a[i]), sdx_tensor_dtype(b[i]));
        assert_int_equal(sdx_tensor_size(a[i]), sdx_tensor_size(b[i]));
        assert_int_equal(sdx_tensor_rank(a[i]), sdx_tensor_rank(b[i]));
        assert_memory_equal(sdx_tensor_data(a[i]), sdx_tensor_data(b[i]), sdx_tensor_size(a[i]));
    }
}

/* A model that is written and read: its opset then, and its text. */
static const struct round_trip {
    const char *text;
    int64_t opset;
} trips[] = {
    /* what needs nothing newer stays where it is */
    {"opset 9\ninput x float32[n,2]\nnode y = Relu(x)\noutput y\n", 9},
    /* an attribute that became an input */
    {"opset 9\ninput x float32[2]\nnode y = Clip(x) min=-0.5 max=0.5\noutput y\n", 11},
    {"opset 11\ninput x float32[2,3]\nnode y = Softmax(x) axis=0\noutput y\n", 14},
    {"opset 11\ninput x float32[2,4]\nnode a, b = Split(x) axis=1\noutput a\noutput b\n", 18},
    /* broadcasting by axis, ranks known and not */
    {"opset 6\ninput x float32[2,3,4]\ninput b float32[3]\nnode y = Add(x, b) broadcast=1 axis=1\n"
     "output y\n",
     7},
    {"opset 6\ninput x float32\ninput b float32\nnode y = Add(x, b) broadcast=1 axis=0\n"
     "output y\n",
     7},
    /* older meanings */
    {"opset 7\ninput x float32[1,1,2,3]\n"
     "node y = Upsample(x) scales=[1.0,1.0,2.0,2.0] mode=\"linear\"\noutput y\n",
     7},
    {"opset 18\ninput x float32[1,4,2]\ninit s float32[2] 1 2\ninit b float32[2] 3 4\n"
     "node y = GroupNormalization(x, s, b) num_groups=2\noutput y\n",
     18},
    {"opset 7\ninput x float32[2,3]\ninit s float32[3] 1 2 3\ninit b float32[3] 3 4 5\n"
     "init m float32[3] 1 1 1\ninit v float32[3] 1 2 1\n"
     "node y = BatchNormalization(x, s, b, m, v) spatial=0\noutput y\n",
     7},
    /* a scan with a batch */
    {"opset 8\ninput s float32[2,1]\ninput x float32[2,3,1]\n"
     "graph body {\ninput a float32[1]\ninput b float32[1]\nnode c = Add(a, b)\n"
     "node d = Identity(c)\noutput c\noutput d\n}\n"
     "node f, y = Scan(_, s, x) body=@body num_scan_inputs=1\noutput f\noutput y\n",
     8},
    /* functions are inlined, and names stay apart */
    {"opset 17\nopset 1 my\ninput x float32[2]\nnode a = my::Twice(x)\nnode y = my::Twice(a)\n"
     "output y\nfunction y = my::Twice(x) {\nopset 17\nnode t = Neg(x)\nnode y = Sub(x, t)\n}\n",
     17},
    /* subgraphs with values from around, constants, and outputs from outside */
    {"opset 16\ninput x float32[2]\ninput c bool\ninit w float32[2] 3 4\nnode h = Mul(x, w)\n"
     "graph yes {\ninit k float32[2] 1 1\nnode a = Add(h, k)\noutput a\n}\n"
     "graph no {\noutput w\n}\nnode y = If(c) then_branch=@yes else_branch=@no\noutput y\n",
     16},
    /* constants as nodes, strings, sparse ones, an input that is an output, no node at all */
    {"opset 13\ninput x float32[2]\nnode k = Constant() value=float32[2]{1,2}\nnode y = Add(x, k)\n"
     "output y\noutput x\n",
     13},
    {"opset 13\nsparse w float32[4] 1:5 3:7\ninput x float32[4]\nnode y = Add(x, w)\noutput y\n",
     13},
    {"opset 13\ninput x float32[2]\noutput x\n", 13},
    /* an operator of another domain becomes some of ONNX */
    {"opset 13\nopset 1 com.microsoft\ninput x float32[2,3]\ninit w float32[3,2] random\n"
     "node y = com.microsoft::FusedMatMul(x, w) alpha=2.0\noutput y\n",
     13},
};

static void what_is_read_again_is_the_same(void **state) {
    (void)state;
    sdx_runtime *runtime;
    must(sdx_runtime_create(NULL, &runtime));
    for (size_t i = 0; i < sizeof trips / sizeof *trips; i++) {
        for (int optimize = 0; optimize < 2; optimize++) {
            sdx_value *before[MAX_PORTS] = {0}, *after[MAX_PORTS] = {0};
            sdx_model_options options;
            sdx_model_options_init(&options);
            options.optimize = optimize != 0;
            sdx_model *const model = model_of(runtime, trips[i].text, &options);
            sdx_model *const copy = again(runtime, model, false);
            if (optimize == 0 && onnx_opset(copy) != trips[i].opset)
                fail_msg("model %zu: found opset %d, expected %d", i, (int)onnx_opset(copy),
                         (int)trips[i].opset);
            run_model(model, before);
            run_model(copy, after);
            const size_t n = sdx_model_n_outputs(model);
            expect_same_values(before, after, n);
            release(before, n);
            release(after, n);
            sdx_model_release(copy);
            sdx_model_release(model);
        }
    }
    sdx_runtime_release(runtime);
}

static void an_opset_may_be_asked_for(void **state) {
    (void)state;
    sdx_runtime *runtime;
    sdx_save_options save;
    void *bytes;
    size_t size;
    must(sdx_runtime_create(NULL, &runtime));
    sdx_model *const model = model_of(
        runtime, "opset 9\ninput x float32[2]\nnode y = Clip(x) min=0.0\noutput y\n", NULL);
    sdx_save_options_init(&save);
    save.opset = 10;
    must_fail(sdx_model_serialize(model, NULL, &save, &bytes, &size), SDX_INVALID_ARGUMENT,
              "found opset 10, expected at least 11, which node 'Clip#0' (Clip) needs");
    save.opset = 8;
    must_fail(sdx_model_serialize(model, NULL, &save, &bytes, &size), SDX_INVALID_ARGUMENT,
              "expected at least 11");
    save.opset = 99;
    must_fail(sdx_model_serialize(model, NULL, &save, &bytes, &size), SDX_INVALID_ARGUMENT,
              "expected at most 28");
    save.opset = 21;
    must(sdx_model_serialize(model, NULL, &save, &bytes, &size));
    sdx_model *copy;
    must(sdx_model_load_memory(runtime, bytes, size, NULL, &copy));
    assert_int_equal(onnx_opset(copy), 21);
    sdx_model_release(copy);
    sdx_bytes_free(bytes, size);
    must_fail(sdx_model_serialize(NULL, NULL, NULL, &bytes, &size), SDX_INVALID_ARGUMENT, "NULL");
    must_fail(sdx_model_save(model, NULL, NULL), SDX_INVALID_ARGUMENT, "NULL");
    save.struct_size = 1;
    must_fail(sdx_model_serialize(model, NULL, &save, &bytes, &size), SDX_INVALID_ARGUMENT,
              "sdx_save_options_init");
    sdx_model_release(model);
    sdx_runtime_release(runtime);
}

/* A model that lacks an operator is written at its own opset. */
static void missing_operators_keep_their_opset(void **state) {
    (void)state;
    sdx_runtime *runtime;
    sdx_model_options options;
    sdx_model_options_init(&options);
    options.allow_missing = options.graph_only = true;
    must(sdx_runtime_create(NULL, &runtime));
    sdx_model *const model = model_of(
        runtime, "opset 13\ninput x float32[2]\nnode y = Nonesuch(x)\noutput y float32[2]\n",
        &options);
    void *bytes;
    size_t size;
    must(sdx_model_serialize(model, NULL, NULL, &bytes, &size));
    sdx_bytes_free(bytes, size);
    sdx_save_options save;
    sdx_save_options_init(&save);
    save.opset = 14;
    must_fail(sdx_model_serialize(model, NULL, &save, &bytes, &size), SDX_INVALID_ARGUMENT,
              "cannot bring to another opset");
    sdx_model_release(model);
    sdx_runtime_release(runtime);
}

static const char *in_folder(const char *folder, const char *name) {
    static char path[512];
    snprintf(path, sizeof path, "%.300s/%.100s", folder, name);
    return path;
}

static void large_tensors_beside_the_model(void **state) {
    (void)state;
    char folder[300], other[512];
    snprintf(folder, sizeof folder, "%.200s/sardonyx-export-XXXXXX", temporary_folder());
    assert_non_null(mkdtemp(folder));
    sdx_runtime *runtime;
    sdx_save_options save;
    must(sdx_runtime_create(NULL, &runtime));
    sdx_model *const model = model_of(runtime,
                                      "opset 17\ninput x float32[2,64]\n"
                                      "init w float32[64,64] random\ninit b float32[64] random\n"
                                      "init tiny float32[1] 2\n"
                                      "node h = MatMul(x, w)\nnode i = Add(h, b)\n"
                                      "node y = Mul(i, tiny)\noutput y\n",
                                      NULL);
    sdx_save_options_init(&save);
    save.external_from = 256;
    must(sdx_model_save(model, in_folder(folder, "m.onnx"), &save));
    sdx_model *copy;
    must(sdx_model_load(runtime, in_folder(folder, "m.onnx"), NULL, &copy));
    sdx_value *before[1] = {0}, *after[1] = {0};
    run_model(model, before);
    run_model(copy, after);
    expect_same_values(before, after, 1);
    release(before, 1);
    release(after, 1);
    FILE *const data = fopen(in_folder(folder, "m.onnx.data"), "rb");
    assert_non_null(data);
    assert_int_equal(fseek(data, 0, SEEK_END), 0);
    assert_int_equal(ftell(data), 64 * 64 * 4 + 64 * 4); /* the weight begins on a page */
    fclose(data);
    save.external_name = "../m.data";
    must_fail(sdx_model_save(copy, in_folder(folder, "n.onnx"), &save), SDX_INVALID_ARGUMENT,
              "external_name: found '../m.data'");
    save.external_name = "n.onnx";
    must_fail(sdx_model_save(copy, in_folder(folder, "n.onnx"), &save), SDX_INVALID_ARGUMENT,
              "the model's own name");
    save.external_name = NULL;
    if (REPLACES_MAPPED) must(sdx_model_save(copy, in_folder(folder, "m.onnx"), &save));
    must_fail(sdx_model_save(copy, in_folder(folder, "no/such/m.onnx"), NULL), SDX_NOT_FOUND, "");
    sdx_model_release(copy);
    sdx_model_release(model);
    sdx_runtime_release(runtime);
    snprintf(other, sizeof other, "%s", in_folder(folder, "m.onnx.data"));
    assert_int_equal(unlink(other), 0);
    assert_int_equal(unlink(in_folder(folder, "m.onnx")), 0);
    assert_int_equal(rmdir(folder), 0);
}

/* A file that uses our own domain is as hostile as any other. */
static void our_own_domain_is_checked(void **state) {
    (void)state;
    static const struct {
        const char *text;
        sdx_code code;
        const char *part;
    } bad[] = {
        {"opset 17\ninput x float32[2]\nnode y = sardonyx::AlignAxis(x)\noutput y\n",
         SDX_INVALID_MODEL, "which is made while loading"},
        {"opset 17\nopset 2 sardonyx\ninput x float32[2]\nnode y = sardonyx::AlignAxis(x)\n"
         "output y\n",
         SDX_UNSUPPORTED, "found version 2 of domain 'sardonyx', expected 1 to 1"},
        {"opset 17\nopset 1 sardonyx\ninput x float32[2]\nnode y = sardonyx::AlignAxis(x)\n"
         "output y\n",
         SDX_INVALID_MODEL, ""},
        {"opset 17\nopset 1 sardonyx\ninput x float32[1,1,2,2]\nnode y = sardonyx::Conv(x, x)\n"
         "output y\n",
         SDX_INVALID_MODEL, "which is made while loading"},
        {"opset 17\nopset 1 sardonyx\ninput x float32[2]\nnode y = sardonyx::Relu(x) rev=1\n"
         "output y\n",
         SDX_UNSUPPORTED_OPERATOR, "sardonyx::Relu"},
        {"opset 17\nopset 1 sardonyx\ninput x float32[1,2,2]\ninput s float32[1]\n"
         "node y = sardonyx::GroupNormalization(x, s, s) rev=7 num_groups=1\noutput y\n",
         SDX_INVALID_MODEL, "attribute 'rev': expected an integer from 1 to 1"},
        {"opset 17\nopset 1 sardonyx\ninput x float32[1,2,2]\ninput s float32[1]\n"
         "node y = sardonyx::GroupNormalization(x, s, s) num_groups=1\noutput y\n",
         SDX_INVALID_MODEL, "attribute 'rev'"},
    };
    sdx_runtime *runtime;
    must(sdx_runtime_create(NULL, &runtime));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        size_t size;
        sdx_model *model;
        void *const bytes = model_bytes(bad[i].text, &size);
        must_fail(sdx_model_load_memory(runtime, bytes, size, NULL, &model), bad[i].code,
                  bad[i].part);
        free(bytes);
    }
    sdx_runtime_release(runtime);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_read_again_is_the_same),
        cmocka_unit_test(an_opset_may_be_asked_for),
        cmocka_unit_test(missing_operators_keep_their_opset),
        cmocka_unit_test(large_tensors_beside_the_model),
        cmocka_unit_test(our_own_domain_is_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
