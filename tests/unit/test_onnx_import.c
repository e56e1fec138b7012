/* What import understands: versions, names and scopes, functions, subgraphs, every way to store a
 * tensor, types of inputs. (test_onnx_hostile.c has what it refuses, test_onnx_upgrade.c the forms
 * of old opsets.) Most models have one input, x = [1, -2, 3]; a row says what comes out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "posix.h"
#include "session.h"
#include "wire/onnx_proto.h"

#define X "input x float32[3]\n"

static const float x_data[] = {1, -2, 3};

/* Runs with x and, where there are more inputs, their defaults; takes the session. */
static void expect_result(session s, size_t n, const float *expected) {
    sdx_value *inputs[4] = {floats(DIMS(3), x_data)}, *y = NULL;
    must(sdx_context_run(s.context, inputs, sdx_model_n_inputs(s.model), &y, 1, NULL));
    expect_floats(y, n, expected);
    sdx_value_release(inputs[0]);
    sdx_value_release(y);
    session_end(s);
}

typedef struct example {
    const char *text;
    size_t n;
    float y[6];
} example;

#define RUN_ALL(table) run_all(table, sizeof(table) / sizeof *(table))

/* Each as it is written and rewritten. */
static void run_all(const example *rows, size_t n) {
    for (size_t i = 0; i < 2 * n; i++) {
        expect_result(session_begin(rows[i / 2].text, i % 2 != 0), rows[i / 2].n, rows[i / 2].y);
    }
}

/* ---- versions */

static char last_line[256];

static void note_line(void *user, sdx_log_level level, const char *line) {
    (void)user;
    if (level == SDX_LOG_WARN) snprintf(last_line, sizeof last_line, "%s", line);
}

/* What is logged (at most one line) while Relu of this head is loaded and computes. */
static void expect_warning(const char *head, const char *warning) {
    static const float expected[] = {1, 0, 3};
    char text[256];
    sdx_runtime *runtime;
    sdx_runtime_options options;
    sdx_runtime_options_init(&options);
    options.log = note_line;
    must(sdx_runtime_create(&options, &runtime));
    snprintf(text, sizeof text, "%s" X "node y = Relu(x)\noutput y\n", head);
    last_line[0] = 0;
    expect_result(session_open(runtime, text, NULL), 3, expected);
    assert_string_equal(last_line, warning);
    sdx_runtime_release(runtime);
}

static void versions(void **state) {
    (void)state;
    char head[64];
    for (int opset = 1; opset <= 28; opset++) {
        snprintf(head, sizeof head, "opset %d\n", opset);
        expect_warning(head, "");
    }
    for (int ir = 3; ir <= 14; ir++) {
        snprintf(head, sizeof head, "ir %d\nopset 17\n", ir);
        expect_warning(head, "");
    }
    expect_warning("ir 1\n", ""); /* without opset_import: version 1 */
    expect_warning("ir 2\n", "");
    expect_warning("opset 17 ai.onnx\nopset 3 ai.onnx.ml\nopset 1 no.such.domain\n", "");
    expect_warning("opset 29\n", "model has opset 29, newer than 28: operators are taken as of 28");
    expect_warning("ir 15\nopset 17\n", "model has IR version 15, newer than 14: read as 14");
}

static void the_file_is_described(void **state) {
    (void)state;
    session s = session_begin("ir 9\n"
                              "opset 17\n"
                              "opset 3 ai.onnx.ml\n"
                              "metadata author A. N. Other\n"
                              "metadata empty\n"
                              "input x float32[batch,3]\n"
                              "init w float32[3] 1 2 3\n"
                              "node a = Mul(x, w)\n"
                              "node y = Mul(a, w)\n"
                              "output y\n",
                              true);
    sdx_model_summary summary = {.struct_size = sizeof summary};
    sdx_model_summarize(s.model, &summary);
    assert_int_equal(summary.ir_version, 9);
    sdx_str key, value;
    int64_t version;
    size_t count;
    assert_int_equal(sdx_model_n_metadata(s.model), 2);
    must(sdx_model_metadata(s.model, 0, &key, &value));
    assert_true(sdx_str_is(key, "author") && sdx_str_is(value, "A. N. Other"));
    must(sdx_model_metadata(s.model, 1, &key, &value));
    assert_true(sdx_str_is(key, "empty") && value.len == 0);
    assert_int_equal(sdx_model_n_opsets(s.model), 2);
    must(sdx_model_opset(s.model, 1, &key, &version));
    assert_true(sdx_str_is(key, "ai.onnx.ml") && version == 3);
    assert_int_equal(sdx_model_n_operators(s.model), 1);
    must(sdx_model_operator(s.model, 0, &key, &value, &count));
    assert_true(sdx_str_is(value, "Mul") && count == 2);
    session_end(s);
}

/* ---- names, order, initializers */

static void names_and_order(void **state) {
    (void)state;
    static const example rows[] = {
        /* nodes in any order, in graphs and beneath them */
        {"opset 17\n" X "node y = Add(b, x)\nnode b = Add(a, a)\nnode a = Neg(x)\noutput y\n",
         3,
         {-1, 2, -3}},
        {"opset 17\n" X "init yes bool[] 1\n"
         "graph t {\nnode r = Neg(late)\noutput r\n}\ngraph e {\noutput x\n}\n"
         "node y = If(yes) then_branch=@t else_branch=@e\nnode late = Add(x, x)\noutput y\n",
         3,
         {-2, 4, -6}},
        /* a constant that is written twice: the last one counts */
        {"opset 17\n" X "init k float32[1] 7\ninit k float32[1] 10\nnode y = Add(x, k)\noutput y\n",
         3,
         {11, 8, 13}},
        {"opset 17\n" X
         "node k = Constant() value_float=7.0\nnode k = Constant() value_float=10.0\n"
         "node y = Add(x, k)\noutput y\n",
         3,
         {11, 8, 13}},
        /* an inner name hides an outer one, and is gone behind its graph */
        {"opset 17\n" X "init yes bool[] 1\nnode a = Neg(x)\n"
         "graph t {\nnode a = Add(x, x)\nnode r = Add(a, x)\noutput r\n}\n"
         "graph e {\noutput x\n}\n"
         "node r = If(yes) then_branch=@t else_branch=@e\nnode y = Add(r, a)\noutput y\n",
         3,
         {2, -4, 6}},
        {"opset 17\n" X "init yes bool[] 1\ninit k float32[] 100\n"
         "graph t {\ninit k float32[] 10\nnode r = Add(x, k)\noutput r\n}\n"
         "graph e {\noutput x\n}\n"
         "node r = If(yes) then_branch=@t else_branch=@e\nnode y = Add(r, k)\noutput y\n",
         3,
         {111, 108, 113}},
        /* outputs: an input, an initializer, one value twice; a node nobody reads */
        {"opset 17\n" X "output x\n", 3, {1, -2, 3}},
        {"opset 17\n" X "init k float32[2] 5 6\nnode u = Neg(x)\noutput k\n", 2, {5, 6}},
        /* empty names: inputs and outputs that are left out */
        {"opset 17\n" X "init top float32[] 2\nnode y = Clip(x, _, top)\noutput y\n",
         3,
         {1, -2, 2}},
        {"opset 17\n" X "init k int64[1] 2\nnode _ i = TopK(x, k)\nnode y = Cast(i) to=1\n"
         "output y\n",
         2,
         {2, 0}},
        {"opset 17\n" X "graph b {\ninput i int64[]\ninput c bool[]\ninput v float32\n"
         "node w = Add(v, v)\nnode big = ReduceMax(w) keepdims=0\ninit top float32[] 20\n"
         "node go = Less(big, top)\noutput go\noutput w\n}\n"
         "node y = Loop(_, _, x) body=@b\noutput y\n",
         3,
         {8, -16, 24}},
        {"opset 18\n" X "node has = OptionalHasElement()\nnode f = Cast(has) to=1\n"
         "node y = Add(x, f)\noutput y\n",
         3,
         {1, -2, 3}},
        /* what the file says of values in between, and of outputs, is not believed */
        {"opset 17\n" X "value a int64[7,7]\nnode a = Neg(x)\nnode y = Neg(a)\n"
         "output y float32[9]\n",
         3,
         {1, -2, 3}},
        /* the domain's long name */
        {"opset 17 ai.onnx\n" X "node y = ai.onnx::Neg(x)\noutput y\n", 3, {-1, 2, -3}},
        /* inputs with defaults, which files before IR 4 give all initializers */
        {"ir 3\nopset 7\n" X "input k float32[1]\ninit k float32[1] 10\nnode y = Add(x, k)\n"
         "output y\n",
         3,
         {11, 8, 13}},
        /* sparse initializers */
        {"opset 17\n" X "sparse k float32[3] 0:10 2:30\nnode y = Add(x, k)\noutput y\n",
         3,
         {11, -2, 33}},
        {"opset 17\n" X "sparse i int64[2,2] 1:2 2:1\nnode y = Gather(x, i)\noutput y\n",
         4,
         {1, 3, -2, 1}},
        {"opset 17\n" X "sparse k float32[3]\nnode y = Add(x, k)\noutput y\n", 3, {1, -2, 3}},
    };
    RUN_ALL(rows);
}

/* An inner graph reads values of each graph around it, and computes with its own. */
static void captures_from_every_level(void **state) {
    (void)state;
    static const example rows[] = {
        {"opset 17\n" X "init yes bool[] 1\ninit two int64[] 2\nnode a = Add(x, x)\n"
         "graph in_t {\nnode q = Add(p, a)\nnode r3 = Add(q, x)\noutput r3\n}\n"
         "graph in_e {\noutput v\n}\n"
         "graph body {\ninput i int64[]\ninput c bool[]\ninput v float32[3]\n"
         "node p = Add(v, m)\nnode r2 = If(c) then_branch=@in_t else_branch=@in_e\n"
         "output c\noutput r2\n}\n"
         "graph t {\nnode m = Neg(x)\nnode r1 = Loop(two, yes, a) body=@body\noutput r1\n}\n"
         "graph e {\noutput x\n}\n"
         "node y = If(yes) then_branch=@t else_branch=@e\noutput y\n",
         3,
         {6, -12, 18}}, /* 2x, then twice + (-x) + 2x + x */
    };
    RUN_ALL(rows);
}

/* ---- functions */

static void functions(void **state) {
    (void)state;
    static const example rows[] = {
        /* attributes: given, by default, by a reference of a reference, left out */
        {"opset 17\nopset 1 my\n"
         "function y = my::F(x) alpha {\nopset 17\nnode y = LeakyRelu(x) alpha=$alpha\n}\n"
         "function y = my::G(x) a=100.0 {\nopset 17\nopset 1 my\n"
         "node y = my::F(x) alpha=$a\n}\n" X "node y = my::G(x) a=2.0\noutput y\n",
         3,
         {1, -4, 3}},
        {"opset 17\n"
         "function y = my::F(x) alpha {\nopset 17\nnode y = LeakyRelu(x) alpha=$alpha\n}\n"
         "function y = my::G(x) a=0.5 {\nopset 17\nnode y = my::F(x) alpha=$a\n}\n" X
         "node y = my::G(x)\noutput y\n",
         3,
         {1, -1, 3}},
        {"opset 17\n"
         "function y = my::F(x) alpha {\nopset 17\nnode y = ThresholdedRelu(x) alpha=$alpha\n}\n" X
         "node y = my::F(x)\noutput y\n",
         3,
         {0, 0, 3}}, /* the operator's own default: 1 */
        /* a graph as attribute sees the names of the call, a default one those of the body */
        {"opset 17\n"
         "graph e {\noutput hidden\n}\n"
         "function y = my::Either(x) then else=@e {\nopset 17\n"
         "node yes = Constant() value_int=1\nnode c = Cast(yes) to=9\nnode hidden = Neg(x)\n"
         "node h = If(c) then_branch=$then else_branch=$else\n"
         "node n = Not(c)\nnode k = If(n) then_branch=$then else_branch=$else\n"
         "node y = Add(h, k)\n}\n" X
         "init ten float32[] 10\ngraph t {\nnode r = Add(x, ten)\noutput r\n}\n"
         "node y = my::Either(x) then=@t\noutput y\n",
         3,
         {10, 10, 10}},
        /* inputs and outputs that the call leaves out, an output that is an input */
        {"opset 17\n"
         "function a b = my::F(x low high) {\nopset 17\nnode a = Neg(x)\n"
         "node b = Clip(x, low, high)\n}\n" X
         "init top float32[] 2\nnode _ y = my::F(x, _, top)\noutput y\n",
         3,
         {1, -2, 2}},
        {"opset 17\nfunction y x = my::F(x) {\nopset 17\nnode y = Neg(x)\n}\n" X
         "node n same = my::F(x)\nnode y = Add(same, x)\noutput y\n",
         3,
         {2, -4, 6}},
        /* a function of an operator's name shadows it; its opset is its own */
        {"opset 17\nfunction y = Relu(x) {\nopset 17\nnode y = Neg(x)\n}\n" X
         "node y = Relu(x)\noutput y\n",
         3,
         {-1, 2, -3}},
        {"opset 17\nfunction y = my::Old(x) {\nopset 6\nnode y = Clip(x) min=-1.0 max=2.0\n}\n" X
         "init low float32[] 0\nnode a = my::Old(x)\nnode y = Clip(a, low)\noutput y\n",
         3,
         {1, 0, 2}},
        /* ONNX IR 10: one name, told apart by overload */
        {"ir 10\nopset 17\n"
         "function y = my::F:plus(x) {\nopset 17\nnode y = Add(x, x)\n}\n"
         "function y = my::F:minus(x) {\nopset 17\nnode y = Neg(x)\n}\n"
         "function y = my::F(x) {\nopset 17\nnode y = Abs(x)\n}\n" X
         "node a = my::F:plus(x)\nnode b = my::F:minus(a)\nnode y = my::F(b)\noutput y\n",
         3,
         {2, 4, 6}},
        /* names of two calls do not meet, nor do they meet those outside */
        {"opset 17\nfunction y = my::F(x) {\nopset 17\nnode t = Neg(x)\nnode y = Add(t, t)\n}\n" X
         "node t = Abs(x)\nnode a = my::F(t)\nnode b = my::F(a)\nnode y = Add(b, t)\noutput y\n",
         3,
         {5, 10, 15}},
        /* nodes of a body in any order; a call inside a subgraph */
        {"opset 17\nfunction y = my::F(x) {\nopset 17\nnode y = Add(t, x)\nnode t = Add(x, "
         "x)\n}\n" X
         "init yes bool[] 1\ngraph t {\nnode r = my::F(x)\noutput r\n}\ngraph e {\noutput x\n}\n"
         "node y = If(yes) then_branch=@t else_branch=@e\noutput y\n",
         3,
         {3, -6, 9}},
    };
    RUN_ALL(rows);
}

/* Each function calls the one before it and adds 1. */
static void functions_fifty_deep(void **state) {
    (void)state;
    enum { DEPTH = 50 };
    static const float expected[] = {51, 48, 53};
    char text[8192];
    int n = snprintf(text, sizeof text,
                     "opset 17\nfunction y = my::F0(x) {\nopset 17\n"
                     "node y = Identity(x)\n}\n");
    for (int i = 1; i <= DEPTH; i++) {
        n += snprintf(text + n, sizeof text - (size_t)n,
                      "function y = my::F%d(x) {\nopset 17\nnode k = Constant() value_float=1.0\n"
                      "node h = my::F%d(x)\nnode y = Add(h, k)\n}\n",
                      i, i - 1);
    }
    n += snprintf(text + n, sizeof text - (size_t)n, X "node y = my::F%d(x)\noutput y\n", DEPTH);
    assert_true((size_t)n < sizeof text);
    expect_result(session_begin(text, true), 3, expected);
}

/* ---- external data */

typedef struct folder {
    char path[512], file[600];
} folder;

static folder make_folder(void) {
    folder f;
    snprintf(f.path, sizeof f.path, "%.400s/sardonyx-import-XXXXXX", temporary_folder());
    assert_non_null(mkdtemp(f.path));
    return f;
}

static FILE *open_file(folder *f, const char *name) {
    snprintf(f->file, sizeof f->file, "%s/%s", f->path, name);
    FILE *const file = fopen(f->file, "wb");
    assert_non_null(file);
    return file;
}

static void write_at(FILE *file, long long offset, const void *data, size_t size) {
    assert_int_equal(fseeko(file, (off_t)offset, SEEK_SET), 0);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static const float weights[] = {10, 20, 30};

static bool read_weights(void *user, sdx_str name, uint64_t offset, void *data, size_t length) {
    (void)user;
    if (!sdx_str_is(name, "any/name.bin") || offset + length > sizeof weights) return false;
    memcpy(data, (const char *)weights + offset, length);
    return true;
}

static void external_data(void **state) {
    (void)state;
    static const struct {
        const char *line;
        float y[3];
    } rows[] = {
        {"external k float32[3] sub/w.bin", {11, 18, 33}},
        {"external k float32[3] sub/w.bin 0 12", {11, 18, 33}},
        {"external k float32[1] sub/w.bin 8 4", {31, 28, 33}},
        {"external k float32[1] sub/w.bin 4", {21, 18, 23}},
        {"external k float32[0] none.bin 0 0\ninit e float32[1] 1", {0}},
    };
    folder f = make_folder();
    char sub[600], text[256];
    snprintf(sub, sizeof sub, "%s/sub", f.path);
    assert_int_equal(mkdir(sub, 0700), 0);
    write_at(open_file(&f, "sub/w.bin"), 0, weights, sizeof weights);
    sdx_runtime *runtime;
    sdx_model_options options;
    must(sdx_runtime_create(NULL, &runtime));
    sdx_model_options_init(&options);
    options.folder = f.path;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const bool empty = strstr(rows[i].line, "float32[0]") != NULL;
        snprintf(text, sizeof text, "opset 17\n" X "%s\nnode y = %s\noutput y\n", rows[i].line,
                 empty ? "Identity(k)" : "Add(x, k)");
        expect_result(session_open(runtime, text, &options), empty ? 0 : 3, rows[i].y);
    }
    options.folder = NULL;
    options.read = read_weights;
    snprintf(text, sizeof text,
             "opset 17\n" X "external k float32[2] any/name.bin 4 8\nnode s = ReduceSum(k)\n"
             "node y = Add(x, s)\noutput y\n");
    expect_result(session_open(runtime, text, &options), 3, (const float[]){51, 48, 53});
    sdx_runtime_release(runtime);
    unlink(f.file);
    rmdir(sub);
    rmdir(f.path);
}

/* Tensors beyond 2 GB, in a file of their own and in the model: holes, but for the last element. */
enum { HALF_A_GIGA = 1 << 29 };
#define MANY ((int64_t)HALF_A_GIGA + HALF_A_GIGA / 4) /* 2.5 GB of float32 */

static void external_data_beyond_two_gigabytes(void **state) {
    (void)state;
    if (sizeof(size_t) < 8) skip();
    folder f = make_folder();
    char text[256];
    snprintf(text, sizeof text,
             "opset 17\n" X "external w float32[%lld] w.bin 64 %lld\ninit at int64[] -1\n"
             "node k = Gather(w, at)\nnode y = Add(x, k)\noutput y\n",
             (long long)MANY, (long long)MANY * 4);
    write_at(open_file(&f, "w.bin"), 64 + (MANY - 1) * 4, &weights[1], 4);
    sdx_runtime *runtime;
    sdx_model_options options;
    must(sdx_runtime_create(NULL, &runtime));
    sdx_model_options_init(&options);
    options.folder = f.path;
    expect_result(session_open(runtime, text, &options), 3, (const float[]){21, 18, 23});
    sdx_runtime_release(runtime);
    unlink(f.file);
    rmdir(f.path);
}

/* The head of a field that holds `size` bytes. */
static void append_field(sdx_buf *buf, unsigned char tag, uint64_t size) {
    unsigned char head[16] = {tag};
    size_t n = 1;
    for (; size >= 0x80; size >>= 7)
        head[n++] = (unsigned char)(size | 0x80);
    head[n++] = (unsigned char)size;
    must(sdx_buf_append(buf, head, n));
}

/* The same model with one more initializer, w, whose raw_data ends the file but is not in `out`.
 * A text in front brings them into alignment, so that they need not be copied. */
static void wrap_with_weights(const char *text, sdx_buf *out) {
    enum { GRAPH = 0x3a, INITIALIZER = 0x2a, RAW_DATA = 0x4a, DOC = 0x32, ALIGNMENT = 64 };
    static const int64_t dims[] = {MANY};
    static const char blanks[ALIGNMENT] = {0};
    const sdx_pb_tensor w = {.name = {"w", 1},
                             .data_type = SDX_FLOAT32,
                             .has_data_type = true,
                             .dims = dims,
                             .n_dims = 1};
    const uint64_t bytes = (uint64_t)MANY * 4;
    sdx_arena arena;
    sdx_pb_model model;
    sdx_buf graph, tensor, rest;
    size_t size;
    void *const small = model_bytes(text, &size);
    sdx_arena_init(&arena, sdx_heap_global());
    sdx_buf_init(&graph, sdx_heap_global(), SIZE_MAX);
    sdx_buf_init(&tensor, sdx_heap_global(), SIZE_MAX);
    sdx_buf_init(&rest, sdx_heap_global(), SIZE_MAX);
    must(sdx_wire_decode(&sdx_pb_model_def, small, size, &arena, &model));
    must(sdx_wire_encode(&sdx_pb_graph_def, model.graph, &graph));
    must(sdx_wire_encode(&sdx_pb_tensor_def, &w, &tensor));
    append_field(&tensor, RAW_DATA, bytes);
    append_field(&graph, INITIALIZER, tensor.size + bytes);
    must(sdx_buf_append(&graph, tensor.ptr, tensor.size));
    model.graph = NULL;
    must(sdx_wire_encode(&sdx_pb_model_def, &model, &rest));
    append_field(&rest, GRAPH, graph.size + bytes);
    must(sdx_buf_append(&rest, graph.ptr, graph.size));
    const size_t n_blanks = ALIGNMENT - (rest.size + 2) % ALIGNMENT;
    append_field(out, DOC, n_blanks);
    must(sdx_buf_append(out, blanks, n_blanks));
    must(sdx_buf_append(out, rest.ptr, rest.size));
    sdx_buf_deinit(&graph);
    sdx_buf_deinit(&tensor);
    sdx_buf_deinit(&rest);
    sdx_arena_deinit(&arena);
    free(small);
}

static void a_file_beyond_two_gigabytes(void **state) {
    (void)state;
    if (sizeof(size_t) < 8) skip();
    folder f = make_folder();
    sdx_buf head;
    sdx_buf_init(&head, sdx_heap_global(), SIZE_MAX);
    wrap_with_weights("opset 17\n" X "init at int64[] -1\nnode k = Gather(w, at)\n"
                      "node y = Add(x, k)\noutput y\n",
                      &head);
    FILE *const file = open_file(&f, "model.onnx");
    assert_int_equal(fwrite(head.ptr, 1, head.size, file), head.size);
    write_at(file, (long long)head.size + (MANY - 1) * 4, &weights[1], 4);
    sdx_buf_deinit(&head);
    sdx_runtime *runtime;
    session s;
    must(sdx_runtime_create(NULL, &runtime));
    must(sdx_model_load(runtime, f.file, NULL, &s.model));
    must(sdx_context_create(s.model, NULL, &s.context));
    expect_result(s, 3, (const float[]){21, 18, 23});
    sdx_runtime_release(runtime);
    unlink(f.file);
    rmdir(f.path);
}

/* ---- types of inputs */

static void expect_port(const sdx_model *model, size_t i, sdx_kind kind, sdx_dtype dtype) {
    sdx_port_info info;
    must(sdx_model_input(model, i, &info));
    assert_int_equal(info.kind, kind);
    assert_int_equal(info.dtype, dtype);
}

static void containers_as_inputs(void **state) {
    (void)state;
    session s =
        session_begin("opset 18\nopset 1 ai.onnx.ml\n"
                      "input list sequence(float32[n])\n"
                      "input maybe optional(float32[3])\n"
                      "input words map(int64,float32)\n"
                      "init zero int64[] 0\n"
                      "node a = SequenceAt(list, zero)\n"
                      "node b = OptionalGetElement(maybe)\n"
                      "node c = ai.onnx.ml::DictVectorizer(words) int64_vocabulary=[7,8,9]\n"
                      "node d = Add(a, b)\n"
                      "node y = Add(d, c)\n"
                      "output y\n",
                      true);
    expect_port(s.model, 0, SDX_SEQUENCE, SDX_FLOAT32);
    expect_port(s.model, 1, SDX_OPTIONAL, SDX_FLOAT32);
    expect_port(s.model, 2, SDX_MAP, SDX_FLOAT32);
    sdx_value *x = floats(DIMS(3), x_data), *w = floats(DIMS(3), weights), *y = NULL;
    sdx_value *keys = ints(DIMS(2), (const int64_t[]){9, 7});
    sdx_value *values = floats(DIMS(2), (const float[]){300, 100}), *inputs[3];
    must(sdx_sequence_create(NULL, SDX_FLOAT32, &x, 1, &inputs[0]));
    must(sdx_optional_create(NULL, w, &inputs[1]));
    must(sdx_map_create(NULL, keys, values, &inputs[2]));
    must(sdx_context_run(s.context, inputs, 3, &y, 1, NULL));
    expect_floats(y, 3, (const float[]){111, 18, 333});
    sdx_value *all[] = {x, w, y, keys, values};
    release(all, 5);
    release(inputs, 3);
    session_end(s);
}

static void ranks_that_are_not_told(void **state) {
    (void)state;
    session s = session_begin("opset 17\ninput x float32\nnode y = Neg(x)\noutput y\n", true);
    sdx_value *const flat = floats(DIMS(3), x_data), *const tall = floats(DIMS(3, 1), x_data);
    sdx_value *results[] = {run_one(s, flat), run_one(s, tall)};
    expect_dims(results[0], DIMS(3));
    expect_dims(results[1], DIMS(3, 1));
    release(results, 2);
    sdx_value_release(flat);
    sdx_value_release(tall);
    session_end(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions),
        cmocka_unit_test(the_file_is_described),
        cmocka_unit_test(names_and_order),
        cmocka_unit_test(captures_from_every_level),
        cmocka_unit_test(functions),
        cmocka_unit_test(functions_fifty_deep),
        cmocka_unit_test(external_data),
        cmocka_unit_test(external_data_beyond_two_gigabytes),
        cmocka_unit_test(a_file_beyond_two_gigabytes),
        cmocka_unit_test(containers_as_inputs),
        cmocka_unit_test(ranks_that_are_not_told),
    };
    return cmocka_run_group_tests_name("onnx_import", tests, NULL, NULL);
}
