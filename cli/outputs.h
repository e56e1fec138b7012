/* The outputs of a run: shown and written. */
#ifndef CLI_OUTPUTS_H
#define CLI_OUTPUTS_H

#include "cli/json.h"
#include "cli/options.h"
#include "cli/terminal.h"

struct output_settings {
    struct text_list files; /* "[NAME=]FILE" */
    const char *folder, *format;
};
extern const struct option output_options[];
extern const size_t n_output_options;

/* Refuses names and formats that cannot be, before the run. */
bool outputs_check(const struct output_settings *settings, const sdx_model *model,
                   struct fault *fault);
/* Writes what the settings ask for. `values` are in the order of the model's outputs. */
bool outputs_write(const struct output_settings *settings, const sdx_model *model,
                   sdx_value *const *values, struct fault *fault);
/* True where an output goes to the standard output, which then has nothing else. */
bool outputs_take_stdout(const struct output_settings *settings);
/* One row for each tensor, with those inside sequences and maps. */
void outputs_print(const sdx_model *model, sdx_value *const *values,
                   const struct terminal *terminal);
/* An object "outputs" with names and elements. */
void outputs_json(struct json_out *out, const sdx_model *model, sdx_value *const *values);

#endif
