/* cases.h: a walk over folders, bounded in depth. */
#include "cli/cases.h"

#include <string.h>

#include "cli/file.h"
#include "cli/memory.h"
#include "cli/os.h"

enum { MAX_DEPTH = 32 }; /* folders within each other */

bool glob_matches(const char *glob, const char *text) {
    const char *star = NULL;
    const char *from = NULL; /* of the text that the last star does not cover yet */
    while (*text != 0) {
        if (*glob == '*') {
            star = glob++;
            from = text;
        } else if (*glob == '?' || *glob == *text) {
            glob++;
            text++;
        } else if (star != NULL) {
            glob = star + 1;
            text = ++from;
        } else {
            return false;
        }
    }
    while (*glob == '*') {
        glob++;
    }
    return *glob == 0;
}

static bool wanted(const struct text_list *filters, const char *name) {
    for (size_t i = 0; i < filters->n; i++) {
        if (glob_matches(filters->items[i], name) ||
            glob_matches(filters->items[i], path_name(name))) {
            return true;
        }
    }
    return filters->n == 0;
}

static void add_case(struct case_list *list, const char *name, const char *folder) {
    list->cases = mem_grow(list->cases, list->n + 1, sizeof *list->cases);
    list->cases[list->n++] =
        (struct check_case){.name = mem_text(name), .folder = mem_text(folder)};
}

struct walk {
    const struct text_list *filters;
    struct case_list *list;
    struct fault *fault;
};

/* `name` is the path of `folder` below the first one, "" at the top. */
static bool walk(const struct walk *context, const char *folder, const char *name, unsigned depth) {
    struct os_listing listing = {0};
    bool has_model = false;
    bool has_data = false;
    bool good = true;
    if (!os_list(folder, &listing, context->fault)) {
        return false;
    }
    for (size_t i = 0; i < listing.n; i++) {
        has_model = has_model || (listing.entries[i].kind == OS_FILE &&
                                  strcmp(listing.entries[i].name, "model.onnx") == 0);
        has_data = has_data || (listing.entries[i].kind == OS_FOLDER &&
                                strncmp(listing.entries[i].name, "test_data_set_", 14) == 0);
    }
    const char *const shown = name[0] != 0 ? name : path_name(folder);
    if (has_model && has_data && wanted(context->filters, shown)) {
        add_case(context->list, shown, folder);
    }
    for (size_t i = 0; good && i < listing.n && depth < MAX_DEPTH; i++) {
        if (listing.entries[i].kind == OS_FOLDER) {
            struct text below = {0};
            struct text path = {0};
            text_add(&below, "%s%s%s", name, name[0] != 0 ? "/" : "", listing.entries[i].name);
            text_add(&path, "%s/%s", folder, listing.entries[i].name);
            good = walk(context, text_get(&path), text_get(&below), depth + 1);
            text_free(&path);
            text_free(&below);
        }
    }
    os_listing_free(&listing);
    return good;
}

bool cases_find(const char *folder, const struct text_list *filters, struct case_list *list,
                struct fault *fault) {
    const struct walk context = {filters, list, fault};
    size_t len = strlen(folder);
    while (len > 1 && os_is_separator(folder[len - 1])) {
        len--;
    }
    char *const path = mem_copy(folder, len);
    const bool good = walk(&context, path, "", 0);
    mem_free(path);
    return good;
}

void cases_free(struct case_list *list) {
    for (size_t i = 0; i < list->n; i++) {
        mem_free(list->cases[i].name);
        mem_free(list->cases[i].folder);
    }
    mem_free(list->cases);
    *list = (struct case_list){0};
}

bool expected_read(const char *path, struct expected_list *out, struct fault *fault) {
    struct bytes bytes = {0};
    struct expected_list list = {0};
    if (!file_read(path, &bytes, fault)) {
        return false;
    }
    for (size_t at = 0; at < bytes.size;) {
        size_t len = 0;
        while (at + len < bytes.size && bytes.ptr[at + len] != '\n') {
            len++;
        }
        char *const line = mem_copy((const char *)bytes.ptr + at, len);
        at += len + 1;
        const size_t name = strcspn(line, " \t\r");
        if (name == 0 || line[0] == '#') {
            mem_free(line);
            continue;
        }
        const size_t gap = strspn(line + name, " \t\r");
        line[strcspn(line, "\r")] = 0;
        const char *const reason = line[name] != 0 ? line + name + gap : "";
        line[name] = 0;
        list.failures = mem_grow(list.failures, list.n + 1, sizeof *list.failures);
        list.failures[list.n++] = (struct expected_failure){line, reason};
    }
    bytes_free(&bytes);
    *out = list;
    return true;
}

void expected_mark(const struct expected_list *expected, struct case_list *list) {
    for (size_t i = 0; i < list->n; i++) {
        for (size_t k = 0; k < expected->n; k++) {
            const char *const name = expected->failures[k].name;
            if (strcmp(name, list->cases[i].name) == 0 ||
                strcmp(name, path_name(list->cases[i].name)) == 0) {
                list->cases[i].expected = expected->failures[k].reason;
            }
        }
    }
}

void expected_free(struct expected_list *expected) {
    for (size_t i = 0; i < expected->n; i++) {
        mem_free(expected->failures[i].name);
    }
    mem_free(expected->failures);
    *expected = (struct expected_list){0};
}
