"""What a node should give: onnxruntime without rewrites, one node at a time; where it has no kernel, the same in a wider type, rounded
once, or the reference of the onnx package; where it is known to be wrong, what settled.py says."""
import warnings

import ml_dtypes
import numpy as np
import onnx
import onnxruntime as ort
from onnx import AttributeProto, helper
from onnx.reference import ReferenceEvaluator

import settled

ort.set_default_logger_severity(4)
warnings.filterwarnings("ignore")

NARROW = (np.dtype(ml_dtypes.bfloat16), np.dtype(np.float16))


class Refused(Exception):
    """No peer computes this node."""


def subgraphs(node):
    for attribute in node.attribute:
        if attribute.type == AttributeProto.GRAPH:
            yield attribute.g


def graph_captures(graph):
    known = {i.name for i in graph.input} | {i.name for i in graph.initializer}
    free = set()
    for node in graph.node:
        free |= ({n for n in node.input if n} | captures(node)) - known
        known |= set(node.output)
    return free | ({o.name for o in graph.output} - known)


def captures(node):
    """Names that the subgraphs of a node take from around it."""
    free = set()
    for graph in subgraphs(node):
        free |= graph_captures(graph)
    return free


def ir_version(opset, functions):
    return max(8 if functions else 3, helper.find_min_ir_version_for([helper.make_opsetid("", opset)], ignore_unknown=True))


def one_node_model(node, arrays, constant, opset, functions):
    from graph import tensor_proto, value_info

    inputs = [value_info(n, a, None if isinstance(a, list) else [None] * a.ndim) for n, a in arrays.items() if n not in constant]
    weights = [tensor_proto(arrays[n], n) for n in arrays if n in constant]
    outputs = [helper.make_value_info(n, onnx.TypeProto()) for n in node.output if n]
    graph = helper.make_graph([node], "one", inputs, outputs, weights)
    imports = [helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1), helper.make_opsetid("local", 1)]
    return helper.make_model(graph, opset_imports=imports, functions=functions, ir_version=max(4, ir_version(opset, functions)))


def session(model):
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def by_onnxruntime(node, arrays, constant, opset, functions):
    model = one_node_model(node, arrays, constant, opset, functions)
    made = session(model)

    def evaluate(now):
        feeds = {n: now[n] for n in arrays if n not in constant}
        results = iter(made.run(None, feeds))
        return [settle_form(next(results)) if n else None for n in node.output]

    return evaluate


def settle_form(result):
    """Arrays, or lists of arrays."""
    if result is None:
        raise Refused("onnxruntime gives no value")
    if isinstance(result, list):
        return [np.asarray(r) for r in result]
    array = np.asarray(result)
    return array.astype(object) if array.dtype.kind in "UST" else array


def narrowest(arrays):
    return next((a.dtype for a in arrays.values() if isinstance(a, np.ndarray) and a.dtype in NARROW), None)


def widened(node, arrays, constant, opset, functions):
    """Inputs of half precision as float32, results rounded once."""
    narrow = narrowest(arrays)
    if any(isinstance(a, np.ndarray) and a.dtype.kind == "f" and a.dtype != narrow for a in arrays.values()):
        raise Refused("several floating-point types")
    like = same_as_input(node, opset)
    widen = lambda a: a.astype(np.float32) if isinstance(a, np.ndarray) and a.dtype in NARROW else a
    evaluate_wide = by_onnxruntime(node, {n: widen(a) for n, a in arrays.items()}, constant, opset, functions)

    def evaluate(now):
        results = evaluate_wide({n: widen(a) for n, a in now.items()})
        shrink = lambda r: r.astype(narrow) if isinstance(r, np.ndarray) and r.dtype == np.float32 else r
        return [[shrink(i) for i in r] if isinstance(r, list) else shrink(r) if k in like else r for k, r in enumerate(results)]

    return evaluate


def narrowed(node, arrays, constant, opset, functions):
    """Inputs of double precision as float32: right to float32's precision, which the comparison then asks for."""
    narrow = lambda a: a.astype(np.float32) if isinstance(a, np.ndarray) and a.dtype == np.float64 else a
    evaluate_narrow = by_onnxruntime(node, {n: narrow(a) for n, a in arrays.items()}, constant, opset, functions)

    def evaluate(now):
        results = evaluate_narrow({n: narrow(a) for n, a in now.items()})
        return [r.astype(np.float64) if isinstance(r, np.ndarray) and r.dtype == np.float32 else r for r in results]

    evaluate.coarse = True
    return evaluate


def by_reference(node, arrays, constant, opset, functions):
    model = one_node_model(node, arrays, set(), opset, functions)
    made = ReferenceEvaluator(model)

    like = same_as_input(node, opset)

    def evaluate(now):
        results = iter(made.run(None, {n: now[n] for n in arrays}))
        results = [settle_form(next(results)) if n else None for n in node.output]
        return [r.astype(now[node.input[like[k]]].dtype) if k in like and isinstance(r, np.ndarray) else r for k, r in enumerate(results)]

    return evaluate


def same_as_input(node, opset):
    """Outputs that have the type of an input, by the schema: output -> input. NumPy widens some."""
    if node.domain == "com.microsoft":
        return {0: 0}
    schema = onnx.defs.get_schema(node.op_type, opset, node.domain)
    inputs = {port.type_str: k for k, port in reversed(list(enumerate(schema.inputs))) if k < len(node.input) and node.input[k]}
    ports = [schema.outputs[min(k, len(schema.outputs) - 1)] for k in range(len(node.output))]  # the last may be variadic
    return {k: inputs[port.type_str] for k, port in enumerate(ports) if port.type_str in inputs}


def has_no_kernel(error):
    text = str(error)
    return "NOT_IMPLEMENTED" in text or "Could not find an implementation" in text or "is not a registered function" in text


# Widening is right only where all that the node makes of a half type has that type.
NEVER_WIDENED = {"Cast", "CastLike", "BitCast", "QuantizeLinear", "DequantizeLinear", "Identity", "EyeLike"}


# In double precision onnxruntime has no kernels for these, and the reference is not tried by many.
NETWORK = set(
    """Conv ConvTranspose MaxPool AveragePool LpPool GlobalAveragePool GlobalLpPool BatchNormalization InstanceNormalization
    GroupNormalization LayerNormalization RMSNormalization LRN GridSample Erf Attention RotaryEmbedding Col2Im
    Gelu Mish HardSwish""".split()
)


def by_settlement(row, node, arrays, opset, functions):
    def evaluate(now):
        return [settle_form(r) if n else None for r, n in zip(row.answer(node, now, opset), node.output)]

    try:
        evaluate(arrays)
    except Exception as error:
        raise Refused(f"settled, but {error}") from None
    return coarsely(evaluate) if stashes_float(node, arrays, opset, functions) else evaluate


def evaluator(node, arrays, constant, opset, functions, native=False):
    """A function from arrays by name to the node's outputs; `native`: by onnxruntime or not at all, as for nodes of a body, which run
    there again with the node that has it. Raises Refused where no peer takes the node."""
    row = settled.row_of(node, arrays, opset)
    if row is not None and (row.answer is None or native):
        raise Refused(f"settled: {row.reason}")
    if row is not None:
        return by_settlement(row, node, arrays, opset, functions)
    bfloat = any(isinstance(a, np.ndarray) and a.dtype == NARROW[0] for a in arrays.values())
    has_body = node.domain == "local" or any(True for _ in subgraphs(node))
    routes = [by_onnxruntime, by_reference]
    if native and narrowest(arrays) is not None:
        raise Refused("onnxruntime keeps float32 between nodes of half precision that follow each other")
    if has_body or native:
        routes = [by_onnxruntime]
    elif narrowest(arrays) is not None and node.op_type not in NEVER_WIDENED:
        routes = [widened, by_reference] if bfloat else [by_onnxruntime, widened, by_reference]
    elif bfloat:
        routes = [by_reference]
    elif node.op_type in NETWORK and any(isinstance(a, np.ndarray) and a.dtype == np.float64 for a in arrays.values()):
        routes = [by_onnxruntime, narrowed]
    why = None
    for route in routes:
        try:
            evaluate = route(node, arrays, constant, opset, functions)
            evaluate(arrays)
            return evaluate if not stashes_float(node, arrays, opset, functions) else coarsely(evaluate)
        except Exception as error:  # both peers raise whatever they like
            why = error
            if route is by_onnxruntime and not has_no_kernel(error):
                break
    raise Refused(f"{type(why).__name__}: {why}")


def stashes_float(node, arrays, opset, functions):
    """Whether a node computes in float32 what is float64, as its attribute stash_type says; the reference's weights for Resize and the
    constants in the bodies of HardSwish-14 and Gelu-20 are. A body may cast what it computed."""
    double = any(isinstance(a, np.ndarray) and a.dtype == np.float64 for a in arrays.values())
    if any(n.op_type == "Cast" and n.attribute[0].i == onnx.TensorProto.DOUBLE for n in nodes_within(node, functions)):
        return True
    if not double or node.domain:
        return False
    return node.op_type in ("Resize", "HardSwish", "Gelu") or "stash_type" in onnx.defs.get_schema(node.op_type, opset, "").attributes


def coarsely(evaluate):
    def evaluate_so(now):
        return evaluate(now)

    evaluate_so.coarse = True
    return evaluate_so


# ---- whole graphs ----

# Nodes that only move, select or compare: their results are exact whatever the order of computing.
EXACT = set(
    """Identity Reshape Transpose Slice Gather GatherElements GatherND Concat Split Squeeze Unsqueeze Flatten Expand Tile Pad Relu Abs Neg
    Max Min Clip Where Sign Floor Ceil Round Compress NonZero Shape Size ConstantOfShape DepthToSpace SpaceToDepth Trilu EyeLike OneHot
    ReverseSequence MaxPool GlobalMaxPool ReduceMax ReduceMin ArgMax ArgMin TopK Unique Constant Cast CastLike Dropout ScatterElements
    ScatterND Equal Less Greater LessOrEqual GreaterOrEqual And Or Xor Not IsNaN IsInf Hardmax CenterCropPad SequenceConstruct SequenceAt
    SequenceInsert SequenceErase SequenceLength SequenceEmpty ConcatFromSequence SplitToSequence BitCast Optional OptionalGetElement
    OptionalHasElement ThresholdedRelu NonMaxSuppression MaxUnpool StringConcat Range""".split()
)


def nodes_within(node, functions):
    """The nodes in the bodies of a node, and in theirs."""
    for body in [f for f in functions if f.name == node.op_type] if node.domain == "local" else subgraphs(node):
        for inner in body.node:
            yield inner
            yield from nodes_within(inner, functions)


def rounds(node, functions):
    """Whether a node, or one in its bodies, rounds."""
    inner = list(nodes_within(node, functions)) or [node]
    sums = lambda n: any(a.name == "reduction" and a.s in (b"add", b"mul") for a in n.attribute)
    return any((n.op_type not in EXACT or sums(n)) and n.domain != "local" and not any(True for _ in subgraphs(n)) for n in inner)


def epsilon(dtype, coarse=False):
    return float(ml_dtypes.finfo(np.float32 if coarse and dtype == np.float64 else dtype).eps)


def disturbed(graph, amplitude, seed):
    """All values when each node that rounds is off by up to `amplitude` units in the last place. None for a value from a node that
    fails then."""
    rng = np.random.default_rng(seed)
    values = dict(graph.values)
    for node, evaluate in graph.steps:
        names = [n for n in list(node.input) + sorted(captures(node)) if n]
        inexact = False
        try:
            if any(values[n] is None for n in names):
                raise Refused("its input is gone")
            inexact = rounds(node, graph.functions)
            results = evaluate({n: disturb(values[n], 1, rng, graph.coarse) if inexact else values[n] for n in names})
        except Exception:
            results = [None] * len(node.output)
        for name, result in zip(node.output, results):
            if name:
                values[name] = disturb(result, amplitude, rng, graph.coarse) if inexact else result
    return values


def disturb(value, amplitude, rng, coarse):
    if isinstance(value, list):
        return [disturb(v, amplitude, rng, coarse) for v in value]
    if not isinstance(value, np.ndarray) or value.dtype.kind in "OiubSUT":
        return value
    wide = value.astype(np.float64)
    finite = np.abs(wide[np.isfinite(wide)])
    size = np.abs(wide) + (float(finite.mean()) if finite.size else 0.0)  # sums of terms that cancel are off by what the terms are
    return np.asarray(wide + amplitude * epsilon(value.dtype, coarse) * size * rng.uniform(-1, 1, value.shape)).astype(value.dtype)


def in_double(graph):
    """All values with float32 and half precision computed in float64 wherever a peer can."""
    double = lambda a: a.astype(np.float64) if isinstance(a, np.ndarray) and (a.dtype == np.float32 or a.dtype in NARROW) else a
    values = {n: double(a) for n, a in graph.values.items()}
    for node, evaluate in graph.steps:
        names = [n for n in list(node.input) + sorted(captures(node)) if n]
        wide = {n: values[n] for n in names}
        try:
            results = evaluator(node, wide, set(), graph.opset, graph.functions)(wide)
        except Exception:
            narrow = {n: same_type(values[n], graph.values[n]) for n in names}
            try:
                results = evaluate(narrow)
            except Exception:
                results = [graph.values[n] if n else None for n in node.output]
        for name, result in zip(node.output, results):
            if name:
                values[name] = double(result)
    return values


def same_type(value, like):
    return value.astype(like.dtype) if isinstance(value, np.ndarray) and isinstance(like, np.ndarray) else value
