/* Shared libraries: loading, functions, what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/library.h"
#include "module_path.h"

static void expect(sdx_status status, sdx_code code, const char *part) {
    if (sdx_status_code(status) != code || !strstr(sdx_status_text(status), part))
        fail_msg("%s: '%s' has no '%s'", sdx_code_name(sdx_status_code(status)),
                 sdx_status_text(status), part);
    sdx_status_free(status);
}

static void a_function_can_be_called(void **state) {
    (void)state;
    sdx_library library, again;
    int (*answer)(int question) = NULL;
    module_need();
    assert_null(sdx_library_open(module_path("plain"), &library));
    assert_null(sdx_library_open(module_path("plain"), &again));
    expect(sdx_library_function(&library, "plain_question", &answer), SDX_UNSUPPORTED,
           "exports no function 'plain_question'");
    assert_null(answer);
    assert_null(sdx_library_function(&library, "plain_answer", &answer));
    sdx_library_close(&again);
    sdx_library_close(&again);
    assert_int_equal(answer(2), 42);
    sdx_library_close(&library);
}

static void what_is_no_library(void **state) {
    (void)state;
    sdx_library library = {0};
    expect(sdx_library_open("no/such/file.so", &library), SDX_NOT_FOUND, "no such file");
    expect(sdx_library_open("libm.so.6", &library), SDX_NOT_FOUND, "no such file");
    expect(sdx_library_open("src", &library), SDX_UNSUPPORTED, "not a regular file");
    expect(sdx_library_open("README.md", &library), SDX_UNSUPPORTED, "cannot be loaded");
    char longer[6000];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    expect(sdx_library_open(longer, &library), SDX_LIMIT, "shorten it");
    assert_null(library.handle);
}

int main(int argc, char **argv) {
    if (argc > 0) module_path_init(argv[0]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_function_can_be_called),
        cmocka_unit_test(what_is_no_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
