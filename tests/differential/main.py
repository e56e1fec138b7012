#!/usr/bin/env python3
"""Compares Sardonyx with onnxruntime over random graphs and over the corpus; README.md beside this file tells how.

usage: main.py [--seed N] [--count M] [--only I] [--part random|corpus] [--operators A,B] [--opset N] [--stats] [--command FILE]
"""
import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections import Counter


def parse():
    parser = argparse.ArgumentParser(description="Sardonyx against onnxruntime")
    parser.add_argument("--seed", type=int, default=1, help="of the first graph (default: 1)")
    parser.add_argument("--count", type=int, default=300, help="graphs (default: 300)")
    parser.add_argument("--only", type=int, help="one graph of this seed alone")
    parser.add_argument("--part", choices=["random", "corpus"], help="one of the two parts (default: both)")
    parser.add_argument("--operators", help="only these, separated by commas")
    parser.add_argument("--opset", type=int, help="of all graphs (default: any from 7 on)")
    parser.add_argument("--filter", default="", help="corpus: only models whose name holds this text")
    parser.add_argument("--corpus", default="../shared/corpus")
    parser.add_argument("--stats", action="store_true", help="print how often each operator was made and refused")
    parser.add_argument("--command", default="build/release/bin/sardonyx")
    parser.add_argument("--findings", default="build/differential", help="where cases that fail are kept")
    parser.add_argument("--worker", nargs=2, type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def known_operators(settings):
    """What this build has."""
    text = subprocess.run([settings.command, "ops", "--json"], capture_output=True, text=True, check=True).stdout
    names = {row["name"] for row in json.loads(text)} | {"Function"}
    return names & set(settings.operators.split(",")) if isinstance(settings.operators, str) else names


def work(settings):
    """The worker: one record a line. A peer that crashes ends this process alone."""
    import random_graphs

    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
    settings.operators = known_operators(settings)
    first, end = settings.worker
    with tempfile.TemporaryDirectory() as folder:
        for index in range(first, end):
            print(json.dumps({"started": index}), flush=True)
            signal.alarm(60)  # a peer that hangs ends this process too
            record = random_graphs.try_seed(f"{settings.seed}/{index}", settings, os.path.join(folder, "case"))
            print(json.dumps({"index": index, **record}), flush=True)


def records_of(settings, first, end):
    """Records of graphs; where a worker dies, that graph has none, and another worker goes on behind it."""
    while first < end:
        before = first
        line = [sys.executable, __file__, *[a for a in sys.argv[1:]], "--worker", str(first), str(end)]
        with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as worker:
            for text in worker.stdout:
                record = json.loads(text)
                if "started" in record:
                    first = record["started"] + 1
                else:
                    yield record
        if worker.returncode == 0:
            return
        if first == before:
            sys.exit(f"the worker ended with status {worker.returncode} before it began")
        yield {"index": first - 1, "seed": f"{settings.seed}/{first - 1}", "skipped": f"a peer crashed ({worker.returncode})"}


def show(settings, record):
    wrong, index = record["wrong"], record["index"]
    print(f"graph {record['seed']} (opset {wrong['opset']}): {wrong['words']}")
    for node in wrong["nodes"]:
        print(f"    {node}")
    print(f"    kept: {wrong['case']}")
    print(f"    again: {sys.executable} {__file__} --part random --seed {settings.seed} --only {index}", flush=True)


def random_part(settings):
    counts, made, refused, why = Counter(), Counter(), Counter(), {}
    first, end = (settings.only, settings.only + 1) if settings.only is not None else (0, settings.count)
    for record in records_of(settings, first, end):
        if "skipped" in record:
            counts["skipped"] += 1
            print(f"graph {record['seed']}: skipped: {record['skipped']}", flush=True)
            continue
        made.update(record["operators"])
        refused.update(record["rejected"])
        why.update(record["why"])
        counts["failed" if record["wrong"] else "passed"] += 1
        if record["wrong"]:
            show(settings, record)
    print(f"random graphs: {sum(made.values())} nodes of {len(made)} operators; seed {settings.seed}")
    if settings.stats:
        for op in sorted(set(made) | set(refused), key=lambda op: made[op]):
            print(f"  {op:28} made {made[op]:5}  refused {refused[op]:5}  {why.get(op, '')[:110]}".replace("\n", " "))
    return counts


def main():
    settings = parse()
    if settings.worker:
        work(settings)
        return 0
    counts = Counter()
    if settings.part != "corpus":
        counts += random_part(settings)
    if settings.part != "random":
        import corpus

        counts += corpus.run_all(settings)
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
