/* See model_text.h. A small recursive-free parser: graphs are a stack, lines are split at spaces.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_text.h"
#include "value_text.h"
#include "wire/onnx_proto.h"

enum {
    MAX_GRAPHS = 80,
    MAX_FUNCTIONS = 64,
    MAX_LIST = 1100,
    MAX_PORTS = 160,
    MAX_ATTRS = 32,
    LINE = 1 << 16
};

typedef struct graph_text {
    sdx_pb_graph proto;
    sdx_pb_function *function; /* whose body this is; NULL: a graph */
    sdx_pb_node nodes[MAX_LIST];
    sdx_pb_tensor inits[256];
    sdx_pb_sparse_tensor sparse[8];
    sdx_pb_value_info inputs[64], outputs[64], values[16];
    sdx_pb_opset opsets[8];
    size_t n_opsets;
} graph_text;

typedef struct parser {
    sdx_arena arena;
    graph_text *graphs[MAX_GRAPHS]; /* all that were begun */
    size_t n_graphs;
    size_t open[MAX_GRAPHS]; /* indices of those not closed yet */
    size_t depth;
    sdx_pb_function functions[MAX_FUNCTIONS];
    sdx_pb_string_pair metadata[8];
    sdx_pb_model model;
} parser;

void must(sdx_status status) {
    if (status != NULL) fail_msg("%s", sdx_status_text(status));
}

void must_fail(sdx_status status, sdx_code code, const char *part) {
    assert_non_null(status);
    if (sdx_status_code(status) != code || strstr(sdx_status_text(status), part) == NULL) {
        fail_msg("found %s '%s', expected %s with '%s'", sdx_code_name(sdx_status_code(status)),
                 sdx_status_text(status), sdx_code_name(code), part);
    }
    sdx_status_free(status);
}

static void *take(parser *p, size_t n, size_t size) {
    void *out;
    must(sdx_arena_alloc(&p->arena, n + 1, size, &out));
    return out;
}

static sdx_str keep(parser *p, const char *text, size_t len) {
    sdx_str out;
    must(sdx_arena_str(&p->arena, (sdx_str){text, len}, &out));
    return out;
}

static void begin_graph(parser *p, const char *name, size_t len) {
    assert_true(p->n_graphs < MAX_GRAPHS);
    graph_text *const g = take(p, 1, sizeof *g);
    g->proto.name = keep(p, name, len);
    p->graphs[p->n_graphs] = g;
    p->open[p->depth++] = p->n_graphs++;
}

static graph_text *current(parser *p) { return p->graphs[p->open[p->depth - 1]]; }

static const char *past(const char *at) {
    while (*at == ' ' || *at == ',') {
        at++;
    }
    return at;
}

static size_t word(const char *at, const char *stops) { return strcspn(at, stops); }

static bool starts(const char *line, const char *keyword, const char **rest) {
    const size_t len = strlen(keyword);
    if (strncmp(line, keyword, len) != 0) return false;
    *rest = past(line + len);
    return true;
}

/* "float32[batch,3]" -> type and dims, numbers or symbols. */
static const char *parse_type(parser *p, const char *at, int32_t *dtype, sdx_pb_dimension **dims,
                              size_t *n) {
    char name[64];
    const size_t len = word(at, "[ ,)");
    snprintf(name, sizeof name, "%.*s", (int)len, at);
    *dtype = (int32_t)sdx_dtype_from_name(name);
    if (*dtype == 0) fail_msg("no type '%s'", name);
    *dims = take(p, SDX_MAX_RANK, sizeof **dims);
    *n = 0;
    at += len;
    if (*at != '[') return at;
    for (at = past(at + 1); *at != ']'; at = past(at)) {
        const size_t size = word(at, ",] ");
        sdx_pb_dimension *const dim = &(*dims)[(*n)++];
        if (isdigit((unsigned char)*at) || *at == '-') {
            dim->dim_value = strtoll(at, NULL, 10);
            dim->has_dim_value = true;
        } else {
            dim->dim_param = keep(p, at, size);
        }
        at += size;
    }
    return at + 1;
}

static const char *parse_value_type(parser *p, const char *at, const sdx_pb_type **out);

/* "(inner)" of a container. */
static const char *parse_inner(parser *p, const char *at, const sdx_pb_type **out) {
    at = parse_value_type(p, at, out);
    assert_true(*at == ')');
    return at + 1;
}

static const char *parse_tensor_type(parser *p, const char *at, sdx_pb_type *type) {
    sdx_pb_type_tensor *const tensor = take(p, 1, sizeof *tensor);
    sdx_pb_shape *const shape = take(p, 1, sizeof *shape);
    sdx_pb_dimension *dims;
    const bool ranked = at[word(at, "[ ,)")] == '[';
    at = parse_type(p, at, &tensor->elem_type, &dims, &shape->n_dim);
    tensor->has_elem_type = true;
    shape->dim = dims;
    tensor->shape = ranked ? shape : NULL;
    type->tensor_type = tensor;
    return at;
}

/* "float32[2]", "float32" (any shape), "sequence(T)", "optional(T)", "map(int64,T)". */
static const char *parse_value_type(parser *p, const char *at, const sdx_pb_type **out) {
    sdx_pb_type *const type = take(p, 1, sizeof *type);
    const char *rest;
    *out = type;
    if (starts(at, "sequence(", &rest)) {
        sdx_pb_type_sequence *const sequence = take(p, 1, sizeof *sequence);
        type->sequence_type = sequence;
        return parse_inner(p, rest, &sequence->elem_type);
    }
    if (starts(at, "optional(", &rest)) {
        sdx_pb_type_optional *const optional = take(p, 1, sizeof *optional);
        type->optional_type = optional;
        return parse_inner(p, rest, &optional->elem_type);
    }
    if (starts(at, "map(", &rest)) {
        sdx_pb_type_map *const map = take(p, 1, sizeof *map);
        sdx_pb_dimension *dims;
        size_t rank;
        type->map_type = map;
        map->has_key_type = true;
        rest = parse_type(p, rest, &map->key_type, &dims, &rank);
        return parse_inner(p, past(rest), &map->value_type);
    }
    return parse_tensor_type(p, at, type);
}

static void parse_port(parser *p, const char *at, sdx_pb_value_info *info) {
    const size_t len = word(at, " ");
    info->name = keep(p, at, len);
    at = past(at + len);
    if (*at != 0) parse_value_type(p, at, &info->type);
}

static uint64_t next_random(uint64_t *state) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 40;
}

static double random_unit(uint64_t *state) {
    return (double)next_random(state) / (double)(1 << 23) - 1.0;
}

/* "NAME TYPE[DIMS]" of a tensor; gives where its elements start, and their number. */
static const char *parse_tensor_head(parser *p, const char *at, sdx_pb_tensor *t, size_t *count) {
    const size_t len = word(at, " ");
    sdx_pb_dimension *dims;
    t->name = keep(p, at, len);
    at = past(parse_type(p, past(at + len), &t->data_type, &dims, &t->n_dims));
    t->has_data_type = true;
    int64_t *const sizes = take(p, t->n_dims, sizeof *sizes);
    *count = 1;
    for (size_t i = 0; i < t->n_dims; i++) {
        sizes[i] = dims[i].dim_value;
        *count *= (size_t)sizes[i];
    }
    t->dims = sizes;
    return at;
}

/* Room for `count` elements, which will be the tensor's raw_data. */
static sdx_view make_elements(parser *p, sdx_pb_tensor *t, size_t count) {
    const int64_t line = (int64_t)count;
    sdx_view view;
    must(sdx_view_init(&view, (sdx_dtype)t->data_type, 1, &line));
    view.data = take(p, count, 16);
    t->raw_data = (sdx_str){view.data, sdx_view_bytes(&view)};
    return view;
}

static void parse_init(parser *p, const char *at) {
    graph_text *const g = current(p);
    sdx_pb_tensor *const t = &g->inits[g->proto.n_initializer++];
    size_t count;
    at = parse_tensor_head(p, at, t, &count);
    sdx_view view = make_elements(p, t, count);
    const bool random = strncmp(at, "random", 6) == 0;
    uint64_t state = sdx_str_hash(t->name);
    for (size_t i = 0; i < count; i++) {
        char *end = NULL;
        sdx_view_set_double(&view, i, random ? random_unit(&state) : strtod(at, &end));
        if (!random) at = past(end);
    }
}

/* "NAME TYPE[DIMS] INDEX:VALUE ...", with indices into the flat dense tensor. */
static void parse_sparse(parser *p, const char *at) {
    graph_text *const g = current(p);
    sdx_pb_sparse_tensor *const sparse = &g->sparse[g->proto.n_sparse_initializer++];
    sdx_pb_tensor *const values = take(p, 1, sizeof *values);
    sdx_pb_tensor *const indices = take(p, 1, sizeof *indices);
    size_t count, n = 0;
    at = parse_tensor_head(p, at, values, &count);
    sparse->dims = values->dims;
    sparse->n_dims = values->n_dims;
    int64_t *const places = take(p, count, sizeof *places), *const size = take(p, 1, sizeof *size);
    sdx_view view = make_elements(p, values, count);
    for (; *at != 0; n++) {
        char *end;
        places[n] = strtoll(at, &end, 10);
        assert_true(*end == ':' && n < count);
        sdx_view_set_double(&view, n, strtod(end + 1, &end));
        at = past(end);
    }
    *size = (int64_t)n;
    values->dims = size;
    values->n_dims = 1;
    values->raw_data.len = n * sdx_dtype_size((sdx_dtype)values->data_type);
    *indices = (sdx_pb_tensor){.data_type = SDX_INT64,
                               .has_data_type = true,
                               .dims = size,
                               .n_dims = 1,
                               .int64_data = places,
                               .n_int64_data = n};
    sparse->values = values;
    sparse->indices = indices;
}

/* "NAME TYPE[DIMS] FILE [OFFSET [LENGTH]]". */
static void parse_external(parser *p, const char *at) {
    static const char *const keys[] = {"location", "offset", "length"};
    graph_text *const g = current(p);
    sdx_pb_tensor *const t = &g->inits[g->proto.n_initializer++];
    sdx_pb_string_pair *const pairs = take(p, 3, sizeof *pairs);
    size_t count;
    at = parse_tensor_head(p, at, t, &count);
    t->data_location = SDX_PB_LOCATION_EXTERNAL;
    t->has_data_location = true;
    t->external_data = pairs;
    for (size_t i = 0; *at != 0 && i < 3; i++) {
        const size_t len = word(at, " ");
        pairs[t->n_external_data++] =
            (sdx_pb_string_pair){.key = sdx_str_from(keys[i]), .value = keep(p, at, len)};
        at = past(at + len);
    }
}

static size_t parse_names(parser *p, const char *at, const char *end, sdx_str *out) {
    size_t n = 0;
    for (at = past(at); at < end; at = past(at)) {
        size_t len = word(at, ", )=");
        if (at + len > end) len = (size_t)(end - at);
        assert_true(n < MAX_PORTS);
        out[n++] = len == 1 && *at == '_' ? (sdx_str){"", 0} : keep(p, at, len);
        at += len;
    }
    return n;
}

static const sdx_pb_graph *find_graph(parser *p, const char *name, size_t len) {
    for (size_t i = p->n_graphs; i-- > 0;) {
        if (sdx_str_eq(p->graphs[i]->proto.name, (sdx_str){name, len})) return &p->graphs[i]->proto;
    }
    fail_msg("no graph '%.*s'", (int)len, name);
    return NULL;
}

static const char *parse_texts(parser *p, const char *at, sdx_pb_attribute *a) {
    sdx_str *const texts = take(p, 256, sizeof *texts);
    a->type = SDX_PB_ATTRIBUTE_STRINGS;
    a->strings = texts;
    for (at = past(at + 1); *at != ']'; at = past(at)) {
        const size_t size = word(at + 1, "\"");
        texts[a->n_strings++] = keep(p, at + 1, size);
        at += size + 2;
    }
    return at + 1;
}

static const char *parse_list(parser *p, const char *at, sdx_pb_attribute *a) {
    int64_t *const ints = take(p, 256, sizeof *ints);
    float *const floats = take(p, 256, sizeof *floats);
    bool real = false;
    size_t n = 0;
    for (at = past(at + 1); *at != ']'; at = past(at)) {
        char *end;
        real = real || memchr(at, '.', word(at, ",]")) != NULL;
        floats[n] = strtof(at, NULL);
        ints[n++] = strtoll(at, &end, 10);
        at += word(at, ",] ");
    }
    a->type = real ? SDX_PB_ATTRIBUTE_FLOATS : SDX_PB_ATTRIBUTE_INTS;
    a->floats = real ? floats : NULL;
    a->n_floats = real ? n : 0;
    a->ints = real ? NULL : ints;
    a->n_ints = real ? 0 : n;
    return at + 1;
}

static const char *parse_dense(parser *p, const char *at, sdx_pb_attribute *a) {
    sdx_value *const value = value_text(&at);
    const sdx_view *const view = &value->view;
    sdx_pb_tensor *const t = take(p, 1, sizeof *t);
    int64_t *const dims = take(p, view->rank, sizeof *dims);
    memcpy(dims, view->dims, view->rank * sizeof *dims);
    *t = (sdx_pb_tensor){.dims = dims,
                         .n_dims = view->rank,
                         .data_type = (int32_t)view->dtype,
                         .has_data_type = true};
    if (view->dtype == SDX_STRING) {
        sdx_str *const texts = take(p, view->len, sizeof *texts);
        for (size_t i = 0; i < view->len; i++) {
            const sdx_str text = ((const sdx_str *)view->data)[i];
            texts[i] = keep(p, text.ptr, text.len);
        }
        t->string_data = texts;
        t->n_string_data = view->len;
    } else {
        t->raw_data = keep(p, view->data, sdx_view_bytes(view));
    }
    a->type = SDX_PB_ATTRIBUTE_TENSOR;
    a->t = t;
    sdx_value_release(value);
    return at;
}

static const char *parse_attr(parser *p, const char *at, sdx_pb_attribute *a) {
    const size_t len = word(at, "=");
    a->name = keep(p, at, len);
    a->has_type = true;
    at += len + 1;
    if (*at == '[' && at[1] == '"') return parse_texts(p, at, a);
    if (*at == '[') return parse_list(p, at, a);
    if (isalpha((unsigned char)*at)) return parse_dense(p, at, a);
    if (*at == '$') { /* the type of a reference is that of what it finds */
        const size_t size = word(at + 1, " ");
        a->has_type = false;
        a->ref_attr_name = keep(p, at + 1, size);
        return at + size + 1;
    }
    if (*at == '"') {
        const size_t size = word(at + 1, "\"");
        a->type = SDX_PB_ATTRIBUTE_STRING;
        a->s = keep(p, at + 1, size);
        return at + size + 2;
    }
    const size_t size = word(at, " ");
    if (*at == '@') {
        a->type = SDX_PB_ATTRIBUTE_GRAPH;
        a->g = find_graph(p, at + 1, size - 1);
    } else if (memchr(at, '.', size) != NULL) {
        a->type = SDX_PB_ATTRIBUTE_FLOAT;
        a->f = strtof(at, NULL);
        a->has_f = true;
    } else {
        a->type = SDX_PB_ATTRIBUTE_INT;
        a->i = strtoll(at, NULL, 10);
        a->has_i = true;
    }
    return at + size;
}

/* "DOMAIN::NAME:OVERLOAD(" where domain and overload may be absent; gives the place of "(". */
static const char *parse_operator(parser *p, const char *at, sdx_str *domain, sdx_str *name,
                                  sdx_str *overload) {
    const char *const open = strchr(at, '('), *const colons = strstr(at, "::");
    assert_non_null(open);
    if (colons != NULL && colons < open) {
        *domain = keep(p, at, (size_t)(colons - at));
        at = colons + 2;
    }
    const size_t len = word(at, ":(");
    *name = keep(p, at, len);
    if (at[len] == ':') *overload = keep(p, at + len + 1, (size_t)(open - at) - len - 1);
    return open;
}

static void parse_node(parser *p, const char *at) {
    graph_text *const g = current(p);
    assert_true(g->proto.n_node < MAX_LIST);
    sdx_pb_node *const node = &g->nodes[g->proto.n_node++];
    sdx_str *const names = take(p, 2 * MAX_PORTS, sizeof *names);
    const char *const equals = strstr(at, " = ");
    assert_non_null(equals);
    node->output = names;
    node->n_output = parse_names(p, at, equals, names);
    const char *const open =
        parse_operator(p, equals + 3, &node->domain, &node->op_type, &node->overload);
    const char *const close = strchr(open, ')');
    assert_non_null(close);
    node->input = names + MAX_PORTS;
    node->n_input = parse_names(p, open + 1, close, names + MAX_PORTS);
    sdx_pb_attribute *const attrs = take(p, MAX_ATTRS, sizeof *attrs);
    node->attribute = attrs;
    for (at = past(close + 1); *at != 0; at = past(at)) {
        at = parse_attr(p, at, &attrs[node->n_attribute++]);
    }
}

/* "OUTPUTS = DOMAIN::NAME:OVERLOAD(INPUTS) ATTRIBUTES {": names of attributes, or defaults. */
static void parse_function(parser *p, const char *at) {
    assert_true(p->model.n_functions < MAX_FUNCTIONS);
    sdx_pb_function *const f = &p->functions[p->model.n_functions++];
    sdx_str *const names = take(p, 3 * MAX_PORTS, sizeof *names);
    sdx_pb_attribute *const attrs = take(p, MAX_ATTRS, sizeof *attrs);
    const char *const equals = strstr(at, " = ");
    assert_non_null(equals);
    f->output = names;
    f->n_output = parse_names(p, at, equals, names);
    const char *const open = parse_operator(p, equals + 3, &f->domain, &f->name, &f->overload);
    const char *const close = strchr(open, ')');
    assert_non_null(close);
    f->input = names + MAX_PORTS;
    f->n_input = parse_names(p, open + 1, close, names + MAX_PORTS);
    f->attribute = names + 2 * MAX_PORTS;
    f->attribute_proto = attrs;
    for (at = past(close + 1); *at != '{'; at = past(at)) {
        const size_t len = word(at, " =");
        if (at[len] == '=') {
            at = parse_attr(p, at, &attrs[f->n_attribute_proto++]);
        } else {
            names[2 * MAX_PORTS + f->n_attribute++] = keep(p, at, len);
            at += len;
        }
    }
    begin_graph(p, "", 0);
    current(p)->function = f;
}

static void parse_input(parser *p, const char *rest) {
    graph_text *const g = current(p);
    parse_port(p, rest, &g->inputs[g->proto.n_input++]);
}

static void parse_output(parser *p, const char *rest) {
    graph_text *const g = current(p);
    parse_port(p, rest, &g->outputs[g->proto.n_output++]);
}

static void parse_value(parser *p, const char *rest) {
    graph_text *const g = current(p);
    parse_port(p, rest, &g->values[g->proto.n_value_info++]);
}

static void parse_graph(parser *p, const char *rest) { begin_graph(p, rest, word(rest, " ")); }

static void parse_opset(parser *p, const char *rest) {
    graph_text *const g = current(p);
    char *end;
    sdx_pb_opset *const opset = &g->opsets[g->n_opsets++];
    *opset = (sdx_pb_opset){.version = strtoll(rest, &end, 10), .has_version = true};
    const char *const domain = past(end);
    if (*domain != 0) opset->domain = keep(p, domain, word(domain, " "));
}

static void parse_ir(parser *p, const char *rest) { p->model.ir_version = strtoll(rest, NULL, 10); }

static void parse_metadata(parser *p, const char *rest) {
    const size_t len = word(rest, " ");
    const char *const value = past(rest + len);
    p->metadata[p->model.n_metadata_props++] =
        (sdx_pb_string_pair){.key = keep(p, rest, len), .value = keep(p, value, strlen(value))};
}

static void close_graph(parser *p) {
    graph_text *const g = current(p);
    g->proto.node = g->nodes;
    g->proto.initializer = g->inits;
    g->proto.sparse_initializer = g->sparse;
    g->proto.input = g->inputs;
    g->proto.output = g->outputs;
    g->proto.value_info = g->values;
    p->depth--;
    if (g->function == NULL) return;
    g->function->node = g->nodes;
    g->function->n_node = g->proto.n_node;
    g->function->opset_import = g->opsets;
    g->function->n_opset_import = g->n_opsets;
}

static void parse_line(parser *p, const char *line) {
    static const struct {
        const char *keyword;
        void (*parse)(parser *p, const char *rest);
    } kinds[] = {{"input ", parse_input},
                 {"output ", parse_output},
                 {"init ", parse_init},
                 {"sparse ", parse_sparse},
                 {"external ", parse_external},
                 {"value ", parse_value},
                 {"node ", parse_node},
                 {"graph ", parse_graph},
                 {"function ", parse_function},
                 {"opset ", parse_opset},
                 {"ir ", parse_ir},
                 {"metadata ", parse_metadata}};
    const char *rest;
    line = past(line);
    if (*line == 0 || *line == '#') return;
    if (*line == '}') {
        close_graph(p);
        return;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!starts(line, kinds[i].keyword, &rest)) continue;
        kinds[i].parse(p, rest);
        return;
    }
    fail_msg("line not understood: %s", line);
}

static void finish_model(parser *p) {
    graph_text *const main = p->graphs[0];
    close_graph(p);
    assert_int_equal(p->depth, 0);
    p->model.opset_import = main->opsets;
    p->model.n_opset_import = main->n_opsets;
    p->model.graph = &main->proto;
    p->model.functions = p->functions;
    p->model.metadata_props = p->metadata;
}

void *model_bytes(const char *text, size_t *size) {
    parser *const p = calloc(1, sizeof *p);
    char *const line = malloc(LINE);
    assert_non_null(p);
    assert_non_null(line);
    sdx_arena_init(&p->arena, sdx_heap_global());
    p->model = (sdx_pb_model){.ir_version = 8, .has_ir_version = true};
    begin_graph(p, "main", 4);
    while (*text != 0) {
        const size_t len = word(text, "\n");
        assert_true(len < LINE);
        memcpy(line, text, len);
        line[len] = 0;
        parse_line(p, line);
        text += len + (text[len] != 0);
    }
    finish_model(p);
    sdx_buf buf;
    sdx_buf_init(&buf, sdx_heap_global(), SIZE_MAX);
    must(sdx_wire_encode(&sdx_pb_model_def, &p->model, &buf));
    void *const bytes = malloc(buf.size + 1);
    assert_non_null(bytes);
    memcpy(bytes, buf.ptr, buf.size);
    *size = buf.size;
    sdx_buf_deinit(&buf);
    sdx_arena_deinit(&p->arena);
    free(line);
    free(p);
    return bytes;
}

sdx_model *model_of(sdx_runtime *runtime, const char *text, const sdx_model_options *options) {
    size_t size;
    void *const bytes = model_bytes(text, &size);
    sdx_model_options copying;
    sdx_model_options_init(&copying);
    if (options != NULL) copying = *options;
    copying.load = SDX_LOAD_COPY;
    sdx_model *model;
    must(sdx_model_load_memory(runtime, bytes, size, &copying, &model));
    free(bytes);
    return model;
}

sdx_value *random_tensor(uint64_t seed, size_t rank, const int64_t *dims) {
    sdx_value *value;
    must(sdx_tensor_create(NULL, SDX_FLOAT32, rank, dims, &value));
    float *const data = sdx_tensor_data(value);
    for (size_t i = 0; i < sdx_tensor_len(value); i++) {
        data[i] = (float)random_unit(&seed);
    }
    return value;
}
