/* shapes.h. */
#include "cli/shapes.h"

#include <inttypes.h>
#include <string.h>

#include "cli/memory.h"
#include "cli/ports.h"

bool parse_shape(sdx_str text, int64_t *dims, size_t *rank) {
    size_t n = 0;
    if (text.len == 0 || str_is(text, "scalar")) {
        *rank = 0;
        return true;
    }
    for (size_t at = 0; at <= text.len;) {
        size_t len = 0;
        while (at + len < text.len && text.ptr[at + len] != 'x' && text.ptr[at + len] != ',') {
            len++;
        }
        if (n == SDX_MAX_RANK || !parse_int64((sdx_str){text.ptr + at, len}, &dims[n]) ||
            dims[n] < 0) {
            return false;
        }
        n++;
        at += len + 1;
    }
    *rank = n;
    return true;
}

/* ---- symbols ---- */

static const struct symbol *find(const struct symbols *symbols, sdx_str name) {
    for (size_t i = 0; i < symbols->n; i++) {
        if (str_is(name, symbols->items[i].name)) {
            return &symbols->items[i];
        }
    }
    return NULL;
}

static void add(struct symbols *symbols, sdx_str name, int64_t value) {
    symbols->items = mem_grow(symbols->items, symbols->n + 1, sizeof *symbols->items);
    symbols->items[symbols->n++] = (struct symbol){mem_copy(name.ptr, name.len), value};
}

static bool read_set(const char *text, struct symbols *out, struct fault *fault) {
    const char *const equals = strrchr(text, '=');
    int64_t value = 0;
    if (equals == NULL || equals == text || !parse_int64(str_of(equals + 1), &value) || value < 0) {
        return fault_set(fault, EXIT_USAGE,
                         "option '--set' has value '%s', expected symbol=value such as batch=4",
                         text);
    }
    add(out, (sdx_str){text, (size_t)(equals - text)}, value);
    return true;
}

static void learn(const sdx_port_info *port, const sdx_value *value, struct symbols *out) {
    if (!port->has_rank || sdx_value_kind(value) != SDX_TENSOR ||
        sdx_tensor_rank(value) != port->rank) {
        return;
    }
    for (size_t i = 0; i < port->rank; i++) {
        if (port->dims[i] < 0 && port->symbols[i].len > 0 && find(out, port->symbols[i]) == NULL) {
            add(out, port->symbols[i], sdx_tensor_dims(value)[i]);
        }
    }
}

static bool is_symbol(const sdx_model *model, const char *name) {
    sdx_port_info port;
    for (size_t i = 0; port_input(model, i, &port); i++) {
        for (size_t k = 0; port.has_rank && k < port.rank; k++) {
            if (str_is(port.symbols[k], name)) {
                return true;
            }
        }
    }
    return false;
}

bool symbols_init(const struct shape_wishes *wishes, const sdx_model *model,
                  sdx_value *const *values, struct symbols *out, struct fault *fault) {
    struct symbols symbols = {0};
    sdx_port_info port;
    bool good = true;
    for (size_t i = 0; good && i < wishes->sets.n; i++) {
        good = read_set(wishes->sets.items[i], &symbols, fault) &&
               (is_symbol(model, symbols.items[i].name) ||
                fault_set(fault, EXIT_USAGE,
                          "option '--set': no input of the model has a dimension '%s'; 'sardonyx "
                          "info' shows them",
                          symbols.items[i].name));
    }
    for (size_t i = 0; good && values != NULL && port_input(model, i, &port); i++) {
        if (values[i] != NULL) {
            learn(&port, values[i], &symbols);
        }
    }
    if (!good) {
        symbols_free(&symbols);
        return false;
    }
    *out = symbols;
    return true;
}

void symbols_free(struct symbols *symbols) {
    for (size_t i = 0; i < symbols->n; i++) {
        mem_free(symbols->items[i].name);
    }
    mem_free(symbols->items);
    *symbols = (struct symbols){0};
}

/* ---- shapes ---- */

/* The text after "NAME=" of the last --shape for this port; an empty ptr when there is none. */
static sdx_str wish_for(const struct shape_wishes *wishes, sdx_str name) {
    sdx_str found = {NULL, 0};
    for (size_t i = 0; i < wishes->shapes.n; i++) {
        const char *const text = wishes->shapes.items[i];
        const char *const equals = strrchr(text, '=');
        if (equals != NULL && str_same((sdx_str){text, (size_t)(equals - text)}, name)) {
            found = str_of(equals + 1);
        }
    }
    return found;
}

bool shapes_check(const struct shape_wishes *wishes, const sdx_model *model, struct fault *fault) {
    for (size_t i = 0; i < wishes->shapes.n; i++) {
        const char *const text = wishes->shapes.items[i];
        const char *const equals = strrchr(text, '=');
        const sdx_str name = {text, equals != NULL ? (size_t)(equals - text) : 0};
        if (equals != NULL && port_find_input(model, name) == sdx_model_n_inputs(model)) {
            (void)port_unknown(model, PORT_INPUT, name, fault);
            return fault_in(fault, "option '--shape'");
        }
        if (equals == NULL) {
            return fault_set(fault, EXIT_USAGE,
                             "option '--shape' has value '%s', expected INPUT=1x3x224x224; "
                             "'sardonyx info' shows the inputs",
                             text);
        }
    }
    return true;
}

static bool read_wish(sdx_str wish, const sdx_port_info *port, int64_t *dims, size_t *rank,
                      struct fault *fault) {
    if (!parse_shape(wish, dims, rank)) {
        return fault_set(
            fault, EXIT_USAGE,
            "option '--shape' of input '%.*s' is '%.*s', expected numbers like 1x3x224x224",
            (int)port->name.len, port->name.ptr, (int)wish.len, wish.ptr);
    }
    bool fits = !port->has_rank || *rank == port->rank;
    for (size_t i = 0; fits && port->has_rank && i < *rank; i++) {
        fits = port->dims[i] < 0 || port->dims[i] == dims[i];
    }
    if (!fits) {
        struct text declared = {0};
        port_shape(&declared, port);
        fault_set(fault, EXIT_USAGE,
                  "option '--shape' of input '%.*s' is '%.*s', but the model declares %s",
                  (int)port->name.len, port->name.ptr, (int)wish.len, wish.ptr,
                  text_get(&declared));
        text_free(&declared);
    }
    return fits;
}

bool shape_wished(const struct shape_wishes *wishes, const struct symbols *symbols,
                  const sdx_port_info *port, int64_t *dims, size_t *rank, struct fault *fault) {
    const sdx_str wish = wish_for(wishes, port->name);
    if (wish.ptr != NULL) {
        return read_wish(wish, port, dims, rank, fault);
    }
    *rank = port->has_rank ? port->rank : 0;
    for (size_t i = 0; i < *rank; i++) {
        const struct symbol *const known =
            port->dims[i] < 0 ? find(symbols, port->symbols[i]) : NULL;
        dims[i] = known != NULL ? known->value : port->dims[i];
    }
    return true;
}
