/* Where the build puts the shared libraries that tests load (tests/unit/modules, examples). */
#ifndef SDX_MODULE_PATH_H
#define SDX_MODULE_PATH_H

#include <stddef.h>

/* To be called first with main's argv[0]: modules lie beside the test programs. */
void module_path_init(const char *program);
/* "build/release/tests/modules/plain.so" for "plain"; lives until the next call. */
const char *module_path(const char *name);
/* Skips the test in a program that cannot load libraries at all: a static one over musl. */
void module_need(void);

#endif
