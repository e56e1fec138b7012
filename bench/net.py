"""A graph written node by node: weights from a seed, names made up, layers that the models of models.py share."""
import zlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64
MICROSOFT = "com.microsoft"


class Net:
    def __init__(self, name, opset=17):
        self.name, self.opset = name, opset
        self.rng = np.random.default_rng(zlib.crc32(name.encode()))
        self.nodes, self.weights, self.inputs, self.outputs, self.feeds = [], [], [], [], {}
        self.domains = set()
        self.dtype = np.float32
        self.count = 0

    def fresh(self, stem):
        self.count += 1
        return f"{stem}_{self.count}"

    # ---- ends ----

    def input(self, name, array, dims=None):
        """An input with what it is fed; `dims` may have names where the size is open."""
        array = np.asarray(array)
        dtype = helper.np_dtype_to_tensor_dtype(array.dtype)
        self.inputs.append(helper.make_tensor_value_info(name, dtype, array.shape if dims is None else dims))
        self.feeds[name] = array
        return name

    def uniform(self, name, shape, dims=None):
        return self.input(name, self.rng.uniform(-1, 1, shape).astype(self.dtype), dims)

    def output(self, value, dims=None, dtype=None):
        kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype or self.dtype))
        self.outputs.append(helper.make_tensor_value_info(value, kind, dims))

    def model(self):
        graph = helper.make_graph(self.nodes, self.name, self.inputs, self.outputs, self.weights)
        opsets = [helper.make_opsetid("", self.opset)]
        opsets += [helper.make_opsetid(d, 3 if d == "ai.onnx.ml" else 1) for d in sorted(self.domains)]
        made = helper.make_model(graph, opset_imports=opsets, producer_name="sardonyx-bench")
        made.ir_version = 8
        return made

    # ---- pieces ----

    def const(self, array, stem="c"):
        name = self.fresh(stem)
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def number(self, value):
        return self.const(np.array(value, self.dtype))

    def ints(self, *values):
        return self.const(np.array(values, np.int64))

    def weight(self, shape, spread=None):
        """Normal numbers; by default as wide as keeps the size of what passes through."""
        spread = (2.0 / max(1, int(np.prod(shape[1:])))) ** 0.5 if spread is None else spread
        return self.const((self.rng.standard_normal(shape, np.float32) * spread).astype(self.dtype), "w")

    def op(self, kind, *inputs, outputs=1, domain="", **attributes):
        names = [self.fresh(kind.lower()) for _ in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, name=f"/{names[0]}", domain=domain, **attributes))
        if domain:
            self.domains.add(domain)
        return names[0] if outputs == 1 else names

    # ---- layers of pictures ----

    def conv(self, x, ci, co, k, stride=1, group=1, bias=True, pad=None, dilation=1):
        pad = dilation * (k // 2) if pad is None else pad
        ports = [x, self.weight((co, ci // group, k, k))] + ([self.weight((co,), 0.05)] if bias else [])
        return self.op("Conv", *ports, kernel_shape=[k, k], strides=[stride] * 2, pads=[pad] * 4, group=group, dilations=[dilation] * 2)

    def batch_norm(self, x, c):
        near_one = [(1 + 0.1 * self.rng.standard_normal(c)).astype(self.dtype) for _ in range(2)]
        near_zero = [(0.1 * self.rng.standard_normal(c)).astype(self.dtype) for _ in range(2)]
        ports = [near_one[0], near_zero[0], near_zero[1], np.abs(near_one[1])]
        return self.op("BatchNormalization", x, *(self.const(p) for p in ports), epsilon=1e-5)

    def relu(self, x):
        return self.op("Relu", x)

    def relu6(self, x):
        return self.op("Clip", x, self.number(0), self.number(6))

    def silu(self, x):
        return self.op("Mul", x, self.op("Sigmoid", x))

    def max_pool(self, x, k, stride, pad=0):
        return self.op("MaxPool", x, kernel_shape=[k, k], strides=[stride] * 2, pads=[pad] * 4)

    def classifier(self, x, c, classes=1000):
        x = self.op("Flatten", self.op("GlobalAveragePool", x), axis=1)
        return self.op("Gemm", x, self.weight((classes, c), c**-0.5), self.weight((classes,), 0.05), transB=1)

    # ---- layers of sequences ----

    def linear(self, x, n, m, bias=True):
        x = self.op("MatMul", x, self.weight((n, m), n**-0.5))
        return self.op("Add", x, self.weight((m,), 0.05)) if bias else x

    def layer_norm(self, x, n):
        ports = [(1 + 0.1 * self.rng.standard_normal(n)).astype(self.dtype), (0.1 * self.rng.standard_normal(n)).astype(self.dtype)]
        return self.op("LayerNormalization", x, *(self.const(p) for p in ports), axis=-1, epsilon=1e-5)

    def layer_norm_spelled(self, x, n):
        """As exporters before opset 17 wrote it."""
        centred = self.op("Sub", x, self.op("ReduceMean", x, axes=[-1]))
        spread = self.op("ReduceMean", self.op("Pow", centred, self.number(2)), axes=[-1])
        scaled = self.op("Div", centred, self.op("Sqrt", self.op("Add", spread, self.number(1e-5))))
        return self.op("Add", self.op("Mul", scaled, self.weight((n,), 0.5)), self.weight((n,), 0.1))

    def rms_norm(self, x, n):
        spread = self.op("ReduceMean", self.op("Pow", x, self.number(2)), axes=[-1])
        scaled = self.op("Div", x, self.op("Sqrt", self.op("Add", spread, self.number(1e-6))))
        return self.op("Mul", scaled, self.weight((n,), 0.5))

    def gelu(self, x):
        erf = self.op("Erf", self.op("Div", x, self.number(2**0.5)))
        return self.op("Mul", self.op("Mul", x, self.op("Add", erf, self.number(1))), self.number(0.5))

    def heads(self, x, length, heads, size, keys=False):
        x = self.op("Reshape", x, self.ints(1, length, heads, size))
        return self.op("Transpose", x, perm=[0, 2, 3, 1] if keys else [0, 2, 1, 3])

    def attention(self, q, k, v, length, heads, size, mask=None):
        """Of [1, heads, length, size], keys [1, heads, size, length]: gives [1, length, heads * size]."""
        scores = self.op("Div", self.op("MatMul", q, k), self.number(size**0.5))
        scores = self.op("Add", scores, mask) if mask else scores
        mixed = self.op("MatMul", self.op("Softmax", scores, axis=-1), v)
        return self.op("Reshape", self.op("Transpose", mixed, perm=[0, 2, 1, 3]), self.ints(1, length, heads * size))

    # ---- numbers of 8 and 4 bits ----

    def qdq(self, x, scale, dtype=np.uint8):
        zero = self.const(np.array(128 if dtype == np.uint8 else 0, dtype))
        scale = self.const(np.float32(scale))
        return self.op("DequantizeLinear", self.op("QuantizeLinear", x, scale, zero), scale, zero)

    def quantised(self, shape, spread, axis=0):
        """A float weight held in int8, with a scale for each channel of `axis`."""
        w = self.rng.standard_normal(shape, np.float32) * spread
        around = tuple(a for a in range(len(shape)) if a != axis)
        scale = (np.abs(w).max(axis=around) / 127).astype(np.float32)
        wide = scale.reshape([-1 if a == axis else 1 for a in range(len(shape))])
        q = np.clip(np.rint(w / wide), -127, 127).astype(np.int8)
        return self.op("DequantizeLinear", self.const(q), self.const(scale), self.const(np.zeros(scale.size, np.int8)), axis=axis)

    def conv_qdq(self, x, ci, co, k, stride=1, group=1, scale=0.05):
        """Convolution between quantised values; `scale` is that of its output."""
        fan = ci // group * k * k
        bias = self.const((self.rng.standard_normal(co) * 0.05).astype(np.float32))
        w = self.quantised((co, ci // group, k, k), (2 / fan) ** 0.5)
        pad = k // 2
        y = self.op("Conv", x, w, bias, kernel_shape=[k, k], strides=[stride] * 2, pads=[pad] * 4, group=group)
        return y, scale

    def linear_4bit(self, x, n, m, block=32):
        """MatMulNBits: blocks of `block` weights of 4 bits with a float scale each."""
        blocks = (n + block - 1) // block
        packed = self.rng.integers(0, 256, (m, blocks, block // 2), np.uint8)
        scales = (np.abs(self.rng.standard_normal((m, blocks))) * 0.2 * n**-0.5 + 0.02 * n**-0.5).astype(np.float32)
        return self.op("MatMulNBits", x, self.const(packed), self.const(scales.reshape(-1)), domain=MICROSOFT,
                       K=n, N=m, bits=4, block_size=block)

    def linear_dynamic(self, x, n, m):
        """MatMulInteger of what DynamicQuantizeLinear made, brought back to float."""
        q, scale, zero = self.op("DynamicQuantizeLinear", x, outputs=3)
        w = self.const(self.rng.integers(-127, 128, (n, m)).astype(np.int8))
        product = self.op("Cast", self.op("MatMulInteger", q, w, zero), to=FLOAT)
        y = self.op("Mul", product, self.op("Mul", scale, self.number(n**-0.5 / 73)))
        return self.op("Add", y, self.weight((m,), 0.05))
