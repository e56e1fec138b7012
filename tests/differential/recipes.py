"""How nodes are made: types, optional inputs and attributes come from the schema table of the onnx package, and what a schema does not say
(which shapes and numbers belong together) from the functions here. RECIPES lists them."""
import numpy as np
from onnx import defs

from graph import DTYPES, FLOATS, INTEGERS, MAX_ELEMENTS, TYPES, Reject, casts_well, type_of

RECIPES = []  # (weight, name, function)


def recipe(weight, *operators):
    """Registers a function (graph, operator) for each of the operators."""

    def register(function):
        RECIPES.extend((weight, op, function) for op in operators)
        return function

    return register


# ---- the schema ----


def types_of(schema, position):
    """Element types that an input takes."""
    text = schema.inputs[min(position, len(schema.inputs) - 1)].type_str
    for constraint in schema.type_constraints:
        if constraint.type_param_str == text:
            return [t for t in constraint.allowed_type_strs if t in TYPES]
    return [text] if text in TYPES else []


def numeric(types):
    return [t for t in types if t in FLOATS or t in INTEGERS]


def maybe(graph, value, chance=0.5):
    return value if graph.rng.random() < chance else None


def float_attributes(graph, schema, *names):
    """Attributes of type FLOAT, each left out or a number."""
    made = {}
    for name in names or schema.attributes:
        attribute = schema.attributes.get(name)
        if attribute is not None and attribute.type == defs.OpSchema.AttrType.FLOAT and graph.rng.random() < 0.5:
            made[name] = round(graph.rng.uniform(0.05, 1.5), 3)
    return made


def attribute_or_input(graph, schema, name, numbers, inputs, attributes):
    """A list of integers that old schemas take as attribute and new ones as input; None leaves it out."""
    if name in schema.attributes:
        attributes[name] = numbers
    else:
        inputs.append("" if numbers is None else graph.ints(numbers))


def any_axis(graph, rank):
    """An axis, counted from the front or from the back."""
    if rank == 0:
        raise Reject("a scalar has no axis")
    axis = graph.rng.randrange(rank)
    return axis - rank if graph.opset >= 11 and graph.rng.random() < 0.4 else axis


def some_axes(graph, rank):
    axes = graph.rng.sample(range(rank), graph.rng.randint(0 if rank == 0 else 1, rank))
    return [a - rank if graph.opset >= 11 and graph.rng.random() < 0.4 else a for a in axes]


# ---- elementwise ----

DOMAINS = {  # where a function says something
    "Acos": (-1, 1), "Asin": (-1, 1), "Atanh": (-0.95, 0.95), "Acosh": (1, 20), "Log": (0.01, 50), "Sqrt": (0, 50), "Exp": (-10, 6),
    "Sinh": (-8, 8), "Cosh": (-8, 8), "Tan": (-1.4, 1.4), "Sin": (-30, 30), "Cos": (-30, 30), "Reciprocal": (0.05, 40),
}


@recipe(
    2, *"""Abs Acos Acosh Asin Asinh Atan Atanh Ceil Celu Cos Cosh Elu Erf Exp Floor Gelu HardSigmoid HardSwish Identity IsNaN LeakyRelu Log
    Mish Neg Not Reciprocal Relu Round Selu Shrink Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Swish Tan Tanh ThresholdedRelu
    BitwiseNot""".split()
)
def unary(graph, op):
    schema = graph.schema(op)
    low, high = DOMAINS.get(op, (None, None)) if graph.rng.random() < 0.9 else (None, None)
    types = types_of(schema, 0)
    if low is not None:
        types = [t for t in types if t in FLOATS]
    x = graph.pick(types, low=low, high=high)
    attributes = float_attributes(graph, schema)
    if op == "Gelu":
        attributes["approximate"] = maybe(graph, graph.rng.choice(["none", "tanh"]))
    graph.add(op, [x], **attributes)


@recipe(1, "IsInf")
def is_inf(graph, op):
    schema = graph.schema(op)
    graph.add(op, [graph.pick(types_of(schema, 0))], detect_negative=maybe(graph, graph.rng.randint(0, 1)), detect_positive=maybe(graph, graph.rng.randint(0, 1)))


def partner_shape(graph, shape):
    """A shape that broadcasts with another."""
    rng, dims = graph.rng, list(shape)
    for i, dim in enumerate(dims):
        if rng.random() < 0.25:
            dims[i] = 1
        elif dim == 1 and rng.random() < 0.5:
            dims[i] = rng.choice([2, 3, 5])
    dims = dims[rng.choice([0, 0, 0, 1, len(dims)]):]
    if len(dims) < 5 and rng.random() < 0.1:
        dims = [rng.choice([1, 2])] + dims
    return tuple(dims)


def broadcasts(shape, other):
    try:
        return np.prod(np.broadcast_shapes(shape, other), dtype=np.int64) <= 2 * MAX_ELEMENTS
    except ValueError:
        return False


def partner(graph, name, types=None, low=None, high=None, where=None, one_way=False):
    """Another value that broadcasts with a value; `one_way`: to its shape."""
    array = graph.value(name)
    fits = lambda a: broadcasts(array.shape, a.shape) and (not one_way or np.broadcast_shapes(array.shape, a.shape) == array.shape) and (
        where is None or where(a))
    types = types or [type_of(array)]
    others = [n for n, a in graph.visible().items() if isinstance(a, np.ndarray) and type_of(a) in types and fits(a)
              and (low is None or np.all(a >= low)) and (high is None or np.all(a <= high))]
    if others and graph.rng.random() < 0.6:
        return graph.rng.choice(others)
    for _ in range(20):
        other = graph.array(graph.choose_type(types), partner_shape(graph, array.shape), low, high)
        if fits(other):
            return graph.leaf(other)
    raise Reject("no partner")


def in_any_order(graph, names):
    return list(names) if graph.rng.random() < 0.5 else list(reversed(names))


@recipe(6, "Add", "Sub", "Mul")
@recipe(2, "And", "Or", "Xor", "Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual", "BitwiseAnd", "BitwiseOr", "BitwiseXor")
def binary(graph, op):
    types = types_of(graph.schema(op), 0)
    if op == "Equal":  # of what is rounded it says nothing
        types = [t for t in types if t not in FLOATS] or types
    x = graph.pick(types)
    graph.add(op, in_any_order(graph, [x, partner(graph, x)]))


@recipe(3, "Div")
@recipe(2, "Mod")
def division(graph, op):
    x = graph.pick(types_of(graph.schema(op), 0), where=lambda a: type_of(a) not in INTEGERS or a.size == 0 or a.min() > np.iinfo(a.dtype).min or a.dtype.kind == "u")
    integers = type_of(graph.value(x)) in INTEGERS
    if graph.depth and integers:  # a divisor that another iteration makes may be 0, which ends the peer's process
        y = graph.leaf(graph.array(type_of(graph.value(x)), (), 1, 5))
    else:
        y = partner(graph, x, where=lambda a: np.all(a != 0))
    fmod = 1 if type_of(graph.value(x)) in FLOATS or graph.rng.random() < 0.4 else maybe(graph, 0)
    graph.add(op, [x, y], **({"fmod": fmod} if op == "Mod" else {}))


@recipe(2, "Pow")
def power(graph, op):
    schema = graph.schema(op)
    x = graph.pick(types_of(schema, 0), low=0 if graph.rng.random() < 0.6 else None)
    types = types_of(schema, 1) if graph.opset >= 12 else [type_of(graph.value(x))]
    integers = type_of(graph.value(x)) in INTEGERS
    y = partner(graph, x, numeric(types), low=0 if integers else -2, high=3, where=lambda a: not integers or np.all(a == np.rint(a.astype(np.float64))))
    graph.add(op, [x, y])


@recipe(1, "BitShift")
def bit_shift(graph, op):
    x = graph.pick(types_of(graph.schema(op), 0))
    graph.add(op, [x, partner(graph, x, low=0, high=7)], direction=graph.rng.choice(["LEFT", "RIGHT"]))


@recipe(1, "PRelu")
def prelu(graph, op):
    x = graph.pick(types_of(graph.schema(op), 0))
    graph.add(op, [x, partner(graph, x, one_way=True)])


@recipe(2, "Max", "Min", "Sum", "Mean")
def variadic(graph, op):
    names = [graph.pick(types_of(graph.schema(op), 0))]
    for _ in range(graph.rng.randint(0, 3)):
        other = partner(graph, graph.rng.choice(names))
        shapes = [graph.value(n).shape for n in names + [other]]
        try:
            if np.prod(np.broadcast_shapes(*shapes)) <= 2 * MAX_ELEMENTS:
                names.append(other)
        except ValueError:
            pass
    graph.add(op, names)


@recipe(3, "Where")
def where(graph, op):
    x = graph.pick(types_of(graph.schema(op), 1))
    y = partner(graph, x)
    shape = np.broadcast_shapes(graph.value(x).shape, graph.value(y).shape)
    condition = graph.pick("tensor(bool)", where=lambda a: broadcasts(a.shape, shape), shape=None if graph.rng.random() < 0.3 else partner_shape(graph, shape))
    graph.add(op, [condition, x, y])


@recipe(3, "Clip")
def clip(graph, op):
    schema = graph.schema(op)
    if "min" in schema.attributes:
        graph.add(op, [graph.pick(types_of(schema, 0))], min=maybe(graph, -0.7), max=maybe(graph, 0.9))
        return
    x = graph.pick(types_of(schema, 0))
    kind = type_of(graph.value(x))
    bound = lambda low, high: graph.pick(kind, shape=(), low=low, high=high) if graph.rng.random() < 0.6 else ""
    graph.add(op, [x, bound(0, 2), bound(1, 6)])


@recipe(6, "Cast")
def cast(graph, op):
    schema = graph.schema(op)
    x = graph.pick(types_of(schema, 0), where=lambda a: type_of(a) != "tensor(string)")
    array = graph.value(x)
    targets = [t for t in next(c for c in schema.type_constraints if c.type_param_str == "T2").allowed_type_strs if t in TYPES and t != "tensor(string)"]
    to = graph.choose_type(targets)
    if not casts_well(array, to):
        raise Reject("out of range")
    graph.add(op, [x], to=TYPES[to])


@recipe(1, "CastLike")
def cast_like(graph, op):
    schema = graph.schema(op)
    x = graph.pick(FLOATS[:3], where=lambda a: np.all(np.abs(a.astype(np.float64)) < 100))  # what every signed type holds
    graph.add(op, [x, graph.pick([t for t in types_of(schema, 1) if t not in ("tensor(string)",) and not DTYPES[t].kind == "u"])])


@recipe(1, "BitCast")
def bit_cast(graph, op):
    types = [t for t in types_of(graph.schema(op), 0) if t not in ("tensor(string)", "tensor(bool)")]
    if graph.depth:  # of the constants in a body nobody knows how far their results may be off; a bit of that is any integer
        types = [t for t in types if t in INTEGERS]
    x = graph.pick(types)
    size = graph.value(x).dtype.itemsize
    graph.add(op, [x], to=TYPES[graph.choose_type([t for t, d in DTYPES.items() if d.itemsize == size and t in INTEGERS])])


@recipe(1, "Dropout")
def dropout(graph, op):
    schema = graph.schema(op)
    x = graph.pick(types_of(schema, 0))
    if "ratio" in schema.attributes:
        graph.add(op, [x], ratio=maybe(graph, 0.3))
        return
    ratio = graph.leaf(np.float32(0.3)) if graph.rng.random() < 0.5 else ""
    training = graph.leaf(np.bool_(False), "initializer") if graph.rng.random() < 0.5 else ""
    graph.add(op, [x, ratio, training], n_outputs=graph.rng.choice([1, 2]))


# ---- along an axis ----


@recipe(4, "Softmax")
@recipe(2, "LogSoftmax", "Hardmax")
def softmax(graph, op):
    x = graph.pick(types_of(graph.schema(op), 0), rank=range(1, 6), where=lambda a: a.size > 0 or graph.rng.random() < 0.1)
    graph.add(op, [x], axis=maybe(graph, any_axis(graph, graph.value(x).ndim), 0.8))


@recipe(1, "LpNormalization")
def lp_normalization(graph, op):
    x = graph.pick(types_of(graph.schema(op), 0), rank=range(1, 5))
    graph.add(op, [x], axis=maybe(graph, any_axis(graph, graph.value(x).ndim)), p=maybe(graph, graph.rng.choice([1, 2])))


@recipe(2, "CumSum")
@recipe(1, "CumProd")
def cumulative(graph, op):
    schema = graph.schema(op)
    x = graph.pick(types_of(schema, 0), rank=range(1, 5))
    axis = graph.leaf(np.array(any_axis(graph, graph.value(x).ndim), graph.rng.choice([np.int32, np.int64])), maybe(graph, "initializer"))
    graph.add(op, [x, axis], exclusive=maybe(graph, graph.rng.randint(0, 1)), reverse=maybe(graph, graph.rng.randint(0, 1)))


@recipe(2, "ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin")
@recipe(1, "ReduceProd", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare")
def reduction(graph, op):
    schema = graph.schema(op)
    low = 0.05 if op == "ReduceLogSum" else None
    types = types_of(schema, 0)
    sane = lambda a: type_of(a) not in INTEGERS or a.size == 0 or np.abs(a.astype(np.float64)).max() < 1e6
    x = graph.pick([t for t in types if t in FLOATS] if low else types, low=low, where=sane)
    rank = graph.value(x).ndim
    inputs, attributes = [x], {"keepdims": maybe(graph, graph.rng.randint(0, 1))}
    if "noop_with_empty_axes" in schema.attributes and graph.rng.random() < 0.3:
        attributes["noop_with_empty_axes"] = graph.rng.randint(0, 1)
    axes = some_axes(graph, rank) if graph.rng.random() < 0.8 and rank else None
    attribute_or_input(graph, schema, "axes", axes, inputs, attributes)
    graph.add(op, inputs, **attributes)


@recipe(1, "ArgMax", "ArgMin")
def arg_extreme(graph, op):
    schema = graph.schema(op)
    x = graph.pick(types_of(schema, 0), rank=range(1, 5), where=lambda a: a.size and not np.isnan(a.astype(np.float64)).any())
    last = maybe(graph, graph.rng.randint(0, 1)) if "select_last_index" in schema.attributes else None
    graph.add(op, [x], axis=maybe(graph, any_axis(graph, graph.value(x).ndim)), keepdims=maybe(graph, graph.rng.randint(0, 1)), select_last_index=last)


@recipe(2, "TopK")
def top_k(graph, op):
    schema = graph.schema(op)
    x = graph.pick(types_of(schema, 0), rank=range(1, 5), where=lambda a: a.size and not np.isnan(a.astype(np.float64)).any())
    shape = graph.value(x).shape
    axis = any_axis(graph, len(shape))
    k = graph.rng.randint(0 if graph.rng.random() < 0.1 else 1, shape[axis])
    if "k" in schema.attributes:
        graph.add(op, [x], 2, axis=axis, k=max(k, 1))
        return
    largest = maybe(graph, graph.rng.randint(0, 1)) if "largest" in schema.attributes else None
    graph.add(op, [x, graph.ints([k])], 2, axis=axis, largest=largest)


# ---- matrices ----


@recipe(5, "MatMul")
def matmul(graph, op):
    schema = graph.schema(op)
    a = graph.pick(types_of(schema, 0), rank=range(1, 5))
    shape = graph.value(a).shape
    k = shape[-1]
    n = graph.rng.choice([1, 2, 5, 8, 16, 17, 33])
    if graph.rng.random() < 0.15:
        dims = (k,)
    else:
        batch = partner_shape(graph, shape[:-2]) if graph.rng.random() < 0.5 else ()
        dims = batch + (k, n)
    if np.prod(dims) > 2 * MAX_ELEMENTS:
        raise Reject("too large")
    b = graph.pick(type_of(graph.value(a)), shape=dims) if graph.rng.random() < 0.3 else graph.leaf(graph.array(type_of(graph.value(a)), dims))
    graph.add(op, [a, b])


@recipe(4, "Gemm")
def gemm(graph, op):
    schema = graph.schema(op)
    a = graph.pick(types_of(schema, 0), rank=2)
    kind, shape = type_of(graph.value(a)), graph.value(a).shape
    trans_a, trans_b = graph.rng.randint(0, 1), graph.rng.randint(0, 1)
    m, k = shape[::-1] if trans_a else shape
    n = graph.rng.choice([1, 3, 8, 16, 17, 32])
    b = graph.leaf(graph.array(kind, (n, k) if trans_b else (k, n)))
    inputs = [a, b]
    if graph.opset < 11 or graph.rng.random() < 0.7:
        inputs.append(graph.leaf(graph.array(kind, graph.rng.choice([(), (1,), (n,), (m, 1), (1, n), (m, n)]))))
    scalars = {} if kind in INTEGERS else float_attributes(graph, schema)
    graph.add(op, inputs, transA=maybe(graph, trans_a, 0.9) if trans_a == 0 else 1, transB=trans_b or None, **scalars)


EQUATIONS = [
    ("ij,jk->ik", 2), ("bij,bjk->bik", 2), ("ij->ji", 1), ("ii->i", 1), ("ii", 1), ("ij,ij->", 2), ("i,j->ij", 2), ("...ij,...jk->...ik", 2),
    ("bhid,bhjd->bhij", 2), ("ij,jk,kl->il", 3), ("...i->...", 1), ("ab,b", 2), ("ijk,ikl->ijl", 2), ("i,i->", 2), ("abc->cab", 1),
]


@recipe(1, "Einsum")
def einsum(graph, op):
    equation, n = graph.rng.choice(EQUATIONS)
    terms = equation.split("->")[0].split(",")
    sizes = {c: graph.rng.choice([1, 2, 3, 4, 7]) for c in "abcdefghijkl"}
    dots = graph.shape(graph.rng.randint(0, 2), 16)
    kind = graph.choose_type([t for t in types_of(graph.schema(op), 0) if t in ("tensor(float)", "tensor(double)", "tensor(int32)", "tensor(int64)")])
    names = []
    for term in terms:
        lead = dots if term.startswith("...") else ()
        names.append(graph.pick(kind, shape=tuple(lead) + tuple(sizes[c] for c in term.replace(".", ""))))
    graph.add(op, names, equation=equation)


@recipe(1, "MatMulInteger")
def matmul_integer(graph, op):
    kind_a, kind_b = (graph.rng.choice(["tensor(uint8)", "tensor(int8)"]) for _ in range(2))
    a = graph.pick(kind_a, rank=(2, 3))
    b = graph.leaf(graph.array(kind_b, (graph.value(a).shape[-1], graph.rng.choice([1, 4, 16, 17])), high=100))
    zero_a = graph.leaf(graph.array(kind_a, ())) if graph.rng.random() < 0.5 else ""
    zero_b = graph.leaf(graph.array(kind_b, ())) if graph.rng.random() < 0.5 else ""
    graph.add(op, [a, b, zero_a, zero_b])


@recipe(1, "Det")
def det(graph, op):
    n = graph.rng.randint(1, 4)
    graph.add(op, [graph.pick(types_of(graph.schema(op), 0), shape=graph.shape(graph.rng.randint(0, 2), 16, empty=False) + (n, n))])


# ---- quantised ----


@recipe(3, "QuantizeLinear", "DequantizeLinear")
def linear_quantisation(graph, op):
    schema = graph.schema(op)
    to = op == "QuantizeLinear"
    small = ["tensor(int8)", "tensor(uint8)"] + (["tensor(int16)", "tensor(uint16)"] if graph.opset >= 21 else [])
    kind = graph.rng.choice(small)
    x = graph.pick("tensor(float)" if to else small, where=lambda a: np.isfinite(a.astype(np.float64)).all())
    array = graph.value(x)
    kind = kind if to else type_of(array)
    shape, attributes = (), {}
    if graph.opset >= 13 and array.ndim and graph.rng.random() < 0.5:
        axis = any_axis(graph, array.ndim)
        attributes["axis"] = axis
        shape = (array.shape[axis],)
        if "block_size" in schema.attributes and graph.rng.random() < 0.4 and array.size:
            block = graph.rng.choice([b for b in (1, 2, 3, 4) if b <= array.shape[axis]])
            dims = list(array.shape)
            dims[axis] = -(-dims[axis] // block)
            shape, attributes["block_size"] = tuple(dims), block
    scale = graph.leaf(graph.array("tensor(float)", shape, 0.01, 0.2))
    inputs = [x, scale]
    if graph.rng.random() < 0.7 or (to and kind != "tensor(uint8)") :
        inputs.append(graph.leaf(graph.array(kind, shape), maybe(graph, "initializer")))
    graph.add(op, inputs, **attributes)


@recipe(1, "DynamicQuantizeLinear")
def dynamic_quantize(graph, op):
    graph.schema(op)
    graph.add(op, [graph.pick("tensor(float)", where=lambda a: a.size and np.isfinite(a).all() and np.ptp(a) > 0)], 3)


@recipe(1, "QLinearMatMul")
def qlinear_matmul(graph, op):
    graph.schema(op)
    a = graph.pick(["tensor(uint8)", "tensor(int8)"], rank=(2, 3))
    kind = type_of(graph.value(a))
    b = graph.leaf(graph.array(kind, (graph.value(a).shape[-1], graph.rng.choice([1, 4, 17])), high=100))
    scale = lambda: graph.leaf(graph.array("tensor(float)", (), 0.01, 0.1))
    zero = lambda: graph.leaf(graph.array(kind, ()))
    graph.add(op, [a, scale(), zero(), b, scale(), zero(), graph.leaf(graph.array("tensor(float)", (), 0.05, 0.5)), zero()])


# ---- random ----


def grow(graph, count):
    """Adds nodes until there are `count`, as far as that succeeds."""
    weights = [weight for weight, _, _ in RECIPES]
    for _ in range(count * 6):
        if len(graph.nodes) >= count:
            return
        _, op, make = graph.rng.choices(RECIPES, weights)[0]
        if graph.root.allowed is not None and op not in graph.root.allowed:
            continue
        try:
            make(graph, op)
        except Reject as why:
            graph.root.rejected.setdefault(op, []).append(str(why))
