"""What is measured: our own models and operators, the networks and the corpus that lie beside the tree, files that are named. Each becomes a
model, a file of inputs and a tolerance, kept in build/bench until its source changes."""
import glob
import json
import os
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

import models
import operators
import tensors

HERE = os.path.dirname(os.path.abspath(__file__))
SHARED = os.path.join(HERE, "..", "..", "shared")

# How many times faster than onnxruntime we want to be, by family; 1 where none is named.
WANTED = {"3x3 CNN": 1.8, "mixed CNN": 1.25, "dense CNN": 1.4, "LRN nets": 2.0, "mobile CNN": 1.35, "detector": 1.3, "transformer encoder": 1.2,
          "int8 transformer": 1.45, "int8 CNN": 1.25, "int8 mobile CNN": 1.7, "decode step": 1.2, "recurrent": 1.15, "trees": 1.6,
          "tiny": 3.0, "small CNN": 1.7, "voice step": 2.5}
WANTED_ON_TWO = {"recurrent": 1.4}

# Networks that ../shared/bench/make_models.py writes, and those of the corpus that stand beside them.
NETWORKS = {"bert_base": "transformer encoder", "bert_base_dynq": "int8 transformer", "bert_base_qdq": "int8 transformer",
            "densenet121": "dense CNN", "gbdt_500x6": "trees", "gpt2_decode": "decode step", "inception_v1": "LRN nets",
            "lstm2x256": "recurrent", "mlp": "tiny", "mobilenetv2": "mobile CNN", "mobilenetv2_qdq": "int8 mobile CNN",
            "resnet50": "mixed CNN", "resnet50_qdq": "int8 CNN", "squeezenet": "dense CNN", "superres": "3x3 CNN", "vgg19": "3x3 CNN",
            "yolov5n": "detector"}
FROM_CORPUS = {"mnist8_cntk": "small CNN", "silero_vad_v5": "voice step", "ultraface_rfb320": "mobile CNN"}


class Case:
    def __init__(self, name, family, kind, model, inputs):
        self.name, self.family, self.kind, self.model, self.inputs = name, family, kind, model, inputs
        self._tolerance = None
        self.noise = None  # found by the first comparison

    @property
    def wanted(self):
        return WANTED.get(self.family, 1.0)

    def wanted_at(self, threads):
        return WANTED_ON_TWO.get(self.family, self.wanted) if threads > 1 else self.wanted

    @property
    def tolerance(self):
        """1e-3 of the range; 5e-3 where there are halves, 3e-2 where there are bfloat16 or quantised numbers."""
        if self._tolerance is None:
            given = os.path.splitext(self.inputs)[0] + ".tolerance"
            graph = onnx.load(self.model, load_external_data=False).graph
            kinds = {n.op_type for n in graph.node}
            types = {w.data_type for w in graph.initializer}
            if any("Quant" in k or "Integer" in k or "NBits" in k or k.startswith("QLinear") for k in kinds) or TensorProto.BFLOAT16 in types:
                self._tolerance = 3e-2
            else:
                self._tolerance = 5e-3 if TensorProto.FLOAT16 in types else 1e-3
            if os.path.exists(given):
                self._tolerance = max(self._tolerance, float(open(given).read()))
        return self._tolerance


def newer(path, *sources):
    return os.path.exists(path) and all(os.path.getmtime(path) >= os.path.getmtime(s) for s in sources)


# ---- our own ----


def own(folder, wanted):
    folder = os.path.join(folder, "models")
    os.makedirs(folder, exist_ok=True)
    found = []
    for name, (family, _) in models.MODELS.items():
        if not wanted(name):
            continue
        path = os.path.join(folder, name)
        if not newer(path + ".in", models.__file__, sys.modules["net"].__file__):
            models.write(name, folder)
        found.append(Case(name, family, "model", path + ".onnx", path + ".in"))
    return found


def single(folder, wanted):
    folder = os.path.join(folder, "operators")
    os.makedirs(folder, exist_ok=True)
    found = []
    for name in [n for n in operators.OPERATORS if wanted(n)] + list(operators.DISPATCH):
        path = os.path.join(folder, operators.file_name(name))
        if not newer(path + ".in", operators.__file__, sys.modules["net"].__file__):
            operators.write(name, folder)
        found.append(Case(name, "operator" if name in operators.OPERATORS else "dispatch", "operator", path + ".onnx", path + ".in"))
    return found


# ---- files ----


def made_up(info, name, past):
    """An array for an input: floats of -1 to 1, integers of 0 to 99; masks are 1, token types 0, positions come after the past."""
    tensor = info.type.tensor_type
    dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type)
    dims = [d.dim_value if d.HasField("dim_value") and d.dim_value > 0 else past if "past" in d.dim_param else 1 for d in tensor.shape.dim]
    rng = np.random.default_rng(sum(name.encode()))
    lower = name.lower()
    if dtype.kind == "f":
        return rng.uniform(-1, 1, dims).astype(dtype)
    if "mask" in lower or dtype.kind == "b":
        return np.ones(dims, dtype)
    if lower in ("tt", "token_type_ids"):
        return np.zeros(dims, dtype)
    if lower in ("pos", "position_ids"):
        return np.full(dims, past, dtype)
    return rng.integers(0, 100, dims).astype(dtype)


def strip_inputs(model):
    """Initializers are no inputs: peers optimise such models less."""
    weights = {w.name for w in model.graph.initializer}
    kept = [i for i in model.graph.input if i.name not in weights]
    stripped = len(kept) < len(model.graph.input)
    if stripped:
        del model.graph.input[:]
        model.graph.input.extend(kept)
        model.ir_version = max(model.ir_version, 4)
    return stripped


def from_file(path, folder, name=None, family="file", kind="model", past=128):
    name = name or os.path.splitext(os.path.basename(path))[0]
    inputs = os.path.join(folder, "files", name + ".in")
    os.makedirs(os.path.dirname(inputs), exist_ok=True)
    model = onnx.load(path, load_external_data=False)
    weights = {w.name for w in model.graph.initializer}
    tensors.write(inputs, {i.name: made_up(i, i.name, past) for i in model.graph.input if i.name not in weights})
    return Case(name, family, kind, path, inputs)


def networks(folder, wanted):
    maker = os.path.join(SHARED, "bench", "make_models.py")
    if not os.path.exists(maker):
        return []
    folder_of = os.path.join(folder, "networks")
    names = [n for n in NETWORKS if wanted(n)]
    missing = [n for n in names if not os.path.exists(os.path.join(folder_of, n + ".onnx"))]
    if missing:
        subprocess.run([sys.executable, maker, folder_of + ".part", *missing], check=True, stdout=subprocess.DEVNULL)
        os.makedirs(folder_of, exist_ok=True)
        for n in missing:
            os.replace(os.path.join(folder_of + ".part", n + ".onnx"), os.path.join(folder_of, n + ".onnx"))
    return [from_file(os.path.join(folder_of, n + ".onnx"), folder, n, NETWORKS[n], "network") for n in names]


# ---- the corpus ----


def corpus_case(source, folder):
    """A folder of the corpus; None where its inputs are no tensors."""
    name = os.path.basename(source)
    path = os.path.join(folder, "corpus", name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    original = os.path.join(source, "model.onnx")
    if not newer(path + ".in", original):
        model = onnx.load(original)
        strip_inputs(model)
        arrays = {}
        for k, info in enumerate(model.graph.input):
            file = os.path.join(source, "test_data_set_0", f"input_{k}.pb")
            if not info.type.HasField("tensor_type") or not os.path.exists(file):
                return None
            arrays[info.name] = numpy_helper.to_array(TensorProto.FromString(open(file, "rb").read()))
        onnx.save(model, path + ".onnx")
        if os.path.exists(os.path.join(source, "tolerance")):
            with open(path + ".tolerance", "w") as file:
                file.write(open(os.path.join(source, "tolerance")).read())
        tensors.write(path + ".in", arrays)
    kind = "network" if name in FROM_CORPUS else "corpus"
    return Case(name, FROM_CORPUS.get(name, "corpus"), kind, path + ".onnx", path + ".in")


def corpus(folder, wanted):
    found = []
    for source in sorted(glob.glob(os.path.join(SHARED, "corpus", "*", ""))):
        name = os.path.basename(source.rstrip("/"))
        if wanted(name):
            case = corpus_case(source.rstrip("/"), folder)
            if case:
                found.append(case)
            else:
                print(f"bench: {name} is left out: its inputs are no tensors", file=sys.stderr)
    return found
