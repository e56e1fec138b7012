/* prepare.h: the steps that are the same for every picture. */
#include "cli/prepare.h"

#include <string.h>

#include "cli/elements.h"
#include "cli/memory.h"

static bool find_ink(const struct recipe *recipe, struct image *image, struct fault *fault) {
    struct image found = {0};
    double contrast = 0;
    if (!image_create(recipe->width, recipe->height, 1, &found, fault)) {
        return false;
    }
    if (!ink_find(image->samples, image->width, image->height, recipe->ink, recipe->width,
                  recipe->height, found.samples, &contrast)) {
        image_free(&found);
        return fault_code(fault, SDX_INVALID_ARGUMENT,
                          "there is no ink: the largest contrast to the paper is %.1f of 255, "
                          "expected at least %g; light the paper evenly or write darker",
                          contrast, INK_LEAST_CONTRAST);
    }
    image_free(image);
    *image = found;
    return true;
}

bool recipe_shape(const struct recipe *recipe, struct image *image, struct fault *fault) {
    struct image resized = {0};
    if (recipe->channels == CHANNELS_GRAY && !image_gray(image, fault)) {
        return false;
    }
    if (recipe->has_ink) {
        return find_ink(recipe, image, fault);
    }
    if (!image_resize(image, recipe->width, recipe->height, &resized, fault)) {
        return false;
    }
    image_free(image);
    *image = resized;
    return true;
}

/* Writes one picture from element `at` of the tensor on. */
static void put_picture(const struct recipe *recipe, const struct image *image, sdx_dtype dtype,
                        void *data, size_t at) {
    const size_t pixels = recipe->width * recipe->height;
    const size_t channels = recipe->channels == CHANNELS_GRAY ? 1 : 3;
    for (size_t i = 0; i < pixels; i++) {
        for (size_t c = 0; c < channels; c++) {
            const size_t source = image->channels == 1               ? 0
                                  : recipe->channels == CHANNELS_BGR ? 2 - c
                                                                     : c;
            const double value = (double)image->samples[source * pixels + i];
            const size_t index = recipe->layout == LAYOUT_NHWC ? i * channels + c : c * pixels + i;
            element_set(dtype, data, at + index,
                        (value * recipe->scale - recipe->mean[c]) / recipe->std[c]);
        }
    }
}

bool recipe_tensor(const struct recipe *recipe, const struct image *images, size_t n,
                   sdx_dtype dtype, sdx_value **out, struct fault *fault) {
    const int64_t channels = recipe->channels == CHANNELS_GRAY ? 1 : 3;
    const int64_t height = (int64_t)recipe->height;
    const int64_t width = (int64_t)recipe->width;
    const int64_t first[4] = {(int64_t)n, channels, height, width};
    const int64_t last[4] = {(int64_t)n, height, width, channels};
    sdx_value *tensor = NULL;
    if (element_kind(dtype) == ELEMENT_STRING || element_kind(dtype) == ELEMENT_NONE) {
        return fault_code(fault, SDX_TYPE_MISMATCH,
                          "the input takes %s, expected numbers for a picture",
                          sdx_dtype_name(dtype));
    }
    if (!fault_check(fault,
                     sdx_tensor_create(NULL, dtype, 4, recipe->layout == LAYOUT_NHWC ? last : first,
                                       &tensor))) {
        return false;
    }
    const size_t size = (size_t)channels * recipe->width * recipe->height;
    for (size_t i = 0; i < n; i++) {
        put_picture(recipe, &images[i], dtype, sdx_tensor_data(tensor), i * size);
    }
    *out = tensor;
    return true;
}
