/* Upper and lower case of single characters, as Unicode's simple mappings have it. */
#ifndef SDX_OPS_TEXT_CASE_H
#define SDX_OPS_TEXT_CASE_H

#include <stdint.h>

/* The character itself where it has no other case, and for what is no character. */
uint32_t sdx_case_upper(uint32_t c);
uint32_t sdx_case_lower(uint32_t c);

#endif
