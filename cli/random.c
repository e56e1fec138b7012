/* random.h. */
#include "cli/random.h"

#include <math.h>

#include "cli/elements.h"
#include "cli/memory.h"

uint64_t random_bits(uint64_t seed, uint64_t stream, uint64_t index) {
    uint64_t z = seed + UINT64_C(0x9e3779b97f4a7c15) * ((stream << 32) + index + 1);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static double uniform(uint64_t bits) { return 2 * ldexp((double)(bits >> 11), -53) - 1; }

static void fill_element(sdx_dtype dtype, void *data, size_t i, uint64_t seed, uint64_t stream) {
    const uint64_t bits = random_bits(seed, stream, i);
    const enum element_kind kind = element_kind(dtype);
    if (kind == ELEMENT_FLOAT) {
        element_set(dtype, data, i,
                    dtype == SDX_FLOAT8E8M0 ? fabs(uniform(bits))
                                            : uniform(bits)); /* which has no sign */
    } else if (kind == ELEMENT_COMPLEX) {
        element_set_complex(dtype, data, i, uniform(random_bits(seed, stream, 2 * (uint64_t)i)),
                            uniform(random_bits(seed, stream, 2 * (uint64_t)i + 1)));
    } else if (kind == ELEMENT_BOOL) {
        (void)element_set_uint(dtype, data, i, bits >> 63);
    } else {
        const unsigned width = sdx_dtype_bits(dtype) - (kind == ELEMENT_INT);
        const uint64_t range = width < 4 ? UINT64_C(1) << width : 10;
        (void)element_set_uint(dtype, data, i, (bits >> 32) % range);
    }
}

static bool digits(const int64_t *dims, size_t rank, size_t n, uint64_t seed, uint64_t stream,
                   sdx_value **out, struct fault *fault) {
    sdx_str *const strings = mem_new(n, sizeof *strings);
    for (size_t i = 0; i < n; i++) {
        strings[i] = (sdx_str){&"0123456789"[(random_bits(seed, stream, i) >> 32) % 10], 1};
    }
    const bool good = fault_check(fault, sdx_tensor_strings(NULL, rank, dims, strings, n, out));
    mem_free(strings);
    return good;
}

bool random_tensor(sdx_dtype dtype, const int64_t *dims, size_t rank, uint64_t seed,
                   uint64_t stream, const double *fill, sdx_value **out, struct fault *fault) {
    sdx_value *tensor = NULL;
    size_t n = 0;
    if (!elements_count(dims, rank, &n)) {
        return fault_code(fault, SDX_LIMIT, "the shape has more elements than memory can hold");
    }
    if (dtype == SDX_STRING) {
        return digits(dims, rank, n, seed, stream, out, fault);
    }
    if (!fault_check(fault, sdx_tensor_create(NULL, dtype, rank, dims, &tensor))) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (fill != NULL) {
            element_set(dtype, sdx_tensor_data(tensor), i, *fill);
        } else {
            fill_element(dtype, sdx_tensor_data(tensor), i, seed, stream);
        }
    }
    *out = tensor;
    return true;
}
