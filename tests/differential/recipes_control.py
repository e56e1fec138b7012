"""Nodes with bodies: If, Loop, Scan, and calls of functions of the model."""
import numpy as np
from onnx import AttributeProto, helper

from graph import FLOATS, Graph, Reject, type_of
from recipes import grow, recipe

DEEPEST = 3


def child(graph, sealed=False):
    if graph.depth >= DEEPEST:
        raise Reject("deep enough")
    return Graph(graph.rng, graph.opset, graph, sealed)


def tensors_of(graph, types=None):
    return [n for n, a in graph.values.items() if isinstance(a, np.ndarray) and (types is None or type_of(a) in types)]


def branch(graph, types):
    """A body without inputs whose outputs have the types; None: whatever comes."""
    body = child(graph)
    grow(body, graph.rng.randint(1, 4))
    if types is None:
        made = [n for n in tensors_of(body) if n not in body.leaves] or [body.leaf(graph.array("tensor(float)", graph.shape()))]
        names = graph.rng.sample(made, min(len(made), graph.rng.randint(1, 2)))
    else:
        names = [output_of_type(body, kind) for kind in types]
    names = list(dict.fromkeys(names)) if types is None else names
    names = [n if names.count(n) == 1 and n in body.values and n not in body.leaves and body.rng.random() < 0.5 else body.add("Identity", [n])[0] for n in names]
    return body, names


def output_of_type(body, kind):
    made = tensors_of(body, [kind])
    if made and body.rng.random() < 0.8:
        return body.rng.choice(made)
    return body.pick(kind)


@recipe(4, "If")
def if_(graph, op):
    graph.schema(op)
    condition = graph.pick("tensor(bool)", where=lambda a: a.size == 1 and a.ndim <= 1, shape=(), reuse=0.6)
    first, names = branch(graph, None)
    second, others = branch(graph, [type_of(first.value(n)) for n in names])
    if graph.rng.random() < 0.5:
        first, names, second, others = second, others, first, names
    graph.add(op, [condition], len(names), then_branch=first.body([], names), else_branch=second.body([], others))


def formal(body, array):
    return body.leaf(array, "formal")


def carried_on(body, name):
    """What a state becomes: of its type and shape."""
    array = body.value(name)
    made = [n for n in tensors_of(body) if n not in body.leaves and type_of(body.value(n)) == type_of(array) and body.value(n).shape == array.shape]
    if made and body.rng.random() < 0.7:
        return body.add("Identity", [body.rng.choice(made)])[0]
    if type_of(array) in FLOATS:
        return body.add("Add", [name, body.leaf(body.array(type_of(array), (), 0, 1))])[0]
    return body.add("Identity", [name])[0]


def states(graph):
    kinds = FLOATS[:2] + ["tensor(int64)", "tensor(int32)", "tensor(bool)"]
    return [graph.pick(kinds, where=lambda a: a.size <= 512) for _ in range(graph.rng.randint(0, 2))]


@recipe(4, "Loop")
def loop(graph, op):
    graph.schema(op)
    rng = graph.rng
    count = rng.choice([0, 1, 2, 3, 5])
    stops = graph.opset >= 9 and rng.random() < 0.3
    body = child(graph)
    step, going = formal(body, np.array(0, np.int64)), formal(body, np.array(True))
    initial = states(graph)
    formals = [formal(body, graph.value(n)) for n in initial]
    grow(body, rng.randint(1, 4))
    if stops:
        limit = body.leaf(np.array(rng.randint(0, 2), np.int64), "constant")
        go_on = body.add("Less", [step, limit])[0]
    else:
        go_on = body.add("Identity", [going])[0]
    carried = [carried_on(body, n) for n in formals]
    made = [n for n in tensors_of(body) if n not in body.leaves and n not in carried + [go_on]]
    scans = [body.add("Identity", [n])[0] for n in rng.sample(made, min(len(made), rng.randint(0 if carried else 1, 2)))]
    if not carried and not scans:
        scans = [body.add("Identity", [step])[0]]
    count = max(count, 1) if scans else count  # onnxruntime makes all dims of no iterations 0
    trip = "" if stops and rng.random() < 0.3 else graph.leaf(np.array(count, np.int64))
    first = graph.leaf(np.array(bool(scans) or rng.random() < 0.9)) if rng.random() < 0.6 or not initial else ""
    inputs = [trip, first] + initial
    if not initial and graph.opset < 11:
        raise Reject("Loop-1 has a state")
    graph.add(op, inputs, len(carried) + len(scans),
              body=body.body([step, going] + formals, [go_on] + carried + scans, (step, going)))


@recipe(2, "Scan")
def scan(graph, op):
    graph.schema(op)
    if graph.opset < 9:
        raise Reject("Scan-8 has a batch")
    rng = graph.rng
    steps, body = rng.randint(1, 5), child(graph)
    initial = states(graph)
    formals = [formal(body, graph.value(n)) for n in initial]
    sequences, axes, backwards = [], [], []
    for _ in range(rng.randint(1, 2)):
        rank = rng.randint(1, 3)
        shape = list(graph.shape(rank, 64, empty=False))
        axis = rng.randrange(rank)
        shape[axis] = steps
        name = graph.pick(FLOATS[:2] + ["tensor(int64)"], shape=shape)
        sequences.append(name), axes.append(axis), backwards.append(rng.randint(0, 1))
        formals.append(formal(body, np.take(graph.value(name), -1 if backwards[-1] else 0, axis)))
    grow(body, rng.randint(1, 4))
    carried = [carried_on(body, n) for n in formals[: len(initial)]]
    made = [n for n in tensors_of(body) if n not in body.leaves and n not in carried and body.value(n).size]  # else the peer divides by 0
    outs = [body.add("Identity", [n])[0] for n in rng.sample(made, min(len(made), rng.randint(1, 2)))]
    out_axes = [rng.randint(0, body.value(n).ndim) for n in outs]
    out_backwards = [rng.randint(0, 1) for _ in outs]
    graph.add(op, initial + sequences, len(carried) + len(outs), body=body.body(formals, carried + outs), num_scan_inputs=len(sequences),
              scan_input_axes=axes, scan_input_directions=backwards, scan_output_axes=out_axes or None, scan_output_directions=out_backwards or None)


# ---- functions ----


def lift_attribute(graph, nodes):
    """Turns one FLOAT attribute of a node of a function into a parameter; returns its name and the number, or None."""
    found = [(n, a) for n in nodes for a in n.attribute if a.type == AttributeProto.FLOAT and a.name in ("alpha", "beta", "gamma", "epsilon")]
    if not found or graph.rng.random() < 0.3:
        return None
    node, attribute = graph.rng.choice(found)
    number, name = attribute.f, f"param_{attribute.name}"
    reference = AttributeProto(name=attribute.name, type=AttributeProto.FLOAT, ref_attr_name=name)
    node.attribute.remove(attribute)
    node.attribute.append(reference)
    return name, number


def make_function(graph, inputs):
    """A function over inputs like those given; returns it and the attributes to call it with."""
    body = child(graph, sealed=True)
    formals = [formal(body, graph.value(n)) for n in inputs]
    grow(body, graph.rng.randint(2, 6))
    made = [n for n in body.values if n not in body.leaves]
    if not made:
        raise Reject("an empty function")
    names = graph.rng.sample(made, min(len(made), graph.rng.randint(1, 2)))
    nodes = body.all_nodes()
    parameter = lift_attribute(graph, [n for n in nodes if not n.domain])
    imports = [helper.make_opsetid("", graph.opset), helper.make_opsetid("local", 1), helper.make_opsetid("com.microsoft", 1)]
    function = helper.make_function("local", graph.fresh("Function"), formals, names, nodes, imports, [parameter[0]] if parameter else [])
    return function, dict([parameter] if parameter else [])


@recipe(4, "Function")
def function_call(graph, op):
    kinds = FLOATS[:2] + ["tensor(int64)", "tensor(int32)"]
    inputs = [graph.pick(kinds, where=lambda a: a.size <= 1024) for _ in range(graph.rng.randint(1, 3))]
    function, attributes = make_function(graph, inputs)
    graph.root.functions.append(function)
    try:
        graph.add(function.name, inputs, len(function.output), domain="local", **attributes)
    except Reject:
        graph.root.functions.remove(function)
        raise
    if graph.rng.random() < 0.4:
        graph.add(function.name, inputs, len(function.output), domain="local", **attributes)
