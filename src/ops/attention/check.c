/* See check.h. */
#include "ops/attention/check.h"

sdx_status sdx_wrong_shape(const sdx_infer *in, size_t input, const char *expected) {
    char text[160];
    return sdx_fail(SDX_SHAPE_MISMATCH, "input '%s' has shape %s, expected %s",
                    sdx_op_input_port(in->node->op, input)->name,
                    sdx_infer_shape_text(in, input, text, sizeof text), expected);
}

sdx_status sdx_want_shape(const sdx_infer *in, size_t input, size_t rank, const sdx_dim *want,
                          const char *expected) {
    if (!sdx_infer_ranked(in, input)) return NULL;
    const sdx_fact *const fact = &in->in[input];
    bool fits = fact->rank == (int)rank;
    for (size_t i = 0; fits && i < rank; i++) {
        fits = want[i] == -1 || !sdx_dims_differ(fact->dims[i], want[i]);
    }
    return fits ? NULL : sdx_wrong_shape(in, input, expected);
}
