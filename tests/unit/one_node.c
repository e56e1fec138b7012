/* See one_node.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "one_node.h"
#include "value_text.h"

/* Arrays of the decoder belong to the arena; the copies here may be changed. */
static void *own(one_node *s, const void *from, size_t n, size_t size, size_t room) {
    void *out;
    must(sdx_arena_alloc(&s->arena, room, size, &out));
    memset(out, 0, room * size);
    if (n > 0) memcpy(out, from, n * size);
    return out;
}

void one_node_open(one_node *s, int version, const char *text, const char *inputs) {
    size_t size;
    *s = (one_node){.n = 0};
    sdx_arena_init(&s->arena, sdx_heap_global());
    void *const bytes = model_bytes(text, &size);
    const void *const kept = own(s, bytes, size, 1, size);
    free(bytes);
    must(sdx_wire_decode(&sdx_pb_model_def, kept, size, &s->arena, &s->model));
    s->graph = *s->model.graph;
    sdx_pb_node *const nodes =
        own(s, s->graph.node, s->graph.n_node, sizeof *nodes, s->graph.n_node);
    s->graph.node = nodes;
    s->node = &nodes[s->graph.n_node - 1];
    s->attrs = own(s, s->node->attribute, s->node->n_attribute, sizeof *s->attrs,
                   s->node->n_attribute + 1);
    s->node->attribute = s->attrs;
    sdx_pb_value_info *const results = own(s, NULL, 0, sizeof *results, s->node->n_output);
    s->graph.output = results;
    for (size_t k = 0; k < s->node->n_output; k++)
        if (s->node->output[k].len > 0) results[s->n_outputs++].name = s->node->output[k];
    s->graph.n_output = s->n_outputs;
    sdx_pb_opset *const opsets = own(s, NULL, 0, sizeof *opsets, 2);
    opsets[0] = (sdx_pb_opset){.domain = s->node->domain, .version = version, .has_version = true};
    opsets[1] = (sdx_pb_opset){.domain = {"", 0}, .version = 25, .has_version = true};
    s->model.opset_import = opsets;
    s->model.n_opset_import = s->node->domain.len > 0 ? 2 : 1;
    s->model.graph = &s->graph;
    s->op = sdx_op_find(s->node->domain, s->node->op_type);
    if (s->op == NULL) fail_msg("no operator '%.*s'", SDX_FMT(s->node->op_type));
    s->n = s->node->n_input;
    assert_true(s->n <= ONE_NODE_INPUTS && s->n_outputs <= ONE_NODE_OUTPUTS);
    for (size_t i = 0; i < s->n; i++) {
        s->ways[i] = s->node->input[i].len == 0 ? LEFT_OUT : TYPED;
        if (s->ways[i] != LEFT_OUT) s->given[i] = value_text(&inputs);
    }
    if (inputs[strspn(inputs, " ")] != 0) fail_msg("%s: too many inputs: %s", s->op->name, inputs);
}

void one_node_close(one_node *s) {
    for (size_t i = 0; i < s->n; i++)
        sdx_value_release(s->given[i]);
    sdx_arena_deinit(&s->arena);
}

/* ---- as a file */

static const sdx_pb_type *pb_type(sdx_arena *arena, const sdx_value *value, bool shaped) {
    sdx_pb_type *type;
    must(SDX_ARENA_NEW(arena, 1, &type));
    if (value->kind == SDX_TENSOR) {
        sdx_pb_type_tensor *tensor;
        must(SDX_ARENA_NEW(arena, 1, &tensor));
        *tensor =
            (sdx_pb_type_tensor){.elem_type = (int32_t)value->view.dtype, .has_elem_type = true};
        type->tensor_type = tensor;
        if (!shaped) return type;
        sdx_pb_shape *shape;
        sdx_pb_dimension *dims;
        must(SDX_ARENA_NEW(arena, 1, &shape));
        must(SDX_ARENA_NEW(arena, SDX_MAX_RANK, &dims));
        for (size_t d = 0; d < value->view.rank; d++)
            dims[d] = (sdx_pb_dimension){.dim_value = value->view.dims[d], .has_dim_value = true};
        *shape = (sdx_pb_shape){.dim = dims, .n_dim = value->view.rank};
        tensor->shape = shape;
    } else if (value->kind == SDX_MAP) {
        sdx_pb_type_map *map;
        must(SDX_ARENA_NEW(arena, 1, &map));
        *map = (sdx_pb_type_map){.key_type = (int32_t)value->items[0]->view.dtype,
                                 .has_key_type = true,
                                 .value_type = pb_type(arena, value->items[1], false)};
        type->map_type = map;
    } else if (value->kind == SDX_SEQUENCE) {
        sdx_pb_type_sequence *sequence;
        must(SDX_ARENA_NEW(arena, 1, &sequence));
        sequence->elem_type = pb_type(arena, value->items[0], false);
        type->sequence_type = sequence;
    } else {
        sdx_pb_type_optional *optional;
        must(SDX_ARENA_NEW(arena, 1, &optional));
        optional->elem_type = pb_type(arena, value->items[0], false);
        type->optional_type = optional;
    }
    return type;
}

static void pb_tensor(sdx_pb_tensor *t, const sdx_value *value, sdx_str name) {
    const sdx_view *const view = &value->view;
    *t = (sdx_pb_tensor){.dims = view->dims,
                         .n_dims = view->rank,
                         .data_type = (int32_t)view->dtype,
                         .has_data_type = true,
                         .name = name};
    if (view->dtype == SDX_STRING) {
        t->string_data = view->data;
        t->n_string_data = view->len;
    } else {
        t->raw_data = (sdx_str){view->len > 0 ? view->data : "", sdx_view_bytes(view)};
    }
}

sdx_status one_node_load(const one_node *s, sdx_runtime *runtime, const sdx_model_options *options,
                         sdx_value *const *values, sdx_model **out) {
    sdx_arena arena;
    sdx_buf buf;
    sdx_pb_value_info *inputs;
    sdx_pb_tensor *inits;
    sdx_str *names;
    sdx_arena_init(&arena, sdx_heap_global());
    sdx_buf_init(&buf, sdx_heap_global(), SIZE_MAX);
    must(SDX_ARENA_NEW(&arena, s->n, &inputs));
    must(SDX_ARENA_NEW(&arena, s->n, &inits));
    must(SDX_ARENA_NEW(&arena, s->n, &names));
    const sdx_str *const all = s->node->input;
    sdx_pb_graph graph = s->graph;
    for (size_t i = 0; i < s->n; i++) {
        const one_node_way way = values[i] == NULL ? LEFT_OUT : s->ways[i];
        names[i] = way == LEFT_OUT ? (sdx_str){"", 0} : all[i];
        if (way == CONSTANT && values[i]->kind == SDX_TENSOR)
            pb_tensor(&inits[graph.n_initializer++], values[i], all[i]);
        else if (way != LEFT_OUT)
            inputs[graph.n_input++] = (sdx_pb_value_info){
                .name = all[i], .type = pb_type(&arena, values[i], way == SHAPED)};
    }
    graph.input = inputs;
    graph.initializer = inits;
    s->node->input = names;
    sdx_pb_model model = s->model;
    model.graph = &graph;
    must(sdx_wire_encode(&sdx_pb_model_def, &model, &buf));
    s->node->input = all;
    const sdx_status status = sdx_model_load_memory(runtime, buf.ptr, buf.size, options, out);
    sdx_buf_deinit(&buf);
    sdx_arena_deinit(&arena);
    return status;
}

/* ---- running it */

/* Values in the order of the model's inputs. */
static size_t collect(const one_node *s, sdx_value *const *values, sdx_value **out) {
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++)
        if (values[i] != NULL &&
            (s->ways[i] == TYPED || s->ways[i] == SHAPED || values[i]->kind != SDX_TENSOR))
            out[n++] = values[i];
    return n;
}

sdx_status one_node_run(const one_node *s, sdx_context *context, sdx_value *const *values,
                        sdx_value **outputs) {
    sdx_value *inputs[ONE_NODE_INPUTS];
    const size_t n = collect(s, values, inputs);
    memset((void *)outputs, 0, ONE_NODE_OUTPUTS * sizeof *outputs);
    return sdx_context_run(context, inputs, n, outputs, s->n_outputs, NULL);
}
