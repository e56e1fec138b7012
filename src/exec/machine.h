/* What the machine gives at most. */
#ifndef SDX_EXEC_MACHINE_H
#define SDX_EXEC_MACHINE_H

#include "base/status.h"

/* `threads` is at least 1. */
sdx_status sdx_machine_peak_of(unsigned threads, sdx_machine_peak *out) SDX_NODISCARD;

#endif
