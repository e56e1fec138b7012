/* Dimensions as polynomials with integer coefficients over atoms.
 *
 * An atom is a symbol, a floor division, a minimum or a maximum. A sum keeps its terms in
 * lexicographic order of their atoms (older atoms first, the constant last): that is the normal
 * form that makes equal expressions equal words, and a monomial order, so that long division of one
 * sum by another is exact. Whatever grows beyond the bounds below becomes a symbol of its own. */
#include "graph/dim.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"

enum {
    MAX_TERMS = 8,       /* of a sum */
    MAX_FACTORS = 4,     /* atoms of a term */
    MAX_DEPTH = 8,       /* atoms within atoms */
    MAX_EXPRS = 1 << 20, /* in a table; beyond: unknown */
    TERM_WORDS = 2 + MAX_FACTORS
};

typedef enum kind { NAME, FRESH, DIV, MIN, MAX, SUM } kind;

/* Keys are words, so that they can be hashed as bytes: kind, then two operands or the terms. */
typedef struct expr {
    int64_t index;
    kind kind;
    int depth;
    bool nonneg; /* can never be negative */
    sdx_str name;
    sdx_dim a, b; /* DIV, MIN, MAX */
    const int64_t
        *terms; /* SUM: n_terms of TERM_WORDS words: coefficient, number of atoms, atoms */
    size_t n_terms;
} expr;

struct sdx_dims {
    sdx_arena *arena;
    sdx_map names, exprs; /* name, key -> expr */
    expr **all;           /* by index; owned, capacity `cap` */
    size_t n, cap;
};

typedef struct term {
    int64_t coef, n;
    sdx_dim atoms[MAX_FACTORS];
} term;

typedef struct poly {
    size_t n;
    term terms[MAX_TERMS];
} poly;

sdx_status sdx_dims_create(sdx_arena *arena, sdx_dims **out) {
    sdx_dims *dims;
    SDX_TRY(SDX_ARENA_NEW(arena, 1, &dims));
    dims->arena = arena;
    sdx_map_init(&dims->names, arena->heap);
    sdx_map_init(&dims->exprs, arena->heap);
    *out = dims;
    return NULL;
}

size_t sdx_dims_held(const sdx_dims *dims) {
    return sdx_map_held(&dims->names) + sdx_map_held(&dims->exprs) + dims->cap * sizeof *dims->all;
}

void sdx_dims_destroy(sdx_dims *dims) {
    if (!dims) return;
    sdx_map_deinit(&dims->names);
    sdx_map_deinit(&dims->exprs);
    sdx_heap_free(dims->arena->heap, dims->all, dims->cap * sizeof *dims->all);
    dims->all = NULL;
    dims->n = dims->cap = 0;
}

/* ---- the table */

static sdx_dim word_of(const expr *e) { return SDX_DIM_MIN - 1 - e->index; }

static const expr *expr_of(const sdx_dims *dims, sdx_dim d) {
    const int64_t index = SDX_DIM_MIN - 1 - d;
    assert(dims && index >= 0 && (size_t)index < dims->n);
    return dims->all[index];
}

bool sdx_dim_valid(const sdx_dims *dims, sdx_dim d) {
    if (sdx_dim_is_number(d)) return d <= SDX_DIM_MAX;
    return d == SDX_DIM_UNKNOWN || (dims && (size_t)(SDX_DIM_MIN - 1 - d) < dims->n);
}

static sdx_status grow(sdx_dims *dims) {
    if (dims->n < dims->cap) return NULL;
    if (dims->n >= MAX_EXPRS) return sdx_fail(SDX_LIMIT, "more than %d dimensions", MAX_EXPRS);
    const size_t cap = dims->cap ? 2 * dims->cap : 64;
    void *all = dims->all;
    SDX_TRY(sdx_heap_realloc(dims->arena->heap, &all, dims->cap * sizeof *dims->all,
                             cap * sizeof *dims->all));
    dims->all = all;
    dims->cap = cap;
    return NULL;
}

static sdx_status insert(sdx_dims *dims, const expr *like, sdx_map *map, sdx_str key, expr **out) {
    SDX_TRY(grow(dims));
    void *copy;
    SDX_TRY(sdx_arena_copy(dims->arena, like, sizeof *like, &copy));
    expr *e = copy;
    e->index = (int64_t)dims->n;
    if (map) {
        SDX_TRY(sdx_arena_str(dims->arena, key, &key));
        if (e->kind == NAME) e->name = key;
        if (e->kind == SUM) e->terms = (const int64_t *)(const void *)key.ptr + 1;
        SDX_TRY(sdx_map_put(map, key, e));
    }
    dims->all[dims->n++] = e;
    *out = e;
    return NULL;
}

/* The word of `like`, found in or added to `map` under `key`; unknown without memory. */
static sdx_dim intern(sdx_dims *dims, const expr *like, sdx_map *map, sdx_str key) {
    expr *e = map ? sdx_map_get(map, key) : NULL;
    if (e) return word_of(e);
    const sdx_status status = insert(dims, like, map, key, &e);
    if (!status) return word_of(e);
    sdx_status_free(status);
    return SDX_DIM_UNKNOWN;
}

sdx_dim sdx_dim_symbol(sdx_dims *dims, sdx_str name) {
    if (!dims) return SDX_DIM_UNKNOWN;
    const expr like = {.kind = NAME, .nonneg = true};
    return intern(dims, &like, &dims->names, name);
}

static sdx_dim fresh(sdx_dims *dims, bool nonneg) {
    if (!dims) return SDX_DIM_UNKNOWN;
    const expr like = {.kind = FRESH, .nonneg = nonneg};
    return intern(dims, &like, NULL, (sdx_str){NULL, 0});
}

sdx_dim sdx_dim_fresh(sdx_dims *dims) { return fresh(dims, true); }

static int depth(const sdx_dims *dims, sdx_dim d) {
    return sdx_dim_is_number(d) ? 0 : expr_of(dims, d)->depth;
}

static bool nonneg(const sdx_dims *dims, sdx_dim d) {
    return sdx_dim_is_number(d) ? d >= 0 : d != SDX_DIM_UNKNOWN && expr_of(dims, d)->nonneg;
}

static sdx_dim atom(sdx_dims *dims, kind k, sdx_dim a, sdx_dim b) {
    const int da = depth(dims, a), db = depth(dims, b);
    const bool na = nonneg(dims, a), nb = nonneg(dims, b);
    const expr like = {.kind = k,
                       .depth = 1 + (da > db ? da : db),
                       .nonneg = k == MAX ? na || nb : na && nb,
                       .a = a,
                       .b = b};
    if (like.depth > MAX_DEPTH) return fresh(dims, like.nonneg);
    const int64_t key[3] = {(int64_t)k, a, b};
    return intern(dims, &like, &dims->exprs, (sdx_str){(const char *)key, sizeof key});
}

/* ---- polynomials */

/* Before 0, after 0: the order of terms; 0: the same atoms. Older atoms have greater words. */
static int term_cmp(const term *a, const term *b) {
    for (int64_t i = 0; i < a->n && i < b->n; i++)
        if (a->atoms[i] != b->atoms[i]) return a->atoms[i] > b->atoms[i] ? -1 : 1;
    return a->n > b->n ? -1 : a->n < b->n;
}

static bool poly_add_term(poly *p, const term *t) {
    if (t->coef == 0) return true;
    size_t i = 0;
    while (i < p->n && term_cmp(&p->terms[i], t) < 0)
        i++;
    if (i < p->n && term_cmp(&p->terms[i], t) == 0) {
        if (!sdx_add_i64(p->terms[i].coef, t->coef, &p->terms[i].coef)) return false;
        if (p->terms[i].coef != 0) return true;
        memmove(&p->terms[i], &p->terms[i + 1], (--p->n - i) * sizeof *t);
        return true;
    }
    if (p->n == MAX_TERMS) return false;
    memmove(&p->terms[i + 1], &p->terms[i], (p->n++ - i) * sizeof *t);
    p->terms[i] = *t;
    return true;
}

static bool term_mul(const term *a, const term *b, term *out) {
    term t = {.n = a->n + b->n};
    if (t.n > MAX_FACTORS || !sdx_mul_i64(a->coef, b->coef, &t.coef)) return false;
    for (int64_t i = 0, j = 0; i + j < t.n;) {
        const bool from_a = j == b->n || (i < a->n && a->atoms[i] > b->atoms[j]);
        const int64_t at = i + j;
        t.atoms[at] = from_a ? a->atoms[i++] : b->atoms[j++];
    }
    *out = t;
    return true;
}

/* p += q * t */
static bool poly_add_product(poly *p, const poly *q, const term *t) {
    for (size_t i = 0; i < q->n; i++) {
        term product;
        if (!term_mul(&q->terms[i], t, &product) || !poly_add_term(p, &product)) return false;
    }
    return true;
}

/* a / b where that leaves no rest: of coefficients and of atoms. */
static bool term_div(const term *a, const term *b, term *out) {
    if (b->coef == -1 ? a->coef == INT64_MIN : a->coef % b->coef != 0) return false;
    term t = {.coef = a->coef / b->coef};
    int64_t j = 0;
    for (int64_t i = 0; i < a->n; i++) {
        if (j < b->n && a->atoms[i] == b->atoms[j])
            j++;
        else
            t.atoms[t.n++] = a->atoms[i];
    }
    *out = t;
    return j == b->n;
}

static void poly_load(const sdx_dims *dims, sdx_dim d, poly *p) {
    *p = (poly){.n = 0};
    if (sdx_dim_is_number(d)) {
        if (d != 0) p->terms[p->n++] = (term){.coef = d};
        return;
    }
    const expr *e = expr_of(dims, d);
    if (e->kind != SUM) {
        p->terms[p->n++] = (term){.coef = 1, .n = 1, .atoms = {d}};
        return;
    }
    for (; p->n < e->n_terms; p->n++) {
        const int64_t *words = e->terms + p->n * TERM_WORDS;
        term *t = &p->terms[p->n];
        t->coef = words[0];
        t->n = words[1];
        memcpy(t->atoms, words + 2, sizeof t->atoms);
    }
}

static sdx_dim poly_store(sdx_dims *dims, const poly *p) {
    if (p->n == 0) return 0;
    if (p->n == 1 && p->terms[0].n == 0) return sdx_dim_number(p->terms[0].coef);
    if (p->n == 1 && p->terms[0].n == 1 && p->terms[0].coef == 1) return p->terms[0].atoms[0];
    int64_t key[1 + MAX_TERMS * TERM_WORDS] = {SUM};
    expr like = {.kind = SUM, .n_terms = p->n, .nonneg = true};
    for (size_t i = 0; i < p->n; i++) {
        const term *t = &p->terms[i];
        int64_t *words = key + 1 + i * TERM_WORDS;
        words[0] = t->coef;
        words[1] = t->n;
        memcpy(words + 2, t->atoms, sizeof t->atoms);
        like.nonneg = like.nonneg && t->coef > 0;
        for (int64_t j = 0; j < t->n; j++) {
            const expr *e = expr_of(dims, t->atoms[j]);
            like.nonneg = like.nonneg && e->nonneg;
            if (like.depth < e->depth) like.depth = e->depth;
        }
    }
    const size_t size = (1 + p->n * TERM_WORDS) * sizeof *key;
    return intern(dims, &like, &dims->exprs, (sdx_str){(const char *)key, size});
}

/* ---- arithmetic */

static int64_t floor_div(int64_t a, int64_t b) {
    const int64_t q = a / b;
    return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}

static bool unknown(const sdx_dims *dims, sdx_dim a, sdx_dim b) {
    if (a == SDX_DIM_UNKNOWN || b == SDX_DIM_UNKNOWN) return true;
    return !dims && (!sdx_dim_is_number(a) || !sdx_dim_is_number(b));
}

static bool numbers(sdx_dim a, sdx_dim b) { return sdx_dim_is_number(a) && sdx_dim_is_number(b); }

/* a + sign * b */
static sdx_dim combine(sdx_dims *dims, sdx_dim a, sdx_dim b, int64_t sign) {
    if (unknown(dims, a, b)) return SDX_DIM_UNKNOWN;
    if (numbers(a, b)) {
        int64_t sum;
        const bool fits = sign > 0 ? sdx_add_i64(a, b, &sum) : sdx_sub_i64(a, b, &sum);
        return fits ? sdx_dim_number(sum) : a > 0 ? SDX_DIM_MAX : SDX_DIM_MIN;
    }
    poly p, q;
    poly_load(dims, a, &p);
    poly_load(dims, b, &q);
    const term factor = {.coef = sign};
    return poly_add_product(&p, &q, &factor) ? poly_store(dims, &p) : fresh(dims, false);
}

sdx_dim sdx_dim_add(sdx_dims *dims, sdx_dim a, sdx_dim b) { return combine(dims, a, b, 1); }
sdx_dim sdx_dim_sub(sdx_dims *dims, sdx_dim a, sdx_dim b) { return combine(dims, a, b, -1); }

sdx_dim sdx_dim_mul(sdx_dims *dims, sdx_dim a, sdx_dim b) {
    if (a == 0 || b == 0) return 0;
    if (unknown(dims, a, b)) return SDX_DIM_UNKNOWN;
    if (numbers(a, b)) {
        int64_t product;
        if (sdx_mul_i64(a, b, &product)) return sdx_dim_number(product);
        return (a < 0) == (b < 0) ? SDX_DIM_MAX : SDX_DIM_MIN;
    }
    poly p, q, product = {.n = 0};
    poly_load(dims, a, &p);
    poly_load(dims, b, &q);
    for (size_t i = 0; i < q.n; i++)
        if (!poly_add_product(&product, &p, &q.terms[i]))
            return fresh(dims, nonneg(dims, a) && nonneg(dims, b));
    return poly_store(dims, &product);
}

/* p / q where that is exact: long division by the leading terms. */
static bool divide_exactly(const poly *p, const poly *q, poly *out) {
    poly rest = *p, quotient = {.n = 0};
    for (int rounds = 0; rest.n > 0; rounds++) {
        term t;
        if (rounds == MAX_TERMS || !term_div(&rest.terms[0], &q->terms[0], &t)) return false;
        if (t.coef == INT64_MIN || !poly_add_term(&quotient, &t)) return false;
        t.coef = -t.coef;
        if (!poly_add_product(&rest, q, &t)) return false;
    }
    *out = quotient;
    return true;
}

/* Takes the terms of p that are multiples of the single term `by` over to `quotient`, divided:
 * floor((by * x + rest) / by) = x + floor(rest / by). */
static bool divide_terms(poly *p, const term *by, poly *quotient) {
    poly rest = {.n = 0};
    *quotient = (poly){.n = 0};
    for (size_t i = 0; i < p->n; i++) {
        term t = p->terms[i], part;
        if (t.n == 0 && by->n == 0 && by->coef > 0) {
            part = (term){.coef = floor_div(t.coef, by->coef)};
            t.coef = (t.coef % by->coef + by->coef) % by->coef;
            if (!poly_add_term(quotient, &part)) return false;
            if (!poly_add_term(&rest, &t)) return false;
        } else if (!poly_add_term(term_div(&t, by, &part) ? quotient : &rest,
                                  term_div(&t, by, &part) ? &part : &t)) {
            return false;
        }
    }
    *p = rest;
    return true;
}

/* The common divisor of k and all coefficients of p that stand before atoms. */
static int64_t common_divisor(const poly *p, int64_t k) {
    for (size_t i = 0; i < p->n && p->terms[i].n > 0; i++) {
        int64_t c = p->terms[i].coef;
        while (c != 0) {
            const int64_t r = k % c;
            k = c;
            c = r;
        }
        if (k < 0) k = -k;
    }
    return k;
}

/* floor(rest / k) for a number k > 1 that no term is a multiple of; 0 <= constant < k. */
static sdx_dim divide_rest(sdx_dims *dims, poly *rest, int64_t k) {
    if (rest->n == 0 || rest->terms[0].n == 0) return 0;
    const int64_t g = common_divisor(rest, k);
    poly reduced = {.n = 0};
    for (size_t i = 0; i < rest->n; i++) {
        rest->terms[i].coef = floor_div(rest->terms[i].coef, g);
        if (!poly_add_term(&reduced, &rest->terms[i])) return fresh(dims, false);
    }
    const sdx_dim a = poly_store(dims, &reduced);
    if (a == SDX_DIM_UNKNOWN) return a;
    const expr *e = expr_of(dims, a);
    if (e->kind == DIV && sdx_dim_is_number(e->b) && e->b > 0) /* (x / b) / k = x / (b * k) */
        return sdx_dim_div(dims, e->a, sdx_dim_mul(dims, e->b, k / g));
    return atom(dims, DIV, a, k / g);
}

sdx_dim sdx_dim_div(sdx_dims *dims, sdx_dim a, sdx_dim b) {
    if (b == 0 || unknown(dims, a, b)) return SDX_DIM_UNKNOWN;
    if (numbers(a, b)) return sdx_dim_number(floor_div(a, b));
    poly p, q, quotient;
    poly_load(dims, a, &p);
    poly_load(dims, b, &q);
    if (divide_exactly(&p, &q, &quotient)) return poly_store(dims, &quotient);
    if (q.n > 1) return atom(dims, DIV, a, b);
    if (!divide_terms(&p, &q.terms[0], &quotient))
        return fresh(dims, nonneg(dims, a) && nonneg(dims, b));
    const sdx_dim whole = poly_store(dims, &quotient);
    if (sdx_dim_is_number(b) && b > 0) return sdx_dim_add(dims, whole, divide_rest(dims, &p, b));
    const sdx_dim rest = poly_store(dims, &p);
    return rest == SDX_DIM_UNKNOWN ? rest : sdx_dim_add(dims, whole, atom(dims, DIV, rest, b));
}

/* ceil(a / b) = -floor(-a / b) = floor((a + b - 1) / b) for b > 0: one form, the shorter to read.
 */
sdx_dim sdx_dim_ceil_div(sdx_dims *dims, sdx_dim a, sdx_dim b) {
    if (numbers(a, b) && b != 0) return sdx_dim_number(-floor_div(-sdx_dim_number(a), b));
    if (sdx_dim_is_number(b) && b > 0) return sdx_dim_div(dims, sdx_dim_add(dims, a, b - 1), b);
    return sdx_dim_sub(dims, 0, sdx_dim_div(dims, sdx_dim_sub(dims, 0, a), b));
}

/* -1, 1: which of the two is the smaller in any case; 0: it depends. Equal ones: -1. */
static int smaller(sdx_dims *dims, sdx_dim a, sdx_dim b) {
    if (a == b || a == SDX_DIM_MIN || b == SDX_DIM_MAX) return -1;
    if (b == SDX_DIM_MIN || a == SDX_DIM_MAX) return 1;
    if (nonneg(dims, sdx_dim_sub(dims, b, a))) return -1;
    return nonneg(dims, sdx_dim_sub(dims, a, b)) ? 1 : 0;
}

sdx_dim sdx_dim_min(sdx_dims *dims, sdx_dim a, sdx_dim b) {
    if (unknown(dims, a, b)) return SDX_DIM_UNKNOWN;
    const int side = smaller(dims, a, b);
    if (side != 0) return side < 0 ? a : b;
    return atom(dims, MIN, a < b ? b : a, a < b ? a : b);
}

sdx_dim sdx_dim_max(sdx_dims *dims, sdx_dim a, sdx_dim b) {
    if (unknown(dims, a, b)) return SDX_DIM_UNKNOWN;
    const int side = smaller(dims, a, b);
    if (side != 0) return side < 0 ? b : a;
    return atom(dims, MAX, a < b ? b : a, a < b ? a : b);
}

/* ---- text */

typedef struct writer {
    const sdx_dims *dims;
    char *next, *end; /* end: the place of the terminator */
} writer;

SDX_PRINTF(2, 3) static void put(writer *w, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(w->next, (size_t)(w->end - w->next) + 1, format, args);
    va_end(args);
    if (n > 0) w->next += n < w->end - w->next ? n : w->end - w->next;
}

static void put_dim(writer *w, sdx_dim d);

/* As an operand of a product or division. `first` operands may be products themselves. */
static void put_factor(writer *w, sdx_dim d, bool first) {
    const expr *e = sdx_dim_is_number(d) ? NULL : expr_of(w->dims, d);
    const bool product = e && (e->kind == DIV || (e->kind == SUM && e->n_terms == 1));
    const bool sum = e ? e->kind == SUM && (e->n_terms > 1 || e->terms[0] < 0) : d < 0;
    const bool bare = first ? !sum : !sum && !product;
    if (!bare) put(w, "(");
    put_dim(w, d);
    if (!bare) put(w, ")");
}

static void put_term(writer *w, const term *t, bool first) {
    if (t->coef < 0)
        put(w, "-");
    else if (!first)
        put(w, "+");
    const uint64_t size = t->coef < 0 ? 0 - (uint64_t)t->coef : (uint64_t)t->coef;
    if (t->n == 0 || size != 1) put(w, "%" PRIu64, size);
    for (int64_t i = 0; i < t->n; i++) {
        if (i > 0 || size != 1) put(w, "*");
        put_factor(w, t->atoms[i], t->n == 1 && size == 1 && (t->coef > 0 || !first));
    }
}

static void put_dim(writer *w, sdx_dim d) {
    if (w->next == w->end) return; /* full: what nests deeply would take long to walk */
    if (d == SDX_DIM_UNKNOWN || (!w->dims && !sdx_dim_is_number(d))) {
        put(w, "?");
        return;
    }
    if (sdx_dim_is_number(d)) {
        put(w, "%" PRId64, d);
        return;
    }
    const expr *e = expr_of(w->dims, d);
    if (e->kind == NAME) {
        put(w, "%.*s", SDX_FMT(e->name));
    } else if (e->kind == FRESH) {
        put(w, "?%" PRId64, e->index);
    } else if (e->kind == DIV) {
        put_factor(w, e->a, true);
        put(w, "/");
        put_factor(w, e->b, false);
    } else if (e->kind == SUM) {
        poly p;
        poly_load(w->dims, d, &p);
        for (size_t i = 0; i < p.n; i++)
            put_term(w, &p.terms[i], i == 0);
    } else {
        put(w, e->kind == MIN ? "min(" : "max(");
        put_dim(w, e->a);
        put(w, ",");
        put_dim(w, e->b);
        put(w, ")");
    }
}

const char *sdx_dim_text(const sdx_dims *dims, sdx_dim d, char *buf, size_t size) {
    if (size == 0) return buf;
    buf[0] = '\0';
    writer w = {.dims = dims, .next = buf, .end = buf + size - 1};
    put_dim(&w, d);
    return buf;
}

const char *sdx_dims_text(const sdx_dims *dims, size_t rank, const sdx_dim *shape, char *buf,
                          size_t size) {
    if (size == 0) return buf;
    buf[0] = '\0';
    writer w = {.dims = dims, .next = buf, .end = buf + size - 1};
    put(&w, "[");
    for (size_t i = 0; i < rank; i++) {
        if (i > 0) put(&w, ",");
        put_dim(&w, shape[i]);
    }
    put(&w, "]");
    return buf;
}
