/* GatherElements and ScatterElements: where the elements that an index tensor names stand. Element
 * (i0, i1, ...) of it, x, names the element of the data tensor that has x in place of i_axis. */
#ifndef SDX_OPS_INDEX_ALONG_AXIS_H
#define SDX_OPS_INDEX_ALONG_AXIS_H

#include "ops/common/strided.h"
#include "ops/infer.h"

typedef struct sdx_along_axis {
    size_t axis;
    int64_t dim, stride; /* of the axis in the data tensor */
    sdx_strided walk;    /* over the index tensor: places in the data tensor without the axis */
    size_t parts;        /* equal runs of the walk's rows that touch different data */
} sdx_along_axis;

/* Equal ranks; the index tensor no longer than the data on the other axes. Attribute 0 is the axis.
 */
sdx_status sdx_along_axis_check(const sdx_infer *in, size_t data, size_t indices) SDX_NODISCARD;
sdx_status sdx_along_axis_init(sdx_along_axis *a, const sdx_node *node, const sdx_view *data,
                               const sdx_view *indices) SDX_NODISCARD;

#endif
