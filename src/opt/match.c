/* Matching reads the text of the pattern along the graph, from the root towards the inputs. Where
 * operands may be swapped it takes one order and, should the rest not fit, comes back for the other
 * one. */
#include "opt/match.h"

#include <math.h>
#include <string.h>

bool sdx_is_op(const sdx_node *node, const char *name) {
    return node->op != NULL && node->rev == 0 && node->op->domain[0] == 0 &&
           strcmp(node->op->name, name) == 0;
}

bool sdx_constant_number(const sdx_gvalue *value, double *out) {
    if (value == NULL || value->constant == NULL || value->is_input) return false;
    const sdx_view *const view = value->constant;
    if (view->len != 1 || view->rank > 1 || !sdx_types_have(SDX_T_NUMERIC, view->dtype))
        return false;
    *out = sdx_view_double(view, 0);
    return true;
}

/* One attempt: the orders taken so far decide which operand of Add and Mul comes first. */
typedef struct attempt {
    sdx_match *match;
    const char *at;   /* in the text */
    uint32_t swapped; /* by choice: whether its operands are swapped */
    unsigned n_choices;
} attempt;

enum { MAX_CHOICES = 32 };

static bool match_value(attempt *a, sdx_gvalue *value);

static void skip_blanks(attempt *a) {
    while (*a->at == ' ')
        a->at++;
}

/* The text behind the pattern that begins at `text`. */
static const char *behind(const char *text) {
    for (int depth = 0; *text != 0; text++) {
        if (depth == 0 && (*text == ',' || *text == ')')) return text;
        depth += *text == '(' ? 1 : *text == ')' ? -1 : 0;
    }
    return text;
}

/* Both sides are rounded to the type of the constant; numbers that are not powers of two may be off
 * by a few of its units. */
static bool match_number(attempt *a, const sdx_gvalue *value) {
    double expected = 0, found;
    double unit = 1;
    for (bool fraction = false; (*a->at >= '0' && *a->at <= '9') || *a->at == '.'; a->at++) {
        if (*a->at == '.') {
            fraction = true;
            continue;
        }
        expected = expected * 10 + (*a->at - '0');
        unit *= fraction ? 10 : 1;
    }
    expected /= unit;
    if (!sdx_constant_number(value, &found)) return false;
    const sdx_dtype dtype = value->constant->dtype;
    const double ulp = dtype == SDX_BFLOAT16 ? 0x1p-7 : dtype == SDX_FLOAT16 ? 0x1p-10 : 0x1p-22;
    return fabs(found - expected) <= ulp * expected;
}

static bool match_letter(attempt *a, sdx_gvalue *value) {
    sdx_gvalue **const place = &a->match->values[*a->at++ - 'a'];
    if (value == NULL || (*place != NULL && *place != value)) return false;
    *place = value;
    return true;
}

static bool match_operand(attempt *a, const sdx_node *node, size_t index) {
    skip_blanks(a);
    if (*a->at == '?') {
        a->at++;
        return true;
    }
    return match_value(a, index < node->n_inputs ? node->inputs[index] : NULL);
}

static bool match_swapped(attempt *a, const sdx_node *node) {
    const char *const first = a->at, *const second = behind(first) + 1;
    a->at = second;
    if (!match_operand(a, node, 0)) return false;
    const char *const end = a->at;
    a->at = first;
    if (!match_operand(a, node, 1)) return false;
    a->at = end;
    return true;
}

static bool match_operands(attempt *a, const sdx_node *node) {
    size_t n = 0;
    const bool swappable = sdx_is_op(node, "Add") || sdx_is_op(node, "Mul");
    if (swappable && a->n_choices < MAX_CHOICES && (a->swapped >> a->n_choices++ & 1) != 0) {
        if (!match_swapped(a, node)) return false;
        n = 2;
    } else {
        for (;; a->at++) {
            if (!match_operand(a, node, n++)) return false;
            skip_blanks(a);
            if (*a->at != ',') break;
        }
    }
    a->at++; /* the bracket */
    for (; n < node->n_inputs; n++) {
        if (node->inputs[n] != NULL) return false;
    }
    return true;
}

static bool match_node(attempt *a, sdx_node *node) {
    const char *const name = a->at, *const bracket = strchr(name, '(');
    const size_t len = (size_t)(bracket - name);
    if (node == NULL || node->op == NULL || node->rev != 0 || node->op->domain[0] != 0 ||
        strlen(node->op->name) != len || memcmp(node->op->name, name, len) != 0 ||
        a->match->n_nodes == SDX_MATCH_NODES)
        return false;
    a->match->nodes[a->match->n_nodes++] = node;
    a->at = bracket + 1;
    return match_operands(a, node);
}

static bool match_value(attempt *a, sdx_gvalue *value) {
    if (*a->at >= 'a' && *a->at <= 'z') return match_letter(a, value);
    if (*a->at < 'A' || *a->at > 'Z') return match_number(a, value);
    return value != NULL && value->constant == NULL && value->output == 0 &&
           match_node(a, value->producer);
}

static bool is_matched(const sdx_match *match, const sdx_node *node) {
    for (size_t i = 0; i < match->n_nodes; i++) {
        if (match->nodes[i] == node) return true;
    }
    return false;
}

/* Nobody else needs what is computed below the root, and it is all in one graph. */
static bool is_private(const sdx_match *match) {
    const sdx_node *const root = match->nodes[0];
    for (size_t i = 1; i < match->n_nodes; i++) {
        const sdx_node *const node = match->nodes[i];
        if (node == root || node->graph != root->graph) return false;
        for (size_t k = 0; k < node->n_outputs; k++) {
            const sdx_gvalue *const value = node->outputs[k];
            if (value == NULL) continue;
            if (value->is_output) return false;
            for (size_t u = 0; u < value->n_users; u++) {
                if (!is_matched(match, value->users[u])) return false;
            }
        }
    }
    return true;
}

/* The next set of orders: the last choice that stood unswapped is swapped, those behind it begin
 * anew. */
static bool next_orders(attempt *a) {
    for (unsigned i = a->n_choices; i-- > 0;) {
        if ((a->swapped >> i & 1) == 0) {
            a->swapped = (a->swapped & ((UINT32_C(1) << i) - 1)) | UINT32_C(1) << i;
            return true;
        }
    }
    return false;
}

bool sdx_match_root(const char *pattern, sdx_node *root, sdx_match *match) {
    attempt a = {.match = match};
    do {
        *match = (sdx_match){.n_nodes = 0};
        a.at = pattern;
        a.n_choices = 0;
        if (match_node(&a, root) && is_private(match)) return true;
    } while (next_orders(&a));
    return false;
}

bool sdx_match_maps(const sdx_match *match, char letter, uint64_t types) {
    const sdx_gvalue *const x = sdx_match_value(match, letter), *const y =
                                                                    match->nodes[0]->outputs[0];
    return x->type != NULL && y->type != NULL && x->type->kind == SDX_TENSOR &&
           sdx_type_eq(x->type, y->type) && sdx_types_have(types, x->type->dtype) &&
           sdx_gvalue_same_shape(x, y);
}

/* ---- replacing */

static bool is_used(const sdx_node *node) {
    for (size_t k = 0; k < node->n_outputs; k++) {
        if (node->outputs[k] != NULL && node->outputs[k]->n_users != 0) return true;
    }
    return false;
}

/* A node that two places of the text stand for is there twice. */
static bool is_named_before(const sdx_match *match, size_t index) {
    for (size_t i = 0; i < index; i++) {
        if (match->nodes[i] == match->nodes[index]) return true;
    }
    return false;
}

/* Users go before what they use: the text names them in that order, but for values that it names
 * twice. */
static void remove_matched(const sdx_match *match, sdx_rewrite *r) {
    sdx_node_remove(match->nodes[0]);
    for (bool removed = true; removed;) {
        removed = false;
        for (size_t i = 1; i < match->n_nodes; i++) {
            sdx_node *const node = match->nodes[i];
            if (node->n_inputs == 0 || is_used(node))
                continue; /* a removed node has no inputs any more */
            sdx_node_remove(node);
            removed = true;
        }
    }
    r->n_applied++;
}

sdx_status sdx_match_replace(sdx_rewrite *r, const sdx_match *match, const char *domain,
                             const char *op, sdx_gvalue *const *inputs, size_t n_inputs,
                             sdx_node **out) {
    sdx_node *const root = match->nodes[0];
    const sdx_op *const found = sdx_op_find(sdx_str_from(domain), sdx_str_from(op));
    if (found == NULL)
        return sdx_fail(SDX_INTERNAL, "a rule makes '%s', which this build lacks", op);
    SDX_TRY(sdx_node_create(root->graph, root, sdx_str_from(found->domain),
                            sdx_str_from(found->name), root->name, inputs, n_inputs, root->outputs,
                            1, out));
    (*out)->op = found;
    (*out)->version = found->newest;
    (*out)->origin = (sdx_str){NULL, 0};
    for (size_t i = match->n_nodes; i-- > 0;) {
        if (is_named_before(match, i)) continue;
        SDX_TRY(sdx_node_add_origin(*out, match->nodes[i]));
        SDX_TRY(sdx_rewrite_note(r, match->nodes[i], *out, NULL));
    }
    remove_matched(match, r);
    return NULL;
}

/* What is matched stands before its root, so that the node behind the root stays. */
static sdx_status match_spelling(sdx_rewrite *r, sdx_graph *graph, const sdx_spelling *spelling) {
    sdx_match match;
    for (sdx_node *node = graph->first, *next; node != NULL; node = next) {
        next = node->next;
        if (node->op == NULL || node->op->name[0] != spelling->pattern[0]) continue;
        if (sdx_match_root(spelling->pattern, node, &match))
            SDX_TRY(spelling->make(r, &match, spelling->detail));
    }
    return NULL;
}

sdx_status sdx_match_spellings(sdx_rewrite *r, sdx_graph *graph, const sdx_spelling *spellings,
                               size_t n) {
    for (size_t i = 0; i < n; i++) {
        SDX_TRY(match_spelling(r, graph, &spellings[i]));
    }
    return NULL;
}
