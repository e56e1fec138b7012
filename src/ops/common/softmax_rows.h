/* Softmax and log-softmax of a row, for along.h. */
#ifndef SDX_OPS_COMMON_SOFTMAX_ROWS_H
#define SDX_OPS_COMMON_SOFTMAX_ROWS_H

#include "ops/common/along.h"

extern const sdx_along_row sdx_softmax_rows, sdx_log_softmax_rows;

#endif
