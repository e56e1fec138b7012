/* Scan in all its directions, with batches and without steps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model_text.h"

/* Running sums of the steps of x; `inputs`, the node's ports and its attributes follow. */
static const char scan_text[] = "opset %d\n"
                                "%s"
                                "graph body {\n"
                                "input sum float32[2]\n"
                                "input step float32[2]\n"
                                "node next = Add(sum, step)\n"
                                "node row = Identity(next)\n"
                                "output next\n"
                                "output row\n"
                                "}\n"
                                "node last rows = Scan(%s) num_scan_inputs=1 body=@body %s\n"
                                "output last\n"
                                "output rows\n";

typedef struct scan_case {
    int opset;
    const char *inputs, *ports, *attrs;
    sdx_value *given[3];
} scan_case;

static sdx_value *tensor(size_t rank, const int64_t *dims, const float *x) {
    sdx_value *value;
    must(sdx_tensor_create(NULL, SDX_FLOAT32, rank, dims, &value));
    if (x != NULL) memcpy(sdx_tensor_data(value), x, sdx_tensor_size(value));
    return value;
}

/* Runs the case; releases its inputs. */
static sdx_status run_case(const scan_case *k, sdx_value **outputs) {
    char text[1024];
    sdx_runtime *runtime;
    sdx_context *context;
    snprintf(text, sizeof text, scan_text, k->opset, k->inputs, k->ports, k->attrs);
    must(sdx_runtime_create(NULL, &runtime));
    sdx_model *const model = model_of(runtime, text, NULL);
    must(sdx_context_create(model, NULL, &context));
    size_t n = 0;
    while (n < 3 && k->given[n] != NULL) {
        n++;
    }
    outputs[0] = outputs[1] = NULL;
    const sdx_status status =
        sdx_context_run(context, (sdx_value *const *)k->given, n, outputs, 2, NULL);
    for (size_t i = 0; i < n; i++) {
        sdx_value_release(k->given[i]);
    }
    sdx_context_destroy(context);
    sdx_model_release(model);
    sdx_runtime_release(runtime);
    return status;
}

static void expect(sdx_value *value, size_t rank, const int64_t *dims, const float *x) {
    assert_int_equal(sdx_tensor_rank(value), rank);
    for (size_t d = 0; d < rank; d++) {
        assert_int_equal(sdx_tensor_dims(value)[d], dims[d]);
    }
    const float *const found = sdx_tensor_data(value);
    for (size_t i = 0; i < sdx_tensor_len(value); i++) {
        assert_true(found[i] == x[i]);
    }
    sdx_value_release(value);
}

#define F(...) \
    (const float[]) { __VA_ARGS__ }
#define D(...) \
    (const int64_t[]) { __VA_ARGS__ }

static void directions(void **state) {
    (void)state;
    sdx_value *out[2];
    scan_case k = {.opset = 9,
                   .inputs = "input a float32[2]\ninput x float32[n,2]\n",
                   .ports = "a, x",
                   .attrs = ""};
    k.given[0] = tensor(1, D(2), F(10, 20));
    k.given[1] = tensor(2, D(3, 2), F(1, 2, 3, 4, 5, 6));
    must(run_case(&k, out));
    expect(out[0], 1, D(2), F(19, 32));
    expect(out[1], 2, D(3, 2), F(11, 22, 14, 26, 19, 32));

    k = (scan_case){.opset = 11,
                    .inputs = "input a float32[2]\ninput x float32[2,n]\n",
                    .ports = "a, x",
                    .attrs = "scan_input_axes=[-1] scan_input_directions=[1] "
                             "scan_output_axes=[-1] scan_output_directions=[1]"};
    k.given[0] = tensor(1, D(2), F(0, 0));
    k.given[1] = tensor(2, D(2, 3), F(1, 3, 5, 2, 4, 6));
    must(run_case(&k, out));
    expect(out[0], 1, D(2), F(9, 12));
    expect(out[1], 2, D(2, 3), F(9, 8, 5, 12, 10, 6));
}

static void no_steps(void **state) {
    (void)state;
    sdx_value *out[2];
    scan_case k = {.opset = 16,
                   .inputs = "input a float32[2]\ninput x float32[n,2]\n",
                   .ports = "a, x",
                   .attrs = "scan_output_axes=[1]"};
    k.given[0] = tensor(1, D(2), F(10, 20));
    k.given[1] = tensor(2, D(0, 2), NULL);
    must(run_case(&k, out));
    expect(out[0], 1, D(2), F(10, 20));
    expect(out[1], 2, D(2, 0), NULL);
}

/* A state that grows is one step long where it may be two by broadcasting. */
static void states_keep_their_shape(void **state) {
    (void)state;
    sdx_value *out[2];
    scan_case k = {.opset = 9,
                   .inputs = "input a float32[m]\ninput x float32[n,2]\n",
                   .ports = "a, x",
                   .attrs = ""};
    k.given[0] = tensor(1, D(1), F(1));
    k.given[1] = tensor(2, D(1, 2), F(1, 2));
    must_fail(run_case(&k, out), SDX_SHAPE_MISMATCH,
              "state 0: found float32[2], expected float32[1] as before");
}

static void batches(void **state) {
    (void)state;
    sdx_value *out[2];
    scan_case k = {.opset = 8,
                   .inputs = "input l int64[b]\ninput a float32[b,2]\ninput x float32[b,n,2]\n",
                   .ports = "l, a, x",
                   .attrs = "directions=[1]"};
    for (int64_t empty = 0; empty < 2; empty++) { /* the second time no sequence has a step */
        must(sdx_tensor_create(NULL, SDX_INT64, 1, D(3), &k.given[0]));
        int64_t *const lengths = sdx_tensor_data(k.given[0]);
        lengths[0] = 2 - 2 * empty, lengths[1] = 0, lengths[2] = 1 - empty;
        k.given[1] = tensor(2, D(3, 2), F(0, 0, 10, 10, 20, 20));
        k.given[2] = tensor(3, D(3, 2, 2), F(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));
        must(run_case(&k, out));
        expect(out[0], 2, D(3, 2), empty ? F(0, 0, 10, 10, 20, 20) : F(4, 6, 10, 10, 29, 30));
        expect(out[1], 3, D(3, 2, 2),
               empty ? F(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
                     : F(3, 4, 4, 6, 0, 0, 0, 0, 29, 30, 0, 0));
    }
    must(sdx_tensor_create(NULL, SDX_INT64, 1, D(1), &k.given[0]));
    *(int64_t *)sdx_tensor_data(k.given[0]) = 3;
    k.given[1] = tensor(2, D(1, 2), F(0, 0));
    k.given[2] = tensor(3, D(1, 2, 2), F(1, 2, 3, 4));
    must_fail(run_case(&k, out), SDX_OUT_OF_RANGE, "input 'sequence_lens'[0]: index 3 outside");
    must(sdx_tensor_create(NULL, SDX_INT64, 1, D(0), &k.given[0]));
    k.given[1] = tensor(2, D(0, 2), NULL);
    k.given[2] = tensor(3, D(0, 4, 2), NULL);
    must(run_case(&k, out));
    expect(out[0], 2, D(0, 2), NULL);
    expect(out[1], 3, D(0, 4, 2), NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directions),
        cmocka_unit_test(no_steps),
        cmocka_unit_test(states_keep_their_shape),
        cmocka_unit_test(batches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
