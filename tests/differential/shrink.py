"""The smallest part of a graph that still goes wrong. Every value is known, so any part can stand alone: what it took from the rest becomes
an input."""


def smallest(nodes, outputs, fails):
    """Nodes and outputs; `fails(nodes, outputs)` says whether these still go wrong."""
    for node in nodes:
        names = [n for n in node.output if n]
        if fails([node], names):
            return one_output([node], names, fails)
    nodes, outputs = one_output(nodes, outputs, fails)
    chunk = max(len(nodes) // 2, 1)
    while True:
        removed = False
        for start in range(0, len(nodes), chunk):
            rest = nodes[:start] + nodes[start + chunk:]
            kept = [n for n in outputs if any(n in node.output for node in rest)]
            if rest and kept and fails(rest, kept):
                nodes, outputs, removed = rest, kept, True
                break
        if not removed:
            if chunk == 1:
                return nodes, outputs
            chunk //= 2


def one_output(nodes, outputs, fails):
    for name in outputs:
        if len(outputs) > 1 and fails(nodes, [name]):
            return nodes, [name]
    return nodes, outputs
