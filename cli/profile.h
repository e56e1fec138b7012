/* A profile as the command `profile` takes it, and the forms it is shown in. */
#ifndef CLI_PROFILE_H
#define CLI_PROFILE_H

#include "cli/inputs.h"
#include "cli/json.h"
#include "cli/session.h"
#include "cli/steps.h"
#include "cli/terminal.h"

/* A node, or all nodes of one operator. */
struct profile_row {
    sdx_node_profile took;
    uint64_t nodes;
};

struct profile_rows {
    struct profile_row *items; /* owned; the slowest first */
    size_t n, cap;
};

struct profile {
    const char *path;
    struct session session;
    struct inputs inputs;
    sdx_profile_summary summary;
    sdx_machine_peak peak; /* flops 0: not measured */
    struct profile_rows nodes, operators;
    struct steps steps;
};

/* ---- profile_measure.c */

struct profile_plan {
    uint64_t runs, warmup;
    size_t max_spans; /* of the time line; 0: none */
    bool peak;        /* of the machine as well */
};
/* Runs the model; afterwards everything but the time line is in `profile`. */
bool profile_measure(struct profile *profile, const struct profile_plan *plan, struct fault *fault);
/* One run more with a time line of its own; the rows of `profile` stay. */
bool profile_time_line(struct profile *profile, size_t max_spans, struct fault *fault);
void profile_free(struct profile *profile);

/* Of the time of all runs, in percent; of one run, in nanoseconds. */
double profile_share(const struct profile *profile, uint64_t ns);
double profile_per_run(const struct profile *profile, uint64_t ns);
/* What no node took: binding, the loop over the steps, inputs and outputs. */
uint64_t profile_rest_ns(const struct profile *profile);
/* 10^9 a second, so one a nanosecond. */
double profile_rate(double amount, uint64_t ns);
/* The part of the lanes' time, from 0 to 1, in which they worked. */
double profile_busy(const struct profile *profile, const sdx_node_profile *node);

enum profile_bound { PROFILE_UNKNOWN, PROFILE_COMPUTE, PROFILE_MEMORY };
/* What limits a node on this machine, by its operations and bytes, and the part of that limit that
 * it reaches: the roofline. More than 1 is possible where caches hold the data. */
enum profile_bound profile_roof(const struct profile *profile, const sdx_node_profile *node,
                                double *reached);
const char *profile_bound_name(enum profile_bound bound);

/* ---- the forms: profile_text.c, profile_json.c, profile_page.c */

void profile_print_text(const struct profile *profile, uint64_t top);
void profile_print_json(const struct profile *profile);
/* The time line for chrome://tracing and Perfetto. */
bool profile_write_trace(const struct profile *profile, const char *path, struct fault *fault);
/* profile.html, terminated; the build makes it with cmake/embed.cmake. */
extern const unsigned char profile_html[];
/* A page that needs nothing but a browser, with the time line of the last run. */
bool profile_write_page(const struct profile *profile, const char *path, struct fault *fault);

#endif
