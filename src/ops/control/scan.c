/* Scan: runs its body once for each step along the scanned inputs, handing states from one step to
 * the next; what the steps make is stacked along an axis of choice. */
#include <string.h>

#include "ops/control/body.h"
#include "ops/control/steps.h"
#include "ops/upgrade.h"

enum { BODY, NUM_SCAN_INPUTS, INPUT_AXES, OUTPUT_AXES, INPUT_DIRECTIONS, OUTPUT_DIRECTIONS };

static const sdx_port inputs[] = {{.name = "initial_state_and_scan_inputs",
                                   .var = "V",
                                   .types = SDX_T_ANY,
                                   .flags = SDX_PORT_VARIADIC | SDX_PORT_HETERO}};
static const sdx_port outputs[] = {{.name = "final_state_and_scan_outputs",
                                    .var = "W",
                                    .types = SDX_T_ANY,
                                    .flags = SDX_PORT_VARIADIC | SDX_PORT_HETERO}};
static const sdx_attr_def attrs[] = {
    [BODY] = SDX_ATTR_REQ("body", SDX_ATTR_GRAPH),
    [NUM_SCAN_INPUTS] = SDX_ATTR_REQ("num_scan_inputs", SDX_ATTR_INT),
    [INPUT_AXES] = SDX_ATTR_OPT("scan_input_axes", SDX_ATTR_INTS),
    [OUTPUT_AXES] = SDX_ATTR_OPT("scan_output_axes", SDX_ATTR_INTS),
    [INPUT_DIRECTIONS] = SDX_ATTR_OPT("scan_input_directions", SDX_ATTR_INTS),
    [OUTPUT_DIRECTIONS] = SDX_ATTR_OPT("scan_output_directions", SDX_ATTR_INTS),
};

/* ONNX: Scan-8 has a batch axis and lengths: that is another operator. */
static sdx_status from_8(sdx_upgrade *u) {
    u->node->domain = SDX_STR("sardonyx");
    u->node->op_type = SDX_STR("BatchScan");
    u->node->version = 1;
    return NULL;
}
static const sdx_upgrade_rule upgrades[] = {{.below = 9, .apply = from_8}};

static int64_t choice(const sdx_node *node, size_t attr, size_t i) {
    return sdx_steps_choice(sdx_node_attr(node, attr), i);
}

static sdx_status check_lists(const sdx_node *node, size_t n_scanned, size_t n_rows) {
    SDX_TRY(sdx_steps_check_list(node, INPUT_AXES, n_scanned, false));
    SDX_TRY(sdx_steps_check_list(node, INPUT_DIRECTIONS, n_scanned, true));
    SDX_TRY(sdx_steps_check_list(node, OUTPUT_AXES, n_rows, false));
    return sdx_steps_check_list(node, OUTPUT_DIRECTIONS, n_rows, true);
}

/* What the body is told: states as they are, scanned inputs without their axis, whose length is
 * *length. */
static sdx_status step_facts(sdx_infer *in, size_t n_states, sdx_fact *facts, sdx_dim *length) {
    *length = SDX_DIM_UNKNOWN;
    for (size_t i = 0; i < in->n_in; i++) {
        facts[i] = in->in[i];
        if (i < n_states || in->in[i].rank < 0) continue;
        size_t axis;
        SDX_TRY(sdx_infer_axis(in, i, choice(in->node, INPUT_AXES, i - n_states),
                               "attribute 'scan_input_axes'", &axis));
        if (!sdx_dim_is_number(*length)) *length = in->in[i].dims[axis];
        SDX_TRY(sdx_body_step(in, &in->in[i], axis, &facts[i]));
    }
    return NULL;
}

static sdx_status infer(sdx_infer *in) {
    if (in->graph == NULL) return NULL;
    sdx_graph *const body = sdx_node_attr(in->node, BODY)->graph;
    size_t n_states;
    SDX_TRY(sdx_steps_check(in, body, 0, sdx_node_int(in->node, NUM_SCAN_INPUTS), &n_states));
    SDX_TRY(check_lists(in->node, in->n_in - n_states, body->n_outputs - n_states));
    sdx_fact *facts;
    sdx_dim length;
    SDX_TRY(SDX_ARENA_NEW(in->arena, in->n_in, &facts));
    SDX_TRY(step_facts(in, n_states, facts, &length));
    SDX_TRY(sdx_in(in->graph(in, body, facts, in->n_in), "body"));
    for (size_t k = 0; k < in->n_out; k++) {
        size_t axis = 0;
        if (k < n_states) {
            SDX_TRY(sdx_infer_same(in, k, k));
            continue;
        }
        if (body->outputs[k]->shape.rank >= 0)
            SDX_TRY(sdx_axis(choice(in->node, OUTPUT_AXES, k - n_states),
                             (size_t)body->outputs[k]->shape.rank + 1,
                             "attribute 'scan_output_axes'", &axis));
        SDX_TRY(sdx_body_output(in, k, body->outputs[k], axis, &length, 1));
    }
    return NULL;
}

/* ---- run */

static sdx_status find_length(const sdx_call *c, size_t n_states, size_t *length) {
    for (size_t i = n_states; i < c->n_in; i++) {
        const sdx_view *const view = c->in[i];
        size_t axis;
        if (view == NULL)
            return sdx_fail(SDX_TYPE_MISMATCH, "input %zu: found no tensor, expected one", i);
        SDX_TRY(sdx_in(sdx_axis(choice(c->node, INPUT_AXES, i - n_states), view->rank,
                                "attribute 'scan_input_axes'", &axis),
                       "input %zu", i));
        if (i > n_states && (size_t)view->dims[axis] != *length)
            return sdx_fail(SDX_SHAPE_MISMATCH,
                            "input %zu: found %lld steps, expected %zu as input %zu has", i,
                            (long long)view->dims[axis], *length, n_states);
        *length = (size_t)view->dims[axis];
    }
    return NULL;
}

static sdx_status begin(sdx_steps *s) {
    const sdx_call *const c = s->c;
    SDX_TRY(sdx_steps_open(s));
    for (size_t i = 0; i < s->n_states; i++) {
        sdx_value *state;
        SDX_TRY(sdx_call_need_value(c, i, &state));
        s->states[i] = sdx_value_retain(state);
    }
    for (size_t i = 0; i < s->n_scanned; i++) {
        s->scanned[i] = *c->in[s->n_states + i];
        s->reverse[i] = choice(c->node, INPUT_DIRECTIONS, i) != 0;
        SDX_TRY(sdx_axis(choice(c->node, INPUT_AXES, i), s->scanned[i].rank, "axis", &s->axes[i]));
    }
    return NULL;
}

static sdx_status finish_rows(const sdx_steps *s, size_t k) {
    const sdx_call *const c = s->c;
    const sdx_gvalue *const declared = s->body->outputs[s->n_states + k];
    const int64_t axis = choice(c->node, OUTPUT_AXES, k), none = 0;
    sdx_value *result;
    if (s->length > 0) {
        SDX_TRY(
            sdx_in(sdx_steps_stack(s, k, axis, choice(c->node, OUTPUT_DIRECTIONS, k) != 0, &result),
                   "scan output %zu", k));
    } else {
        const size_t rank = declared->shape.rank < 0 ? 0 : (size_t)declared->shape.rank;
        size_t at;
        SDX_TRY(sdx_axis(axis, rank + 1, "attribute 'scan_output_axes'", &at));
        SDX_TRY(sdx_body_zeros(c->store, declared, at, &none, 1, &result));
    }
    return sdx_call_set_value(c, s->n_states + k, result);
}

static sdx_status scan(sdx_steps *s) {
    SDX_TRY(begin(s));
    SDX_TRY(sdx_steps_run(s, s->length));
    for (size_t i = 0; i < s->n_states; i++) {
        SDX_TRY(sdx_call_set_value(s->c, i, sdx_value_retain(s->states[i])));
    }
    for (size_t k = 0; k < s->n_rows; k++) {
        SDX_TRY(finish_rows(s, k));
    }
    return NULL;
}

static sdx_status run(const sdx_call *c) {
    const sdx_graph *const body = sdx_node_attr(c->node, BODY)->graph;
    const size_t n_scanned = (size_t)sdx_node_int(c->node, NUM_SCAN_INPUTS);
    const size_t n_states = c->n_in - n_scanned;
    sdx_steps s = {.c = c,
                   .attr = BODY,
                   .body = body,
                   .n_states = n_states,
                   .n_scanned = n_scanned,
                   .n_rows = body->n_outputs - n_states};
    SDX_TRY(find_length(c, n_states, &s.length));
    const sdx_status status = scan(&s);
    sdx_steps_clear(&s);
    return status;
}

const sdx_op sdx_op_scan = {
    .name = "Scan",
    .domain = "",
    .since = 8,
    .newest = 25,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    SDX_ROWS(upgrades, upgrades),
    .flags = SDX_OP_CONTROL | SDX_OP_VALUES | SDX_OP_DATA_SHAPE,
    .infer = infer,
    .run = run,
};
