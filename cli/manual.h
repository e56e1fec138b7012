/* All commands with all their options, as one table from which manual pages, Markdown and the
 * completion of shells are written. What they say is in the tables of the commands alone. */
#ifndef CLI_MANUAL_H
#define CLI_MANUAL_H

#include "cli/command.h"

struct manual_page {
    const struct command *command;
    struct option *options; /* owned array of borrowed texts; of all groups, with --help */
    size_t n_options;
};
struct manual {
    struct manual_page *pages; /* owned; in the order of the commands */
    size_t n;
};
void manual_init(struct manual *manual);
void manual_free(struct manual *manual);

/* One exit status after the other: 0, 1, 2, then the codes of the library. `name` is empty where it
 * has none. False beyond the last. */
struct exit_status {
    int status;
    const char *name, *meaning;
};
bool manual_exit_status(size_t index, struct exit_status *out);

/* The next line of a help text, without its end; *at moves on, and is at the 0 in the end. */
bool manual_line(const char **at, sdx_str *line);
/* Examples begin with two spaces; false for prose and empty lines. */
bool manual_is_example(sdx_str line);

/* sardonyx(1), page NULL, and sardonyx-COMMAND(1) as the macros of man. */
void manual_man(struct text *text, const struct manual *manual, const struct manual_page *page);
/* The overview, page NULL, and the page of a command as Markdown. */
void manual_markdown(struct text *text, const struct manual *manual,
                     const struct manual_page *page);
/* The operators of this build as Markdown. */
void manual_operators(struct text *text);
/* What completes command lines: "bash", "zsh", "fish"; false for another shell. */
bool manual_completion(struct text *text, const struct manual *manual, const char *shell);

#endif
