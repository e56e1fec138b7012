/* Numbers and bools as text and back. */
#ifndef SDX_OPS_CAST_TEXT_H
#define SDX_OPS_CAST_TEXT_H

#include "base/str.h"
#include "tensor/view.h"

enum { SDX_NUMBER_TEXT = 32 }; /* bytes that the text of one number takes at most */

/* Element `i` of a tensor as NumPy prints it: integers in full, floats with the fewest digits that
 * give the same number of their type, with an exponent below 1e-4 and from 1e16 on; "nan", "inf",
 * "True". The text lies in buf, of SDX_NUMBER_TEXT bytes. */
sdx_str sdx_number_text(const sdx_view *view, size_t i, char *buf);

/* The number in a text (white space around it is skipped; INF and NaN in any case; True and False)
 * as element `i`: integers wrap, as from int64. False when there is none. */
bool sdx_number_parse(sdx_str text, sdx_view *view, size_t i) SDX_NODISCARD;

#endif
