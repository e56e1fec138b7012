"""Disagreements between the peers and the specification, settled. A row names the nodes it is about, what is right for them and why;
`answer` computes it, or is None: the specification leaves it open, and such nodes are not made."""
import math
from dataclasses import dataclass
from typing import Callable, Optional

import numpy as np


@dataclass
class Row:
    operator: str
    pattern: Callable  # (node, arrays by position, attributes, opset) -> bool
    answer: Optional[Callable]  # (node, arrays by name, opset) -> outputs
    reason: str


def reference(node, arrays, opset):
    import oracle

    return oracle.by_reference(node, arrays, set(), opset, [])(arrays)


def has(array, kinds):
    return isinstance(array, np.ndarray) and array.dtype.kind in kinds


def is_float(array):
    return isinstance(array, np.ndarray) and array.dtype.kind not in "OUSTiub"


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def erf(node, arrays, opset):
    wide = arrays[node.input[0]].astype(np.float64)
    return [np.asarray(np.vectorize(math.erf, otypes=[np.float64])(wide)).reshape(wide.shape).astype(arrays[node.input[0]].dtype)]


def padded_strings(node, arrays, opset):
    result = reference(node, arrays, opset)[0]
    return [np.array(["" if s == 0 else s for s in result.flat], dtype=object).reshape(result.shape)]


def mode_of(attributes):
    return text(attributes.get("coordinate_transformation_mode"))


def unique_as_double(node, arrays, opset):
    import oracle

    x = arrays[node.input[0]]
    wide = {node.input[0]: x.astype(np.float64)}
    results = oracle.by_onnxruntime(node, wide, set(), opset, [])(wide)
    return [results[0].astype(x.dtype)] + results[1:]


# Sums over windows, statistics over axes and steps in which infinities meet zeros.
WEIGHTED = """Resize LRN InstanceNormalization GroupNormalization LayerNormalization MeanVarianceNormalization RMSNormalization LSTM GRU RNN
    GridSample DeformConv RoiAlign Attention Col2Im LpNormalization MaxPool GlobalMaxPool ReduceMax ReduceMin DFT STFT""".split()


def mean_variance(node, arrays, opset):
    x = arrays[node.input[0]]
    axes = tuple(attributes_of(node).get("axes", [0, 2, 3]))
    wide = x.astype(np.float64)
    away = wide - wide.mean(axes, keepdims=True)
    return [(away / (np.sqrt(np.maximum((away**2).mean(axes, keepdims=True), 0)) + 1e-9)).astype(x.dtype)]


def outweighed(x, attributes):
    axes, wide = tuple(attributes.get("axes", [0, 2, 3])), x.astype(np.float64)
    with np.errstate(all="ignore"):
        return bool(np.any(wide.std(axes) < 0.02 * np.abs(wide.mean(axes))))


def global_max(node, arrays, opset):
    x = arrays[node.input[0]]
    return [x.max(tuple(range(2, x.ndim)), keepdims=True)]


def flat_hardmax(node, arrays, opset):
    x = arrays[node.input[0]]
    axis = attributes_of(node).get("axis", 1)
    axis += x.ndim if axis < 0 else 0
    flat = x.reshape(int(np.prod(x.shape[:axis])), -1)
    made = np.zeros_like(flat)
    made[np.arange(flat.shape[0]), flat.argmax(1)] = 1
    return [made.reshape(x.shape)]


def shrink(node, arrays, opset):
    x, a = arrays[node.input[0]], attributes_of(node)
    bias, limit, wide = a.get("bias", 0.0), a.get("lambd", 0.5), x.astype(np.float64)
    return [np.where(wide < -limit, wide + bias, np.where(wide > limit, wide - bias, 0)).astype(x.dtype)]


def celu(node, arrays, opset):
    x, alpha = arrays[node.input[0]], attributes_of(node).get("alpha", 1.0)
    wide = x.astype(np.float64)
    return [(np.maximum(wide, 0) + np.minimum(alpha * np.expm1(wide / alpha), 0)).astype(x.dtype)]


def fast_gelu(node, arrays, opset):
    x = arrays[node.input[0]]
    if len(node.input) > 1 and node.input[1]:
        x = (x + arrays[node.input[1]]).astype(x.dtype)
    wide = x.astype(np.float64)
    with np.errstate(over="ignore"):
        return [(wide / (1 + np.exp(-2 * np.sqrt(2 / np.pi) * (wide + 0.044715 * wide**3)))).astype(x.dtype)]


def blackman(node, arrays, opset):
    n = int(arrays[node.input[0]])
    turn = 2 * np.pi * np.arange(n) / max(n if attributes_of(node).get("periodic", 1) else n - 1, 1)
    return [(0.42 - 0.5 * np.cos(turn) + 0.08 * np.cos(2 * turn)).astype(np.float32)]


def skips(x, attributes):
    """Whether windows of SAME end before the inputs do."""
    kernel, n = attributes.get("kernel_shape"), x.ndim - 2
    strides, dilations = attributes.get("strides", [1] * n), attributes.get("dilations", [1] * n)
    kernel = kernel or [1] * n
    return any((-(-d // s) - 1) * s + (k - 1) * l + 1 < d for d, s, k, l in zip(x.shape[2:], strides, kernel, dilations))


def with_scales(node, inputs):
    return len(inputs) > 2 and bool(node.input[2]) and inputs[2].size > 0


def reduces_nothing(node, inputs, attributes):
    """Whether a reduction has an axis of no elements among its axes."""
    if not inputs[0].size == 0:
        return False
    axes = inputs[1] if len(inputs) > 1 and inputs[1] is not None else attributes.get("axes")
    if axes is None or len(axes) == 0:
        return not attributes.get("noop_with_empty_axes")
    return any(inputs[0].shape[int(axis)] == 0 for axis in axes)


def local_response(node, arrays, opset):
    x, a = arrays[node.input[0]], attributes_of(node)
    wide, size = x.astype(np.float64), a["size"]
    before, after = (size - 1) // 2, size - 1 - (size - 1) // 2
    total = np.zeros_like(wide)
    for c in range(x.shape[1]):
        total[:, c] = (wide[:, max(c - before, 0) : c + after + 1] ** 2).sum(1)
    return [(wide / (a.get("bias", 1.0) + a.get("alpha", float(np.float32(1e-4))) / size * total) ** a.get("beta", 0.75)).astype(x.dtype)]


def integer_gemm(node, arrays, opset):
    a = attributes_of(node)
    x, y = (arrays[n].T if a.get(key) else arrays[n] for n, key in zip(node.input, ("transA", "transB")))
    made = (x[:, :, None] * y[None, :, :]).sum(1, dtype=x.dtype)
    return [made + arrays[node.input[2]] if len(node.input) > 2 else made]


def log_sum_exp(node, arrays, opset):
    x, a = arrays[node.input[0]], attributes_of(node)
    axes = arrays[node.input[1]] if len(node.input) > 1 else a.get("axes")
    if (axes is None or len(axes) == 0) and a.get("noop_with_empty_axes"):
        return [x]
    axes = tuple(int(i) for i in axes) if axes is not None and len(axes) else None
    wide = x.astype(np.float64)
    top = wide.max(axes, keepdims=True)
    made = top + np.log(np.exp(wide - top).sum(axes, keepdims=True))
    return [np.asarray(made if a.get("keepdims", 1) else made.squeeze(axes)).astype(x.dtype)]


def too_large(base, exponent):
    """Whether a power does not fit in the type of its base."""
    with np.errstate(all="ignore"):
        power = np.abs(np.power(base.astype(np.float64), exponent.astype(np.float64)))
    return bool(np.any(~(power < 2.0 ** (8 * base.itemsize - 1))))


ROWS = [
    *(Row(op, lambda n, i, a, v: any(is_float(x) and not np.isfinite(x.astype(np.float64)).all() for x in i), None,
          "what an infinity or a NaN does to elements that give it no weight is not said") for op in WEIGHTED),
    Row("Hardmax", lambda n, i, a, v: is_float(i[0]) and np.isnan(i[0].astype(np.float64)).any(), None, "which element is the largest beside a NaN is not said"),
    Row("LRN", lambda n, i, a, v: True, local_response, "onnxruntime moves a sum in float32 along the channels, which cancels; LRN-13: a sum for each"),
    Row("Gemm", lambda n, i, a, v: has(i[0], "iu"), integer_gemm, "onnx.reference multiplies by a float; Gemm-13: T is an integer type"),
    Row("ReduceLogSumExp", lambda n, i, a, v: has(i[0], "iu") and i[0].size > 0, log_sum_exp,
        "onnxruntime is a rounding below whole results, which then lose 1; log(sum(exp(x))) is no less than max(x)"),
    Row("ReduceProd", lambda n, i, a, v: has(i[0], "iu") and np.prod(np.maximum(np.abs(i[0].astype(np.float64)), 1)) >= 2.0 ** (8 * i[0].itemsize - 1), None,
        "an integer product out of range is not defined"),
    Row("Pow", lambda n, i, a, v: has(i[0], "iu") and too_large(i[0], i[1]), None, "an integer power out of range is not defined"),
    Row("ReduceMean", lambda n, i, a, v: reduces_nothing(n, i, a), None, "ReduceMean-18: over an empty set of values it is undefined"),
    Row("Erf", lambda n, i, a, v: i[0].dtype != np.float32, erf, "onnx.reference rounds to float32 first; Erf-13: T of the input is T of the output"),
    Row("Pad", lambda n, i, a, v: has(i[0], "OUST") and (len(i) < 3 or i[2] is None), padded_strings,
        "onnx.reference pads strings with the number 0; Pad-13: an empty string"),
    Row("ConcatFromSequence", lambda n, i, a, v: a.get("new_axis") and len({x.shape for x in i[0]}) > 1, None,
        "onnxruntime leaves out items without elements; ConcatFromSequence-11 new_axis: all have the same shape, as of numpy.stack"),
    Row("AffineGrid", lambda n, i, a, v: a.get("align_corners") and 1 in i[1][2:], reference,
        "onnxruntime puts a lone element in the middle, the reference of the specification at -1, where a row of them begins"),
    Row("DFT", lambda n, i, a, v: i[0].dtype == np.float64, reference, "onnxruntime scales in float32; DFT-17: T1 of the input is T1 of the output"),
    *(Row(op, lambda n, i, a, v: i[0] == 1 and not a.get("periodic", 1), None, "HannWindow-17: one symmetric sample is 0 / 0 of a turn")
      for op in ("HannWindow", "HammingWindow", "BlackmanWindow")),
    Row("BlackmanWindow", lambda n, i, a, v: True, blackman, "onnxruntime adds terms that cancel in float32: its first is 1.5e-8, not 0"),
    Row("Trilu", lambda n, i, a, v: has(i[0], "OUST"), padded_strings, "onnx.reference makes strings of the triangle the number 0; they have ''"),
    Row("CenterCropPad", lambda n, i, a, v: has(i[0], "OUST"), padded_strings, "onnx.reference pads strings with the number 0; they have ''"),
    Row("Resize", lambda n, i, a, v: mode_of(a) == "align_corners" and with_scales(n, i) and v >= 11, reference,
        "onnxruntime rounds the resized length first; test_resize_downsample_scales_linear_align_corners takes the fraction"),
    Row("Resize", lambda n, i, a, v: mode_of(a) == "tf_crop_and_resize" and with_scales(n, i), None,
        "both peers leave roi out of the output's size; Resize-11: floor(input_dim * (roi_end - roi_start) * scale)"),
    Row("Resize", lambda n, i, a, v: mode_of(a) == "tf_crop_and_resize", reference,
        "onnxruntime extrapolates nothing where antialias is set and moves coordinates that are whole; Resize-11: extrapolation_value wherever"
        " x_original is outside"),
    Row("Resize", lambda n, i, a, v: mode_of(a) == "half_pixel_symmetric", reference,
        "onnxruntime rounds coordinates that are whole; Resize-19: adjustment is computed before them"),
    Row("Shrink", lambda n, i, a, v: i[0].dtype.kind in "iu" or i[0].dtype == np.float64, shrink,
        "onnxruntime computes in float32; Shrink-9: T of the input is T of the output"),
    Row("Celu", lambda n, i, a, v: True, celu, "onnxruntime subtracts 1 from the exponential of what is near 0, which loses it; Celu-12"),
    Row("FastGelu", lambda n, i, a, v: True, fast_gelu, "onnxruntime adds 1 to a hyperbolic tangent near -1, which loses what is left"),
    Row("Gather", lambda n, i, a, v: has(i[0], "OUST"), reference, "onnxruntime gives empty strings for some indices; Gather-11 indices"),
    Row("MatMulInteger", lambda n, i, a, v: i[0].shape[-1] == 0, None, "onnxruntime leaves the result as it found it where K is 0; it is 0"),
    Row("Resize", lambda n, i, a, v: text(a.get("mode", b"nearest")) == "nearest" and v >= 11, reference,
        "onnxruntime computes coordinates in float32, which moves those that are whole or half to another neighbour"),
    Row("Unique", lambda n, i, a, v: i[0].dtype not in (np.float32, np.float64, np.int64, np.int8, object), unique_as_double,
        "onnx.reference takes a negative axis for another one and, where sorted is 0, any axis for the first; Unique-11 axis"),
    Row("MeanVarianceNormalization", lambda n, i, a, v: outweighed(i[0], a), None, "what is left where the mean's rounding in float32 outweighs the deviation is not said"),
    Row("MeanVarianceNormalization", lambda n, i, a, v: True, mean_variance,
        "onnxruntime takes the root of E[X^2] - E[X]^2 in float32, which can be less than 0: NaN where all elements are alike"),
    Row("GlobalMaxPool", lambda n, i, a, v: i[0].dtype != np.float32, global_max, "onnx.reference reduces two axes, however many there are"),
    *(Row(op, lambda n, i, a, v: text(a.get("auto_pad", b"")).startswith("SAME") and skips(i[0], a), None,
          "the formula's pads are negative where strides skip the end: onnxruntime crops in AveragePool and is an error in MaxPool; the"
          " SAME of TensorFlow, which it describes, pads by no less than 0") for op in ("MaxPool", "AveragePool", "LpPool", "Conv")),
    Row("Hardmax", lambda n, i, a, v: v < 13 and i[0].dtype != np.float32, flat_hardmax,
        "onnx.reference knows Hardmax-13 alone; Hardmax-1: the input is coerced to two dimensions"),
    Row("QLinearMatMul", lambda n, i, a, v: i[0].shape[-1] == 0, None, "onnxruntime leaves out the zero point where K is 0; QLinearMatMul-10: y_zero_point is added"),
    Row("ConvTranspose", lambda n, i, a, v: text(a.get("auto_pad", b"")).startswith("SAME"), None,
        "onnxruntime ends early where strides exceed the kernel; ConvTranspose-11 auto_pad: output_shape[i] = input_shape[i] * strides[i]"),
    *(Row(op, lambda n, i, a, v: a.get("ceil_mode") and text(a.get("auto_pad", b"")) == "VALID", None,
          "onnxruntime rounds as for explicit pads; MaxPool-22 auto_pad: VALID is ceil((in - ((k - 1) * d + 1) + 1) / s) with ceil_mode")
      for op in ("MaxPool", "AveragePool", "LpPool")),
    Row("OneHot", lambda n, i, a, v: is_float(i[2]) and not np.isfinite(i[2].astype(np.float64)).all(), None,
        "onnx.reference multiplies by one minus zero, which an infinity does not survive; OneHot-11: a value or the other"),
]


def attributes_of(node):
    from onnx import helper

    return {a.name: helper.get_attribute_value(a) for a in node.attribute if not a.ref_attr_name}


def row_of(node, arrays, opset):
    for row in ROWS:
        if row.operator == node.op_type:
            inputs = [arrays.get(n) if n else None for n in node.input]
            if row.pattern(node, inputs, attributes_of(node), opset):
                return row
    return None
