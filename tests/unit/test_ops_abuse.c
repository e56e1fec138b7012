/* Every operator under abuse. ops_abuse.def has a node that works for each operator; from it are
 * made, one change at a time: extreme numbers in every input and attribute, lists that are too
 * short and too long, inputs without elements, without dimensions and with too many, inputs that
 * are left out. Inputs are given at the run, declared with their shapes or without, or they are
 * constants. Each change gives an error that says where, or a result; never a crash, a block beyond
 * the limit, a run without end or a context that is spoilt for the next run.
 *
 * `test_ops_abuse Gather` does this with one operator and prints all that it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/port.h"
#include "emulated.h"
#include "one_node.h"
#include "value_text.h"

enum {
    MAX_FAULTS = 200,   /* printed */
    LIMIT = 8 << 20,    /* bytes that a model or a context may have */
    PATIENCE_MS = 2000, /* for a load and a run; an emulator has 20 times as much */
};

typedef struct row {
    int version;        /* of the node's opset */
    const char *text;   /* subgraphs, then the node: model_text.h */
    const char *inputs; /* one value for each that the node names: value_text.h */
} row;

static const row rows[] = {
#define ROW(version, text, inputs) {version, text, inputs},
#include "ops_abuse.def"
#undef ROW
};
enum { N_ROWS = sizeof rows / sizeof *rows };

/* ---- what is watched */

static const char *only;     /* the operator asked for; NULL: all */
static size_t n_faults;      /* of the test that runs */
static size_t largest_block; /* that was asked for */
static sdx_runtime *runtime;
static const sdx_op *with_row[N_ROWS];

static void *allocate(void *self, size_t size, size_t alignment) {
    (void)self;
    if (size > largest_block) largest_block = size;
    return size > LIMIT
               ? NULL
               : sdx_os_block_allocate((size + alignment - 1) & ~(alignment - 1), alignment);
}

static void deallocate(void *self, void *block, size_t size) {
    (void)self, (void)size;
    sdx_os_block_free(block);
}

/* ---- a node to be abused */

typedef struct subject {
    one_node node;
    sdx_value *expected[ONE_NODE_OUTPUTS]; /* owned: of the node as it stands */
    char change[160];                      /* what is different, for messages */
    /* What an error has to name: an input and the number in it; NULL and "": nothing in particular
     */
    const char *place;
    char number[32], bounded[32]; /* inference keeps numbers within 2^62 */
} subject;

static const char *name_of(const subject *s) { return s->node.op->name; }

static void fault(const subject *s, const char *what, const char *text) {
    if (n_faults++ < MAX_FAULTS)
        print_error("%s-%ld, %s: %s%s%s\n", name_of(s), (long)s->node.model.opset_import[0].version,
                    s->change, what, text[0] ? ": " : "", text);
}

static sdx_status load(const subject *s, sdx_value *const *values, sdx_model **out) {
    sdx_model_options options;
    sdx_model_options_init(&options);
    options.memory_limit = LIMIT;
    options.load = SDX_LOAD_COPY;
    return one_node_load(&s->node, runtime, &options, values, out);
}

/* ---- trying it */

static bool says(const char *text, const char *place) {
    char quoted[96];
    snprintf(quoted, sizeof quoted, "'%s'", place);
    return strstr(text, quoted) != NULL;
}

/* A size beyond the limit is refused where it would be taken; a doubled axis, a sum and a product
 * are named as such. */
static bool says_enough(const subject *s, const char *text, sdx_code code) {
    static const char *const others[] = {"twice", "sum to", "ask for", "correct 'axes'"};
    char itself[64];
    if (code == SDX_LIMIT || s->place == NULL) return true;
    snprintf(itself, sizeof itself, "(%s,", name_of(s));
    /* An upgraded node, or one of a subgraph, has inputs of other names. */
    const bool other = strstr(text, itself) == NULL || strstr(text, ": graph '") != NULL;
    const bool named = other || says(text, s->place);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strstr(text, others[i]) != NULL) return named;
    return named && (strstr(text, s->number) != NULL || strstr(text, s->bounded) != NULL);
}

static void judge(const subject *s, sdx_status status) {
    const char *const text = sdx_status_text(status);
    const sdx_code code = sdx_status_code(status);
    if (only != NULL) print_message("%s: %s\n", s->change, text);
    if (code == SDX_INTERNAL || code == SDX_OUT_OF_MEMORY || code == SDX_DEADLINE)
        fault(s, sdx_code_name(code), text);
    else if (status != NULL && code != SDX_LIMIT && strstr(text, name_of(s)) == NULL)
        fault(s, "does not name the operator", text);
    else if (status != NULL && !says_enough(s, text, code))
        fault(s, "does not name the input and its value", text);
    if (largest_block > LIMIT) fault(s, "asked for a block beyond the limit", "");
    largest_block = 0;
    sdx_status_free(status);
}

static void release_all(sdx_value **values) {
    for (size_t i = 0; i < ONE_NODE_OUTPUTS; i++)
        sdx_value_release(values[i]);
}

static bool same(const sdx_value *a, const sdx_value *b) {
    if (a == NULL || b == NULL || a->kind != b->kind) return a == b;
    for (size_t i = 0; a->kind != SDX_TENSOR && i < a->n_items; i++)
        if (i >= b->n_items || !same(a->items[i], b->items[i])) return false;
    if (a->kind != SDX_TENSOR) return a->n_items == b->n_items;
    if (a->view.dtype != b->view.dtype || !sdx_view_same_shape(&a->view, &b->view)) return false;
    if (a->view.dtype != SDX_STRING)
        return a->view.len == 0 ||
               memcmp(a->view.data, b->view.data, sdx_view_bytes(&a->view)) == 0;
    for (size_t i = 0; i < a->view.len; i++)
        if (!sdx_str_eq(((sdx_str *)a->view.data)[i], ((sdx_str *)b->view.data)[i])) return false;
    return true;
}

/* In nanoseconds. */
static uint64_t patience(void) { return UINT64_C(1000000) * PATIENCE_MS * (emulated() ? 20 : 1); }

static sdx_status open_context(sdx_model *model, sdx_context **out) {
    sdx_context_options options;
    sdx_context_options_init(&options);
    options.threads = 1;
    options.memory_limit = LIMIT;
    SDX_TRY(sdx_context_create(model, &options, out));
    sdx_context_set_deadline(*out, patience());
    return NULL;
}

/* Loads the node with these values and runs it once. */
static void try_alone(const subject *s, sdx_value *const *values) {
    sdx_model *model = NULL;
    sdx_context *context = NULL;
    sdx_value *outputs[ONE_NODE_OUTPUTS] = {NULL};
    const uint64_t start = sdx_clock_ns();
    sdx_status status = load(s, values, &model);
    if (status == NULL) status = open_context(model, &context);
    if (status == NULL) status = one_node_run(&s->node, context, values, outputs);
    if (sdx_clock_ns() - start > patience()) fault(s, "takes too long", "");
    judge(s, status);
    release_all(outputs);
    sdx_context_destroy(context);
    sdx_model_release(model);
}

/* The node as it stands has to work. */
static bool works(subject *s, sdx_context *context) {
    sdx_value *outputs[ONE_NODE_OUTPUTS];
    const sdx_status status = one_node_run(&s->node, context, s->node.given, outputs);
    bool good = status == NULL;
    if (status != NULL) fault(s, "the untouched node fails", sdx_status_text(status));
    sdx_status_free(status);
    for (size_t k = 0; good && k < s->node.n_outputs; k++) {
        if (s->expected[k] == NULL) s->expected[k] = sdx_value_retain(outputs[k]);
        good = s->node.op->flags & SDX_OP_RANDOM || same(s->expected[k], outputs[k]);
        if (!good) fault(s, "then the untouched node has another result", "");
    }
    release_all(outputs);
    return good;
}

/* A context that has run the node as it stands runs these values, then the node again. */
static void try_in(subject *s, sdx_context *context, sdx_value *const *values) {
    sdx_value *outputs[ONE_NODE_OUTPUTS];
    const uint64_t start = sdx_clock_ns();
    judge(s, one_node_run(&s->node, context, values, outputs));
    if (sdx_clock_ns() - start > patience()) fault(s, "takes too long", "");
    release_all(outputs);
    works(s, context);
}

static const char *input_name(const subject *s, size_t i) {
    const sdx_port *const port = sdx_op_input_port(s->node.op, i);
    return port != NULL ? port->name : "?";
}

static void set_ways(subject *s, one_node_way way) {
    for (size_t i = 0; i < s->node.n; i++)
        s->node.ways[i] = s->node.given[i] == NULL ? LEFT_OUT : way;
}

/* ---- elements */

/* Both ends of every integer type and one beyond, sums and products that overflow. */
static const double extremes[] = {-0x1p63, -0x1p31 - 1, -100,   -2,     -1,     0,     1,
                                  2,       100,         0x1p31, 0x1p32, 0x1p62, 0x1p63};
static const double float_extremes[] = {NAN, -INFINITY, -1e30, -1, 0, 1e-30, 1e30, INFINITY};

static size_t extremes_of(sdx_dtype dtype, const double **out) {
    const sdx_dtype_kind kind = sdx_dtype_kind_of(dtype);
    const bool real = kind == SDX_KIND_FLOAT;
    *out = real ? float_extremes : extremes;
    if (kind == SDX_KIND_BOOL) return 7;
    if (kind == SDX_KIND_STRING || kind == SDX_KIND_COMPLEX) return 0;
    return real ? sizeof float_extremes / sizeof(double) : sizeof extremes / sizeof(double);
}

/* Element `at` of input i is x; all of them where at is beyond the end. */
static sdx_value *spoil(subject *s, size_t i, size_t at, double x) {
    const sdx_view *const view = &s->node.given[i]->view;
    sdx_value *const value = value_like(s->node.given[i], view->rank, view->dims);
    for (size_t e = 0; e < view->len; e++)
        if (e == at || at >= view->len) value_set(value, e, x);
    snprintf(s->change, sizeof s->change, "input '%s'[%s%zu] = %g", input_name(s, i),
             at < view->len ? "" : "<", at, x);
    const sdx_port *const port = sdx_op_input_port(s->node.op, i);
    const bool index = view->dtype == SDX_INT64 || view->dtype == SDX_INT32;
    const bool one = at < view->len && port != NULL && !(port->flags & SDX_PORT_VARIADIC);
    s->place = index && one ? port->name : NULL;
    const int64_t number = index && one ? sdx_view_int(&value->view, at) : 0;
    snprintf(s->number, sizeof s->number, "%lld", (long long)number);
    snprintf(s->bounded, sizeof s->bounded, "%lld", (long long)sdx_dim_number(number));
    return value;
}

typedef void trial(subject *s, sdx_context *context, sdx_value *const *values);

static void each_element(subject *s, sdx_context *context, trial *attempt) {
    for (size_t i = 0; i < s->node.n; i++) {
        if (s->node.given[i] == NULL || s->node.given[i]->kind != SDX_TENSOR) continue;
        const double *numbers;
        const size_t n = extremes_of(s->node.given[i]->view.dtype, &numbers),
                     len = s->node.given[i]->view.len;
        const size_t places[] = {0, len - 1, len};
        for (size_t e = 0; len > 0 && e < 3 * n; e++) {
            if (len == 1 && e >= n) break;
            sdx_value *values[ONE_NODE_INPUTS];
            memcpy((void *)values, (const void *)s->node.given, sizeof values);
            values[i] = spoil(s, i, places[e / n], numbers[e % n]);
            attempt(s, context, values);
            sdx_value_release(values[i]);
        }
    }
    s->place = NULL;
}

static void as_constant(subject *s, sdx_context *context, sdx_value *const *values) {
    (void)context;
    one_node_way before[ONE_NODE_INPUTS];
    memcpy(before, s->node.ways, sizeof before);
    for (size_t i = 0; i < s->node.n; i++)
        if (values[i] != s->node.given[i]) s->node.ways[i] = CONSTANT;
    try_alone(s, values);
    set_ways(s, CONSTANT);
    try_alone(s, values);
    memcpy(s->node.ways, before, sizeof before);
}

/* ---- shapes */

typedef struct shape {
    size_t rank;
    int64_t dims[SDX_MAX_RANK];
} shape;

enum { N_SHAPES = 6 + 3 * SDX_MAX_RANK };

/* Variant `k` of a shape; false where it has none. */
static bool other_shape(const sdx_view *view, size_t k, shape *out) {
    *out = (shape){.rank = view->rank};
    memcpy(out->dims, view->dims, sizeof out->dims);
    if (k >= 6) { /* a dimension is gone, longer, shorter */
        const size_t d = (k - 6) / 3;
        static const int64_t more[] = {0, 1, -1};
        if (d >= out->rank) return false;
        out->dims[d] = k % 3 == 0 ? 0 : out->dims[d] + more[k % 3];
        return out->dims[d] >= 0;
    }
    if (k == 0) out->rank = 0;
    if (k == 1) *out = (shape){1, {0}};
    if (k == 2) { /* as many as a tensor may have */
        for (size_t d = view->rank; d < SDX_MAX_RANK; d++)
            out->dims[d] = 1;
        out->rank = SDX_MAX_RANK;
    }
    if (k == 3) { /* one more in front */
        memmove(out->dims + 1, out->dims, (SDX_MAX_RANK - 1) * sizeof *out->dims);
        out->dims[0] = 1;
        out->rank++;
    }
    if (k == 4 && out->rank-- == 0) return false; /* the last one less */
    if (k == 5) {                                 /* all of them empty */
        for (size_t d = 0; d < out->rank; d++)
            out->dims[d] = 0;
    }
    return true;
}

static void each_shape(subject *s, sdx_context *context, trial *attempt) {
    for (size_t i = 0; i <= s->node.n; i++) { /* each input, then all together */
        for (size_t k = 0; k < N_SHAPES; k++) {
            sdx_value *values[ONE_NODE_INPUTS];
            bool any = false;
            memcpy((void *)values, (const void *)s->node.given, sizeof values);
            for (size_t j = 0; j < s->node.n; j++) {
                shape to;
                if ((j != i && i < s->node.n) || values[j] == NULL || values[j]->kind != SDX_TENSOR)
                    continue;
                if (!other_shape(&values[j]->view, k, &to)) continue;
                values[j] = value_like(s->node.given[j], to.rank, to.dims);
                any = true;
            }
            snprintf(s->change, sizeof s->change, "shape %zu of input %s", k,
                     i < s->node.n ? input_name(s, i) : "s");
            if (any) attempt(s, context, values);
            for (size_t j = 0; j < s->node.n; j++)
                if (values[j] != s->node.given[j]) sdx_value_release(values[j]);
        }
    }
}

static void alone(subject *s, sdx_context *context, sdx_value *const *values) {
    (void)context;
    try_alone(s, values);
}

static void each_absence(subject *s) {
    for (size_t i = 0; i < s->node.n; i++) {
        sdx_value *values[ONE_NODE_INPUTS];
        memcpy((void *)values, (const void *)s->node.given, sizeof values);
        if (values[i] == NULL) continue;
        values[i] = NULL;
        snprintf(s->change, sizeof s->change, "input '%s' left out", input_name(s, i));
        try_alone(s, values);
    }
}

/* ---- attributes */

enum { MAX_LIST = 64 };

typedef struct change {
    sdx_pb_attribute attr;
    int64_t ints[MAX_LIST];
    float floats[MAX_LIST];
    sdx_str strings[MAX_LIST];
    sdx_pb_tensor tensor;
    uint64_t bytes[MAX_LIST];
} change;

static int64_t to_int(double x) {
    return x >= 0x1p63 ? INT64_MAX : x <= -0x1p63 ? INT64_MIN : (int64_t)x;
}

enum { N_COUNTS = 3 }; /* none, one less, one more */

static size_t other_count(size_t n, size_t k) {
    return k == 0 ? 0 : k == 1 ? (n > 0 ? n - 1 : 0) : n + 1;
}

/* Element `at` of a list, or another number of elements. False when there are no more variants. */
static bool change_list(change *c, size_t k) {
    const bool ints = c->attr.type == SDX_PB_ATTRIBUTE_INTS;
    const double *numbers = ints ? extremes : float_extremes;
    const size_t n_numbers = extremes_of(ints ? SDX_INT64 : SDX_FLOAT32, &numbers);
    size_t n = ints ? c->attr.n_ints : c->attr.n_floats;
    if (n >= MAX_LIST || k >= 2 * n_numbers + N_COUNTS) return false;
    if (n > 0 && ints) memcpy(c->ints, c->attr.ints, n * sizeof *c->ints);
    if (n > 0 && !ints) memcpy(c->floats, c->attr.floats, n * sizeof *c->floats);
    if (k < 2 * n_numbers) {
        if (n == 0) n = 1;
        const size_t at = k < n_numbers ? 0 : n - 1;
        c->ints[at] = ints ? to_int(numbers[k % n_numbers]) : 0;
        c->floats[at] = (float)numbers[k % n_numbers];
    } else {
        const size_t count = other_count(n, k - 2 * n_numbers);
        for (size_t e = n; e < count; e++) {
            c->ints[e] = e > 0 ? c->ints[e - 1] : 1;
            c->floats[e] = e > 0 ? c->floats[e - 1] : 1;
        }
        n = count;
    }
    c->attr.ints = ints ? c->ints : NULL;
    c->attr.n_ints = ints ? n : 0;
    c->attr.floats = ints ? NULL : c->floats;
    c->attr.n_floats = ints ? 0 : n;
    return true;
}

static bool change_strings(change *c, size_t k) {
    size_t n = c->attr.n_strings;
    if (n >= MAX_LIST || k >= 2 + N_COUNTS) return false;
    if (n > 0) memcpy(c->strings, c->attr.strings, n * sizeof *c->strings);
    if (k < 2) {
        n = n > 0 ? n : 1;
        c->strings[n - 1] = k == 0 ? SDX_STR("") : SDX_STR("bogus");
    } else {
        const size_t count = other_count(n, k - 2);
        if (count > n) c->strings[n] = n > 0 ? c->strings[n - 1] : SDX_STR("more");
        n = count;
    }
    c->attr.strings = c->strings;
    c->attr.n_strings = n;
    return true;
}

static bool change_tensor(change *c, size_t k) {
    if (c->attr.t == NULL || c->attr.t->raw_data.len > sizeof c->bytes) return false;
    const double *numbers;
    const size_t n = extremes_of((sdx_dtype)c->attr.t->data_type, &numbers);
    static const int64_t none = 0;
    c->tensor = *c->attr.t;
    c->attr.t = &c->tensor;
    if (k == n) { /* no elements */
        c->tensor.dims = &none;
        c->tensor.n_dims = 1;
        c->tensor.raw_data = (sdx_str){"", 0};
        c->tensor.n_string_data = 0;
        return true;
    }
    if (k > n || c->tensor.raw_data.len == 0) return false;
    memcpy(c->bytes, c->tensor.raw_data.ptr, c->tensor.raw_data.len);
    sdx_view view;
    must(sdx_view_init(&view, (sdx_dtype)c->tensor.data_type, c->tensor.n_dims, c->tensor.dims));
    view.data = c->bytes;
    if (sdx_dtype_subbyte(view.dtype)) return false;
    sdx_view_set_double(&view, view.len - 1, numbers[k]);
    c->tensor.raw_data.ptr = (const char *)c->bytes;
    return true;
}

static bool change_text(change *c, size_t k) {
    static const char *const texts[] = {"", "bogus", "\xff\xfe"};
    if (k >= sizeof texts / sizeof *texts) return false;
    c->attr.s = sdx_str_from(texts[k]);
    return true;
}

static bool change_number(change *c, size_t k) {
    const bool whole = c->attr.type == SDX_PB_ATTRIBUTE_INT;
    const double *numbers;
    if (k >= extremes_of(whole ? SDX_INT64 : SDX_FLOAT32, &numbers)) return false;
    c->attr.i = whole ? to_int(numbers[k]) : 0;
    c->attr.f = whole ? 0 : (float)numbers[k];
    return true;
}

/* Variant k of an attribute by its kind; kinds without a row are left alone. */
static const struct {
    sdx_attr_kind kind;
    sdx_pb_attribute_type type;
    bool (*vary)(change *c, size_t k);
} kinds[] = {
    {SDX_ATTR_INT, SDX_PB_ATTRIBUTE_INT, change_number},
    {SDX_ATTR_FLOAT, SDX_PB_ATTRIBUTE_FLOAT, change_number},
    {SDX_ATTR_STRING, SDX_PB_ATTRIBUTE_STRING, change_text},
    {SDX_ATTR_TENSOR, SDX_PB_ATTRIBUTE_TENSOR, change_tensor},
    {SDX_ATTR_INTS, SDX_PB_ATTRIBUTE_INTS, change_list},
    {SDX_ATTR_FLOATS, SDX_PB_ATTRIBUTE_FLOATS, change_list},
    {SDX_ATTR_STRINGS, SDX_PB_ATTRIBUTE_STRINGS, change_strings},
};

static void each_variant(subject *s, size_t at, const sdx_attr_def *def) {
    const sdx_pb_attribute before = s->node.attrs[at];
    for (size_t t = 0; t < sizeof kinds / sizeof *kinds; t++) {
        if (kinds[t].kind != def->kind) continue;
        for (size_t k = 0;; k++) {
            change c = {.attr = before};
            c.attr.name = sdx_str_from(def->name);
            c.attr.type = (int32_t)kinds[t].type;
            c.attr.has_type = c.attr.has_i = c.attr.has_f = true;
            if (!kinds[t].vary(&c, k)) break;
            s->node.attrs[at] = c.attr;
            snprintf(s->change, sizeof s->change, "attribute '%s', variant %zu (%lld, %g)",
                     def->name, k, (long long)c.attr.i, (double)c.attr.f);
            set_ways(s, TYPED);
            try_alone(s, s->node.given);
            set_ways(s, SHAPED);
            try_alone(s, s->node.given);
        }
    }
    s->node.attrs[at] = before;
}

static void each_attribute(subject *s) {
    const size_t n = s->node.node->n_attribute;
    for (size_t a = 0; a < s->node.op->n_attrs; a++) {
        size_t at = 0;
        while (at < n && !sdx_str_is(s->node.attrs[at].name, s->node.op->attrs[a].name))
            at++;
        s->node.node->n_attribute = at < n ? n : n + 1;
        each_variant(s, at, &s->node.op->attrs[a]);
        s->node.node->n_attribute = n;
        if (at == n) continue;
        const sdx_pb_attribute before = s->node.attrs[at];
        s->node.attrs[at] = s->node.attrs[--s->node.node->n_attribute];
        snprintf(s->change, sizeof s->change, "attribute '%s' left out", s->node.op->attrs[a].name);
        try_alone(s, s->node.given);
        s->node.attrs[s->node.node->n_attribute++] = s->node.attrs[at];
        s->node.attrs[at] = before;
    }
}

/* ---- all of it */

/* Everything that is done to a node in a context that goes on after each attempt. */
static void abuse_running(subject *s, one_node_way way, bool shapes) {
    sdx_model *model = NULL;
    sdx_context *context = NULL;
    set_ways(s, way);
    snprintf(s->change, sizeof s->change, "untouched, %s", way == TYPED ? "types" : "shapes");
    const sdx_status status = load(s, s->node.given, &model);
    if (status != NULL && way == TYPED) { /* upgrades of some operators want to know ranks */
        sdx_status_free(status);
        return;
    }
    must(status);
    must(open_context(model, &context));
    if (works(s, context)) {
        each_element(s, context, try_in);
        if (shapes) each_shape(s, context, try_in);
    }
    sdx_context_destroy(context);
    sdx_model_release(model);
}

static void abuse_node(subject *s) {
    abuse_running(s, TYPED, true);
    abuse_running(s, SHAPED, false);
    set_ways(s, SHAPED);
    each_element(s, NULL, as_constant);
    each_shape(s, NULL, alone);
    each_absence(s);
    each_attribute(s);
}

static bool asked_for(const sdx_op *op) { return only == NULL || strcmp(only, op->name) == 0; }

static void rows_survive(void **state) {
    (void)state;
    n_faults = 0;
    for (size_t i = 0; i < N_ROWS; i++) {
        subject s = {.change = "as it is"};
        one_node_open(&s.node, rows[i].version, rows[i].text, rows[i].inputs);
        with_row[i] = s.node.op;
        if (asked_for(s.node.op)) abuse_node(&s);
        release_all(s.expected);
        one_node_close(&s.node);
    }
    assert_int_equal(n_faults, 0);
}

static bool has_row(const sdx_op *op) {
    size_t i = 0;
    while (i < N_ROWS && with_row[i] != op)
        i++;
    return i < N_ROWS;
}

static sdx_dtype first_type(sdx_types types) {
    int d = SDX_FLOAT32;
    while (sdx_dtype_valid(d) && !sdx_types_have(types, (sdx_dtype)d))
        d++;
    return sdx_dtype_valid(d) ? (sdx_dtype)d : SDX_FLOAT32;
}

/* A node of an operator whose schema says all there is to know: required inputs of one shape, of
 * this type where they may have it. */
static void open_standard(one_node *node, const sdx_op *op, sdx_dtype dtype) {
    char text[512], inputs[512] = "";
    size_t end = 0;
    size_t at = (size_t)snprintf(text, sizeof text, "node y = %s%s%s(", op->domain,
                                 op->domain[0] ? "::" : "", op->name);
    for (size_t i = 0; i < op->n_inputs; i++) {
        const sdx_types types = op->inputs[i].types;
        const sdx_dtype own = sdx_types_have(types, dtype) ? dtype : first_type(types);
        if (op->inputs[i].flags & SDX_PORT_OPTIONAL) break;
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s", i > 0 ? ", " : "",
                               op->inputs[i].name);
        end += (size_t)snprintf(inputs + end, sizeof inputs - end, " %s[2,3]", sdx_dtype_name(own));
        assert_true(at < sizeof text - 2 && end < sizeof inputs);
    }
    snprintf(text + at, sizeof text - at, ")\n");
    one_node_open(node, op->until > 0 ? op->until : op->newest, text, inputs);
}

static bool runs(const subject *s) {
    sdx_model *model = NULL;
    sdx_context *context = NULL;
    sdx_value *outputs[ONE_NODE_OUTPUTS] = {NULL};
    sdx_status status = load(s, s->node.given, &model);
    if (status == NULL) status = open_context(model, &context);
    if (status == NULL) status = one_node_run(&s->node, context, s->node.given, outputs);
    const bool good = status == NULL;
    release_all(outputs);
    sdx_context_destroy(context);
    sdx_model_release(model);
    sdx_status_free(status);
    return good;
}

/* All types of an operator without a row; one whose schema does not say enough has to have a row.
 */
static void abuse_standard(const sdx_op *op) {
    size_t n = 0;
    for (int d = SDX_FLOAT32; sdx_dtype_valid(d) && op->n_inputs > 0; d++) {
        subject s = {.change = "as it is"};
        if (!sdx_types_have(op->inputs[0].types, (sdx_dtype)d)) continue;
        open_standard(&s.node, op, (sdx_dtype)d);
        const bool good = runs(&s);
        if (good) abuse_node(&s);
        n += good;
        release_all(s.expected);
        one_node_close(&s.node);
    }
    if (n == 0) {
        n_faults++;
        print_error("%s%s%s wants a row in ops_abuse.def\n", op->domain, op->domain[0] ? "::" : "",
                    op->name);
    }
}

static void others_survive(void **state) {
    (void)state;
    n_faults = 0;
    for (size_t i = 0; sdx_op_at(i) != NULL; i++) {
        const sdx_op *const op = sdx_op_at(i);
        if (!(op->flags & SDX_OP_INTERNAL) && !has_row(op) && asked_for(op)) abuse_standard(op);
    }
    assert_int_equal(n_faults, 0);
}

/* ---- two extremes at once */

static const char *const of_two[] = {
    "Add(a, b)",
    "Sub(a, b)",
    "Mul(a, b)",
    "Div(a, b)",
    "Mod(a, b)",
    "Mod(a, b) fmod=1",
    "Pow(a, b)",
    "BitShift(a, b) direction=\"LEFT\"",
    "BitShift(a, b) direction=\"RIGHT\"",
    "PRelu(a, b)",
    "Max(a, b)",
    "Sum(a, b)",
};

static sdx_value *all_extremes(sdx_dtype dtype, double zero, size_t rank, const int64_t *dims) {
    sdx_value *value;
    must(sdx_tensor_create(NULL, dtype, rank, dims, &value));
    const bool positive = sdx_dtype_kind_of(dtype) == SDX_KIND_UINT;
    for (size_t i = 0; i < value->view.len; i++) {
        const double x = positive ? fabs(extremes[i]) : extremes[i];
        value_set(value, i, x == 0 ? zero : x);
    }
    return value;
}

/* Overflow, the least number by -1, shifts over the width: every extreme of an integer type with
 * every other. What is divided by is not zero, which rows_survive has tried. */
static void pairs_survive(void **state) {
    (void)state;
    const int64_t n = sizeof extremes / sizeof *extremes;
    n_faults = 0;
    for (size_t t = 0; t < sizeof of_two / sizeof *of_two; t++) {
        for (int d = SDX_FLOAT32; sdx_dtype_valid(d); d++) {
            const sdx_dtype_kind kind = sdx_dtype_kind_of((sdx_dtype)d);
            if (kind != SDX_KIND_INT && kind != SDX_KIND_UINT) continue;
            char text[96], inputs[96];
            const char *const type = sdx_dtype_name((sdx_dtype)d);
            snprintf(text, sizeof text, "node y = %s\n", of_two[t]);
            snprintf(inputs, sizeof inputs, "%s %s", type, type);
            subject s = {.change = "pairs"};
            one_node_open(&s.node, 28, text, inputs);
            sdx_value *values[] = {all_extremes((sdx_dtype)d, 0, 2, (const int64_t[]){n, 1}),
                                   all_extremes((sdx_dtype)d, 3, 1, &n)};
            if (asked_for(s.node.op) && sdx_types_have(s.node.op->inputs[0].types, (sdx_dtype)d))
                try_alone(&s, values);
            for (size_t i = 0; i < 2; i++)
                sdx_value_release(values[i]);
            one_node_close(&s.node);
        }
    }
    assert_int_equal(n_faults, 0);
}

static int setup(void **state) {
    (void)state;
    static const sdx_allocator watched = {.allocate = allocate, .deallocate = deallocate};
    sdx_runtime_options options;
    sdx_runtime_options_init(&options);
    options.allocator = &watched;
    must(sdx_runtime_create(&options, &runtime));
    return 0;
}

static int teardown(void **state) {
    (void)state;
    sdx_runtime_release(runtime);
    return 0;
}

int main(int argc, char **argv) {
    only = argc > 1 ? argv[1] : NULL;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_survive),
        cmocka_unit_test(others_survive),
        cmocka_unit_test(pairs_survive),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
