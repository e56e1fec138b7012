/* Places become elements and weights: dim by dim, then every combination. */
#include "ops/image/sampler.h"

#include <math.h>

#include "ops/elementwise/unary_math.h"

enum { MAX_TAPS = 4, MAX_POINTS = 1 << 16 };

/* What a place sees along one dim. */
typedef struct taps {
    size_t n;
    size_t at[MAX_TAPS];
    double weight[MAX_TAPS];
} taps;

static size_t taps_of(sdx_sampling mode) {
    return mode == SDX_SAMPLE_NEAREST ? 1 : mode == SDX_SAMPLE_LINEAR ? 2 : 4;
}

sdx_status sdx_sampler_init(sdx_sampler *s) {
    s->points = 1;
    for (size_t d = 0; d < s->rank; d++) {
        s->points *= taps_of(s->mode);
        if (s->points > MAX_POINTS)
            return sdx_fail(SDX_LIMIT,
                            "found %zu spatial dims, expected so many that a place is made of %d "
                            "elements at most; use a simpler mode",
                            s->rank, MAX_POINTS);
    }
    return NULL;
}

/* ONNX: GridSample-22 padding_mode: reflected at both borders till it is inside. */
static double reflect(double x, double low, double high) {
    const double range = high - low;
    if (x >= low && x <= high) return x;
    const double beyond = fmod(x < low ? low - x : x - high, 2 * range);
    if (!(range > 0) || isnan(beyond)) return low;
    const double back = beyond <= range ? beyond : 2 * range - beyond;
    return x < low ? low + back : high - back;
}

/* A coordinate that is inside, or so near that integers hold it and all that it sees is outside. A
 * cubic at the border is made of elements that repeat, as frameworks that wrote the operator have
 * it; ONNX's own evaluator moves the place to the border instead, the text leaves it open. */
static double bring_in(const sdx_sampler *s, double x, double low, double high, double last) {
    const bool repeats = s->outside == SDX_OUTSIDE_BORDER && s->mode != SDX_SAMPLE_CUBIC;
    if (x >= low && x <= high) return x;
    if (s->outside == SDX_OUTSIDE_REFLECTION) return reflect(x, low, high);
    if (repeats) return x > high ? last : 0;
    return x > last + MAX_TAPS ? last + MAX_TAPS : x >= -MAX_TAPS ? x : -MAX_TAPS;
}

/* Cubic convolution with a = -0.75 (Keys 1981): weights of the elements at -1, 0, 1 and 2. */
static void weigh_cubic(double x, double *weight) {
    const double a = -0.75;
    for (int i = 0; i < 4; i++) {
        const double far = fabs(x - (i - 1));
        weight[i] = far <= 1 ? ((a + 2) * far - (a + 3)) * far * far + 1
                             : ((a * far - 5 * a) * far + 8 * a) * far - 4 * a;
    }
}

static void look(const sdx_sampler *s, size_t d, double x, taps *t) {
    const double last = (double)s->in[d] - 1;
    const double low = s->centers ? 0 : -0.5, high = s->centers ? last : last + 0.5;
    double weight[MAX_TAPS] = {1};
    t->n = 0;
    if (s->in[d] == 0) return;
    if (s->mode == SDX_SAMPLE_NEAREST) x = math_round(x);
    x = bring_in(s, x, low, high, last);
    double first = floor(x);
    if (s->mode == SDX_SAMPLE_LINEAR) {
        weight[0] = 1 - (x - first);
        weight[1] = x - first;
    } else if (s->mode == SDX_SAMPLE_CUBIC) {
        weigh_cubic(x - first, weight);
        first -= 1;
    }
    for (size_t i = 0; i < taps_of(s->mode); i++) {
        double at = first + (double)i;
        if (s->outside == SDX_OUTSIDE_REFLECTION) at = reflect(at, low, high);
        if (s->outside == SDX_OUTSIDE_ZEROS && (at < 0 || at > last)) continue;
        t->at[t->n] = at <= 0 ? 0 : at >= last ? s->in[d] - 1 : (size_t)at;
        t->weight[t->n++] = weight[i];
    }
}

/* A place among four elements of a picture, the usual one: nothing of it is outside. */
static bool sample_four(const sdx_sampler *s, const double *x, sdx_point *points) {
    if (s->mode != SDX_SAMPLE_LINEAR || s->rank != 2) return false;
    if (!(x[0] >= 0 && x[0] + 1 < (double)s->in[0] && x[1] >= 0 && x[1] + 1 < (double)s->in[1]))
        return false;
    const size_t row = (size_t)x[0], col = (size_t)x[1], cols = s->in[1];
    const double down = x[0] - (double)row, right = x[1] - (double)col;
    const size_t at = row * cols + col;
    points[0] = (sdx_point){.offset = at, .weight = (1 - down) * (1 - right)};
    points[1] = (sdx_point){.offset = at + 1, .weight = (1 - down) * right};
    points[2] = (sdx_point){.offset = at + cols, .weight = down * (1 - right)};
    points[3] = (sdx_point){.offset = at + cols + 1, .weight = down * right};
    return true;
}

size_t sdx_sample(const sdx_sampler *s, const double *x, sdx_point *points) {
    size_t n = 1;
    if (sample_four(s, x, points)) return 4;
    points[0] = (sdx_point){.offset = 0, .weight = 1};
    for (size_t d = 0; d < s->rank; d++) {
        taps t;
        look(s, d, x[d], &t);
        /* from behind, so that a list grows in its own place */
        for (size_t k = n; k-- > 0;) {
            const sdx_point from = points[k];
            for (size_t i = t.n; i-- > 0;) {
                points[k * t.n + i] = (sdx_point){.offset = from.offset * s->in[d] + t.at[i],
                                                  .weight = from.weight * t.weight[i]};
            }
        }
        n *= t.n;
    }
    return n;
}
