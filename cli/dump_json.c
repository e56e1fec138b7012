/* dump --format json: for programs. All that the view tells; elements of constants and of tensor
 * attributes up to a limit, which "elements": null says. Complex numbers and numbers of 64 bits
 * stay exact as texts where JSON's numbers may not. */
#include "cli/dump.h"
#include "cli/elements.h"
#include "cli/json.h"
#include "cli/memory.h"

#include <string.h>

enum { MAX_ELEMENTS = 1024 };

static void put_type(struct json_out *out, const sdx_type *type) {
    struct text text = {0};
    if (type == NULL) {
        json_null(out, "type");
        return;
    }
    type_text(&text, type);
    json_text(out, "type", text_get(&text));
    text_free(&text);
}

static void put_element(struct json_out *out, sdx_dtype dtype, const void *data, size_t i) {
    struct text text = {0};
    switch (element_kind(dtype)) {
    case ELEMENT_BOOL: json_bool(out, NULL, element_uint(dtype, data, i) != 0); return;
    case ELEMENT_INT: json_int(out, NULL, element_int(dtype, data, i)); return;
    case ELEMENT_UINT: json_uint(out, NULL, element_uint(dtype, data, i)); return;
    case ELEMENT_FLOAT: json_number(out, NULL, element_get(dtype, data, i)); return;
    case ELEMENT_STRING: json_str(out, NULL, ((const sdx_str *)data)[i]); return;
    case ELEMENT_COMPLEX:
    case ELEMENT_NONE: break;
    }
    element_text(&text, dtype, data, i);
    json_text(out, NULL, text_get(&text));
    text_free(&text);
}

static void put_elements(struct json_out *out, const sdx_tensor_view *view) {
    if (view->len > MAX_ELEMENTS) {
        json_null(out, "elements");
        return;
    }
    void *const aligned = mem_new(view->size + 1, 1);
    if (view->len > 0) {
        memcpy(aligned, view->data, view->size);
    }
    json_open(out, "elements", '[');
    for (size_t i = 0; i < view->len; i++) {
        put_element(out, view->dtype, aligned, i);
    }
    json_close(out, ']');
    mem_free(aligned);
}

static void put_tensor(struct json_out *out, const char *key, const sdx_tensor_view *view) {
    json_open(out, key, '{');
    json_text(out, "type", sdx_dtype_name(view->dtype));
    json_open(out, "shape", '[');
    for (size_t i = 0; i < view->rank; i++) {
        json_int(out, NULL, view->dims[i]);
    }
    json_close(out, ']');
    json_uint(out, "bytes", view->size);
    put_elements(out, view);
    json_close(out, '}');
}

static void put_shape(struct json_out *out, const sdx_gvalue *value, const sdx_gvalue_info *info) {
    char symbol[128];
    if (!info->has_rank) {
        json_null(out, "shape");
        return;
    }
    json_open(out, "shape", '[');
    for (size_t i = 0; i < info->rank; i++) {
        if (info->dims[i] >= 0) {
            json_int(out, NULL, info->dims[i]);
        } else {
            json_text(out, NULL, sdx_gvalue_symbol(value, i, symbol, sizeof symbol));
        }
    }
    json_close(out, ']');
}

static void put_value(struct json_out *out, const sdx_gvalue *value) {
    sdx_tensor_view view;
    const sdx_gvalue_info info = gvalue_of(value);
    json_open(out, NULL, '{');
    json_str(out, "name", info.name);
    put_type(out, info.type);
    put_shape(out, value, &info);
    if (sdx_gvalue_elements(value, &view)) {
        json_uint(out, "bytes", view.size);
        put_elements(out, &view);
    }
    json_close(out, '}');
}

static void put_values(struct json_out *out, const char *key, const sdx_gvalue *const *values,
                       size_t n) {
    json_open(out, key, '[');
    for (size_t i = 0; i < n; i++) {
        put_value(out, values[i]);
    }
    json_close(out, ']');
}

static void put_names(struct json_out *out, const char *key, const sdx_gvalue *const *values,
                      size_t n) {
    json_open(out, key, '[');
    for (size_t i = 0; i < n; i++) {
        if (values[i] == NULL) {
            json_null(out, NULL);
        } else {
            json_str(out, NULL, gvalue_of(values[i]).name);
        }
    }
    json_close(out, ']');
}

static void put_graph(const struct dump *dump, struct json_out *out, const char *key,
                      const sdx_graph *graph);

static void put_item(const struct dump *dump, struct json_out *out, const char *key,
                     const sdx_attr_info *attr, size_t i) {
    sdx_tensor_view view;
    struct text text = {0};
    if (attr->floats != NULL) {
        json_number(out, key, (double)attr->floats[i]);
    } else if (attr->ints != NULL) {
        json_int(out, key, attr->ints[i]);
    } else if (attr->strings != NULL) {
        json_str(out, key, attr->strings[i]);
    } else if (attr->graphs != NULL) {
        put_graph(dump, out, key, attr->graphs[i]);
    } else if (attr->types != NULL) {
        type_text(&text, &attr->types[i]);
        json_text(out, key, text_get(&text));
        text_free(&text);
    } else if (sdx_attr_tensor(attr, i, &view)) {
        put_tensor(out, key, &view);
    }
}

static void put_attribute(const struct dump *dump, struct json_out *out,
                          const sdx_attr_info *attr) {
    const bool list = attr->kind >= SDX_ATTR_FLOATS && attr->kind != SDX_ATTR_TYPE;
    json_open(out, NULL, '{');
    json_str(out, "name", attr->name);
    json_text(out, "kind", sdx_attr_kind_name(attr->kind));
    if (list) {
        json_open(out, "value", '[');
    }
    for (size_t i = 0; i < attr->n; i++) {
        put_item(dump, out, list ? NULL : "value", attr, i);
    }
    if (list) {
        json_close(out, ']');
    }
    json_close(out, '}');
}

static void put_node(const struct dump *dump, struct json_out *out, const sdx_node *node) {
    const sdx_node_info info = node_of(node);
    sdx_attr_info attr;
    json_open(out, NULL, '{');
    json_uint(out, "number", numbers_of(&dump->numbers, node));
    json_str(out, "name", info.name);
    json_str(out, "operator", info.op_type);
    json_str(out, "domain", info.domain);
    json_int(out, "version", info.version);
    json_str(out, "origin", info.origin);
    json_bool(out, "available", info.available);
    put_names(out, "inputs", info.inputs, info.n_inputs);
    put_names(out, "outputs", info.outputs, info.n_outputs);
    json_open(out, "attributes", '[');
    for (size_t i = 0; sdx_node_attribute(node, i, &attr); i++) {
        put_attribute(dump, out, &attr);
    }
    json_close(out, ']');
    json_close(out, '}');
}

/* Values that nodes make, but the outputs: their types. */
static void put_inner(struct json_out *out, const sdx_graph_info *graph) {
    json_open(out, "values", '[');
    for (const sdx_node *node = graph->first; node != NULL; node = node_of(node).next) {
        const sdx_node_info info = node_of(node);
        for (size_t i = 0; i < info.n_outputs; i++) {
            if (info.outputs[i] != NULL && !gvalue_of(info.outputs[i]).is_output) {
                put_value(out, info.outputs[i]);
            }
        }
    }
    json_close(out, ']');
}

static void put_graph(const struct dump *dump, struct json_out *out, const char *key,
                      const sdx_graph *graph) {
    const sdx_graph_info info = graph_of(graph);
    json_open(out, key, '{');
    json_str(out, "name", info.name);
    put_values(out, "inputs", info.inputs, info.n_inputs);
    put_values(out, "outputs", info.outputs, info.n_outputs);
    put_values(out, "constants", info.constants, info.n_constants);
    json_open(out, "nodes", '[');
    for (const sdx_node *node = info.first; node != NULL; node = node_of(node).next) {
        put_node(dump, out, node);
    }
    json_close(out, ']');
    put_inner(out, &info);
    json_close(out, '}');
}

static void put_labels(struct json_out *out, const sdx_model *model) {
    sdx_model_summary summary = {.struct_size = sizeof summary};
    sdx_str key, value;
    int64_t version;
    sdx_model_summarize(model, &summary);
    json_str(out, "producer", summary.producer);
    json_str(out, "producer_version", summary.producer_version);
    json_str(out, "domain", summary.domain);
    json_str(out, "doc", summary.doc);
    json_int(out, "ir_version", summary.ir_version);
    json_int(out, "model_version", summary.model_version);
    json_open(out, "opsets", '[');
    for (size_t i = 0; i < sdx_model_n_opsets(model); i++) {
        sdx_status_free(sdx_model_opset(model, i, &key, &version));
        json_open(out, NULL, '{');
        json_str(out, "domain", key);
        json_int(out, "version", version);
        json_close(out, '}');
    }
    json_close(out, ']');
    json_open(out, "metadata", '[');
    for (size_t i = 0; i < sdx_model_n_metadata(model); i++) {
        sdx_status_free(sdx_model_metadata(model, i, &key, &value));
        json_open(out, NULL, '{');
        json_str(out, "key", key);
        json_str(out, "value", value);
        json_close(out, '}');
    }
    json_close(out, ']');
}

void dump_json(const struct dump *dump, struct text *text) {
    struct json_out out = {0};
    json_open(&out, NULL, '{');
    put_labels(&out, dump->model);
    put_graph(dump, &out, "graph", dump->graph);
    json_close(&out, '}');
    text_bytes(text, text_get(&out.text), out.text.len);
    text_bytes(text, "\n", 1);
    text_free(&out.text);
}
