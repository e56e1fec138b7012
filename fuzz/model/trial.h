/* How one model is tried: choices and inputs that ride along in the bytes of the model, as fields
 * of ModelProto that no ONNX has and every reader skips. So an ONNX file is a trial with the usual
 * choices, and a trial is an ONNX file. */
#ifndef SDX_FUZZ_TRIAL_H
#define SDX_FUZZ_TRIAL_H

#include "sardonyx/sardonyx.h"
#include "wire/fields.h"

typedef struct fuzz_trial {
    uint32_t elements; /* what the elements of inputs are derived from */
    bool has_elements;
    uint32_t sizes; /* what dims that are not known are derived from */
    bool has_sizes;
    uint32_t fail_at; /* the request for memory that is refused, counted from 1; 0: none */
    bool has_fail_at;
    bool fail_after; /* and all later ones */
    bool has_fail_after;
    uint32_t choices; /* FUZZ_*, or'ed */
    bool has_choices;
    const sdx_str *input; /* serialised, by position; empty or too few: derived from the type */
    size_t n_input;
} fuzz_trial;

enum {
    FUZZ_NO_FOLDER = 1,     /* external data cannot be read */
    FUZZ_KEEP_OUTPUTS = 2,  /* the second run fills the outputs of the first */
    FUZZ_GIVE_DEFAULTS = 4, /* inputs with initializers are given as well */
    FUZZ_TWO_LANES = 8,
    FUZZ_DENORMALS = 16,
    FUZZ_BIND_FIRST = 32,
    FUZZ_COPY = 64,         /* the model owns its bytes */
    FUZZ_FEW_OUTPUTS = 128, /* every other output is wanted */
    FUZZ_AS_IT_IS = 256     /* no rewrites */
};

extern const sdx_message_def fuzz_trial_def;

/* A value of the port's type: what the trial has for it, else one made up; NULL where the type
 * allows none. `round` varies dims that are not known. */
sdx_value *fuzz_input(const fuzz_trial *trial, const sdx_port_info *port, size_t index,
                      unsigned round);

#endif
