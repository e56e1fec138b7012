/* schema.h. */
#include "cli/schema.h"

#include <stdlib.h>
#include <string.h>

#include "cli/cases.h"
#include "cli/memory.h"

static unsigned tested_by(const sdx_operator_schema *schema) {
    static const struct {
        const char *domain, *name;
        unsigned by;
    } rows[] = {
#define TESTED(domain, name, by) {domain, name, by},
#include "cli/tested.def"
#undef TESTED
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].name, schema->name) == 0 &&
            strcmp(rows[i].domain, schema->domain) == 0) {
            return rows[i].by;
        }
    }
    return 0;
}

void schema_name(struct text *text, const sdx_operator_schema *schema) {
    text_add(text, "%s%s%s", schema->domain, schema->domain[0] != 0 ? "::" : "", schema->name);
}

static int order(const void *a, const void *b) {
    const sdx_operator_schema *const one = &((const struct schema *)a)->facts;
    const sdx_operator_schema *const other = &((const struct schema *)b)->facts;
    const int by_domain = strcmp(one->domain, other->domain);
    return by_domain != 0 ? by_domain : strcmp(one->name, other->name);
}

static void add_matching(const char *glob, struct schema_list *list) {
    sdx_operator_schema facts = {.struct_size = sizeof facts};
    for (size_t i = 0; sdx_operator_describe(list->runtime, i, &facts); i++) {
        struct text name = {0};
        bool known = false;
        schema_name(&name, &facts);
        for (size_t k = 0; k < list->n; k++) {
            known = known || list->items[k].index == i;
        }
        if (!known && (glob == NULL || glob_matches(glob, facts.name) ||
                       glob_matches(glob, text_get(&name)))) {
            list->items = mem_grow(list->items, list->n + 1, sizeof *list->items);
            list->items[list->n++] = (struct schema){i, facts, tested_by(&facts)};
        }
        text_free(&name);
    }
}

static bool unknown(const char *glob, sdx_runtime *runtime, struct fault *fault) {
    struct text_list words = {0};
    sdx_operator_schema facts = {.struct_size = sizeof facts};
    for (size_t i = 0; sdx_operator_describe(runtime, i, &facts); i++) {
        text_list_add(&words, facts.name);
    }
    const char *const near = nearest_word(glob, words.items, words.n);
    text_list_free(&words);
    return fault_code(fault, SDX_NOT_FOUND, "no operator '%s'%s%s%s; 'sardonyx ops' lists them",
                      glob, near != NULL ? ", did you mean '" : "", near != NULL ? near : "",
                      near != NULL ? "'" : "");
}

bool schemas_find(const struct text_list *globs, struct schema_list *out, struct fault *fault) {
    if (globs->n == 0) {
        add_matching(NULL, out);
    }
    for (size_t i = 0; i < globs->n; i++) {
        const size_t before = out->n;
        add_matching(globs->items[i], out);
        if (out->n == before) {
            return unknown(globs->items[i], out->runtime, fault);
        }
    }
    qsort(out->items, out->n, sizeof *out->items, order);
    return true;
}

void schemas_free(struct schema_list *list) {
    mem_free(list->items);
    *list = (struct schema_list){0};
}

/* ---- texts ---- */

static void add_word(struct text *text, const char *word) {
    text_add(text, "%s%s", text->len > 0 ? ", " : "", word);
}

void schema_versions(struct text *text, const sdx_operator_schema *schema) {
    text_add(text, schema->until > 0 ? "%d to %d" : "%d", schema->since, schema->until);
}

void schema_tested(struct text *text, unsigned tested) {
    static const char *const names[] = {"conformance", "corpus", "unit"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        if ((tested >> i & 1) != 0) {
            add_word(text, names[i]);
        }
    }
}

void schema_types(struct text *text, const sdx_operator_port *port) {
    for (unsigned dtype = 1; dtype < 64; dtype++) {
        if ((port->types >> dtype & 1) != 0) {
            add_word(text, sdx_dtype_name((sdx_dtype)dtype));
        }
    }
    if (port->sequence) {
        add_word(text, "sequence");
    }
    if (port->map) {
        add_word(text, "map");
    }
    if (port->optional_value) {
        add_word(text, "optional");
    }
}

void schema_port_kind(struct text *text, const sdx_operator_port *port) {
    if (port->optional) {
        add_word(text, "may be absent");
    }
    if (port->variadic) {
        add_word(text, port->mixed ? "any number, of any types" : "any number");
    }
}

void schema_standard(struct text *text, const sdx_operator_attribute *attribute) {
    if (attribute->required) {
        text_add(text, "required");
    } else if (attribute->has_default && strcmp(attribute->type, "int") == 0) {
        text_add(text, "%lld", (long long)attribute->i);
    } else if (attribute->has_default && strcmp(attribute->type, "float") == 0) {
        text_number(text, (double)attribute->f);
    } else if (attribute->has_default && attribute->s != NULL) {
        text_add(text, "'%s'", attribute->s);
    }
}
