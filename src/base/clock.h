/* Time for deadlines and profiles. */
#ifndef SDX_BASE_CLOCK_H
#define SDX_BASE_CLOCK_H

#include <stdint.h>

uint64_t sdx_clock_ns(void); /* monotonic, since an unspecified start */

#endif
