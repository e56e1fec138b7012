/* Names and what they mean at a place of the file. Inner graphs see the names of the graphs around
 * them; function bodies see only their own. */
#include "onnx/importer.h"

void sdx_scope_init(sdx_scope *scope, sdx_importer *im, sdx_scope *outer, sdx_graph *graph) {
    *scope = (sdx_scope){.outer = outer, .graph = graph};
    sdx_map_init(&scope->names, im->heap);
    if (outer == NULL) return;
    scope->opsets = outer->opsets;
    scope->n_opsets = outer->n_opsets;
    scope->bindings = outer->bindings;
    scope->n_bindings = outer->n_bindings;
    scope->function = outer->function;
    scope->prefix = outer->prefix;
    scope->graph_depth = outer->graph_depth + 1;
    scope->function_depth = outer->function_depth;
}

void sdx_scope_deinit(sdx_scope *scope) { sdx_map_deinit(&scope->names); }

sdx_gvalue *sdx_scope_find(const sdx_scope *scope, sdx_str name) {
    for (; scope != NULL; scope = scope->outer) {
        sdx_gvalue *const value = sdx_map_get(&scope->names, name);
        if (value != NULL) return value;
    }
    return NULL;
}

sdx_status sdx_scope_define(sdx_scope *scope, sdx_gvalue *value, sdx_str name) {
    if (sdx_map_get(&scope->names, name) != NULL) {
        return sdx_fail(SDX_INVALID_MODEL,
                        "value '%.*s': found two definitions, expected one; rename one of them",
                        SDX_FMT(name));
    }
    return sdx_map_put(&scope->names, name, value);
}

/* The cost of turning a into b by inserting, deleting and changing bytes; both are short. */
static size_t edit_distance(sdx_str a, sdx_str b) {
    enum { MAX = 64 };
    size_t row[MAX + 1];
    if (a.len > MAX || b.len > MAX) return SIZE_MAX;
    for (size_t j = 0; j <= b.len; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            const size_t change = diagonal + (a.ptr[i - 1] != b.ptr[j - 1]);
            const size_t insert = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = change < insert ? change : insert;
        }
    }
    return row[b.len];
}

sdx_status sdx_scope_unknown_name(const sdx_scope *scope, sdx_str name) {
    enum { LOOK_AT = 2000, CLOSE = 3 };
    sdx_str best = {0};
    /* Short names are all close to each other. */
    size_t best_distance = name.len < 2 * CLOSE ? (name.len + 1) / 2 : CLOSE;
    size_t looked = 0;
    for (const sdx_scope *s = scope; s != NULL; s = s->outer) {
        for (size_t i = 0; i < s->names.capacity && looked < LOOK_AT; i++) {
            const sdx_map_entry *const entry = &s->names.entries[i];
            if (entry->value == NULL) continue;
            looked++;
            const size_t distance = edit_distance(name, entry->key);
            /* of equally near names the first by bytes: the map has no order of its own */
            const bool earlier =
                best.ptr != NULL && distance == best_distance && sdx_str_cmp(entry->key, best) < 0;
            if (distance < best_distance || earlier) {
                best_distance = distance;
                best = entry->key;
            }
        }
    }
    if (best.ptr != NULL) {
        return sdx_fail(SDX_INVALID_MODEL,
                        "value '%.*s': found a use without definition, expected a node, input or "
                        "initializer of that name; did the exporter mean '%.*s'?",
                        SDX_FMT(name), SDX_FMT(best));
    }
    return sdx_fail(SDX_INVALID_MODEL,
                    "value '%.*s': found a use without definition, expected a node, input or "
                    "initializer of that name; export the model again",
                    SDX_FMT(name));
}

static int64_t find_version(const sdx_pb_opset *opsets, size_t n, sdx_str domain) {
    for (size_t i = 0; i < n; i++) {
        if (sdx_str_eq(sdx_domain(opsets[i].domain), domain)) return opsets[i].version;
    }
    return 0;
}

/* Exporters leave imports out: com.microsoft nearly always, sometimes that of a function. Files
 * before IR 3 have none and mean opset 1. */
int64_t sdx_scope_version(const sdx_scope *scope, const sdx_importer *im, sdx_str domain) {
    int64_t version = find_version(scope->opsets, scope->n_opsets, domain);
    if (version <= 0)
        version = find_version(im->model->opset_import, im->model->n_opset_import, domain);
    if (version > 0) return version;
    if (domain.len != 0) return 1;
    return im->model->n_opset_import == 0 ? 1 : SDX_ONNX_NEWEST_OPSET;
}

sdx_str sdx_domain(sdx_str domain) {
    return sdx_str_is(domain, "ai.onnx") ? (sdx_str){"", 0} : domain;
}
