/* Formats of values in files: npy, npz, pnm, and what hostile ones of them meet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/crc.h"
#include "cli/image.h"
#include "cli/npy.h"
#include "cli/proto.h"
#include "cli/zip.h"

/* A file of numpy.save with this header and `n` bytes 1, 2, 3, ... behind it. */
static struct text npy_file(const char *header, size_t n) {
    struct text file = {0};
    const unsigned char len[2] = {(unsigned char)strlen(header), 0};
    text_bytes(&file, "\x93NUMPY\x01\x00", 8);
    text_bytes(&file, len, 2);
    text_bytes(&file, header, strlen(header));
    for (size_t i = 0; i < n; i++) {
        text_add(&file, "%c", (int)(i + 1));
    }
    return file;
}

static sdx_value *npy_value(const char *header, size_t n, const sdx_port_info *port) {
    struct text file = npy_file(header, n);
    struct fault fault = {0};
    sdx_value *value = NULL;
    (void)npy_parse(file.ptr, file.len, port, &value, &fault);
    text_free(&file);
    fault_free(&fault);
    return value;
}

static void npy_orders_are_understood(void **state) {
    (void)state;
    sdx_value *big =
        npy_value("{'descr': '>u2', 'fortran_order': False, 'shape': (2,), }", 4, NULL);
    assert_non_null(big);
    assert_int_equal(((const uint16_t *)sdx_tensor_data(big))[1], 0x0304);
    sdx_value_release(big);
    sdx_value *const columns =
        npy_value("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3)}", 6, NULL);
    const unsigned char rows[6] = {1, 3, 5, 2, 4, 6};
    assert_non_null(columns);
    assert_memory_equal(sdx_tensor_data(columns), rows, 6);
    sdx_value_release(columns);
}

static void npy_opaque_bytes_take_the_port(void **state) {
    (void)state;
    const sdx_port_info port = {.kind = SDX_TENSOR, .dtype = SDX_BFLOAT16};
    const char header[] = "{'descr': '<V2', 'fortran_order': False, 'shape': (1,)}";
    sdx_value *const value = npy_value(header, 2, &port);
    assert_non_null(value);
    assert_int_equal(sdx_tensor_dtype(value), SDX_BFLOAT16);
    sdx_value_release(value);
    assert_null(npy_value(header, 2, NULL));
}

static void npy_sizes_are_checked(void **state) {
    (void)state;
    assert_null(npy_value("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", 4, NULL));
    assert_null(npy_value("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", 5, NULL));
    assert_null(npy_value(
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4)}", 0, NULL));
    assert_null(npy_value("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", 0, NULL));
    assert_null(npy_value("{'descr': '<f4', 'fortran_order': False, 'shape': (1", 4, NULL));
    assert_null(npy_value("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", 8, NULL));
    assert_null(
        npy_value("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", 4, NULL));
    assert_null(npy_value("{'descr': '", 4, NULL));
    assert_null(npy_value("", 0, NULL));
}

static void npy_survives_the_way_out_and_in(void **state) {
    (void)state;
    const sdx_str strings[2] = {{"\xc3\xa4x", 3}, {"", 0}};
    const int64_t dims[2] = {2, 1};
    struct text file = {0};
    struct fault fault = {0};
    sdx_value *value = NULL;
    sdx_value *again = NULL;
    assert_null(sdx_tensor_strings(NULL, 2, dims, strings, 2, &value));
    assert_true(npy_format(value, &file, &fault));
    assert_int_equal(file.len % 64, 2 * 2 * 4);
    assert_true(npy_parse(file.ptr, file.len, NULL, &again, &fault));
    assert_int_equal(sdx_tensor_rank(again), 2);
    assert_true(str_is(((const sdx_str *)sdx_tensor_data(again))[0], "\xc3\xa4x"));
    assert_int_equal(((const sdx_str *)sdx_tensor_data(again))[1].len, 0);
    sdx_value_release(value);
    sdx_value_release(again);
    text_free(&file);
}

static void zip_gives_back_what_it_took(void **state) {
    (void)state;
    struct zip_out out = {0};
    struct zip zip = {0};
    struct fault fault = {0};
    struct bytes content = {0};
    assert_true(zip_add(&out, "a.npy", "hello", 5, &fault));
    assert_true(zip_add(&out, "b.npy", "", 0, &fault));
    zip_end(&out);
    assert_true(zip_open(out.archive.ptr, out.archive.len, &zip, &fault));
    assert_int_equal(zip.n, 2);
    assert_true(str_is(zip.members[0].name, "a.npy"));
    assert_true(zip_read(&zip, &zip.members[0], &content, &fault));
    assert_memory_equal(content.ptr, "hello", 5);
    bytes_free(&content);
    zip_close(&zip);
    for (size_t len = 0; len < out.archive.len;
         len++) { /* every cut is an error, and no read leaves the bytes */
        char *const cut = malloc(len + 1);
        memcpy(cut, out.archive.ptr, len);
        assert_false(zip_open(cut, len, &zip, &fault));
        free(cut);
    }
    out.archive.ptr[35] ^= 1; /* the first byte of "hello" */
    assert_true(zip_open(out.archive.ptr, out.archive.len, &zip, &fault));
    assert_false(zip_read(&zip, &zip.members[0], &content, &fault));
    zip_close(&zip);
    fault_free(&fault);
    zip_out_free(&out);
}

static void crc_is_the_usual_one(void **state) {
    (void)state;
    assert_int_equal(crc32_of("123456789", 9), 0xcbf43926);
}

static bool pnm_good(const char *text, size_t size, struct image *out) {
    const struct bytes bytes = {(unsigned char *)(uintptr_t)text, size};
    struct fault fault = {0};
    const bool good = pnm_decode(&bytes, out, &fault);
    fault_free(&fault);
    return good;
}

static void pnm_kinds_are_read(void **state) {
    (void)state;
    struct image image = {0};
    assert_true(pnm_good("P2 # gray\n2 1\n# most\n15\n15 3\n", 29, &image));
    assert_float_equal(image.samples[0], 255, 0);
    assert_float_equal(image.samples[1], 51, 1e-4);
    image_free(&image);
    assert_true(pnm_good("P6 2 1 255\nabcdef", 17, &image));
    assert_int_equal(image.channels, 3);
    assert_float_equal(image.samples[1], 'd', 0); /* planes: the red of the second pixel */
    image_free(&image);
    assert_true(pnm_good("P5 1 1 65535\n\x80\x80", 15, &image));
    assert_float_equal(image.samples[0], 128, 1e-4);
    image_free(&image);
}

static void pnm_damage_is_refused(void **state) {
    (void)state;
    const char *const bad[] = {"P5",
                               "P5 2 2 255\nabc",
                               "P5 0 2 255\n",
                               "P5 99999 99999 255\n",
                               "P5 65535 65535 255\n",
                               "P4 1 1\n1",
                               "P2 1 1 15 16",
                               "P2 1 1 0 0",
                               "P5 -1 1 255\n",
                               "P5 1 1 255",
                               "P3 1 1 9 1 2"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct image image = {0};
        assert_false(pnm_good(bad[i], strlen(bad[i]), &image));
    }
}

static void pictures_stand_upright(void **state) {
    (void)state;
    struct fault fault = {0};
    const float upright[6] = {1, 2, 3, 4, 5, 6}; /* 3 x 2 */
    const struct {
        unsigned orientation;
        size_t width;
        float stored[6];
    } cases[] = {{1, 3, {1, 2, 3, 4, 5, 6}}, {2, 3, {3, 2, 1, 6, 5, 4}}, {3, 3, {6, 5, 4, 3, 2, 1}},
                 {4, 3, {4, 5, 6, 1, 2, 3}}, {5, 2, {1, 4, 2, 5, 3, 6}}, {6, 2, {3, 6, 2, 5, 1, 4}},
                 {7, 2, {6, 3, 5, 2, 4, 1}}, {8, 2, {4, 1, 5, 2, 6, 3}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct image image = {0};
        assert_true(image_create(cases[i].width, 6 / cases[i].width, 1, &image, &fault));
        memcpy(image.samples, cases[i].stored, sizeof cases[i].stored);
        assert_true(image_orient(&image, cases[i].orientation, &fault));
        assert_int_equal(image.width, 3);
        assert_memory_equal(image.samples, upright, sizeof upright);
        image_free(&image);
    }
}

static void tensors_are_told_from_containers(void **state) {
    (void)state;
    assert_true(proto_is_tensor("\x08\x02\x10\x01", 4));  /* dims: 2, data_type: float */
    assert_true(proto_is_tensor("\x10\x01\x42\x01x", 5)); /* data_type, name */
    assert_false(
        proto_is_tensor("\x0a\x01x\x10\x01\x1a\x00", 7)); /* name, elem_type, one empty tensor */
    assert_false(proto_is_tensor("", 0));
    assert_false(proto_is_tensor("\x1a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(npy_orders_are_understood),
        cmocka_unit_test(npy_opaque_bytes_take_the_port),
        cmocka_unit_test(npy_sizes_are_checked),
        cmocka_unit_test(npy_survives_the_way_out_and_in),
        cmocka_unit_test(zip_gives_back_what_it_took),
        cmocka_unit_test(crc_is_the_usual_one),
        cmocka_unit_test(pnm_kinds_are_read),
        cmocka_unit_test(pnm_damage_is_refused),
        cmocka_unit_test(pictures_stand_upright),
        cmocka_unit_test(tensors_are_told_from_containers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
