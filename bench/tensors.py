"""The file of tensors that driver and runners exchange: for each a line "dtype rank dim ... size name", then its bytes; a string is its
length in 4 bytes, little-endian, and its bytes. Types are numbers of TensorProto.DataType."""
import struct

import numpy as np

DTYPES = {1: np.float32, 2: np.uint8, 3: np.int8, 4: np.uint16, 5: np.int16, 6: np.int32, 7: np.int64, 9: np.bool_, 10: np.float16,
          11: np.float64, 12: np.uint32, 13: np.uint64}
NUMBERS = {np.dtype(t): n for n, t in DTYPES.items()}
STRING, BFLOAT16 = 8, 16


def pack(array):
    """(number of the type, bytes)"""
    array = np.asarray(array)
    if array.dtype in NUMBERS:
        return NUMBERS[array.dtype], np.ascontiguousarray(array).tobytes()
    if array.dtype.name == "bfloat16":
        return BFLOAT16, np.ascontiguousarray(array).tobytes()
    if array.dtype.kind in "OSU":
        texts = [t if isinstance(t, bytes) else str(t).encode() for t in array.reshape(-1)]
        return STRING, b"".join(struct.pack("<I", len(t)) + t for t in texts)
    raise ValueError(f"elements of type {array.dtype} have no place in a file of tensors")


def write(path, arrays):
    with open(path, "wb") as file:
        for name, array in arrays.items():
            number, data = pack(array)
            dims = "".join(f"{d} " for d in np.shape(array))
            file.write(f"{number} {np.ndim(array)} {dims}{len(data)} {name}\n".encode() + data)


def read_one(file, head):
    number, rank, *rest = head.split(b" ", 2)[:2] + head.split(b" ")[2:]
    number, rank = int(number), int(rank)
    dims = [int(d) for d in rest[:rank]]
    size, name = int(rest[rank]), b" ".join(rest[rank + 1:]).rstrip(b"\n").decode()
    if number == STRING:
        count = int(np.prod(dims))
        texts = [file.read(struct.unpack("<I", file.read(4))[0]) for _ in range(count)]
        return name, np.array(texts, object).reshape(dims)
    data = file.read(size)
    if number == BFLOAT16:
        return name, (np.frombuffer(data, np.uint16).astype(np.uint32) << 16).view(np.float32).reshape(dims)
    if number not in DTYPES:
        return name, None
    return name, np.frombuffer(data, DTYPES[number]).reshape(dims)


def read(path):
    """[(name, array)], None for what is no tensor or of a type that numpy does not have."""
    found = []
    with open(path, "rb") as file:
        while head := file.readline():
            found.append(read_one(file, head))
    return found
