"""Real models beside their stored inputs: other batches, lengths and picture sizes where the inputs are symbolic, other element types, and
1 to 3 threads.

A floating-point output passes where max |a - b| <= t max |b| + 1e-6, t being 1e-3 or what the model's file `tolerance` says (README of the
corpus); other types must be equal, but integers of quantised models may differ by 1. A model that is brought to float64 is held to the
same bound, in float16 to 64 halves of a unit in the last place (64 * 2^-11) or to twice what onnxruntime
is off there, of max |b| each; its integers are not compared. SETTLED lists what differs and is right."""
import glob
import os
import random
import tempfile
from collections import Counter

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

import engine
import oracle
from tolerance import describe

SETTLED = [  # model, what is compared, words of what differs -> why that is right
    ("magika_v3_3", "float16", "", "a ReduceSum of squares is 122591 in float32: no half holds it; onnxruntime keeps float32 between nodes"),
    ("light_resnet50", "float16", "", "activations grow beyond 65504; onnxruntime keeps float32 between nodes"),
    ("silero_vad_v4", "float16", "", "squares in the branch of If go beyond 65504; onnxruntime keeps float32 between nodes"),
    ("basic_pitch", "float16", "", "the logarithm of what underflows in a half; onnxruntime keeps float32 between nodes"),
    ("", "=", "the window covers", "MaxPool-22: floor((1 - 2) / 2 + 1) is 0, no output; onnxruntime divides toward zero and makes one"),
]


def is_settled(name, what, found):
    return any((not row[0] or row[0] == name) and row[1] in what and row[2] in found for row in SETTLED)


HALF = 64 * 2.0**-11  # of max |b|: what a half rounds, on the longest path of the corpus


class Model:
    """A folder of the corpus: the model, its first inputs, its bound."""

    def __init__(self, folder):
        self.name, self.folder = os.path.basename(folder), folder
        self.proto = onnx.load(os.path.join(folder, "model.onnx"))
        weights = {w.name for w in self.proto.graph.initializer}
        self.infos = [i for i in self.proto.graph.input if i.name not in weights]
        paths = [os.path.join(folder, "test_data_set_0", f"input_{k}.pb") for k in range(len(self.infos))]
        self.plain = all(i.type.HasField("tensor_type") for i in self.infos) and all(os.path.exists(p) for p in paths)
        self.inputs = [engine.to_array(TensorProto.FromString(open(p, "rb").read())) for p in paths] if self.plain else []
        bound = os.path.join(folder, "tolerance")
        self.bound = float(open(bound).read()) if os.path.exists(bound) else 1e-3
        operators = {n.op_type for n in self.proto.graph.node}
        self.halved = any(w.data_type == TensorProto.FLOAT16 for w in self.proto.graph.initializer)
        self.quantised = any("Quant" in op or "Integer" in op or op.startswith("QLinear") for op in operators)


# ---- sizes ----


def symbols(model):
    """Groups of dimensions that are open: what names them -> (their size now, [(input, axis)])."""
    groups = {}
    for k, (info, array) in enumerate(zip(model.infos, model.inputs)):
        for axis, dim in enumerate(info.type.tensor_type.shape.dim):
            if not dim.HasField("dim_value") or dim.dim_value <= 0:
                name = dim.dim_param or f"axis {axis} of size {array.shape[axis]}"
                groups.setdefault(name, (array.shape[axis], []))[1].append((k, axis))
    return groups


def resized(array, axis, size):
    """Rows taken around: an array of another size with elements like those it had."""
    if array.shape[axis] == 0:
        return np.zeros([size if a == axis else d for a, d in enumerate(array.shape)], array.dtype)
    return np.take(array, np.arange(size) % array.shape[axis], axis)


def other_sizes(model, rng):
    """Inputs with one group of open dimensions changed, or all of them; with a word for it."""
    groups = symbols(model)
    choices = [[name] for name in groups] + ([list(groups)] if len(groups) > 1 else [])
    for names in choices:
        arrays, words = list(model.inputs), []
        for name in names:
            now, places = groups[name]
            size = rng.choice([n for n in ([1, 2, 3, 5] if now <= 8 else [now // 2, now + 3, now + now // 2]) if n != now])
            words.append(f"{name} = {size}")
            for k, axis in places:
                arrays[k] = resized(arrays[k], axis, size)
        yield ", ".join(words), arrays


# ---- types ----


def in_type(proto, kind):
    """The model with each float32 of another type; None where a schema wants float32."""
    dtype = np.dtype({TensorProto.DOUBLE: np.float64, TensorProto.FLOAT16: np.float16}[kind])
    made = onnx.ModelProto.FromString(proto.SerializeToString())
    for graph in all_graphs(made.graph):
        retype_graph(graph, kind, dtype)
    try:
        oracle.session(made)
    except Exception as why:  # types are looked at before kernels
        return made if oracle.has_no_kernel(why) else None
    return made


def all_graphs(graph):
    yield graph
    for node in graph.node:
        for body in oracle.subgraphs(node):
            yield from all_graphs(body)


def retype_graph(graph, kind, dtype):
    del graph.value_info[:]
    for info in list(graph.input) + list(graph.output):
        if info.type.tensor_type.elem_type == TensorProto.FLOAT:
            info.type.tensor_type.elem_type = kind
    for weight in graph.initializer:
        retype_tensor(weight, dtype)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.name in ("to", "dtype") and attribute.i == TensorProto.FLOAT:
                attribute.i = kind
            if attribute.HasField("t"):
                retype_tensor(attribute.t, dtype)
            if node.op_type == "Constant" and attribute.name in ("value_float", "value_floats"):
                value = np.array(attribute.f if attribute.name == "value_float" else attribute.floats, dtype)
                attribute.CopyFrom(onnx.helper.make_attribute("value", numpy_helper.from_array(value)))


def retype_tensor(tensor, dtype):
    if tensor.data_type == TensorProto.FLOAT:
        wide = numpy_helper.to_array(tensor)
        largest = np.finfo(dtype).max
        tensor.CopyFrom(numpy_helper.from_array(np.clip(wide, -largest, largest).astype(dtype), tensor.name))


def cast_floats(arrays, dtype):
    return [a.astype(dtype) if a.dtype in (np.float32, np.float64, np.float16) else a for a in arrays]


# ---- running ----


def by_onnxruntime(proto, names, arrays):
    made = oracle.session(proto)
    return made.run(None, dict(zip(names, arrays)))


def by_sardonyx(settings, proto, names, arrays, expected, options=()):
    """Outputs of the command, in order."""
    with tempfile.TemporaryDirectory() as folder:
        outputs = [o.name for o in proto.graph.output]
        values = dict(zip(names, arrays), **dict(zip(outputs, expected)))
        engine.write_case(folder, proto, names, [], values)
        results = engine.run(settings.command, folder, names, outputs, values, options, timeout=120)
        return [results[n] for n in outputs]


def far(got, expected, bound, integers):
    """How the first output that differs does; None: none does."""
    for k, (a, b) in enumerate(zip(got, expected)):
        b = np.asarray(b)
        if a.shape != b.shape:
            return f"output {k}: found {describe(a)}, expected {describe(b)}"
        if b.dtype.kind in "OUST":
            wrong = not np.array_equal(a.astype(object), b.astype(object))
        elif b.dtype.kind == "f" or b.dtype.name == "bfloat16":
            wrong = distance(a, b) > bound
        else:
            wrong = integers is not None and np.abs(a.astype(np.float64) - b.astype(np.float64)).max(initial=0) > integers
        if wrong:
            return f"output {k} ({describe(b)}): off by {distance(a, b):.3g} of max |b|, {bound:.3g} allowed" if b.dtype.kind != "O" else f"output {k} differs"
    return None


def distance(a, b):
    """max |a - b| by max |b|; infinite where not the same elements are finite."""
    a, b = np.asarray(a).astype(np.float64), np.asarray(b).astype(np.float64)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    if b.size == 0 or same.all():
        return 0.0
    if not np.isfinite(a[~same]).all() or not np.isfinite(b[~same]).all():
        return np.inf
    largest = np.abs(b[np.isfinite(b)]).max(initial=0)
    return max(float(np.abs(a - b)[~same].max()) - 1e-6, 0) / max(float(largest), 1e-30)


class Report:
    def __init__(self, name):
        self.name, self.counts = name, Counter()

    def add(self, what, found):
        if found and is_settled(self.name, what, found):
            self.skip(what, "settled")
            return
        self.counts["failed" if found else "passed"] += 1
        if found:
            print(f"corpus {self.name}, {what}: {found}", flush=True)

    def skip(self, what, why):
        self.counts["left out"] += 1
        if os.environ.get("SDX_VERBOSE"):
            print(f"corpus {self.name}, {what}: left out: {why}".replace("\n", " ")[:240])


def compare(settings, model, report, what, proto, arrays, expected, bound, integers, options=()):
    names = [i.name for i in model.infos]
    try:
        got = by_sardonyx(settings, proto, names, arrays, expected, options)
    except engine.Missing as why:
        report.skip(what, why)
        return None
    except engine.Failed as why:
        report.add(what, str(why))
        return None
    report.add(what, far(got, expected, bound, integers))
    return got


def try_sizes(settings, model, report, rng):
    names = [i.name for i in model.infos]
    integers = 1 if model.quantised else 0
    for what, arrays in other_sizes(model, rng):
        try:
            expected = by_onnxruntime(model.proto, names, arrays)
        except Exception as why:  # sizes that do not go together
            report.skip(what, why)
            continue
        compare(settings, model, report, what, model.proto, arrays, expected, model.bound, integers, ["--threads", str(rng.choice([1, 2, 3]))])


def try_types(settings, model, report, plain):
    names = [i.name for i in model.infos]
    for kind, dtype, word in ((TensorProto.DOUBLE, np.float64, "float64"), (TensorProto.FLOAT16, np.float16, "float16")):
        made = None if model.quantised or model.halved else in_type(model.proto, kind)
        if made is None:
            report.skip(word, "not a matter of types alone")
            continue
        arrays, bound, expected = cast_floats(model.inputs, dtype), model.bound, plain
        if dtype == np.float16:
            expected = by_onnxruntime(model.proto, names, cast_floats(arrays, np.float32))
            bound = max(HALF, 2 * half_of_peer(made, names, arrays, expected))
        if not np.isfinite(bound):
            report.skip(word, "overflows in onnxruntime too")
            continue
        compare(settings, model, report, word, made, arrays, cast_floats([np.asarray(e) for e in expected], dtype), bound, None)


def half_of_peer(made, names, arrays, expected):
    """How far onnxruntime is off in float16; 0 where it cannot run it."""
    try:
        results = by_onnxruntime(made, names, arrays)
    except Exception:
        return 0.0
    return max([distance(r, e) for r, e in zip(results, expected) if np.asarray(e).dtype == np.float32], default=0.0)


def run_model(settings, folder):
    model = Model(folder)
    report = Report(model.name)
    rng = random.Random(f"{settings.seed}/{model.name}")
    outputs_plain = all(o.type.HasField("tensor_type") for o in model.proto.graph.output)
    if not model.plain or not outputs_plain:
        report.skip("all", "inputs or outputs that are no tensors")
        return report.counts
    names = [i.name for i in model.infos]
    expected = by_onnxruntime(model.proto, names, model.inputs)
    bits = []
    for threads in ("1", "2", "3"):
        got = compare(settings, model, report, f"{threads} threads", model.proto, model.inputs, expected, model.bound, 1 if model.quantised else 0, ["--threads", threads])
        bits.append(None if got is None else [g.tolist() if g.dtype == object else g.tobytes() for g in got])
    if None not in bits:
        report.add("1 to 3 threads", None if bits[0] == bits[1] == bits[2] else "bits differ")
    try_sizes(settings, model, report, rng)
    try_types(settings, model, report, expected)
    return report.counts


def run_all(settings):
    counts = Counter()
    folders = sorted(os.path.dirname(p) for p in glob.glob(os.path.join(settings.corpus, "*", "model.onnx")))
    if not folders:
        print(f"corpus: skipped: the folder {settings.corpus} is not there")
        return counts
    for folder in folders:
        if settings.filter in os.path.basename(folder):
            counts += run_model(settings, folder)
    print(f"corpus: {counts['passed'] + counts['failed']} comparisons of {len(folders)} models, {counts['left out']} variants left out")
    return counts
