#!/usr/bin/env python3
"""Models of one operator each, or of the few nodes that are one operator to their authors, at sizes where the kernel is what takes the time.

usage: operators.py FOLDER [NAME...]      writes NAME.onnx and NAME.in"""
import os
import sys

import numpy as np
import onnx

import tensors
from net import INT64, MICROSOFT, Net

SQUARE, IMAGE, ROWS = (1024, 1024), (1, 64, 128, 128), (1, 128, 768)
OPERATORS = {}  # name -> function of a Net, or (function, opset)


def unary(kind, positive=False, shape=SQUARE, **attributes):
    def make(net):
        x = net.uniform("x", shape)
        if positive:
            net.feeds["x"] = np.abs(net.feeds["x"]) + np.float32(1e-3)
        net.output(net.op(kind, x, **attributes))

    return make


for _kind in ("Relu Sigmoid Tanh Exp Erf Neg Abs Sin Cos Floor Round Sign Softplus Elu LeakyRelu HardSigmoid HardSwish Selu Reciprocal").split():
    OPERATORS[_kind] = unary(_kind)
for _kind in ("Log", "Sqrt"):
    OPERATORS[_kind] = unary(_kind, positive=True)
OPERATORS["Gelu"] = (unary("Gelu"), 20)
OPERATORS["Softmax last axis"] = unary("Softmax", axis=-1)
OPERATORS["Softmax channels"] = unary("Softmax", shape=(1, 21, 224, 224), axis=1)
OPERATORS["LogSoftmax"] = unary("LogSoftmax", axis=-1)
OPERATORS["LRN"] = unary("LRN", shape=IMAGE, size=5)
OPERATORS["Transpose 2-D"] = unary("Transpose", perm=[1, 0])
OPERATORS["Transpose to channels last"] = unary("Transpose", shape=IMAGE, perm=[0, 2, 3, 1])
OPERATORS["Transpose to channels first"] = unary("Transpose", shape=(1, 128, 128, 64), perm=[0, 3, 1, 2])
OPERATORS["Transpose heads"] = unary("Transpose", shape=(1, 128, 12, 64), perm=[0, 2, 1, 3])
OPERATORS["DepthToSpace"] = unary("DepthToSpace", shape=IMAGE, blocksize=2)
OPERATORS["AveragePool 3x3"] = unary("AveragePool", shape=IMAGE, kernel_shape=[3, 3], pads=[1] * 4)
OPERATORS["MaxPool 2x2 s2"] = unary("MaxPool", shape=IMAGE, kernel_shape=[2, 2], strides=[2, 2])
OPERATORS["MaxPool 3x3 s2"] = unary("MaxPool", shape=(1, 64, 112, 112), kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
OPERATORS["MaxPool 5x5"] = unary("MaxPool", shape=(1, 128, 20, 20), kernel_shape=[5, 5], pads=[2] * 4)
OPERATORS["GlobalAveragePool"] = unary("GlobalAveragePool", shape=(1, 2048, 7, 7))
OPERATORS["ReduceMean last axis"] = unary("ReduceMean", axes=[1])
OPERATORS["ReduceMean first axis"] = unary("ReduceMean", axes=[0])
OPERATORS["ReduceMax middle axis"] = unary("ReduceMax", shape=(64, 128, 128), axes=[1])
OPERATORS["ReduceL2"] = unary("ReduceL2", axes=[1])


def operator(name, opset=17):
    def add(function):
        OPERATORS[name] = (function, opset)
        return function

    return add


def finish(net, value, dtype=None):
    net.output(value, dtype=dtype)


def with_constants(name, kind, shape, *constants, opset=17, dtype=None, **attributes):
    """The operator over an input and constants that follow it."""
    operator(name, opset)(lambda net: finish(net, net.op(kind, net.uniform("x", shape), *(net.const(c) for c in constants), **attributes), dtype))


f32, i64 = np.float32, np.int64
ONES = np.ones(64, f32)
with_constants("Pow 2", "Pow", SQUARE, f32(2))
with_constants("Clip", "Clip", SQUARE, f32(-0.5), f32(0.5))
with_constants("Greater", "Greater", SQUARE, f32(0), dtype=np.bool_)
with_constants("PRelu", "PRelu", IMAGE, np.full((64, 1, 1), 0.1, f32))
with_constants("Add channel", "Add", IMAGE, np.ones((1, 64, 1, 1), f32))
with_constants("Add tensor", "Add", SQUARE, np.ones(SQUARE, f32))
with_constants("BatchNormalization", "BatchNormalization", IMAGE, ONES, ONES, ONES, ONES)
with_constants("InstanceNormalization", "InstanceNormalization", IMAGE, ONES, ONES)
with_constants("LayerNormalization", "LayerNormalization", ROWS, np.ones(768, f32), np.ones(768, f32))
with_constants("CumSum", "CumSum", SQUARE, i64(1))
with_constants("Slice step 2", "Slice", IMAGE, *(np.array(v) for v in ([0, 0], [128, 128], [2, 3], [2, 2])))
with_constants("Pad reflect", "Pad", IMAGE, np.array([0, 0, 1, 1, 0, 0, 1, 1]), mode="reflect")
with_constants("Expand", "Expand", (1024, 1), np.array(SQUARE))
with_constants("QuantizeLinear", "QuantizeLinear", SQUARE, f32(0.05), np.uint8(128), dtype=np.uint8)
with_constants("Resize nearest", "Resize", (1, 128, 40, 40), np.zeros(0, f32), np.array([1, 1, 2, 2], f32), mode="nearest",
               nearest_mode="floor", coordinate_transformation_mode="asymmetric")
with_constants("Resize linear", "Resize", (1, 64, 64, 64), np.zeros(0, f32), np.array([1, 1, 2, 2], f32), mode="linear")
with_constants("Resize cubic", "Resize", (1, 16, 64, 64), np.zeros(0, f32), np.array([1, 1, 2, 2], f32), mode="cubic")


@operator("Pow 0.75")
def _(net):
    finish(net, net.op("Pow", net.op("Abs", net.uniform("x", SQUARE)), net.const(f32(0.75))))


@operator("Where")
def _(net):
    x, zero = net.uniform("x", SQUARE), net.const(f32(0))
    finish(net, net.op("Where", net.op("Greater", x, zero), x, zero))


@operator("Add, LayerNormalization")
def _(net):
    finish(net, net.layer_norm(net.op("Add", net.uniform("x", ROWS), net.uniform("r", ROWS)), 768))


@operator("Gelu by Erf")
def _(net):
    finish(net, net.gelu(net.uniform("x", SQUARE)))


@operator("SiLU")
def _(net):
    finish(net, net.silu(net.uniform("x", SQUARE)))


@operator("RMS norm")
def _(net):
    finish(net, net.rms_norm(net.uniform("x", ROWS), 768))


@operator("Concat channels")
def _(net):
    finish(net, net.op("Concat", net.uniform("x", IMAGE), net.uniform("z", IMAGE), axis=1))


@operator("Concat last axis")
def _(net):
    finish(net, net.op("Concat", net.uniform("x", (65536, 16)), net.uniform("z", (65536, 16)), axis=1))


@operator("Gather rows")
def _(net):
    finish(net, net.op("Gather", net.weight((100, 768)), net.input("x", net.rng.integers(0, 100, (1, 1024)))))


@operator("GatherElements")
def _(net):
    finish(net, net.op("GatherElements", net.uniform("x", SQUARE), net.const(net.rng.integers(0, 1024, SQUARE)), axis=1))


@operator("ScatterND")
def _(net):
    where = net.const(net.rng.permutation(4096)[:1024].reshape(-1, 1))
    finish(net, net.op("ScatterND", net.const(np.zeros((4096, 256), f32)), where, net.uniform("x", (1024, 256))))


@operator("Cast to float16")
def _(net):
    finish(net, net.op("Cast", net.uniform("x", SQUARE), to=10), np.float16)


@operator("Cast int64 to float")
def _(net):
    finish(net, net.op("Cast", net.input("x", net.rng.integers(-99, 99, SQUARE)), to=1))


@operator("DequantizeLinear")
def _(net):
    x = net.input("x", net.rng.integers(0, 256, SQUARE).astype(np.uint8))
    finish(net, net.op("DequantizeLinear", x, net.const(f32(0.05)), net.const(np.uint8(128))))


@operator("Mul int64")
def _(net):
    x = net.input("x", net.rng.integers(-99, 99, SQUARE))
    finish(net, net.op("Mul", x, x), i64)


@operator("Equal int64")
def _(net):
    finish(net, net.op("Equal", net.input("x", net.rng.integers(-9, 9, SQUARE)), net.ints(3)), np.bool_)


@operator("TopK 10 of 16384")
def _(net):
    values, where = net.op("TopK", net.uniform("x", (64, 16384)), net.ints(10), outputs=2)
    net.output(values)
    net.output(where, dtype=i64)


@operator("ArgMax last axis")
def _(net):
    finish(net, net.op("ArgMax", net.uniform("x", SQUARE), axis=1, keepdims=0), i64)


@operator("ArgMax channels")
def _(net):
    finish(net, net.op("ArgMax", net.uniform("x", (1, 21, 224, 224)), axis=1, keepdims=0), i64)


@operator("NonZero")
def _(net):
    net.output(net.op("NonZero", net.relu(net.uniform("x", SQUARE))), dtype=i64)


@operator("NonMaxSuppression")
def _(net):
    corner = net.rng.random((1, 3000, 2))
    boxes = net.const(np.concatenate([corner, corner + 0.05 + 0.2 * net.rng.random((1, 3000, 2))], -1).astype(f32))
    finish(net, net.op("NonMaxSuppression", boxes, net.uniform("x", (1, 1, 3000)), net.const(i64(100)), net.const(f32(0.5)), net.const(f32(0))), i64)


@operator("GridSample")
def _(net):
    finish(net, net.op("GridSample", net.uniform("x", (1, 32, 64, 64)), net.uniform("g", (1, 64, 64, 2))))


@operator("Det 4x4")
def _(net):
    finish(net, net.op("Det", net.uniform("x", (4096, 4, 4))))


@operator("Einsum heads")
def _(net):
    finish(net, net.op("Einsum", net.uniform("x", (1, 128, 12, 64)), net.uniform("z", (1, 128, 12, 64)), equation="bqhd,bkhd->bhqk"))


# ---- products ----


def product(name, m, k, n, dtype=f32):
    def make(net):
        net.dtype = dtype
        finish(net, net.op("MatMul", net.uniform("x", (m, k)), net.weight((k, n), k**-0.5)))

    operator(name)(make)


product("MatMul 1024^3", 1024, 1024, 1024)
product("MatMul 128x768x3072", 128, 768, 3072)
product("MatMul 1x768x3072", 1, 768, 3072)
product("MatMul 8x768x3072", 8, 768, 3072)
product("MatMul float16 128x768x3072", 128, 768, 3072, np.float16)
product("MatMul float64 256^3", 256, 256, 256, np.float64)


@operator("MatMul of two inputs")
def _(net):
    finish(net, net.op("MatMul", net.uniform("x", (128, 768)), net.uniform("z", (768, 3072))))


@operator("MatMul scores of heads")
def _(net):
    finish(net, net.op("MatMul", net.uniform("x", (1, 12, 128, 64)), net.uniform("z", (1, 12, 64, 128))))


@operator("MatMulInteger")
def _(net):
    x = net.input("x", net.rng.integers(0, 256, (128, 768)).astype(np.uint8))
    w = net.const(net.rng.integers(-127, 128, (768, 3072)).astype(np.int8))
    finish(net, net.op("MatMulInteger", x, w, net.const(np.uint8(128)), net.const(np.int8(0))), np.int32)


@operator("product, weights quantised")
def _(net):
    finish(net, net.linear_dynamic(net.uniform("x", (128, 768)), 768, 3072))


@operator("MatMulNBits 1 row")
def _(net):
    finish(net, net.linear_4bit(net.uniform("x", (1, 2048)), 2048, 2048))


@operator("MatMulNBits 64 rows")
def _(net):
    finish(net, net.linear_4bit(net.uniform("x", (64, 1024)), 1024, 1024))


@operator("LSTM 100x128x256")
def _(net):
    finish(net, net.op("LSTM", net.uniform("x", (100, 1, 128)), net.weight((1, 1024, 128), 0.09), net.weight((1, 1024, 256), 0.06), hidden_size=256))


# ---- convolutions ----


def convolution(name, ci, co, k, size, stride=1, group=1, dilation=1, times=1):
    def make(net):
        x = net.uniform("x", (1, ci, size, size))
        for _ in range(times):
            x = net.relu(net.conv(x, ci, co, k, stride, group, dilation=dilation))
        finish(net, x)

    operator(name)(make)


convolution("Conv 3x3 64 at 56, 4 layers", 64, 64, 3, 56, times=4)
convolution("Conv 3x3 256 at 14, 4 layers", 256, 256, 3, 14, times=4)
convolution("Conv 3x3 512 at 7, 4 layers", 512, 512, 3, 7, times=4)
convolution("Conv 1x1 256 at 56", 256, 256, 1, 56)
convolution("Conv 1x1 512 at 14, 4 layers", 512, 512, 1, 14, times=4)
convolution("Conv 3x3 24 at 56, 4 layers", 24, 24, 3, 56, times=4)
convolution("Conv 7x7 s2, 3 channels", 3, 64, 7, 224, 2)
convolution("Conv 3x3 s2, 3 channels", 3, 32, 3, 224, 2)
convolution("Conv depthwise 3x3 144 at 56, 4 layers", 144, 144, 3, 56, group=144, times=4)
convolution("Conv depthwise 5x5 160 at 14, 4 layers", 160, 160, 5, 14, group=160, times=4)
convolution("Conv depthwise 3x3 s2", 96, 96, 3, 112, 2, 96)
convolution("Conv dilated 2", 64, 64, 3, 56, dilation=2)
convolution("Conv 32 groups", 128, 128, 3, 56, group=32)


def convolution_1d(name, ci, co, k, length, group=1):
    operator(name)(lambda net: finish(net, net.op("Conv", net.uniform("x", (1, ci, length)), net.weight((co, ci // group, k)), kernel_shape=[k],
                                                  pads=[k // 2] * 2, group=group)))


convolution_1d("Conv 1-D", 80, 384, 3, 3000)
convolution_1d("Conv 1-D depthwise 31", 256, 256, 31, 500, 256)


@operator("Conv 3-D")
def _(net):
    finish(net, net.op("Conv", net.uniform("x", (1, 16, 16, 56, 56)), net.weight((32, 16, 3, 3, 3)), kernel_shape=[3] * 3, pads=[1] * 6))


@operator("ConvTranspose 4x4 s2")
def _(net):
    finish(net, net.op("ConvTranspose", net.uniform("x", (1, 64, 32, 32)), net.weight((64, 32, 4, 4)), strides=[2, 2], kernel_shape=[4, 4], pads=[1] * 4))


def quantised_convolution(name, ci, k, size, group=1, times=4):
    def make(net):
        x = net.input("x", net.rng.integers(0, 256, (1, ci, size, size)).astype(np.uint8))
        scale, zero = net.const(f32(0.05)), net.const(np.uint8(128))
        for _ in range(times):
            w = net.const(net.rng.integers(-127, 128, (ci, ci // group, k, k)).astype(np.int8))
            fan = ci // group * k * k
            x = net.op("QLinearConv", x, scale, zero, w, net.const(np.full(ci, fan**-0.5 / 73, f32)), net.const(np.zeros(ci, np.int8)), scale, zero,
                       kernel_shape=[k, k], pads=[k // 2] * 4, group=group)
        finish(net, x, np.uint8)

    operator(name)(make)


quantised_convolution("QLinearConv 3x3 64 at 56, 4 layers", 64, 3, 56)
quantised_convolution("QLinearConv 1x1 256 at 28, 4 layers", 256, 1, 28)
quantised_convolution("QLinearConv depthwise 144 at 56, 4 layers", 144, 3, 56, 144)


# ---- what a node costs ----


def scalars(count):
    def make(net):
        x, one = net.uniform("x", (1,)), net.const(np.array([1.0], f32))
        for k in range(count):
            x = net.op(("Add", "Sub")[k % 2], x, one)
        finish(net, x)

    return make


DISPATCH = {"no work": lambda net: finish(net, net.op("Identity", net.uniform("x", (1, 8)))), "1000 nodes": scalars(1000), "2000 nodes": scalars(2000)}


def file_name(name):
    return "".join(c if c.isalnum() else "_" for c in name)


def write(name, folder):
    made = {**OPERATORS, **DISPATCH}[name]
    function, opset = made if isinstance(made, tuple) else (made, 17)
    net = Net(name, opset)
    function(net)
    path = os.path.join(folder, file_name(name))
    onnx.save(net.model(), path + ".onnx")
    tensors.write(path + ".in", net.feeds)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    os.makedirs(sys.argv[1], exist_ok=True)
    for name in sys.argv[2:] or {**OPERATORS, **DISPATCH}:
        write(name, sys.argv[1])


if __name__ == "__main__":
    main()
