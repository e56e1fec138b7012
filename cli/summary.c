/* summary.h. */
#include "cli/summary.h"

#include <math.h>

void summary_of(const sdx_value *tensor, struct summary *out) {
    const sdx_dtype dtype = sdx_tensor_dtype(tensor);
    const void *const data = sdx_tensor_data(tensor);
    struct summary summary = {0};
    double sum = 0;
    for (size_t i = 0; element_kind(dtype) != ELEMENT_STRING && i < sdx_tensor_len(tensor); i++) {
        const double value = element_get(dtype, data, i);
        if (!isfinite(value)) {
            summary.n_nan += isnan(value) ? 1 : 0;
            summary.n_inf += isinf(value) ? 1 : 0;
            continue;
        }
        summary.min = summary.n_finite == 0 || value < summary.min ? value : summary.min;
        summary.max = summary.n_finite == 0 || value > summary.max ? value : summary.max;
        sum += value;
        summary.n_finite++;
    }
    summary.mean = summary.n_finite > 0 ? sum / (double)summary.n_finite : 0;
    *out = summary;
}

void summary_elements(struct text *text, const sdx_value *tensor, size_t n) {
    const size_t len = sdx_tensor_len(tensor);
    for (size_t i = 0; i < len && i < n; i++) {
        text_add(text, "%s", i > 0 ? ", " : "");
        element_text(text, sdx_tensor_dtype(tensor), sdx_tensor_data(tensor), i);
    }
    text_add(text, "%s", len > n ? ", ..." : "");
}

void summary_type(struct text *text, const sdx_value *value) {
    while (value != NULL && sdx_value_kind(value) == SDX_OPTIONAL) {
        text_add(text, "optional ");
        value = sdx_optional_get(value);
    }
    if (value == NULL) {
        text_add(text, "empty");
    } else if (sdx_value_kind(value) == SDX_TENSOR) {
        text_add(text, "%s", sdx_dtype_name(sdx_tensor_dtype(value)));
    } else if (sdx_value_kind(value) == SDX_SEQUENCE) {
        text_add(text, "sequence of %zu", sdx_sequence_len(value));
    } else {
        text_add(text, "map of %s to %s", sdx_dtype_name(sdx_tensor_dtype(sdx_map_keys(value))),
                 sdx_dtype_name(sdx_tensor_dtype(sdx_map_values(value))));
    }
}
