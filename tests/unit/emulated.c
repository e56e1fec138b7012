/* emulated.h: the environment knows. */
#include "emulated.h"

#include <stdlib.h>

bool emulated(void) { return getenv("SDX_EMULATED") != NULL; }
