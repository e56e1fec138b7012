/* convert.h: weights of another type. Only how they are held changes: a weight of 16 bits is
 * widened by a Cast where it was, so that every node sees the types it saw before and computes as
 * before. The other way round a Cast that widens a weight goes, and the weight is held as it was
 * seen. */
#include <math.h>
#include <string.h>

#include "cli/convert.h"
#include "cli/elements.h"
#include "cli/memory.h"

/* Below this a tensor gains nothing, and scalars and offsets are what rounding hurts most. */
enum { FROM_BYTES = 1024 };

/* The elements as another type; NULL where the type cannot hold one, which *beyond receives. */
static sdx_value *converted(const sdx_tensor_view *view, sdx_dtype dtype, uint64_t *n_zeros,
                            double *beyond, struct fault *fault) {
    sdx_value *value = NULL;
    if (!fault_check(fault, sdx_tensor_create(NULL, dtype, view->rank, view->dims, &value))) {
        return NULL;
    }
    void *const data = sdx_tensor_data(value);
    uint64_t zeros = 0;
    for (size_t i = 0; i < view->len; i++) {
        const double x = element_get(view->dtype, view->data, i);
        element_set(dtype, data, i, x);
        const double rounded = element_get(dtype, data, i);
        if (isfinite(x) && !isfinite(rounded)) {
            *beyond = x;
            sdx_value_release(value);
            return NULL;
        }
        zeros += x != 0 && rounded == 0;
    }
    *n_zeros += zeros;
    return value;
}

static bool is_half(sdx_dtype dtype) { return dtype == SDX_FLOAT16 || dtype == SDX_BFLOAT16; }

/* A Cast to float32 without more to it. */
static bool widens(const sdx_node *node, sdx_node_info *info) {
    sdx_attr_info to;
    sdx_node_describe(node, info);
    return str_is(info->op_type, "Cast") && info->domain.len == 0 && info->n_outputs == 1 &&
           info->outputs[0] != NULL && sdx_node_find_attribute(node, "to", &to) &&
           to.kind == SDX_ATTR_INT && to.ints[0] == SDX_FLOAT32;
}

static void says_beyond(struct conversion *c, sdx_str name, double beyond) {
    text_safe(&c->stay, name);
    text_add(&c->stay, " stays float32: it has %g, which %s cannot hold\n", beyond,
             sdx_dtype_name(c->weights));
}

/* `name` as float16 or bfloat16 beside it, and a Cast that makes `name` of that. */
static bool narrow(struct conversion *c, sdx_build_graph *graph, const sdx_gvalue *constant,
                   const sdx_tensor_view *view, sdx_str name, struct fault *fault) {
    struct text narrow_name = {0};
    sdx_build_node *cast = NULL;
    double beyond = 0;
    sdx_value *const value = converted(view, c->weights, &c->n_zeros, &beyond, fault);
    if (value == NULL) {
        says_beyond(c, name, beyond);
        return fault->exit == EXIT_GOOD &&
               fault_check(fault, sdx_build_copy_constant(graph, constant));
    }
    char *const wide_name = mem_copy(name.ptr, name.len);
    text_add(&narrow_name, "%s.%s", wide_name, sdx_dtype_name(c->weights));
    const char *const input = text_get(&narrow_name);
    const char *const output = wide_name;
    const bool good =
        fault_check(fault, sdx_build_constant(graph, input, value)) &&
        fault_check(fault, sdx_build_node_add(graph, NULL, "Cast", &input, 1, &output, 1, &cast)) &&
        fault_check(fault, sdx_build_int(cast, "to", SDX_FLOAT32));
    c->n_weights++;
    c->n_numbers += view->len;
    sdx_value_release(value);
    mem_free(wide_name);
    text_free(&narrow_name);
    return good;
}

/* Every Cast of the constant to float32 becomes a constant of its output's name. */
static bool widen(struct conversion *c, sdx_build_graph *graph, const sdx_gvalue *constant,
                  const sdx_tensor_view *view, struct value_set *dropped, struct fault *fault) {
    sdx_gvalue_info info = {.struct_size = sizeof info};
    sdx_node_info node = {.struct_size = sizeof node};
    const sdx_node *user = NULL;
    bool stays = false;
    bool good = true;
    sdx_gvalue_describe(constant, &info);
    for (size_t i = 0; good && (user = sdx_gvalue_user(constant, i, NULL)) != NULL; i++) {
        if (!widens(user, &node) || node.graph != info.graph) {
            stays = true;
            continue;
        }
        uint64_t zeros = 0;
        double beyond = 0;
        sdx_gvalue_info wide = {.struct_size = sizeof wide};
        sdx_value *const value = converted(view, SDX_FLOAT32, &zeros, &beyond, fault);
        sdx_gvalue_describe(node.outputs[0], &wide);
        char *const name = mem_copy(wide.name.ptr, wide.name.len);
        good = value != NULL && fault_check(fault, sdx_build_constant(graph, name, value));
        sdx_value_release(value);
        mem_free(name);
        value_set_add(dropped, node.outputs[0]);
        c->n_weights++;
        c->n_numbers += view->len;
    }
    if (stays) {
        text_safe(&c->stay, info.name);
        text_add(&c->stay, " stays %s: nodes compute with it in that type\n",
                 sdx_dtype_name(view->dtype));
    }
    return good && ((!stays && !info.is_output) ||
                    fault_check(fault, sdx_build_copy_constant(graph, constant)));
}

/* A constant where the cut begins becomes the default of an input. */
static bool is_end(const struct conversion *c, const sdx_gvalue *constant) {
    for (size_t i = 0; i < c->inputs.n; i++) {
        if (c->inputs.items[i] == constant) {
            return true;
        }
    }
    return false;
}

static bool add_constant(struct conversion *c, sdx_build_graph *graph, const sdx_gvalue *constant,
                         struct value_set *dropped, struct fault *fault) {
    sdx_gvalue_info info = {.struct_size = sizeof info};
    sdx_tensor_view view;
    sdx_gvalue_describe(constant, &info);
    if (c->weights != SDX_UNDEFINED && sdx_gvalue_elements(constant, &view)) {
        const bool narrows =
            is_half(c->weights) && view.dtype == SDX_FLOAT32 && view.size >= FROM_BYTES;
        const bool widens_it = c->weights == SDX_FLOAT32 && is_half(view.dtype);
        if ((narrows || widens_it) && is_end(c, constant)) {
            text_safe(&c->stay, info.name);
            text_add(&c->stay, " stays %s: it is the default of an input\n",
                     sdx_dtype_name(view.dtype));
        } else if (narrows) {
            return narrow(c, graph, constant, &view, info.name, fault);
        } else if (widens_it) {
            return widen(c, graph, constant, &view, dropped, fault);
        }
    }
    return fault_check(fault, sdx_build_copy_constant(graph, constant));
}

bool convert_constants(struct conversion *c, sdx_build_graph *graph, const struct value_set *wanted,
                       struct value_set *dropped, struct fault *fault) {
    sdx_graph_info info = {.struct_size = sizeof info};
    bool good = true;
    sdx_graph_describe(c->graph, &info);
    for (size_t i = 0; good && i < info.n_constants; i++) {
        if (wanted == NULL || value_set_has(wanted, info.constants[i])) {
            const size_t before = c->n_weights;
            good = add_constant(c, graph, info.constants[i], dropped, fault);
            for (size_t k = 0;
                 c->n_weights > before && sdx_gvalue_user(info.constants[i], k, NULL) != NULL;
                 k++) {
                c->n_readers++;
            }
        }
    }
    return good;
}
