/* image.h: resampling by a triangle as wide as the larger of a source and a target pixel. Sums are
 * in double; the weights of an axis are made once. */
#include <math.h>

#include "cli/image.h"
#include "cli/memory.h"

/* Of one target pixel: the source pixels from `first` on and their weights, which sum to 1 (or
 * less, where the outside takes part). */
struct taps {
    size_t first, n;
    double *weights; /* borrowed from the axis */
};
struct axis {
    struct taps *taps; /* owned; one for each target pixel */
    double *weights;   /* owned */
};

static double triangle(double distance, double radius) {
    const double weight = 1 - fabs(distance) / radius;
    return weight > 0 ? weight : 0;
}

static void make_taps(struct taps *taps, size_t source, double centre, double radius,
                      bool outside) {
    const double low = floor(centre - radius - 0.5);
    const double high = ceil(centre + radius + 0.5);
    double sum = 0;
    const size_t first = low < 0 ? 0 : low > (double)source ? source : (size_t)low;
    const size_t last = high < 0                ? 0
                        : high > (double)source ? source
                                                : (size_t)high; /* the one after */
    taps->first = first;
    taps->n = last > first ? last - first : 0;
    for (size_t i = 0; i < taps->n; i++) {
        taps->weights[i] = triangle((double)(first + i) + 0.5 - centre, radius);
        sum += outside ? 0 : taps->weights[i];
    }
    for (double j = low; outside && j <= high;
         j++) { /* every pixel of the grid counts, also where there is no picture */
        sum += triangle(j + 0.5 - centre, radius);
    }
    for (size_t i = 0; i < taps->n; i++) {
        taps->weights[i] /= sum > 0 ? sum : 1;
    }
}

static bool make_axis(size_t source, size_t target, struct image_axis place, bool outside,
                      struct axis *out, struct fault *fault) {
    const double radius = place.step > 1 ? place.step : 1;
    const double span = 2 * radius + 4;
    if (!(span < 1e6) || !(fabs(place.origin) < 1e9)) {
        return fault_code(fault, SDX_LIMIT, "a pixel would take %g pixels of the picture",
                          place.step);
    }
    const size_t room = (size_t)span < source ? (size_t)span : source;
    out->taps = mem_new(target, sizeof *out->taps);
    out->weights = mem_new(target * room, sizeof *out->weights);
    for (size_t i = 0; i < target; i++) {
        out->taps[i].weights = out->weights + i * room;
        make_taps(&out->taps[i], source, place.origin + ((double)i + 0.5) * place.step, radius,
                  outside);
    }
    return true;
}

static void axis_free(struct axis *axis) {
    mem_free(axis->taps);
    mem_free(axis->weights);
}

static void along_x(const struct image *from, const struct axis *axis, struct image *to) {
    const unsigned channels = from->channels;
    for (size_t y = 0; y < from->height; y++) {
        const float *const row = from->samples + y * from->width * channels;
        for (size_t x = 0; x < to->width; x++) {
            const struct taps *const taps = &axis->taps[x];
            for (unsigned c = 0; c < channels; c++) {
                double sum = 0;
                for (size_t i = 0; i < taps->n; i++) {
                    sum += taps->weights[i] * (double)row[(taps->first + i) * channels + c];
                }
                to->samples[(y * to->width + x) * channels + c] = (float)sum;
            }
        }
    }
}

static void along_y(const struct image *from, const struct axis *axis, struct image *to) {
    const size_t row = from->width * from->channels;
    for (size_t y = 0; y < to->height; y++) {
        const struct taps *const taps = &axis->taps[y];
        for (size_t x = 0; x < row; x++) {
            double sum = 0;
            for (size_t i = 0; i < taps->n; i++) {
                sum += taps->weights[i] * (double)from->samples[(taps->first + i) * row + x];
            }
            to->samples[y * row + x] = (float)sum;
        }
    }
}

bool image_resample(const struct image *image, size_t width, size_t height, struct image_axis x,
                    struct image_axis y, bool outside, struct image *out, struct fault *fault) {
    struct axis columns = {0};
    struct axis rows = {0};
    struct image narrow = {0};
    struct image result = {0};
    const bool good = make_axis(image->width, width, x, outside, &columns, fault) &&
                      make_axis(image->height, height, y, outside, &rows, fault) &&
                      image_create(width, image->height, image->channels, &narrow, fault) &&
                      image_create(width, height, image->channels, &result, fault);
    if (good) {
        along_x(image, &columns, &narrow);
        along_y(&narrow, &rows, &result);
        *out = result;
    }
    axis_free(&columns);
    axis_free(&rows);
    image_free(&narrow);
    return good;
}

bool image_resize(const struct image *image, size_t width, size_t height, struct image *out,
                  struct fault *fault) {
    const struct image_axis x = {0, (double)image->width / (double)width};
    const struct image_axis y = {0, (double)image->height / (double)height};
    return image_resample(image, width, height, x, y, false, out, fault);
}
