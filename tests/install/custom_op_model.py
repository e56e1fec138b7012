#!/usr/bin/env python3
"""Writes the model that shows the operators of examples/custom_op*.c as ONNX to stdout.

    s = my.examples.SquaredLength(x)
    rows, positions = my.examples.RowsAbove(x, s)  threshold=4
"""
import struct
import sys


def varint(n):
    return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + varint(n >> 7)


def field(number, value):
    """One field of a protobuf message: an int, or a text or message as bytes."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def node(op, inputs, outputs, *attributes):
    names = [field(1, n) for n in inputs] + [field(2, n) for n in outputs]
    return b"".join([*names, field(4, op), *(field(5, a) for a in attributes), field(7, "my.examples")])


def value(name, dtype, *dims):
    shape = b"".join(field(1, field(2 if isinstance(d, str) else 1, d)) for d in dims)
    return field(1, name) + field(2, field(1, field(1, dtype) + field(2, shape)))


threshold = field(1, "threshold") + varint(2 << 3 | 5) + struct.pack("<f", 4) + field(20, 1)
graph = b"".join([
    field(1, node("SquaredLength", ["x"], ["s"])),
    field(1, node("RowsAbove", ["x", "s"], ["rows", "positions"], threshold)),
    field(2, "custom"),
    field(11, value("x", 1, "n", 2)),
    field(12, value("rows", 1, "m", 2)),
    field(12, value("positions", 7, "m")),
])
model = field(1, 8) + field(7, graph) + field(8, field(2, 17)) + field(8, field(1, "my.examples") + field(2, 1))
sys.stdout.buffer.write(model)
