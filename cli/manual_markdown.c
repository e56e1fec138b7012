/* manual.h: pages for docs/. */
#include <string.h>

#include "cli/manual.h"
#include "cli/schema.h"

static const char made[] = "<!-- Written by 'sardonyx docs' from the tables of the command; "
                           "./dev lint --fix docs writes it anew. -->\n";

/* What Markdown would take for a mark is escaped; a cell of a table ends at a bar. */
static void put(struct text *text, sdx_str str, bool cell) {
    for (size_t i = 0; i < str.len; i++) {
        text_add(text, strchr(cell ? "*<`|" : "*<`", str.ptr[i]) != NULL ? "\\%c" : "%c",
                 str.ptr[i]);
    }
}

static void help(struct text *text, const char *words, bool examples) {
    sdx_str line;
    bool open = false;
    while (manual_line(&words, &line)) {
        if (manual_is_example(line) != examples) {
            continue;
        }
        if (examples) {
            text_add(text, open ? "" : "\n## Examples\n\n```sh\n");
            text_add(text, "%.*s\n", (int)line.len - 2, line.ptr + 2);
            open = true;
        } else if (line.len > 0 || (*words != 0 && *words != ' ')) {
            put(text, line, false);
            text_add(text, "\n");
        }
    }
    text_add(text, open ? "```\n" : "");
}

static void overview(struct text *text, const struct manual *manual) {
    struct exit_status row;
    const char *name = NULL;
    const char *standard = NULL;
    const char *about = NULL;
    text_add(text,
             "# The command `sardonyx`\n\n%s\n"
             "    sardonyx COMMAND [options]\n\n"
             "| command | does |\n|---|---|\n",
             made);
    for (size_t i = 0; i < manual->n; i++) {
        const struct command *const command = manual->pages[i].command;
        text_add(text, "| [%s](%s.md) | %s |\n", command->name, command->name, command->summary);
    }
    text_add(text,
             "\n`sardonyx COMMAND --help` prints the page of a command, `sardonyx --version` "
             "the version. Output is for people and may change;\n`--json` is for programs "
             "and only grows.\n\n## Exit status\n\n| status | code | meaning |\n|---:|---|---|"
             "\n");
    for (size_t i = 0; manual_exit_status(i, &row); i++) {
        text_add(text, "| %d | %s | %s |\n", row.status, row.name, row.meaning);
    }
    text_add(text, "\nThe codes are those of the library (`sdx_code`); [errors](../errors.md) says "
                   "what to do about each.\n\n## Environment\n\n| variable | default | meaning "
                   "|\n|---|---|---|\n");
    for (size_t i = 0; sdx_knob_info(i, &name, &standard, &about); i++) {
        text_add(text, "| `%s` | %s | ", name, standard);
        put(text, str_of(about), true);
        text_add(text, " |\n");
    }
    text_add(text, "| `NO_COLOR` | | when set, no colours on a terminal |\n");
}

void manual_markdown(struct text *text, const struct manual *manual,
                     const struct manual_page *page) {
    if (page == NULL) {
        overview(text, manual);
        return;
    }
    text_add(text, "# sardonyx %s: ", page->command->name);
    put(text, str_of(page->command->summary), false);
    text_add(text, "\n\n%s\n    sardonyx %s %s\n\n", made, page->command->name,
             page->command->usage);
    help(text, page->command->help, false);
    text_add(text, "\n## Options\n\n| option | meaning |\n|---|---|\n");
    for (size_t i = 0; i < page->n_options; i++) {
        const struct option *const option = &page->options[i];
        text_add(text, "| `--%s", option->name);
        for (const char *c = option->argument; c != NULL && *c != 0; c++) {
            text_add(text, c == option->argument ? " " : "");
            text_add(text, *c == '|' ? "\\%c" : "%c", *c); /* a table ends its cells there */
        }
        text_add(text, "` | ");
        put(text, str_of(option->help), true);
        text_add(text, " |\n");
    }
    help(text, page->command->help, true);
    text_add(text, "\nExit status and environment: [the command](README.md).\n");
}

void manual_operators(struct text *text) {
    struct schema_list list = {0};
    struct fault fault = {0};
    (void)schemas_find(&(struct text_list){0}, &list, &fault);
    text_add(text,
             "# Operators\n\n%s\n"
             "%zu operators. *Since* is the first opset version that has it, *newest* the version "
             "that nodes of older opsets are brought to, *until*\nthe last one where it has an "
             "end. `sardonyx ops NAME` shows inputs, outputs, attributes and types of one, "
             "`sardonyx ops --types` the types\nof all. *Tested by*: conformance, a case of the "
             "ONNX specification; corpus, a real model with reference outputs; unit, a test of "
             "its own.\n\n"
             "| operator | since | newest | until | tested by |\n|---|---:|---:|---:|---|\n",
             made, list.n);
    for (size_t i = 0; i < list.n; i++) {
        const struct schema *const schema = &list.items[i];
        struct text tested = {0};
        text_add(text, "| ");
        schema_name(text, &schema->facts);
        text_add(text, " | %d | %d | ", schema->facts.since, schema->facts.newest);
        if (schema->facts.until > 0) {
            text_add(text, "%d ", schema->facts.until);
        }
        schema_tested(&tested, schema->tested);
        text_add(text, "| %s |\n", text_get(&tested));
        text_free(&tested);
    }
    schemas_free(&list);
    fault_free(&fault);
}
