/* From a picture to the input of a model, as models/README.md lays down: metadata of the model says
 * how, options win over it. */
#ifndef CLI_PREPARE_H
#define CLI_PREPARE_H

#include "cli/image.h"
#include "cli/ink.h"
#include "cli/options.h"

/* The options as they were given; NULL: not given. */
struct prepare_settings {
    const char *size, *channels, *layout, *ink, *scale, *mean, *std;
};
extern const struct option prepare_options[];
extern const size_t n_prepare_options;

enum prepare_channels { CHANNELS_GRAY, CHANNELS_RGB, CHANNELS_BGR };
enum prepare_layout { LAYOUT_NCHW, LAYOUT_NHWC };

/* What is to be done, complete. */
struct recipe {
    size_t width, height;
    enum prepare_channels channels;
    enum prepare_layout layout;
    bool has_ink; /* the key is not `none` */
    enum ink_kind ink;
    double scale, mean[3], std[3];
};

/* From the options, the model's metadata and the shape of the input (`rank` dims, -1: not known).
 */
bool recipe_init(const struct prepare_settings *settings, const sdx_model *model,
                 const int64_t *dims, size_t rank, struct recipe *out, struct fault *fault);
/* Steps 3 and 4: the picture with the recipe's size and channels, in 0 to 255. Replaces `image`. */
bool recipe_shape(const struct recipe *recipe, struct image *image, struct fault *fault);
/* Steps 5 and 6: the shaped pictures as one tensor [n, C, H, W] or [n, H, W, C]. */
bool recipe_tensor(const struct recipe *recipe, const struct image *images, size_t n,
                   sdx_dtype dtype, sdx_value **out, struct fault *fault);

/* The value of a key of the model's metadata; an empty ptr when there is none. */
sdx_str metadata_find(const sdx_model *model, const char *key);
/* `text` without spaces at its ends. */
sdx_str str_trim(sdx_str text);

#endif
