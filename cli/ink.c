/* From a gray picture to centred strokes, in the steps of models/README.md: a picture of work size;
 * the light of the paper, a curved surface; what is darker than it and than its surroundings; where
 * that is and how large; its field on the samples of the model. */
#include "cli/ink.h"

#include <math.h>

#include "cli/memory.h"
#include "cli/resize.h"

enum {
    WORK_SIDE = 128, /* longer side of the picture of work size */
    BORDER = 8,      /* width of the ring that shows the paper first */
    REACH = 32,      /* of the window that tells paper from stroke, to each side */
    TERMS = 6,       /* of the light: 1, a, b, a^2, ab, b^2 */
};

#define FIELD_SPREADS 5.0 /* side of the field in spreads of the ink */

/* A picture of work size with what is found out about its samples; all arrays are owned. */
struct sheet {
    size_t width, height, n;
    float *gray;
    float *light;
    float *ink;   /* contrast, then 0 to 1 */
    bool *chosen; /* samples that are thought to be paper */
};

static struct sheet sheet_create(const float *gray, size_t width, size_t height) {
    const double longer = (double)(width > height ? width : height);
    struct sheet sheet;
    sheet.width = (size_t)fmax(1, floor((double)width * WORK_SIDE / longer + 0.5));
    sheet.height = (size_t)fmax(1, floor((double)height * WORK_SIDE / longer + 0.5));
    sheet.n = sheet.width * sheet.height;
    sheet.gray = mem_new(sheet.n, sizeof(float));
    sheet.light = mem_new(sheet.n, sizeof(float));
    sheet.ink = mem_new(sheet.n, sizeof(float));
    sheet.chosen = mem_new(sheet.n, sizeof(bool));
    resize_whole(gray, width, height, sheet.width, sheet.height, sheet.gray);
    return sheet;
}

static void sheet_destroy(struct sheet *sheet) {
    mem_free(sheet->gray);
    mem_free(sheet->light);
    mem_free(sheet->ink);
    mem_free(sheet->chosen);
}

static bool in_border(const struct sheet *sheet, size_t i) {
    const size_t x = i % sheet->width, y = i / sheet->width;
    return x < BORDER || y < BORDER || sheet->width - x <= BORDER || sheet->height - y <= BORDER;
}

/* The terms of the light at sample `i`; coordinates run from -1 to 1. */
static void terms_at(const struct sheet *sheet, size_t i, double terms[TERMS]) {
    const double a = 2 * ((double)(i % sheet->width) + 0.5) / (double)sheet->width - 1;
    const double b = 2 * ((double)(i / sheet->width) + 0.5) / (double)sheet->height - 1;
    const double all[TERMS] = {1, a, b, a * a, a * b, b * b};
    for (size_t k = 0; k < TERMS; k++)
        terms[k] = all[k];
}

/* Solves m x = r for a positive definite `m` by elimination; `r` becomes x. */
static void solve(double m[TERMS][TERMS], double r[TERMS], size_t n) {
    for (size_t k = 0; k < n; k++) {
        for (size_t i = k + 1; i < n; i++) {
            const double factor = m[i][k] / m[k][k];
            for (size_t j = k; j < n; j++)
                m[i][j] -= factor * m[k][j];
            r[i] -= factor * r[k];
        }
    }
    for (size_t k = n; k-- > 0;) {
        for (size_t j = k + 1; j < n; j++)
            r[k] -= m[k][j] * r[j];
        r[k] /= m[k][k];
    }
}

/* Fits the light with `n_terms` to the chosen samples. */
static void fit_light(struct sheet *sheet, size_t n_terms) {
    double normal[TERMS][TERMS] = {{0}}, coefficients[TERMS] = {0}, terms[TERMS];
    double n_chosen = 0;
    for (size_t i = 0; i < sheet->n; i++) {
        if (!sheet->chosen[i]) continue;
        terms_at(sheet, i, terms);
        n_chosen += 1;
        for (size_t k = 0; k < n_terms; k++) {
            for (size_t j = 0; j < n_terms; j++)
                normal[k][j] += terms[k] * terms[j];
            coefficients[k] += terms[k] * (double)sheet->gray[i];
        }
    }
    for (size_t k = 0; k < n_terms; k++)
        normal[k][k] += 1e-6 * n_chosen;
    solve(normal, coefficients, n_terms);
    for (size_t i = 0; i < sheet->n; i++) {
        terms_at(sheet, i, terms);
        double light = 0;
        for (size_t k = 0; k < n_terms; k++)
            light += coefficients[k] * terms[k];
        sheet->light[i] = (float)light;
    }
}

/* Chooses anew the samples near the light; false when too few are. */
static bool choose_paper(struct sheet *sheet, bool border_only, double spreads) {
    double squares = 0, n_chosen = 0;
    for (size_t i = 0; i < sheet->n; i++) {
        if (!sheet->chosen[i]) continue;
        const double residual = (double)(sheet->gray[i] - sheet->light[i]);
        squares += residual * residual;
        n_chosen += 1;
    }
    const double limit = fmax(spreads * sqrt(squares / n_chosen), 4);
    size_t n_allowed = 0, n_near = 0;
    for (size_t i = 0; i < sheet->n; i++) {
        const bool allowed = !border_only || in_border(sheet, i);
        sheet->chosen[i] = allowed && fabs((double)(sheet->gray[i] - sheet->light[i])) <= limit;
        n_allowed += allowed;
        n_near += sheet->chosen[i];
    }
    return n_near * 8 >= n_allowed;
}

static void find_light(struct sheet *sheet) {
    for (size_t i = 0; i < sheet->n; i++)
        sheet->chosen[i] = in_border(sheet, i);
    for (int round = 0; round < 7; round++) {
        const bool border_only = round < 3;
        fit_light(sheet, border_only ? 3 : TERMS);
        if (!choose_paper(sheet, border_only, border_only ? 1 : 2)) return;
    }
}

/* After this ink is darker than paper. */
static void turn_dark(struct sheet *sheet, enum ink_kind kind) {
    double cubes = 0;
    for (size_t i = 0; i < sheet->n; i++) {
        const double residual = (double)(sheet->gray[i] - sheet->light[i]);
        cubes += residual * residual * residual;
    }
    if (kind == INK_DARK || (kind == INK_AUTO && cubes <= 0)) return;
    for (size_t i = 0; i < sheet->n; i++) {
        sheet->gray[i] = -sheet->gray[i];
        sheet->light[i] = -sheet->light[i];
    }
}

/* The largest (`sign` 1) or smallest (-1) of each window along one axis: `n` samples `stride` apart
 * in each of `n_lines` lines `line_stride` apart. */
static void window_along(const float *in, size_t n, size_t stride, size_t n_lines,
                         size_t line_stride, float sign, float *out) {
    for (size_t line = 0; line < n_lines; line++) {
        const size_t start = line * line_stride;
        for (size_t i = 0; i < n; i++) {
            const size_t first = i > REACH ? i - REACH : 0;
            const size_t end = n - i > REACH ? i + REACH + 1 : n;
            float best = in[start + first * stride];
            for (size_t j = first + 1; j < end; j++) {
                const float sample = in[start + j * stride];
                if (sample * sign > best * sign) best = sample;
            }
            out[start + i * stride] = best;
        }
    }
}

/* Gray without strokes narrower than a window: the smallest of the largest around each sample. */
static void fill_strokes(const struct sheet *sheet, float *out) {
    const size_t w = sheet->width, h = sheet->height;
    float *between = mem_new(sheet->n, sizeof(float));
    window_along(sheet->gray, w, 1, h, w, 1, between);
    window_along(between, h, w, w, 1, 1, out);
    window_along(out, w, 1, h, w, -1, between);
    window_along(between, h, w, w, 1, -1, out);
    mem_free(between);
}

/* Sets ink to the contrast with light and surroundings; the largest is returned. */
static double find_contrast(struct sheet *sheet) {
    float largest = 0;
    fill_strokes(sheet, sheet->ink);
    for (size_t i = 0; i < sheet->n; i++) {
        const float paper = fminf(sheet->light[i], sheet->ink[i]);
        sheet->ink[i] = fmaxf(0, paper - sheet->gray[i]);
        largest = fmaxf(largest, sheet->ink[i]);
    }
    return (double)largest;
}

/* Turns contrast into ink of 0 to 1, measured by the mean of the strong half. */
static void level_ink(struct sheet *sheet, double largest) {
    double sum = 0, n_strong = 0;
    for (size_t i = 0; i < sheet->n; i++) {
        const double contrast = (double)sheet->ink[i];
        if (contrast < largest / 2) continue;
        sum += contrast;
        n_strong += 1;
    }
    const double level = sum / n_strong;
    for (size_t i = 0; i < sheet->n; i++) {
        const double ink = ((double)sheet->ink[i] / level - 0.25) / 0.75;
        sheet->ink[i] = (float)fmin(1, fmax(0, ink));
    }
}

/* Lays the square field around the mass of the ink on the samples of `out`. */
static void lay_field(const struct sheet *sheet, size_t out_width, size_t out_height, float *out) {
    double mass = 0, x = 0, y = 0, xx = 0, yy = 0;
    for (size_t i = 0; i < sheet->n; i++) {
        const double ink = (double)sheet->ink[i];
        mass += ink;
        x += ink * ((double)(i % sheet->width) + 0.5);
        y += ink * ((double)(i / sheet->width) + 0.5);
    }
    x /= mass;
    y /= mass;
    for (size_t i = 0; i < sheet->n; i++) {
        const double dx = (double)(i % sheet->width) + 0.5 - x;
        const double dy = (double)(i / sheet->width) + 0.5 - y;
        xx += (double)sheet->ink[i] * dx * dx;
        yy += (double)sheet->ink[i] * dy * dy;
    }
    const double side = FIELD_SPREADS * sqrt(fmax(xx, yy) / mass + 1.0 / 12);
    const double step = side / (double)(out_width < out_height ? out_width : out_height);
    const struct span across = {x - (double)out_width * step / 2, step, out_width};
    const struct span down = {y - (double)out_height * step / 2, step, out_height};
    resize_part(sheet->ink, sheet->width, sheet->height, across, down, true, out);
    for (size_t i = 0; i < out_width * out_height; i++)
        out[i] *= 255;
}

bool ink_find(const float *gray, size_t width, size_t height, enum ink_kind kind, size_t out_width,
              size_t out_height, float *out, double *contrast) {
    struct sheet sheet = sheet_create(gray, width, height);
    find_light(&sheet);
    turn_dark(&sheet, kind);
    *contrast = find_contrast(&sheet);
    const bool found = *contrast >= INK_LEAST_CONTRAST;
    if (found) {
        level_ink(&sheet, *contrast);
        lay_field(&sheet, out_width, out_height, out);
    }
    sheet_destroy(&sheet);
    return found;
}
