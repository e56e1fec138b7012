/* How each node of a model is computed, for people who ask. */
#ifndef SDX_EXEC_EXPLAIN_H
#define SDX_EXEC_EXPLAIN_H

#include "exec/frame.h"

/* The steps of a frame and of the frames inside. */
void sdx_explain_steps(const sdx_frame *frame, sdx_step_fn *fn, void *user);

#endif
