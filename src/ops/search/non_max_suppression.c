/* NonMaxSuppression: for each batch and class the boxes with the highest scores, leaving out those
 * that overlap one that was selected before. */
#include "ops/call.h"
#include "ops/infer.h"
#include "ops/search/keys.h"

enum { CENTER_POINT_BOX };
enum { IN_BOXES, IN_SCORES, IN_LIMIT, IN_IOU, IN_SCORE };
enum { CORNERS = 4, TRIPLE = 3 };

static const sdx_port inputs[] = {
    {.name = "boxes", .var = "F", .types = SDX_T(FLOAT32)},
    {.name = "scores", .var = "F", .types = SDX_T(FLOAT32)},
    {.name = "max_output_boxes_per_class",
     .var = "I",
     .types = SDX_T(INT64),
     .flags = SDX_PORT_OPTIONAL},
    {.name = "iou_threshold", .var = "F", .types = SDX_T(FLOAT32), .flags = SDX_PORT_OPTIONAL},
    {.name = "score_threshold", .var = "F", .types = SDX_T(FLOAT32), .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {{.name = "selected_indices", .var = "I", .types = SDX_T(INT64)}};
static const sdx_attr_def attrs[] = {[CENTER_POINT_BOX] = SDX_ATTR_I("center_point_box", 0)};

static sdx_status check_shapes(const sdx_infer *in) {
    const sdx_dim *const boxes = in->in[IN_BOXES].dims, *const scores = in->in[IN_SCORES].dims;
    SDX_TRY(sdx_infer_want_rank(in, IN_BOXES, 3));
    SDX_TRY(sdx_infer_want_rank(in, IN_SCORES, 3));
    if (!sdx_infer_ranked(in, IN_BOXES) || !sdx_infer_ranked(in, IN_SCORES)) return NULL;
    if (!sdx_dims_differ(boxes[2], CORNERS) && !sdx_dims_differ(boxes[0], scores[0]) &&
        !sdx_dims_differ(boxes[1], scores[2]))
        return NULL;
    char found[160], other[160];
    return sdx_fail(SDX_SHAPE_MISMATCH,
                    "inputs 'boxes' and 'scores' have shapes %s and %s, expected [batches,boxes,4] "
                    "and [batches,classes,boxes]",
                    sdx_infer_shape_text(in, IN_BOXES, found, sizeof found),
                    sdx_infer_shape_text(in, IN_SCORES, other, sizeof other));
}

static sdx_status infer(sdx_infer *in) {
    SDX_TRY(check_shapes(in));
    const sdx_dim dims[] = {SDX_DIM_UNKNOWN, TRIPLE};
    return sdx_infer_set_shape(in, 0, 2, dims);
}

/* ---- boxes */

typedef struct box {
    float x0, y0, x1, y1, area;
} box;

/* ONNX: NonMaxSuppression-10 center_point_box: [y1, x1, y2, x2] of any two opposite corners, or
 * [x_center, y_center, width, height]. */
static box load_box(const float *v, bool by_center) {
    box b = {v[1], v[0], v[3], v[2], 0};
    if (by_center) b = (box){v[0] - v[2] / 2, v[1] - v[3] / 2, v[0] + v[2] / 2, v[1] + v[3] / 2, 0};
    const box in_order = {b.x0 < b.x1 ? b.x0 : b.x1, b.y0 < b.y1 ? b.y0 : b.y1,
                          b.x0 < b.x1 ? b.x1 : b.x0, b.y0 < b.y1 ? b.y1 : b.y0, 0};
    b = in_order;
    b.area = (b.x1 - b.x0) * (b.y1 - b.y0);
    return b;
}

static float overlap(float a0, float a1, float b0, float b1) {
    const float low = a0 > b0 ? a0 : b0, high = a1 < b1 ? a1 : b1;
    return high > low ? high - low : 0;
}

/* Intersection over union is strictly above the threshold; boxes without area overlap nothing. */
static bool is_suppressed(const box *a, const box *b, float threshold) {
    const float both = overlap(a->x0, a->x1, b->x0, b->x1) * overlap(a->y0, a->y1, b->y0, b->y1);
    const float either = a->area + b->area - both;
    if (!(both > 0) || !(either > 0)) return false;
    return both / either > threshold;
}

/* ---- candidates: a heap, since seldom more than some of them are asked for */

typedef struct candidate {
    uint64_t key; /* rises as scores fall */
    int64_t index;
} candidate;

/* Of equal scores the first comes first. */
static inline bool comes_before(candidate a, candidate b) {
    return a.key < b.key || (a.key == b.key && a.index < b.index);
}

/* The place `at` is open: its candidate is `c` or one from below. */
static void sift(candidate *heap, size_t n, size_t at, candidate c) {
    for (size_t child = 2 * at + 1; child < n; child = 2 * at + 1) {
        if (child + 1 < n && comes_before(heap[child + 1], heap[child])) child++;
        if (!comes_before(heap[child], c)) break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = c;
}

static void make_heap(candidate *heap, size_t n) {
    for (size_t i = n / 2; i-- > 0;)
        sift(heap, n, i, heap[i]);
}

/* The best of n candidates, n - 1 of which stay. */
static candidate take_best(candidate *heap, size_t n) {
    const candidate best = heap[0];
    if (n > 1) sift(heap, n - 1, 0, heap[n - 1]);
    return best;
}

/* ---- one class of one batch */

typedef struct selection {
    const sdx_view *boxes, *scores;
    size_t n, classes; /* boxes of a batch */
    size_t limit;      /* boxes of a class that are selected at most */
    float iou, score;
    bool by_center, has_score;
    /* n entries for each lane */
    uint64_t *keys;
    candidate *heap;
    box *kept;         /* limit entries for each lane */
    int64_t *selected; /* limit entries for each class */
    int64_t *counts;   /* of each class */
} selection;

static size_t find_candidates(const selection *s, const float *scores, const uint64_t *keys,
                              candidate *heap) {
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        heap[n] = (candidate){keys[i], (int64_t)i};
        n += !s->has_score || scores[i] > s->score;
    }
    return n;
}

static size_t select_boxes(const selection *s, size_t item, unsigned lane) {
    const sdx_order best_first = {.descending = true};
    const float *const scores = (const float *)s->scores->data + item * s->n;
    const float *const boxes = (const float *)s->boxes->data + item / s->classes * s->n * CORNERS;
    uint64_t *const keys = s->keys + lane * s->n;
    candidate *const heap = s->heap + lane * s->n;
    int64_t *const selected = s->selected + item * s->limit;
    box *const kept = s->kept + lane * s->limit;
    size_t n = 0;
    sdx_keys(best_first, SDX_FLOAT32, keys, scores, 1, s->n);
    size_t candidates = find_candidates(s, scores, keys, heap);
    make_heap(heap, candidates);
    for (; candidates > 0 && n < s->limit; candidates--) {
        const int64_t index = take_best(heap, candidates).index;
        const box b = load_box(boxes + (size_t)index * CORNERS, s->by_center);
        size_t k = 0;
        while (k < n && !is_suppressed(&b, &kept[k], s->iou))
            k++;
        if (k < n) continue;
        kept[n] = b;
        selected[n++] = index;
    }
    return n;
}

/* Items: classes of all batches. */
static void select_classes(void *arg, size_t begin, size_t end, unsigned lane) {
    const selection *const s = arg;
    for (size_t item = begin; item < end; item++)
        s->counts[item] = (int64_t)select_boxes(s, item, lane);
}

/* ---- all of them */

/* An optional scalar; *out is left alone without it. */
static sdx_status read_scalar(const sdx_call *c, size_t input, double *out) {
    const sdx_view *const view = sdx_call_in(c, input);
    if (!view) return NULL;
    if (view->len != 1)
        return sdx_fail(SDX_SHAPE_MISMATCH, "input '%s' has %zu elements, expected a scalar",
                        inputs[input].name, view->len);
    *out = sdx_view_double(view, 0);
    return NULL;
}

static sdx_status take(const sdx_call *c, size_t n, size_t size, void **out) {
    size_t bytes;
    if (!sdx_mul_size(n, size, &bytes))
        return sdx_fail(SDX_LIMIT, "inputs 'boxes' and 'scores' are too large to be searched");
    return sdx_call_scratch(c, bytes, out);
}

static sdx_status reserve(const sdx_call *c, selection *s, size_t items) {
    const size_t per_lane = s->n * c->lanes;
    SDX_TRY(take(c, per_lane, sizeof *s->keys, (void **)&s->keys));
    SDX_TRY(take(c, per_lane, sizeof *s->heap, (void **)&s->heap));
    SDX_TRY(take(c, s->limit * c->lanes, sizeof *s->kept, (void **)&s->kept));
    SDX_TRY(take(c, items * s->limit, sizeof *s->selected, (void **)&s->selected));
    return take(c, items, sizeof *s->counts, (void **)&s->counts);
}

static sdx_status write_triples(const sdx_call *c, const selection *s, size_t items) {
    int64_t dims[] = {0, TRIPLE}, *dst;
    sdx_view *out;
    for (size_t i = 0; i < items; i++)
        dims[0] += s->counts[i];
    SDX_TRY(sdx_call_output(c, 0, SDX_INT64, 2, dims, &out));
    dst = out->data;
    for (size_t i = 0; i < items; i++) {
        for (int64_t k = 0; k < s->counts[i]; k++) {
            *dst++ = (int64_t)(i / s->classes);
            *dst++ = (int64_t)(i % s->classes);
            *dst++ = s->selected[i * s->limit + (size_t)k];
        }
    }
    return NULL;
}

/* ONNX: NonMaxSuppression-10 max_output_boxes_per_class is 0 by default: nothing is selected. */
static sdx_status run(const sdx_call *c) {
    const sdx_view *const scores = c->in[IN_SCORES];
    double most = 0, iou = 0, score = 0;
    SDX_TRY(read_scalar(c, IN_LIMIT, &most));
    SDX_TRY(read_scalar(c, IN_IOU, &iou));
    SDX_TRY(read_scalar(c, IN_SCORE, &score));
    if (!(iou >= 0 && iou <= 1))
        return sdx_fail(SDX_OUT_OF_RANGE, "input 'iou_threshold' is %g, expected 0 to 1", iou);
    selection s = {
        .boxes = c->in[IN_BOXES],
        .scores = scores,
        .n = (size_t)scores->dims[2],
        .classes = (size_t)scores->dims[1],
        .iou = (float)iou,
        .score = (float)score,
        .by_center = sdx_node_int(c->node, CENTER_POINT_BOX) != 0,
        .has_score = sdx_call_in(c, IN_SCORE) != NULL,
    };
    s.limit = most >= (double)s.n ? s.n : most > 0 ? (size_t)most : 0;
    const size_t items = s.limit > 0 ? scores->len / s.n : 0;
    SDX_TRY(reserve(c, &s, items));
    sdx_call_for(c, items, 1, select_classes, &s);
    return write_triples(c, &s, items);
}

const sdx_op sdx_op_non_max_suppression = {
    .name = "NonMaxSuppression",
    .domain = "",
    .since = 10,
    .newest = 11,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_DATA_SHAPE,
    .infer = infer,
    .run = run,
};
