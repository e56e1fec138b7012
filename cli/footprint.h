/* info --memory: what a model and a run hold, piece by piece, beside what the system counts. */
#ifndef CLI_FOOTPRINT_H
#define CLI_FOOTPRINT_H

#include "cli/inputs.h"
#include "cli/session.h"

struct footprint_settings {
    const struct session_settings *session;
    const struct input_settings *input;
    uint64_t top; /* pieces that are listed */
    bool json;
};

/* Begins to measure, before the model is loaded: the bytes without a file that this process has
 * anyway. */
uint64_t footprint_begin(void);
/* Tells of the model of `session`, runs it once and tells again. */
bool footprint_print(const struct footprint_settings *settings, struct session *session,
                     uint64_t before, struct fault *fault);

#endif
