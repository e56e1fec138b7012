/* manual.h: pages for man(1), in the macros of man(7). */
#include <string.h>

#include "cli/manual.h"

/* Text as roff takes it: a backslash and a dash are escaped, and a line does not begin a request.
 */
static void put(struct text *text, sdx_str str) {
    if (str.len > 0 && (str.ptr[0] == '.' || str.ptr[0] == '\'')) {
        text_add(text, "\\&");
    }
    for (size_t i = 0; i < str.len; i++) {
        const char c = str.ptr[i];
        text_add(text, c == '\\' ? "\\e" : c == '-' ? "\\-" : "%c", c);
    }
}

static void put_text(struct text *text, const char *words) { put(text, str_of(words)); }

static void head(struct text *text, const char *name, const char *summary) {
    text_add(text, ".\\\" Written by 'sardonyx docs' from the tables of the command.\n.TH ");
    for (const char *c = name; *c != 0; c++) {
        text_add(text, *c == '-' ? "\\-" : "%c", *c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
    }
    text_add(text, " 1 \"\" \"Sardonyx %s\" \"Sardonyx\"\n.SH NAME\n", sdx_version());
    put_text(text, name);
    text_add(text, " \\- ");
    put_text(text, summary);
    text_add(text, "\n");
}

/* Prose is filled, examples stand as they are. */
static void help(struct text *text, const char *words, bool examples) {
    sdx_str line;
    bool open = false;
    while (manual_line(&words, &line)) {
        if (manual_is_example(line) != examples) {
            continue;
        }
        if (examples && !open) {
            text_add(text, ".SH EXAMPLES\n.EX\n");
            open = true;
        }
        if (line.len == 0) {
            text_add(text, *words != 0 && *words != ' ' ? ".PP\n" : "");
            continue;
        }
        put(text, examples ? (sdx_str){line.ptr + 2, line.len - 2} : line);
        text_add(text, "\n");
    }
    text_add(text, open ? ".EE\n" : "");
}

static void option(struct text *text, const struct option *option) {
    text_add(text, ".TP\n\\fB\\-\\-");
    put_text(text, option->name);
    text_add(text, "\\fR");
    if (option->argument != NULL) {
        text_add(text, " \\fI");
        put_text(text, option->argument);
        text_add(text, "\\fR");
    }
    text_add(text, "\n");
    put_text(text, option->help);
    text_add(text, "\n");
}

static void exit_statuses(struct text *text) {
    struct exit_status row;
    text_add(text, ".SH EXIT STATUS\n");
    for (size_t i = 0; manual_exit_status(i, &row); i++) {
        text_add(text, ".TP\n\\fB%d\\fR", row.status);
        if (row.name[0] != 0) {
            text_add(text, " %s", row.name);
        }
        text_add(text, "\n");
        put_text(text, row.meaning);
        text_add(text, "\n");
    }
}

static void environment(struct text *text) {
    const char *name = NULL;
    const char *standard = NULL;
    const char *about = NULL;
    text_add(text, ".SH ENVIRONMENT\n");
    for (size_t i = 0; sdx_knob_info(i, &name, &standard, &about); i++) {
        text_add(text, ".TP\n\\fB%s\\fR\n", name);
        put_text(text, about);
        if (standard[0] != 0) {
            text_add(text, " (default: ");
            put_text(text, standard);
            text_add(text, ")");
        }
        text_add(text, "\n");
    }
    text_add(text, ".TP\n\\fBNO_COLOR\\fR\nwhen set, no colours on a terminal\n");
}

static void overview(struct text *text, const struct manual *manual) {
    head(text, "sardonyx", "runs ONNX models");
    text_add(text, ".SH SYNOPSIS\n.B sardonyx\n.I COMMAND\n[\\fIoptions\\fR]\n.SH COMMANDS\n");
    for (size_t i = 0; i < manual->n; i++) {
        const struct command *const command = manual->pages[i].command;
        text_add(text, ".TP\n\\fBsardonyx\\-%s\\fR(1)\n", command->name);
        put_text(text, command->summary);
        text_add(text, "\n");
    }
    text_add(text, ".SH OPTIONS\n.TP\n\\fB\\-\\-help\\fR\nprint the commands\n"
                   ".TP\n\\fB\\-\\-version\\fR\nprint the version\n");
    exit_statuses(text);
    environment(text);
}

void manual_man(struct text *text, const struct manual *manual, const struct manual_page *page) {
    if (page == NULL) {
        overview(text, manual);
        return;
    }
    struct text name = {0};
    text_add(&name, "sardonyx-%s", page->command->name);
    head(text, text_get(&name), page->command->summary);
    text_free(&name);
    text_add(text, ".SH SYNOPSIS\n\\fBsardonyx %s\\fR ", page->command->name);
    put_text(text, page->command->usage);
    text_add(text, "\n.SH DESCRIPTION\n");
    help(text, page->command->help, false);
    text_add(text, ".SH OPTIONS\n");
    for (size_t i = 0; i < page->n_options; i++) {
        option(text, &page->options[i]);
    }
    help(text, page->command->help, true);
    text_add(text, ".SH EXIT STATUS\n0 where all is well; the others are in "
                   "\\fBsardonyx\\fR(1), with the environment.\n"
                   ".SH SEE ALSO\n\\fBsardonyx\\fR(1)\n");
}
