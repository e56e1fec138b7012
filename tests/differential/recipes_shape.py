"""Nodes that move data: shapes, slices, indices, padding, sequences."""
import numpy as np

from graph import DTYPES, FLOATS, MAX_ELEMENTS, TYPES, Reject, type_of
from recipes import any_axis, attribute_or_input, maybe, partner, partner_shape, recipe, some_axes, types_of


def any_tensor(graph, op, position=0, **wanted):
    return graph.pick(types_of(graph.schema(op), position), **wanted)


@recipe(4, "Reshape")
def reshape(graph, op):
    schema = graph.schema(op)
    x = any_tensor(graph, op)
    shape = graph.value(x).shape
    size = graph.value(x).size
    allow_zero = None
    if size == 0:
        dims = list(shape)
        graph.rng.shuffle(dims)
        if "allowzero" not in schema.attributes:
            dims = list(shape)
        allow_zero = 1 if "allowzero" in schema.attributes else None
    else:
        dims = graph.split_size(size, graph.rng.randint(0 if size == 1 else 1, 5))
        for i, dim in enumerate(dims):
            if i < len(shape) and shape[i] == dim and graph.rng.random() < 0.4:
                dims[i] = 0
        if dims and graph.rng.random() < 0.5:
            dims[graph.rng.randrange(len(dims))] = -1
    graph.add(op, [x, graph.ints(dims)], allowzero=allow_zero)


@recipe(3, "Transpose")
def transpose(graph, op):
    x = any_tensor(graph, op)
    perm = list(range(graph.value(x).ndim))
    graph.rng.shuffle(perm)
    graph.add(op, [x], perm=maybe(graph, perm, 0.8) if perm else None)


@recipe(1, "Flatten")
def flatten(graph, op):
    x = any_tensor(graph, op, rank=range(1, 6))
    rank = graph.value(x).ndim
    axis = graph.rng.randint(0, rank)
    graph.add(op, [x], axis=maybe(graph, axis - rank if axis < rank and graph.opset >= 11 and graph.rng.random() < 0.4 else axis, 0.8))


@recipe(2, "Squeeze", "Unsqueeze")
def squeeze(graph, op):
    schema = graph.schema(op)
    x = any_tensor(graph, op, where=(lambda a: 1 in a.shape) if op == "Squeeze" else None, rank=range(5))
    shape = graph.value(x).shape
    inputs, attributes = [x], {}
    if op == "Squeeze":
        ones = [i for i, dim in enumerate(shape) if dim == 1]
        axes = graph.rng.sample(ones, graph.rng.randint(1, len(ones)))
        rank = len(shape)
    else:
        rank = len(shape) + graph.rng.randint(1, 2)
        axes = graph.rng.sample(range(rank), rank - len(shape))
    axes = [a - rank if graph.opset >= 11 and graph.rng.random() < 0.4 else a for a in axes]
    if graph.opset < 11:
        axes.sort()
    attribute_or_input(graph, schema, "axes", None if op == "Squeeze" and graph.rng.random() < 0.2 else axes, inputs, attributes)
    graph.add(op, inputs, **attributes)


@recipe(2, "Expand")
def expand(graph, op):
    x = any_tensor(graph, op)
    shape = partner_shape(graph, graph.value(x).shape)
    graph.add(op, [x, graph.ints(shape)])


@recipe(1, "Tile")
def tile(graph, op):
    x = any_tensor(graph, op, where=lambda a: a.size <= MAX_ELEMENTS // 2)
    repeats = [graph.rng.choice([1, 1, 2, 3] if graph.rng.random() < 0.95 else [0]) for _ in graph.value(x).shape]
    if np.prod(repeats) > 8:
        repeats = [1] * len(repeats)
    graph.add(op, [x, graph.ints(repeats)])


@recipe(3, "Concat")
def concat(graph, op):
    x = any_tensor(graph, op, rank=range(1, 6))
    array = graph.value(x)
    axis = any_axis(graph, array.ndim)
    names = [x]
    others = lambda a: a.ndim == array.ndim and all(i == axis % array.ndim or a.shape[i] == array.shape[i] for i in range(a.ndim))
    for _ in range(graph.rng.randint(0, 3)):
        dims = list(array.shape)
        dims[axis] = graph.rng.choice([0, 1, 2, 3]) if graph.rng.random() < 0.5 else dims[axis]
        names.insert(graph.rng.randint(0, 1), graph.pick(type_of(array), where=others, shape=None if graph.rng.random() < 0.4 else dims))
    graph.add(op, names, axis=axis)


@recipe(3, "Split")
def split(graph, op):
    schema = graph.schema(op)
    x = any_tensor(graph, op, rank=range(1, 6))
    axis = any_axis(graph, graph.value(x).ndim)
    dim = graph.value(x).shape[axis]
    n = graph.rng.randint(1, 4)
    inputs, attributes = [x], {"axis": axis}
    if graph.rng.random() < 0.5:
        cuts = sorted(graph.rng.randint(0, dim) for _ in range(n - 1))
        attribute_or_input(graph, schema, "split", [int(c) for c in np.diff([0] + cuts + [dim])], inputs, attributes)
    elif "num_outputs" in schema.attributes:
        if dim < n or -(-dim // n) * (n - 1) > dim:
            raise Reject("fewer than parts")
        attributes["num_outputs"] = n
    elif dim % n:
        raise Reject("not to be divided")
    graph.add(op, inputs, n, **attributes)


@recipe(4, "Slice")
def slice_(graph, op):
    schema = graph.schema(op)
    x = any_tensor(graph, op, rank=range(1, 6))
    shape, rng = graph.value(x).shape, graph.rng
    axes = some_axes(graph, len(shape))
    starts, ends, steps = [], [], []
    for axis in axes:
        dim = shape[axis]
        step = rng.choice([1, 1, 1, 2, 3, -1, -2]) if "starts" not in schema.attributes else 1
        a, b = sorted((rng.randint(0, dim), rng.randint(0, dim)))
        if step < 0:
            a, b = (b, a) if rng.random() < 0.7 else (2**31 - 1, -(2**31) + 1)
        elif rng.random() < 0.2:
            b = 2**31 - 1
        elif rng.random() < 0.3 and dim:
            a, b = a - dim, (b - dim if b < dim else b)
        starts.append(a), ends.append(b), steps.append(step)
    if "starts" in schema.attributes:
        graph.add(op, [x], starts=starts, ends=ends, axes=axes)
        return
    dtype = rng.choice([np.int64, np.int32])
    inputs = [x] + [graph.ints(numbers, dtype=dtype) for numbers in (starts, ends, axes)]
    if axes == list(range(len(axes))) and rng.random() < 0.5:
        inputs[3] = ""
    if any(s != 1 for s in steps) or rng.random() < 0.3:
        inputs.append(graph.ints(steps, dtype=dtype))
    graph.add(op, inputs)


def indices(graph, dim, shape, dtype=None):
    """Indices into a dimension, some of them negative where the opset lets them."""
    if dim == 0 and np.prod(shape):
        raise Reject("nothing to index")
    low = -dim if graph.opset >= 11 and graph.rng.random() < 0.5 else 0
    return graph.array("tensor(int64)", shape, low, max(dim - 1, 0)).astype(dtype or graph.rng.choice([np.int32, np.int64]))


@recipe(3, "Gather")
def gather(graph, op):
    x = any_tensor(graph, op, rank=range(1, 5))
    shape = graph.value(x).shape
    axis = any_axis(graph, len(shape))
    graph.add(op, [x, graph.leaf(indices(graph, shape[axis], graph.shape(graph.rng.randint(0, 2), 40)))], axis=maybe(graph, axis) if axis == 0 else axis)


@recipe(1, "GatherElements")
def gather_elements(graph, op):
    x = any_tensor(graph, op, rank=range(1, 5))
    shape = graph.value(x).shape
    axis = any_axis(graph, len(shape))
    dims = [graph.rng.randint(min(1, d), d) for d in shape]
    dims[axis] = graph.rng.randint(1, 6)
    graph.add(op, [x, graph.leaf(indices(graph, shape[axis], dims))], axis=axis)


def choose_reduction(graph, schema, array):
    if "reduction" not in schema.attributes or type_of(array) in ("tensor(string)", "tensor(bool)"):
        return None
    return graph.rng.choice(["none", "add", "mul"] + (["max", "min"] if graph.opset >= 18 else []))


@recipe(1, "ScatterElements")
def scatter_elements(graph, op):
    schema = graph.schema(op)
    x = any_tensor(graph, op, rank=range(1, 4))
    array = graph.value(x)
    axis = any_axis(graph, array.ndim)
    dims = [graph.rng.randint(min(1, d), d) for d in array.shape]
    where = indices(graph, array.shape[axis], dims)
    reduction = choose_reduction(graph, schema, array)
    if reduction in (None, "none"):  # which of two updates of one element wins is not defined
        order = np.argsort(graph.array("tensor(double)", dims, 0, 1), axis=axis)
        where = order.astype(where.dtype)
    graph.add(op, [x, graph.leaf(where), graph.leaf(graph.array(type_of(array), dims))], axis=axis, reduction=reduction)


@recipe(1, "GatherND")
def gather_nd(graph, op):
    schema = graph.schema(op)
    x = any_tensor(graph, op, rank=range(1, 5), where=lambda a: a.size)
    shape = graph.value(x).shape
    batch = graph.rng.randint(0, len(shape) - 1) if "batch_dims" in schema.attributes else 0
    last = graph.rng.randint(1, len(shape) - batch)
    lead = shape[:batch] + graph.shape(graph.rng.randint(0 if batch else 1, 2), 12)
    parts = [indices(graph, shape[batch + i], lead, np.int64) for i in range(last)]
    graph.add(op, [x, graph.leaf(np.stack(parts, -1))], batch_dims=batch or None)


@recipe(1, "ScatterND")
def scatter_nd(graph, op):
    schema = graph.schema(op)
    x = any_tensor(graph, op, rank=range(1, 5), where=lambda a: a.size)
    array = graph.value(x)
    last = graph.rng.randint(1, array.ndim)
    total = int(np.prod(array.shape[:last]))
    n = graph.rng.randint(1, min(total, 6))
    flat = graph.rng.sample(range(total), n)
    where = np.stack(np.unravel_index(flat, array.shape[:last]), -1).astype(np.int64)
    reduction = choose_reduction(graph, schema, array)
    graph.add(op, [x, graph.leaf(where), graph.leaf(graph.array(type_of(array), (n,) + array.shape[last:]))], reduction=reduction)


@recipe(3, "Pad")
def pad(graph, op):
    schema = graph.schema(op)
    x = any_tensor(graph, op, rank=range(1, 5), where=lambda a: a.size and a.size < 1000)
    array, rng = graph.value(x), graph.rng
    mode = rng.choice(["constant", "reflect", "edge"] + (["wrap"] if graph.opset >= 19 else []))
    axes = some_axes(graph, array.ndim) if graph.opset >= 18 and rng.random() < 0.5 else list(range(array.ndim))
    room = lambda axis: {"reflect": array.shape[axis] - 1, "wrap": array.shape[axis]}.get(mode, 3)
    before = [rng.randint(0, min(room(a), 3)) for a in axes]
    after = [rng.randint(0, min(room(a), 3)) for a in axes]
    if rng.random() < 0.2 and mode == "constant":
        after = [-1 if array.shape[a] > 1 else 0 for a in axes]
    if "pads" in schema.attributes:
        graph.add(op, [x], mode=mode, pads=before + after, value=maybe(graph, 1.5))
        return
    inputs = [x, graph.ints(before + after)]
    if mode == "constant" and rng.random() < 0.5:
        inputs.append(graph.leaf(graph.array(type_of(array), ()), maybe(graph, "initializer")))
    if len(axes) != array.ndim or axes != list(range(array.ndim)):
        inputs += [""] * (3 - len(inputs)) + [graph.ints(axes)]
    graph.add(op, inputs, mode=mode if mode != "constant" or rng.random() < 0.5 else None)


@recipe(1, "DepthToSpace", "SpaceToDepth")
def depth_to_space(graph, op):
    schema = graph.schema(op)
    block = graph.rng.choice([2, 2, 3])
    n, c, h, w = (graph.rng.randint(1, 3) for _ in range(4))
    shape = (n, c * block * block, h, w) if op == "DepthToSpace" else (n, c, h * block, w * block)
    mode = maybe(graph, graph.rng.choice(["DCR", "CRD"])) if "mode" in schema.attributes and op == "DepthToSpace" else None
    graph.add(op, [any_tensor(graph, op, shape=shape)], blocksize=block, mode=mode)


@recipe(1, "Trilu")
def trilu(graph, op):
    x = any_tensor(graph, op, rank=range(2, 5))
    inputs = [x] + ([graph.leaf(np.array(graph.rng.randint(-4, 4), np.int64), "initializer")] if graph.rng.random() < 0.6 else [])
    graph.add(op, inputs, upper=maybe(graph, graph.rng.randint(0, 1)))


@recipe(1, "EyeLike")
def eye_like(graph, op):
    x = any_tensor(graph, op, rank=2)
    graph.add(op, [x], k=maybe(graph, graph.rng.randint(-2, 3)), dtype=maybe(graph, TYPES[graph.rng.choice(["tensor(float)", "tensor(double)", "tensor(int64)"])]))


@recipe(1, "ReverseSequence")
def reverse_sequence(graph, op):
    x = any_tensor(graph, op, rank=range(2, 5), where=lambda a: a.size)
    time = graph.rng.randint(0, 1)
    shape = graph.value(x).shape
    lengths = graph.array("tensor(int64)", (shape[1 - time],), 1, shape[time])
    graph.add(op, [x, graph.leaf(lengths)], time_axis=time, batch_axis=1 - time)


@recipe(2, "Shape")
def shape_of(graph, op):
    schema = graph.schema(op)
    x = any_tensor(graph, op)
    attributes = {}
    if "start" in schema.attributes and graph.rng.random() < 0.5:
        attributes = {"start": graph.rng.randint(-3, 3), "end": maybe(graph, graph.rng.randint(-3, 5))}
    graph.add(op, [x], **attributes)


@recipe(2, "Size")
def size_of(graph, op):
    graph.add(op, [any_tensor(graph, op)])


@recipe(2, "ConstantOfShape")
def constant_of_shape(graph, op):
    schema = graph.schema(op)
    kinds = next(c for c in schema.type_constraints if c.type_param_str == "T2").allowed_type_strs
    kind = graph.choose_type([k for k in kinds if k in TYPES and k != "tensor(string)"])
    from graph import tensor_proto

    value = tensor_proto(graph.array(kind, (1,)), "value")
    shape = graph.pick("tensor(int64)", rank=1, where=lambda a: a.size <= 4 and np.all(a >= 0) and np.prod(a) <= 500, low=0, high=3)
    graph.add(op, [shape], value=maybe(graph, value, 0.8))


@recipe(1, "Range")
def range_(graph, op):
    kind = graph.choose_type([t for t in types_of(graph.schema(op), 0)])
    limit = graph.pick(kind, shape=(), where=lambda a: 0 <= a <= 40, low=0, high=20)
    numbers = [graph.leaf(np.array(n, DTYPES[kind])) for n in (graph.rng.randint(-3, 3), graph.rng.choice([1, 2, 3]))]
    graph.add(op, [numbers[0], limit, numbers[1]])


@recipe(1, "OneHot")
def one_hot(graph, op):
    schema = graph.schema(op)
    depth = graph.rng.randint(1, 6)
    where = graph.pick(types_of(schema, 0)[:1] + ["tensor(int64)"], rank=range(0, 4), where=lambda a: np.all(a == np.rint(a.astype(np.float64))), low=-1, high=depth)
    kind = graph.choose_type([t for t in types_of(schema, 2)])
    rank = graph.value(where).ndim
    axis = graph.rng.randint(-1, rank) if graph.rng.random() < 0.5 else None
    graph.add(op, [where, graph.leaf(np.array(depth, np.int64), "initializer"), graph.leaf(graph.array(kind, (2,)))], axis=axis)


@recipe(1, "NonZero")
def non_zero(graph, op):
    graph.add(op, [any_tensor(graph, op, rank=range(1, 5))])


@recipe(1, "Compress")
def compress(graph, op):
    x = any_tensor(graph, op, rank=range(1, 4))
    axis = any_axis(graph, graph.value(x).ndim) if graph.rng.random() < 0.7 else None
    dim = graph.value(x).size if axis is None else graph.value(x).shape[axis]
    graph.add(op, [x, graph.leaf(graph.array("tensor(bool)", (graph.rng.randint(min(1, dim), min(dim, 64)),)))], axis=axis)


@recipe(1, "Unique")
def unique(graph, op):
    x = any_tensor(graph, op, rank=range(1, 4), where=lambda a: a.size and (type_of(a) == "tensor(string)" or not np.isnan(a.astype(np.float64)).any()))
    axis = any_axis(graph, graph.value(x).ndim) if graph.rng.random() < 0.5 else None
    graph.add(op, [x], graph.rng.randint(1, 4), axis=axis, sorted=maybe(graph, graph.rng.randint(0, 1)))


@recipe(1, "CenterCropPad")
def center_crop_pad(graph, op):
    x = any_tensor(graph, op, rank=range(1, 4))
    axes = some_axes(graph, graph.value(x).ndim)
    graph.add(op, [x, graph.ints([graph.rng.randint(1, 8) for _ in axes])], axes=axes)


# ---- sequences and strings ----


def pick_sequence(graph):
    names = [n for n, v in graph.visible().items() if isinstance(v, list) and v]
    if not names:
        raise Reject("no sequence yet")
    return graph.rng.choice(names)


@recipe(2, "SequenceConstruct")
def sequence_construct(graph, op):
    x = any_tensor(graph, op, where=lambda a: type_of(a) in FLOATS[:2] or type_of(a) in ("tensor(int64)", "tensor(int32)"))
    kind = type_of(graph.value(x))
    graph.add(op, [x] + [graph.pick(kind) for _ in range(graph.rng.randint(0, 3))])


@recipe(1, "SplitToSequence")
def split_to_sequence(graph, op):
    x = any_tensor(graph, op, rank=range(1, 4), where=lambda a: a.size)
    axis = any_axis(graph, graph.value(x).ndim)
    if graph.rng.random() < 0.5:
        graph.add(op, [x], axis=axis, keepdims=maybe(graph, graph.rng.randint(0, 1)))
        return
    dim = graph.value(x).shape[axis]
    split_at = graph.rng.randint(0, dim)
    lengths = graph.rng.choice([np.array(graph.rng.randint(1, dim), np.int64), np.array([split_at, dim - split_at], np.int64)])
    graph.add(op, [x, graph.leaf(lengths)], axis=axis)


@recipe(2, "SequenceAt", "SequenceErase", "SequenceLength")
def sequence_use(graph, op):
    graph.schema(op)
    sequence = pick_sequence(graph)
    n = len(graph.value(sequence))
    inputs = [sequence]
    if op == "SequenceAt" or (op == "SequenceErase" and graph.rng.random() < 0.5):
        inputs.append(graph.leaf(np.array(graph.rng.randint(-n, n - 1), np.int64)))
    graph.add(op, inputs)


@recipe(1, "SequenceInsert")
def sequence_insert(graph, op):
    graph.schema(op)
    sequence = pick_sequence(graph)
    held = graph.value(sequence)
    inputs = [sequence, graph.pick(type_of(held[0]))]
    if graph.rng.random() < 0.5:
        inputs.append(graph.leaf(np.array(graph.rng.randint(-len(held), len(held)), np.int64)))
    graph.add(op, inputs)


@recipe(1, "ConcatFromSequence")
def concat_from_sequence(graph, op):
    graph.schema(op)
    sequence = pick_sequence(graph)
    held = graph.value(sequence)
    new_axis = graph.rng.randint(0, 1)
    graph.add(op, [sequence], axis=graph.rng.randint(0, max(held[0].ndim - 1 + new_axis, 0)), new_axis=new_axis)


@recipe(1, "StringConcat")
def string_concat(graph, op):
    graph.schema(op)
    x = graph.pick("tensor(string)")
    graph.add(op, in_order(graph, x))


def in_order(graph, x):
    return [x, partner(graph, x)]
