/* manual.h: gathering. A command knows its groups of options only while it parses; asked for help
 * by somebody who listens, it tells them. */
#include "cli/manual.h"

#include <string.h>

#include "cli/memory.h"

static void keep_options(void *user, const struct option_group *groups, size_t n_groups) {
    struct manual_page *const page = user;
    for (size_t g = 0; g < n_groups; g++) {
        page->options =
            mem_grow(page->options, page->n_options + groups[g].n + 1, sizeof *page->options);
        memcpy(page->options + page->n_options, groups[g].options,
               groups[g].n * sizeof *page->options);
        page->n_options += groups[g].n;
    }
    page->options = mem_grow(page->options, page->n_options + 1, sizeof *page->options);
    page->options[page->n_options++] = help_option;
}

void manual_init(struct manual *manual) {
    char help[] = "--help";
    *manual = (struct manual){.pages = mem_new(n_commands, sizeof *manual->pages), .n = n_commands};
    for (size_t i = 0; i < n_commands; i++) {
        struct manual_page *const page = &manual->pages[i];
        const struct option_listener listener = {keep_options, page};
        struct command asked = commands[i];
        asked.listener = &listener;
        page->command = &commands[i];
        (void)asked.run(&asked, 1, (char *[]){help});
    }
}

void manual_free(struct manual *manual) {
    for (size_t i = 0; i < manual->n; i++) {
        mem_free(manual->pages[i].options);
    }
    mem_free(manual->pages);
    *manual = (struct manual){0};
}

bool manual_exit_status(size_t index, struct exit_status *out) {
    static const struct exit_status own[] = {
        {EXIT_GOOD, "", "all is well"},
        {EXIT_CHECK, "", "a check failed: results differ from what they should be"},
        {EXIT_USAGE, "", "the command line is wrong"}};
    enum { N_OWN = sizeof own / sizeof *own };
    if (index < N_OWN) {
        *out = own[index];
        return true;
    }
    const sdx_code code = (sdx_code)(index - N_OWN + 1);
    *out =
        (struct exit_status){EXIT_OF_CODE + (int)code, sdx_code_name(code), sdx_code_meaning(code)};
    return code <= SDX_INTERNAL;
}

bool manual_line(const char **at, sdx_str *line) {
    if (**at == 0) {
        return false;
    }
    *line = (sdx_str){*at, strcspn(*at, "\n")};
    *at += line->len + ((*at)[line->len] == '\n');
    return true;
}

bool manual_is_example(sdx_str line) {
    return line.len > 2 && line.ptr[0] == ' ' && line.ptr[1] == ' ';
}
