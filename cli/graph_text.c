/* See graph_text.h. */
#include "cli/graph_text.h"

#include <stdlib.h>
#include <string.h>

#include "cli/elements.h"
#include "cli/memory.h"

sdx_graph_info graph_of(const sdx_graph *graph) {
    sdx_graph_info info = {.struct_size = sizeof info};
    sdx_graph_describe(graph, &info);
    return info;
}

sdx_node_info node_of(const sdx_node *node) {
    sdx_node_info info = {.struct_size = sizeof info};
    sdx_node_describe(node, &info);
    return info;
}

sdx_gvalue_info gvalue_of(const sdx_gvalue *value) {
    sdx_gvalue_info info = {.struct_size = sizeof info};
    sdx_gvalue_describe(value, &info);
    return info;
}

/* ---- numbers of nodes ---- */

/* Counts the nodes of a graph and of those inside; fills in rows where there are some. */
static size_t walk(const sdx_graph *graph, struct numbered *rows, size_t n) {
    for (const sdx_node *node = graph_of(graph).first; node != NULL; node = node_of(node).next) {
        sdx_attr_info attr;
        if (rows != NULL) {
            rows[n] = (struct numbered){node, n};
        }
        n++;
        for (size_t i = 0; sdx_node_attribute(node, i, &attr); i++) {
            for (size_t k = 0; attr.graphs != NULL && k < attr.n; k++) {
                n = walk(attr.graphs[k], rows, n);
            }
        }
    }
    return n;
}

static int by_address(const void *a, const void *b) {
    const struct numbered *const x = a, *const y = b;
    const uintptr_t p = (uintptr_t)x->node, q = (uintptr_t)y->node;
    return (p > q) - (p < q);
}

void numbers_init(struct node_numbers *numbers, const sdx_graph *main) {
    numbers->n = walk(main, NULL, 0);
    numbers->rows = mem_new(numbers->n + 1, sizeof *numbers->rows);
    walk(main, numbers->rows, 0);
    qsort(numbers->rows, numbers->n, sizeof *numbers->rows, by_address);
}

void numbers_free(struct node_numbers *numbers) {
    mem_free(numbers->rows);
    *numbers = (struct node_numbers){0};
}

size_t numbers_of(const struct node_numbers *numbers, const sdx_node *node) {
    const struct numbered key = {node, 0};
    const struct numbered *const row =
        bsearch(&key, numbers->rows, numbers->n, sizeof *numbers->rows, by_address);
    return row != NULL ? row->number : 0;
}

/* ---- types ---- */

static void nested(struct text *text, const char *kind, const sdx_type *type) {
    text_add(text, "%s(", kind);
    if (type->kind == SDX_MAP) {
        text_add(text, "%s, ", sdx_dtype_name(type->dtype));
    }
    type_text(text, type->element);
    text_add(text, ")");
}

void type_text(struct text *text, const sdx_type *type) {
    static const char *const kinds[] = {
        [SDX_SEQUENCE] = "seq", [SDX_MAP] = "map", [SDX_OPTIONAL] = "optional"};
    if (type == NULL || (type->kind == SDX_TENSOR && type->dtype == SDX_UNDEFINED)) {
        text_add(text, "?");
    } else if (type->kind == SDX_TENSOR) {
        text_add(text, "%s", sdx_dtype_name(type->dtype));
    } else {
        nested(text, kinds[type->kind], type);
    }
}

void gvalue_text(struct text *text, const sdx_gvalue *value) {
    char symbol[64];
    const sdx_gvalue_info info = gvalue_of(value);
    type_text(text, info.type);
    if (!info.has_rank || (info.type != NULL && info.type->kind != SDX_TENSOR)) {
        return;
    }
    text_add(text, "[");
    for (size_t i = 0; i < info.rank; i++) {
        text_add(text, "%s", i > 0 ? "," : "");
        text_safe(text, str_of(sdx_gvalue_symbol(value, i, symbol, sizeof symbol)));
    }
    text_add(text, "]");
}

/* ---- elements ---- */

void element_list(struct text *text, const sdx_tensor_view *view) {
    void *const aligned = mem_new(view->size + 1, 1);
    if (view->len > 0) {
        memcpy(aligned, view->data, view->size);
    }
    for (size_t i = 0; i < view->len; i++) {
        text_add(text, "%s", i > 0 ? ", " : "");
        element_text(text, view->dtype, aligned, i);
    }
    mem_free(aligned);
}

static void tensor_text(struct text *text, const sdx_tensor_view *view) {
    text_add(text, "%s[", sdx_dtype_name(view->dtype));
    for (size_t i = 0; i < view->rank; i++) {
        text_add(text, "%s%lld", i > 0 ? "," : "", (long long)view->dims[i]);
    }
    text_add(text, "]");
}

void elements_text(struct text *text, const sdx_tensor_view *view, size_t most) {
    if (view->len > most || view->len == 0) {
        tensor_text(text, view);
        return;
    }
    text_add(text, view->rank > 0 ? "{" : "");
    element_list(text, view);
    text_add(text, view->rank > 0 ? "}" : "");
}

/* ---- attributes ---- */

static void item_text(struct text *text, const sdx_attr_info *attr, size_t i, size_t most) {
    sdx_tensor_view tensor;
    if (attr->floats != NULL) {
        text_number(text, (double)attr->floats[i]);
    } else if (attr->ints != NULL) {
        text_add(text, "%lld", (long long)attr->ints[i]);
    } else if (attr->strings != NULL) {
        text_add(text, "\"");
        text_safe(text, attr->strings[i]);
        text_add(text, "\"");
    } else if (attr->graphs != NULL) {
        text_safe(text, graph_of(attr->graphs[i]).name);
    } else if (attr->types != NULL) {
        type_text(text, &attr->types[i]);
    } else if (sdx_attr_tensor(attr, i, &tensor)) {
        elements_text(text, &tensor, most);
    }
}

void attribute_text(struct text *text, const sdx_attr_info *attr, size_t most) {
    const bool list =
        attr->n != 1 || (attr->kind >= SDX_ATTR_FLOATS && attr->kind != SDX_ATTR_TYPE);
    text_safe(text, attr->name);
    text_add(text, list ? "=[" : "=");
    for (size_t i = 0; i < attr->n && i < most; i++) {
        text_add(text, "%s", i > 0 ? "," : "");
        item_text(text, attr, i, most);
    }
    if (attr->n > most) {
        text_add(text, ",...%zu", attr->n);
    }
    text_add(text, "%s", list ? "]" : "");
}

void operator_text(struct text *text, const sdx_node_info *node) {
    if (node->domain.len > 0) {
        text_safe(text, node->domain);
        text_add(text, "::");
    }
    text_safe(text, node->op_type);
}
