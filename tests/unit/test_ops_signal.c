/* Spectra and windows: lengths of every kind, axes, types and errors. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "op_test.h"

enum { MAX_LENGTH = 512 };

/* A signal that has something in every bin. */
static double sample(size_t i) { return sin((double)(i * i % 97)) + 0.25 * (double)(i % 5); }

/* Bin k by its definition; part 0: real, 1: imaginary. */
static double bin(size_t n, size_t k, int part) {
    double sum = 0;
    for (size_t j = 0; j < n; j++) {
        const double angle = 6.28318530717958647693 * (double)(j * k % n) / (double)n;
        sum += sample(j) * (part ? -sin(angle) : cos(angle));
    }
    return sum;
}

static void one_length(size_t n) {
    double signal[MAX_LENGTH], half[MAX_LENGTH + 2];
    const size_t bins = n / 2 + 1;
    for (size_t i = 0; i < n; i++)
        signal[i] = sample(i);
    for (size_t i = 0; i < 2 * bins; i++)
        half[i] = bin(n, i / 2, (int)(i % 2));
    op_test *t = op_begin("DFT", 20);
    op_int(t, "onesided", 1);
    op_input(t, SDX_FLOAT64, DIMS(1, (int64_t)n, 1), signal);
    op_near(t, 0, SDX_FLOAT64, DIMS(1, (int64_t)bins, 2), half, 1e-10);
    op_end(t);
    t = op_begin("DFT", 20);
    op_int(t, "onesided", 1);
    op_int(t, "inverse", 1);
    op_input(t, SDX_FLOAT64, DIMS(1, (int64_t)bins, 2), half);
    op_input(t, SDX_INT64, SCALAR, (const double[]){(double)n});
    op_near(t, 0, SDX_FLOAT64, DIMS(1, (int64_t)n, 1), signal, 1e-10);
    op_end(t);
}

/* Factors of 4, 2, 3, 5, 7, 61; primes, which need the chirp; 67 * 3. */
static void lengths(void **state) {
    (void)state;
    static const size_t n[] = {1, 2, 3, 4, 5, 7, 8, 30, 61, 64, 67, 122, 128, 201, 251, 400, 512};
    for (size_t i = 0; i < sizeof n / sizeof *n; i++)
        one_length(n[i]);
}

static void dft_axes_and_types(void **state) {
    (void)state;
    static const sdx_dtype types[] = {SDX_FLOAT32, SDX_FLOAT64, SDX_FLOAT16, SDX_BFLOAT16};
    for (size_t i = 0; i < 4; i++) {
        op_test *t = op_begin("DFT", 17);
        op_int(t, "axis", 0);
        op_input(t, types[i], DIMS(2, 2, 1), DATA(1, 2, 3, 4));
        op_expect(t, 0, types[i], DIMS(2, 2, 2), DATA(4, 0, 6, 0, -2, 0, -2, 0));
        op_end(t);
        t = op_begin("DFT", 20);
        op_int(t, "inverse", 1);
        op_input(t, types[i], DIMS(2, 2), DATA(4, 1, -2, 1));
        op_expect(t, 0, types[i], DIMS(2, 2), DATA(1, 1, 3, 0));
        op_end(t);
        t = op_begin("DFT", 20);
        op_input(t, types[i], DIMS(1, 3, 1), DATA(1, 2, 9));
        op_input(t, SDX_INT32, SCALAR, DATA(2));
        op_expect(t, 0, types[i], DIMS(1, 2, 2), DATA(3, 0, -1, 0));
        op_end(t);
    }
}

static void dft_shapes(void **state) {
    (void)state;
    op_test *t = op_begin("DFT", 20);
    op_int(t, "onesided", 1);
    op_input(t, SDX_FLOAT32, DIMS(2, 4, 1), DATA(1, 2, 3, 4, 5, 6, 7, 8));
    op_symbols(t, "batch,n,1");
    op_infers(t, 0, "[batch,n/2+1,2]");
    op_end(t);
    t = op_begin("DFT", 20);
    op_input(t, SDX_FLOAT32, DIMS(0, 4, 1), NULL);
    op_expect(t, 0, SDX_FLOAT32, DIMS(0, 4, 2), NULL);
    op_end(t);
}

static void dft_refuses(void **state) {
    (void)state;
    op_test *t = op_begin("DFT", 20);
    op_input(t, SDX_FLOAT32, DIMS(1, 2, 1), DATA(1, 2));
    op_input(t, SDX_INT64, SCALAR, DATA(-3));
    op_fails(t, "input 'dft_length' is -3, expected at least 1");
    op_end(t);
    t = op_begin("DFT", 20);
    op_input(t, SDX_FLOAT32, DIMS(1, 2, 1), DATA(1, 2));
    op_absent(t);
    op_input(t, SDX_INT64, SCALAR, DATA(2));
    op_fails(t, "input 'axis' is 2, the last axis");
    op_end(t);
    t = op_begin("DFT", 20);
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 3), DATA(1, 2, 3));
    op_fails(t, "expected 1 or 2 as last dim");
    op_end(t);
}

static void stft_frames(void **state) {
    (void)state;
    op_test *t = op_begin("STFT", 17);
    op_input(t, SDX_FLOAT32, DIMS(1, 5), DATA(1, 2, 3, 4, 5));
    op_input(t, SDX_INT64, SCALAR, DATA(2));
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, 0.5));
    op_expect(t, 0, SDX_FLOAT32, DIMS(1, 2, 2, 2), DATA(2, 0, 0, 0, 5, 0, 1, 0));
    op_end(t);
    t = op_begin("STFT", 17);
    op_int(t, "onesided", 0);
    op_input(t, SDX_FLOAT16, DIMS(1, 2, 2), DATA(1, 1, 2, 0));
    op_input(t, SDX_INT32, SCALAR, DATA(1));
    op_expect(t, 0, SDX_FLOAT16, DIMS(1, 1, 2, 2), DATA(3, 1, -1, 1));
    op_end(t);
    t = op_begin("STFT", 17);
    op_input(t, SDX_FLOAT32, DIMS(1, 2, 1), DATA(1, 2));
    op_input(t, SDX_INT64, SCALAR, DATA(1));
    op_absent(t);
    op_input(t, SDX_INT64, SCALAR, DATA(4));
    op_expect(t, 0, SDX_FLOAT32, DIMS(1, 0, 3, 2), NULL);
    op_end(t);
    t = op_begin("STFT", 17);
    op_input(t, SDX_FLOAT32, DIMS(1, 2, 1), DATA(1, 2));
    op_input(t, SDX_INT64, SCALAR, DATA(0));
    op_fails(t, "input 'frame_step' is 0, expected at least 1");
    op_end(t);
}

static void windows(void **state) {
    (void)state;
    op_test *t = op_begin("HannWindow", 17);
    op_int(t, "output_datatype", SDX_FLOAT64);
    op_input(t, SDX_INT32, SCALAR, DATA(4));
    op_near(t, 0, SDX_FLOAT64, DIMS(4), DATA(0, 0.5, 1, 0.5), 1e-15);
    op_end(t);
    t = op_begin("BlackmanWindow", 17);
    op_int(t, "output_datatype", SDX_FLOAT16);
    op_int(t, "periodic", 0);
    op_input(t, SDX_INT64, SCALAR, DATA(1));
    op_expect(t, 0, SDX_FLOAT16, DIMS(1), DATA(1));
    op_end(t);
    t = op_begin("HammingWindow", 17);
    op_input(t, SDX_INT64, SCALAR, DATA(0));
    op_expect(t, 0, SDX_FLOAT32, DIMS(0), NULL);
    op_end(t);
    t = op_begin("HannWindow", 17);
    op_int(t, "output_datatype", SDX_STRING);
    op_input(t, SDX_INT64, SCALAR, DATA(3));
    op_fails(t, "attribute 'output_datatype' is 8, expected one of");
    op_end(t);
}

static op_test *mel(double lower, double upper) {
    op_test *t = op_begin("MelWeightMatrix", 17);
    op_input(t, SDX_INT32, SCALAR, DATA(2));
    op_input(t, SDX_INT32, SCALAR, DATA(4));
    op_input(t, SDX_INT32, SCALAR, DATA(8000));
    op_input(t, SDX_FLOAT32, SCALAR, (const double[]){lower});
    op_input(t, SDX_FLOAT32, SCALAR, (const double[]){upper});
    return t;
}

static void mel_bands(void **state) {
    (void)state;
    op_test *t = mel(0, 4000);
    op_expect(t, 0, SDX_FLOAT32, DIMS(3, 2), DATA(1, 1, 0, 0, 0, 0));
    op_end(t);
    t = mel(1e29, 1e30);
    op_expect(t, 0, SDX_FLOAT32, DIMS(3, 2), DATA(0, 0, 0, 0, 0, 0));
    op_end(t);
    t = mel(2000, 1000);
    op_fails(t, "are 2000 and 1000, expected rising frequencies from 0 on");
    op_end(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths),     cmocka_unit_test(dft_axes_and_types),
        cmocka_unit_test(dft_shapes),  cmocka_unit_test(dft_refuses),
        cmocka_unit_test(stft_frames), cmocka_unit_test(windows),
        cmocka_unit_test(mel_bands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
