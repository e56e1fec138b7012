/* What the formats of `dump` have in common: facts of a graph, nodes by number, types and elements
 * as text. */
#ifndef CLI_GRAPH_TEXT_H
#define CLI_GRAPH_TEXT_H

#include "cli/text.h"
#include "sardonyx/graph.h"

sdx_graph_info graph_of(const sdx_graph *graph);
sdx_node_info node_of(const sdx_node *node);
sdx_gvalue_info gvalue_of(const sdx_gvalue *value);

/* All nodes, those of subgraphs behind the node around them, and their numbers in that order. */
struct node_numbers {
    struct numbered {
        const sdx_node *node;
        size_t number;
    } * rows; /* owned; by address */
    size_t n;
};
void numbers_init(struct node_numbers *numbers, const sdx_graph *main);
void numbers_free(struct node_numbers *numbers);
size_t numbers_of(const struct node_numbers *numbers, const sdx_node *node);

/* "float32", "seq(map(int64, float32))" */
void type_text(struct text *text, const sdx_type *type);
/* "float32[batch,3]", as far as it is known; "?" for nothing. */
void gvalue_text(struct text *text, const sdx_gvalue *value);
/* "{1, 2, 3}" where there are at most `most` elements, else "float32[64,3]". */
void elements_text(struct text *text, const sdx_tensor_view *view, size_t most);
/* All elements, separated by commas. */
void element_list(struct text *text, const sdx_tensor_view *view);
/* "kernel_shape=[3,3]" and the like; at most `most` elements of a list. Subgraphs: their names. */
void attribute_text(struct text *text, const sdx_attr_info *attr, size_t most);
/* "com.microsoft::Gelu" */
void operator_text(struct text *text, const sdx_node_info *node);

#endif
