"""Sardonyx, by its command."""
import os
import shutil
import subprocess

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import oracle
from graph import tensor_proto, value_info


class Failed(Exception):
    """The command ended with an error, or not at all."""


class Missing(Failed):
    """This build lacks an operator."""


MISSING_OPERATOR = 5  # exit status


def input_dims(rng, array):
    """How an input declares its shape: numbers, symbols, unknown dims, or nothing. One size is one symbol."""
    style = rng.random()
    if style < 0.45:
        return list(array.shape)
    if style < 0.75:
        return [f"d{dim}" if rng.random() < 0.7 else dim for dim in array.shape]
    return [None] * array.ndim if style < 0.9 else None


def leaves_used(nodes, outputs, made):
    """Names that nodes and outputs take and no node makes."""
    used = set(outputs)
    for node in nodes:
        used |= {n for n in node.input if n} | oracle.captures(node)
    return sorted(used - made)


def build_model(graph, nodes, outputs, rng):
    """The model of some nodes of a graph, in order. What they take from elsewhere becomes an input, with the value it has."""
    made = {n for node in nodes for n in node.output}
    inputs, weights, constants = [], [], []
    for name in leaves_used(nodes, outputs, made):
        value = graph.values[name]
        kind = graph.leaves.get(name, "input")
        if kind == "initializer":
            weights.append(tensor_proto(value, name))
        elif kind == "constant":
            constants.append(helper.make_node("Constant", [], [name], value=tensor_proto(value, name)))
        else:
            inputs.append(value_info(name, value, None if isinstance(value, list) else input_dims(rng, value)))
    infos = [value_info(n, graph.values[n], None) for n in outputs]
    functions = [f for f in graph.functions if calls(nodes, f.name, graph.functions)]
    version = oracle.ir_version(graph.opset, functions)
    declared = list(inputs)
    if version < 4:
        declared += [value_info(w.name, graph.values[w.name], list(w.dims)) for w in weights]
    imports = [helper.make_opsetid("", graph.opset), helper.make_opsetid("com.microsoft", 1)] + ([helper.make_opsetid("local", 1)] if functions else [])
    made_graph = helper.make_graph(constants + list(nodes), "random", declared, infos, weights)
    model = helper.make_model(made_graph, opset_imports=imports, functions=functions, ir_version=version)
    return model, [i.name for i in inputs]


def calls(nodes, name, functions):
    """Whether nodes, their bodies or functions that they call, call a function."""
    pending, seen = list(nodes), set()
    while pending:
        node = pending.pop()
        if node.op_type == name:
            return True
        for graph in oracle.subgraphs(node):
            pending.extend(graph.node)
        if node.domain == "local" and node.op_type not in seen:
            seen.add(node.op_type)
            pending.extend(next(f for f in functions if f.name == node.op_type).node)
    return False


def write_value(path, name, value):
    if isinstance(value, list):
        proto = onnx.SequenceProto(name=name, elem_type=onnx.SequenceProto.TENSOR)
        proto.tensor_values.extend(tensor_proto(v, "") for v in value)
    else:
        proto = tensor_proto(value, name)
    with open(path, "wb") as file:
        file.write(proto.SerializeToString())


def read_value(path, like):
    data = open(path, "rb").read()
    if isinstance(like, list):
        return [to_array(t) for t in onnx.SequenceProto.FromString(data).tensor_values]
    return to_array(TensorProto.FromString(data))


def to_array(proto):
    if proto.data_type == TensorProto.STRING:
        return np.array([s.decode() for s in proto.string_data], dtype=object).reshape(tuple(proto.dims))
    return numpy_helper.to_array(proto)


def write_case(folder, model, inputs, outputs, values):
    """The model with its inputs and the outputs that are expected, as `sardonyx check` reads them."""
    data = os.path.join(folder, "test_data_set_0")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(data)
    onnx.save(model, os.path.join(folder, "model.onnx"))
    for kind, names in (("input", inputs), ("output", outputs)):
        for k, name in enumerate(names):
            write_value(os.path.join(data, f"{kind}_{k}.pb"), name, values[name])


def run(command, folder, inputs, outputs, values, options=(), timeout=60):
    """Runs the case of a folder; returns outputs by name."""
    data, results = os.path.join(folder, "test_data_set_0"), os.path.join(folder, "results")
    shutil.rmtree(results, ignore_errors=True)
    os.makedirs(results)
    line = [command, "run", os.path.join(folder, "model.onnx"), "--output-dir", results, "--format", "pb", *options]
    for k, name in enumerate(inputs):
        line += ["--input", f"{name}={os.path.join(data, f'input_{k}.pb')}"]
    try:
        done = subprocess.run(line, capture_output=True, text=True, timeout=timeout)
    except subprocess.TimeoutExpired:
        raise Failed(f"no answer in {timeout} s") from None
    if done.returncode == MISSING_OPERATOR:
        raise Missing(done.stderr.strip()[-300:])
    if done.returncode != 0:
        raise Failed(f"exit status {done.returncode}: {done.stderr.strip()[-600:]}")
    return {n: read_value(os.path.join(results, f"output_{k}.pb"), values[n]) for k, n in enumerate(outputs)}
