/* The folders with test data that `check` finds, and the list of those that are expected to fail.
 */
#ifndef CLI_CASES_H
#define CLI_CASES_H

#include "cli/options.h"

struct check_case {
    char *name;           /* owned: the folder below the one that was named */
    char *folder;         /* owned: path */
    const char *expected; /* why it is expected to fail; NULL: it is not. Borrowed from the list */
};
struct case_list {
    struct check_case *cases; /* owned; in the order of the folders' names */
    size_t n;
};

/* Adds every folder at or below `folder` with a model.onnx and a test_data_set_*. `filters` are
 * globs for names, none: all. */
bool cases_find(const char *folder, const struct text_list *filters, struct case_list *list,
                struct fault *fault);
void cases_free(struct case_list *list);

/* Lines "name reason"; empty ones and those that begin with # do not count. */
struct expected_list {
    struct expected_failure {
        char *name;         /* owned */
        const char *reason; /* points behind the name */
    } * failures;           /* owned */
    size_t n;
};
bool expected_read(const char *path, struct expected_list *out, struct fault *fault);
void expected_mark(const struct expected_list *expected, struct case_list *list);
void expected_free(struct expected_list *expected);

/* `*` stands for any text, `?` for one character. */
bool glob_matches(const char *glob, const char *text);

#endif
