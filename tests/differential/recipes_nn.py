"""Nodes of neural networks: convolution, pools, normalisation, images, recurrence, attention."""
import numpy as np

from graph import FLOATS, Reject, type_of
from recipes import any_axis, float_attributes, maybe, recipe, types_of


def floats_of(graph, op, position=0):
    return [t for t in types_of(graph.schema(op), position) if t in FLOATS]


def picture(graph, types, dims=None, channels=None):
    """A batch of pictures (or lines, or volumes) and the number of its spatial dimensions."""
    rng = graph.rng
    spatial = dims or rng.choice([1, 2, 2, 2, 2, 3])
    sizes = {1: [4, 7, 16, 33], 2: [3, 5, 8, 9, 14], 3: [3, 4, 5]}[spatial]
    channels = channels or rng.choice([1, 2, 3, 4, 6, 8, 16])
    batch = 0 if rng.random() < 0.02 else rng.choice([1, 1, 2, 3])
    wanted = lambda a: a.ndim == spatial + 2 and 1 <= a.shape[1] <= 32 and all(d >= 3 for d in a.shape[2:]) and a.size <= 8192
    shape = None if rng.random() < 0.5 else (batch, channels) + tuple(rng.choice(sizes) for _ in range(spatial))
    try:
        return graph.pick(types, rank=spatial + 2, where=wanted, shape=shape), spatial
    except Reject:
        shape = (1, channels) + tuple(rng.choice(sizes) for _ in range(spatial))
        return graph.leaf(graph.array(graph.choose_type(types), shape)), spatial


def window(graph, schema, sizes, kernel):
    """Strides, pads, dilations or auto_pad for a kernel over sizes."""
    rng, n = graph.rng, len(sizes)
    attributes = {"strides": maybe(graph, [rng.choice([1, 1, 2, 3]) for _ in range(n)])}
    style = rng.random()
    if style < 0.2:
        attributes["auto_pad"] = rng.choice(["SAME_UPPER", "SAME_LOWER", "VALID"])
    elif style < 0.7:
        attributes["pads"] = [rng.randint(0, k - 1) for k in kernel] + [rng.randint(0, k - 1) for k in kernel]
    if "dilations" in schema.attributes and style > 0.3 and rng.random() < 0.3:
        dilations = [rng.choice([1, 2]) for _ in range(n)]
        if all((k - 1) * d + 1 <= s for k, d, s in zip(kernel, dilations, sizes)):
            attributes["dilations"] = dilations
    return attributes


def kernel_for(graph, sizes):
    kernel = [graph.rng.choice([1, 2, 3, 3, 5]) for _ in sizes]
    return [min(k, s) for k, s in zip(kernel, sizes)]


@recipe(6, "Conv")
@recipe(3, "ConvTranspose")
def convolution(graph, op):
    schema = graph.schema(op)
    x, _ = picture(graph, floats_of(graph, op))
    array, rng = graph.value(x), graph.rng
    channels, sizes = array.shape[1], array.shape[2:]
    group = rng.choice([g for g in (1, 1, 1, 2, 3, 4, channels) if g and channels % g == 0])
    kernel = kernel_for(graph, sizes)
    per_group = rng.choice([1, 1, 2, 3, 5])
    shape = (group * per_group, channels // group) if op == "Conv" else (channels, per_group)
    weight = graph.leaf(graph.array(type_of(array), shape + tuple(kernel)), maybe(graph, "initializer", 0.8))
    inputs = [x, weight]
    if rng.random() < 0.6:
        inputs.append(graph.leaf(graph.array(type_of(array), (group * per_group,)), maybe(graph, "initializer", 0.8)))
    attributes = window(graph, schema, sizes, kernel)
    if op == "ConvTranspose" and rng.random() < 0.3 and "auto_pad" not in attributes:
        strides = attributes["strides"] = [2] * len(sizes)
        attributes["output_padding"] = [rng.randint(0, s - 1) for s in strides]
    graph.add(op, inputs, group=group if group > 1 else maybe(graph, 1), kernel_shape=maybe(graph, kernel), **attributes)


@recipe(3, "MaxPool", "AveragePool")
@recipe(1, "LpPool")
def pool(graph, op):
    schema = graph.schema(op)
    types = types_of(schema, 0)
    x, _ = picture(graph, types)
    array, rng = graph.value(x), graph.rng
    sizes = array.shape[2:]
    kernel = kernel_for(graph, sizes)
    attributes = window(graph, schema, sizes, kernel)
    for name in ("ceil_mode", "count_include_pad", "storage_order"):
        if name in schema.attributes and rng.random() < 0.4:
            attributes[name] = rng.randint(0, 1)
    if op == "LpPool":
        attributes["p"] = maybe(graph, rng.choice([1, 2, 3]))
    indices = op == "MaxPool" and graph.opset >= 8 and rng.random() < 0.3 and type_of(array) in FLOATS and not np.isnan(array.astype(np.float32)).any()
    if "storage_order" in attributes and not indices:
        del attributes["storage_order"]
    graph.add(op, [x], 2 if indices else 1, kernel_shape=kernel, **attributes)


@recipe(1, "GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool")
def global_pool(graph, op):
    x, _ = picture(graph, floats_of(graph, op))
    graph.add(op, [x])


def per_channel(graph, kind, channels, low=None, high=None):
    return graph.leaf(graph.array(kind, (channels,), low, high), maybe(graph, "initializer", 0.8))


@recipe(3, "BatchNormalization")
def batch_norm(graph, op):
    schema = graph.schema(op)
    x, _ = picture(graph, floats_of(graph, op))
    kind, c = type_of(graph.value(x)), graph.value(x).shape[1]
    inputs = [x, per_channel(graph, kind, c), per_channel(graph, kind, c), per_channel(graph, kind, c), per_channel(graph, kind, c, 0.1, 2)]
    graph.add(op, inputs, **float_attributes(graph, schema, "epsilon", "momentum"))


@recipe(1, "InstanceNormalization")
def instance_norm(graph, op):
    schema = graph.schema(op)
    x, _ = picture(graph, floats_of(graph, op))
    kind, c = type_of(graph.value(x)), graph.value(x).shape[1]
    graph.add(op, [x, per_channel(graph, kind, c), per_channel(graph, kind, c)], **float_attributes(graph, schema, "epsilon"))


@recipe(1, "GroupNormalization")
def group_norm(graph, op):
    schema = graph.schema(op)
    groups = graph.rng.choice([1, 2, 4])
    c = groups * graph.rng.choice([1, 2, 3])
    x = graph.pick(floats_of(graph, op), shape=(graph.rng.choice([1, 2]), c, 3, 4))
    kind, n = type_of(graph.value(x)), groups if graph.opset < 21 else c
    graph.add(op, [x, per_channel(graph, kind, n), per_channel(graph, kind, n)], num_groups=groups, **float_attributes(graph, schema, "epsilon"))


@recipe(3, "LayerNormalization")
@recipe(1, "RMSNormalization")
def layer_norm(graph, op):
    schema = graph.schema(op)
    x = graph.pick(floats_of(graph, op), rank=range(1, 5), where=lambda a: a.size)
    array = graph.value(x)
    axis = any_axis(graph, array.ndim)
    shape = array.shape[axis % array.ndim:]
    inputs = [x, graph.leaf(graph.array(type_of(array), shape))]
    if op == "LayerNormalization" and graph.rng.random() < 0.6:
        inputs.append(graph.leaf(graph.array(type_of(array), shape)))
    n = graph.rng.choice([1, 1, 3]) if op == "LayerNormalization" else 1
    graph.add(op, inputs, n, axis=axis, **float_attributes(graph, schema, "epsilon"))


@recipe(1, "MeanVarianceNormalization")
def mvn(graph, op):
    graph.schema(op)
    x = graph.pick(floats_of(graph, op), rank=4, where=lambda a: a.size)
    graph.add(op, [x], axes=maybe(graph, sorted(graph.rng.sample(range(4), graph.rng.randint(1, 3)))))


@recipe(1, "LRN")
def lrn(graph, op):
    schema = graph.schema(op)
    x, _ = picture(graph, floats_of(graph, op), dims=2)
    graph.add(op, [x], size=graph.rng.choice([1, 2, 3, 5]), **float_attributes(graph, schema))


RESIZE_MODES = {
    11: ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_crop_and_resize"],
    19: ["half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_crop_and_resize"],
}


@recipe(3, "Resize")
def resize(graph, op):
    schema, rng = graph.schema(op), graph.rng
    mode = rng.choice(["nearest", "linear", "cubic"]) if graph.opset >= 11 else rng.choice(["nearest", "linear"])
    types = FLOATS[:2] if mode != "nearest" else [t for t in types_of(schema, 0) if t in ("tensor(float)", "tensor(int32)", "tensor(uint8)", "tensor(int8)")]
    types = [t for t in types if t in types_of(schema, 0)]
    x, _ = picture(graph, types, dims=2)
    shape = graph.value(x).shape
    scales = np.array([1, 1] + [rng.choice([0.5, 0.6, 1, 1.5, 2, 3]) for _ in shape[2:]], np.float32)
    if graph.opset < 11:
        graph.add(op, [x, graph.leaf(scales, "initializer")], mode=mode)
        return
    attributes = {"mode": mode, "coordinate_transformation_mode": rng.choice(RESIZE_MODES[19 if graph.opset >= 19 else 11])}
    roi = ""
    if attributes["coordinate_transformation_mode"] == "tf_crop_and_resize":
        roi = graph.leaf(np.array([0, 0, 0.1, 0.2, 1, 1, 0.9, 1.2], np.float32), "initializer")
        attributes["extrapolation_value"] = maybe(graph, 1.5)
    elif graph.opset < 13:
        roi = graph.leaf(np.zeros(0, np.float32), "initializer")
    if mode == "nearest":
        attributes["nearest_mode"] = maybe(graph, rng.choice(["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]))
    if mode == "cubic":
        attributes["cubic_coeff_a"] = maybe(graph, rng.choice([-0.75, -0.5]))
        attributes["exclude_outside"] = maybe(graph, rng.randint(0, 1))
    if graph.opset >= 18 and mode != "nearest" and rng.random() < 0.3:
        attributes["antialias"] = 1
    if rng.random() < 0.6:
        graph.add(op, [x, roi, graph.leaf(scales, "initializer")], **attributes)
        return
    sizes = list(shape[:2]) + [rng.randint(1, 12) for _ in shape[2:]]
    empty = "" if graph.opset >= 13 else graph.leaf(np.zeros(0, np.float32), "initializer")
    graph.add(op, [x, roi, empty, graph.ints(sizes)], **attributes)


@recipe(1, "GridSample")
def grid_sample(graph, op):
    graph.schema(op)
    x = graph.pick(["tensor(float)"], shape=(graph.rng.choice([1, 2]), graph.rng.choice([1, 3]), 5, 6))
    grid = graph.leaf(graph.array("tensor(float)", (graph.value(x).shape[0], 3, 4, 2), -1.3, 1.3))
    modes = ["bilinear", "nearest", "bicubic"] if graph.opset < 20 else ["linear", "nearest", "cubic"]
    graph.add(op, [x, grid], mode=maybe(graph, graph.rng.choice(modes)), padding_mode=maybe(graph, graph.rng.choice(["zeros", "border", "reflection"])),
              align_corners=maybe(graph, graph.rng.randint(0, 1)))


@recipe(1, "Col2Im")
def col2im(graph, op):
    graph.schema(op)
    rng = graph.rng
    image, block = [rng.randint(3, 6) for _ in range(2)], [rng.randint(1, 3) for _ in range(2)]
    blocks = int(np.prod([i - b + 1 for i, b in zip(image, block)]))
    x = graph.pick("tensor(float)", shape=(rng.choice([1, 2]), rng.choice([1, 2]) * block[0] * block[1], blocks))
    graph.add(op, [x, graph.ints(image), graph.ints(block)])


# ---- recurrence ----

GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}


@recipe(2, "LSTM", "GRU")
@recipe(1, "RNN")
def recurrent(graph, op):
    schema, rng = graph.schema(op), graph.rng
    x = graph.pick("tensor(float)", rank=3, where=lambda a: a.size and a.shape[0] <= 9 and a.shape[1] <= 9 and a.shape[2] <= 33)
    steps, batch, width = graph.value(x).shape
    layout = 1 if "layout" in schema.attributes and rng.random() < 0.1 else None
    if layout:
        steps, batch = batch, steps
    direction = rng.choice(["forward", "reverse", "bidirectional"])
    d, hidden, gates = (2 if direction == "bidirectional" else 1), rng.choice([1, 3, 4, 8]), GATES[op]
    weight = lambda *shape: graph.leaf(graph.array("tensor(float)", shape, -1, 1), maybe(graph, "initializer", 0.9))
    state = (batch, d, hidden) if layout else (d, batch, hidden)
    optional = lambda make: make() if rng.random() < 0.5 else ""
    inputs = [x, weight(d, gates * hidden, width), weight(d, gates * hidden, hidden), optional(lambda: weight(d, 2 * gates * hidden))]
    inputs.append(optional(lambda: graph.leaf(graph.array("tensor(int32)", (batch,), 1, steps))))
    inputs.append(optional(lambda: weight(*state)))
    attributes = {"direction": direction, "hidden_size": hidden, "layout": layout}
    if op == "LSTM":
        inputs += [optional(lambda: weight(*state)), optional(lambda: weight(d, 3 * hidden))]
    if op == "GRU":
        attributes["linear_before_reset"] = maybe(graph, rng.randint(0, 1))
    if rng.random() < 0.2:
        attributes["clip"] = 0.8
    n = 3 if op == "LSTM" else 2
    outputs = [graph.fresh() if rng.random() < 0.7 else "" for _ in range(n)]
    if not any(outputs):
        outputs[0] = graph.fresh()
    while outputs[-1] == "":
        outputs.pop()
    graph.add(op, inputs, outputs=outputs, **attributes)


# ---- attention ----


@recipe(2, "Attention")
def attention(graph, op):
    schema, rng = graph.schema(op), graph.rng
    batch, heads, q_len, kv_len, size = rng.choice([1, 2]), rng.choice([1, 2, 4]), rng.choice([1, 3, 5]), rng.choice([1, 4, 7]), rng.choice([2, 4, 8])
    kv_heads = rng.choice([h for h in (1, 2, 4) if heads % h == 0])
    kind = "tensor(float)"
    attributes = {"is_causal": maybe(graph, 1, 0.3), **float_attributes(graph, schema, "scale")}
    if rng.random() < 0.5:
        shapes = [(batch, q_len, heads * size), (batch, kv_len, kv_heads * size), (batch, kv_len, kv_heads * size)]
        attributes.update(q_num_heads=heads, kv_num_heads=kv_heads)
    else:
        shapes = [(batch, heads, q_len, size), (batch, kv_heads, kv_len, size), (batch, kv_heads, kv_len, size)]
    inputs = [graph.pick(kind, shape=s) for s in shapes]
    if rng.random() < 0.4:
        inputs.append(graph.leaf(graph.array(rng.choice(["tensor(float)", "tensor(bool)"]), rng.choice([(q_len, kv_len), (batch, 1, q_len, kv_len), (1, heads, q_len, kv_len)]))))
    graph.add(op, inputs, **attributes)


@recipe(1, "RotaryEmbedding")
def rotary(graph, op):
    graph.schema(op)
    batch, heads, steps, size = graph.rng.choice([1, 2]), graph.rng.choice([1, 3]), graph.rng.choice([1, 4]), graph.rng.choice([4, 8])
    x = graph.pick("tensor(float)", shape=(batch, heads, steps, size))
    caches = [graph.leaf(graph.array("tensor(float)", (10, size // 2), -1, 1)) for _ in range(2)]
    where = graph.leaf(graph.array("tensor(int64)", (batch, steps), 0, 9))
    graph.add(op, [x] + caches + [where], interleaved=maybe(graph, graph.rng.randint(0, 1)))


# ---- losses and detection ----


@recipe(1, "SoftmaxCrossEntropyLoss", "NegativeLogLikelihoodLoss")
def loss(graph, op):
    graph.schema(op)
    n, c = graph.rng.choice([1, 3, 8]), graph.rng.choice([2, 5])
    rest = graph.rng.choice([(), (4,), (2, 3)])
    scores = graph.pick("tensor(float)", shape=(n, c) + rest)
    target = graph.leaf(graph.array("tensor(int64)", (n,) + rest, 0, c - 1))
    inputs = [scores, target]
    if graph.rng.random() < 0.4:
        inputs.append(graph.leaf(graph.array("tensor(float)", (c,), 0.1, 1)))
    graph.add(op, inputs, graph.rng.choice([1, 2]) if op == "SoftmaxCrossEntropyLoss" else 1, reduction=maybe(graph, graph.rng.choice(["none", "mean", "sum"])),
              ignore_index=maybe(graph, graph.rng.randint(0, c - 1), 0.3))


@recipe(1, "NonMaxSuppression")
def non_max_suppression(graph, op):
    graph.schema(op)
    n, classes, batch = graph.rng.choice([1, 6, 20]), graph.rng.choice([1, 3]), graph.rng.choice([1, 2])
    boxes = graph.leaf(graph.array("tensor(float)", (batch, n, 4), 0, 4))
    scores = graph.leaf(graph.array("tensor(float)", (batch, classes, n), 0, 1))
    inputs = [boxes, scores, graph.leaf(np.array(graph.rng.randint(0, 6), np.int64))]
    if graph.rng.random() < 0.7:
        inputs += [graph.leaf(np.array(0.4, np.float32)), graph.leaf(np.array(0.3, np.float32))]
    graph.add(op, inputs, center_point_box=maybe(graph, graph.rng.randint(0, 1)))


@recipe(1, "RoiAlign")
def roi_align(graph, op):
    schema, rng = graph.schema(op), graph.rng
    x = graph.pick("tensor(float)", shape=(rng.choice([1, 2]), rng.choice([1, 3]), 6, 7))
    n = rng.randint(1, 3)
    low = graph.array("tensor(float)", (n, 2), 0, 3)
    boxes = np.concatenate([low, low + graph.array("tensor(float)", (n, 2), 1, 4)], 1)
    which = graph.array("tensor(int64)", (n,), 0, graph.value(x).shape[0] - 1)
    half = maybe(graph, rng.choice(["half_pixel", "output_half_pixel"])) if "coordinate_transformation_mode" in schema.attributes else None
    graph.add(op, [x, graph.leaf(boxes), graph.leaf(which)], output_height=rng.randint(1, 3), output_width=rng.randint(1, 3),
              sampling_ratio=maybe(graph, rng.randint(0, 2)), coordinate_transformation_mode=half, **float_attributes(graph, schema, "spatial_scale"))


@recipe(1, "AffineGrid")
def affine_grid(graph, op):
    graph.schema(op)
    batch, spatial = graph.rng.choice([1, 2]), graph.rng.choice([2, 3])
    theta = graph.pick("tensor(float)", shape=(batch, spatial, spatial + 1))
    sizes = [batch, 3] + [graph.rng.randint(1, 5) for _ in range(spatial)]
    graph.add(op, [theta, graph.ints(sizes)], align_corners=maybe(graph, graph.rng.randint(0, 1)))


@recipe(1, "MaxUnpool")
def max_unpool(graph, op):
    graph.schema(op)
    x = graph.pick("tensor(float)", shape=(1, graph.rng.choice([1, 3]), 6, 6))
    pooled = graph.add("MaxPool", [x], 2, kernel_shape=[2, 2], strides=[2, 2])
    graph.add(op, pooled, kernel_shape=[2, 2], strides=[2, 2])


@recipe(1, "DeformConv")
def deform_conv(graph, op):
    graph.schema(op)
    rng = graph.rng
    batch, channels, size = rng.choice([1, 2]), rng.choice([1, 2, 4]), 5
    x = graph.pick("tensor(float)", shape=(batch, channels, size, size))
    weight = graph.leaf(graph.array("tensor(float)", (rng.choice([1, 3]), channels, 2, 2)))
    offset = graph.leaf(graph.array("tensor(float)", (batch, 8, size - 1, size - 1), -1, 1))
    inputs = [x, weight, offset] + ([""] + [graph.leaf(graph.array("tensor(float)", (batch, 4, size - 1, size - 1), 0, 1))] if rng.random() < 0.5 else [])
    graph.add(op, inputs, kernel_shape=[2, 2])


# ---- quantised convolution ----


@recipe(2, "ConvInteger", "QLinearConv")
def integer_convolution(graph, op):
    schema, rng = graph.schema(op), graph.rng
    kind = rng.choice(["tensor(uint8)", "tensor(int8)"])
    weight_kind = rng.choice(["tensor(uint8)", "tensor(int8)"]) if kind == "tensor(uint8)" else kind
    x, _ = picture(graph, [kind], dims=2)
    channels, sizes = graph.value(x).shape[1], graph.value(x).shape[2:]
    group = rng.choice([1, 1, channels])
    kernel = kernel_for(graph, sizes)
    outs = group * rng.choice([1, 2, 3])
    weight = graph.leaf(graph.array(weight_kind, (outs, channels // group) + tuple(kernel), high=100), "initializer")
    zero = lambda of: graph.leaf(graph.array(of, ()), "initializer")
    attributes = window(graph, schema, sizes, kernel)
    attributes["group"] = group
    if op == "ConvInteger":
        graph.add(op, [x, weight, zero(kind), zero(weight_kind)][: rng.choice([2, 3, 4])], **attributes)
        return
    scale = lambda shape=(): graph.leaf(graph.array("tensor(float)", shape, 0.01, 0.1), "initializer")
    weight_scale = scale((outs,) if rng.random() < 0.5 else ())
    weight_zero = graph.leaf(np.zeros(graph.value(weight_scale).shape, graph.value(weight).dtype), "initializer")
    inputs = [x, scale(), zero(kind), weight, weight_scale, weight_zero, graph.leaf(graph.array("tensor(float)", (), 0.05, 0.5), "initializer"), zero(kind)]
    if rng.random() < 0.5:
        inputs.append(graph.leaf(graph.array("tensor(int32)", (outs,), -500, 500), "initializer"))
    graph.add(op, inputs, **attributes)


# ---- signals ----


@recipe(1, "HannWindow", "HammingWindow", "BlackmanWindow")
def signal_window(graph, op):
    graph.schema(op)
    graph.add(op, [graph.leaf(np.array(graph.rng.randint(1, 20), graph.rng.choice([np.int32, np.int64])))], periodic=maybe(graph, graph.rng.randint(0, 1)))


@recipe(1, "DFT")
def dft(graph, op):
    schema, rng = graph.schema(op), graph.rng
    x = graph.pick(FLOATS[:2], shape=(rng.choice([1, 2]), rng.choice([4, 5, 8, 12]), rng.choice([1, 2])))
    length = graph.leaf(np.array(rng.randint(2, 14), np.int64), "initializer") if rng.random() < 0.3 else ""
    inverse = maybe(graph, rng.randint(0, 1), 0.4)
    one_sided = maybe(graph, 1, 0.3) if not inverse and graph.value(x).shape[-1] == 1 else None
    if "axis" in schema.attributes:
        graph.add(op, [x, length], axis=1, inverse=inverse, onesided=one_sided)
    else:
        graph.add(op, [x, length, graph.leaf(np.array(1, np.int64), "initializer")], inverse=inverse, onesided=one_sided)


@recipe(1, "STFT")
def stft(graph, op):
    graph.schema(op)
    rng = graph.rng
    signal = graph.pick("tensor(float)", shape=(rng.choice([1, 2]), 32, 1))
    size = rng.choice([4, 8, 16])
    frame = graph.leaf(graph.array("tensor(float)", (size,), 0.1, 1)) if rng.random() < 0.7 else ""
    graph.add(op, [signal, graph.leaf(np.array(rng.choice([2, 4, 8]), np.int64), "initializer"), frame, graph.leaf(np.array(size, np.int64), "initializer")],
              onesided=maybe(graph, rng.randint(0, 1)))


# ---- com.microsoft ----


@recipe(1, "BiasGelu", "FastGelu", "QuickGelu", "SkipLayerNormalization", "SkipSimplifiedLayerNormalization")
def contributed(graph, op):
    rng, size = graph.rng, graph.rng.choice([4, 8, 16])
    shape = (rng.choice([1, 2]), rng.choice([1, 3]), size)
    x = graph.pick("tensor(float)", shape=shape)
    vector = lambda: graph.leaf(graph.array("tensor(float)", (size,)), "initializer")
    if op.startswith("Skip"):
        extra = [vector() for _ in range(rng.randint(1, 3 if op == "SkipLayerNormalization" else 2))]
        graph.add(op, [x, graph.pick("tensor(float)", shape=shape)] + extra, domain="com.microsoft", epsilon=maybe(graph, 0.01))
    elif op == "QuickGelu":
        graph.add(op, [x], domain="com.microsoft", alpha=maybe(graph, 1.3))
    else:
        graph.add(op, [x] + ([vector()] if op == "BiasGelu" or rng.random() < 0.5 else []), domain="com.microsoft")
