/* Custom operators that break rules: rows that are refused when they are registered, and hooks that
 * misuse the host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "custom_ops.h"
#include "fail_alloc.h"
#include "session.h"

static bool nothing(sdx_op_call *c) {
    (void)c;
    return true;
}

/* One operator that is right, to be made wrong in one place. */
typedef struct rows {
    sdx_op_port in[40], out[40];
    sdx_op_attr attrs[70];
    sdx_op_row row[3];
    sdx_op_library library;
} rows;

static rows good_rows(void) {
    rows r = {
        .in = {{.name = "X", .var = "T"}, {.name = "Z", .var = "T"}},
        .out = {{.name = "Y", .var = "T"}},
        .attrs = {{.name = "a", .kind = SDX_OP_ATTR_INT}, {.name = "b", .kind = SDX_OP_ATTR_INTS}}};
    r.row[0] = (sdx_op_row){.domain = "test",
                            .name = "Good",
                            .n_inputs = 2,
                            .n_outputs = 1,
                            .n_attrs = 2,
                            .run = nothing};
    r.library = (sdx_op_library)SDX_OP_LIBRARY(r.row);
    r.library.n_rows = 1;
    return r;
}

static sdx_status register_rows(sdx_runtime *runtime, rows *r) {
    for (size_t i = 0; i < 3; i++) {
        if (r->row[i].inputs == NULL) r->row[i].inputs = r->in;
        if (r->row[i].outputs == NULL) r->row[i].outputs = r->out;
        if (r->row[i].attrs == NULL) r->row[i].attrs = r->attrs;
    }
    if (r->library.rows != NULL) r->library.rows = r->row;
    return sdx_runtime_register_ops(runtime, &r->library);
}

/* Begins a row of the tables below: what is wrong, its code, what the text says. */
#define WRONG(change, code, part)                          \
    do {                                                   \
        rows r = good_rows();                              \
        change;                                            \
        must_fail(register_rows(runtime, &r), code, part); \
    } while (0)

/* The operator that was registered as number `index`. */
static bool registered(sdx_runtime *from, size_t index, sdx_operator_schema *out) {
    size_t n = 0;
    out->struct_size = sizeof *out;
    while (sdx_operator_describe(NULL, n, out))
        n++;
    return sdx_operator_describe(from, n + index, out);
}

static sdx_runtime *runtime;

static int setup(void **state) {
    (void)state;
    must(sdx_runtime_create(NULL, &runtime));
    return 0;
}

static int teardown(void **state) {
    (void)state;
    sdx_operator_schema schema;
    assert_false(registered(runtime, 0, &schema));
    sdx_runtime_release(runtime);
    return 0;
}

static void libraries_of_another_age(void **state) {
    (void)state;
    must_fail(sdx_runtime_register_ops(runtime, NULL), SDX_INVALID_ARGUMENT,
              "custom operators: found NULL, expected a table");
    WRONG(r.library.struct_size = 8, SDX_UNSUPPORTED, "found a table of 8 bytes");
    WRONG(r.library.version = 7, SDX_UNSUPPORTED, "found version 7 of op.h, expected 0");
    WRONG(r.library.row_size++, SDX_UNSUPPORTED, "begin the table with SDX_OP_LIBRARY");
    WRONG(r.library.port_size--, SDX_UNSUPPORTED, "begin the table with SDX_OP_LIBRARY");
    WRONG(r.library.attr_size = 0, SDX_UNSUPPORTED, "begin the table with SDX_OP_LIBRARY");
    WRONG(r.library.rows = NULL, SDX_INVALID_ARGUMENT, "the table of operators is NULL");
    WRONG(r.library.n_rows = SIZE_MAX, SDX_INVALID_ARGUMENT, "expected at most 4096");
}

static void rows_without_sense(void **state) {
    (void)state;
    static char longer[400];
    memset(longer, 'x', sizeof longer - 1);
    WRONG(r.row[0].name = NULL, SDX_INVALID_ARGUMENT, "operator 0: its name is NULL");
    WRONG(r.row[0].domain = NULL, SDX_INVALID_ARGUMENT, "operator 0: its domain is NULL");
    WRONG(r.row[0].name = "", SDX_INVALID_ARGUMENT, "its name is empty");
    WRONG(r.row[0].name = "a b", SDX_INVALID_ARGUMENT, "its name has byte 0x20 at 1");
    WRONG(r.row[0].name = longer, SDX_INVALID_ARGUMENT, "its name has more than 256 bytes");
    WRONG(r.row[0].domain = "sardonyx", SDX_INVALID_ARGUMENT, "is the engine's own");
    WRONG((r.row[0].domain = "ai.onnx", r.row[0].name = "Relu"), SDX_INVALID_ARGUMENT,
          "operator 0 (Relu): an operator of this domain and name is built in");
    WRONG((r.row[0].domain = "com.microsoft", r.row[0].name = "FusedMatMul"), SDX_INVALID_ARGUMENT,
          "operator 0 (com.microsoft::FusedMatMul): an operator of this domain and name is built");
    WRONG(r.row[0].run = NULL, SDX_INVALID_ARGUMENT, "operator 0 (test::Good): run is NULL");
    WRONG(r.row[0].since = -1, SDX_INVALID_ARGUMENT, "since is -1");
    WRONG(r.row[0].flags = 64, SDX_INVALID_ARGUMENT, "flags are 0x40, expected some of 0x7");
    WRONG(r.row[0].flags = SDX_OP_FLAG_DYNAMIC | SDX_OP_FLAG_INPLACE, SDX_INVALID_ARGUMENT,
          "is dynamic and in place");
    WRONG(r.row[0].n_outputs = 0, SDX_INVALID_ARGUMENT, "has no outputs");
    WRONG(r.row[0].n_inputs = 0, SDX_INVALID_ARGUMENT, "infer is NULL, expected a function");
    WRONG(r.in[0].flags = SDX_OP_PORT_OPTIONAL, SDX_INVALID_ARGUMENT, "infer is NULL");
    WRONG((r.library.n_rows = 2, r.row[1] = r.row[0]), SDX_INVALID_ARGUMENT,
          "operator 1 (test::Good): an operator of this domain and name is registered already");
}

static void ports_without_sense(void **state) {
    (void)state;
    WRONG(r.row[0].n_inputs = 40, SDX_INVALID_ARGUMENT, "expected at most 32 together");
    WRONG(r.row[0].n_outputs = SIZE_MAX, SDX_INVALID_ARGUMENT, "expected at most 32 together");
    WRONG(r.row[0].n_inputs = 3, SDX_INVALID_ARGUMENT, "input 2: its name is NULL");
    WRONG(r.in[1].name = "X", SDX_INVALID_ARGUMENT, "inputs 0 and 1 are both 'X'");
    WRONG(r.in[1].var = "", SDX_INVALID_ARGUMENT, "input 1: its var is empty");
    WRONG(r.in[0].flags = SDX_OP_PORT_VARIADIC, SDX_INVALID_ARGUMENT, "input 0: is variadic");
    WRONG(r.in[1].flags = SDX_OP_PORT_HETERO, SDX_INVALID_ARGUMENT, "of a variadic one only");
    WRONG(r.out[0].flags = 8, SDX_INVALID_ARGUMENT, "output 0: flags are 0x8");
    WRONG(r.out[0].types = 1, SDX_INVALID_ARGUMENT, "output 0: types are 0x1");
    WRONG(r.out[0].types = UINT64_C(1) << 40, SDX_INVALID_ARGUMENT, "output 0: types are 0x1000");
}

static void attributes_without_sense(void **state) {
    (void)state;
    static const char *const texts[] = {"a", NULL};
    WRONG(r.row[0].n_attrs = 70, SDX_INVALID_ARGUMENT, "has 70 attributes, expected at most 64");
    WRONG(r.row[0].n_attrs = 3, SDX_INVALID_ARGUMENT, "attribute 2: its name is NULL");
    WRONG(r.attrs[1].name = "a", SDX_INVALID_ARGUMENT, "attributes 0 and 1 are both 'a'");
    WRONG(r.attrs[0].kind = 0, SDX_INVALID_ARGUMENT, "attribute 0: its kind is 0");
    WRONG(r.attrs[0].kind = (sdx_op_attr_kind)99, SDX_INVALID_ARGUMENT, "its kind is 99");
    WRONG(r.attrs[0].flags = 2, SDX_INVALID_ARGUMENT, "attribute 0: flags are 0x2");
    WRONG(r.attrs[1].n = 1, SDX_INVALID_ARGUMENT, "its default is NULL, expected 1 elements");
    WRONG(r.attrs[1].n = SIZE_MAX, SDX_INVALID_ARGUMENT, "expected at most 65536");
    WRONG((r.attrs[1].kind = SDX_OP_ATTR_STRINGS, r.attrs[1].strings = texts, r.attrs[1].n = 2),
          SDX_INVALID_ARGUMENT, "attribute 1: string 1 of its default is NULL");
}

static void tables_without_an_address(void **state) {
    (void)state;
    const sdx_op_port port = {.name = "X"};
    sdx_op_row row[] = {{.domain = "test", .name = "Row", .n_inputs = 1, .n_outputs = 1}};
    row->run = nothing;
    sdx_op_library library = SDX_OP_LIBRARY(row);
    must_fail(sdx_runtime_register_ops(runtime, &library), SDX_INVALID_ARGUMENT,
              "the table of inputs is NULL, expected 1 of them");
    row->inputs = &port;
    must_fail(sdx_runtime_register_ops(runtime, &library), SDX_INVALID_ARGUMENT,
              "the table of outputs is NULL");
    row->outputs = &port;
    row->n_attrs = 1;
    must_fail(sdx_runtime_register_ops(runtime, &library), SDX_INVALID_ARGUMENT,
              "the table of attributes is NULL");
}

/* After all rows or none: what was refused leaves nothing. The table is not needed afterwards. */
static void rows_are_copied(void **state) {
    (void)state;
    sdx_runtime *own;
    sdx_operator_schema schema;
    char text[] = "Good";
    rows r = good_rows();
    r.row[0].name = text;
    r.row[0].since = 4;
    r.library.n_rows = 2;
    must(sdx_runtime_create(NULL, &own));
    must_fail(register_rows(own, &r), SDX_INVALID_ARGUMENT, "operator 1: its domain is NULL");
    assert_false(registered(own, 0, &schema));
    r.library.n_rows = 1;
    must(register_rows(own, &r));
    must(sdx_runtime_register_ops(own, &custom_ops));
    memset(text, 'x', 4);
    memset(&r, 0x55, sizeof r);
    assert_true(registered(own, 0, &schema));
    assert_string_equal(schema.name, "Good");
    assert_int_equal(schema.since, 4);
    for (size_t i = 0; i < custom_ops.n_rows; i++) {
        assert_true(registered(own, i + 1, &schema));
        assert_string_equal(schema.name, custom_ops.rows[i].name);
    }
    assert_false(registered(own, custom_ops.n_rows + 1, &schema));
    sdx_runtime_release(own);
}

/* ---- hooks */

static void misuse(const char *op, int how, sdx_code code, const char *part) {
    char text[300];
    sdx_runtime *own;
    sdx_model *model = NULL;
    sdx_context *context = NULL;
    size_t size;
    (void)snprintf(text, sizeof text,
                   "opset 17\nopset 3 test\ninput x float32[n]\nnode y, z = test::%s(x) how=%d\n"
                   "output y\noutput z\n",
                   op, how);
    if (strcmp(op, "Bad") == 0)
        (void)snprintf(text, sizeof text,
                       "opset 17\nopset 3 test\ninput x float32[n]\n"
                       "node y = test::Bad(x) how=%d\noutput y\n",
                       how);
    void *const bytes = model_bytes(text, &size);
    must(sdx_runtime_create(NULL, &own));
    must(sdx_runtime_register_ops(own, &custom_ops));
    sdx_status status = sdx_model_load_memory(own, bytes, size, NULL, &model);
    sdx_value *x = floats(DIMS(2), (const float[]){1, 2}), *y[2] = {0};
    if (status == NULL) status = sdx_context_create(model, NULL, &context);
    if (status == NULL)
        status = sdx_context_run(context, &x, 1, y, sdx_model_n_outputs(model), NULL);
    if (sdx_status_code(status) != code || strstr(sdx_status_text(status), part) == NULL)
        fail_msg("%s %d: %s has no '%s'", op, how, sdx_status_text(status), part);
    sdx_status_free(status);
    release(y, 2);
    sdx_value_release(x);
    sdx_context_destroy(context);
    sdx_model_release(model);
    sdx_runtime_release(own);
    free(bytes);
}

typedef struct wrong {
    int how;
    sdx_code code;
    const char *part;
} wrong;

static void hooks_that_misuse_the_host(void **state) {
    (void)state;
    static const wrong all[] = {
        {0, SDX_SHAPE_MISMATCH, "output 'Y' is given dimension -3 at axis 0, expected 0 or more"},
        {1, SDX_SHAPE_MISMATCH, "output 'Y' is given dimension -9223372036854775803"},
        {2, SDX_OUT_OF_RANGE, "output 'Y' is given rank 17, expected 0 to 16"},
        {3, SDX_OUT_OF_RANGE, "output 'Y' is given rank -2"},
        {4, SDX_INVALID_ARGUMENT, "output 'Y' is given NULL for its dimensions"},
        {5, SDX_LIMIT, "more than 2^62 elements"},
        {6, SDX_TYPE_MISMATCH, "output 'Y' is given type float64, expected float32"},
        {7, SDX_TYPE_MISMATCH, "output 'Y' is given type 77, expected one of sdx_dtype"},
        {8, SDX_OUT_OF_RANGE, "found output 9, expected one below 1"},
        {9, SDX_OUT_OF_RANGE, "input 9 is not there, expected one of 1"},
        {10, SDX_UNSUPPORTED, "host->output was called outside of run"},
        {11, SDX_UNSUPPORTED, "host->scratch was called outside of run"},
        {12, SDX_INVALID_ARGUMENT, "host->dim was given operation 50"},
        {13, SDX_OUT_OF_RANGE, "host->dim was given -9223372036854775803"},
        {14, SDX_UNSUPPORTED, "host->parallel_for was called outside of run"},
        {15, SDX_UNSUPPORTED, "expected that of operators with SDX_OP_FLAG_DYNAMIC only"},
        {16, SDX_UNSUPPORTED, "host->shape was called outside of infer"},
        {17, SDX_UNSUPPORTED, "host->shape_like was called outside of infer"},
        {18, SDX_UNSUPPORTED, "host->shape_broadcast was called outside of infer"},
        {19, SDX_UNSUPPORTED, "host->ints was called outside of infer"},
        {20, SDX_UNSUPPORTED, "host->dim was called outside of infer"},
        {21, SDX_LIMIT, "beyond the address space"},
        {22, SDX_OK, ""},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        misuse("Bad", all[i].how, all[i].code, all[i].part);
}

static void outputs_that_cannot_be_made(void **state) {
    (void)state;
    static const wrong all[] = {
        {0, SDX_SHAPE_MISMATCH, "output 'Y' is given dimension -3 at axis 0"},
        {1, SDX_SHAPE_MISMATCH, "output 'Y' is given dimension -9223372036854775808"},
        {2, SDX_OUT_OF_RANGE, "output 'Y' is given rank 17"},
        {3, SDX_INVALID_ARGUMENT, "output 'Y' is given NULL for its dimensions"},
        {4, SDX_TYPE_MISMATCH, "output 'Y' is given type int32, expected float32, float64"},
        {5, SDX_TYPE_MISMATCH, "output 'Y' is given type -4"},
        {6, SDX_OUT_OF_RANGE, "found output 2, expected one below 2"},
        {7, SDX_UNSUPPORTED, "output 'Y' was made twice"},
        {8, SDX_UNSUPPORTED, "run did not make output 'Y'"},
        {9, SDX_LIMIT, ""},
        {10, SDX_INVALID_ARGUMENT, "output 'Z'[0] is a text of 5 bytes at NULL"},
        {11, SDX_UNSUPPORTED, "run did not make output 'Z'"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        misuse("Makes", all[i].how, all[i].code, all[i].part);
}

static void registering_without_memory(void **state) {
    (void)state;
    for (size_t nth = 1;; nth++) {
        fail_alloc memory;
        sdx_runtime_options options;
        sdx_runtime *own = NULL;
        sdx_runtime_options_init(&options);
        fail_alloc_init(&memory, nth, true);
        options.allocator = &memory.allocator;
        sdx_status status = sdx_runtime_create(&options, &own);
        if (status == NULL) status = sdx_runtime_register_ops(own, &custom_ops);
        assert_int_equal(sdx_status_code(status), memory.failed ? SDX_OUT_OF_MEMORY : SDX_OK);
        sdx_status_free(status);
        sdx_runtime_release(own);
        assert_true(fail_alloc_clean(&memory));
        if (!memory.failed) break;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(libraries_of_another_age),   cmocka_unit_test(rows_without_sense),
        cmocka_unit_test(ports_without_sense),        cmocka_unit_test(attributes_without_sense),
        cmocka_unit_test(tables_without_an_address),  cmocka_unit_test(rows_are_copied),
        cmocka_unit_test(hooks_that_misuse_the_host), cmocka_unit_test(outputs_that_cannot_be_made),
        cmocka_unit_test(registering_without_memory),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
