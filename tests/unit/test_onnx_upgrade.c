/* Forms of old opsets and the newest form that must give the same results. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include "session.h"

enum { MAX_PORTS = 4 };

typedef struct pair {
    const char *name;
    const char *input;       /* lines that both models begin with */
    const char *old, *newer; /* the rest; "opset" first */
} pair;

static const pair pairs[] = {
    {"Add-1 along an axis", "input x float32[2,3,4]\ninit b float32[3] 1 2 3\n",
     "opset 1\nnode y = Add(x, b) broadcast=1 axis=1 consumed_inputs=[0,0]\noutput y\n",
     "opset 14\ninit s int64[2] 3 1\nnode c = Reshape(b, s)\nnode y = Add(x, c)\noutput y\n"},
    {"Sub-6 along the last axes", "input x float32[2,3,4]\ninit b float32[3,4] random\n",
     "opset 6\nnode y = Sub(x, b) broadcast=1\noutput y\n",
     "opset 14\nnode y = Sub(x, b)\noutput y\n"},
    {"BatchNormalization-1",
     "input x float32[2,3,4]\ninit s float32[3] 1 2 3\n"
     "init b float32[3] 3 2 1\ninit m float32[3] 0.5 0.25 0\ninit v float32[3] 1 2 4\n",
     "opset 1\nnode y = BatchNormalization(x, s, b, m, v) consumed_inputs=[0,0,0,1,1] is_test=1 "
     "epsilon=0.01\noutput y\n",
     "opset 15\nnode y = BatchNormalization(x, s, b, m, v) epsilon=0.01\noutput y\n"},
    {"BatchNormalization-7",
     "input x float32[2,3,4]\ninit s float32[3] 1 2 3\n"
     "init b float32[3] 3 2 1\ninit m float32[3] 0.5 0.25 0\ninit v float32[3] 1 2 4\n",
     "opset 7\nnode y = BatchNormalization(x, s, b, m, v)\noutput y\n",
     "opset 15\nnode y = BatchNormalization(x, s, b, m, v)\noutput y\n"},
    {"Cast-1 to a name", "input x float32[5]\n",
     "opset 1\nnode i = Cast(x) to=\"INT32\"\nnode y = Cast(i) to=\"FLOAT\"\noutput y\n",
     "opset 13\nnode i = Cast(x) to=6\nnode y = Cast(i) to=1\noutput y\n"},
    {"Clip-1", "input x float32[5]\n",
     "opset 1\nnode y = Clip(x) min=-0.25 max=0.5 consumed_inputs=[0]\noutput y\n",
     "opset 13\ninit a float32[] -0.25\ninit b float32[] 0.5\nnode y = Clip(x, a, b)\noutput y\n"},
    {"Clip-6 with one bound", "input x float32[5]\n",
     "opset 6\nnode y = Clip(x) max=0.5\noutput y\n",
     "opset 13\ninit b float32[] 0.5\nnode y = Clip(x, _, b)\noutput y\n"},
    {"Concat-1 along its default axis", "input x float32[2,3]\n",
     "opset 1\nnode y = Concat(x, x)\noutput y\n",
     "opset 13\nnode y = Concat(x, x) axis=1\noutput y\n"},
    {"DFT-17", "input x float32[1,4,2]\n", "opset 17\nnode y = DFT(x) axis=1 inverse=1\noutput y\n",
     "opset 20\ninit a int64[] 1\nnode y = DFT(x, _, a) inverse=1\noutput y\n"},
    {"Dropout-1", "input x float32[5]\n",
     "opset 1\nnode y = Dropout(x) is_test=1 ratio=0.25 consumed_inputs=[0]\noutput y\n",
     "opset 13\nnode y = Identity(x)\noutput y\n"},
    {"Dropout-7 with its mask", "input x float32[5]\n",
     "opset 10\nnode y m = Dropout(x) ratio=0.25\noutput y\noutput m\n",
     "opset 13\nnode y = Identity(x)\nnode m = Equal(x, x)\noutput y\noutput m\n"},
    {"Gemm-1", "input x float32[2,3]\ninit w float32[3,4] random\ninit b float32[4] 1 2 3 4\n",
     "opset 1\nnode y = Gemm(x, w, b) broadcast=1\noutput y\n",
     "opset 13\nnode y = Gemm(x, w, b)\noutput y\n"},
    {"GroupNormalization-18 has a scale for each group",
     "input x float32[2,4,3]\ninit s float32[2] 2 3\ninit b float32[2] 1 -1\n",
     "opset 18\nnode y = GroupNormalization(x, s, b) num_groups=2\noutput y\n",
     "opset 21\ninit s4 float32[4] 2 2 3 3\ninit b4 float32[4] 1 1 -1 -1\n"
     "node y = GroupNormalization(x, s4, b4) num_groups=2\noutput y\n"},
    {"Hardmax-11 over all behind the axis", "input x float32[2,3,4]\n",
     "opset 11\nnode y = Hardmax(x)\noutput y\n",
     "opset 13\ninit a int64[2] 2 12\ninit b int64[3] 2 3 4\nnode f = Reshape(x, a)\n"
     "node h = Hardmax(f) axis=1\nnode y = Reshape(h, b)\noutput y\n"},
    {"InstanceNormalization-1",
     "input x float32[2,3,4]\ninit s float32[3] 1 2 3\ninit b float32[3] 0 1 2\n",
     "opset 1\nnode y = InstanceNormalization(x, s, b) consumed_inputs=[0,0,0]\noutput y\n",
     "opset 6\nnode y = InstanceNormalization(x, s, b)\noutput y\n"},
    {"LogSoftmax-1", "input x float32[2,3,4]\n",
     "opset 1\nnode y = LogSoftmax(x) axis=2\noutput y\n",
     "opset 13\ninit a int64[2] 6 4\ninit b int64[3] 2 3 4\nnode f = Reshape(x, a)\n"
     "node h = LogSoftmax(f) axis=1\nnode y = Reshape(h, b)\noutput y\n"},
    {"LpPool-1 has p = 2.0", "input x float32[1,2,6]\n",
     "opset 1\nnode y = LpPool(x) kernel_shape=[2] strides=[2] p=2.0\noutput y\n",
     "opset 18\nnode y = LpPool(x) kernel_shape=[2] strides=[2] p=2\noutput y\n"},
    {"Pad-1", "input x float32[2,3]\n",
     "opset 1\nnode y = Pad(x) paddings=[0,1,1,2] value=0.5\noutput y\n",
     "opset 18\ninit p int64[4] 0 1 1 2\ninit v float32[] 0.5\nnode y = Pad(x, p, v)\noutput y\n"},
    {"Pad-2", "input x float32[2,3]\n",
     "opset 2\nnode y = Pad(x) pads=[0,1,0,2] mode=\"reflect\"\noutput y\n",
     "opset 18\ninit p int64[4] 0 1 0 2\nnode y = Pad(x, p) mode=\"reflect\"\noutput y\n"},
    {"Pow-1", "input x float32[2,3]\ninit e float32[1] 2\n",
     "opset 1\nnode y = Pow(x, e) broadcast=1\noutput y\n",
     "opset 15\nnode y = Mul(x, x)\noutput y\n"},
    {"PRelu-6, one slope a channel", "input x float32[2,3,4]\ninit s float32[3] 0.5 0.25 2\n",
     "opset 6\nnode y = PRelu(x, s)\noutput y\n",
     "opset 16\ninit k int64[2] 3 1\nnode c = Reshape(s, k)\nnode y = PRelu(x, c)\noutput y\n"},
    {"ReduceSum-1", "input x float32[2,3,4]\n",
     "opset 1\nnode y = ReduceSum(x) axes=[0,2] keepdims=0\noutput y\n",
     "opset 13\ninit a int64[2] 0 2\nnode y = ReduceSum(x, a) keepdims=0\noutput y\n"},
    {"ReduceMean-11 over all", "input x float32[2,3,4]\n",
     "opset 11\nnode y = ReduceMean(x)\noutput y\n",
     "opset 18\nnode y = ReduceMean(x)\noutput y\n"},
    {"ReduceMax-11, an axis from the end", "input x float32[2,3,4]\n",
     "opset 11\nnode y = ReduceMax(x) axes=[-2]\noutput y\n",
     "opset 20\ninit a int64[1] 1\nnode y = ReduceMax(x, a)\noutput y\n"},
    {"Reshape-1", "input x float32[2,3,4]\n",
     "opset 1\nnode y = Reshape(x) shape=[0,-1]\noutput y\n",
     "opset 14\ninit s int64[2] 0 -1\nnode y = Reshape(x, s)\noutput y\n"},
    {"Resize-10", "input x float32[1,1,3,4]\ninit s float32[4] 1 1 2 2\n",
     "opset 10\nnode y = Resize(x, s) mode=\"linear\"\noutput y\n",
     "opset 19\nnode y = Resize(x, _, s) mode=\"linear\" "
     "coordinate_transformation_mode=\"asymmetric\"\noutput y\n"},
    {"Scan-8 over one batch", "input x float32[1,4,3]\ninit h float32[1,3] 1 2 3\n",
     "opset 8\n"
     "graph b {\ninput s float32[3]\ninput v float32[3]\nnode t = Add(s, v)\nnode o = Mul(t, v)\n"
     "output t\noutput o\n}\n"
     "node y z = Scan(_, h, x) body=@b num_scan_inputs=1\noutput y\noutput z\n",
     "opset 24\n"
     "graph b {\ninput s float32[3]\ninput v float32[3]\nnode t = Add(s, v)\nnode o = Mul(t, v)\n"
     "output t\noutput o\n}\n"
     "init zero int64[1] 0\nnode h1 = Squeeze(h, zero)\nnode x1 = Squeeze(x, zero)\n"
     "node y1 z1 = Scan(h1, x1) body=@b num_scan_inputs=1\n"
     "node y = Unsqueeze(y1, zero)\nnode z = Unsqueeze(z1, zero)\noutput y\noutput z\n"},
    {"Selu-1 has rounder numbers", "input x float32[5]\n", "opset 1\nnode y = Selu(x)\noutput y\n",
     "opset 6\nnode y = Selu(x) alpha=1.6732 gamma=1.0507\noutput y\n"},
    {"Slice-1", "input x float32[4,5]\n",
     "opset 1\nnode y = Slice(x) starts=[1,-3] ends=[3,1000] axes=[0,1]\noutput y\n",
     "opset 13\ninit s int64[2] 1 -3\ninit e int64[2] 3 1000\nnode y = Slice(x, s, e)\noutput y\n"},
    {"Softmax-1", "input x float32[2,3,4]\n", "opset 1\nnode y = Softmax(x) axis=0\noutput y\n",
     "opset 13\ninit a int64[1] -1\ninit b int64[3] 2 3 4\nnode f = Reshape(x, a)\n"
     "node h = Softmax(f) axis=0\nnode y = Reshape(h, b)\noutput y\n"},
    {"Softmax-12 from the end", "input x float32[2,3,4]\n",
     "opset 12\nnode y = Softmax(x) axis=-2\noutput y\n",
     "opset 13\ninit a int64[2] 2 12\ninit b int64[3] 2 3 4\nnode f = Reshape(x, a)\n"
     "node h = Softmax(f) axis=1\nnode y = Reshape(h, b)\noutput y\n"},
    {"Split-1 with sizes as input", "input x float32[2,5]\ninit s float32[2] 2 3\n",
     "opset 1\nnode y z = Split(x, s) axis=1\noutput y\noutput z\n",
     "opset 18\ninit i int64[2] 2 3\nnode y z = Split(x, i) axis=1\noutput y\noutput z\n"},
    {"Split-2", "input x float32[2,5]\n",
     "opset 2\nnode y z = Split(x) axis=1 split=[4,1]\noutput y\noutput z\n",
     "opset 18\ninit i int64[2] 4 1\nnode y z = Split(x, i) axis=1\noutput y\noutput z\n"},
    {"Split-13 in equal parts", "input x float32[4,2]\n",
     "opset 13\nnode y z = Split(x)\noutput y\noutput z\n",
     "opset 18\nnode y z = Split(x) num_outputs=2\noutput y\noutput z\n"},
    {"Squeeze-1", "input x float32[1,3,1]\n", "opset 1\nnode y = Squeeze(x) axes=[0,2]\noutput y\n",
     "opset 13\ninit a int64[2] 0 2\nnode y = Squeeze(x, a)\noutput y\n"},
    {"Sum-1 and Max-6", "input x float32[2,3]\n",
     "opset 1\nnode s = Sum(x, x, x) consumed_inputs=[0,0,0]\nnode y = Max(s, x)\noutput y\n",
     "opset 13\nnode s = Sum(x, x, x)\nnode y = Max(s, x)\noutput y\n"},
    {"Tile-1 along an axis", "input x float32[2,3]\ninit n float32[] 3\ninit a float32[] 1\n",
     "opset 1\nnode y = Tile(x, n, a)\noutput y\n",
     "opset 13\ninit r int64[2] 1 3\nnode y = Tile(x, r)\noutput y\n"},
    {"TopK-1", "input x float32[2,5]\n",
     "opset 1\nnode y i = TopK(x) k=2 axis=1\noutput y\noutput i\n",
     "opset 11\ninit k int64[1] 2\nnode y i = TopK(x, k) axis=1\noutput y\noutput i\n"},
    {"Unsqueeze-1", "input x float32[3]\n", "opset 1\nnode y = Unsqueeze(x) axes=[0,2]\noutput y\n",
     "opset 13\ninit a int64[2] 0 2\nnode y = Unsqueeze(x, a)\noutput y\n"},
    {"Upsample-1", "input x float32[1,1,2,3]\n",
     "opset 1\nnode y = Upsample(x) height_scale=2.0 width_scale=3.0\noutput y\n",
     "opset 19\ninit s float32[4] 1 1 2 3\nnode y = Resize(x, _, s) mode=\"nearest\" "
     "coordinate_transformation_mode=\"asymmetric\" nearest_mode=\"floor\"\noutput y\n"},
    {"Upsample-7", "input x float32[1,1,2,3]\n",
     "opset 7\nnode y = Upsample(x) scales=[1.0,1.0,2.0,2.0] mode=\"linear\"\noutput y\n",
     "opset 19\ninit s float32[4] 1 1 2 2\nnode y = Resize(x, _, s) mode=\"linear\" "
     "coordinate_transformation_mode=\"asymmetric\"\noutput y\n"},
    {"Upsample-9", "input x float32[1,1,2,3]\ninit s float32[4] 1 1 2 2\n",
     "opset 9\nnode y = Upsample(x, s)\noutput y\n",
     "opset 19\nnode y = Resize(x, _, s) mode=\"nearest\" "
     "coordinate_transformation_mode=\"asymmetric\" nearest_mode=\"floor\"\noutput y\n"},
};

/* Runs the model with random numbers, the same for each model with this input; gives the number of
 * outputs. */
static size_t run_text(const char *input, const char *rest, sdx_value **outputs) {
    char text[2048];
    assert_true(snprintf(text, sizeof text, "%s%s", rest, input) < (int)sizeof text);
    const session s = session_begin(text, true);
    const size_t n = sdx_model_n_outputs(s.model);
    sdx_port_info info;
    must(sdx_model_input(s.model, 0, &info));
    sdx_value *x = random_tensor(7, info.rank, info.dims);
    for (size_t k = 0; k < n; k++) {
        outputs[k] = NULL;
    }
    must(sdx_context_run(s.context, &x, 1, outputs, n, NULL));
    sdx_value_release(x);
    session_end(s);
    return n;
}

static void expect_same(const sdx_value *a, const sdx_value *b, const char *name) {
    assert_int_equal(sdx_tensor_dtype(a), sdx_tensor_dtype(b));
    expect_dims(a, sdx_tensor_rank(b), sdx_tensor_dims(b));
    for (size_t i = 0; i < sdx_tensor_len(b); i++) {
        const double x = sdx_view_double(&a->view, i), y = sdx_view_double(&b->view, i);
        if (!(fabs(x - y) <= 1e-6 * fmax(1, fabs(y)))) {
            fail_msg("%s: element %zu is %g, the newer form gives %g", name, i, x, y);
        }
    }
}

static void old_forms_mean_what_they_meant(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        sdx_value *old[MAX_PORTS], *newer[MAX_PORTS];
        const size_t n = run_text(pairs[i].input, pairs[i].old, old);
        assert_int_equal(run_text(pairs[i].input, pairs[i].newer, newer), n);
        for (size_t k = 0; k < n; k++) {
            expect_same(old[k], newer[k], pairs[i].name);
        }
        release(old, n);
        release(newer, n);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(old_forms_mean_what_they_meant)};
    return cmocka_run_group_tests_name("onnx_upgrade", tests, NULL, NULL);
}
