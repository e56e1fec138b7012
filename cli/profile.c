/* sardonyx profile: where the time of a model goes, by operator and by node, and how that compares
 * with what the machine gives. */
#include <math.h>
#include <stdio.h>

#include "cli/command.h"
#include "cli/profile.h"

struct settings {
    struct session_settings session;
    struct input_settings input;
    uint64_t runs, warmup, top;
    const char *trace, *html;
    bool json, no_machine;
};

static const struct option options[] = {
    {"runs", "N", "runs to count (default: 10)", OPTION_COUNT, offsetof(struct settings, runs)},
    {"warmup", "N", "runs before, the first one included (default: 2)", OPTION_COUNT,
     offsetof(struct settings, warmup)},
    {"top", "N", "nodes to show, the slowest first; 0: all (default: 20)", OPTION_COUNT,
     offsetof(struct settings, top)},
    {"html", "FILE", "write a page for a browser: graph, time line, roofline, table", OPTION_TEXT,
     offsetof(struct settings, html)},
    {"trace", "FILE", "write the time line as JSON for chrome://tracing and Perfetto", OPTION_TEXT,
     offsetof(struct settings, trace)},
    {"no-machine", NULL, "do not measure what the machine gives at most", OPTION_FLAG,
     offsetof(struct settings, no_machine)},
    {"json", NULL, "print as JSON", OPTION_FLAG, offsetof(struct settings, json)},
};

enum { MAX_SPANS = 1 << 20 };

/* Places that the time line of one run needs at most, if it is like those before: a call may have
 * several loops, each on all lanes. */
static size_t one_run(const struct profile *p) {
    enum { LOOPS = 4, LEAST = 1024 };
    uint64_t calls = 0;
    for (size_t i = 0; i < p->nodes.n; i++) {
        calls += p->nodes.items[i].took.calls;
    }
    const double all = (double)calls / (double)p->summary.runs * (1 + LOOPS * p->summary.lanes);
    return all < MAX_SPANS - LEAST ? (size_t)all + LEAST : MAX_SPANS;
}

static bool write_files(const struct settings *settings, struct profile *p, struct fault *fault) {
    if (settings->trace != NULL && !profile_write_trace(p, settings->trace, fault)) {
        return false;
    }
    return settings->html == NULL || (profile_time_line(p, one_run(p), fault) &&
                                      profile_write_page(p, settings->html, fault));
}

static bool profile_model(const struct settings *settings, const char *path, struct fault *fault) {
    struct profile p = {.path = path};
    const struct profile_plan plan = {.runs = settings->runs,
                                      .warmup = settings->warmup,
                                      .max_spans = settings->trace != NULL ? MAX_SPANS : 0,
                                      .peak = !settings->no_machine};
    const bool good = session_open(&settings->session, path, &p.session, fault) &&
                      session_context(&settings->session, &p.session, fault) &&
                      inputs_gather(&settings->input, p.session.model, &p.inputs, fault) &&
                      profile_measure(&p, &plan, fault) && write_files(settings, &p, fault);
    if (good && settings->json) {
        profile_print_json(&p);
    } else if (good) {
        profile_print_text(&p, settings->top);
    }
    profile_free(&p);
    return good;
}

int command_profile(const struct command *command, int n, char **arguments) {
    struct settings settings = {.input.fill = NAN, .runs = 10, .warmup = 2, .top = 20};
    const struct option_group groups[] = {
        {options, sizeof options / sizeof *options, &settings},
        {input_options, n_input_options, &settings.input},
        {prepare_options, n_prepare_options, &settings.input.prepare},
        {session_options, n_session_options, &settings.session}};
    struct text_list rest = {0};
    struct fault fault = {0};
    if (options_parse(command, groups, sizeof groups / sizeof *groups, n, arguments, &rest,
                      &fault)) {
        if (rest.n != 1) {
            fault_set(&fault, EXIT_USAGE,
                      "profile: %zu models given, expected one: sardonyx profile MODEL", rest.n);
        } else if (settings.runs == 0) {
            fault_set(&fault, EXIT_USAGE, "option '--runs' has value '0', expected 1 or more");
        } else {
            (void)profile_model(&settings, rest.items[0], &fault);
        }
    }
    text_list_free(&rest);
    session_settings_free(&settings.session);
    input_settings_free(&settings.input);
    return fault.exit != EXIT_GOOD ? fault_report(&fault) : EXIT_GOOD;
}
