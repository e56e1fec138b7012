/* See steps.h. */
#include "ops/control/steps.h"

#include <string.h>

#include "ops/common/join.h"
#include "ops/common/piece.h"
#include "ops/control/body.h"

/* ---- while loading */

sdx_status sdx_steps_check(const sdx_infer *in, const sdx_graph *body, size_t first,
                           int64_t n_scanned, size_t *n_states) {
    const size_t given = in->n_in > first ? in->n_in - first : 0;
    if (n_scanned < 1 || (uint64_t)n_scanned > given)
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'num_scan_inputs': found %lld, expected 1 to %zu, the inputs",
                        (long long)n_scanned, given);
    *n_states = given - (size_t)n_scanned;
    if (body->n_inputs != given || body->n_outputs < in->n_out || body->n_outputs < *n_states)
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'body': found a graph with %zu inputs and %zu outputs, expected "
                        "%zu (%zu states, %lld steps) and %zu or more",
                        body->n_inputs, body->n_outputs, given, *n_states, (long long)n_scanned,
                        in->n_out > *n_states ? in->n_out : *n_states);
    return NULL;
}

sdx_status sdx_steps_check_list(const sdx_node *node, size_t attr, size_t n, bool flags) {
    const sdx_attr *const list = sdx_node_attr(node, attr);
    const char *const name = node->op->attrs[attr].name;
    if (list->kind == SDX_ATTR_ABSENT || list->n == 0) return NULL;
    if (list->n != n)
        return sdx_fail(SDX_INVALID_MODEL, "attribute '%s': found %zu values, expected %zu", name,
                        list->n, n);
    for (size_t i = 0; i < n && flags; i++) {
        if (list->ints[i] != 0 && list->ints[i] != 1)
            return sdx_fail(SDX_INVALID_MODEL,
                            "attribute '%s'[%zu]: found %lld, expected 0 (forward) or 1 (reverse)",
                            name, i, (long long)list->ints[i]);
    }
    return NULL;
}

/* ---- while running */

sdx_status sdx_steps_open(sdx_steps *s) {
    const size_t n_in = s->n_states + s->n_scanned, n_out = s->n_states + s->n_rows;
    size_t n_rows, bytes;
    const size_t fixed = (n_in + n_out) * sizeof *s->in +
                         s->n_scanned * (sizeof *s->scanned + sizeof *s->axes + sizeof *s->reverse);
    if (!sdx_mul_size(s->n_rows, s->length, &n_rows) ||
        !sdx_mul_size(n_rows, sizeof *s->rows, &bytes) || !sdx_add_size(bytes, fixed, &bytes))
        return sdx_fail(SDX_LIMIT, "found %zu steps, more than can be addressed", s->length);
    void *block;
    SDX_TRY(sdx_call_scratch(s->c, bytes + 1, &block));
    memset(block, 0, bytes);
    s->scanned = block;
    s->axes = (size_t *)(s->scanned + s->n_scanned);
    s->in = s->states = (sdx_value **)(s->axes + s->n_scanned);
    s->out = s->in + n_in;
    s->rows = s->out + n_out;
    s->reverse = (bool *)(s->rows + n_rows);
    return NULL;
}

/* The body's inputs of a step: the states are there already. */
static sdx_status cut(sdx_steps *s, size_t step, size_t n) {
    for (size_t i = 0; i < s->n_scanned; i++) {
        sdx_value **const place = &s->in[s->n_states + i];
        sdx_value_release(*place);
        *place = NULL;
        SDX_TRY(sdx_piece(s->c->store, &s->scanned[i], s->axes[i],
                          s->reverse[i] ? n - 1 - step : step, 1, true, place));
    }
    return NULL;
}

/* ONNX: Scan-8 "required to have the same shape in each iteration" */
static sdx_status check_state(const sdx_steps *s, size_t i) {
    char found[160], before[160];
    const sdx_value *const old = s->in[i], *const made = s->out[i];
    if (made->kind == SDX_TENSOR && made->view.dtype == old->view.dtype &&
        sdx_view_same_shape(&made->view, &old->view))
        return NULL;
    return sdx_fail(
        SDX_SHAPE_MISMATCH, "state %zu: found %s, expected %s as before; states keep their shape",
        i, made->kind == SDX_TENSOR ? sdx_view_text(&made->view, found, sizeof found) : "no tensor",
        sdx_view_text(&old->view, before, sizeof before));
}

static sdx_status keep(sdx_steps *s, size_t step) {
    for (size_t i = 0; i < s->n_states; i++) {
        SDX_TRY(check_state(s, i));
        sdx_value_release(s->in[i]);
        s->in[i] = s->out[i];
        s->out[i] = NULL;
    }
    for (size_t k = 0; k < s->n_rows; k++) {
        s->rows[k * s->length + step] = s->out[s->n_states + k];
        s->out[s->n_states + k] = NULL;
    }
    s->n_made = step + 1;
    return NULL;
}

static sdx_status one_step(sdx_steps *s, size_t step, size_t n) {
    SDX_TRY(cut(s, step, n));
    SDX_TRY(sdx_call_graph(s->c, s->attr, s->in, s->n_states + s->n_scanned, s->out,
                           s->n_states + s->n_rows));
    return keep(s, step);
}

sdx_status sdx_steps_run(sdx_steps *s, size_t n) {
    for (size_t i = 0; i < s->n_states; i++) {
        if (s->states[i]->kind != SDX_TENSOR)
            return sdx_fail(SDX_TYPE_MISMATCH, "state %zu: found no tensor, expected one", i);
    }
    for (size_t step = 0; step < n; step++) {
        if (sdx_call_cancelled(s->c)) return sdx_call_stopped();
        SDX_TRY(sdx_in(one_step(s, step, n), "step %zu", step));
    }
    return NULL;
}

sdx_status sdx_steps_stack(const sdx_steps *s, size_t k, int64_t axis, bool reverse,
                           sdx_value **out) {
    sdx_value *const *const column = s->rows + k * s->length;
    size_t at = 0;
    if (column[0]->kind == SDX_TENSOR)
        SDX_TRY(sdx_axis(axis, (size_t)column[0]->view.rank + 1, "the output's axis", &at));
    return sdx_values_stack(s->c->store, column, s->n_made, at, reverse, out);
}

void sdx_steps_clear(sdx_steps *s) {
    if (s->in == NULL) return;
    sdx_body_release(s->in, s->n_states + s->n_scanned);
    sdx_body_release(s->out, s->n_states + s->n_rows);
    for (size_t k = 0; k < s->n_rows; k++) {
        sdx_body_release(s->rows + k * s->length, s->n_made);
    }
    s->n_made = 0;
}
