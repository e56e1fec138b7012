/* The option parser: see options.h. */
#include "cli/options.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/memory.h"

void text_list_add(struct text_list *list, const char *item) {
    list->items = mem_grow((void *)list->items, list->n + 1, sizeof *list->items);
    list->items[list->n++] = item;
}

void text_list_free(struct text_list *list) {
    mem_free((void *)list->items);
    *list = (struct text_list){0};
}

/* ---- help ---- */

const struct option help_option = {.name = "help", .help = "print this text"};

static void print_option(struct text *text, const struct option *option) {
    struct text left = {0};
    text_add(&left, "  --%s%s%s", option->name, option->argument != NULL ? " " : "",
             option->argument != NULL ? option->argument : "");
    text_add(text, "%-30s%s%s\n", text_get(&left), left.len >= 30 ? " " : "", option->help);
    text_free(&left);
}

static void print_help(const struct command *command, const struct option_group *groups,
                       size_t n_groups) {
    struct text text = {0};
    if (command->listener != NULL) {
        command->listener->tell(command->listener->user, groups, n_groups);
        return;
    }
    text_add(&text, "sardonyx %s: %s\n\nusage: sardonyx %s %s\n\noptions:\n", command->name,
             command->summary, command->name, command->usage);
    for (size_t g = 0; g < n_groups; g++) {
        for (size_t i = 0; i < groups[g].n; i++) {
            print_option(&text, &groups[g].options[i]);
        }
    }
    print_option(&text, &help_option);
    printf("%s\n%s", text_get(&text), command->help);
    text_free(&text);
}

/* ---- words ---- */

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* Number of insertions, deletions and replacements from `a` to `b`; both are shorter than 32. */
static size_t distance(const char *a, const char *b) {
    size_t row[33];
    const size_t len = strlen(b);
    for (size_t j = 0; j <= len; j++) {
        row[j] = j;
    }
    for (size_t i = 0; a[i] != 0; i++) {
        size_t diagonal = row[0]++;
        for (size_t j = 0; j < len; j++) {
            const size_t replaced = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = least(replaced, 1 + least(row[j], row[j + 1]));
        }
    }
    return row[len];
}

const char *nearest_word(const char *wrong, const char *const *words, size_t n) {
    const char *best = NULL;
    size_t best_distance = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        if (strlen(wrong) < 32 && strlen(words[i]) < 32) {
            const bool begins = strlen(wrong) >= 2 && strncmp(words[i], wrong, strlen(wrong)) == 0;
            const size_t far = begins ? 1 : distance(wrong, words[i]);
            if (far < best_distance && far <= 1 + strlen(words[i]) / 4) {
                best = words[i];
                best_distance = far;
            }
        }
    }
    return best;
}

/* ---- parsing ---- */

struct parser {
    const struct command *command;
    const struct option_group *groups;
    size_t n_groups;
    struct fault *fault;
};

static const struct option *find_option(const struct parser *parser, sdx_str name,
                                        void **settings) {
    for (size_t g = 0; g < parser->n_groups; g++) {
        for (size_t i = 0; i < parser->groups[g].n; i++) {
            if (str_is(name, parser->groups[g].options[i].name)) {
                *settings = parser->groups[g].settings;
                return &parser->groups[g].options[i];
            }
        }
    }
    return NULL;
}

static bool unknown_option(const struct parser *parser, sdx_str name) {
    struct text_list words = {0};
    for (size_t g = 0; g < parser->n_groups; g++) {
        for (size_t i = 0; i < parser->groups[g].n; i++) {
            text_list_add(&words, parser->groups[g].options[i].name);
        }
    }
    text_list_add(&words, "help");
    char *const wrong = mem_copy(name.ptr, name.len);
    const char *const near = nearest_word(wrong, words.items, words.n);
    fault_set(parser->fault, EXIT_USAGE,
              "%s: no option '--%s'%s%s%s; 'sardonyx %s --help' lists them", parser->command->name,
              wrong, near != NULL ? ", did you mean '--" : "", near != NULL ? near : "",
              near != NULL ? "'" : "", parser->command->name);
    mem_free(wrong);
    text_list_free(&words);
    return false;
}

static bool parse_bytes(sdx_str str, uint64_t *out) {
    static const char units[] = "KMGT";
    unsigned shift = 0;
    const char *const unit =
        str.len > 1 && str.ptr[str.len - 1] != 0 ? strchr(units, str.ptr[str.len - 1]) : NULL;
    if (unit != NULL) {
        shift = 10 * (unsigned)(unit - units + 1);
        str.len--;
    }
    if (!parse_uint64(str, out) || *out > UINT64_MAX >> shift) {
        return false;
    }
    *out <<= shift;
    return true;
}

static bool store(const struct parser *parser, const struct option *option, void *settings,
                  const char *value) {
    void *const target = (char *)settings + option->offset;
    bool good = true;
    const char *expected = "a whole number";
    if (option->kind == OPTION_FLAG) {
        *(bool *)target = true;
    } else if (option->kind == OPTION_TEXT) {
        *(const char **)target = value;
    } else if (option->kind == OPTION_LIST) {
        text_list_add(target, value);
    } else if (option->kind == OPTION_COUNT) {
        good = parse_uint64(str_of(value), target);
    } else if (option->kind == OPTION_BYTES) {
        good = parse_bytes(str_of(value), target);
        expected = "a number of bytes such as 512M";
    } else {
        good = parse_number(str_of(value), target) && isfinite(*(double *)target);
        expected = "a number";
    }
    return good ||
           fault_set(parser->fault, EXIT_USAGE, "%s: option '--%s' has value '%s', expected %s",
                     parser->command->name, option->name, value, expected);
}

/* Handles the option at arguments[*at] and moves *at past what it took. */
static bool parse_one(const struct parser *parser, int n, char **arguments, int *at) {
    const char *const name = arguments[(*at)++] + 2;
    const char *const equals = strchr(name, '=');
    const sdx_str word = {name, equals != NULL ? (size_t)(equals - name) : strlen(name)};
    void *settings = NULL;
    const struct option *const option = find_option(parser, word, &settings);
    if (option == NULL) {
        return unknown_option(parser, word);
    }
    if (option->kind == OPTION_FLAG) {
        return equals == NULL
                   ? store(parser, option, settings, NULL)
                   : fault_set(parser->fault, EXIT_USAGE, "%s: option '--%s' takes no value",
                               parser->command->name, option->name);
    }
    if (equals != NULL) {
        return store(parser, option, settings, equals + 1);
    }
    if (*at == n) {
        return fault_set(parser->fault, EXIT_USAGE, "%s: option '--%s' needs a value: --%s %s",
                         parser->command->name, option->name, option->name, option->argument);
    }
    return store(parser, option, settings, arguments[(*at)++]);
}

bool options_parse(const struct command *command, const struct option_group *groups,
                   size_t n_groups, int n, char **arguments, struct text_list *rest,
                   struct fault *fault) {
    const struct parser parser = {command, groups, n_groups, fault};
    for (int at = 0; at < n;) {
        const char *const argument = arguments[at];
        if (strcmp(argument, "--") == 0) {
            for (at++; at < n; at++) {
                text_list_add(rest, arguments[at]);
            }
        } else if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0) {
            print_help(command, groups, n_groups);
            return false;
        } else if (strncmp(argument, "--", 2) == 0) {
            if (!parse_one(&parser, n, arguments, &at)) {
                return false;
            }
        } else if (argument[0] == '-' && argument[1] != 0) {
            return fault_set(fault, EXIT_USAGE,
                             "%s: no option '%s'; options begin with two dashes: 'sardonyx %s "
                             "--help' lists them",
                             command->name, argument, command->name);
        } else {
            text_list_add(rest, argument);
            at++;
        }
    }
    return true;
}
