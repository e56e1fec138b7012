/* The table of element types, and the version. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "sardonyx/sardonyx.h"

static void names_lead_back(void **state) {
    (void)state;
    int n = 0;
#define SDX_DTYPE(id, NAME, name, bits, kind)                \
    assert_int_equal(sdx_dtype_from_name(name), SDX_##NAME); \
    assert_string_equal(sdx_dtype_name(SDX_##NAME), name);   \
    assert_int_equal(sdx_dtype_bits(SDX_##NAME), bits);      \
    n++;
#include "sardonyx/dtype.def"
#undef SDX_DTYPE
    assert_int_equal(n, 26);
    assert_int_equal(sdx_dtype_bits(SDX_STRING), 8 * sizeof(sdx_str));
}

static void what_is_no_type(void **state) {
    (void)state;
    static const int numbers[] = {0, 27, 1000, -1};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        assert_string_equal(sdx_dtype_name((sdx_dtype)numbers[i]), "undefined");
        assert_int_equal(sdx_dtype_bits((sdx_dtype)numbers[i]), 0);
    }
    assert_int_equal(sdx_dtype_from_name("undefined"), SDX_UNDEFINED);
    assert_int_equal(sdx_dtype_from_name("Float32"), SDX_UNDEFINED);
    assert_int_equal(sdx_dtype_from_name(NULL), SDX_UNDEFINED);
}

static void version_is_the_header_s(void **state) {
    (void)state;
    char text[40];
    (void)snprintf(text, sizeof text, "%d.%d.%d", SDX_VERSION_MAJOR, SDX_VERSION_MINOR,
                   SDX_VERSION_PATCH);
    assert_string_equal(sdx_version(), text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_lead_back),
        cmocka_unit_test(what_is_no_type),
        cmocka_unit_test(version_is_the_header_s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
