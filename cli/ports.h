/* The inputs and outputs of a model as the command shows and finds them. */
#ifndef CLI_PORTS_H
#define CLI_PORTS_H

#include "cli/fault.h"

/* The port at an index; false beyond the last. */
bool port_input(const sdx_model *model, size_t index, sdx_port_info *out);
bool port_output(const sdx_model *model, size_t index, sdx_port_info *out);
/* Index of the port of that name, the number of ports when there is none. */
size_t port_find_input(const sdx_model *model, sdx_str name);
size_t port_find_output(const sdx_model *model, sdx_str name);

/* Sets the fault that no port of this side has the name, with those there are; false. */
enum port_side { PORT_INPUT, PORT_OUTPUT };
bool port_unknown(const sdx_model *model, enum port_side side, sdx_str name, struct fault *fault);

/* "float32", "sequence of float32", "map of int64 to float32", "sequence of maps of int64 to
 * float32", ... */
void port_type(struct text *text, const sdx_port_info *port);
/* "batch x 3 x 224 x 224"; "any rank" */
void port_shape(struct text *text, const sdx_port_info *port);

#endif
