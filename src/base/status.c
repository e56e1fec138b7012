/* Error objects: one malloc'd block of a code and its exact text. Adding a place makes a new block
 * in front of the old text; when memory is out the old one is passed on as it is, and the very
 * first error becomes a constant that is never freed. */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sdx_error {
    sdx_code code;
    const char *text; /* NUL-terminated; points to `own` but in the constant */
    char own[];
};

/* Bytes of one text with its NUL: hostile names cannot make errors grow without end. */
enum { TEXT_CAP = 16384 };

/* What stands in for an error that there was no memory to make. Never written and never freed. */
static const struct sdx_error no_memory = {
    SDX_OUT_OF_MEMORY, "out of memory, even for telling which allocation it was"};

static sdx_status without_memory(void) { return (sdx_status)(uintptr_t)&no_memory; }

/* Control bytes come from hostile names and would steer the reader's terminal. Line ends are for
 * lists. */
static void clean(char *text) {
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        if ((c < 0x20 && c != '\n') || c == 0x7f) *text = '?';
    }
}

/* Ends a text that was cut at `size` bytes with "...", not in the middle of a UTF-8 sequence. */
static void mark_cut(char *text, size_t size) {
    size_t at = size - 3;
    while (at > 0 && ((unsigned char)text[at] & 0xc0) == 0x80)
        at--;
    memcpy(text + at, "...", 4);
}

/* An error of the formatted text; NULL when there is no memory. */
static SDX_PRINTF(2, 0) sdx_status make(sdx_code code, const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    const int counted = vsnprintf(NULL, 0, format, again);
    va_end(again);
    const size_t wanted = counted < 0 ? 0 : (size_t)counted;
    const bool cut = wanted >= TEXT_CAP;
    const size_t size = cut ? TEXT_CAP - 1 : wanted;

    struct sdx_error *const error = malloc(sizeof *error + size + 1);
    if (!error) return NULL;
    error->code = code;
    error->text = error->own;
    (void)vsnprintf(error->own, size + 1, format, args);
    error->own[size] = '\0';
    if (cut) mark_cut(error->own, size);
    clean(error->own);
    return error;
}

sdx_status sdx_fail(sdx_code code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const sdx_status status = make(code, format, args);
    va_end(args);
    return status ? status : without_memory();
}

sdx_status sdx_in(sdx_status status, const char *format, ...) {
    if (!status) return NULL;
    char place[512]; /* places are short: a kind, a name, an operator */
    va_list args;
    va_start(args, format);
    const int counted = vsnprintf(place, sizeof place, format, args);
    va_end(args);
    if (counted >= (int)sizeof place) mark_cut(place, sizeof place - 1);
    if (counted < 0) place[0] = '\0';
    const sdx_status longer = sdx_fail(status->code, "%s: %s", place, status->text);
    if (longer == without_memory()) return status;
    sdx_status_free(status);
    return longer;
}

sdx_status sdx_join(sdx_status a, sdx_status b) {
    if (!a) return b;
    if (!b) return a;
    const sdx_status both = sdx_fail(a->code, "%s; also: %s", a->text, b->text);
    sdx_status_free(b);
    if (both == without_memory()) return a;
    sdx_status_free(a);
    return both;
}

sdx_code sdx_status_code(const struct sdx_error *status) { return status ? status->code : SDX_OK; }

const char *sdx_status_text(const struct sdx_error *status) { return status ? status->text : "ok"; }

void sdx_status_free(sdx_status status) {
    if (status != without_memory()) free(status);
}

const char *sdx_code_meaning(sdx_code code) {
    static const char *const meanings[] = {
#define SDX_CODE(value, NAME, name, meaning) [value] = meaning,
#include "sardonyx/status.def"
#undef SDX_CODE
    };
    const size_t index = (size_t)code;
    return index < sizeof meanings / sizeof *meanings && meanings[index] ? meanings[index]
                                                                         : "unknown";
}

const char *sdx_code_name(sdx_code code) {
    static const char *const names[] = {
#define SDX_CODE(value, NAME, name, meaning) [value] = name,
#include "sardonyx/status.def"
#undef SDX_CODE
    };
    const size_t index = (size_t)code;
    return index < sizeof names / sizeof *names && names[index] ? names[index] : "unknown";
}
