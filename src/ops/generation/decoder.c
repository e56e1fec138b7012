/* Feeding the subgraphs. The prompt goes through once for each batch entry; beams begin as copies
 * of what came out. */
#include "ops/generation/decoder.h"

#include <string.h>

sdx_status sdx_decoder_open(sdx_decoder *d, const sdx_call *c, const sdx_gen_settings *s) {
    *d = (sdx_decoder){.c = c, .settings = s, .width = s->batch};
    SDX_TRY(sdx_gen_ports_of(c->node, &d->ports));
    const sdx_graph *const decoder = sdx_node_attr(c->node, SDX_GEN_DECODER)->graph;
    const size_t n = decoder->n_inputs + decoder->n_outputs;
    sdx_value **values;
    SDX_TRY(sdx_call_scratch(c, n * sizeof *values, (void **)&values));
    memset(values, 0, n * sizeof *values);
    SDX_TRY(sdx_call_scratch(c, s->rows * sizeof *d->sources, (void **)&d->sources));
    SDX_TRY(sdx_call_scratch(c, s->batch * sizeof *d->positions, (void **)&d->positions));
    d->feeds = values;
    d->n_feeds = decoder->n_inputs;
    d->results = values + d->n_feeds;
    d->n_results = decoder->n_outputs;
    d->axis = s->model == SDX_GEN_GPT ? 1 : 0;
    return NULL;
}

static void release(sdx_value **values, size_t n) {
    for (size_t i = 0; i < n; i++) {
        sdx_value_release(values[i]);
        values[i] = NULL;
    }
}

void sdx_decoder_close(sdx_decoder *d) {
    release(d->feeds, d->n_feeds);
    release(d->results, d->n_results);
}

/* ---- values */

/* Takes the place of what was fed before. */
static void feed(sdx_decoder *d, size_t i, sdx_value *value) {
    sdx_value_release(d->feeds[i]);
    d->feeds[i] = value;
}

static sdx_status new_ints(const sdx_decoder *d, size_t rows, size_t columns, sdx_value **out) {
    const int64_t dims[] = {(int64_t)rows, (int64_t)columns};
    sdx_view shape;
    SDX_TRY(sdx_view_init(&shape, SDX_INT32, 2, dims));
    return sdx_value_dense(d->c->store, &shape, false, out);
}

typedef struct copy_job {
    const char *src;
    char *dst;
    const size_t *rows; /* of src, for each of n rows of dst */
    size_t n, n_src, size;
} copy_job;

static void copy_rows(void *arg, size_t begin, size_t end, unsigned lane) {
    const copy_job *const j = arg;
    (void)lane;
    for (size_t i = begin; i < end; i++) {
        const size_t block = i / j->n, row = i % j->n;
        memcpy(j->dst + i * j->size, j->src + (block * j->n_src + j->rows[row]) * j->size, j->size);
    }
}

/* Rows of a cache along an axis, in the order of `rows`. */
static sdx_status take_rows(const sdx_decoder *d, sdx_value *from, size_t axis, const size_t *rows,
                            size_t n, sdx_value **out) {
    const sdx_view *const view = &from->view;
    bool same = (size_t)view->dims[axis] == n;
    for (size_t r = 0; same && r < n; r++) {
        same = rows[r] == r;
    }
    if (same) {
        *out = sdx_value_retain(from);
        return NULL;
    }
    int64_t dims[SDX_MAX_RANK];
    memcpy(dims, view->dims, view->rank * sizeof *dims);
    dims[axis] = (int64_t)n;
    sdx_view shape;
    SDX_TRY(sdx_view_init(&shape, view->dtype, view->rank, dims));
    SDX_TRY(sdx_value_dense(d->c->store, &shape, false, out));
    copy_job job = {.src = view->data,
                    .dst = (*out)->view.data,
                    .rows = rows,
                    .n = n,
                    .n_src = (size_t)view->dims[axis],
                    .size =
                        sdx_view_count(view, axis + 1, view->rank) * sdx_dtype_size(view->dtype)};
    if (job.size != 0)
        sdx_call_for(d->c, sdx_view_count(view, 0, axis) * n, sdx_grain(job.size), copy_rows, &job);
    return NULL;
}

/* ---- checks at the border of the subgraphs */

static sdx_status check_feeds(const sdx_decoder *d, size_t attr, sdx_value *const *feeds) {
    const sdx_graph *const graph = sdx_node_attr(d->c->node, attr)->graph;
    char text[160];
    for (size_t i = 0; i < graph->n_inputs; i++) {
        const sdx_gvalue *const port = graph->inputs[i];
        const sdx_view *const view = &feeds[i]->view;
        bool fits = port->type == NULL ||
                    (port->type->kind == SDX_TENSOR && port->type->dtype == view->dtype);
        fits = fits && (port->shape.rank < 0 || port->shape.rank == (int)view->rank);
        for (int k = 0; fits && k < port->shape.rank; k++) {
            const sdx_dim dim = port->shape.dims[k];
            fits = !sdx_dim_is_number(dim) || dim == view->dims[k];
        }
        if (!fits)
            return sdx_fail(SDX_SHAPE_MISMATCH,
                            "%s: input '%.*s': found %s to feed, expected what the graph declares; "
                            "export it with symbolic dimensions and int32 tokens",
                            d->c->node->op->attrs[attr].name, SDX_FMT(port->name),
                            sdx_view_text(view, text, sizeof text));
    }
    return NULL;
}

/* Logits are floats [rows,tokens,words]; everything else is a tensor of floats with as many rows.
 */
static sdx_status check_result(const sdx_decoder *d, const sdx_value *value, bool is_logits,
                               size_t axis, size_t index) {
    const sdx_view *const view = &value->view;
    char text[160];
    bool fits = value->kind == SDX_TENSOR && view->rank > axis &&
                sdx_dtype_kind_of(view->dtype) == SDX_KIND_FLOAT &&
                !sdx_dtype_subbyte(view->dtype) && view->dims[axis] == (int64_t)d->width;
    if (is_logits) fits = fits && view->rank == 3 && view->dims[1] >= 1 && view->dims[2] >= 1;
    if (fits) return NULL;
    return sdx_fail(
        SDX_SHAPE_MISMATCH, "output %zu of the graph: found %s, expected %s of %zu rows", index,
        value->kind == SDX_TENSOR ? sdx_view_text(view, text, sizeof text) : "no tensor",
        is_logits ? "logits [rows,tokens,words]" : "a cache of floats", d->width);
}

/* Each step has logits for the words of the first. */
static sdx_status check_words(sdx_decoder *d) {
    const size_t words = (size_t)d->results[0]->view.dims[2];
    if (d->n_logits != 0 && d->n_logits != words)
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "output 0 of the graph: found logits of %zu words, expected %zu as before",
                        words, d->n_logits);
    d->n_logits = words;
    return NULL;
}

static sdx_status run_decoder(sdx_decoder *d, size_t attr) {
    SDX_TRY(check_feeds(d, attr, d->feeds));
    SDX_TRY(sdx_call_graph(d->c, attr, d->feeds, d->n_feeds, d->results, d->n_results));
    SDX_TRY(check_result(d, d->results[0], true, 0, 0));
    SDX_TRY(check_words(d));
    for (size_t i = 1; i < d->n_results; i++) {
        SDX_TRY(check_result(d, d->results[i], false, d->axis, i));
    }
    return NULL;
}

/* ---- the prompt */

static bool is_padding(const sdx_decoder *d, size_t i) {
    return ((const int32_t *)d->c->in[SDX_GEN_INPUT_IDS]->data)[i] == d->settings->pad;
}

/* 1 for tokens that count: as the caller says, else all but padding; of an encoder's tokens, as
 * onnxruntime does it, all but the padding that they begin with. */
static void fill_mask(const sdx_decoder *d, size_t entry, size_t n, int32_t *mask) {
    const sdx_view *const given = d->settings->attention_mask;
    bool begun = false;
    for (size_t i = 0; i < n; i++) {
        const bool padding = is_padding(d, entry * n + i);
        begun = begun || !padding;
        if (given != NULL)
            mask[i] = ((const int32_t *)given->data)[entry * n + i];
        else
            mask[i] = d->settings->model == SDX_GEN_GPT ? !padding : begun;
    }
}

static sdx_status feed_mask(sdx_decoder *d, size_t columns, sdx_value **out) {
    SDX_TRY(new_ints(d, d->settings->batch, columns, out));
    for (size_t b = 0; b < d->settings->batch; b++) {
        fill_mask(d, b, columns, (int32_t *)(*out)->view.data + b * columns);
    }
    return NULL;
}

static sdx_status feed_prompt(sdx_decoder *d, sdx_value **out) {
    sdx_value *ids;
    SDX_TRY(sdx_call_need_value(d->c, SDX_GEN_INPUT_IDS, &ids));
    *out = sdx_value_retain(ids);
    return NULL;
}

/* Caches of no tokens, in the shape that the decoder declares. */
static sdx_status feed_nothing(sdx_decoder *d, size_t attr) {
    const sdx_graph *const graph = sdx_node_attr(d->c->node, attr)->graph;
    for (size_t i = 0; i < d->ports.n_states; i++) {
        const size_t at = d->ports.first_cache + i;
        const sdx_gvalue *const port = graph->inputs[at];
        const size_t rank = d->axis + 4; /* [2,]rows,heads,tokens,size */
        int64_t dims[SDX_MAX_RANK];
        bool fits = port->type != NULL && port->shape.rank == (int)rank;
        for (size_t k = 0; fits && k < rank; k++) {
            const sdx_dim dim = port->shape.dims[k];
            dims[k] = k == d->axis ? (int64_t)d->width : k + 2 == rank ? 0 : dim;
            fits = k == d->axis || k + 2 == rank || (sdx_dim_is_number(dim) && dim > 0);
        }
        if (!fits)
            return sdx_fail(SDX_INVALID_MODEL,
                            "%s: input '%.*s': found no type and shape for an empty cache, "
                            "expected a tensor [%srows,heads,tokens,size] with numbers for heads "
                            "and size",
                            d->c->node->op->attrs[attr].name, SDX_FMT(port->name),
                            d->axis == 1 ? "2," : "");
        sdx_view shape;
        sdx_value *value;
        SDX_TRY(sdx_view_init(&shape, port->type->dtype, rank, dims));
        SDX_TRY(sdx_value_dense(d->c->store, &shape, false, &value));
        feed(d, at, value);
    }
    return NULL;
}

enum { FEED_IDS, FEED_POSITIONS, FEED_MASK }; /* GPT */

/* Tokens are numbered from 0; padding, even where the mask counts it, is not. */
static sdx_status feed_positions(sdx_decoder *d) {
    const size_t batch = d->settings->batch, prompt = d->settings->prompt;
    SDX_TRY(new_ints(d, batch, prompt, &d->feeds[FEED_POSITIONS]));
    int32_t *const to = d->feeds[FEED_POSITIONS]->view.data;
    for (size_t b = 0; b < batch; b++) {
        int32_t position = 0;
        for (size_t i = 0; i < prompt; i++) {
            to[b * prompt + i] = is_padding(d, b * prompt + i) ? 0 : position++;
        }
        d->positions[b] = position;
    }
    return NULL;
}

static sdx_status start_gpt(sdx_decoder *d) {
    const size_t attr =
        sdx_node_has(d->c->node, SDX_GEN_INIT_DECODER) ? SDX_GEN_INIT_DECODER : SDX_GEN_DECODER;
    SDX_TRY(feed_prompt(d, &d->feeds[FEED_IDS]));
    SDX_TRY(feed_positions(d));
    SDX_TRY(feed_mask(d, d->settings->prompt, &d->feeds[FEED_MASK]));
    SDX_TRY(feed_nothing(d, attr));
    return run_decoder(d, attr);
}

/* Tokens that the decoder begins with. */
static sdx_status feed_first(sdx_decoder *d, sdx_value **out) {
    const sdx_gen_settings *const s = d->settings;
    SDX_TRY(new_ints(d, s->batch, s->prompt, out));
    int32_t *const ids = (*out)->view.data;
    for (size_t i = 0; i < (*out)->view.len; i++) {
        ids[i] = s->forced != NULL ? ((const int32_t *)s->forced->data)[i] : s->start;
    }
    return NULL;
}

/* Hands out what the encoder gave: logits and states as results of a first step, the rest as feeds.
 */
static sdx_status keep_encoded(sdx_decoder *d, sdx_value **made, size_t n) {
    const sdx_gen_ports *const p = &d->ports;
    for (size_t i = 0; i < n; i++) {
        SDX_TRY(sdx_in(check_result(d, made[i], p->starts && i == 0, 0, i), "encoder"));
    }
    for (size_t i = 0; i < p->n_fixed; i++) {
        feed(d, p->first_cache + p->n_states + i, made[n - p->n_fixed + i]);
        made[n - p->n_fixed + i] = NULL;
    }
    if (!p->starts) return NULL;
    d->results[0] = made[0];
    made[0] = NULL;
    SDX_TRY(check_words(d));
    if (p->has_hidden) {
        feed(d, p->first_cache - 1, made[1]);
        made[1] = NULL;
    }
    for (size_t i = 0; i < p->n_states; i++) {
        d->results[1 + i] = made[2 + i];
        made[2 + i] = NULL;
    }
    return NULL;
}

static sdx_status run_encoder(sdx_decoder *d, sdx_value **feeds) {
    const sdx_graph *const graph = sdx_node_attr(d->c->node, SDX_GEN_ENCODER)->graph;
    sdx_value **made;
    SDX_TRY(sdx_call_scratch(d->c, graph->n_outputs * sizeof *made, (void **)&made));
    SDX_TRY(check_feeds(d, SDX_GEN_ENCODER, feeds));
    SDX_TRY(sdx_call_graph(d->c, SDX_GEN_ENCODER, feeds, graph->n_inputs, made, graph->n_outputs));
    const sdx_status status = keep_encoded(d, made, graph->n_outputs);
    release(made, graph->n_outputs);
    return status;
}

static sdx_status start_pair(sdx_decoder *d) {
    const bool has_mask = d->settings->model == SDX_GEN_T5;
    sdx_value *feeds[3] = {NULL};
    size_t n = 0;
    sdx_status status = feed_prompt(d, &feeds[n++]);
    if (status == NULL && has_mask) {
        const size_t columns = (size_t)d->c->in[SDX_GEN_INPUT_IDS]->dims[1];
        status = feed_mask(d, columns, &feeds[n]);
        if (status == NULL) feed(d, 1, sdx_value_retain(feeds[n++]));
    }
    if (status == NULL && d->ports.starts) status = feed_first(d, &feeds[n++]);
    if (status == NULL) status = run_encoder(d, feeds);
    release(feeds, 3);
    if (status != NULL || d->ports.starts) return status;
    SDX_TRY(feed_first(d, &d->feeds[0]));
    SDX_TRY(feed_nothing(d, SDX_GEN_DECODER));
    return run_decoder(d, SDX_GEN_DECODER);
}

sdx_status sdx_decoder_start(sdx_decoder *d) {
    return sdx_in(d->settings->model == SDX_GEN_GPT ? start_gpt(d) : start_pair(d), "prompt");
}

/* ---- the steps behind it */

/* What all beams of a batch entry share is repeated for each of them, once. */
static sdx_status spread(sdx_decoder *d) {
    const sdx_gen_ports *const p = &d->ports;
    if (d->is_spread || d->settings->model == SDX_GEN_GPT) return NULL;
    for (size_t r = 0; r < d->settings->rows; r++) {
        d->sources[r] = r / d->settings->beams;
    }
    for (size_t i = 1; i < d->n_feeds; i++) {
        if (i >= p->first_cache && i < p->first_cache + p->n_states) continue;
        sdx_value *wide;
        SDX_TRY(take_rows(d, d->feeds[i], 0, d->sources, d->settings->rows, &wide));
        feed(d, i, wide);
    }
    d->is_spread = true;
    return NULL;
}

/* Presents become pasts, each row with those of its parent. */
static sdx_status hand_on(sdx_decoder *d, const size_t *parents) {
    const sdx_gen_settings *const s = d->settings;
    const size_t group = d->width == s->rows ? 1 : s->beams;
    for (size_t r = 0; r < s->rows; r++) {
        d->sources[r] = (parents != NULL ? parents[r] : r) / group;
    }
    for (size_t i = 0; i < d->ports.n_states; i++) {
        sdx_value *past;
        SDX_TRY(take_rows(d, d->results[1 + i], d->axis, d->sources, s->rows, &past));
        feed(d, d->ports.first_cache + i, past);
        sdx_value_release(d->results[1 + i]);
        d->results[1 + i] = NULL;
    }
    return NULL;
}

/* The last token of each row, or all of them where the graph takes any number. */
static sdx_status feed_tokens(sdx_decoder *d, const sdx_gen_tokens *t) {
    const sdx_gvalue *const port =
        sdx_node_attr(d->c->node, SDX_GEN_DECODER)->graph->inputs[FEED_IDS];
    const bool is_single =
        d->settings->model == SDX_GEN_GPT || (port->shape.rank == 2 && port->shape.dims[1] == 1);
    const size_t n = is_single ? 1 : t->length;
    sdx_value *value;
    SDX_TRY(new_ints(d, t->rows, n, &value));
    for (size_t r = 0; r < t->rows; r++) {
        memcpy((int32_t *)value->view.data + r * n, sdx_gen_row(t, r) + t->length - n,
               n * sizeof(int32_t));
    }
    feed(d, FEED_IDS, value);
    return NULL;
}

static sdx_status feed_places(sdx_decoder *d, const sdx_gen_tokens *t) {
    const sdx_gen_settings *const s = d->settings;
    sdx_value *positions, *mask;
    SDX_TRY(new_ints(d, t->rows, 1, &positions));
    feed(d, FEED_POSITIONS, positions);
    SDX_TRY(new_ints(d, t->rows, t->length, &mask));
    feed(d, FEED_MASK, mask);
    for (size_t r = 0; r < t->rows; r++) {
        const size_t b = r / s->beams;
        int32_t *const row = (int32_t *)mask->view.data + r * t->length;
        fill_mask(d, b, s->prompt, row);
        for (size_t i = s->prompt; i < t->length; i++) {
            row[i] = 1;
        }
        ((int32_t *)positions->view.data)[r] =
            d->positions[b] + (int32_t)(t->length - s->prompt - 1);
    }
    return NULL;
}

sdx_status sdx_decoder_step(sdx_decoder *d, const sdx_gen_tokens *t, const size_t *parents) {
    SDX_TRY(spread(d));
    SDX_TRY(hand_on(d, parents));
    sdx_value_release(d->results[0]);
    d->results[0] = NULL;
    SDX_TRY(feed_tokens(d, t));
    if (d->settings->model == SDX_GEN_GPT) SDX_TRY(feed_places(d, t));
    d->width = t->rows;
    return run_decoder(d, SDX_GEN_DECODER);
}

/* ---- logits */

sdx_status sdx_decoder_words(const sdx_decoder *d, size_t least, size_t *out) {
    const size_t asked = d->settings->vocab;
    *out = asked != 0 ? asked : d->n_logits;
    if (*out <= d->n_logits && *out >= least) return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH,
                    "attribute 'vocab_size': found %zu words and logits for %zu, expected %zu or "
                    "more, and logits for each",
                    *out, d->n_logits, least);
}

void sdx_decoder_logits(const sdx_decoder *d, size_t row, float *out, size_t n) {
    const sdx_view *const view = &d->results[0]->view;
    const size_t tokens = (size_t)view->dims[1], words = (size_t)view->dims[2];
    const size_t group = d->width == d->settings->rows ? 1 : d->settings->beams;
    const size_t first = ((row / group + 1) * tokens - 1) * words;
    sdx_widen_f32(view->dtype, out, (const char *)view->data + first * sdx_dtype_size(view->dtype),
                  n);
}
