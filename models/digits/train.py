#!/usr/bin/env python3
"""Trains the network that reads a handwritten digit and writes digits.onnx.

    python3 -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python train.py

The digits are scikit-learn's (1,797 of them, 8 x 8): 1,437 to learn from, 360 kept for the test.
Each is drawn anew many times over (hand.py; some 1, 4 and 7 as other writers draw them) and goes
through the preparation that the command `sardonyx run` does (prepare.py), so that what the network
learns from is what it will be shown.
Plain NumPy. Two runs on one machine with the versions of requirements.txt give the same bytes.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # the order of additions must not depend on the machine

import hashlib
import pathlib
import time

import numpy as np
import onnx
import onnx.reference
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import hand
import prepare

HERE = pathlib.Path(__file__).resolve().parent
SEED = 1797
SIDE = 28
DRAWINGS = 12  # of each digit to learn from
EPOCHS = 12
BATCH = 64
DOUBT = 0.03  # of each lesson: so that the network does not claim what it cannot know
KEPT = 0.7  # of the features of a lesson; the others are dropped, by chance
CHANNELS = (8, 16, 32)
LEAST_ACCURACY = 0.98


def split():
    """The digits and their names, to learn from and to test with."""
    data = load_digits()
    return train_test_split(
        data.images, data.target, test_size=360, stratify=data.target, random_state=SEED
    )


def model_input(picture):
    """A picture as the network takes it: [1, SIDE, SIDE] of 0 to 1."""
    return (prepare.ink(prepare.gray(picture), SIDE, SIDE) / 255).astype(np.float32)[None]


def scanned(digit):
    """The digit as it is in the data set, as a picture of 0 to 255."""
    return digit * (255 / 16)


def lessons(images, names, rng):
    """Each digit twice as it is, and drawn and photographed DRAWINGS times."""
    inputs, wanted = [], []
    for image, name in zip(images, names):
        pictures = [scanned(image)] * 2
        for i in range(DRAWINGS):
            if name in hand.PEN and i % 6 == 0:
                drawn = hand.pen(hand.PEN[name][rng.integers(2)], rng)
            else:
                drawn = hand.draw(image, rng)
            pictures.append(hand.photograph(drawn, 96, rng) if i % 3 == 1 else 255 * drawn)
        inputs += [model_input(picture) for picture in pictures]
        wanted += [name] * len(pictures)
    return np.stack(inputs), np.array(wanted)


def columns(x, k):
    """[n, c, h, w] padded by k // 2 to the k x k neighbourhood of each pixel: [n h w, c k k]."""
    n, c, h, w = x.shape
    x = np.pad(x, ((0, 0), (0, 0), (k // 2, k // 2), (k // 2, k // 2)))
    windows = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(2, 3))
    return windows.transpose(0, 2, 3, 1, 4, 5).reshape(n * h * w, c * k * k)


def conv(x, weight, bias):
    """Convolution of same size, then Relu; what its gradient needs comes along."""
    n, _, h, w = x.shape
    flat = columns(x, weight.shape[2])
    y = np.maximum(flat @ weight.reshape(weight.shape[0], -1).T + bias, 0)
    return y.reshape(n, h, w, -1).transpose(0, 3, 1, 2), flat


def conv_gradient(dy, y, flat, weight, need_dx):
    """Gradients of weight, bias and (if needed) input."""
    m, _, k, _ = weight.shape
    dy = dy * (y > 0)
    flat_dy = dy.transpose(0, 2, 3, 1).reshape(-1, m)
    dx = None
    if need_dx:
        turned = weight[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
        n, _, h, w = dy.shape
        dx = columns(dy, k) @ turned.reshape(turned.shape[0], -1).T
        dx = dx.reshape(n, h, w, -1).transpose(0, 3, 1, 2)
    return (flat_dy.T @ flat).reshape(weight.shape), flat_dy.sum(axis=0), dx


def pool(x):
    """The largest of each 2 x 2."""
    n, c, h, w = x.shape
    return x.reshape(n, c, h // 2, 2, w // 2, 2).max(axis=(3, 5))


def pool_gradient(dy, x, y):
    """The gradient goes to the largest; equal ones each get it."""
    return (x == y.repeat(2, 2).repeat(2, 3)) * dy.repeat(2, 2).repeat(2, 3)


def softmax(scores):
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    return scores / scores.sum(axis=1, keepdims=True)


def start(rng):
    """Weights by chance (He), biases 0: the names are those of the initializers in the file."""
    a, b, c = CHANNELS
    shapes = {"conv1": (a, 1, 5, 5), "conv2": (b, a, 3, 3), "conv3": (c, b, 3, 3)}
    shapes["digit"] = (10, c * (SIDE // 4) ** 2)
    weights = {}
    for name, shape in shapes.items():
        spread = np.sqrt(2 / np.prod(shape[1:]))
        weights[name + ".weight"] = rng.normal(0, spread, shape).astype(np.float32)
        weights[name + ".bias"] = np.zeros(shape[0], np.float32)
    return weights


def forward(w, x, kept=1):
    """Probabilities, and all that lies between; `kept` scales the features, 0 drops one."""
    y1, flat1 = conv(x, w["conv1.weight"], w["conv1.bias"])
    p1 = pool(y1)
    y2, flat2 = conv(p1, w["conv2.weight"], w["conv2.bias"])
    p2 = pool(y2)
    y3, flat3 = conv(p2, w["conv3.weight"], w["conv3.bias"])
    flat = y3.reshape(len(x), -1) * kept
    scores = flat @ w["digit.weight"].T + w["digit.bias"]
    return softmax(scores), (y1, flat1, p1, y2, flat2, p2, y3, flat3, flat)


def gradients(w, x, wanted, kept):
    """Of the cross entropy, for each weight."""
    probabilities, between = forward(w, x, kept)
    y1, flat1, p1, y2, flat2, p2, y3, flat3, flat = between
    target = np.eye(10, dtype=np.float32)[wanted] * np.float32(1 - DOUBT) + np.float32(DOUBT / 10)
    d = (probabilities - target) / np.float32(len(x))
    g = {"digit.weight": d.T @ flat, "digit.bias": d.sum(axis=0)}
    d = (d @ w["digit.weight"] * kept).reshape(y3.shape)
    g["conv3.weight"], g["conv3.bias"], d = conv_gradient(d, y3, flat3, w["conv3.weight"], True)
    d = pool_gradient(d, y2, p2)
    g["conv2.weight"], g["conv2.bias"], d = conv_gradient(d, y2, flat2, w["conv2.weight"], True)
    d = pool_gradient(d, y1, p1)
    g["conv1.weight"], g["conv1.bias"], _ = conv_gradient(d, y1, flat1, w["conv1.weight"], False)
    return g


def train(inputs, wanted, rng):
    """Adam with a falling step; the result is the running mean of the weights."""
    w = start(rng)
    mean = {name: value.copy() for name, value in w.items()}
    first = {name: np.zeros_like(value) for name, value in w.items()}
    second = {name: np.zeros_like(value) for name, value in w.items()}
    steps = EPOCHS * (len(inputs) // BATCH)
    step = 0
    for epoch in range(EPOCHS):
        order = rng.permutation(len(inputs))
        for at in range(0, len(inputs) - BATCH + 1, BATCH):
            chosen = order[at : at + BATCH]
            kept = (rng.random((BATCH, w["digit.weight"].shape[1])) < KEPT) / np.float32(KEPT)
            g = gradients(w, inputs[chosen], wanted[chosen], kept)
            step += 1
            rate = np.float32(1e-3 * (1 + np.cos(np.pi * step / steps)))
            rate *= np.float32(np.sqrt(1 - 0.999**step) / (1 - 0.9**step))
            for name, value in w.items():
                first[name] += np.float32(0.1) * (g[name] - first[name])
                second[name] += np.float32(0.001) * (g[name] ** 2 - second[name])
                value -= rate * first[name] / (np.sqrt(second[name]) + np.float32(1e-8))
                value -= rate * np.float32(0.01) * value
                mean[name] += np.float32(0.005) * (value - mean[name])
        print(f"epoch {epoch + 1:2d} of {EPOCHS}: {accuracy(mean, inputs, wanted):.2%} of the lessons")
    return mean


def accuracy(w, inputs, wanted):
    right = [forward(w, inputs[i : i + 500])[0].argmax(1) for i in range(0, len(inputs), 500)]
    return (np.concatenate(right) == wanted).mean()


METADATA = {
    "sardonyx.image.size": f"{SIDE}x{SIDE}",
    "sardonyx.image.channels": "gray",
    "sardonyx.image.ink": "auto",
    "sardonyx.labels": "0,1,2,3,4,5,6,7,8,9",
}


def model(w):
    """The network as an ONNX model."""
    node = onnx.helper.make_node
    pooling = {"kernel_shape": [2, 2], "strides": [2, 2]}
    nodes = []
    seen = "image"
    for name, pad in (("conv1", 2), ("conv2", 1), ("conv3", 1)):
        inputs = [seen, name + ".weight", name + ".bias"]
        nodes.append(node("Conv", inputs, [name], name, pads=[pad] * 4))
        nodes.append(node("Relu", [name], [name + ".relu"], name + ".relu"))
        seen = name + ".relu"
        if name != "conv3":
            nodes.append(node("MaxPool", [seen], [name + ".pool"], name + ".pool", **pooling))
            seen = name + ".pool"
    nodes.append(node("Flatten", [seen], ["features"], "features"))
    inputs = ["features", "digit.weight", "digit.bias"]
    nodes.append(node("Gemm", inputs, ["scores"], "digit", transB=1))
    nodes.append(node("Softmax", ["scores"], ["probabilities"], "probabilities", axis=1))
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        nodes,
        "digits",
        [value("image", onnx.TensorProto.FLOAT, ["batch", 1, SIDE, SIDE])],
        [value("probabilities", onnx.TensorProto.FLOAT, ["batch", 10])],
        [onnx.numpy_helper.from_array(w[name], name) for name in w],
        doc_string="Reads one handwritten digit. Ink is 1, paper is 0.",
    )
    opset = onnx.helper.make_opsetid("", 17)
    made = onnx.helper.make_model(graph, ir_version=8, opset_imports=[opset])
    made.producer_name = "models/digits/train.py"
    onnx.helper.set_model_props(made, METADATA)
    onnx.checker.check_model(made, full_check=True)
    return made


def save(path, message):
    data = message.SerializeToString(deterministic=True)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()[:16]
    print(f"{path.relative_to(HERE)}: {len(data)} bytes, sha256 {digest}...")


def main():
    began = time.monotonic()
    rng = np.random.default_rng(SEED)
    images, test_images, names, test_names = split()
    w = train(*lessons(images, names, rng), rng)
    scans = np.stack([model_input(scanned(image)) for image in test_images])
    photographs = np.stack(
        [model_input(hand.photograph(hand.draw(image, rng), 200, rng)) for image in test_images]
    )
    result = accuracy(w, scans, test_names)
    print(f"test accuracy: {result:.2%} of {len(scans)} digits never seen in training")
    print(f"the same drawn anew and photographed: {accuracy(w, photographs, test_names):.2%}")

    made = model(w)
    save(HERE / "digits.onnx", made)
    golden = np.concatenate([scans[:4], photographs[4:8]])
    (expected,) = onnx.reference.ReferenceEvaluator(made).run(None, {"image": golden})
    data_set = HERE / "test_data_set_0"
    save(data_set / "input_0.pb", onnx.numpy_helper.from_array(golden, "image"))
    save(data_set / "output_0.pb", onnx.numpy_helper.from_array(expected, "probabilities"))
    print(f"{time.monotonic() - began:.0f} s")
    return 0 if result >= LEAST_ACCURACY else 1


if __name__ == "__main__":
    raise SystemExit(main())
