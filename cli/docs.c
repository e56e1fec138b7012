/* sardonyx docs, sardonyx completion: what the command says of itself, as files. */
#include <stdio.h>

#include "cli/file.h"
#include "cli/manual.h"
#include "cli/os.h"

struct settings {
    const char *man, *markdown;
};

static const struct option options[] = {
    {"man", "DIR", "write manual pages there", OPTION_TEXT, offsetof(struct settings, man)},
    {"markdown", "DIR", "write operators.md and a folder cli/ there", OPTION_TEXT,
     offsetof(struct settings, markdown)},
};

/* Writes `text` into folder/name and frees it. */
static bool write_page(const char *folder, const char *name, struct text *text,
                       struct fault *fault) {
    struct text path = {0};
    text_add(&path, "%s/%s", folder, name);
    const bool good = file_write(text_get(&path), text_get(text), text->len, fault);
    text_free(&path);
    text_free(text);
    return good;
}

static bool write_man(const struct manual *manual, const char *folder, struct fault *fault) {
    struct text text = {0};
    bool good = os_make_folder(folder, fault);
    if (good) {
        manual_man(&text, manual, NULL);
        good = write_page(folder, "sardonyx.1", &text, fault);
    }
    for (size_t i = 0; good && i < manual->n; i++) {
        struct text name = {0};
        text_add(&name, "sardonyx-%s.1", manual->pages[i].command->name);
        manual_man(&text, manual, &manual->pages[i]);
        good = write_page(folder, text_get(&name), &text, fault);
        text_free(&name);
    }
    return good;
}

static bool write_markdown(const struct manual *manual, const char *folder, struct fault *fault) {
    struct text text = {0};
    struct text cli = {0};
    text_add(&cli, "%s/cli", folder);
    bool good = os_make_folder(folder, fault) && os_make_folder(text_get(&cli), fault);
    if (good) {
        manual_operators(&text);
        good = write_page(folder, "operators.md", &text, fault);
    }
    if (good) {
        manual_markdown(&text, manual, NULL);
        good = write_page(text_get(&cli), "README.md", &text, fault);
    }
    for (size_t i = 0; good && i < manual->n; i++) {
        struct text name = {0};
        text_add(&name, "%s.md", manual->pages[i].command->name);
        manual_markdown(&text, manual, &manual->pages[i]);
        good = write_page(text_get(&cli), text_get(&name), &text, fault);
        text_free(&name);
    }
    text_free(&cli);
    return good;
}

static bool write_all(const struct settings *settings, const struct text_list *rest,
                      struct fault *fault) {
    struct manual manual;
    if (rest->n > 0) {
        return fault_set(fault, EXIT_USAGE, "docs: '%s' is too much; docs takes no model",
                         rest->items[0]);
    }
    if (settings->man == NULL && settings->markdown == NULL) {
        return fault_set(fault, EXIT_USAGE,
                         "docs: nothing to write; sardonyx docs --man DIR or --markdown DIR");
    }
    manual_init(&manual);
    const bool good =
        (settings->man == NULL || write_man(&manual, settings->man, fault)) &&
        (settings->markdown == NULL || write_markdown(&manual, settings->markdown, fault));
    manual_free(&manual);
    return good;
}

int command_docs(const struct command *command, int n, char **arguments) {
    struct settings settings = {0};
    const struct option_group groups[] = {{options, sizeof options / sizeof *options, &settings}};
    struct text_list rest = {0};
    struct fault fault = {0};
    if (options_parse(command, groups, 1, n, arguments, &rest, &fault)) {
        (void)write_all(&settings, &rest, &fault);
    }
    text_list_free(&rest);
    return fault.exit != EXIT_GOOD ? fault_report(&fault) : EXIT_GOOD;
}

static void print_completion(const char *shell, struct fault *fault) {
    struct manual manual;
    struct text text = {0};
    manual_init(&manual);
    if (manual_completion(&text, &manual, shell)) {
        printf("%s", text_get(&text));
    } else {
        fault_set(fault, EXIT_USAGE,
                  "completion: shell '%s' is not known, expected bash, zsh or fish", shell);
    }
    text_free(&text);
    manual_free(&manual);
}

int command_completion(const struct command *command, int n, char **arguments) {
    struct text_list rest = {0};
    struct fault fault = {0};
    if (options_parse(command, NULL, 0, n, arguments, &rest, &fault)) {
        if (rest.n == 1) {
            print_completion(rest.items[0], &fault);
        } else {
            fault_set(&fault, EXIT_USAGE,
                      "completion: found %zu shells, expected one: sardonyx completion bash",
                      rest.n);
        }
    }
    text_list_free(&rest);
    return fault.exit != EXIT_GOOD ? fault_report(&fault) : EXIT_GOOD;
}
