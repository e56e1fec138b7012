/* What the wire code accepts at most. */
#ifndef SDX_WIRE_LIMITS_H
#define SDX_WIRE_LIMITS_H

enum {
    SDX_WIRE_MAX_DEPTH = 200, /* messages or groups inside each other; real models stay below 30 */
    SDX_WIRE_MAX_NUMBER = (1 << 29) - 1, /* of a field (protobuf encoding) */
    SDX_WIRE_MAX_VARINT = 10,            /* bytes of a number */
    SDX_WIRE_MAX_PATH = 400 /* bytes of a path in an error; a longer one loses its beginning */
};

#endif
