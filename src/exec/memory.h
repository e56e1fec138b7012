/* Reports of memory, piece by piece. */
#ifndef SDX_EXEC_MEMORY_H
#define SDX_EXEC_MEMORY_H

#include "exec/context.h"

/* Show every piece to `fn`; see sdx_model_memory_each. */
void sdx_model_report(sdx_model *model, sdx_memory_fn *fn, void *user);
void sdx_context_report(const sdx_context *context, sdx_memory_fn *fn, void *user);

#endif
