/* A graph as text:
 *
 *     graph main(x: float32[batch,4]) -> (y)
 *       h: float32[batch,8] = MatMul(x, w{float32[4,8]})
 *       y: float32[batch,8] = Softmax(h; axis=-1)
 *
 * Constants stand where they are used: small ones with their elements, large ones with their type.
 * Subgraphs follow their node, indented. */
#include <inttypes.h>

#include "graph/graph.h"

enum { SHOWN = 8, DEPTH = 32, TEXT = 160 };

typedef struct dumper {
    sdx_buf *out;
    int depth;
} dumper;

static sdx_status put_graph(dumper *d, const sdx_graph *graph);

static sdx_status indent(const dumper *d) {
    return sdx_buf_printf(d->out, "%*s", 2 * d->depth, "");
}

static sdx_status put_shape(const dumper *d, const sdx_gvalue *value) {
    if (value->shape.rank < 0) return NULL;
    SDX_TRY(sdx_buf_printf(d->out, "["));
    for (int i = 0; i < value->shape.rank; i++) {
        char text[TEXT];
        sdx_dim_text(value->graph->ir->dims, value->shape.dims[i], text, sizeof text);
        SDX_TRY(sdx_buf_printf(d->out, "%s%s", i > 0 ? "," : "", text));
    }
    return sdx_buf_printf(d->out, "]");
}

/* "y: float32[batch,8]", as much as is known of it. */
static sdx_status put_definition(const dumper *d, const sdx_gvalue *value) {
    if (!value) return sdx_buf_printf(d->out, "_");
    SDX_TRY(sdx_buf_str(d->out, value->name));
    if (!value->type) return NULL;
    char text[TEXT];
    const bool tensor = value->type->kind == SDX_TENSOR;
    SDX_TRY(sdx_buf_printf(d->out, ": %s",
                           tensor ? sdx_dtype_name(value->type->dtype)
                                  : sdx_type_text(value->type, text, sizeof text)));
    return put_shape(d, value);
}

static sdx_status put_elements(const dumper *d, const sdx_view *view) {
    char text[TEXT];
    const sdx_dtype_kind kind = sdx_dtype_kind_of(view->dtype);
    if (view->len > SHOWN || !view->data || kind == SDX_KIND_STRING || kind == SDX_KIND_COMPLEX)
        return sdx_buf_printf(d->out, "%s", sdx_view_text(view, text, sizeof text));
    for (size_t i = 0; i < view->len; i++) {
        const char *comma = i > 0 ? "," : "";
        if (kind == SDX_KIND_FLOAT)
            SDX_TRY(sdx_buf_printf(d->out, "%s%g", comma, sdx_view_double(view, i)));
        else
            SDX_TRY(sdx_buf_printf(d->out, "%s%" PRId64, comma, sdx_view_int(view, i)));
    }
    return NULL;
}

static sdx_status put_use(const dumper *d, const sdx_gvalue *value) {
    if (!value) return sdx_buf_printf(d->out, "_");
    SDX_TRY(sdx_buf_str(d->out, value->name));
    if (!value->constant || value->is_input) return NULL;
    SDX_TRY(sdx_buf_printf(d->out, "{"));
    SDX_TRY(put_elements(d, value->constant));
    return sdx_buf_printf(d->out, "}");
}

static sdx_status put_item(const dumper *d, const sdx_attr *attr, size_t i) {
    char text[TEXT];
    switch (attr->kind) {
    case SDX_ATTR_FLOAT: return sdx_buf_printf(d->out, "%g", (double)attr->f);
    case SDX_ATTR_INT: return sdx_buf_printf(d->out, "%" PRId64, attr->i);
    case SDX_ATTR_STRING: return sdx_buf_printf(d->out, "'%.*s'", SDX_FMT(attr->s));
    case SDX_ATTR_FLOATS: return sdx_buf_printf(d->out, "%g", (double)attr->floats[i]);
    case SDX_ATTR_INTS: return sdx_buf_printf(d->out, "%" PRId64, attr->ints[i]);
    case SDX_ATTR_STRINGS: return sdx_buf_printf(d->out, "'%.*s'", SDX_FMT(attr->strings[i]));
    case SDX_ATTR_TENSOR:
    case SDX_ATTR_TENSORS:
        SDX_TRY(sdx_buf_printf(d->out, "{"));
        SDX_TRY(put_elements(d, &attr->tensor[i]));
        return sdx_buf_printf(d->out, "}");
    case SDX_ATTR_TYPE:
    case SDX_ATTR_TYPES:
        return sdx_buf_printf(d->out, "%s", sdx_type_text(&attr->type[i], text, sizeof text));
    case SDX_ATTR_ABSENT:
    case SDX_ATTR_GRAPH:
    case SDX_ATTR_GRAPHS: break;
    }
    return sdx_buf_printf(d->out, "...");
}

static sdx_status put_attr(const dumper *d, const sdx_named_attr *named, bool first) {
    const sdx_attr *attr = &named->value;
    SDX_TRY(sdx_buf_printf(d->out, "%s%.*s=", first ? "; " : ", ", SDX_FMT(named->name)));
    if (attr->kind < SDX_ATTR_FLOATS || attr->kind == SDX_ATTR_TYPE) return put_item(d, attr, 0);
    SDX_TRY(sdx_buf_printf(d->out, "["));
    for (size_t i = 0; i < attr->n && i < SHOWN; i++) {
        if (i > 0) SDX_TRY(sdx_buf_printf(d->out, ","));
        SDX_TRY(put_item(d, attr, i));
    }
    return sdx_buf_printf(d->out, attr->n > SHOWN ? ",...]" : "]");
}

static sdx_status put_subgraph(void *arg, sdx_graph *graph) {
    dumper *d = arg;
    if (d->depth >= DEPTH) return NULL;
    d->depth += 2;
    const sdx_status status = put_graph(d, graph);
    d->depth -= 2;
    return status;
}

static sdx_status put_node(dumper *d, const sdx_node *node) {
    SDX_TRY(indent(d));
    for (size_t k = 0; k < node->n_outputs; k++) {
        if (k > 0) SDX_TRY(sdx_buf_printf(d->out, ", "));
        SDX_TRY(put_definition(d, node->outputs[k]));
    }
    SDX_TRY(sdx_buf_printf(d->out, " = %.*s%s%.*s(", SDX_FMT(node->domain),
                           node->domain.len > 0 ? "." : "", SDX_FMT(node->op_type)));
    for (size_t i = 0; i < node->n_inputs; i++) {
        if (i > 0) SDX_TRY(sdx_buf_printf(d->out, ", "));
        SDX_TRY(put_use(d, node->inputs[i]));
    }
    for (size_t i = 0; i < node->n_named; i++)
        SDX_TRY(put_attr(d, &node->named[i], i == 0));
    SDX_TRY(sdx_buf_printf(d->out, ")\n"));
    return sdx_node_subgraphs(node, put_subgraph, d);
}

static sdx_status put_graph(dumper *d, const sdx_graph *graph) {
    SDX_TRY(indent(d));
    SDX_TRY(sdx_buf_printf(d->out, "graph %.*s(", SDX_FMT(graph->name)));
    for (size_t i = 0; i < graph->n_inputs; i++) {
        if (i > 0) SDX_TRY(sdx_buf_printf(d->out, ", "));
        SDX_TRY(put_definition(d, graph->inputs[i]));
    }
    SDX_TRY(sdx_buf_printf(d->out, ") -> ("));
    for (size_t i = 0; i < graph->n_outputs; i++) {
        if (i > 0) SDX_TRY(sdx_buf_printf(d->out, ", "));
        SDX_TRY(put_use(d, graph->outputs[i]));
    }
    SDX_TRY(sdx_buf_printf(d->out, ")\n"));
    d->depth++;
    sdx_status status = NULL;
    for (const sdx_node *node = graph->first; node && !status; node = node->next)
        status = put_node(d, node);
    d->depth--;
    return status;
}

sdx_status sdx_graph_dump(const sdx_graph *graph, sdx_buf *out) {
    dumper d = {.out = out};
    return put_graph(&d, graph);
}
