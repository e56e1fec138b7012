/* A profile as a page: the numbers as JSON in the place that profile.html has for them. A page must
 * not be ended by what a model is called, so '<' is written as an escape. */
#include <string.h>

#include "cli/file.h"
#include "cli/profile.h"

enum { MAX_PAGE_SPANS = 60000 }; /* what a browser draws with ease */

static const char place[] = "@DATA@";

/* ---- nodes ---- */

static void json_values(struct json_out *out, const char *key, const uint32_t *values, size_t n) {
    json_open(out, key, '[');
    for (size_t i = 0; i < n; i++) {
        if (values[i] != UINT32_MAX) {
            json_uint(out, NULL, values[i]);
        }
    }
    json_close(out, ']');
}

static void json_times(struct json_out *out, const struct profile *p, const sdx_node_profile *row) {
    double reached;
    const enum profile_bound bound = profile_roof(p, row, &reached);
    json_number(out, "self", profile_per_run(p, row->self_ns));
    json_number(out, "total", profile_per_run(p, row->ns));
    json_number(out, "calls", (double)row->calls / (double)p->summary.runs);
    json_number(out, "fastest", (double)row->min_ns);
    json_number(out, "slowest", (double)row->max_ns);
    json_number(out, "flops", row->flops / (double)p->summary.runs);
    json_number(out, "bytes", row->bytes / (double)p->summary.runs);
    json_uint(out, "lanes", row->lanes);
    json_number(out, "busy", profile_busy(p, row));
    if (bound != PROFILE_UNKNOWN) {
        json_number(out, "roof", reached);
        json_text(out, "bound", profile_bound_name(bound));
    }
}

static const sdx_node_profile *took(const struct profile *p, uint32_t id) {
    for (size_t i = 0; i < p->nodes.n; i++) {
        if (p->nodes.items[i].took.id == id) {
            return &p->nodes.items[i].took;
        }
    }
    return NULL;
}

static void json_step(struct json_out *out, const struct profile *p, const sdx_step_info *step) {
    const sdx_node_profile *const row = took(p, step->id);
    struct text text = {0};
    json_open(out, NULL, '{');
    json_uint(out, "id", step->id);
    json_str(out, "name", step->name);
    step_operator(&text, step->domain, step->op);
    json_text(out, "op", text_get(&text));
    text_free(&text);
    if (!str_same(step->origin, step->name)) {
        json_str(out, "origin", step->origin);
    }
    json_uint(out, "graph", step->graph);
    json_uint(out, "depth", step->depth);
    if (step->owner != UINT32_MAX) {
        json_uint(out, "owner", step->owner);
    }
    json_text(out, "when", step_when_name(step->when));
    json_text(out, "place", step->place);
    if (step->how != NULL) {
        json_text(out, "how", step->how);
    }
    if (step->dtype != SDX_UNDEFINED) {
        step_shape(&text, step);
        json_text(out, "shape", text_get(&text));
        json_text(out, "dtype", sdx_dtype_name(step->dtype));
        text_free(&text);
    }
    json_values(out, "reads", step->reads, step->n_reads);
    json_values(out, "makes", step->makes, step->n_makes);
    if (row != NULL) {
        json_times(out, p, row);
    }
    json_close(out, '}');
}

/* ---- the time line: [node, lane, depth, start, length] in nanoseconds ---- */

struct span_writer {
    struct json_out *out;
    size_t n;
};

static void json_span(void *user, const sdx_profile_span *span) {
    struct span_writer *const writer = user;
    if (writer->n++ >= MAX_PAGE_SPANS) {
        return;
    }
    json_open(writer->out, NULL, '[');
    json_uint(writer->out, NULL, span->id);
    json_uint(writer->out, NULL, span->lane);
    json_uint(writer->out, NULL, span->depth);
    json_uint(writer->out, NULL, span->start_ns);
    json_uint(writer->out, NULL, span->ns);
    json_close(writer->out, ']');
}

static void json_time_line(struct json_out *out, const struct profile *p) {
    struct span_writer writer = {.out = out};
    json_open(out, "spans", '[');
    sdx_context_profile_spans(p->session.context, json_span, &writer);
    json_close(out, ']');
    json_bool(out, "cut", writer.n > MAX_PAGE_SPANS);
}

/* ---- the whole ---- */

/* The name of the file, with its folder where that says more. */
static const char *model_name(const char *path) {
    const char *const name = path_name(path);
    const char *at = name;
    if (!str_is(str_of(name), "model.onnx") || name == path) {
        return name;
    }
    for (at--; at > path && at[-1] != '/'; at--) {
    }
    return *at != '/' ? at : name;
}

static void json_head(struct json_out *out, const struct profile *p) {
    json_text(out, "model", model_name(p->path));
    json_text(out, "version", sdx_version());
    json_text(out, "isa", sdx_isa_in_use());
    json_uint(out, "threads", p->summary.lanes);
    json_uint(out, "runs", p->summary.runs);
    json_number(out, "run", profile_per_run(p, p->summary.run_ns));
    json_number(out, "bind", profile_per_run(p, p->summary.bind_ns));
    json_number(out, "between", profile_per_run(p, profile_rest_ns(p)));
    if (p->peak.flops > 0) {
        json_open(out, "peak", '{');
        json_number(out, "flops", p->peak.flops);
        json_number(out, "bytes", p->peak.bytes);
        json_close(out, '}');
    }
}

static void gather(struct text *json, const struct profile *p) {
    struct json_out out = {0};
    json_open(&out, NULL, '{');
    json_head(&out, p);
    json_open(&out, "nodes", '[');
    for (size_t i = 0; i < p->steps.n; i++) {
        json_step(&out, p, &p->steps.items[i]);
    }
    json_close(&out, ']');
    json_time_line(&out, p);
    json_close(&out, '}');
    *json = out.text;
}

static void add_escaped(struct text *page, const struct text *json) {
    const char *at = json->ptr;
    const char *const end = at + json->len;
    while (at < end) {
        const char *const angle = memchr(at, '<', (size_t)(end - at));
        const char *const until = angle != NULL ? angle : end;
        text_bytes(page, at, (size_t)(until - at));
        if (angle != NULL) {
            text_add(page, "\\u003c");
        }
        at = angle != NULL ? angle + 1 : end;
    }
}

bool profile_write_page(const struct profile *p, const char *path, struct fault *fault) {
    const char *const begin = (const char *)profile_html;
    const char *const end = begin + strlen(begin);
    const char *const hole = strstr(begin, place);
    struct text page = {0};
    struct text json = {0};
    gather(&json, p);
    text_bytes(&page, begin, (size_t)(hole - begin));
    add_escaped(&page, &json);
    text_bytes(&page, hole + strlen(place), (size_t)(end - hole) - strlen(place));
    const bool good = file_write(path, page.ptr, page.len, fault);
    text_free(&page);
    text_free(&json);
    return good;
}
