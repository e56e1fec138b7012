/* The inputs of a run: files where the user gives some, made up where not. */
#ifndef CLI_INPUTS_H
#define CLI_INPUTS_H

#include "cli/prepare.h"
#include "cli/shapes.h"

struct input_settings {
    struct text_list files; /* "[NAME=]FILE" */
    struct shape_wishes shapes;
    struct prepare_settings prepare;
    uint64_t seed;
    double fill; /* NaN: random */
};
extern const struct option input_options[];
extern const size_t n_input_options;
void input_settings_free(struct input_settings *settings); /* what parsing put into them */

struct inputs {
    sdx_value **values; /* owned, and so is each; NULL: left to its default. In the order of the
                           model's inputs */
    size_t n;
    struct image *pictures;     /* owned: the prepared pictures, in 0 to 255 */
    const char **picture_files; /* owned array of the names they came from */
    size_t n_pictures;
    size_t picture_port; /* the input they went to */
};

/* Reads, prepares and makes up. The settings must outlive the result. */
bool inputs_gather(const struct input_settings *settings, const sdx_model *model,
                   struct inputs *out, struct fault *fault);
void inputs_free(struct inputs *inputs);

#endif
