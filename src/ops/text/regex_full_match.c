/* RegexFullMatch: is the whole of an element what a pattern describes? */
#include "ops/call.h"
#include "ops/infer.h"
#include "ops/text/regex.h"

enum { PATTERN };

static const sdx_port inputs[] = {{.name = "X", .var = "T1", .types = SDX_T(STRING)}};
static const sdx_port outputs[] = {{.name = "Y", .var = "T2", .types = SDX_T(BOOL)}};
static const sdx_attr_def attrs[] = {[PATTERN] = SDX_ATTR_OPT("pattern", SDX_ATTR_STRING)};

static sdx_status infer(sdx_infer *in) {
    sdx_infer_set_dtype(in, 0, SDX_BOOL);
    if (!sdx_infer_ranked(in, 0)) return NULL;
    return sdx_infer_set_shape(in, 0, (size_t)in->in[0].rank, in->in[0].dims);
}

static sdx_status prepare(sdx_prepare *p) {
    const sdx_regex *regex;
    SDX_TRY(sdx_regex_compile(sdx_node_str(p->node, PATTERN), p->arena, &regex));
    p->prepared = regex;
    return NULL;
}

static sdx_status bind(sdx_bind *b) {
    b->scratch = b->lanes * sdx_regex_scratch(b->prepared);
    return NULL;
}

static void match_some(void *arg, size_t begin, size_t end, unsigned lane) {
    const sdx_call *const c = arg;
    const sdx_regex *const regex = c->prepared;
    const sdx_str *const texts = c->in[0]->data;
    bool *const y = c->out[0]->data;
    void *const scratch = (char *)c->scratch + lane * sdx_regex_scratch(regex);
    sdx_regex_match match;
    for (size_t i = begin; i < end; i++)
        y[i] = sdx_regex_find(regex, SDX_REGEX_FULL, texts[i], 0, scratch, &match);
}

static sdx_status run(const sdx_call *c) {
    if (c->in[0]->len > 0)
        sdx_call_for(c, c->in[0]->len, sdx_grain(1024), match_some, (void *)(uintptr_t)c);
    return NULL;
}

const sdx_op sdx_op_regex_full_match = {
    .name = "RegexFullMatch",
    .domain = "",
    .since = 20,
    .newest = 20,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .infer = infer,
    .prepare = prepare,
    .bind = bind,
    .run = run,
};
