#!/usr/bin/env python3
"""Writes models of one node each, for what the cases of the specification leave out: operators.py TABLE FOLDER.

A line of the table: DOMAIN::NAME@OPSET INPUT... -> OUTPUTS ATTRIBUTE=VALUE...
  an input is TYPE[DIMS] (the fuzzer makes elements up), TYPE[DIMS]=1,2,3 (an initializer) or _ (absent); a dim may be a name, a type
  map_int64_float32, seq_float32, opt_float32
  a value is 3, 1.0, text, [1,2], [1.0,2.0] or ["a","b"]; in a listed text ~ is a space
  {a|b|c} anywhere in the line: one model for each; equal braces choose alike
Needs nothing but Python.
"""
import itertools
import pathlib
import re
import struct
import sys

TYPES = ["undefined", "float32", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16", "float64", "uint32",
         "uint64", "complex64", "complex128", "bfloat16", "float8e4m3fn", "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz", "uint4", "int4"]
FORMATS = {"float16": "e", "float32": "f", "int16": "h", "uint16": "H", "uint8": "B", "int8": "b", "int32": "i", "int64": "q", "bool": "B", "float64": "d", "uint32": "I", "uint64": "Q"}
FLOAT, INT, STRING, FLOATS, INTS, STRINGS = 1, 2, 3, 6, 7, 8  # AttributeProto.AttributeType


def varint(number):
    number &= (1 << 64) - 1
    out = bytearray()
    while number >= 128:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out) + bytes([number])


def number(field, value):
    return varint(field << 3) + varint(value)


def block(field, payload):
    payload = payload.encode() if isinstance(payload, str) else payload
    return varint(field << 3 | 2) + varint(len(payload)) + payload


def real(field, value):
    return varint(field << 3 | 5) + struct.pack("<f", value)


def attribute(name, text):
    listed = text.startswith("[") and text.endswith("]")
    items = text[1:-1].split(",") if listed else [text]
    out = block(1, name)
    if re.fullmatch(r"-?\d+", items[0]):
        out += b"".join(number(8 if listed else 3, int(x)) for x in items) + number(20, INTS if listed else INT)
    elif re.fullmatch(r"-?\d+\.\d*(e-?\d+)?", items[0]):
        out += b"".join(real(7 if listed else 2, float(x)) for x in items) + number(20, FLOATS if listed else FLOAT)
    else:
        texts = [x.strip('"').replace("~", " ") if listed else x for x in items]
        out += b"".join(block(9 if listed else 4, x) for x in texts) + number(20, STRINGS if listed else STRING)
    return block(5, out)


def tensor(name, dtype, dims, elements):
    out = b"".join(number(1, int(d)) for d in dims) + number(2, TYPES.index(dtype)) + block(8, name)
    if dtype == "string":
        return out + b"".join(block(6, x) for x in elements)
    convert = float if FORMATS[dtype] in "efd" else int
    return out + block(9, b"".join(struct.pack("<" + FORMATS[dtype], convert(x)) for x in elements))


def dimension(dim):
    return block(1, number(1, int(dim)) if dim.lstrip("-").isdigit() else block(2, dim))


def type_proto(dtype, dims):
    """float32, map_int64_float32, seq_float32, opt_float32"""
    kind, _, inner = dtype.partition("_")
    if kind == "map":
        key, _, value = inner.partition("_")
        return block(5, number(1, TYPES.index(key)) + block(2, type_proto(value, dims)))
    if kind in ("seq", "opt"):
        return block(4 if kind == "seq" else 9, block(1, type_proto(inner, dims)))
    return block(1, number(1, TYPES.index(dtype)) + block(2, b"".join(dimension(d) for d in dims)))


def value_info(name, dtype=None, dims=()):
    return block(1, name) + (block(2, type_proto(dtype, dims)) if dtype else b"")


def model(line):
    words = line.split()
    arrow = words.index("->")
    head, outputs = words[0], words[arrow + 1]
    domain, _, rest = head.rpartition("::")
    name, _, opset = rest.partition("@")
    node, graph = b"", b""
    for i, word in enumerate(words[1:arrow]):
        parts = re.fullmatch(r"([a-z]\w*)\[(.*?)\](=(.*))?", word)
        node += block(1, "" if parts is None else f"i{i}")
        if parts is None:
            continue
        dims = [d for d in parts[2].split(",") if d]
        if parts[4] is None:
            graph += block(11, value_info(f"i{i}", parts[1], dims))
        else:
            graph += block(5, tensor(f"i{i}", parts[1], dims, parts[4].split(",")))
    for k in range(int(outputs)):
        node += block(2, f"o{k}")
        graph += block(12, value_info(f"o{k}"))
    node += block(4, name) + block(7, domain) + b"".join(attribute(*w.split("=", 1)) for w in words[arrow + 2:])
    opsets = block(8, block(1, "") + number(2, 21 if domain else int(opset or 21)))
    if domain:
        opsets += block(8, block(1, domain) + number(2, int(opset or 1)))
    return number(1, 8) + block(7, block(1, node) + block(2, name) + graph) + opsets


def variants(line):
    braces = list(dict.fromkeys(re.findall(r"{.*?}", line)))
    for choice in itertools.product(*(brace[1:-1].split("|") for brace in braces)):
        variant = line
        for brace, chosen in zip(braces, choice):
            variant = variant.replace(brace, chosen)
        yield variant


def main():
    table, folder = map(pathlib.Path, sys.argv[1:])
    count = 0
    for line in table.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            for variant in variants(line):
                (folder / f"operator_{count}").write_bytes(model(variant))
                count += 1


main()
