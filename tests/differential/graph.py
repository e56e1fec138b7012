"""A graph that is made node by node. Each value is known as an array from the moment it exists: what a node can take (shapes, indices in
range, divisors that are not zero) is looked up in the arrays, and shapes need no inference of our own."""
import random

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import oracle

MAX_ELEMENTS = 4096
DIMS = [1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 33]
DIM_WEIGHTS = [3, 5, 5, 5, 3, 2, 2, 1, 1, 1, 1]

TYPES = {  # what a schema calls a type -> its number
    "tensor(" + name + ")": number
    for name, number in {
        "float": TensorProto.FLOAT, "double": TensorProto.DOUBLE, "float16": TensorProto.FLOAT16, "bfloat16": TensorProto.BFLOAT16,
        "int8": TensorProto.INT8, "int16": TensorProto.INT16, "int32": TensorProto.INT32, "int64": TensorProto.INT64,
        "uint8": TensorProto.UINT8, "uint16": TensorProto.UINT16, "uint32": TensorProto.UINT32, "uint64": TensorProto.UINT64,
        "bool": TensorProto.BOOL, "string": TensorProto.STRING,
    }.items()
}
DTYPES = {text: np.dtype(object if text == "tensor(string)" else helper.tensor_dtype_to_np_dtype(number)) for text, number in TYPES.items()}
FLOATS = [t for t in TYPES if "float" in t or "double" in t]
INTEGERS = [t for t in TYPES if "int" in t]
TYPE_WEIGHTS = {"tensor(float)": 24, "tensor(double)": 6, "tensor(float16)": 3, "tensor(bfloat16)": 1, "tensor(int64)": 5, "tensor(int32)": 5}
WORDS = ["", "a", "b", "ab", "Onyx", "layer stone", "äöü", "x y z", "0", "-1.5"]


class Reject(Exception):
    """What was tried cannot be built here; the generator tries something else."""


def type_of(array):
    """What a schema calls the element type of an array."""
    if array.dtype.kind in "OUST":
        return "tensor(string)"
    return next(text for text, dtype in DTYPES.items() if dtype == array.dtype)


def casts_well(array, kind):
    """Whether a cast to a type is defined: a float out of the range of an integer type is not, and a bool of a rounding is chance."""
    if kind == "tensor(bool)" and type_of(array) in FLOATS:  # what is 0 but for rounding is not the same to everyone
        wide = array.astype(np.float64)
        return bool(np.all((wide == np.rint(wide)) | (np.abs(wide) > 1e-4)))
    if kind not in INTEGERS or type_of(array) not in FLOATS:
        return True
    limits, wide = np.iinfo(DTYPES[kind]), np.trunc(array.astype(np.float64))
    return bool(np.all((wide >= max(limits.min, -(2**53))) & (wide <= min(limits.max, 2**53))))


def is_float(array):
    return isinstance(array, np.ndarray) and type_of(array) in FLOATS


class Graph:
    """Nodes in order over named values; a subgraph sees the values of those around it."""

    def __init__(self, rng, opset, parent=None, sealed=False):
        self.rng, self.opset, self.parent = rng, opset, parent
        self.root = parent.root if parent else self
        self.sealed = sealed  # the body of a function: sees nothing of the graph around it
        self.values = {}  # name -> array, or a list of arrays (a sequence)
        self.leaves = {}  # name -> input, initializer, constant or formal
        self.nodes = []
        self.steps = []  # (node, how to evaluate it), in the order of nodes
        if self.root is self:
            self.count, self.functions, self.rejected, self.depth, self.coarse = 0, [], {}, 0, False
        else:
            self.depth = parent.depth + 1

    # ---- names and values ----

    def fresh(self, prefix="v"):
        self.root.count += 1
        return f"{prefix}{self.root.count}"

    def visible(self):
        graph, seen = self, {}
        while graph is not None:
            for name, value in graph.values.items():
                seen.setdefault(name, value)
            graph = None if graph.sealed else graph.parent
        return seen

    def value(self, name):
        return self.visible()[name]

    def is_constant(self, name):
        graph = self
        while graph is not None:
            if name in graph.leaves:
                return graph.leaves[name] in ("initializer", "constant")
            graph = graph.parent
        return False

    def leaf(self, array, kind=None):
        """A value from nowhere: an input of the graph, an initializer or a Constant node. Subgraphs have the latter two."""
        if kind is None:
            kind = self.rng.choice(["input", "input", "initializer", "constant"])
        if kind == "input" and self.root is not self:
            kind = "constant" if self.sealed else "initializer"
        if kind == "initializer" and (self.sealed or self.inside_function()):
            kind = "constant"
        name = self.fresh({"input": "in", "initializer": "w", "constant": "c", "formal": "f"}[kind])
        self.values[name] = array if isinstance(array, list) else np.asarray(array)
        self.leaves[name] = kind
        return name

    def inside_function(self):
        graph = self
        while graph is not None:
            if graph.sealed:
                return True
            graph = graph.parent
        return False

    def ints(self, numbers, kind="initializer", dtype=np.int64):
        """A tensor of integers that the operator wants to know: mostly constant."""
        if kind == "initializer" and self.rng.random() < 0.15:
            kind = None
        return self.leaf(np.array(numbers, dtype), kind)

    # ---- random shapes and arrays ----

    def shape(self, rank=None, limit=MAX_ELEMENTS, empty=True):
        rng = self.rng
        if rank is None:
            rank = rng.choice([0, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 5])
        while True:
            dims = rng.choices(DIMS, DIM_WEIGHTS, k=rank)
            if empty and rank and rng.random() < 0.03:
                dims[rng.randrange(rank)] = 0
            if np.prod(dims, dtype=np.int64) <= limit:
                return tuple(dims)

    def array(self, kind, shape, low=None, high=None):
        """Random elements of a type; low and high bound numbers."""
        rng = np.random.default_rng(self.rng.getrandbits(64))
        dtype = DTYPES[kind]
        if kind == "tensor(string)":
            return np.array(rng.choice(WORDS, shape), dtype=object).reshape(shape)
        if kind == "tensor(bool)":
            return rng.random(shape) < 0.5
        if kind in INTEGERS:
            low = (0 if dtype.kind == "u" else -6) if low is None else low
            high = 9 if high is None else high
            return rng.integers(low, high, shape, endpoint=True).astype(dtype)
        if low is not None or high is not None:
            low, high = (0 if low is None else low), (2 if high is None else high)
            return np.asarray(rng.uniform(low, high, shape)).astype(dtype)
        style = self.rng.random()
        if style < 0.25:
            array = rng.integers(-4, 5, shape).astype(np.float64) / self.rng.choice([1, 1, 2])
        else:
            array = rng.normal(0, self.rng.choice([0.1, 1, 1, 3]), shape)
        array = np.asarray(array)
        if self.rng.random() < 0.03 and array.size:
            array.flat[rng.integers(array.size)] = self.rng.choice([np.inf, -np.inf, np.nan, -0.0])
        return array.astype(dtype)

    def choose_type(self, types):
        known = [t for t in types if t in TYPES]
        if not known:
            raise Reject("no type of the schema is made here")
        return self.rng.choices(known, [TYPE_WEIGHTS.get(t, 1) for t in known])[0]

    def pick(self, types, rank=None, where=None, shape=None, low=None, high=None, reuse=0.85):
        """The name of a value of one of the types (and of a rank, a set of ranks or a shape, and for which `where` holds): one that is
        there, one that is cast or reshaped from what is there, or a new leaf. A leaf has elements from low to high."""
        types = [types] if isinstance(types, str) else list(types)
        ranks = None if rank is None else {rank} if isinstance(rank, int) else set(rank)

        def fits(array):
            return (
                isinstance(array, np.ndarray) and type_of(array) in types and (ranks is None or array.ndim in ranks)
                and (shape is None or array.shape == tuple(shape)) and (where is None or bool(where(array)))
                and (low is None or array.size == 0 or bool(np.all(array >= low))) and (high is None or array.size == 0 or bool(np.all(array <= high)))
            )

        if self.rng.random() < reuse:
            names = [name for name, array in self.visible().items() if fits(array)]
            if names:
                kind = self.choose_type(sorted({type_of(self.value(n)) for n in names}))
                names = [n for n in names if type_of(self.value(n)) == kind]
                return self.rng.choice(names[-8:] if self.rng.random() < 0.6 else names)
        kind = self.choose_type(types)
        if low is None and high is None and self.rng.random() < 0.5:
            name = self.convert(kind, ranks, shape)
            if name and fits(self.value(name)):
                return name
        for _ in range(20):
            dims = shape if shape is not None else self.shape(self.rng.choice(sorted(ranks)) if ranks else None)
            array = self.array(kind, dims, low, high)
            if where is None or where(array):
                return self.leaf(array)
        raise Reject("no leaf has what is wanted")

    def convert(self, kind, ranks, shape):
        """A value that is there, brought to a type and a rank by Cast and Reshape; None where that is not possible."""
        names = [n for n, a in self.visible().items() if isinstance(a, np.ndarray) and a.size and type_of(a) != "tensor(string)"]
        if shape is not None:
            names = [n for n in names if self.value(n).size == int(np.prod(shape))]
        if not names or kind == "tensor(string)":
            return None
        name = self.rng.choice(names)
        try:
            if type_of(self.value(name)) != kind:
                if not casts_well(self.value(name), kind):
                    return None
                name = self.add("Cast", [name], to=TYPES[kind])[0]
            array = self.value(name)
            if (ranks and array.ndim not in ranks) or (shape is not None and array.shape != tuple(shape)):
                dims = list(shape) if shape is not None else self.split_size(array.size, self.rng.choice(sorted(ranks)))
                name = self.add("Reshape", [name, self.ints(dims)])[0]
        except Reject:
            return None
        return name

    def split_size(self, size, rank):
        """Dimensions of a rank that hold so many elements."""
        dims = []
        if rank == 0 and size != 1:
            raise Reject("no scalar")
        for left in range(rank, 0, -1):
            factors = [f for f in range(1, size + 1) if size % f == 0] if left > 1 else [size]
            factors = [f for f in factors if f <= 64] or [size]
            dims.append(self.rng.choice(factors))
            size //= dims[-1]
        self.rng.shuffle(dims)
        return dims

    # ---- nodes ----

    def schema(self, op, domain=""):
        try:
            schema = onnx.defs.get_schema(op, self.opset if domain == "" else 5, domain)
        except onnx.defs.SchemaError:
            raise Reject(f"{op} is not in opset {self.opset}") from None
        if schema.deprecated:
            raise Reject(f"{op} is deprecated")
        return schema

    def add(self, op, inputs, n_outputs=1, domain="", outputs=None, **attributes):
        """Appends a node and computes its outputs; returns their names. Rejects what the peers do not take, and results that would
        make the rest of the graph say little: hardly anything but NaN, infinities or huge numbers."""
        while inputs and inputs[-1] == "":
            inputs = inputs[:-1]
        outputs = outputs or [self.fresh() for _ in range(n_outputs)]
        attributes = {k: v for k, v in attributes.items() if v is not None}
        node = helper.make_node(op, list(inputs), outputs, name=self.fresh("n"), domain=domain, **attributes)
        visible = self.visible()
        wanted = [n for n in inputs if n] + sorted(oracle.captures(node) - set(inputs))
        arrays = {n: visible[n] for n in wanted}
        constant = {n for n in arrays if self.is_constant(n)}
        try:
            evaluate = oracle.evaluator(node, arrays, constant, self.opset, self.root.functions, native=self.depth > 0)
            results = evaluate(arrays)
            self.root.coarse |= getattr(evaluate, "coarse", False)
            self.judge(arrays, results)
        except (oracle.Refused, Reject) as why:
            self.root.rejected.setdefault(op, []).append(str(why))
            raise Reject(str(why)) from None
        self.nodes.append(node)
        self.steps.append((node, evaluate))
        for name, result in zip(outputs, results):
            if name:
                self.values[name] = result
        return outputs

    def judge(self, arrays, results):
        flat = [a for a in arrays.values() if is_float(a)]
        quiet = all(np.isfinite(a.astype(np.float64)).all() for a in flat)
        for result in results:
            if isinstance(result, list) and not result:
                raise Reject("an empty sequence does not say its type")
            if isinstance(result, np.ndarray) and result.size > 16 * MAX_ELEMENTS:
                raise Reject("too large")
            if not is_float(result) or not result.size or self.rng.random() < 0.15:
                continue
            numbers = result.astype(np.float64)
            finite = np.isfinite(numbers)
            huge = 500 if result.dtype.itemsize == 2 else 1e5
            if np.mean(~finite) > 0.3 or (quiet and not finite.all()) or np.abs(numbers[finite]).max(initial=0) > huge:
                raise Reject("nothing but noise would follow")

    # ---- protobuf ----

    def captured_leaves(self):
        return [n for n, kind in self.leaves.items() if kind == "initializer"]

    def all_nodes(self):
        """Constant nodes, then the others."""
        constants = [
            helper.make_node("Constant", [], [n], value=tensor_proto(self.values[n], n)) for n, kind in self.leaves.items() if kind == "constant"
        ]
        return constants + self.nodes

    def body(self, inputs, outputs, scalars=()):
        """This graph as the body of a control-flow node; onnxruntime wants to be told which inputs are scalars."""
        return helper.make_graph(
            self.all_nodes(), self.fresh("g"), [value_info(n, self.values[n], () if n in scalars else None) for n in inputs],
            [value_info(n, self.value(n), None) for n in outputs], [tensor_proto(self.values[n], n) for n in self.captured_leaves()],
        )


def tensor_proto(array, name):
    array = np.asarray(array)
    if array.dtype.kind in "OUST":
        return helper.make_tensor(name, TensorProto.STRING, array.shape, [str(s).encode() for s in array.flat])
    return numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), name)


def element_type(array):
    return TYPES[type_of(array)]


def value_info(name, value, shape):
    """Type of a value; shape is None (unknown), or dims that may be numbers, symbols or None."""
    if isinstance(value, list):
        if not value:
            return helper.make_tensor_sequence_value_info(name, TensorProto.FLOAT, None)
        return helper.make_tensor_sequence_value_info(name, element_type(value[0]), None)
    return helper.make_tensor_value_info(name, element_type(value), shape)


def choose_opset(rng):
    newest = onnx.defs.onnx_opset_version()
    return rng.choice(list(range(7, newest + 1)) + [11, 12, 13, 13, 14, 15, 17, 17, 18, 19, 20, 21, 22, newest])


def new_graph(seed, opset=None):
    rng = random.Random(seed)
    return Graph(rng, opset or choose_opset(rng))
