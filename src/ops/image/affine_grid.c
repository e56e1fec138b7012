/* AffineGrid: the places of a regular grid, moved by a matrix for each image. */
#include "ops/call.h"
#include "ops/infer.h"

enum { IN_THETA, IN_SIZE };
enum { ALIGN_CORNERS };
enum { MAX_SPATIAL = 3 };

static const sdx_port inputs[] = {
    {.name = "theta", .var = "T1", .types = SDX_T_FLOATS},
    {.name = "size", .var = "T2", .types = SDX_T(INT64)},
};
static const sdx_port outputs[] = {{.name = "grid", .var = "T1", .types = SDX_T_FLOATS}};
static const sdx_attr_def attrs[] = {[ALIGN_CORNERS] = SDX_ATTR_I("align_corners", 0)};

static sdx_status check_theta(const sdx_infer *in, sdx_dim spatial) {
    if (!sdx_infer_ranked(in, IN_THETA)) return NULL;
    const sdx_fact *const theta = &in->in[IN_THETA];
    const sdx_dim rows = theta->rank == 3 ? theta->dims[1] : 0;
    const sdx_dim cols = theta->rank == 3 ? theta->dims[2] : 0;
    const bool right = (!sdx_dim_is_number(rows) || rows == spatial) &&
                       (!sdx_dim_is_number(cols) || cols == spatial + 1);
    if (right) return NULL;
    char text[160];
    return sdx_fail(SDX_SHAPE_MISMATCH, "input 'theta' has shape %s, expected [N,%lld,%lld]",
                    sdx_infer_shape_text(in, IN_THETA, text, sizeof text), (long long)spatial,
                    (long long)spatial + 1);
}

/* The number of spatial dims, from the length of `size`; 0: not known. */
static sdx_status count_spatial(const sdx_infer *in, size_t *out) {
    const sdx_fact *const size = &in->in[IN_SIZE];
    *out = 0;
    SDX_TRY(sdx_infer_want_rank(in, IN_SIZE, 1));
    if (size->rank != 1 || !sdx_dim_is_number(size->dims[0])) return NULL;
    if (size->dims[0] != 4 && size->dims[0] != 5)
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "input 'size' has %lld elements, expected 4 [N, C, H, W] or 5 "
                        "[N, C, D, H, W]",
                        (long long)size->dims[0]);
    *out = (size_t)size->dims[0] - 2;
    return check_theta(in, (sdx_dim)*out);
}

static sdx_status infer(sdx_infer *in) {
    size_t spatial, n;
    sdx_dim size[MAX_SPATIAL + 2], dims[SDX_MAX_RANK];
    SDX_TRY(count_spatial(in, &spatial));
    if (spatial == 0) return NULL;
    if (!sdx_infer_ints(in, IN_SIZE, size, MAX_SPATIAL + 2, &n))
        return sdx_infer_set_rank(in, 0, spatial + 2);
    dims[0] = sdx_infer_ranked(in, IN_THETA) ? in->in[IN_THETA].dims[0] : size[0];
    if (sdx_dim_is_number(dims[0]) && sdx_dim_is_number(size[0]) && dims[0] != size[0])
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "input 'size'[0] is %lld, expected %lld, as many as 'theta' has",
                        (long long)size[0], (long long)dims[0]);
    for (size_t d = 0; d < spatial; d++) {
        if (sdx_dim_is_number(size[d + 2]) && size[d + 2] < 0)
            return sdx_fail(SDX_OUT_OF_RANGE, "input 'size'[%zu] is %lld, expected 0 or more",
                            d + 2, (long long)size[d + 2]);
        dims[d + 1] = size[d + 2];
    }
    dims[spatial + 1] = (sdx_dim)spatial;
    return sdx_infer_set_shape(in, 0, spatial + 2, dims);
}

typedef struct job {
    const sdx_view *theta;
    sdx_view *grid;
    size_t spatial;
    bool align_corners;
} job;

/* Place i of n on [-1, 1]: the ends are centers of elements (a single one stands where the grid
 * starts, as in ONNX's body), or the edges of the outer ones. */
static double place(const job *j, size_t i, int64_t n) {
    if (j->align_corners) return n > 1 ? 2 * (double)i / (double)(n - 1) - 1 : -1;
    return (double)(2 * i + 1) / (double)n - 1;
}

/* Lines of the last spatial dim; coordinates are listed from that one to the first. */
static void lines(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    sdx_view grid = *j->grid;
    const size_t spatial = j->spatial, cols = (size_t)grid.dims[spatial];
    (void)lane;
    for (size_t line = begin; line < end; line++) {
        double x[MAX_SPATIAL + 1] = {0};
        size_t rest = line;
        for (size_t d = spatial - 1; d-- > 0; rest /= (size_t)grid.dims[d + 1]) {
            x[spatial - 1 - d] = place(j, rest % (size_t)grid.dims[d + 1], grid.dims[d + 1]);
        }
        x[spatial] = 1;
        const size_t theta = rest * spatial * (spatial + 1);
        for (size_t col = 0; col < cols; col++) {
            x[0] = place(j, col, (int64_t)cols);
            for (size_t row = 0; row < spatial; row++) {
                double sum = 0;
                for (size_t k = 0; k <= spatial; k++) {
                    sum += sdx_view_double(j->theta, theta + row * (spatial + 1) + k) * x[k];
                }
                sdx_view_set_double(&grid, (line * cols + col) * spatial + row, sum);
            }
        }
    }
}

static sdx_status run(const sdx_call *c) {
    sdx_view *const grid = c->out[0];
    job j = {.theta = c->in[IN_THETA],
             .grid = grid,
             .spatial = grid->rank - 2u,
             .align_corners = sdx_node_int(c->node, ALIGN_CORNERS) != 0};
    if (grid->len == 0) return NULL;
    const size_t line = sdx_view_count(grid, j.spatial, grid->rank);
    sdx_call_for(c, grid->len / line, sdx_grain(line * 16), lines, &j);
    return NULL;
}

const sdx_op sdx_op_affine_grid = {
    .name = "AffineGrid",
    .domain = "",
    .since = 20,
    .newest = 20,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_WIDEN,
    .infer = infer,
    .run = run,
};
