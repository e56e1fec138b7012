/* The triangle filter: each output sample is the mean of the source samples near its centre,
 * weighted by a triangle as wide as the step (at least one sample to each side). First along x,
 * then along y; the samples between the two passes are one plane of floats. */
#include "cli/resize.h"

#include <math.h>
#include <string.h>

#include "cli/memory.h"

/* The source samples that one output sample sees: `n` weights, the first for sample `first`. */
struct taps {
    size_t first;
    size_t n;
    double *weights; /* owned */
};

/* A coordinate as an index of 0 to `end`. */
static size_t bounded(double position, size_t end) {
    if (!(position > 0)) return 0;
    return position < (double)end ? (size_t)position : end;
}

/* The sum of all weights of a triangle, those beyond the source included. */
static double whole_sum(double centre, double reach) {
    double sum = 0;
    for (double at = floor(centre - reach) + 0.5; at < centre + reach; at += 1)
        sum += fmax(0, 1 - fabs(at - centre) / reach);
    return sum;
}

/* What output sample `i` of the span sees of `source` samples. */
static struct taps taps_of(struct span span, size_t i, size_t source, bool dark_outside) {
    const double centre = span.origin + ((double)i + 0.5) * span.step;
    const double reach = fmax(1, span.step);
    struct taps taps = {.first = bounded(floor(centre - reach), source)};
    taps.n = bounded(ceil(centre + reach), source) - taps.first;
    taps.weights = mem_new(taps.n + 1, sizeof(double));
    double sum = 0;
    for (size_t j = 0; j < taps.n; j++) {
        const double distance = fabs((double)(taps.first + j) + 0.5 - centre);
        taps.weights[j] = fmax(0, 1 - distance / reach);
        sum += taps.weights[j];
    }
    if (dark_outside) sum = whole_sum(centre, reach);
    for (size_t j = 0; j < taps.n && sum > 0; j++)
        taps.weights[j] /= sum;
    return taps;
}

/* Each row of `height` rows of `width` samples becomes `x.n` samples. */
static void along_x(const float *plane, size_t width, size_t height, struct span x,
                    bool dark_outside, float *out) {
    for (size_t i = 0; i < x.n; i++) {
        const struct taps taps = taps_of(x, i, width, dark_outside);
        for (size_t row = 0; row < height; row++) {
            const float *seen = plane + row * width + taps.first;
            double sum = 0;
            for (size_t j = 0; j < taps.n; j++)
                sum += taps.weights[j] * (double)seen[j];
            out[row * x.n + i] = (float)sum;
        }
        mem_free(taps.weights);
    }
}

/* `height` rows of `width` samples become `y.n` rows. */
static void along_y(const float *plane, size_t width, size_t height, struct span y,
                    bool dark_outside, float *out) {
    for (size_t i = 0; i < y.n; i++) {
        const struct taps taps = taps_of(y, i, height, dark_outside);
        float *row = out + i * width;
        memset(row, 0, width * sizeof(float));
        for (size_t j = 0; j < taps.n; j++) {
            const float *seen = plane + (taps.first + j) * width;
            const float weight = (float)taps.weights[j];
            for (size_t column = 0; column < width; column++)
                row[column] += weight * seen[column];
        }
        mem_free(taps.weights);
    }
}

void resize_part(const float *plane, size_t width, size_t height, struct span x, struct span y,
                 bool dark_outside, float *out) {
    float *between = mem_new(x.n, height * sizeof(float));
    along_x(plane, width, height, x, dark_outside, between);
    along_y(between, x.n, height, y, dark_outside, out);
    mem_free(between);
}

void resize_whole(const float *plane, size_t width, size_t height, size_t out_width,
                  size_t out_height, float *out) {
    const struct span x = {.step = (double)width / (double)out_width, .n = out_width};
    const struct span y = {.step = (double)height / (double)out_height, .n = out_height};
    resize_part(plane, width, height, x, y, false, out);
}
