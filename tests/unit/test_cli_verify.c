/* The search for the rewrite that changes a result: over rules that are made up, some of them
 * wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "cli/compare.h"
#include "cli/verify_model.h"

enum { N_RULES = 4 };

static const char *const rules[N_RULES] = {"fold", "drop", "merge", "fuse"};

/* A model whose result is 1, plus what each rule that is used adds to it. */
typedef struct fake {
    float added[N_RULES];
    float drift; /* added with every run: a model that does not repeat itself */
    int breaks;  /* the rule with which it cannot be run; -1: none */
    int n_runs;
} fake;

static bool fake_run(void *user, const bool *used, sdx_value **outputs, struct fault *fault) {
    fake *const f = user;
    float sum = 1 + f->drift * (float)f->n_runs++;
    for (int i = 0; used != NULL && i < N_RULES; i++) {
        if (used[i] && i == f->breaks) return fault_code(fault, SDX_INTERNAL, "broken");
        sum += used[i] ? f->added[i] : 0;
    }
    if (!fault_check(fault, sdx_tensor_create(NULL, SDX_FLOAT32, 0, NULL, outputs))) return false;
    memcpy(sdx_tensor_data(outputs[0]), &sum, sizeof sum);
    return true;
}

static bool fake_same(void *user, sdx_value *const *got, sdx_value *const *expected, double *ratio,
                      struct fault *fault) {
    (void)user;
    const struct norm norm = {.limit = 1e-3};
    return compare_values(&norm, got[0], expected[0], ratio, fault);
}

static bool verify(fake *f, struct verify_result *out, struct fault *fault) {
    const struct verify_subject subject = {.rules = rules,
                                           .n_rules = N_RULES,
                                           .n_outputs = 1,
                                           .user = f,
                                           .run = fake_run,
                                           .same = fake_same};
    return verify_rules(&subject, out, fault);
}

/* Just the rules of this mask are found guilty, after so many comparisons. */
static void expect_guilty(fake f, unsigned mask, size_t n_rows) {
    struct verify_result result;
    struct fault fault = {0};
    assert_true(verify(&f, &result, &fault));
    assert_int_equal(result.n_rows, n_rows);
    assert_int_equal(result.good, mask == 0);
    for (size_t i = 0; i < N_RULES; i++)
        assert_int_equal(result.guilty[i], (mask >> i) & 1);
    for (size_t i = 0; i < n_rows; i++)
        assert_int_equal(result.rows[i].good, text_get(&result.rows[i].reason)[0] == 0);
    verify_result_free(&result);
}

static void good_rules_pass(void **state) {
    (void)state;
    expect_guilty((fake){.breaks = -1}, 0, 1 + N_RULES);
    expect_guilty((fake){.breaks = -1, .added = {[2] = 1e-4f}}, 0, 1 + N_RULES);
}

static void a_wrong_rule_is_named(void **state) {
    (void)state;
    for (int i = 0; i < N_RULES; i++) {
        fake f = {.breaks = -1};
        f.added[i] = 0.01f;
        expect_guilty(f, 1u << i, 1 + N_RULES);
        expect_guilty((fake){.breaks = i}, 1u << i, 1 + N_RULES);
    }
}

static void two_wrong_rules_are_both_named(void **state) {
    (void)state;
    expect_guilty((fake){.breaks = -1, .added = {0.01f, 0, 0.02f, 0}}, 5, 1 + 2 * N_RULES);
    expect_guilty((fake){.breaks = 3, .added = {[1] = 0.01f}}, 10, 1 + 2 * N_RULES);
    /* one undoes what the other does */
    expect_guilty((fake){.breaks = -1, .added = {0.01f, -0.01f}}, 3, 1 + 2 * N_RULES);
}

static void what_does_not_repeat_itself_is_told(void **state) {
    (void)state;
    fake f = {.breaks = -1, .drift = 0.1f};
    struct verify_result result = {0};
    struct fault fault = {0};
    assert_false(verify(&f, &result, &fault));
    assert_non_null(strstr(text_get(&fault.text), "two runs of the graph as it stands differ"));
    assert_null(result.rows);
    fault_free(&fault);
}

static void the_bound_follows_type_and_size(void **state) {
    (void)state;
    assert_true(verify_limit(SDX_FLOAT32, 100) == 40 * 0x1p-23);
    assert_true(verify_limit(SDX_FLOAT64, 100) == verify_limit(SDX_FLOAT32, 100));
    assert_true(verify_limit(SDX_FLOAT16, 25) == 20 * 0x1p-10);
    assert_true(verify_limit(SDX_FLOAT32, 0) == 0);
}

/* The command's own way, over the rules of the library. */
static void a_model_with_all_rules(void **state) {
    (void)state;
    const char *names[64], *help;
    size_t n = 0;
    while (n < 64 && sdx_rule_info(n, &names[n], &help)) {
        assert_true(help[0] != 0);
        n++;
    }
    assert_true(n > 0 && n < 64);
    const struct verify_settings settings = {.limit = 0, .input.fill = 0.5};
    struct verify_result result;
    struct fault fault = {0};
    if (!verify_model(&settings, "models/digits/digits.onnx", NULL, names, n, &result, &fault))
        fail_msg("%s", text_get(&fault.text));
    assert_true(result.good);
    assert_int_equal(result.n_rows, 1 + n);
    verify_result_free(&result);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_rules_pass),
        cmocka_unit_test(a_wrong_rule_is_named),
        cmocka_unit_test(two_wrong_rules_are_both_named),
        cmocka_unit_test(what_does_not_repeat_itself_is_told),
        cmocka_unit_test(the_bound_follows_type_and_size),
        cmocka_unit_test(a_model_with_all_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
