#!/usr/bin/env python3
"""The models of ./dev bench: one or more of each family that people run, with random weights from a fixed seed.

usage: models.py FOLDER [NAME...]      writes NAME.onnx and NAME.in, the inputs that all engines are given

A model is a function that takes a Net and fills it; its family is that of the table in RESULTS.md."""
import os
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper

import tensors
from net import FLOAT, Net

MODELS = {}  # name -> (family, function)


def bench(family):
    def add(function):
        MODELS[function.__name__] = (family, function)
        return function

    return add


def picture(net, size=224, channels=3):
    return net.uniform("image", (1, channels, size, size))


# ---- convolutional networks ----


@bench("3x3 CNN")
def plain3x3(net):
    """Stacks of 3x3 layers, the picture halved between them (after VGG)."""
    x, ci = picture(net), 3
    for co, layers in ((64, 2), (128, 2), (256, 3), (512, 3)):
        for _ in range(layers):
            x, ci = net.relu(net.conv(x, ci, co, 3)), co
        x = net.max_pool(x, 2, 2)
    net.output(net.classifier(x, 512))


@bench("3x3 CNN")
def super_resolution(net):
    """One channel, three times larger by moving channels into space."""
    x = net.relu(net.conv(net.uniform("image", (1, 1, 160, 160)), 1, 64, 5))
    x = net.relu(net.conv(x, 64, 64, 3))
    x = net.relu(net.conv(x, 64, 32, 3))
    net.output(net.op("DepthToSpace", net.conv(x, 32, 9, 3), blocksize=3, mode="CRD"))


def bottleneck(net, x, ci, middle, co, stride, conv):
    y = net.relu(conv(x, ci, middle, 1, 1))
    y = net.relu(conv(y, middle, middle, 3, stride))
    y = conv(y, middle, co, 1, 1)
    return net.relu(net.op("Add", y, conv(x, ci, co, 1, stride) if ci != co or stride != 1 else x))


def residual(net, conv, stages=(3, 4, 6, 3)):
    x, ci = net.max_pool(net.relu(conv(picture(net), 3, 64, 7, 2)), 3, 2, 1), 64
    for stage, blocks in enumerate(stages):
        for block in range(blocks):
            co = 256 << stage
            x, ci = bottleneck(net, x, ci, co // 4, co, 2 if stage > 0 and block == 0 else 1, conv), co
    net.output(net.classifier(x, ci))


@bench("mixed CNN")
def residual50(net):
    residual(net, lambda x, ci, co, k, s: net.conv(x, ci, co, k, s))


@bench("mixed CNN")
def residual26_norms(net):
    """Batch norms that the exporter left behind the convolutions."""
    residual(net, lambda x, ci, co, k, s: net.batch_norm(net.conv(x, ci, co, k, s, bias=False), co), (2, 2, 2, 2))


@bench("dense CNN")
def dense(net):
    """Every layer reads all before it; norm and ReLU come first."""
    x, c = net.max_pool(net.relu(net.conv(picture(net), 3, 64, 7, 2)), 3, 2, 1), 64
    for layers in (6, 12, 8):
        for _ in range(layers):
            y = net.conv(net.relu(net.batch_norm(x, c)), c, 128, 1, bias=False)
            y = net.conv(net.relu(net.batch_norm(y, 128)), 128, 32, 3, bias=False)
            x, c = net.op("Concat", x, y, axis=1), c + 32
        x = net.conv(net.relu(net.batch_norm(x, c)), c, c // 2, 1, bias=False)
        x, c = net.op("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2]), c // 2
    net.output(net.classifier(x, c))


@bench("LRN nets")
def inception_lrn(net):
    """Parallel branches of four kernel sizes, local response norms at the front."""
    lrn = lambda v: net.op("LRN", v, size=5, alpha=1e-4, beta=0.75, bias=1.0)
    x = lrn(net.max_pool(net.relu(net.conv(picture(net), 3, 64, 7, 2)), 3, 2, 1))
    x = net.relu(net.conv(net.relu(net.conv(x, 64, 64, 1)), 64, 192, 3))
    x, c = net.max_pool(lrn(x), 3, 2, 1), 192
    for block, width in enumerate((64, 96, 96, 128, 128, 160)):
        one = net.relu(net.conv(x, c, width, 1))
        three = net.relu(net.conv(net.relu(net.conv(x, c, width, 1)), width, 2 * width, 3))
        five = net.relu(net.conv(net.relu(net.conv(x, c, 24, 1)), 24, 64, 5))
        pool = net.relu(net.conv(net.max_pool(x, 3, 1, 1), c, 64, 1))
        x, c = net.op("Concat", one, three, five, pool, axis=1), 3 * width + 128
        x = net.max_pool(x, 3, 2, 1) if block in (1, 4) else x
    net.output(net.classifier(x, c))


def inverted(net, x, ci, co, grow, k, stride, act, conv, gate=None):
    y, c = act(conv(x, ci, ci * grow, 1)), ci * grow
    y = act(conv(y, c, c, k, stride, c))
    y = conv(gate(y, c) if gate else y, c, co, 1)
    return net.op("Add", x, y) if ci == co and stride == 1 else y


MOBILE = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))


@bench("mobile CNN")
def mobile(net):
    """Inverted residuals, depthwise 3x3, ReLU6."""
    conv = lambda x, ci, co, k, s=1, g=1: net.conv(x, ci, co, k, s, g)
    x, ci = net.relu6(conv(picture(net), 3, 32, 3, 2)), 32
    for grow, co, blocks, stride in MOBILE:
        for block in range(blocks):
            x, ci = inverted(net, x, ci, co, grow, 3, stride if block == 0 else 1, net.relu6, conv), co
    net.output(net.classifier(net.relu6(conv(x, ci, 1280, 1)), 1280))


@bench("mobile CNN")
def mobile_gated(net):
    """Depthwise 5x5, SiLU, a gate for each channel (after EfficientNet)."""
    conv = lambda x, ci, co, k, s=1, g=1: net.batch_norm(net.conv(x, ci, co, k, s, g, bias=False), co)

    def gate(y, c):
        s = net.conv(net.op("GlobalAveragePool", y), c, c // 16, 1)
        return net.op("Mul", y, net.op("Sigmoid", net.conv(net.silu(s), c // 16, c, 1)))

    x, ci = net.silu(conv(picture(net), 3, 32, 3, 2)), 32
    for grow, co, k, blocks, stride in ((2, 16, 3, 1, 1), (6, 24, 3, 2, 2), (6, 48, 5, 2, 2), (6, 80, 3, 3, 2), (6, 112, 5, 2, 1), (6, 192, 5, 3, 2)):
        for block in range(blocks):
            x, ci = inverted(net, x, ci, co, grow, k, stride if block == 0 else 1, net.silu, conv, gate), co
    net.output(net.classifier(net.silu(conv(x, ci, 1280, 1)), 1280))


@bench("detector")
def detector(net):
    """SiLU blocks with split paths, an upward pass, three heads (after the YOLO family)."""
    conv = lambda x, ci, co, k, s=1: net.silu(net.conv(x, ci, co, k, s))

    def split(x, ci, co, blocks, add=True):
        a, b, h = conv(x, ci, co // 2, 1), conv(x, ci, co // 2, 1), co // 2
        for _ in range(blocks):
            y = conv(conv(a, h, h, 1), h, h, 3)
            a = net.op("Add", a, y) if add else y
        return conv(net.op("Concat", a, b, axis=1), co, co, 1)

    up = lambda x: net.op("Resize", x, "", net.const(np.array([1, 1, 2, 2], np.float32)), mode="nearest",
                          coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    x = conv(conv(picture(net, 416), 3, 16, 6 - 1, 2), 16, 32, 3, 2)
    x = conv(split(x, 32, 32, 1), 32, 64, 3, 2)
    p3 = split(x, 64, 64, 2)
    p4 = split(conv(p3, 64, 128, 3, 2), 128, 128, 3)
    p5 = split(conv(p4, 128, 256, 3, 2), 256, 256, 1)
    pools = [conv(p5, 256, 128, 1)]
    for _ in range(3):
        pools.append(net.max_pool(pools[-1], 5, 1, 2))
    p5 = conv(net.op("Concat", *pools, axis=1), 512, 256, 1)
    t5 = conv(p5, 256, 128, 1)
    t4 = conv(split(net.op("Concat", up(t5), p4, axis=1), 256, 128, 1, False), 128, 64, 1)
    t3 = split(net.op("Concat", up(t4), p3, axis=1), 128, 64, 1, False)
    boxes = []
    for x, c, n in ((t3, 64, 52), (t4, 64, 26), (t5, 128, 13)):
        y = net.op("Reshape", net.conv(x, c, 255, 1), net.ints(1, 3, 85, n, n))
        y = net.op("Sigmoid", net.op("Transpose", y, perm=[0, 1, 3, 4, 2]))
        boxes.append(net.op("Reshape", y, net.ints(1, 3 * n * n, 85)))
    net.output(net.op("Concat", *boxes, axis=1))


@bench("segmentation")
def segmentation(net):
    """Down and up with links across, transposed convolutions, a class for each pixel."""
    x, ci, links = picture(net, 192), 3, []
    for co in (32, 64, 128):
        x = net.relu(net.conv(net.relu(net.conv(x, ci, co, 3)), co, co, 3))
        links.append((x, co))
        x, ci = net.max_pool(x, 2, 2), co
    x, ci = net.relu(net.conv(x, ci, 256, 3, dilation=2)), 256
    for link, co in reversed(links):
        x = net.op("ConvTranspose", x, net.weight((ci, co, 2, 2), ci**-0.5), kernel_shape=[2, 2], strides=[2, 2])
        x = net.relu(net.conv(net.op("Concat", x, link, axis=1), 2 * co, co, 3))
        ci = co
    net.output(net.op("Softmax", net.conv(x, ci, 21, 1), axis=1))


@bench("style")
def style(net):
    """Instance norms, reflected borders, bilinear enlargement."""
    norm = lambda x, c: net.op("InstanceNormalization", x, net.weight((c,), 1), net.weight((c,), 0.1))
    pad = lambda x, p: net.op("Pad", x, net.ints(0, 0, p, p, 0, 0, p, p), mode="reflect")
    x = net.relu(norm(net.conv(pad(picture(net, 160), 4), 3, 32, 9, pad=0), 32))
    x = net.relu(norm(net.conv(x, 32, 64, 3, 2), 64))
    x = net.relu(norm(net.conv(x, 64, 96, 3, 2), 96))
    for _ in range(3):
        y = net.relu(norm(net.conv(pad(x, 1), 96, 96, 3, pad=0), 96))
        x = net.op("Add", x, norm(net.conv(pad(y, 1), 96, 96, 3, pad=0), 96))
    for ci, co in ((96, 64), (64, 32)):
        x = net.op("Resize", x, "", net.const(np.array([1, 1, 2, 2], np.float32)), mode="linear")
        x = net.relu(norm(net.conv(x, ci, co, 3), co))
    net.output(net.conv(pad(x, 4), 32, 3, 9, pad=0))


@bench("3-D CNN")
def volume(net):
    x, ci = net.uniform("volume", (1, 1, 32, 64, 64)), 1
    for co, dilation in ((16, 1), (16, 2), (32, 1)):
        x = net.relu(net.op("Conv", x, net.weight((co, ci, 3, 3, 3)), net.weight((co,), 0.05), kernel_shape=[3] * 3,
                            pads=[dilation] * 6, dilations=[dilation] * 3))
        ci = co
    net.output(net.op("Conv", x, net.weight((4, ci, 1, 1, 1)), kernel_shape=[1] * 3))


@bench("fp16 CNN")
def residual26_fp16(net):
    net.dtype = np.float16
    residual(net, lambda x, ci, co, k, s: net.conv(x, ci, co, k, s), (2, 2, 2, 2))


# ---- quantised pictures ----


def quantiser(net):
    """A convolution with quantised input, weight and output."""

    def conv(x, ci, co, k, s=1, g=1):
        y, scale = net.conv_qdq(x, ci, co, k, s, g, 0.03)
        return net.qdq(y, scale)

    return conv


@bench("int8 CNN")
def residual50_qdq(net):
    conv, relu = quantiser(net), net.relu
    net.relu = lambda x: net.qdq(relu(x), 0.03)
    x, ci = net.qdq(picture(net), 2 / 255), 3
    x, ci = net.max_pool(net.relu(conv(x, 3, 64, 7, 2)), 3, 2, 1), 64
    for stage, blocks in enumerate((3, 4, 6, 3)):
        for block in range(blocks):
            co = 256 << stage
            x, ci = bottleneck(net, x, ci, co // 4, co, 2 if stage > 0 and block == 0 else 1, conv), co
    net.output(net.classifier(x, ci))


@bench("int8 mobile CNN")
def mobile_qdq(net):
    conv = quantiser(net)
    act = lambda x: net.qdq(net.relu6(x), 6 / 255)
    x, ci = act(conv(net.qdq(picture(net), 2 / 255), 3, 32, 3, 2)), 32
    for grow, co, blocks, stride in MOBILE:
        for block in range(blocks):
            before = ci
            x, ci = inverted(net, x, ci, co, grow, 3, stride if block == 0 else 1, act, conv), co
            x = net.qdq(x, 0.04) if block > 0 and before == co else x
    net.output(net.classifier(act(conv(x, ci, 1280, 1)), 1280))


# ---- transformers ----


def encoder(net, layers=4, width=384, heads=6, length=128, linear=None, norm=None, x=None):
    linear, norm = linear or net.linear, norm or net.layer_norm
    size = width // heads
    if x is None:
        ids = net.input("ids", net.rng.integers(0, 100, (1, length)))
        x = net.op("Add", net.op("Gather", net.weight((2000, width), 0.5), ids), net.weight((1, length, width), 0.5))
        x = norm(x, width)
    for _ in range(layers):
        q = net.heads(linear(x, width, width), length, heads, size)
        k = net.heads(linear(x, width, width), length, heads, size, keys=True)
        v = net.heads(linear(x, width, width), length, heads, size)
        mixed = linear(net.attention(q, k, v, length, heads, size), width, width)
        x = norm(net.op("Add", x, mixed), width)
        y = linear(net.gelu(linear(x, width, 4 * width)), 4 * width, width)
        x = norm(net.op("Add", x, y), width)
    return x


@bench("transformer encoder")
def encoder_fp32(net):
    net.output(encoder(net, norm=net.layer_norm_spelled))


@bench("transformer encoder")
def vision_transformer(net):
    x = net.op("Conv", picture(net), net.weight((192, 3, 16, 16)), net.weight((192,), 0.05), kernel_shape=[16, 16], strides=[16, 16])
    x = net.op("Transpose", net.op("Reshape", x, net.ints(1, 192, 196)), perm=[0, 2, 1])
    x = net.op("Concat", net.weight((1, 1, 192), 0.5), x, axis=1)
    x = encoder(net, 6, 192, 3, 197, x=net.op("Add", x, net.weight((1, 197, 192), 0.1)))
    net.output(net.linear(net.op("Gather", x, net.const(np.int64(0)), axis=1), 192, 1000))


@bench("fp16 transformer")
def encoder_fp16(net):
    net.dtype = np.float16
    net.output(encoder(net))


@bench("int8 transformer")
def encoder_dynamic(net):
    net.output(encoder(net, linear=net.linear_dynamic))


@bench("int8 transformer")
def encoder_qdq(net):
    def linear(x, n, m):
        y = net.op("MatMul", net.qdq(x, 0.04), net.quantised((n, m), n**-0.5, axis=1))
        return net.op("Add", net.qdq(y, 0.05), net.weight((m,), 0.05))

    net.output(encoder(net, linear=linear))


def decoder(net, layers, width, heads, past, linear, head_words):
    """One step: a token and the keys and values of those before it."""
    size = width // heads
    token = net.input("token", np.array([[17]]))
    x = net.op("Gather", net.weight((head_words, width), 0.5), token)
    for layer in range(layers):
        y = net.rms_norm(x, width)
        q = net.heads(linear(y, width, width), 1, heads, size)
        new = [net.heads(linear(y, width, width), 1, heads, size) for _ in "kv"]
        kv = []
        for name, value in zip("kv", new):
            old = net.uniform(f"past_{name}{layer}", (1, heads, past, size), [1, heads, "past", size])
            kv.append(net.op("Concat", old, value, axis=2))
            net.output(kv[-1], [1, heads, "all", size])
        keys = net.op("Transpose", kv[0], perm=[0, 1, 3, 2])
        x = net.op("Add", x, linear(net.attention(q, keys, kv[1], 1, heads, size), width, width))
        y = net.rms_norm(x, width)
        y = net.op("Mul", net.silu(linear(y, width, 3 * width)), linear(y, width, 3 * width))
        x = net.op("Add", x, linear(y, 3 * width, width))
    net.output(linear(net.rms_norm(x, width), width, head_words))


@bench("decode step")
def decode(net):
    decoder(net, 6, 512, 8, 128, lambda x, n, m: net.linear(x, n, m, bias=False), 8000)


@bench("decode step, 4-bit")
def decode_4bit(net):
    decoder(net, 6, 1024, 16, 128, net.linear_4bit, 8000)


# ---- sequences ----


def recurrent(net, kind, x, n, hidden, gates, directions=1):
    y = net.op(kind, x, net.weight((directions, gates * hidden, n), n**-0.5), net.weight((directions, gates * hidden, hidden), hidden**-0.5),
               net.weight((directions, 2 * gates * hidden), 0.05), hidden_size=hidden, direction="bidirectional" if directions == 2 else "forward",
               **({"linear_before_reset": 1} if kind == "GRU" else {}))
    return net.op("Reshape", net.op("Transpose", y, perm=[0, 2, 1, 3]), net.ints(0, 0, -1))


@bench("recurrent")
def lstm(net):
    x = recurrent(net, "LSTM", net.uniform("x", (100, 1, 128)), 128, 256, 4)
    net.output(net.linear(recurrent(net, "LSTM", x, 256, 256, 4), 256, 64))


@bench("recurrent")
def gru(net):
    x = recurrent(net, "GRU", net.uniform("x", (80, 1, 96)), 96, 192, 3, 2)
    net.output(net.linear(recurrent(net, "GRU", x, 384, 192, 3, 2), 384, 64))


@bench("speech")
def speech(net):
    """Frames halved twice, then blocks of attention and long depthwise filters (after Conformer)."""
    width, length = 256, 250
    conv = lambda x, ci, co, k, s=1, g=1: net.op("Conv", x, net.weight((co, ci // g, k)), net.weight((co,), 0.05), kernel_shape=[k],
                                                 strides=[s], pads=[k // 2] * 2, group=g)
    x = net.relu(conv(net.relu(conv(net.uniform("frames", (1, 80, 4 * length)), 80, width, 3, 2)), width, width, 3, 2))
    x = net.op("Transpose", x, perm=[0, 2, 1])
    for _ in range(3):
        x = encoder(net, 1, width, 4, length, x=x)
        y = net.op("Transpose", x, perm=[0, 2, 1])
        halves = net.op("Split", conv(y, width, 2 * width, 1), axis=1, outputs=2)
        y = net.op("Mul", halves[0], net.op("Sigmoid", halves[1]))
        y = conv(net.silu(conv(y, width, width, 31, 1, width)), width, width, 1)
        x = net.op("Add", x, net.op("Transpose", y, perm=[0, 2, 1]))
    net.output(net.op("LogSoftmax", net.linear(x, width, 500), axis=-1))


@bench("voice step")
def voice_step(net):
    """A few samples and a state: small layers that a graph of many nodes strings together."""
    x = net.uniform("samples", (1, 1, 512))
    state = [net.uniform(n, (1, 1, 64)) for n in ("h", "c")]
    frames = net.op("Conv", x, net.weight((130, 1, 256), 1 / 16), kernel_shape=[256], strides=[128], pads=[64, 64])
    real, imaginary = net.op("Split", frames, axis=1, outputs=2)
    square = lambda v: net.op("Pow", v, net.number(2))
    y = net.op("Log", net.op("Add", net.op("Sqrt", net.op("Add", square(real), square(imaginary))), net.number(1e-3)))
    for ci, co in ((65, 64), (64, 32), (32, 64)):
        y = net.relu(net.op("Conv", y, net.weight((co, ci, 3)), net.weight((co,), 0.05), kernel_shape=[3], pads=[1, 1]))
    y = net.op("Transpose", y, perm=[2, 0, 1])
    y, h, c = net.op("LSTM", y, net.weight((1, 256, 64), 0.1), net.weight((1, 256, 64), 0.1), net.weight((1, 512), 0.05), "", *state,
                     hidden_size=64, outputs=3)
    y = net.op("Squeeze", y, net.ints(1))
    net.output(net.op("Sigmoid", net.op("ReduceMean", net.linear(y, 64, 1), axes=[0])))
    net.output(h)
    net.output(c)


# ---- small and classic ----


@bench("tiny")
def perceptron(net):
    x, n = net.uniform("x", (1, 64), ["batch", 64]), 64
    for m in (128, 64):
        x, n = net.relu(net.op("Gemm", x, net.weight((n, m), n**-0.5), net.weight((m,), 0.05))), m
    net.output(net.op("Gemm", x, net.weight((n, 4), n**-0.5), net.weight((4,), 0.05)))


@bench("small CNN")
def digits(net):
    x = net.max_pool(net.relu(net.conv(net.uniform("image", (1, 1, 28, 28)), 1, 8, 5)), 2, 2)
    x = net.op("Flatten", net.max_pool(net.relu(net.conv(x, 8, 16, 5)), 3, 3), axis=1)
    net.output(net.op("Gemm", x, net.weight((256, 10), 0.06), net.weight((10,), 0.05)))


def forest(net, trees, depth, features):
    """Full trees of one depth: random features and thresholds, in breadth-first order."""
    inner, total = 2**depth - 1, 2 ** (depth + 1) - 1
    node = np.tile(np.arange(total), trees)
    tree = np.repeat(np.arange(trees), total)
    leaf = node >= inner
    feature = np.where(leaf, 0, net.rng.integers(0, features, trees * total))
    threshold = np.where(leaf, 0, net.rng.uniform(-0.8, 0.8, trees * total))
    attributes = dict(
        nodes_treeids=tree, nodes_nodeids=node, nodes_featureids=feature, nodes_values=threshold.astype(np.float32),
        nodes_truenodeids=np.where(leaf, 0, 2 * node + 1), nodes_falsenodeids=np.where(leaf, 0, 2 * node + 2),
        target_treeids=tree[leaf], target_nodeids=node[leaf], target_ids=np.zeros(leaf.sum(), np.int64),
        target_weights=(net.rng.standard_normal(leaf.sum()) * 0.1).astype(np.float32))
    return dict(nodes_modes=["LEAF" if l else "BRANCH_LEQ" for l in leaf], **{k: v.tolist() for k, v in attributes.items()})


@bench("trees")
def boosted_trees(net):
    x = net.uniform("x", (1, 32), ["batch", 32])
    net.output(net.op("TreeEnsembleRegressor", x, domain="ai.onnx.ml", n_targets=1, **forest(net, 500, 6, 32)))


@bench("trees")
def boosted_trees_rows(net):
    x = net.uniform("x", (256, 32), ["batch", 32])
    net.output(net.op("TreeEnsembleRegressor", x, domain="ai.onnx.ml", n_targets=1, **forest(net, 200, 6, 32)))


@bench("classic")
def linear_classifier(net):
    x = net.uniform("x", (16, 64), ["batch", 64])
    x = net.op("Scaler", x, domain="ai.onnx.ml", offset=[0.1] * 64, scale=[1.5] * 64)
    weights = (net.rng.standard_normal(10 * 64) * 0.1).astype(np.float32).tolist()
    label, scores = net.op("LinearClassifier", x, domain="ai.onnx.ml", outputs=2, coefficients=weights, intercepts=[0.0] * 10,
                           classlabels_ints=list(range(10)), multi_class=0, post_transform="SOFTMAX")
    net.output(label, dtype=np.int64)
    net.output(scores)


def write(name, folder):
    net = Net(name)
    MODELS[name][1](net)
    made = onnx.shape_inference.infer_shapes(net.model())
    for out, full in zip(made.graph.output, net.outputs):  # a declared output has its shape
        if not out.type.tensor_type.HasField("shape"):
            shapes = {v.name: v for v in made.graph.value_info}
            if full.name in shapes:
                out.CopyFrom(shapes[full.name])
    del made.graph.value_info[:]
    onnx.save(made, os.path.join(folder, name + ".onnx"))
    tensors.write(os.path.join(folder, name + ".in"), net.feeds)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    os.makedirs(sys.argv[1], exist_ok=True)
    for name in sys.argv[2:] or MODELS:
        if name not in MODELS:
            sys.exit(f"models: '{name}' is not known; there are {', '.join(MODELS)}")
        write(name, sys.argv[1])


if __name__ == "__main__":
    main()
