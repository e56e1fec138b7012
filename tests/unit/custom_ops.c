/* Custom operators for tests. */
#include "custom_ops.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

atomic_int custom_runs, custom_states;

#define FLOAT SDX_OP_TYPE(FLOAT32)
#define INT SDX_OP_TYPE(INT64)
#define TEXT SDX_OP_TYPE(STRING)

/* ---- Attrs: what the node's attributes are, as a text */

static bool attrs_infer(sdx_op_call *c) { return c->host->shape(c, 0, SDX_STRING, 0, NULL); }

static bool attrs_run(sdx_op_call *c) {
    enum { SIZE = 400 };
    char *const text = c->host->scratch(c, SIZE);
    if (text == NULL) return false;
    const sdx_op_attr_value *const *const a = c->attrs;
    const int64_t *const table = a[6]->tensor != NULL ? a[6]->tensor->data : NULL;
    int n = snprintf(text, SIZE, "i=%lld f=%g s=%.*s ints=", (long long)a[0]->i, (double)a[1]->f,
                     (int)a[2]->s.len, a[2]->s.ptr);
    for (size_t i = 0; i < a[3]->n; i++)
        n += snprintf(text + n, (size_t)(SIZE - n), "%lld,", (long long)a[3]->ints[i]);
    n += snprintf(text + n, (size_t)(SIZE - n), " floats=");
    for (size_t i = 0; i < a[4]->n; i++)
        n += snprintf(text + n, (size_t)(SIZE - n), "%g,", (double)a[4]->floats[i]);
    n += snprintf(text + n, (size_t)(SIZE - n), " strings=");
    for (size_t i = 0; i < a[5]->n; i++)
        n += snprintf(text + n, (size_t)(SIZE - n), "%.*s,", (int)a[5]->strings[i].len,
                      a[5]->strings[i].ptr);
    n += snprintf(text + n, (size_t)(SIZE - n), " t=");
    for (size_t i = 0; table != NULL && i < a[6]->tensor->len; i++)
        n += snprintf(text + n, (size_t)(SIZE - n), "%lld,", (long long)table[i]);
    n += snprintf(text + n, (size_t)(SIZE - n), " given=");
    for (size_t i = 0; i < c->n_attrs; i++)
        n += snprintf(text + n, (size_t)(SIZE - n), "%d", a[i]->given);
    *(sdx_str *)c->outputs[0]->data = (sdx_str){text, (size_t)n};
    return true;
}

/* ---- Sum: X, perhaps B, and more; of one type; by all threads */

typedef struct sum {
    const sdx_op_call *call;
    bool floats;
} sum;

static void sum_range(void *arg, size_t begin, size_t end, unsigned lane) {
    const sum *const s = arg;
    (void)lane;
    for (size_t i = begin; i < end; i++) {
        double x = 0;
        for (size_t k = 0; k < s->call->n_inputs; k++) {
            const sdx_op_tensor *const in = s->call->inputs[k];
            if (in != NULL)
                x += s->floats ? (double)((const float *)in->data)[i]
                               : (double)((const int64_t *)in->data)[i];
        }
        if (s->floats)
            ((float *)s->call->outputs[0]->data)[i] = (float)x;
        else
            ((int64_t *)s->call->outputs[0]->data)[i] = (int64_t)x;
    }
}

static bool sum_run(sdx_op_call *c) {
    sum s = {c, c->inputs[0]->dtype == SDX_FLOAT32};
    for (size_t k = 1; k < c->n_inputs; k++) {
        if (c->inputs[k] != NULL && c->inputs[k]->len != c->inputs[0]->len)
            return c->host->fail(c, SDX_SHAPE_MISMATCH, "value %zu has %zu elements, expected %zu",
                                 k, c->inputs[k]->len, c->inputs[0]->len);
    }
    c->host->parallel_for(c, c->inputs[0]->len, 16, sum_range, &s);
    return true;
}

/* ---- Keep: the elements of X above a threshold, and how many; dynamic */

static bool keep_infer(sdx_op_call *c) {
    return c->host->shape(c, 0, SDX_UNDEFINED, 1, (const int64_t[]){SDX_OP_UNKNOWN}) &&
           c->host->shape(c, 1, SDX_INT64, 0, NULL);
}

static bool keep_run(sdx_op_call *c) {
    const float *const x = c->inputs[0]->data, least = c->attrs[0]->f;
    int64_t n = 0;
    void *kept, *count;
    for (size_t i = 0; i < c->inputs[0]->len; i++)
        n += x[i] > least;
    if (!c->host->output(c, 0, SDX_FLOAT32, 1, &n, &kept) ||
        !c->host->output(c, 1, SDX_INT64, 0, NULL, &count))
        return false;
    *(int64_t *)count = n;
    for (size_t i = 0, to = 0; i < c->inputs[0]->len; i++)
        if (x[i] > least) ((float *)kept)[to++] = x[i];
    return true;
}

/* ---- Twice: each string two times; the input's bytes, and scratch */

static bool twice_run(sdx_op_call *c) {
    const sdx_str *const in = c->inputs[0]->data;
    sdx_str *const out = c->outputs[0]->data;
    for (size_t i = 0; i < c->inputs[0]->len; i++) {
        char *const text = c->host->scratch(c, 2 * in[i].len);
        if (text == NULL) return false;
        if (in[i].len > 0) {
            memcpy(text, in[i].ptr, in[i].len);
            memcpy(text + in[i].len, in[i].ptr, in[i].len);
        }
        out[i] = (sdx_str){text, 2 * in[i].len};
    }
    return true;
}

/* ---- Split: strings into words of their own; dynamic strings */

static bool split_run(sdx_op_call *c) {
    const sdx_str text = *(const sdx_str *)c->inputs[0]->data;
    int64_t n = 0;
    void *words;
    for (size_t i = 0; i < text.len; i++)
        n += text.ptr[i] == '-';
    n++;
    if (!c->host->output(c, 0, SDX_STRING, 1, &n, &words)) return false;
    sdx_str *const out = words;
    for (size_t i = 0, from = 0, w = 0; i <= text.len; i++) {
        if (i < text.len && text.ptr[i] != '-') continue;
        out[w++] = (sdx_str){text.ptr + from, i - from};
        from = i + 1;
    }
    return true;
}

/* ---- Pad: X [n] to [n + by]; arithmetic on dimensions */

static bool pad_infer(sdx_op_call *c) {
    int64_t by;
    size_t n;
    if (c->inputs[0]->rank < 0) return true;
    if (!c->host->ints(c, 1, &by, 1, &n)) by = SDX_OP_UNKNOWN;
    by = c->host->dim(c, SDX_OP_DIM_ADD, c->inputs[0]->dims[0], by);
    return c->host->shape(c, 0, SDX_UNDEFINED, 1, &by);
}

static bool pad_run(sdx_op_call *c) {
    memset(c->outputs[0]->data, 0, c->outputs[0]->size);
    const size_t size = c->inputs[0]->size, room = c->outputs[0]->size;
    memcpy(c->outputs[0]->data, c->inputs[0]->data, size < room ? size : room);
    return true;
}

/* ---- Dims: every operation on a dimension; Broad: the shape of all inputs */

static bool dims_infer(sdx_op_call *c) {
    static const struct {
        sdx_op_dim op;
        int64_t by;
    } steps[] = {{SDX_OP_DIM_ADD, 1}, {SDX_OP_DIM_SUB, 1},      {SDX_OP_DIM_MUL, 2},
                 {SDX_OP_DIM_DIV, 2}, {SDX_OP_DIM_CEIL_DIV, 2}, {SDX_OP_DIM_MIN, 3},
                 {SDX_OP_DIM_MAX, 3}};
    enum { N = sizeof steps / sizeof *steps };
    int64_t dims[N];
    for (size_t i = 0; i < N; i++)
        dims[i] = c->host->dim(c, steps[i].op, c->inputs[0]->dims[0], steps[i].by);
    if (c->host->dim(c, SDX_OP_DIM_DIV, 1, 0) != SDX_OP_UNKNOWN ||
        c->host->dim(c, SDX_OP_DIM_ADD, SDX_OP_UNKNOWN, 1) != SDX_OP_UNKNOWN)
        return false;
    return c->host->shape(c, 0, SDX_UNDEFINED, N, dims);
}

static bool broad_infer(sdx_op_call *c) { return c->host->shape_broadcast(c, 0, SDX_UNDEFINED); }

static bool zeros_run(sdx_op_call *c) {
    if (c->outputs[0]->size > 0) memset(c->outputs[0]->data, 0, c->outputs[0]->size);
    return true;
}

/* ---- Count, CountPure: X, counting runs; Negate: in place */

static bool count_run(sdx_op_call *c) {
    atomic_fetch_add(&custom_runs, 1);
    if (c->inputs[0]->size > 0)
        memmove(c->outputs[0]->data, c->inputs[0]->data, c->inputs[0]->size);
    return true;
}

static bool negate_run(sdx_op_call *c) {
    const float *const x = c->inputs[0]->data;
    float *const y = c->outputs[0]->data;
    for (size_t i = 0; i < c->inputs[0]->len; i++)
        y[i] = -x[i];
    return true;
}

/* ---- Table: X through a constant table that create keeps */

typedef struct table {
    size_t n;
    float *values;
} table;

static bool table_create(sdx_op_call *c, void **state) {
    const sdx_op_tensor *const values = c->inputs[1];
    if (values->data == NULL)
        return c->host->fail(c, SDX_UNSUPPORTED, "the table is not constant; make it one");
    table *const made = malloc(sizeof *made);
    *made = (table){values->len, malloc(values->size + 1)};
    memcpy(made->values, values->data, values->size);
    atomic_fetch_add(&custom_states, 1);
    *state = made;
    return true;
}

static void table_destroy(void *state) {
    table *const made = state;
    atomic_fetch_sub(&custom_states, 1);
    free(made->values);
    free(made);
}

static bool table_run(sdx_op_call *c) {
    const table *const made = c->state;
    const float *const x = c->inputs[0]->data;
    float *const y = c->outputs[0]->data;
    for (size_t i = 0; i < c->inputs[0]->len; i++) {
        const int64_t at = (int64_t)x[i];
        if (at < 0 || (size_t)at >= made->n)
            return c->host->fail(c, SDX_OUT_OF_RANGE, "X[%zu] is %lld, expected 0 to %zu", i,
                                 (long long)at, made->n - 1);
        y[i] = made->values[at];
    }
    return true;
}

/* ---- Nibble: types below 8 bits come one element a byte. Bools: any byte is one */

static bool nibble_run(sdx_op_call *c) {
    const int8_t *const x = c->inputs[0]->data;
    int8_t *const y = c->outputs[0]->data;
    if (c->inputs[0]->size != c->inputs[0]->len)
        return c->host->fail(c, SDX_UNSUPPORTED, "elements are packed");
    for (size_t i = 0; i < c->inputs[0]->len; i++)
        y[i] = (int8_t)-x[i];
    return true;
}

static bool truth_run(sdx_op_call *c) {
    memset(c->outputs[0]->data, 0x7e, c->outputs[0]->size);
    return true;
}

/* ---- Wait: until the run is cancelled; Log; Fails, Bad: attribute `how` says what is wrong */

static bool wait_run(sdx_op_call *c) {
    atomic_fetch_add(&custom_runs, 1);
    while (!c->host->cancelled(c)) {
    }
    return false;
}

static bool log_run(sdx_op_call *c) {
    c->host->log(c, SDX_LOG_WARN, "run %llu of %d", (unsigned long long)c->turn, (int)c->version);
    return count_run(c);
}

static void fail_item(void *arg, size_t begin, size_t end, unsigned lane) {
    (void)begin, (void)end, (void)lane;
    (void)((sdx_op_call *)arg)->host->fail(arg, SDX_OUT_OF_RANGE, "told by a lane");
}

static bool fails_infer(sdx_op_call *c) {
    if (c->attrs[0]->i == 1) return c->host->fail(c, SDX_SHAPE_MISMATCH, "told by infer");
    if (c->attrs[0]->i == 2) return false;
    if (c->attrs[0]->i == 3) return true; /* tells no shape, ever */
    return c->host->shape_like(c, 0, SDX_UNDEFINED, 0);
}

static bool fails_create(sdx_op_call *c, void **state) {
    atomic_fetch_add(&custom_states, 1);
    *state = c->attrs[0]->i == 4 ? NULL : &custom_states;
    if (c->attrs[0]->i == 5) (void)c->host->fail(c, (sdx_code)99, "told by create: %d", 5);
    if (c->attrs[0]->i != 4) return true; /* an error counts all the same, and destroy follows */
    atomic_fetch_sub(&custom_states, 1);
    return c->host->fail(c, SDX_INVALID_MODEL, "told by create");
}

static void fails_destroy(void *state) {
    if (state != NULL) atomic_fetch_sub(&custom_states, 1);
}

static bool fails_run(sdx_op_call *c) {
    if (c->attrs[0]->i == 6) return c->host->fail(c, SDX_INVALID_ARGUMENT, "told by %s", "run");
    if (c->attrs[0]->i == 7) return false;
    if (c->attrs[0]->i == 8) c->host->parallel_for(c, 1000, 1, fail_item, c);
    return count_run(c);
}

static bool bad_infer(sdx_op_call *c) {
    const int64_t below[] = {-3}, bogus[] = {INT64_MIN + 5}, many[SDX_MAX_RANK + 1] = {0};
    const int64_t huge[] = {INT64_C(1) << 40, INT64_C(1) << 40};
    const sdx_op_host *const host = c->host;
    void *data;
    switch (c->attrs[0]->i) {
    case 0: return host->shape(c, 0, SDX_FLOAT32, 1, below);
    case 1: return host->shape(c, 0, SDX_FLOAT32, 1, bogus);
    case 2: return host->shape(c, 0, SDX_FLOAT32, SDX_MAX_RANK + 1, many);
    case 3: return host->shape(c, 0, SDX_FLOAT32, -2, NULL);
    case 4: return host->shape(c, 0, SDX_FLOAT32, 2, NULL);
    case 5: return host->shape(c, 0, SDX_FLOAT32, 2, huge);
    case 6: return host->shape(c, 0, SDX_FLOAT64, 0, NULL);
    case 7: return host->shape(c, 0, (sdx_dtype)77, 0, NULL);
    case 8: return host->shape(c, 9, SDX_FLOAT32, 0, NULL);
    case 9: return host->shape_like(c, 0, SDX_UNDEFINED, 9);
    case 10: return host->output(c, 0, SDX_FLOAT32, 0, NULL, &data);
    case 11: return host->scratch(c, 5) != NULL;
    case 12: (void)host->dim(c, (sdx_op_dim)50, 1, 1); return true;
    case 13: (void)host->dim(c, SDX_OP_DIM_MUL, INT64_MIN + 5, 1); return true;
    case 14: host->parallel_for(c, 1, 1, fail_item, c); return true;
    default: return host->shape_like(c, 0, SDX_FLOAT32, 0);
    }
}

static bool bad_run(sdx_op_call *c) {
    const sdx_op_host *const host = c->host;
    void *data;
    int64_t ints;
    size_t n;
    switch (c->attrs[0]->i) {
    case 15: return host->output(c, 0, SDX_FLOAT32, 0, NULL, &data);
    case 16: return host->shape(c, 0, SDX_FLOAT32, 0, NULL);
    case 17: return host->shape_like(c, 0, SDX_FLOAT32, 0);
    case 18: return host->shape_broadcast(c, 0, SDX_FLOAT32);
    case 19: return host->ints(c, 0, &ints, 1, &n);
    case 20: (void)host->dim(c, SDX_OP_DIM_ADD, 1, 1); return true;
    case 21: return host->scratch(c, SIZE_MAX - 3) != NULL;
    default: return count_run(c);
    }
}

/* Y, of any type, and Z */
static bool makes_run(sdx_op_call *c) {
    const sdx_op_host *const host = c->host;
    const int64_t below[] = {-3}, symbol[] = {INT64_MIN}, huge[] = {INT64_C(1) << 60};
    void *data;
    switch (c->attrs[0]->i) {
    case 0: return host->output(c, 0, SDX_FLOAT32, 1, below, &data);
    case 1: return host->output(c, 0, SDX_FLOAT32, 1, symbol, &data);
    case 2: return host->output(c, 0, SDX_FLOAT32, SIZE_MAX, below, &data);
    case 3: return host->output(c, 0, SDX_FLOAT32, 1, NULL, &data);
    case 4: return host->output(c, 0, SDX_INT32, 0, NULL, &data);
    case 5: return host->output(c, 0, (sdx_dtype)-4, 0, NULL, &data);
    case 6: return host->output(c, 2, SDX_FLOAT32, 0, NULL, &data);
    case 7:
        return host->output(c, 0, SDX_FLOAT32, 0, NULL, &data) &&
               host->output(c, 0, SDX_FLOAT32, 0, NULL, &data);
    case 8: return true;
    case 9: return host->output(c, 0, SDX_FLOAT32, 1, huge, &data);
    case 10:
        if (!host->output(c, 1, SDX_STRING, 0, NULL, &data)) return false;
        *(sdx_str *)data = (sdx_str){NULL, 5};
        return host->output(c, 0, SDX_FLOAT32, 0, NULL, &data);
    default: return host->output(c, 0, SDX_FLOAT32, 0, NULL, &data);
    }
}

/* ---- the rows */

static const sdx_op_port x_float[] = {{.name = "X", .var = "T", .types = FLOAT}};
static const sdx_op_port y_float[] = {{.name = "Y", .var = "T", .types = FLOAT}};
static const sdx_op_port x_any[] = {{.name = "X", .var = "T"}};
static const sdx_op_port y_any[] = {{.name = "Y", .var = "T"}};
static const sdx_op_port x_text[] = {{.name = "X", .types = TEXT}};
static const sdx_op_port y_text[] = {{.name = "Y", .types = TEXT}};
static const sdx_op_port y_bool[] = {{.name = "Y", .types = SDX_OP_TYPE(BOOL)}};
static const sdx_op_port sum_in[] = {
    {.name = "X", .var = "T", .types = FLOAT | INT},
    {.name = "B", .var = "T", .types = FLOAT | INT, .flags = SDX_OP_PORT_OPTIONAL},
    {.name = "more",
     .var = "T",
     .types = FLOAT | INT,
     .flags = SDX_OP_PORT_OPTIONAL | SDX_OP_PORT_VARIADIC}};
static const sdx_op_port sum_out[] = {{.name = "Y", .var = "T", .types = FLOAT | INT}};
static const sdx_op_port keep_out[] = {
    {.name = "kept", .var = "T", .types = FLOAT},
    {.name = "count", .types = INT, .flags = SDX_OP_PORT_OPTIONAL}};
static const sdx_op_port pad_in[] = {{.name = "X", .var = "T"}, {.name = "by", .types = INT}};
static const sdx_op_port table_in[] = {{.name = "X", .var = "T", .types = FLOAT},
                                       {.name = "values", .var = "T", .types = FLOAT}};
static const sdx_op_port broad_in[] = {{.name = "X", .var = "T", .types = FLOAT},
                                       {.name = "Z", .var = "T", .types = FLOAT}};
static const sdx_op_port makes_out[] = {
    {.name = "Y", .types = FLOAT | SDX_OP_TYPE(FLOAT64)},
    {.name = "Z", .types = TEXT | INT, .flags = SDX_OP_PORT_OPTIONAL}};

static const int64_t some_ints[] = {4, 5};
static const float some_floats[] = {0.5f};
static const char *const some_texts[] = {"a", "bc"};
static const sdx_op_attr all_attrs[] = {
    {.name = "i", .kind = SDX_OP_ATTR_INT, .i = 7},
    {.name = "f", .kind = SDX_OP_ATTR_FLOAT, .f = 1.5f},
    {.name = "s", .kind = SDX_OP_ATTR_STRING, .s = "text"},
    {.name = "ints", .kind = SDX_OP_ATTR_INTS, .ints = some_ints, .n = 2},
    {.name = "floats", .kind = SDX_OP_ATTR_FLOATS, .floats = some_floats, .n = 1},
    {.name = "strings", .kind = SDX_OP_ATTR_STRINGS, .strings = some_texts, .n = 2},
    {.name = "t", .kind = SDX_OP_ATTR_TENSOR}};
static const sdx_op_attr above[] = {{.name = "above", .kind = SDX_OP_ATTR_FLOAT}};
static const sdx_op_attr how[] = {
    {.name = "how", .kind = SDX_OP_ATTR_INT, .flags = SDX_OP_ATTR_REQUIRED}};

#define ROW(text, in, out) \
    .domain = "test", .name = (text), SDX_OP_LIST(inputs, in), SDX_OP_LIST(outputs, out)
static const sdx_op_row rows[] = {
    {ROW("Attrs", x_any, y_text), SDX_OP_LIST(attrs, all_attrs), .infer = attrs_infer,
     .run = attrs_run},
    {ROW("Sum", sum_in, sum_out), .flags = SDX_OP_FLAG_PURE | SDX_OP_FLAG_INPLACE, .run = sum_run},
    {ROW("Keep", x_float, keep_out), SDX_OP_LIST(attrs, above),
     .flags = SDX_OP_FLAG_PURE | SDX_OP_FLAG_DYNAMIC, .infer = keep_infer, .run = keep_run},
    {ROW("Twice", x_text, y_text), .run = twice_run},
    {ROW("Split", x_text, y_text), .flags = SDX_OP_FLAG_DYNAMIC, .run = split_run},
    {ROW("Pad", pad_in, y_any), .flags = SDX_OP_FLAG_PURE, .infer = pad_infer, .run = pad_run},
    {ROW("Dims", x_float, y_float), .flags = SDX_OP_FLAG_PURE, .infer = dims_infer,
     .run = zeros_run},
    {ROW("Broad", broad_in, y_float), .flags = SDX_OP_FLAG_PURE, .infer = broad_infer,
     .run = zeros_run},
    {ROW("Count", x_any, y_any), .run = count_run},
    {ROW("CountPure", x_any, y_any), .flags = SDX_OP_FLAG_PURE, .run = count_run},
    {ROW("Negate", x_float, y_float), .flags = SDX_OP_FLAG_PURE | SDX_OP_FLAG_INPLACE,
     .run = negate_run},
    {ROW("Table", table_in, y_float), .create = table_create, .destroy = table_destroy,
     .run = table_run},
    {ROW("Nibble", x_any, y_any), .run = nibble_run},
    {ROW("Truth", x_any, y_bool), .run = truth_run},
    {ROW("Wait", x_any, y_any), .run = wait_run},
    {ROW("Log", x_any, y_any), .since = 3, .run = log_run},
    {ROW("Fails", x_any, y_any), SDX_OP_LIST(attrs, how), .infer = fails_infer,
     .create = fails_create, .destroy = fails_destroy, .run = fails_run},
    {ROW("Bad", x_float, y_float), SDX_OP_LIST(attrs, how), .infer = bad_infer, .run = bad_run},
    {ROW("Makes", x_any, makes_out), SDX_OP_LIST(attrs, how), .flags = SDX_OP_FLAG_DYNAMIC,
     .run = makes_run},
};

const sdx_op_library custom_ops = SDX_OP_LIBRARY(rows);
