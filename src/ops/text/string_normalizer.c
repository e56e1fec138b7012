/* StringNormalizer: stop words leave a list of strings, and the rest changes its case. One empty
 * string is left when all have gone. Case is Unicode's simple one; of the locales those of Turkic
 * languages differ, where a dotless i is another letter. */
#include "ops/call.h"
#include "ops/common/lookup.h"
#include "ops/infer.h"
#include "ops/text/case.h"
#include "ops/text/utf8.h"

enum { STOPWORDS, LOCALE, CASE_SENSITIVE, ACTION };

static const sdx_port inputs[] = {{.name = "X", .var = "S", .types = SDX_T(STRING)}};
static const sdx_port outputs[] = {{.name = "Y", .var = "S", .types = SDX_T(STRING)}};
static const sdx_attr_def attrs[] = {
    [STOPWORDS] = SDX_ATTR_OPT("stopwords", SDX_ATTR_STRINGS),
    [LOCALE] = SDX_ATTR_S("locale", "en_US"),
    [CASE_SENSITIVE] = SDX_ATTR_I("is_case_sensitive", 0),
    [ACTION] = SDX_ATTR_S("case_change_action", "NONE"),
};

/* ---- case of strings */

typedef uint32_t case_fn(uint32_t c);

enum { DOTTED_CAPITAL = 0x130, DOTLESS_SMALL = 0x131 };

static uint32_t turkic_upper(uint32_t c) { return c == 'i' ? DOTTED_CAPITAL : sdx_case_upper(c); }
static uint32_t turkic_lower(uint32_t c) { return c == 'I' ? DOTLESS_SMALL : sdx_case_lower(c); }

/* No character needs more than twice its bytes in another case: ASCII has at most the two of a
 * Turkic i, two bytes become at most three. */
enum { GROWTH = 2 };

/* `text` through `fn` into dst, which has room for GROWTH times as many bytes. */
static sdx_str in_case(case_fn *fn, sdx_str text, char *dst) {
    char *end = dst;
    for (size_t at = 0; at < text.len;)
        end = sdx_utf8_put(end, fn(sdx_utf8_next(text, &at)));
    return (sdx_str){dst, (size_t)(end - dst)};
}

/* ---- */

typedef struct normalizer {
    sdx_map stopwords; /* to themselves; in lower case unless case matters */
    case_fn *compare;  /* how strings are compared with them; NULL: as they are */
    case_fn *action;   /* NULL: strings stay as they are */
} normalizer;

static sdx_status choose_case(const sdx_node *node, normalizer *n) {
    const sdx_str action = sdx_node_str(node, ACTION), locale = sdx_node_str(node, LOCALE);
    const bool turkic = sdx_str_starts(locale, "tr") || sdx_str_starts(locale, "az");
    case_fn *const lower = turkic ? turkic_lower : sdx_case_lower;
    if (sdx_node_int(node, CASE_SENSITIVE) == 0) n->compare = lower;
    if (sdx_str_is(action, "NONE")) return NULL;
    n->action = lower;
    if (sdx_str_is(action, "LOWER")) return NULL;
    n->action = turkic ? turkic_upper : sdx_case_upper;
    if (sdx_str_is(action, "UPPER")) return NULL;
    return sdx_fail(SDX_INVALID_MODEL,
                    "attribute 'case_change_action': found '%.*s', expected NONE, LOWER or UPPER",
                    SDX_FMT(action));
}

static sdx_status prepare(sdx_prepare *p) {
    const sdx_attr *const words = sdx_node_attr(p->node, STOPWORDS);
    normalizer *n;
    SDX_TRY(SDX_ARENA_NEW(p->arena, 1, &n));
    SDX_TRY(choose_case(p->node, n));
    SDX_TRY(sdx_lookup_init(&n->stopwords, words->n, p->arena));
    for (size_t i = 0; i < words->n; i++) {
        sdx_str word = words->strings[i];
        if (n->compare != NULL) {
            char *bytes;
            SDX_TRY(SDX_ARENA_NEW(p->arena, GROWTH * word.len, &bytes));
            word = in_case(n->compare, word, bytes);
        }
        SDX_TRY(sdx_map_put(&n->stopwords, word, (void *)(uintptr_t)&words->strings[i]));
    }
    p->prepared = n;
    return NULL;
}

static sdx_status infer(sdx_infer *in) {
    char text[160];
    if (!sdx_infer_ranked(in, 0)) return NULL;
    const sdx_fact *const x = &in->in[0];
    const sdx_dim dims[] = {1, SDX_DIM_UNKNOWN};
    const bool rows = x->rank == 2 && sdx_dim_is_number(x->dims[0]) && x->dims[0] != 1;
    if ((x->rank != 1 && x->rank != 2) || rows)
        return sdx_fail(SDX_SHAPE_MISMATCH, "input 'X': found shape %s, expected [c] or [1,c]",
                        sdx_infer_shape_text(in, 0, text, sizeof text));
    return sdx_infer_set_shape(in, 0, (size_t)x->rank, x->rank == 2 ? dims : dims + 1);
}

/* ---- run */

/* Bytes for all strings in another case, and for the longest one once more. */
static sdx_status room_for(const sdx_view *x, size_t *room) {
    size_t sum = 0, longest = 0;
    for (size_t i = 0; i < x->len; i++) {
        const size_t len = ((const sdx_str *)x->data)[i].len;
        longest = len > longest ? len : longest;
        if (!sdx_add_size(sum, len, &sum)) sum = SIZE_MAX;
    }
    if (sdx_add_size(sum, longest, &sum) && sdx_mul_size(sum, GROWTH, room)) return NULL;
    return sdx_fail(SDX_LIMIT, "input 'X' has more bytes than memory holds");
}

static sdx_status run(const sdx_call *c) {
    const normalizer *const n = c->prepared;
    const sdx_view *const x = c->in[0];
    size_t room, kept = 0;
    sdx_str *texts;
    char *bytes;
    sdx_view *y;
    SDX_TRY(room_for(x, &room));
    SDX_TRY(sdx_call_scratch(c, (x->len + 1) * sizeof *texts, (void **)&texts));
    SDX_TRY(sdx_call_scratch(c, room + 1, (void **)&bytes));
    for (size_t i = 0; i < x->len; i++) {
        const sdx_str text = ((const sdx_str *)x->data)[i];
        const sdx_str compared =
            n->compare != NULL && n->stopwords.len > 0 ? in_case(n->compare, text, bytes) : text;
        if (sdx_map_get(&n->stopwords, compared) != NULL) continue;
        texts[kept] = n->action != NULL ? in_case(n->action, text, bytes) : text;
        if (n->action != NULL) bytes += texts[kept].len;
        kept++;
    }
    const int64_t dims[] = {1, kept > 0 ? (int64_t)kept : 1};
    SDX_TRY(sdx_call_output(c, 0, SDX_STRING, x->rank, x->rank == 2 ? dims : dims + 1, &y));
    if (kept > 0) memcpy(y->data, texts, kept * sizeof *texts);
    return NULL;
}

const sdx_op sdx_op_string_normalizer = {
    .name = "StringNormalizer",
    .domain = "",
    .since = 10,
    .newest = 10,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_DATA_SHAPE,
    .infer = infer,
    .prepare = prepare,
    .run = run,
};
