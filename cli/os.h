/* What the command asks of the operating system: terminal, clock, folders, libraries, child
 * processes. */
#ifndef CLI_OS_H
#define CLI_OS_H

#include <stdio.h>

#include "cli/fault.h"

/* First of all: what `main` was given becomes UTF-8, standard streams take bytes as they are. */
void os_begin(int *n, char ***arguments);
FILE *os_open(const char *path, const char *mode); /* fopen for a path in UTF-8 */
bool os_is_separator(char c);                      /* between the parts of a path */

enum os_colours { OS_NO_COLOURS, OS_SOME_COLOURS, OS_ALL_COLOURS };
enum os_colours os_colours(void); /* that stdout shows */
bool os_is_terminal(int stream);  /* 0 stdin, 1 stdout, 2 stderr */
unsigned os_columns(void);        /* of the terminal at stdout; 0 when there is none */
uint64_t os_now(void);            /* nanoseconds of a clock that only goes forward */
uint64_t os_resident(void); /* bytes of memory of this process that are resident; 0: not known */

/* What the system counts for this process, in bytes; 0: not known. */
struct os_footprint {
    uint64_t resident, peak; /* peak: since os_footprint_reset, or the start */
    uint64_t proportional;   /* of the resident pages, those that others share by their part */
    uint64_t anonymous;      /* resident and not of a file: heaps, stacks, packs, slabs */
    uint64_t mapped;         /* resident in the mappings asked for */
};
/* `mapped`: where mappings begin. False where the system does not tell. */
bool os_footprint(const void *const *mapped, size_t n, struct os_footprint *out);
/* The peak begins anew; false where that cannot be done. */
bool os_footprint_reset(void);

enum os_kind { OS_NOTHING, OS_FILE, OS_FOLDER };
enum os_kind os_kind_of(const char *path); /* links are followed */

struct os_entry {
    char *name; /* owned, without folder */
    enum os_kind kind;
};
struct os_listing {
    struct os_entry *entries; /* owned; sorted so that "set_2" comes before "set_10" */
    size_t n;
};
/* The entries of a folder without "." and "..". Links to folders are listed as nothing, so that a
 * walk ends. */
bool os_list(const char *path, struct os_listing *out, struct fault *fault);
/* For os_list; the order is that of numbers where there are digits. */
void os_listing_add(struct os_listing *listing, const char *name, enum os_kind kind);
void os_listing_sort(struct os_listing *listing);
void os_listing_free(struct os_listing *listing);
bool os_make_folder(const char *path, struct fault *fault); /* one that exists is good */

/* The first of `names` (ended by NULL) that the system can load, for the life of the process; NULL:
 * none. */
void *os_library(const char *const *names);
/* What helps where there is none: `install`, or another command where this one is static and loads
 * nothing. */
const char *os_library_advice(const char *install);
/* Stores the address of a function in the function pointer at `function`; false when there is none.
 */
bool os_function(void *library, const char *name, void *function);

/* Runs `job` in a child process and collects what it adds to `answer`. False with a fault when the
 * child died ("ended by signal 11 (Segmentation fault)") or was not done after `seconds` (0: no
 * limit). Only where os_can_isolate() says that the system has such children. */
typedef void os_job(void *user, struct text *answer);
bool os_can_isolate(void);
bool os_isolate(os_job *job, void *user, double seconds, struct text *answer, struct fault *fault);

#endif
