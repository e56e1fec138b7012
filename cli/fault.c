/* Errors of the command: see fault.h. */
#include "cli/fault.h"

#include <stdio.h>

static void set(struct fault *fault, int status, const char *format, va_list arguments) {
    text_free(&fault->text);
    fault->exit = status;
    text_addv(&fault->text, format, arguments);
}

bool fault_set(struct fault *fault, int status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    set(fault, status, format, arguments);
    va_end(arguments);
    return false;
}

bool fault_code(struct fault *fault, sdx_code code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    set(fault, EXIT_OF_CODE + (int)code, format, arguments);
    va_end(arguments);
    return false;
}

bool fault_in(struct fault *fault, const char *format, ...) {
    struct text outer = {0};
    va_list arguments;
    va_start(arguments, format);
    text_addv(&outer, format, arguments);
    va_end(arguments);
    text_add(&outer, ": %s", text_get(&fault->text));
    text_free(&fault->text);
    fault->text = outer;
    return false;
}

bool fault_check(struct fault *fault, sdx_status status) {
    if (status == NULL) {
        return true;
    }
    fault_code(fault, sdx_status_code(status), "%s", sdx_status_text(status));
    sdx_status_free(status);
    return false;
}

int fault_report(struct fault *fault) {
    const int status = fault->exit;
    fprintf(stderr, "sardonyx: %s\n", text_get(&fault->text));
    fault_free(fault);
    return status;
}

void fault_free(struct fault *fault) {
    text_free(&fault->text);
    fault->exit = EXIT_GOOD;
}
