/* A Conv with a BatchNormalization, factors and terms by channel, a residual and an activation
 * behind it becomes the Conv of domain sardonyx, which does all of it while a result is in the
 * cache. */
#include <math.h>

#include "cpu/chain.h"
#include "opt/match.h"

enum { IN_X, IN_W, IN_B, IN_Z, IN_SCALE, IN_SHIFT, N_IN };

/* y = scale * (conv + bias) + shift, by channel. */
typedef struct affine {
    size_t channels;
    double *scale, *shift;
    bool is_there; /* else scale is 1 and shift 0 */
} affine;

static const sdx_view *numbers_of(const sdx_gvalue *value) {
    const bool constant = value != NULL && value->constant != NULL && !value->is_input;
    return constant && sdx_types_have(SDX_T_FLOATS, value->constant->dtype) ? value->constant
                                                                            : NULL;
}

/* The numbers of a constant that has one for each channel of a value of rank `rank`, or one for
 * all; NULL for any other. */
static const sdx_view *by_channel(const affine *a, const sdx_gvalue *value, int rank) {
    const sdx_view *const view = numbers_of(value);
    if (view == NULL || view->rank > rank) return NULL;
    if (view->len == 1) return view;
    const int behind = rank - 2; /* spatial dims */
    return view->len == a->channels && view->rank > behind &&
                   view->dims[view->rank - 1 - behind] == (int64_t)a->channels
               ? view
               : NULL;
}

static double number(const sdx_view *view, size_t channel) {
    return sdx_view_double(view, view->len == 1 ? 0 : channel);
}

static bool take_norm(affine *a, const sdx_node *node) {
    const sdx_view *in[5];
    const sdx_attr *const training = sdx_node_named(node, "training_mode"), *const given =
                                                                                sdx_node_named(
                                                                                    node,
                                                                                    "epsilon");
    if (!sdx_is_op(node, "BatchNormalization") || node->n_inputs < 5 ||
        (training != NULL && training->i != 0))
        return false;
    for (size_t i = 1; i < 5; i++) {
        in[i] = numbers_of(node->inputs[i]);
        if (in[i] == NULL || in[i]->len != a->channels) return false;
    }
    const double epsilon = given != NULL ? (double)given->f : 1e-5;
    for (size_t c = 0; c < a->channels; c++) {
        const double factor = sdx_view_double(in[1], c) / sqrt(sdx_view_double(in[4], c) + epsilon);
        a->scale[c] *= factor;
        a->shift[c] =
            (a->shift[c] - sdx_view_double(in[3], c)) * factor + sdx_view_double(in[2], c);
    }
    return true;
}

static bool take_factor(affine *a, const sdx_chain *chain, const sdx_node *node) {
    const sdx_view *const factors =
        by_channel(a, sdx_chain_other(chain, node), chain->value->shape.rank);
    if (!sdx_is_op(node, "Mul") || factors == NULL) return false;
    for (size_t c = 0; c < a->channels; c++) {
        a->scale[c] *= number(factors, c);
        a->shift[c] *= number(factors, c);
    }
    return true;
}

static bool take_term(affine *a, const sdx_chain *chain, const sdx_node *node) {
    const sdx_view *const terms =
        by_channel(a, sdx_chain_other(chain, node), chain->value->shape.rank);
    if (!sdx_is_op(node, "Add") || terms == NULL) return false;
    for (size_t c = 0; c < a->channels; c++) {
        a->shift[c] += number(terms, c);
    }
    return true;
}

/* The shape stays: a constant must not broadcast the result to more dims. */
static bool keeps_shape(const sdx_chain *chain, const sdx_node *node) {
    return sdx_gvalue_same_shape(chain->value, node->outputs[0]);
}

static void take_affine(affine *a, sdx_chain *chain) {
    sdx_node *next;
    while ((next = sdx_chain_next(chain)) != NULL && keeps_shape(chain, next)) {
        if (!take_norm(a, next) && !take_factor(a, chain, next) && !take_term(a, chain, next))
            return;
        sdx_chain_take(chain, next);
        a->is_there = true;
    }
}

static sdx_status constant(sdx_rewrite *r, const sdx_node *conv, const char *what,
                           const double *numbers, size_t n, sdx_gvalue **out) {
    sdx_view *view;
    sdx_str name;
    SDX_TRY(SDX_ARENA_NEW(r->arena, 1, &view));
    SDX_TRY(sdx_view_init(view, SDX_FLOAT32, 1, (const int64_t[]){(int64_t)n}));
    SDX_TRY(sdx_arena_printf(r->arena, &name, "%.*s.%s", SDX_FMT(conv->outputs[0]->name), what));
    SDX_TRY(
        sdx_copies_take(&r->ir->copies, sdx_view_bytes(view), SDX_COPY_FOLDED, name, &view->data));
    for (size_t i = 0; i < n; i++) {
        sdx_view_set_double(view, i, numbers[i]);
    }
    return sdx_graph_constant(conv->graph, name, view, out);
}

/* A window and groups are said alike. */
static sdx_status copy_attrs(sdx_node *to, const sdx_node *conv) {
    static const char *const names[] = {"auto_pad", "kernel_shape", "strides",
                                        "pads",     "dilations",    "group"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const sdx_attr *const given = sdx_node_named(conv, names[i]);
        if (given != NULL) SDX_TRY(sdx_node_set_attr(to, names[i], *given));
    }
    return NULL;
}

static sdx_status replace(sdx_rewrite *r, sdx_node *conv, const sdx_chain *chain, const affine *a) {
    sdx_gvalue *inputs[N_IN] = {
        [IN_X] = conv->inputs[IN_X], [IN_W] = conv->inputs[IN_W], [IN_Z] = chain->residual};
    sdx_node *fused;
    if (conv->n_inputs > IN_B) inputs[IN_B] = conv->inputs[IN_B];
    if (a->is_there) {
        SDX_TRY(constant(r, conv, "scale", a->scale, a->channels, &inputs[IN_SCALE]));
        SDX_TRY(constant(r, conv, "shift", a->shift, a->channels, &inputs[IN_SHIFT]));
    }
    SDX_TRY(sdx_chain_replace(r, chain, "Conv", inputs, N_IN, &fused));
    return copy_attrs(fused, conv);
}

static sdx_status fuse(sdx_rewrite *r, sdx_node *conv) {
    const sdx_gvalue *const y = conv->outputs[0];
    sdx_chain chain;
    sdx_chain_begin(&chain, conv);
    if (sdx_chain_next(&chain) == NULL) return NULL;
    affine a = {.channels = (size_t)y->shape.dims[1]};
    double *numbers;
    SDX_TRY(SDX_NEW_ARRAY(r->heap, 2 * a.channels, &numbers));
    a.scale = numbers;
    a.shift = numbers + a.channels;
    for (size_t c = 0; c < a.channels; c++) {
        a.scale[c] = 1;
    }
    take_affine(&a, &chain);
    sdx_chain_end(&chain);
    const sdx_status status = chain.n > 1 ? replace(r, conv, &chain, &a) : NULL;
    sdx_heap_free(r->heap, numbers, 2 * a.channels * sizeof *numbers);
    return status;
}

static bool is_candidate(const sdx_node *node) {
    if (!sdx_is_op(node, "Conv") || node->outputs[0] == NULL) return false;
    const sdx_gvalue *const y = node->outputs[0];
    enum { MAX_CHANNELS = 1 << 24 };
    return y->type != NULL && sdx_types_have(SDX_T(FLOAT32) | SDX_T_HALVES, y->type->dtype) &&
           y->shape.rank >= 3 && sdx_dim_is_number(y->shape.dims[1]) && y->shape.dims[1] > 0 &&
           y->shape.dims[1] < MAX_CHANNELS;
}

/* From the end: what a fusion removes stands behind its Conv. */
static sdx_status apply(sdx_rewrite *r, sdx_graph *graph) {
    for (sdx_node *node = graph->last, *before; node != NULL; node = before) {
        before = node->prev;
        if (is_candidate(node)) SDX_TRY(fuse(r, node));
    }
    return NULL;
}

extern const sdx_rule sdx_rule_fuse_conv;
const sdx_rule sdx_rule_fuse_conv = {.name = "fuse_conv",
                                     .help =
                                         "what stands behind a Conv (norms and factors by channel, "
                                         "a residual, an activation) is done as it stores",
                                     .apply = apply};
