/* One parser for the options of every command. A command describes its options in const tables;
 * each row names the member of a settings struct that receives what the user gave. Help, "did you
 * mean" and all error texts come from the rows. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "cli/fault.h"

enum option_kind {
    OPTION_FLAG,   /* bool: set to true */
    OPTION_TEXT,   /* const char *: the last one given */
    OPTION_LIST,   /* struct text_list: each one given */
    OPTION_COUNT,  /* uint64_t: a whole number */
    OPTION_BYTES,  /* uint64_t: a whole number, K, M, G, T multiply by powers of 1024 */
    OPTION_NUMBER, /* double: a finite number */
};

struct option {
    const char *name;     /* without dashes */
    const char *argument; /* as help shows it; NULL for a flag */
    const char *help;     /* one line */
    enum option_kind kind;
    size_t offset; /* of the member in the group's settings */
};

struct text_list {
    const char **items; /* owned array of borrowed texts */
    size_t n;
};
void text_list_add(struct text_list *list, const char *item);
void text_list_free(struct text_list *list);

/* Options that belong together and the struct they fill. */
struct option_group {
    const struct option *options;
    size_t n;
    void *settings;
};

/* The last option of every command: --help. */
extern const struct option help_option;

/* Is told the options of a command instead of having help printed. */
struct option_listener {
    void (*tell)(void *user, const struct option_group *groups, size_t n_groups);
    void *user;
};

/* One command of the table in commands.c. */
struct command {
    const char *name;
    const char *summary; /* one line, begins in lower case */
    const char *usage;   /* what follows the name: "MODEL [options]" */
    const char *help;    /* further text; ends with examples and a line end */
    int (*run)(const struct command *command, int n,
               char **arguments);           /* returns the exit status */
    const struct option_listener *listener; /* borrowed; NULL: help is for people */
};

/* Reads `arguments`; what is no option goes to `rest`. Returns false when there is nothing to do
 * any more: help was printed (fault->exit is EXIT_GOOD) or the fault is set. */
bool options_parse(const struct command *command, const struct option_group *groups,
                   size_t n_groups, int n, char **arguments, struct text_list *rest,
                   struct fault *fault);

/* The word of `words` that is nearest to `wrong`; NULL when none is near. */
const char *nearest_word(const char *wrong, const char *const *words, size_t n);

/* A whole decimal number in the whole of `str`; false for anything else or beyond the range. */
bool parse_int64(sdx_str str, int64_t *out);
bool parse_uint64(sdx_str str, uint64_t *out);
/* A number in the whole of `str`; "nan" and "inf" count as well. */
bool parse_number(sdx_str str, double *out);

#endif
