/* manual.h: completion of command lines. Each shell gets a static script; what a word may be
 * follows from how the tables call the argument. */
#include <string.h>

#include "cli/manual.h"

/* What an argument is completed with. */
enum wish { WISH_NOTHING, WISH_WORDS, WISH_FILE, WISH_FOLDER, WISH_MODEL };

/* Adds the words that an option takes, between spaces; else says what it takes. */
static enum wish option_wish(const struct option *option, struct text *words) {
    const char *name = NULL;
    const char *help = NULL;
    if (strcmp(option->name, "disable-rule") == 0) {
        for (size_t i = 0; sdx_rule_info(i, &name, &help); i++) {
            text_add(words, "%s%s", words->len > 0 ? " " : "", name);
        }
        return WISH_WORDS;
    }
    if (strchr(option->argument, '|') != NULL) {
        for (const char *c = option->argument; *c != 0; c++) {
            text_add(words, "%c", *c == '|' ? ' ' : *c);
        }
        return WISH_WORDS;
    }
    return strstr(option->argument, "FILE") != NULL || strncmp(option->argument, "LIB", 3) == 0
               ? WISH_FILE
           : strstr(option->argument, "DIR") != NULL ? WISH_FOLDER
                                                     : WISH_NOTHING;
}

/* The same of what is no option. */
static enum wish rest_wish(const struct command *command, struct text *words) {
    sdx_operator_schema facts = {.struct_size = sizeof facts};
    const sdx_str first = {command->usage, strcspn(command->usage, " ")};
    struct text usage = {0};
    text_bytes(&usage, first.ptr, first.len);
    enum wish wish = strstr(text_get(&usage), "MODEL") != NULL ? WISH_MODEL
                     : strstr(text_get(&usage), "DIR") != NULL ? WISH_FOLDER
                                                               : WISH_NOTHING;
    if (strstr(text_get(&usage), "OPERATOR") != NULL) {
        for (size_t i = 0; sdx_operator_describe(NULL, i, &facts); i++) {
            if (facts.domain[0] == 0) {
                text_add(words, "%s%s", words->len > 0 ? " " : "", facts.name);
            }
        }
        wish = WISH_WORDS;
    } else if (strcmp(text_get(&usage), "bash|zsh|fish") == 0) {
        text_add(words, "bash zsh fish");
        wish = WISH_WORDS;
    }
    text_free(&usage);
    return wish;
}

/* Doubles what ends a text in single quotes: ' becomes `escaped`. */
static void quoted(struct text *text, const char *words, const char *escape,
                   const char *backslashed) {
    for (const char *c = words; *c != 0; c++) {
        if (*c == '\'') {
            text_add(text, "%s", escape);
        } else {
            text_add(text, strchr(backslashed, *c) != NULL ? "\\%c" : "%c", *c);
        }
    }
}

/* ---- bash ---- */

static const char bash_files[] =
    "# Files, folders or models for the word $cur; folders are always among them.\n"
    "_sardonyx_paths() { # f | d | m\n"
    "    local IFS=$'\\n'\n"
    "    compopt -o filenames 2>/dev/null\n"
    "    case $1 in\n"
    "        f) COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n"
    "        d) COMPREPLY=($(compgen -d -- \"$cur\")) ;;\n"
    "        m) COMPREPLY=($(compgen -d -- \"$cur\"; compgen -f -X '!*.onnx' -- \"$cur\")) ;;\n"
    "    esac\n"
    "}\n\n"
    "_sardonyx_words() { COMPREPLY=($(compgen -W \"$1\" -- \"$cur\")); }\n\n";

static const char bash_begin[] =
    "_sardonyx() {\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} at=$((COMP_CWORD - 1)) command=${COMP_WORDS[1]}\n"
    "    COMPREPLY=()\n"
    "    # --option=value and NAME=FILE come as several words, '=' being one: at the option, if "
    "any.\n"
    "    local named=no\n"
    "    if [ \"$cur\" = = ]; then\n"
    "        cur= named=yes\n"
    "    elif [ \"${COMP_WORDS[at]}\" = = ]; then\n"
    "        at=$((at - 1)) named=yes\n"
    "    fi\n"
    "    if [ $named = yes ] && [[ ${COMP_WORDS[at]} != -* ]]; then\n"
    "        at=$((at - 1))\n"
    "        [ \"${COMP_WORDS[at]}\" != = ] || at=$((at - 1))\n"
    "    fi\n";

static void bash_wish(struct text *text, enum wish wish, const struct text *words) {
    if (wish == WISH_WORDS) {
        text_add(text, "_sardonyx_words '%s'", text_get(words));
    } else {
        text_add(text, "%s",
                 wish == WISH_FILE     ? "_sardonyx_paths f"
                 : wish == WISH_FOLDER ? "_sardonyx_paths d"
                 : wish == WISH_MODEL  ? "_sardonyx_paths m"
                                       : ":");
    }
}

static void bash_page(struct text *text, const struct manual_page *page) {
    struct text words = {0};
    for (size_t i = 0; i < page->n_options; i++) {
        const struct option *const option = &page->options[i];
        if (option->argument != NULL) {
            const enum wish wish = option_wish(option, &words);
            text_add(text, "        %s:--%s) ", page->command->name, option->name);
            bash_wish(text, wish, &words);
            text_add(text, "; return ;;\n");
            text_free(&words);
        }
    }
}

static void bash(struct text *text, const struct manual *manual) {
    text_add(text,
             "# Completion of sardonyx for bash. Written by 'sardonyx completion bash'.\n\n%s"
             "%s    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        _sardonyx_words '",
             bash_files, bash_begin);
    for (size_t i = 0; i < manual->n; i++) {
        text_add(text, "%s ", manual->pages[i].command->name);
    }
    text_add(text, "--help --version'\n        return\n    fi\n"
                   "    case $command:${COMP_WORDS[at]} in\n");
    for (size_t i = 0; i < manual->n; i++) {
        bash_page(text, &manual->pages[i]);
    }
    text_add(text, "    esac\n    case $command:$cur in\n");
    for (size_t i = 0; i < manual->n; i++) {
        const struct manual_page *const page = &manual->pages[i];
        struct text words = {0};
        text_add(text, "        %s:-*) _sardonyx_words '", page->command->name);
        for (size_t k = 0; k < page->n_options; k++) {
            text_add(text, "%s--%s", k > 0 ? " " : "", page->options[k].name);
        }
        text_add(text, "' ;;\n        %s:*) ", page->command->name);
        const enum wish wish = rest_wish(page->command, &words);
        bash_wish(text, wish, &words);
        text_add(text, " ;;\n");
        text_free(&words);
    }
    text_add(text, "    esac\n}\ncomplete -F _sardonyx sardonyx\n");
}

/* ---- zsh ---- */

static void zsh_wish(struct text *text, enum wish wish, const struct text *words) {
    if (wish == WISH_WORDS) {
        text_add(text, "(%s)", text_get(words));
    } else {
        text_add(text, "%s",
                 wish == WISH_FILE     ? "_files"
                 : wish == WISH_FOLDER ? "_files -/"
                 : wish == WISH_MODEL  ? "_files -g \"*.onnx(-.)\""
                                       : " ");
    }
}

static void zsh_page(struct text *text, const struct manual_page *page) {
    text_add(text, "        %s)\n            _arguments \\\n", page->command->name);
    for (size_t i = 0; i < page->n_options; i++) {
        const struct option *const option = &page->options[i];
        struct text words = {0};
        text_add(text, "                '%s--%s%s[", option->kind == OPTION_LIST ? "*" : "",
                 option->name, option->argument != NULL ? "=" : "");
        quoted(text, option->help, "'\\''", "[]:\\");
        text_add(text, "]");
        if (option->argument != NULL) {
            const enum wish wish = option_wish(option, &words);
            text_add(text, ":value:");
            zsh_wish(text, wish, &words);
            text_free(&words);
        }
        text_add(text, "' \\\n");
    }
    struct text words = {0};
    const enum wish wish = rest_wish(page->command, &words);
    text_add(text, "                '*:argument:");
    zsh_wish(text, wish, &words);
    text_add(text, "'\n            ;;\n");
    text_free(&words);
}

static void zsh(struct text *text, const struct manual *manual) {
    text_add(text, "#compdef sardonyx\n"
                   "# Completion of sardonyx for zsh. Written by 'sardonyx completion zsh'.\n\n"
                   "_sardonyx() {\n"
                   "    if (( CURRENT == 2 )); then\n"
                   "        local -a commands=(\n");
    for (size_t i = 0; i < manual->n; i++) {
        const struct command *const command = manual->pages[i].command;
        text_add(text, "            '%s:", command->name);
        quoted(text, command->summary, "'\\''", ":\\");
        text_add(text, "'\n");
    }
    text_add(text, "        )\n        _describe command commands\n        return\n    fi\n"
                   "    local command=$words[2]\n"
                   "    shift words\n    (( CURRENT-- ))\n    case $command in\n");
    for (size_t i = 0; i < manual->n; i++) {
        zsh_page(text, &manual->pages[i]);
    }
    text_add(text, "    esac\n}\n\n"
                   "if [ \"$funcstack[1]\" = _sardonyx ]; then\n    _sardonyx \"$@\"\n"
                   "else\n    compdef _sardonyx sardonyx\nfi\n");
}

/* ---- fish ---- */

static void fish_wish(struct text *text, enum wish wish, const struct text *words) {
    if (wish == WISH_WORDS) {
        text_add(text, " -x -a '%s'", text_get(words));
    } else {
        text_add(text, "%s",
                 wish == WISH_FILE     ? " -r -F"
                 : wish == WISH_FOLDER ? " -x -a '(__fish_complete_directories)'"
                 : wish == WISH_MODEL  ? " -k -a '(__fish_complete_suffix .onnx)'"
                                       : " -x");
    }
}

static void fish_page(struct text *text, const struct manual_page *page) {
    for (size_t i = 0; i < page->n_options; i++) {
        const struct option *const option = &page->options[i];
        struct text words = {0};
        text_add(text, "complete -c sardonyx -n '__fish_seen_subcommand_from %s' -l %s",
                 page->command->name, option->name);
        if (option->argument != NULL) {
            const enum wish wish = option_wish(option, &words);
            fish_wish(text, wish, &words);
            text_free(&words);
        }
        text_add(text, " -d '");
        quoted(text, option->help, "\\'", "\\");
        text_add(text, "'\n");
    }
    struct text words = {0};
    const enum wish wish = rest_wish(page->command, &words);
    if (wish != WISH_NOTHING) {
        text_add(text, "complete -c sardonyx -n '__fish_seen_subcommand_from %s'",
                 page->command->name);
        fish_wish(text, wish, &words);
        text_add(text, "\n");
    }
    text_free(&words);
}

static void fish(struct text *text, const struct manual *manual) {
    text_add(text, "# Completion of sardonyx for fish. Written by 'sardonyx completion fish'.\n\n"
                   "complete -c sardonyx -f\n"
                   "complete -c sardonyx -n __fish_use_subcommand -l version -d 'print the "
                   "version'\n");
    for (size_t i = 0; i < manual->n; i++) {
        const struct command *const command = manual->pages[i].command;
        text_add(text, "complete -c sardonyx -n __fish_use_subcommand -a %s -d '", command->name);
        quoted(text, command->summary, "\\'", "\\");
        text_add(text, "'\n");
    }
    for (size_t i = 0; i < manual->n; i++) {
        fish_page(text, &manual->pages[i]);
    }
}

bool manual_completion(struct text *text, const struct manual *manual, const char *shell) {
    static const struct {
        const char *name;
        void (*write)(struct text *text, const struct manual *manual);
    } shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
        if (strcmp(shells[i].name, shell) == 0) {
            shells[i].write(text, manual);
            return true;
        }
    }
    return false;
}
