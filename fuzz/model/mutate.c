/* Mutations that keep a model a model: the bytes are decoded, fields are changed by what they mean
 * (a type becomes another type, an operator another operator, a name another name of the same
 * model), and all is encoded again, so that lengths are right. What cannot be decoded is left to
 * libFuzzer. */
#include <math.h>

#include "model/slot.h"
#include "model/trial.h"
#include "ops/op.h"
#include "wire/onnx_proto.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size); /* libFuzzer's own */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *first, size_t first_size, const uint8_t *second,
                                 size_t second_size, uint8_t *out, size_t max_size, unsigned seed);

enum { ARENA_LIMIT = 256 << 20, LONGEST_LIST = 64 };

typedef struct subject {
    fuzz_dice dice;
    sdx_heap heap;
    sdx_arena arena;
    sdx_pb_model model;
    fuzz_trial trial;
} subject;

/* ---- numbers and texts ----------------------------------------------------------------------- */

static int64_t odd_int(fuzz_dice *dice, int64_t old) {
    static const int64_t odd[] = {
        0,     1,      -1,        2,         3,         4,         5,         7,           8,   16,
        31,    32,     64,        -2,        -3,        -4,        -8,        127,         128, 255,
        65536, 100000, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, 1LL << 40, -(1LL << 33)};
    const uint64_t bits = (uint64_t)old;
    switch (fuzz_roll(dice, 8)) {
    case 0: return (int64_t)(bits + 1);
    case 1: return (int64_t)(bits - 1);
    case 2: return (int64_t)(0 - bits);
    case 3: return (int64_t)(bits * 2);
    case 4: return (int64_t)(bits ^ UINT64_C(1) << fuzz_roll(dice, 64));
    default: return odd[fuzz_roll(dice, fuzz_roll(dice, 3) == 0 ? sizeof odd / sizeof *odd : 10)];
    }
}

static double odd_float(fuzz_dice *dice, double old) {
    static const double odd[] = {0,     1,     -1,    0.5, 2,        -0.0,      1e-6, 1e30,
                                 -1e30, 1e-42, 0.999, 3.5, INFINITY, -INFINITY, NAN};
    const uint32_t side = fuzz_roll(dice, 24);
    return side < sizeof odd / sizeof *odd ? odd[side] : side < 20 ? old * 1.5 : -old;
}

/* Numbers of some fields have few meanings. */
static int64_t new_int(fuzz_dice *dice, const char *name, int64_t old) {
    if (strcmp(name, "data_type") == 0 || strcmp(name, "elem_type") == 0 ||
        strcmp(name, "key_type") == 0)
        return 1 + fuzz_roll(dice, 27);
    if (strcmp(name, "version") == 0) return 1 + fuzz_roll(dice, 29);
    if (strcmp(name, "i") == 0 && fuzz_roll(dice, 4) == 0) return fuzz_roll(dice, 27);
    if (strcmp(name, "fail_at") == 0) return fuzz_roll(dice, 4) == 0 ? 0 : 1 + fuzz_roll(dice, 300);
    if (strcmp(name, "dims") == 0 || strcmp(name, "dim_value") == 0)
        return fuzz_roll(dice, 8) == 0 ? odd_int(dice, old) : (int64_t)fuzz_roll(dice, 7);
    return odd_int(dice, old);
}

static void change_number(fuzz_dice *dice, const sdx_field_def *field, void *at) {
    switch (field->kind) {
    case SDX_FIELD_FLOAT: *(float *)at = (float)odd_float(dice, *(float *)at); break;
    case SDX_FIELD_DOUBLE: *(double *)at = odd_float(dice, *(double *)at); break;
    case SDX_FIELD_BOOL: *(bool *)at = !*(bool *)at; break;
    case SDX_FIELD_INT64:
    case SDX_FIELD_UINT64: *(int64_t *)at = new_int(dice, field->name, *(int64_t *)at); break;
    default: *(int32_t *)at = (int32_t)new_int(dice, field->name, *(int32_t *)at); break;
    }
}

static uint32_t is_name(const void *arg, const fuzz_slot *slot) {
    (void)arg;
    const sdx_field_def *const f = slot->field;
    if (slot->def == &sdx_pb_node_def) return f->number <= 2 ? 4 : 0;
    return slot->def == &sdx_pb_value_info_def && f->number == 1;
}

/* A name of a value of the model. */
static sdx_str some_name(subject *s) {
    fuzz_slot slot;
    if (fuzz_roll(&s->dice, 8) == 0) return (sdx_str){"", 0};
    if (!fuzz_pick(&s->dice, &sdx_pb_model_def, &s->model, is_name, NULL, &slot))
        return SDX_STR("x");
    if (slot.field->label == SDX_FIELD_ONE) return *(sdx_str *)fuzz_member(&slot);
    sdx_str *const list = *(sdx_str **)fuzz_member(&slot);
    return list[fuzz_roll(&s->dice, (uint32_t)*fuzz_count(&slot))];
}

/* What attributes of operators understand. */
static sdx_str some_word(fuzz_dice *dice) {
    static const char *const words[] = {"SAME_UPPER",
                                        "SAME_LOWER",
                                        "VALID",
                                        "NOTSET",
                                        "nearest",
                                        "linear",
                                        "cubic",
                                        "bilinear",
                                        "bicubic",
                                        "zeros",
                                        "border",
                                        "reflection",
                                        "reflect",
                                        "edge",
                                        "wrap",
                                        "constant",
                                        "none",
                                        "add",
                                        "mul",
                                        "max",
                                        "min",
                                        "sum",
                                        "mean",
                                        "forward",
                                        "reverse",
                                        "bidirectional",
                                        "Tanh",
                                        "Sigmoid",
                                        "Relu",
                                        "HardSigmoid",
                                        "LeakyRelu",
                                        "Affine",
                                        "Softsign",
                                        "ScaledTanh",
                                        "Elu",
                                        "SOFTMAX",
                                        "LOGISTIC",
                                        "SOFTMAX_ZERO",
                                        "PROBIT",
                                        "NONE",
                                        "BRANCH_LEQ",
                                        "BRANCH_LT",
                                        "BRANCH_GTE",
                                        "BRANCH_EQ",
                                        "BRANCH_NEQ",
                                        "LEAF",
                                        "SUM",
                                        "AVERAGE",
                                        "align_corners",
                                        "half_pixel",
                                        "asymmetric",
                                        "tf_crop_and_resize",
                                        "pytorch_half_pixel",
                                        "half_pixel_symmetric",
                                        "floor",
                                        "ceil",
                                        "round_prefer_ceil",
                                        "stretch",
                                        "not_larger",
                                        "not_smaller",
                                        "DCR",
                                        "CRD",
                                        "LEFT",
                                        "RIGHT",
                                        "tanh",
                                        "LINEAR",
                                        "POLY",
                                        "RBF",
                                        "SIGMOID",
                                        "ij,jk->ik",
                                        "bij,bjk",
                                        "ii->i",
                                        "...a,...a",
                                        "i,i->",
                                        "TF",
                                        "IDF",
                                        "TFIDF",
                                        "LOWER",
                                        "UPPER",
                                        "MAX",
                                        "L1",
                                        "L2",
                                        "DENSE",
                                        "[a-z]+",
                                        "(a|b)*",
                                        "\\d"};
    return sdx_str_from(words[fuzz_roll(dice, sizeof words / sizeof *words)]);
}

static sdx_str copied(subject *s, sdx_str text, size_t room) {
    void *bytes = NULL;
    sdx_status_free(sdx_arena_alloc(&s->arena, text.len + room + 1, 1, &bytes));
    if (bytes == NULL) return (sdx_str){"", 0};
    if (text.len > 0) memcpy(bytes, text.ptr, text.len);
    return (sdx_str){bytes, text.len};
}

static sdx_str stirred(subject *s, sdx_str text, size_t room) {
    const sdx_str copy = copied(s, text, room);
    return (sdx_str){copy.ptr,
                     LLVMFuzzerMutate((uint8_t *)(uintptr_t)copy.ptr, copy.len, copy.len + room)};
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static size_t n_operators(void) {
    size_t n = 0;
    while (sdx_op_at(n) != NULL) {
        n++;
    }
    return n;
}

static bool takes(const sdx_op *op, size_t n_inputs) {
    if (op->flags & SDX_OP_INTERNAL) return false;
    return n_inputs <= op->n_inputs ||
           (op->n_inputs > 0 && (op->inputs[op->n_inputs - 1].flags & SDX_PORT_VARIADIC));
}

static bool has_attribute(const sdx_op *op, sdx_str name) {
    for (size_t i = 0; i < op->n_attrs; i++) {
        if (sdx_str_is(name, op->attrs[i].name)) return true;
    }
    return false;
}

/* Another operator that takes as many inputs, as a rule without attributes that it does not know.
 */
static void change_operator(subject *s, sdx_pb_node *node) {
    const uint32_t n = (uint32_t)n_operators();
    const sdx_op *op = sdx_op_at(fuzz_roll(&s->dice, n));
    for (int tries = 0; tries < 8 && !takes(op, node->n_input); tries++) {
        op = sdx_op_at(fuzz_roll(&s->dice, n));
    }
    node->op_type = sdx_str_from(op->name);
    node->domain = sdx_str_from(op->domain);
    if (fuzz_roll(&s->dice, 4) == 0) return;
    sdx_pb_attribute *const list = (sdx_pb_attribute *)(uintptr_t)node->attribute;
    size_t kept = 0;
    for (size_t i = 0; i < node->n_attribute; i++) {
        if (has_attribute(op, list[i].name)) list[kept++] = list[i];
    }
    node->n_attribute = kept;
}

static int64_t *some_ints(subject *s, size_t *n) {
    int64_t *list = NULL;
    *n = fuzz_roll(&s->dice, 5);
    sdx_status_free(SDX_ARENA_NEW(&s->arena, *n + 1, &list));
    for (size_t i = 0; i < *n; i++) {
        list[i] = odd_int(&s->dice, (int64_t)i);
    }
    return list;
}

static void fill_attribute(subject *s, const sdx_attr_def *def, sdx_pb_attribute *a) {
    sdx_str *texts;
    float *reals;
    *a = (sdx_pb_attribute){.name = sdx_str_from(def->name), .has_type = true};
    switch (def->kind) {
    case SDX_ATTR_FLOAT:
        a->type = SDX_PB_ATTRIBUTE_FLOAT, a->has_f = true;
        a->f = (float)odd_float(&s->dice, def->f);
        break;
    case SDX_ATTR_STRING: a->type = SDX_PB_ATTRIBUTE_STRING, a->s = some_word(&s->dice); break;
    case SDX_ATTR_INTS: a->type = SDX_PB_ATTRIBUTE_INTS, a->ints = some_ints(s, &a->n_ints); break;
    case SDX_ATTR_STRINGS:
        a->type = SDX_PB_ATTRIBUTE_STRINGS, a->n_strings = fuzz_roll(&s->dice, 4);
        if (sdx_arena_alloc(&s->arena, 4, sizeof *texts, (void **)&texts) != NULL) return;
        for (size_t i = 0; i < a->n_strings; i++) {
            texts[i] = some_word(&s->dice);
        }
        a->strings = texts;
        break;
    case SDX_ATTR_FLOATS:
        a->type = SDX_PB_ATTRIBUTE_FLOATS, a->n_floats = fuzz_roll(&s->dice, 5);
        if (sdx_arena_alloc(&s->arena, 5, sizeof *reals, (void **)&reals) != NULL) return;
        for (size_t i = 0; i < a->n_floats; i++) {
            reals[i] = (float)odd_float(&s->dice, 1);
        }
        a->floats = reals;
        break;
    default:
        a->type = SDX_PB_ATTRIBUTE_INT, a->has_i = true;
        a->i = fuzz_roll(&s->dice, 2) ? odd_int(&s->dice, def->i) : fuzz_roll(&s->dice, 27);
        break;
    }
}

/* One attribute that the operator's row has gets a value. */
static void set_attribute(subject *s, sdx_pb_node *node) {
    const sdx_op *const op = sdx_op_find(node->domain, node->op_type);
    sdx_pb_attribute *list;
    if (op == NULL || op->n_attrs == 0) return;
    if (sdx_arena_alloc(&s->arena, node->n_attribute + 1, sizeof *list, (void **)&list) != NULL)
        return;
    if (node->n_attribute > 0) memcpy(list, node->attribute, node->n_attribute * sizeof *list);
    const sdx_attr_def *const def = &op->attrs[fuzz_roll(&s->dice, (uint32_t)op->n_attrs)];
    size_t at = 0;
    while (at < node->n_attribute && !sdx_str_is(list[at].name, def->name)) {
        at++;
    }
    fill_attribute(s, def, &list[at]);
    node->attribute = list;
    if (at == node->n_attribute) node->n_attribute++;
}

/* ---- one change ------------------------------------------------------------------------------ */

static uint32_t weight_of(const void *arg, const fuzz_slot *slot) {
    (void)arg;
    const char *const name = slot->field->name;
    static const struct {
        const char *name;
        uint32_t weight;
    } weights[] = {{"doc_string", 0},
                   {"metadata_props", 0},
                   {"device_configurations", 0},
                   {"configuration", 0},
                   {"quantization_annotation", 0},
                   {"producer_name", 0},
                   {"producer_version", 0},
                   {"key", 0},
                   {"op_type", 10},
                   {"attribute", 10},
                   {"i", 8},
                   {"ints", 8},
                   {"f", 4},
                   {"s", 4},
                   {"strings", 4},
                   {"floats", 4},
                   {"dims", 6},
                   {"dim_value", 6},
                   {"data_type", 4},
                   {"elem_type", 6},
                   {"raw_data", 8},
                   {"input", 6},
                   {"int64_data", 8},
                   {"int32_data", 8},
                   {"float_data", 4},
                   {"version", 8},
                   {"elements", 10},
                   {"sizes", 10},
                   {"fail_at", 10},
                   {"choices", 10}};
    for (size_t i = 0; i < sizeof weights / sizeof *weights; i++) {
        if (strcmp(name, weights[i].name) == 0) return weights[i].weight;
    }
    return 2;
}

static void change_bytes(subject *s, const fuzz_slot *slot, sdx_str *text);

/* Numbers and text of a list; and a list may lose, repeat or swap elements. */
static void change_list(subject *s, const fuzz_slot *slot) {
    const size_t size = fuzz_element_size(slot->field), n = *fuzz_count(slot);
    const size_t at = fuzz_roll(&s->dice, (uint32_t)n), other = fuzz_roll(&s->dice, (uint32_t)n);
    char *list;
    if (sdx_arena_alloc(&s->arena, n + 1, size, (void **)&list) != NULL) return;
    memcpy(list, *(char **)fuzz_member(slot), n * size);
    memcpy(fuzz_member(slot), &list, sizeof list);
    const uint32_t what = fuzz_roll(&s->dice, 8);
    if (what == 0) {
        memmove(list + at * size, list + (at + 1) * size, (n - at - 1) * size);
        *fuzz_count(slot) = n - 1;
    } else if (what == 1 && n < LONGEST_LIST) {
        memmove(list + (at + 1) * size, list + at * size, (n - at) * size);
        *fuzz_count(slot) = n + 1;
    } else if (what == 2 || slot->field->kind == SDX_FIELD_MESSAGE) {
        char *const swap = list + n * size;
        memcpy(swap, list + at * size, size);
        memcpy(list + at * size, list + other * size, size);
        memcpy(list + other * size, swap, size);
    } else if (slot->field->kind == SDX_FIELD_STRING || slot->field->kind == SDX_FIELD_BYTES) {
        change_bytes(s, slot, (sdx_str *)(void *)(list + at * size));
    } else {
        change_number(&s->dice, slot->field, list + at * size);
    }
}

/* Elements that stay in the file: the list is bytes. */
static void change_view(subject *s, const fuzz_slot *slot) {
    sdx_wire_view *const view = fuzz_member(slot);
    const size_t size = fuzz_element_size(slot->field);
    const sdx_str copy = copied(s, (sdx_str){(const char *)view->ptr, view->n * size}, 0);
    if (copy.len == 0) return;
    char *const at = (char *)(uintptr_t)copy.ptr + fuzz_roll(&s->dice, (uint32_t)view->n) * size;
    view->ptr = (const uint8_t *)copy.ptr;
    const float real = (float)odd_float(&s->dice, 1);
    const double wide = odd_float(&s->dice, 1);
    memcpy(at, size == 4 ? (const void *)&real : (const void *)&wide, size);
}

static bool one_change(subject *s, const sdx_message_def *def, void *message);

/* An input: a tensor changed as such, as a rule. */
static void change_input(subject *s, sdx_str *text) {
    sdx_pb_tensor tensor;
    sdx_buf buf;
    sdx_status status =
        sdx_wire_decode(&sdx_pb_tensor_def, text->ptr, text->len, &s->arena, &tensor);
    if (status != NULL || fuzz_roll(&s->dice, 4) == 0) {
        *text = stirred(s, *text, 8);
        sdx_status_free(status);
        return;
    }
    one_change(s, &sdx_pb_tensor_def, &tensor);
    sdx_buf_init(&buf, &s->heap, SIZE_MAX);
    status = sdx_wire_encode(&sdx_pb_tensor_def, &tensor, &buf);
    if (status == NULL) *text = copied(s, (sdx_str){buf.ptr, buf.size}, 0);
    sdx_status_free(status);
    sdx_buf_deinit(&buf);
}

static void change_bytes(subject *s, const fuzz_slot *slot, sdx_str *text) {
    const char *const name = slot->field->name;
    if (slot->def == &fuzz_trial_def)
        change_input(s, text);
    else if (slot->def == &sdx_pb_node_def && slot->field->number <= 2)
        *text = some_name(s);
    else if (slot->def == &sdx_pb_attribute_def && strcmp(name, "name") != 0 &&
             fuzz_roll(&s->dice, 2))
        *text = some_word(&s->dice);
    else if (strcmp(name, "raw_data") == 0 && fuzz_roll(&s->dice, 8) != 0 && text->len > 0) {
        *text = copied(s, *text, 0);
        uint8_t *const at =
            (uint8_t *)(uintptr_t)text->ptr + fuzz_roll(&s->dice, (uint32_t)text->len);
        *at = (uint8_t)odd_int(&s->dice, *at);
    } else
        *text = stirred(s, *text, 8);
}

static bool one_change(subject *s, const sdx_message_def *def, void *message) {
    fuzz_slot slot;
    if (!fuzz_pick(&s->dice, def, message, weight_of, NULL, &slot)) return false;
    sdx_pb_node *const node =
        slot.def == &sdx_pb_node_def ? (sdx_pb_node *)(void *)slot.message : NULL;
    void *const member = fuzz_member(&slot);
    if (node != NULL && strcmp(slot.field->name, "op_type") == 0)
        fuzz_roll(&s->dice, 2) ? change_operator(s, node) : set_attribute(s, node);
    else if (slot.field->label == SDX_FIELD_MANY_VIEW)
        change_view(s, &slot);
    else if (slot.field->label != SDX_FIELD_ONE)
        change_list(s, &slot);
    else if (slot.field->kind == SDX_FIELD_STRING || slot.field->kind == SDX_FIELD_BYTES)
        change_bytes(s, &slot, member);
    else if (slot.field->kind != SDX_FIELD_MESSAGE)
        change_number(&s->dice, slot.field, member);
    else if (fuzz_roll(&s->dice, 8) == 0)
        memset(member, 0, sizeof(void *));
    return true;
}

/* The trial always has its numbers, so that they can be chosen. */
static void change_trial(subject *s) {
    fuzz_trial *const t = &s->trial;
    t->has_elements = t->has_sizes = t->has_fail_at = t->has_choices = t->has_fail_after = true;
    if (fuzz_roll(&s->dice, 2)) t->choices ^= UINT32_C(1) << fuzz_roll(&s->dice, 9);
    one_change(s, &fuzz_trial_def, t);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static bool open_subject(subject *s, const uint8_t *data, size_t size, unsigned seed) {
    s->dice.state = seed;
    fuzz_roll(&s->dice, 0);
    sdx_heap_init(&s->heap, NULL, ARENA_LIMIT, "mutation");
    sdx_arena_init(&s->arena, &s->heap);
    sdx_status status = sdx_wire_decode(&sdx_pb_model_def, data, size, &s->arena, &s->model);
    if (status == NULL) status = sdx_wire_decode(&fuzz_trial_def, data, size, &s->arena, &s->trial);
    const bool done = status == NULL;
    sdx_status_free(status);
    return done;
}

/* Returns 0 where it does not fit. */
static size_t write_subject(subject *s, uint8_t *data, size_t max_size) {
    sdx_buf buf;
    size_t size = 0;
    sdx_buf_init(&buf, &s->heap, max_size);
    sdx_status status = sdx_wire_encode(&sdx_pb_model_def, &s->model, &buf);
    if (status == NULL) status = sdx_wire_encode(&fuzz_trial_def, &s->trial, &buf);
    if (status == NULL && buf.size > 0) memcpy(data, buf.ptr, size = buf.size);
    sdx_status_free(status);
    sdx_buf_deinit(&buf);
    return size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
    subject s;
    size_t written = 0;
    if (open_subject(&s, data, size, seed) && fuzz_roll(&s.dice, 16) != 0) {
        for (uint32_t n = 1 + fuzz_roll(&s.dice, 3); n > 0; n--) {
            if (fuzz_roll(&s.dice, 6) == 0)
                change_trial(&s);
            else
                one_change(&s, &sdx_pb_model_def, &s.model);
        }
        written = write_subject(&s, data, max_size);
    }
    sdx_arena_deinit(&s.arena);
    return written > 0 ? written : LLVMFuzzerMutate(data, size, max_size);
}

static uint32_t is_message(const void *arg, const fuzz_slot *slot) {
    return slot->field->kind == SDX_FIELD_MESSAGE && (arg == NULL || slot->field->message == arg);
}

static char *some_element(fuzz_dice *dice, const fuzz_slot *slot) {
    char *first;
    memcpy(&first, fuzz_member(slot), sizeof first);
    if (slot->field->label == SDX_FIELD_ONE) return first;
    return first + fuzz_roll(dice, (uint32_t)*fuzz_count(slot)) * slot->field->message->size;
}

/* A node, tensor, attribute, ... of the first takes the content of one of the second. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *first, size_t first_size, const uint8_t *second,
                                 size_t second_size, uint8_t *out, size_t max_size, unsigned seed) {
    subject a, b;
    fuzz_slot to, from;
    size_t written = 0;
    const bool one = open_subject(&a, first, first_size, seed);
    const bool both = open_subject(&b, second, second_size, seed) && one;
    if (both && fuzz_pick(&a.dice, &sdx_pb_model_def, &a.model, is_message, NULL, &to) &&
        fuzz_pick(&a.dice, &sdx_pb_model_def, &b.model, is_message, to.field->message, &from)) {
        memcpy(some_element(&a.dice, &to), some_element(&a.dice, &from), to.field->message->size);
        written = write_subject(&a, out, max_size);
    }
    sdx_arena_deinit(&a.arena);
    sdx_arena_deinit(&b.arena);
    return written;
}
