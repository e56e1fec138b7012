"""Random graphs: made from a seed, run by both, compared, shrunk where they differ."""
import os
import random
from collections import Counter

import engine
import oracle
import recipes
import recipes_control  # these register what they make
import recipes_nn
import recipes_shape
import shrink
import tolerance
from graph import Reject, new_graph


def make(seed, settings):
    """The graph of a seed: 5 to 50 nodes."""
    graph = new_graph(seed, settings.opset)
    graph.allowed = settings.operators
    recipes.grow(graph, graph.rng.choice([graph.rng.randint(5, 15), graph.rng.randint(5, 50)]))
    if not graph.nodes:
        raise Reject("no node was taken")
    return graph


def outputs_of(graph):
    """All values that nothing takes, and some of the others."""
    taken = {n for node in graph.nodes for n in list(node.input)} | {n for node in graph.nodes for n in oracle.captures(node)}
    made = [n for node in graph.nodes for n in node.output if n]
    return [n for n in made if n not in taken or graph.rng.random() < 0.1]


class Trial:
    """One graph and how to try parts of it."""

    def __init__(self, graph, seed, settings, folder):
        self.graph, self.seed, self.settings, self.folder = graph, seed, settings, folder
        self.words = None

    def wrong(self, nodes, outputs, options=()):
        """What goes wrong with some nodes, in words; None where nothing does."""
        model, inputs = engine.build_model(self.graph, nodes, outputs, random.Random(self.seed))
        engine.write_case(self.folder, model, inputs, outputs, self.graph.values)
        try:
            results = engine.run(self.settings.command, self.folder, inputs, outputs, self.graph.values, options)
        except engine.Failed as why:
            return str(why)
        self.results = results
        for name in outputs:
            found = tolerance.disagreement(self.graph, name, results[name])
            if found:
                return f"output '{name}': {found}"
        return None

    def fails(self, nodes, outputs):
        words = self.wrong(nodes, outputs, self.options)
        self.words = words or self.words
        return words is not None

    def threads_differ(self, nodes, outputs):
        """Whether another number of threads changes a bit."""
        first = self.results
        self.wrong(nodes, outputs, ["--threads", "3"])
        return any(describe_bits(first[n]) != describe_bits(self.results[n]) for n in outputs)


def describe_bits(value):
    return [describe_bits(v) for v in value] if isinstance(value, list) else (value.tolist() if value.dtype == object else value.tobytes())


def try_seed(seed, settings, folder):
    """Makes, runs and compares one graph. Returns a record: what was used, what was refused, what went wrong."""
    record = {"seed": seed, "operators": {}, "rejected": {}, "wrong": None}
    try:
        graph = make(seed, settings)
    except Reject as why:
        record["skipped"] = str(why)
        return record
    record["operators"] = Counter(n.op_type if n.domain != "local" else "Function" for n in graph.nodes)
    record["rejected"], record["why"] = Counter(), {}
    for op, words in graph.rejected.items():
        name = "Function" if op.startswith("Function") else op
        record["rejected"][name] += len(words)
        record["why"][name] = words[0][:260]
    record["opset"], record["nodes"] = graph.opset, len(graph.nodes)
    outputs = outputs_of(graph)
    trial = Trial(graph, seed, settings, folder)
    trial.options = ["--threads", str(graph.rng.choice([1, 2, 3]))]
    if graph.rng.random() < 0.2:
        trial.options.append("--no-optimize")
    trial.words = trial.wrong(graph.nodes, outputs, trial.options)
    if trial.words is None and graph.rng.random() < 0.2 and trial.threads_differ(graph.nodes, outputs):
        trial.words = "bits depend on the number of threads"
        record["wrong"] = finish(trial, graph.nodes, outputs)
    elif trial.words is not None:
        nodes, kept = shrink.smallest(graph.nodes, outputs, trial.fails)
        trial.wrong(nodes, kept, trial.options)
        record["wrong"] = finish(trial, nodes, kept)
    return record


def finish(trial, nodes, outputs):
    """Keeps the case and says how to see it again."""
    kept = os.path.join(trial.settings.findings, str(trial.seed).replace("/", "-"))
    model, inputs = engine.build_model(trial.graph, nodes, outputs, random.Random(trial.seed))
    engine.write_case(kept, model, inputs, outputs, trial.graph.values)
    return {"words": trial.words, "nodes": [describe_node(n, trial.graph) for n in nodes[:6]], "opset": trial.graph.opset, "case": kept, "options": trial.options}


def describe_node(node, graph):
    ports = ", ".join(f"{tolerance.describe(graph.values[n])}" if n else "-" for n in node.input)
    attributes = oracle.settled.attributes_of(node)
    shown = [f"{k}={v}" for k, v in attributes.items() if len(str(v)) < 60]
    bodies = [" ".join(n.op_type for n in body.node) for body in bodies_of(node, graph)]
    return f"{node.op_type}({ports}) {' '.join(shown)} {' / '.join(bodies)}".strip()


def bodies_of(node, graph):
    yield from oracle.subgraphs(node)
    yield from (f for f in graph.functions if f.name == node.op_type)
