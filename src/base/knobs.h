/* Settings from the environment, read once each. */
#ifndef SDX_BASE_KNOBS_H
#define SDX_BASE_KNOBS_H

#include <stdint.h>

typedef enum sdx_knob_id {
#define KNOB(name, variable, standard, help) SDX_KNOB_##name,
#include "base/knobs.def"
#undef KNOB
    SDX_KNOB_COUNT
} sdx_knob_id;

const char *sdx_knob(sdx_knob_id id); /* its text, never NULL */
int64_t sdx_knob_int(sdx_knob_id id); /* its value, 0 where it is not a number */

#endif
