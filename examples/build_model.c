/* Builds the model y = x w + b call by call, runs it and shows its graph. */
#include <sardonyx/graph.h>
#include <stdio.h>

/* A constant `name` of these float32 elements. */
static sdx_status add_constant(sdx_build_graph *graph, const char *name, size_t rank,
                               const int64_t *dims, float *elements, size_t size) {
    sdx_value *value = NULL;
    sdx_status status =
        sdx_tensor_wrap(SDX_FLOAT32, rank, dims, elements, size, NULL, NULL, &value);
    if (!status) status = sdx_build_constant(graph, name, value);
    sdx_value_release(value); /* the builder has its own reference */
    return status;
}

static sdx_status build(sdx_builder *builder) {
    static float w[] = {1, 2, 3, 4, 5, 6}, b[] = {10, 20};
    const sdx_build_type x = {.dtype = SDX_FLOAT32,
                              .has_rank = true,
                              .rank = 2,
                              .dims = (const int64_t[]){-1, 3},
                              .symbols = (const char *const[]){"batch", NULL}};
    const sdx_build_type y = {.dtype = SDX_FLOAT32,
                              .has_rank = true,
                              .rank = 2,
                              .dims = (const int64_t[]){-1, 2},
                              .symbols = (const char *const[]){"batch", NULL}};
    const char *const inputs[] = {"x", "w", "b"}, *const outputs[] = {"y"};
    sdx_build_graph *const graph = sdx_builder_main(builder);
    sdx_build_node *gemm = NULL;
    sdx_status status = sdx_builder_set_opset(builder, "", 17);
    if (!status) status = sdx_build_input(graph, "x", &x);
    if (!status) status = add_constant(graph, "w", 2, (const int64_t[]){3, 2}, w, sizeof w);
    if (!status) status = add_constant(graph, "b", 1, (const int64_t[]){2}, b, sizeof b);
    if (!status) status = sdx_build_node_add(graph, "", "Gemm", inputs, 3, outputs, 1, &gemm);
    if (!status) status = sdx_build_float(gemm, "alpha", 0.5f);
    if (!status) status = sdx_build_output(graph, "y", &y);
    return status;
}

static sdx_status run(sdx_model *model) {
    float elements[] = {1, 1, 1};
    sdx_context *context = NULL;
    sdx_value *x = NULL, *y = NULL;
    sdx_status status = sdx_context_create(model, NULL, &context);
    if (!status)
        status = sdx_tensor_wrap(SDX_FLOAT32, 2, (const int64_t[]){1, 3}, elements, sizeof elements,
                                 NULL, NULL, &x);
    if (!status) status = sdx_context_run(context, &x, 1, &y, 1, NULL);
    if (!status) {
        const float *result = sdx_tensor_data(y);
        printf("y = %g %g\n", (double)result[0], (double)result[1]);
    }
    sdx_value_release(y);
    sdx_value_release(x);
    sdx_context_destroy(context);
    return status;
}

static sdx_status show(sdx_model *model) {
    const sdx_graph *graph = NULL;
    sdx_graph_info info = {.struct_size = sizeof info};
    sdx_node_info node = {.struct_size = sizeof node};
    sdx_status status = sdx_model_graph(model, &graph);
    if (status) return status;
    sdx_graph_describe(graph, &info);
    for (const sdx_node *at = info.first; at; at = node.next) {
        sdx_node_describe(at, &node);
        printf("%.*s: %zu inputs, %zu outputs\n", (int)node.op_type.len, node.op_type.ptr,
               node.n_inputs, node.n_outputs);
    }
    return NULL;
}

int main(void) {
    sdx_runtime *runtime = NULL;
    sdx_builder *builder = NULL;
    sdx_model *model = NULL;
    sdx_status status = sdx_runtime_create(NULL, &runtime);
    if (!status) status = sdx_builder_create(NULL, &builder);
    if (!status) status = build(builder);
    if (!status)
        status = sdx_builder_load(builder, runtime, NULL, &model); /* or _save, to a file */
    if (!status) status = run(model);
    if (!status) status = show(model);
    const int result = (int)sdx_status_code(status);
    if (status) fprintf(stderr, "%s\n", sdx_status_text(status));
    sdx_status_free(status);
    sdx_model_release(model);
    sdx_builder_destroy(builder);
    sdx_runtime_release(runtime);
    return result;
}
