/* What tests cannot expect where an emulator runs them: it is many times slower, and qemu ends in
 * the child of a process with threads when that starts some. */
#ifndef SDX_TESTS_EMULATED_H
#define SDX_TESTS_EMULATED_H

#include <stdbool.h>

/* Whether SDX_EMULATED is set, which the toolchain files of cmake/ tell the emulator to do. */
bool emulated(void);

#endif
