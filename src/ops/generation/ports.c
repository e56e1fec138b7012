/* The subgraphs: how many inputs and outputs they must have, and what is known of them.
 *
 *   GPT      decoder, init_decoder: ids, positions, mask, pasts      -> logits, presents
 *   T5       encoder: ids, mask, decoder ids    -> logits, hidden states, presents, cross presents
 *            or: ids, mask                      -> cross presents
 *            decoder: ids, mask, [hidden states], pasts, cross pasts -> logits, presents
 *   Whisper  encoder: features, decoder ids     -> logits, hidden states, presents, cross presents
 *            decoder: ids, [hidden states], pasts, cross pasts       -> logits, presents */
#include "ops/generation/generation.h"

static sdx_status wrong_ports(const char *attr, const sdx_graph *graph, const char *expected) {
    return sdx_fail(SDX_INVALID_MODEL,
                    "attribute '%s': found a graph with %zu inputs and %zu outputs, expected %s",
                    attr, graph->n_inputs, graph->n_outputs, expected);
}

/* Graphs for caches that are shared between past and present have one to three inputs more. */
static sdx_status gpt_ports(const char *attr, const sdx_graph *graph, sdx_gen_ports *out) {
    enum { IDS_POSITIONS_MASK = 3 };
    out->first_cache = IDS_POSITIONS_MASK;
    out->n_states = graph->n_outputs - 1;
    if (graph->n_outputs >= 2 && graph->n_inputs == out->first_cache + out->n_states) return NULL;
    return wrong_ports(attr, graph,
                       "input_ids, position_ids, attention_mask and the pasts as inputs, logits "
                       "and as many presents as outputs; export without a shared buffer of past "
                       "and present");
}

static sdx_status encoder_ports(const sdx_graph *graph, sdx_gen_model model, sdx_gen_ports *out) {
    enum { LOGITS_HIDDEN = 2 };
    const size_t all = LOGITS_HIDDEN + out->n_states + out->n_fixed;
    out->starts = model == SDX_GEN_WHISPER || graph->n_inputs == 3;
    const size_t inputs = model == SDX_GEN_WHISPER ? 2 : out->starts ? 3 : 2;
    if (graph->n_inputs == inputs && graph->n_outputs == (out->starts ? all : out->n_fixed) &&
        (out->starts || !out->has_hidden))
        return NULL;
    return wrong_ports(
        "encoder", graph,
        model == SDX_GEN_WHISPER
            ? "features and decoder_input_ids as inputs, logits, encoder_hidden_states and all "
              "caches of the decoder as outputs"
            : "encoder_input_ids, encoder_attention_mask and decoder_input_ids as inputs, logits, "
              "encoder_hidden_states and all caches of the decoder as outputs (or, without "
              "decoder_input_ids, the caches of cross attention)");
}

static sdx_status pair_ports(const sdx_node *node, sdx_gen_model model, sdx_gen_ports *out) {
    const sdx_graph *const decoder = sdx_node_attr(node, SDX_GEN_DECODER)->graph;
    const size_t plain = model == SDX_GEN_T5 ? 2 : 1; /* ids and, for T5, the mask */
    out->n_states = out->n_fixed = decoder->n_outputs - 1;
    const size_t caches = out->n_states + out->n_fixed;
    const size_t extra =
        decoder->n_inputs >= caches + plain ? decoder->n_inputs - caches - plain : SIZE_MAX;
    if (decoder->n_outputs < 3 || out->n_states % 2 != 0 || extra > 1)
        return wrong_ports("decoder", decoder,
                           "as outputs logits and two presents a layer, as inputs input_ids, the "
                           "encoder's mask (T5) and hidden states (or none), and four pasts a "
                           "layer; export without a shared buffer of past and present");
    out->has_hidden = extra == 1;
    out->first_cache = plain + extra;
    if (!sdx_node_has(node, SDX_GEN_ENCODER))
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'encoder': found none, expected a graph for model_type %d",
                        (int)model);
    return encoder_ports(sdx_node_attr(node, SDX_GEN_ENCODER)->graph, model, out);
}

sdx_status sdx_gen_ports_of(const sdx_node *node, sdx_gen_ports *out) {
    const int64_t model = sdx_node_int(node, SDX_GEN_MODEL);
    const size_t graphs[] = {SDX_GEN_DECODER, SDX_GEN_INIT_DECODER};
    *out = (sdx_gen_ports){0};
    if (model < 0 || model >= SDX_GEN_MODELS)
        return sdx_fail(SDX_UNSUPPORTED,
                        "attribute 'model_type': found %lld, supported: 0 (decoder), 1 (encoder of "
                        "tokens and decoder), 2 (encoder of features and decoder)",
                        (long long)model);
    if (model != SDX_GEN_GPT) return pair_ports(node, (sdx_gen_model)model, out);
    for (size_t i = 0; i < sizeof graphs / sizeof *graphs; i++) {
        if (!sdx_node_has(node, graphs[i])) continue;
        const sdx_graph *const graph = sdx_node_attr(node, graphs[i])->graph;
        SDX_TRY(gpt_ports(node->op->attrs[graphs[i]].name, graph, out));
        const size_t decoders = sdx_node_attr(node, SDX_GEN_DECODER)->graph->n_outputs;
        if (graph->n_outputs != decoders)
            return wrong_ports("init_decoder", graph, "those of 'decoder'");
    }
    return NULL;
}

/* The types and numbers that the graph declares; its symbols stay apart, since each step feeds
 * other sizes. What is fed is checked against the numbers. */
static sdx_status infer_graph(sdx_infer *in, size_t attr) {
    if (!sdx_node_has(in->node, attr)) return NULL;
    sdx_graph *const graph = sdx_node_attr(in->node, attr)->graph;
    sdx_fact *facts;
    SDX_TRY(SDX_ARENA_NEW(in->arena, graph->n_inputs + 1, &facts));
    for (size_t i = 0; i < graph->n_inputs; i++) {
        const sdx_gvalue *const value = graph->inputs[i];
        facts[i] = (sdx_fact){.type = value->type, .rank = value->shape.rank};
        if (value->shape.rank <= 0) continue;
        const size_t rank = (size_t)value->shape.rank;
        SDX_TRY(SDX_ARENA_NEW(in->arena, rank, &facts[i].dims));
        for (size_t d = 0; d < rank; d++) {
            const sdx_dim dim = value->shape.dims[d];
            facts[i].dims[d] = sdx_dim_is_number(dim) ? dim : sdx_dim_fresh(in->dims);
        }
    }
    return sdx_in(in->graph(in, graph, facts, graph->n_inputs), "%s",
                  in->node->op->attrs[attr].name);
}

sdx_status sdx_gen_infer(sdx_infer *in) {
    static const size_t attrs[] = {SDX_GEN_DECODER, SDX_GEN_ENCODER, SDX_GEN_INIT_DECODER};
    sdx_gen_ports ports;
    if (in->graph == NULL) return NULL;
    SDX_TRY(sdx_gen_ports_of(in->node, &ports));
    for (size_t i = 0; i < sizeof attrs / sizeof *attrs; i++) {
        SDX_TRY(infer_graph(in, attrs[i]));
    }
    return NULL;
}

sdx_status sdx_gen_infer_size(const sdx_infer *in, size_t input, sdx_dim *out) {
    SDX_TRY(sdx_infer_scalar(in, input, out));
    return sdx_infer_want_sizes(in, input, out, 1);
}
