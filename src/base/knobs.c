/* The only reader of the environment. Each value is copied at its first use: the application may
 * change its environment, and a setting must not change under way. */
#include "base/knobs.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static const struct {
    const char *variable;
    const char *standard;
} knobs[SDX_KNOB_COUNT] = {
#define KNOB(name, variable, standard, help) {variable, standard},
#include "base/knobs.def"
#undef KNOB
};

/* Copies for the life of the process. Threads that meet at the first use all make one; the first to
 * publish wins. */
static _Atomic(const char *) values[SDX_KNOB_COUNT];

static const char *read_knob(sdx_knob_id id) {
    const char *const text = getenv(knobs[id].variable);
    const size_t size = text ? strlen(text) + 1 : 0;
    char *const copy = text ? malloc(size) : NULL;
    if (copy) memcpy(copy, text, size);
    const char *value = NULL;
    if (atomic_compare_exchange_strong_explicit(&values[id], &value,
                                                copy ? copy : knobs[id].standard,
                                                memory_order_acq_rel, memory_order_acquire)) {
        return copy ? copy : knobs[id].standard;
    }
    free(copy);
    return value;
}

const char *sdx_knob(sdx_knob_id id) {
    const char *const value = atomic_load_explicit(&values[id], memory_order_acquire);
    return value ? value : read_knob(id);
}

int64_t sdx_knob_int(sdx_knob_id id) {
    int64_t value;
    return sdx_str_int(sdx_str_from(sdx_knob(id)), &value) ? value : 0;
}
