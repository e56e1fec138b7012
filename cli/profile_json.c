/* A profile as JSON: the report, and the time line as Trace Event Format. */
#include <stdio.h>

#include "cli/file.h"
#include "cli/profile.h"

static void json_row(struct json_out *out, const struct profile *p, const sdx_node_profile *row) {
    double reached;
    const enum profile_bound bound = profile_roof(p, row, &reached);
    json_str(out, "domain", row->domain);
    json_str(out, "operator", row->op);
    json_number(out, "percent", profile_share(p, row->self_ns));
    json_number(out, "self_ms", profile_per_run(p, row->self_ns) / 1e6);
    json_number(out, "total_ms", profile_per_run(p, row->ns) / 1e6);
    json_number(out, "calls", (double)row->calls / (double)p->summary.runs);
    json_number(out, "gflops", profile_rate(row->flops, row->self_ns));
    json_number(out, "gbytes", profile_rate(row->bytes, row->self_ns));
    if (bound != PROFILE_UNKNOWN) {
        json_number(out, "roof", reached);
        json_text(out, "bound", profile_bound_name(bound));
    }
    json_uint(out, "lanes", row->lanes);
    json_number(out, "busy", profile_busy(p, row));
    json_number(out, "loops_ms", profile_per_run(p, row->loop_ns) / 1e6);
    json_number(out, "lanes_ms", profile_per_run(p, row->busy_ns) / 1e6);
}

static void json_peak(struct json_out *out, const struct profile *p) {
    if (p->peak.flops <= 0) {
        json_null(out, "machine");
        return;
    }
    json_open(out, "machine", '{');
    json_uint(out, "threads", p->peak.threads);
    json_number(out, "gflops", p->peak.flops / 1e9);
    json_number(out, "gbytes", p->peak.bytes / 1e9);
    json_close(out, '}');
}

static void json_node(struct json_out *out, const struct profile *p, const sdx_node_profile *row) {
    const sdx_step_info *const step = steps_find(&p->steps, row->id);
    json_open(out, NULL, '{');
    json_uint(out, "id", row->id);
    json_str(out, "name", row->name);
    json_uint(out, "depth", row->depth);
    json_row(out, p, row);
    json_number(out, "fastest_ms", (double)row->min_ns / 1e6);
    json_number(out, "slowest_ms", (double)row->max_ns / 1e6);
    if (step != NULL && step->how != NULL) {
        json_text(out, "how", step->how);
    }
    json_close(out, '}');
}

void profile_print_json(const struct profile *p) {
    struct json_out out = {0};
    json_open(&out, NULL, '{');
    json_uint(&out, "runs", p->summary.runs);
    json_number(&out, "run_ms", profile_per_run(p, p->summary.run_ns) / 1e6);
    json_number(&out, "bind_ms", profile_per_run(p, p->summary.bind_ns) / 1e6);
    json_number(&out, "between_ms", profile_per_run(p, profile_rest_ns(p)) / 1e6);
    json_text(&out, "isa", sdx_isa_in_use());
    json_uint(&out, "threads", p->summary.lanes);
    json_peak(&out, p);
    json_open(&out, "operators", '[');
    for (size_t i = 0; i < p->operators.n; i++) {
        json_open(&out, NULL, '{');
        json_uint(&out, "nodes", p->operators.items[i].nodes);
        json_row(&out, p, &p->operators.items[i].took);
        json_close(&out, '}');
    }
    json_close(&out, ']');
    json_open(&out, "nodes", '[');
    for (size_t i = 0; i < p->nodes.n; i++) {
        json_node(&out, p, &p->nodes.items[i].took);
    }
    json_close(&out, ']');
    json_close(&out, '}');
    json_print(&out);
}

/* ---- the time line: complete events of the Trace Event Format, a thread for each lane; nested
 * calls lie within each other */

static void write_span(void *user, const sdx_profile_span *span) {
    struct json_out *const out = user;
    json_open(out, NULL, '{');
    json_str(out, "name", span->name);
    json_str(out, "cat", span->op);
    json_text(out, "ph", "X");
    json_number(out, "ts", (double)span->start_ns / 1e3);
    json_number(out, "dur", (double)span->ns / 1e3);
    json_uint(out, "pid", 1);
    json_uint(out, "tid", span->lane + 1);
    json_open(out, "args", '{');
    json_str(out, "operator", span->op);
    json_uint(out, "node", span->id);
    json_number(out, "busy_us", (double)span->busy_ns / 1e3);
    json_close(out, '}');
    json_close(out, '}');
}

static void name_lane(struct json_out *out, unsigned lane) {
    struct text name = {0};
    text_add(&name, lane == 0 ? "caller" : "lane %u", lane);
    json_open(out, NULL, '{');
    json_text(out, "name", "thread_name");
    json_text(out, "ph", "M");
    json_uint(out, "pid", 1);
    json_uint(out, "tid", lane + 1);
    json_open(out, "args", '{');
    json_text(out, "name", text_get(&name));
    json_close(out, '}');
    json_close(out, '}');
    text_free(&name);
}

bool profile_write_trace(const struct profile *p, const char *path, struct fault *fault) {
    struct json_out out = {0};
    json_open(&out, NULL, '{');
    json_text(&out, "displayTimeUnit", "ns");
    json_open(&out, "traceEvents", '[');
    for (unsigned lane = 0; lane < p->summary.lanes; lane++) {
        name_lane(&out, lane);
    }
    sdx_context_profile_spans(p->session.context, write_span, &out);
    json_close(&out, ']');
    json_close(&out, '}');
    const bool good = file_write(path, out.text.ptr, out.text.len, fault);
    text_free(&out.text);
    if (good && p->summary.n_dropped > 0) {
        fprintf(stderr, "profile: %llu calls found no place in %s; ask for fewer --runs\n",
                (unsigned long long)p->summary.n_dropped, path);
    }
    return good;
}
