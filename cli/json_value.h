/* Values as JSON: nested arrays, or {"dtype": "float32", "shape": [2, 3], "data": [...]}, or
 * {"type": "map(int64,float)", "entries": [[key, value], ...]}, or {"sequence": [value, ...]}. */
#ifndef CLI_JSON_VALUE_H
#define CLI_JSON_VALUE_H

#include "cli/json.h"

/* The value at `node` for a port (NULL: unknown), whose type and shape hold where the text says
 * nothing of its own. */
bool json_to_value(const struct json *json, size_t node, const sdx_port_info *port, sdx_value **out,
                   struct fault *fault);
void json_from_value(struct json_out *out, const char *key, const sdx_value *value);

#endif
