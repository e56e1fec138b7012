/* The inputs that stand in a folder test_data_set_N: input_K.pb or input_K.map.json. */
#ifndef CLI_SET_INPUTS_H
#define CLI_SET_INPUTS_H

#include "cli/fault.h"

struct set_inputs {
    sdx_value **values; /* owned, each as well */
    char **names;       /* owned: what the files say, "" or NULL where they say nothing */
    size_t n;
};
bool set_inputs_read(const sdx_model *model, const char *set, struct set_inputs *out,
                     struct fault *fault);
void set_inputs_free(struct set_inputs *inputs);

#endif
