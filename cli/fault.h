/* What went wrong, for the person at the terminal: a text and the exit status that goes with it.
 * Functions that can fail return bool and fill the fault; a fault is set once and may then be given
 * outer places. */
#ifndef CLI_FAULT_H
#define CLI_FAULT_H

#include "cli/text.h"

/* Exit status of the command. A status of the library ends it with EXIT_OF_CODE + its sdx_code:
 * SDX_INVALID_ARGUMENT with 3, SDX_INVALID_MODEL with 4, ... SDX_INTERNAL with 16. */
enum { EXIT_GOOD = 0, EXIT_CHECK = 1, EXIT_USAGE = 2, EXIT_OF_CODE = 2 };

struct fault {
    int exit;         /* EXIT_GOOD while nothing is wrong */
    struct text text; /* "place: found, expected; fix" */
};

/* Sets the fault; returns false. */
bool fault_set(struct fault *fault, int status, const char *format, ...) CLI_PRINTF(3, 4);
/* The same with the exit status of a code of the library. */
bool fault_code(struct fault *fault, sdx_code code, const char *format, ...) CLI_PRINTF(3, 4);
/* Puts "place: " before the text; returns false. */
bool fault_in(struct fault *fault, const char *format, ...) CLI_PRINTF(2, 3);
/* True for NULL. Else takes over text and code of `status`, frees it and returns false. */
bool fault_check(struct fault *fault, sdx_status status);
/* Prints "sardonyx: text" to stderr, frees the fault and returns its exit status. */
int fault_report(struct fault *fault);
void fault_free(struct fault *fault);

#endif
