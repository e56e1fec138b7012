/* Small floating-point formats described by their fields, converted to and from double without a
 * table of values. ONNX: the formats of TensorProto.DataType, "Float stored in 8 bits", "Float
 * stored in 4 bits". */
#ifndef CLI_MINIFLOAT_H
#define CLI_MINIFLOAT_H

#include <stdbool.h>
#include <stdint.h>

enum minifloat_special {
    MINIFLOAT_IEEE,   /* the largest exponent is for infinities and NaN */
    MINIFLOAT_FN,     /* no infinity; all bits but the sign set: NaN */
    MINIFLOAT_FNUZ,   /* no infinity, no negative zero; the bits of -0: NaN */
    MINIFLOAT_FINITE, /* neither */
};

struct minifloat {
    unsigned exponent, mantissa; /* bits */
    int bias;
    enum minifloat_special special;
};

double minifloat_decode(const struct minifloat *format, uint32_t bits);
uint32_t minifloat_encode(const struct minifloat *format, double value);

#endif
