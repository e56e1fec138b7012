/* Files that are damaged, absurd or made to do harm, and inputs that do not fit: each ends with an
 * error that names the place, what was found, what was expected and what to do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "model_text.h"
#include "posix.h"
#include "wire/onnx_proto.h"

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

static sdx_status load(const void *bytes, size_t size, const sdx_model_options *options) {
    sdx_model *model = NULL;
    const sdx_status status = sdx_model_load_memory(runtime, bytes, size, options, &model);
    assert_true((status == NULL) == (model != NULL));
    sdx_model_release(model);
    return status;
}

/* ---- texts ------------------------------------------------------------------------------------
 */

typedef struct bad_text {
    const char *text;
    sdx_code code;
    const char *part;
} bad_text;

static const bad_text bad_texts[] = {
    {"opset 17\ninput x float32[2]\nnode a = Add(x, b)\nnode b = Relu(a)\noutput b\n",
     SDX_INVALID_MODEL, "nodes form a cycle ("},
    {"opset 17\ninput x float32[2]\nnode a = Relu(a)\noutput a\n", SDX_INVALID_MODEL,
     "nodes form a cycle ("},
    {"opset 17\ninput weight float32[2]\nnode y = Relu(weigth)\noutput y\n", SDX_INVALID_MODEL,
     "value 'weigth': found a use without definition, expected a node, input or initializer of "
     "that name; did the exporter mean 'weight'?"},
    {"opset 17\ninput x float32[2]\nnode y = Relu(x)\noutput z\n", SDX_INVALID_MODEL,
     "output 0: value 'z': found a use without definition"},
    {"opset 17\ninput x float32[2]\nnode y = Relu(x)\nnode y = Neg(x)\noutput y\n",
     SDX_INVALID_MODEL, "value 'y': found two definitions, expected one; rename one of them"},
    {"opset 17\ninput x float32[2]\ninput x float32[2]\nnode y = Relu(x)\noutput y\n",
     SDX_INVALID_MODEL, "input 1: value 'x': found two definitions"},
    {"opset 17\ninput x\nnode y = Relu(x)\noutput y\n", SDX_INVALID_MODEL,
     "input 'x': found no type, expected one"},
    {"opset 0\ninput x float32[2]\nnode y = Relu(x)\noutput y\n", SDX_INVALID_MODEL,
     "opset_import: found version 0 of ai.onnx, expected 1 to 28; export the model again"},
    {"opset 17\ninput x string[2]\nnode y = Relu(x)\noutput y\n", SDX_TYPE_MISMATCH,
     "(Relu, opset 17): input 'X' has type string, supported: "},
    {"opset 17\ninput x float32[2]\ninput w int64[2]\nnode y = Add(x, w)\noutput y\n",
     SDX_TYPE_MISMATCH, "has type int64, expected float32 as 'A' has; insert a Cast before it"},
    {"opset 17\ninput x float32[2,3]\ninput w float32[4,2]\nnode y = MatMul(x, w)\noutput y\n",
     SDX_SHAPE_MISMATCH, "(MatMul, opset 17)"},
    {"opset 17\ninput x float32[2]\nnode y = Relu(x, x)\noutput y\n", SDX_INVALID_MODEL,
     "2 inputs, expected at most 1 ('X'); remove the others"},
    {"opset 17\ninput x float32[2]\nnode y = Add(x)\noutput y\n", SDX_INVALID_MODEL,
     "input 'B' is absent, expected a value; connect it"},
    {"opset 17\ninput x float32[2]\nnode y = Relu(x) slope=1\noutput y\n", SDX_INVALID_MODEL,
     "attribute 'slope' is unknown, expected none; remove it"},
    {"opset 17\ninput x float32[2]\nnode y = Softmax(x) axis=1.5\noutput y\n", SDX_INVALID_MODEL,
     "attribute 'axis' has type float, expected int"},
    {"opset 17\ninput x float32[2]\nnode y = Softmax(x) axis=7\noutput y\n", SDX_OUT_OF_RANGE,
     "expected a value in [-1, 0]"},
    {"opset 17\ninput x float32[2]\nnode y = Frobnicate(x)\nnode z = Defenestrate(y)\noutput z\n",
     SDX_UNSUPPORTED_OPERATOR,
     "found 2 operators that this build lacks: Defenestrate (opset 17, 1 "
     "node, first '"},
    {"opset 17\ninput x float32[2]\nnode y = sardonyx::AlignAxis(x)\noutput y\n", SDX_INVALID_MODEL,
     "found an operator of domain 'sardonyx', which is made while loading"},
    {"opset 17\ninput c bool[]\ninput x float32[2]\ngraph t {\ninput q float32[2]\noutput q\n}\n"
     "graph e {\nnode b = Neg(x)\noutput b\n}\nnode y = If(c) then_branch=@t else_branch=@e\n"
     "output y\n",
     SDX_INVALID_MODEL, "attribute 'then_branch': found a graph with 1 inputs and 1 outputs"},
    {"opset 17\ninput s float32[2]\ninit k float32[1] 1\nnode y = Reshape(s, k)\noutput y\n",
     SDX_TYPE_MISMATCH, "input 'shape' has type float32"},
    {"opset 17\ninput n float32[2]\ninit k int64[2] -7 2\nnode y = Reshape(n, k)\noutput y\n",
     SDX_SHAPE_MISMATCH, "-7"},
};

static void texts_are_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad_texts / sizeof *bad_texts; i++) {
        size_t size;
        void *const bytes = model_bytes(bad_texts[i].text, &size);
        const sdx_status status = load(bytes, size, NULL);
        must_fail(status, bad_texts[i].code, bad_texts[i].part);
        free(bytes);
    }
}

/* ---- tensors ----------------------------------------------------------------------------------
 */

/* y = Add(x, w) where w is this tensor, or, for a sparse one, that. */
static sdx_status load_with(const sdx_pb_tensor *w, const sdx_pb_sparse_tensor *sparse,
                            const sdx_model_options *options) {
    static const sdx_str in[] = {{"x", 1}, {"w", 1}}, out[] = {{"y", 1}};
    const sdx_pb_type_tensor floats = {.elem_type = SDX_FLOAT32, .has_elem_type = true};
    const sdx_pb_type type = {.tensor_type = &floats};
    const sdx_pb_value_info x = {.name = in[0], .type = &type}, y = {.name = out[0]};
    const sdx_pb_node node = {
        .op_type = {"Add", 3}, .input = in, .n_input = 2, .output = out, .n_output = 1};
    const sdx_pb_graph graph = {.node = &node,
                                .n_node = 1,
                                .input = &x,
                                .n_input = 1,
                                .output = &y,
                                .n_output = 1,
                                .initializer = w,
                                .n_initializer = w != NULL,
                                .sparse_initializer = sparse,
                                .n_sparse_initializer = sparse != NULL};
    const sdx_pb_opset opset = {.version = 17, .has_version = true};
    const sdx_pb_model model = {.ir_version = 8,
                                .has_ir_version = true,
                                .opset_import = &opset,
                                .n_opset_import = 1,
                                .graph = &graph};
    sdx_buf buf;
    sdx_buf_init(&buf, sdx_heap_global(), SIZE_MAX);
    must(sdx_wire_encode(&sdx_pb_model_def, &model, &buf));
    const sdx_status status = load(buf.ptr, buf.size, options);
    sdx_buf_deinit(&buf);
    return status;
}

static sdx_pb_tensor tensor(int32_t type, const int64_t *dims, size_t rank, size_t raw) {
    static const char bytes[64] = {0};
    return (sdx_pb_tensor){.name = {"w", 1},
                           .data_type = type,
                           .has_data_type = type >= 0,
                           .dims = dims,
                           .n_dims = rank,
                           .raw_data = {bytes, raw}};
}

static void tensors_are_refused(void **state) {
    (void)state;
    static const int64_t two[] = {2}, negative[] = {2, -1}, huge[] = {INT64_C(1) << 60},
                         product[] = {INT64_C(1) << 40, INT64_C(1) << 40},
                         hidden[] = {0, INT64_MAX, INT64_MAX}, ones[100] = {1};
    static const struct {
        int32_t type;
        const int64_t *dims;
        size_t rank, raw;
        sdx_code code;
        const char *part;
    } rows[] = {
        {SDX_FLOAT32, two, 1, 7, SDX_INVALID_MODEL,
         "tensor 'w': raw_data has 7 bytes, expected 8 for float32[2]"},
        {SDX_FLOAT32, two, 1, 0, SDX_INVALID_MODEL,
         "tensor 'w': float_data has 0 entries, expected 2 for float32[2]"},
        {SDX_FLOAT32, negative, 2, 8, SDX_INVALID_MODEL, "dims[1] is -1, expected 0 or more"},
        {SDX_FLOAT32, huge, 1, 8, SDX_LIMIT, "dimension 0 is 1152921504606846976"},
        {SDX_COMPLEX128, huge, 1, 8, SDX_LIMIT, "which no memory holds"},
        {SDX_FLOAT32, product, 2, 8, SDX_LIMIT, "which no memory holds"},
        {SDX_FLOAT32, hidden, 3, 8, SDX_LIMIT, "which no memory holds"},
        {SDX_FLOAT32, ones, 100, 4, SDX_LIMIT, "shape has rank 100, supported: 0 to "},
        {99, two, 1, 8, SDX_INVALID_MODEL, "data_type is 99, expected 1 to 26"},
        {0, two, 1, 8, SDX_INVALID_MODEL, "a tensor has no data_type, expected 1 to 26"},
        {SDX_STRING, two, 1, 8, SDX_INVALID_MODEL, "strings are stored as raw_data"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const sdx_pb_tensor w = tensor(rows[i].type, rows[i].dims, rows[i].rank, rows[i].raw);
        must_fail(load_with(&w, NULL, NULL), rows[i].code, rows[i].part);
    }
    static const int64_t numbers[] = {1, 2};
    sdx_pb_tensor both = tensor(SDX_FLOAT32, two, 1, 8);
    both.int64_data = numbers;
    both.n_int64_data = 2;
    must_fail(load_with(&both, NULL, NULL), SDX_INVALID_MODEL, "expected one of them");
}

static void sparse_tensors_are_refused(void **state) {
    (void)state;
    static const int64_t one[] = {1}, far[] = {INT64_MAX}, huge[] = {INT64_C(1) << 58};
    sdx_pb_tensor values = tensor(SDX_FLOAT32, one, 1, 4);
    sdx_pb_tensor indices = {.data_type = SDX_INT64,
                             .has_data_type = true,
                             .dims = one,
                             .n_dims = 1,
                             .int64_data = far,
                             .n_int64_data = 1};
    sdx_pb_sparse_tensor sparse = {
        .values = &values, .indices = &indices, .dims = one, .n_dims = 1};
    must_fail(load_with(NULL, &sparse, NULL), SDX_INVALID_MODEL,
              "sparse_initializer 'w': sparse tensor: index 9223372036854775807 of entry 0 is "
              "outside the dense tensor, expected 0 to 0");
    sparse.dims = huge;
    must_fail(load_with(NULL, &sparse, NULL), SDX_LIMIT,
              sizeof(size_t) < 8 ? "which no memory holds" : "a sparse tensor stands for float32[");
    sparse.indices = NULL;
    must_fail(load_with(NULL, &sparse, NULL), SDX_INVALID_MODEL, "a sparse tensor has no indices");
}

/* ---- external data ----------------------------------------------------------------------------
 */

static sdx_status load_external(const char *location, const char *offset, const char *length,
                                const sdx_model_options *options) {
    static const int64_t four[] = {4};
    const sdx_pb_string_pair pairs[] = {
        {.key = sdx_str_from("location"), .value = sdx_str_from(location)},
        {.key = sdx_str_from("offset"), .value = sdx_str_from(offset)},
        {.key = sdx_str_from("length"), .value = sdx_str_from(length)}};
    sdx_pb_tensor w = tensor(SDX_FLOAT32, four, 1, 0);
    w.data_location = SDX_PB_LOCATION_EXTERNAL;
    w.has_data_location = true;
    w.external_data = pairs;
    w.n_external_data = 3;
    return load_with(&w, NULL, options);
}

static void external_data_stays_beneath(void **state) {
    (void)state;
    char folder[300], path[400], link[400];
    snprintf(folder, sizeof folder, "%.200s/sardonyx-hostile-XXXXXX", temporary_folder());
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/w.bin", folder);
    snprintf(link, sizeof link, "%s/link", folder);
    FILE *const file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite("0123456789abcdefghij", 1, 20, file), 20);
    fclose(file);
    if (HAS_LINKS) assert_int_equal(symlink("/etc/passwd", link), 0);
    sdx_model_options options;
    sdx_model_options_init(&options);
    must_fail(load_external("w.bin", "0", "16", &options), SDX_INVALID_MODEL,
              "the model has no folder; set the option folder or read");
    options.folder = folder;
    must(load_external("w.bin", "4", "16", &options));
    must_fail(load_external("w.bin", "5", "16", &options), SDX_INVALID_MODEL,
              "external data 'w.bin': found 20 bytes, expected at least 5 + 16");
    must_fail(load_external("w.bin", "9223372036854775807", "16", &options), SDX_INVALID_MODEL,
              "found 20 bytes");
    must_fail(load_external("w.bin", "-1", "16", &options), SDX_INVALID_MODEL,
              "external_data: found '-1' for 'offset', expected a number of bytes");
    must_fail(load_external("w.bin", "0", "1e3", &options), SDX_INVALID_MODEL,
              "found '1e3' for 'length'");
    must_fail(load_external("w.bin", "0", "12", &options), SDX_INVALID_MODEL,
              "external_data: found length 12, expected 16 for its type and dims; export the model "
              "again");
    must_fail(load_external("none.bin", "0", "16", &options), SDX_NOT_FOUND, "none.bin");
    static const char *const outside[] = {"../w.bin", "/etc/passwd", "a/../../w.bin", "link"};
    const size_t n_outside = sizeof outside / sizeof *outside - !HAS_LINKS;
    for (size_t i = 0; i < n_outside; i++)
        must_fail(load_external(outside[i], "0", "16", &options), SDX_INVALID_MODEL, outside[i]);
    must_fail(load_external("", "0", "16", &options), SDX_INVALID_MODEL, "found no key 'location'");
    unlink(link);
    unlink(path);
    rmdir(folder);
}

/* ---- depth ------------------------------------------------------------------------------------
 */

/* 3,000 messages inside each other: graph in attribute in node in graph ... */
static void deep_nesting_ends(void **state) {
    (void)state;
    enum { DEPTH = 3000 };
    sdx_buf inner, outer;
    sdx_buf_init(&inner, sdx_heap_global(), SIZE_MAX);
    sdx_buf_init(&outer, sdx_heap_global(), SIZE_MAX);
    static const unsigned char tags[] = {0x0a, 0x2a, 0x32}; /* node, attribute, g */
    for (size_t i = 0; i < DEPTH; i++) {                    /* from the inside */
        unsigned char head[8] = {i + 1 == DEPTH ? 0x3a : tags[(DEPTH - 2 - i) % 3]};
        size_t n = 1, size = inner.size;
        for (; size >= 0x80; size >>= 7)
            head[n++] = (unsigned char)(size | 0x80);
        head[n++] = (unsigned char)size;
        outer.size = 0;
        must(sdx_buf_append(&outer, head, n));
        if (inner.size != 0) must(sdx_buf_append(&outer, inner.ptr, inner.size));
        const sdx_buf swap = inner;
        inner = outer;
        outer = swap;
    }
    must_fail(load(inner.ptr, inner.size, NULL), SDX_LIMIT, "expected fewer than ");
    sdx_buf_deinit(&inner);
    sdx_buf_deinit(&outer);
}

/* ---- bytes ------------------------------------------------------------------------------------
 */

static const char small[] = "opset 17\n"
                            "input x float32[n,2]\n"
                            "input m int64[]\n"
                            "init w float32[2,2] 1 2 3 4\n"
                            "init s int64[2] -1 2\n"
                            "graph body {\n"
                            "input i int64[]\n"
                            "input c bool[]\n"
                            "input v float32[n,2]\n"
                            "node v2 = MatMul(v, w)\n"
                            "node c2 = Identity(c)\n"
                            "output c2\n"
                            "output v2\n"
                            "}\n"
                            "node y = Loop(m, _, x) body=@body\n"
                            "node r = Reshape(y, s)\n"
                            "node z = Softmax(r) axis=1\n"
                            "output z\n";

/* Loads what may be damaged; an error has a text that tells more than its code. */
static void try_bytes(const void *bytes, size_t size) {
    sdx_model_options options;
    sdx_model_options_init(&options);
    options.load = SDX_LOAD_COPY;
    options.memory_limit = (size_t)16 << 20;
    const sdx_status status = load(bytes, size, &options);
    if (status == NULL) return;
    assert_int_not_equal(sdx_status_code(status), SDX_INTERNAL);
    assert_true(strlen(sdx_status_text(status)) > 10);
    sdx_status_free(status);
}

static void every_truncation_ends(void **state) {
    (void)state;
    size_t size;
    void *const bytes = model_bytes(small, &size);
    must_fail(load(bytes, 0, NULL), SDX_INVALID_MODEL, "found 0 bytes, expected an ONNX file");
    for (size_t n = 1; n < size; n++) {
        void *const part = malloc(n); /* of its own, so that a read beyond it is seen */
        assert_non_null(part);
        memcpy(part, bytes, n);
        try_bytes(part, n);
        free(part);
    }
    must(load(bytes, size, NULL));
    free(bytes);
}

static void every_changed_byte_ends(void **state) {
    (void)state;
    static const unsigned char changes[] = {0x01, 0x80, 0x7f, 0xff};
    size_t size;
    unsigned char *const bytes = model_bytes(small, &size);
    for (size_t at = 0; at < size; at++) {
        for (size_t i = 0; i < sizeof changes; i++) {
            bytes[at] ^= changes[i];
            try_bytes(bytes, size);
            bytes[at] ^= changes[i];
        }
    }
    free(bytes);
}

static void foreign_files_are_no_models(void **state) {
    (void)state;
    static const char *const foreign[] = {"PK\003\004 zip", "\x89PNG\r\n\032\n", "<html>", "{}",
                                          "\177ELF\x02\x01\x01"};
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        must_fail(load(foreign[i], strlen(foreign[i]), NULL), SDX_INVALID_MODEL, "; ");
    must_fail(load("\x08\x08", 2, NULL), SDX_INVALID_MODEL,
              "found no graph, expected one; is this an ONNX file?");
}

/* ---- inputs -----------------------------------------------------------------------------------
 */

static void inputs_that_do_not_fit(void **state) {
    (void)state;
    static const int64_t square[] = {2, 2}, wide[] = {2, 3}, line[] = {2};
    sdx_model *const model = model_of(runtime,
                                      "opset 17\ninput x float32[n,2]\ninput k float32[2]\n"
                                      "node y = Add(x, k)\noutput y\n",
                                      NULL);
    sdx_context *context;
    must(sdx_context_create(model, NULL, &context));
    sdx_value *whole, *text, *good = random_tensor(1, 2, square),
                             *long_row = random_tensor(2, 2, wide),
                             *flat = random_tensor(3, 1, line), *output = NULL;
    must(sdx_tensor_create(NULL, SDX_INT64, 2, square, &whole));
    must(sdx_tensor_create(NULL, SDX_STRING, 2, square, &text));
    const struct {
        sdx_value *x, *k;
        sdx_code code;
        const char *part;
    } rows[] = {
        {whole, flat, SDX_TYPE_MISMATCH, "input 'x': found int64[2,2], expected tensor(float32)"},
        {text, flat, SDX_TYPE_MISMATCH, "input 'x': found string[2,2], expected tensor(float32)"},
        {long_row, flat, SDX_SHAPE_MISMATCH,
         "input 'x': found float32[2,3], expected 2 for "
         "dimension 1"},
        {flat, flat, SDX_SHAPE_MISMATCH, "input 'x': found float32[2] of rank 1, expected rank 2"},
        {good, NULL, SDX_INVALID_ARGUMENT, "input 'k': found none, expected a value"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sdx_value *const inputs[] = {rows[i].x, rows[i].k};
        must_fail(sdx_context_run(context, inputs, 2, &output, 1, NULL), rows[i].code,
                  rows[i].part);
        assert_null(output);
    }
    sdx_value *const inputs[] = {good, flat};
    must_fail(sdx_context_run(context, inputs, 1, &output, 1, NULL), SDX_INVALID_ARGUMENT,
              "run: found 1 inputs, expected the 2 of the model");
    must(sdx_context_run(context, inputs, 2, &output, 1, NULL));
    sdx_value *const all[] = {whole, text, good, long_row, flat, output};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        sdx_value_release(all[i]);
    sdx_context_destroy(context);
    sdx_model_release(model);
}

/* The branches of an If, or the iterations of a Loop, change the type of a value. */
static void types_that_change_in_a_run(void **state) {
    (void)state;
    static const int64_t two[] = {2};
    sdx_model *const model =
        model_of(runtime,
                 "opset 17\ninput c bool[]\ninput x float32[2]\n"
                 "graph t {\nnode a = Relu(x)\noutput a\n}\n"
                 "graph e {\nnode b = Cast(x) to=7\noutput b\n}\n"
                 "node r = If(c) then_branch=@t else_branch=@e\nnode y = Exp(r)\noutput y\n",
                 NULL);
    sdx_context *context;
    sdx_value *condition, *x = random_tensor(1, 1, two), *output = NULL;
    must(sdx_context_create(model, NULL, &context));
    must(sdx_tensor_create(NULL, SDX_BOOL, 0, NULL, &condition));
    sdx_value *const inputs[] = {condition, x};
    *(uint8_t *)sdx_tensor_data(condition) = 0;
    must_fail(sdx_context_run(context, inputs, 2, &output, 1, NULL), SDX_TYPE_MISMATCH,
              "(If, opset 17): output 0: found int64[2], expected tensor(float32)");
    *(uint8_t *)sdx_tensor_data(condition) = 1;
    must(sdx_context_run(context, inputs, 2, &output, 1, NULL));
    sdx_value_release(output);
    sdx_value_release(condition);
    sdx_value_release(x);
    sdx_context_destroy(context);
    sdx_model_release(model);
}

/* What the fuzzers found, and seeds made to lead them: each loads or ends with an error. */
static void findings_of_fuzzing_stay_found(void **state) {
    static const char folder[] = "fuzz/seeds/fuzz_model";
    DIR *const dir = opendir(folder);
    size_t n = 0;
    (void)state;
    assert_non_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char path[512];
        sdx_file file;
        if (entry->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        must(sdx_file_map(path, &file));
        sdx_status_free(load(file.data, file.size, NULL));
        sdx_file_close(&file);
        n++;
    }
    closedir(dir);
    assert_true(n > 0);
}

/* Old forms that become several nodes, and an output that nobody named. */
static void upgrades_without_an_output(void **state) {
    static const char *const nodes[] = {
        "Softmax(x) axis=1",
        "LogSoftmax(x) axis=0",
        "Hardmax(x) axis=1",
        "com.microsoft::FusedGemm(m, m) activation=\"LeakyRelu\" activation_alpha=0.5",
        "com.microsoft::QLinearSigmoid(q, s, z, s, z)",
        "com.microsoft::QLinearSigmoid(q, s, _, s, _)",
        "com.microsoft::QLinearAdd(q, s, z, q, s, z, s, z)",
        "com.microsoft::NhwcMaxPool(q) kernel_shape=[1,1]",
        "com.microsoft::NhwcConv(x, w)",
        "com.microsoft::QLinearGlobalAveragePool(q, s, z, s, z) channels_last=1",
    };
    (void)state;
    for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++) {
        char text[512];
        size_t size;
        snprintf(text, sizeof text,
                 "opset 11\nopset 1 com.microsoft\ninput x float32[1,2,3,4]\n"
                 "input m float32[2,2]\ninput q int8[1,2,3,4]\ninit s float32[] 0.5\n"
                 "init z int8[] 1\ninit w float32[2,4,1,1] 1 2 3 4 5 6 7 8\nnode _ = %s\n"
                 "node y = Identity(x)\noutput y\n",
                 nodes[i]);
        void *const bytes = model_bytes(text, &size);
        must(load(bytes, size, NULL));
        free(bytes);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_refused),
        cmocka_unit_test(tensors_are_refused),
        cmocka_unit_test(sparse_tensors_are_refused),
        cmocka_unit_test(external_data_stays_beneath),
        cmocka_unit_test(deep_nesting_ends),
        cmocka_unit_test(every_truncation_ends),
        cmocka_unit_test(every_changed_byte_ends),
        cmocka_unit_test(foreign_files_are_no_models),
        cmocka_unit_test(inputs_that_do_not_fit),
        cmocka_unit_test(types_that_change_in_a_run),
        cmocka_unit_test(findings_of_fuzzing_stay_found),
        cmocka_unit_test(upgrades_without_an_output),
    };
    return cmocka_run_group_tests_name("onnx_hostile", tests, setup, teardown);
}
