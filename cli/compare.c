/* Comparison of values: containers by their parts, tensors by their elements. See compare.h. */
#include "cli/compare.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "cli/elements.h"

static const char *kind_name(sdx_kind kind) {
    static const char *const names[] = {[SDX_TENSOR] = "a tensor",
                                        [SDX_SEQUENCE] = "a sequence",
                                        [SDX_MAP] = "a map",
                                        [SDX_OPTIONAL] = "an optional"};
    return kind >= SDX_TENSOR && kind <= SDX_OPTIONAL ? names[kind] : "nothing";
}

/* ---- tensors ---- */

struct pair {
    sdx_dtype dtype;
    const void *got, *expected;
    size_t len, rank;
    const int64_t *dims;
};

static void add_position(struct text *text, const struct pair *pair, size_t index) {
    int64_t position[SDX_MAX_RANK];
    for (size_t i = pair->rank; i > 0; i--) {
        const size_t dim = (size_t)pair->dims[i - 1];
        position[i - 1] = (int64_t)(index % dim);
        index /= dim;
    }
    text_add(text, "element [");
    for (size_t i = 0; i < pair->rank; i++) {
        text_add(text, "%s%" PRId64, i > 0 ? "," : "", position[i]);
    }
    text_add(text, "]");
}

static bool differs_at(const struct pair *pair, size_t index, const char *more,
                       struct fault *fault) {
    struct text text = {0};
    add_position(&text, pair, index);
    text_add(&text, " is ");
    element_text(&text, pair->dtype, pair->got, index);
    text_add(&text, ", expected ");
    element_text(&text, pair->dtype, pair->expected, index);
    fault_set(fault, EXIT_CHECK, "%s%s", text_get(&text), more);
    text_free(&text);
    return false;
}

static bool same_strings(const struct pair *pair, struct fault *fault) {
    for (size_t i = 0; i < pair->len; i++) {
        if (!str_same(((const sdx_str *)pair->got)[i], ((const sdx_str *)pair->expected)[i])) {
            return differs_at(pair, i, "", fault);
        }
    }
    return true;
}

static bool same_integers(const struct pair *pair, bool near, struct fault *fault) {
    const uint64_t allowed = near && element_kind(pair->dtype) != ELEMENT_BOOL ? 1 : 0;
    size_t n_wrong = 0;
    size_t first = 0;
    for (size_t i = 0; i < pair->len; i++) {
        uint64_t a = element_uint(pair->dtype, pair->got, i);
        uint64_t b = element_uint(pair->dtype, pair->expected, i);
        if (a != b && element_kind(pair->dtype) ==
                          ELEMENT_INT) { /* the order of signed numbers, in unsigned ones */
            a = (uint64_t)element_int(pair->dtype, pair->got, i) + (UINT64_C(1) << 63);
            b = (uint64_t)element_int(pair->dtype, pair->expected, i) + (UINT64_C(1) << 63);
        }
        if ((a > b ? a - b : b - a) > allowed) {
            first = n_wrong == 0 ? i : first;
            n_wrong++;
        }
    }
    if (n_wrong > 0) {
        struct text more = {0};
        text_add(&more, "; %zu of %zu differ%s", n_wrong, pair->len,
                 allowed > 0 ? " by more than 1" : "");
        differs_at(pair, first, text_get(&more), fault);
        text_free(&more);
    }
    return n_wrong == 0;
}

/* |a - b| of two numbers, complex ones as in the plane; 0 for equal infinities and for two NaN,
 * infinity where only one is not finite. */
static double part_difference(double a, double b) {
    if (a == b || (isnan(a) && isnan(b))) {
        return 0;
    }
    return isfinite(a) && isfinite(b) ? fabs(a - b) : INFINITY;
}

static double difference(const struct pair *pair, size_t i) {
    const double real = part_difference(element_get(pair->dtype, pair->got, i),
                                        element_get(pair->dtype, pair->expected, i));
    if (element_kind(pair->dtype) != ELEMENT_COMPLEX) {
        return real;
    }
    return hypot(real, part_difference(element_imaginary(pair->dtype, pair->got, i),
                                       element_imaginary(pair->dtype, pair->expected, i)));
}

static double magnitude(const struct pair *pair, size_t i) {
    const double real = fabs(element_get(pair->dtype, pair->expected, i));
    return element_kind(pair->dtype) == ELEMENT_COMPLEX
               ? hypot(real, element_imaginary(pair->dtype, pair->expected, i))
               : real;
}

static double largest_magnitude(const struct pair *pair) {
    double largest = 0;
    for (size_t i = 0; i < pair->len; i++) {
        const double size = magnitude(pair, i);
        largest = isfinite(size) && size > largest ? size : largest;
    }
    return largest;
}

static bool near_numbers(const struct norm *norm, const struct pair *pair, double *ratio,
                         struct fault *fault) {
    const double whole = norm->elementwise ? 0 : norm->limit * largest_magnitude(pair) + 1e-6;
    double worst = -1; /* difference over what is allowed */
    size_t worst_at = 0;
    size_t n_wrong = 0;
    for (size_t i = 0; i < pair->len; i++) {
        const double off = difference(pair, i);
        const double size = norm->elementwise ? magnitude(pair, i) : 0;
        const double allowed =
            norm->elementwise ? norm->atol + norm->rtol * (isfinite(size) ? size : 0) : whole;
        const double part = off == 0 ? 0 : off / allowed; /* nothing allowed: infinity */
        n_wrong += off > allowed;
        if (part > worst) {
            worst = part;
            worst_at = i;
        }
    }
    *ratio = worst > *ratio ? worst : *ratio;
    if (n_wrong > 0) {
        struct text more = {0};
        const double off = difference(pair, worst_at);
        text_add(&more, ", off by %.3g, %.3g times what is allowed; %zu of %zu differ too much",
                 off, worst, n_wrong, pair->len);
        differs_at(pair, worst_at, text_get(&more), fault);
        text_free(&more);
    }
    return n_wrong == 0;
}

static bool compare_elements(const struct norm *norm, const struct pair *pair, double *ratio,
                             struct fault *fault) {
    const enum element_kind kind = element_kind(pair->dtype);
    if (kind == ELEMENT_STRING) {
        return same_strings(pair, fault);
    }
    if (kind == ELEMENT_BOOL ||
        ((kind == ELEMENT_INT || kind == ELEMENT_UINT) && !norm->elementwise)) {
        return same_integers(pair, norm->integers_near, fault);
    }
    return near_numbers(norm, pair, ratio, fault);
}

static bool same_shape(const sdx_value *a, const sdx_value *b) {
    const size_t rank = sdx_tensor_rank(a);
    return rank == sdx_tensor_rank(b) &&
           (rank == 0 ||
            memcmp(sdx_tensor_dims(a), sdx_tensor_dims(b), rank * sizeof(int64_t)) == 0);
}

static bool compare_tensors(const struct norm *norm, const sdx_value *got,
                            const sdx_value *expected, double *ratio, struct fault *fault) {
    const sdx_dtype dtype = sdx_tensor_dtype(expected);
    if (sdx_tensor_dtype(got) != dtype) {
        return fault_set(fault, EXIT_CHECK, "has type %s, expected %s",
                         sdx_dtype_name(sdx_tensor_dtype(got)), sdx_dtype_name(dtype));
    }
    if (!same_shape(got, expected)) {
        struct text text = {0};
        text_add(&text, "has shape ");
        text_shape(&text, sdx_tensor_dims(got), sdx_tensor_rank(got));
        text_add(&text, ", expected ");
        text_shape(&text, sdx_tensor_dims(expected), sdx_tensor_rank(expected));
        fault_set(fault, EXIT_CHECK, "%s", text_get(&text));
        text_free(&text);
        return false;
    }
    const struct pair pair = {dtype,
                              sdx_tensor_data(got),
                              sdx_tensor_data(expected),
                              sdx_tensor_len(expected),
                              sdx_tensor_rank(expected),
                              sdx_tensor_dims(expected)};
    return compare_elements(norm, &pair, ratio, fault);
}

/* ---- containers ---- */

/* A map's values, or the tensor itself, against row `row` of `expected`. */
static bool compare_row(const struct norm *norm, const sdx_value *got, const sdx_value *expected,
                        size_t row, double *ratio, struct fault *fault) {
    const sdx_value *const values = sdx_value_kind(got) == SDX_MAP ? sdx_map_values(got) : got;
    const size_t rank = sdx_tensor_rank(expected);
    const int64_t *const dims = sdx_tensor_dims(expected);
    const sdx_dtype dtype = sdx_tensor_dtype(expected);
    size_t width = 1;
    for (size_t i = 1; i < rank; i++) {
        width *= (size_t)dims[i]; /* at most the number of elements */
    }
    const unsigned bits = sdx_dtype_bits(dtype);
    if (sdx_value_kind(values) != SDX_TENSOR || sdx_tensor_dtype(values) != dtype || bits < 8) {
        return fault_set(fault, EXIT_CHECK, "row %zu is %s of %s, expected a map to %s", row,
                         kind_name(sdx_value_kind(got)), sdx_dtype_name(sdx_tensor_dtype(values)),
                         sdx_dtype_name(dtype));
    }
    if (sdx_tensor_len(values) != width) {
        return fault_set(fault, EXIT_CHECK, "row %zu has %zu values, expected %zu", row,
                         sdx_tensor_len(values), width);
    }
    if (width == 0) {
        return true;
    }
    const char *const from = (const char *)sdx_tensor_data(expected) + row * width * (bits / 8);
    const int64_t flat = (int64_t)width;
    const struct pair pair = {dtype, sdx_tensor_data(values), from, width, 1, &flat};
    return compare_elements(norm, &pair, ratio, fault) || fault_in(fault, "row %zu", row);
}

static bool compare_rows(const struct norm *norm, const sdx_value *got, const sdx_value *expected,
                         double *ratio, struct fault *fault) {
    const size_t n = sdx_sequence_len(got);
    const size_t rank = sdx_tensor_rank(expected);
    const size_t rows = rank > 0 ? (size_t)sdx_tensor_dims(expected)[0] : 1;
    if (n != rows) {
        return fault_set(fault, EXIT_CHECK, "has %zu elements, expected %zu", n, rows);
    }
    for (size_t row = 0; row < n; row++) {
        if (!compare_row(norm, sdx_sequence_at(got, row), expected, row, ratio, fault)) {
            return false;
        }
    }
    return true;
}

static bool compare_sequences(const struct norm *norm, const sdx_value *got,
                              const sdx_value *expected, double *ratio, struct fault *fault) {
    const size_t n = sdx_sequence_len(expected);
    if (sdx_sequence_len(got) != n) {
        return fault_set(fault, EXIT_CHECK, "has %zu elements, expected %zu", sdx_sequence_len(got),
                         n);
    }
    for (size_t i = 0; i < n; i++) {
        if (!compare_values(norm, sdx_sequence_at(got, i), sdx_sequence_at(expected, i), ratio,
                            fault)) {
            return fault_in(fault, "element %zu", i);
        }
    }
    return true;
}

static bool compare_maps(const struct norm *norm, const sdx_value *got, const sdx_value *expected,
                         double *ratio, struct fault *fault) {
    const struct norm exact = {0};
    if (!compare_tensors(&exact, sdx_map_keys(got), sdx_map_keys(expected), ratio, fault)) {
        return fault_in(fault, "keys");
    }
    return compare_tensors(norm, sdx_map_values(got), sdx_map_values(expected), ratio, fault) ||
           fault_in(fault, "values");
}

/* What stands inside optionals; NULL when one is empty. */
static const sdx_value *unwrap(const sdx_value *value) {
    while (value != NULL && sdx_value_kind(value) == SDX_OPTIONAL) {
        value = sdx_optional_get(value);
    }
    return value;
}

bool compare_values(const struct norm *norm, const sdx_value *got, const sdx_value *expected,
                    double *ratio, struct fault *fault) {
    got = unwrap(got);
    expected = unwrap(expected);
    if (got == NULL || expected == NULL) {
        return got == expected ||
               fault_set(fault, EXIT_CHECK,
                         got == NULL ? "is empty, expected a value"
                                     : "has a value, expected an empty optional");
    }
    const sdx_kind kind = sdx_value_kind(got);
    if (kind == SDX_SEQUENCE && sdx_value_kind(expected) == SDX_TENSOR) {
        return compare_rows(norm, got, expected, ratio, fault);
    }
    if (kind == SDX_MAP && sdx_value_kind(expected) == SDX_TENSOR) {
        return compare_row(norm, got, expected, 0, ratio, fault);
    }
    if (kind != sdx_value_kind(expected)) {
        return fault_set(fault, EXIT_CHECK, "is %s, expected %s", kind_name(kind),
                         kind_name(sdx_value_kind(expected)));
    }
    if (kind == SDX_SEQUENCE) {
        return compare_sequences(norm, got, expected, ratio, fault);
    }
    return kind == SDX_MAP ? compare_maps(norm, got, expected, ratio, fault)
                           : compare_tensors(norm, got, expected, ratio, fault);
}
