/* The walk of one tree for a block of rows. T: type of a feature; VALUE(x): the number compared;
 * NAME: the function. */
static void NAME(const sdx_trees *t, int32_t root, const void *rows, size_t stride, size_t n,
                 int32_t *leaves) {
    for (size_t r = 0; r < n; r++) {
        const T *const x = (const T *)rows + r * stride;
        int32_t at = root;
        while (at >= 0) {
            const sdx_tree_node *const node = &t->nodes[at];
            at = node->next[is_true(t, node, VALUE(x[node->feature]))];
        }
        leaves[r] = at;
    }
}

#undef T
#undef VALUE
#undef NAME
