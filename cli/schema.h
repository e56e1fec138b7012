/* The operators of this build and of libraries as the command lists them: sorted, with what tests
 * them. */
#ifndef CLI_SCHEMA_H
#define CLI_SCHEMA_H

#include "cli/options.h"

/* What compared an operator's results: the columns of tested.def. */
enum tested { TESTED_CONFORMANCE = 1, TESTED_CORPUS = 2, TESTED_UNIT = 4 };

struct schema {
    size_t index; /* for sdx_operator_input and its like */
    sdx_operator_schema facts;
    unsigned tested; /* a set of enum tested */
};
struct schema_list {
    struct schema *items; /* owned; ai.onnx first, then by domain and name */
    size_t n;
    sdx_runtime *runtime; /* whose operators are here, too; NULL: this build's alone */
};

/* Of this build and `out->runtime`, which stays the caller's, those whose name or "domain::name"
 * matches one of `globs`, none: all. A glob that nothing matches
 * is a fault, with the operator that is nearest. */
bool schemas_find(const struct text_list *globs, struct schema_list *out, struct fault *fault);
void schemas_free(struct schema_list *list);

/* "Conv", "com.microsoft::Gelu" */
void schema_name(struct text *text, const sdx_operator_schema *schema);
/* "1", "7 to 9"; of the opset versions that have it */
void schema_versions(struct text *text, const sdx_operator_schema *schema);
/* "conformance, unit"; "" for none */
void schema_tested(struct text *text, unsigned tested);
/* "float32, float64, sequence" */
void schema_types(struct text *text, const sdx_operator_port *port);
/* "optional, variadic" */
void schema_port_kind(struct text *text, const sdx_operator_port *port);
/* The default of an attribute, "required", or "" */
void schema_standard(struct text *text, const sdx_operator_attribute *attribute);

#endif
