#!/usr/bin/env python3
"""./dev bench: Sardonyx beside onnxruntime and openvino. bench/README.md says how it is measured."""
import argparse
import fnmatch
import importlib.metadata
import json
import os
import subprocess
import sys
import time

import cases
import chart
import machine
import report
import runners
import stats

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build", "bench")
BIN = os.path.join(ROOT, "build", "release", "bin")
SECTIONS = ("models", "operators", "start", "memory", "idle", "library", "dispatch", "rebind")
TINY, LARGE = ("perceptron", "digits"), ("residual50", "decode", "bert_base", "vgg19")


def parse():
    p = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    p.add_argument("files", nargs="*", metavar="MODEL.onnx")
    p.add_argument("--what", default="", help=f"sections, separated by commas: {', '.join(SECTIONS)} (default: all; models for files)")
    p.add_argument("--models", default="", help="names of models or operators, with * and ?, separated by commas")
    p.add_argument("--sets", default="", help="own, networks, corpus (default: own,networks)")
    p.add_argument("--corpus", action="store_true", help="also the models of ../shared/corpus")
    p.add_argument("--engines", default="", help="sardonyx, onnxruntime, openvino (default: all)")
    p.add_argument("--threads", default="1,2", help="numbers of threads (default: 1,2)")
    p.add_argument("--quick", action="store_true", help="two repeats, short turns, without the networks")
    p.add_argument("--repeats", type=int, default=0, help="turns of each engine (default: 5)")
    p.add_argument("--json", metavar="FILE", help="write the results there too (default: build/bench/last.json alone)")
    p.add_argument("--compare", metavar="OLD.json", help="print what became faster or slower since")
    p.add_argument("--write", action="store_true", help="write bench/RESULTS.md, results.json and results.svg")
    return p.parse_args()


class Plan:
    """What a command line asks for."""

    def __init__(self, options):
        self.options = options
        self.threads = [int(t) for t in options.threads.split(",")]
        self.patterns = [p for p in options.models.split(",") if p]
        self.repeats = options.repeats or (2 if options.quick else 5)
        self.seconds = 0.06 if options.quick else 0.1
        self.engines = runners.engines(BIN, [e for e in options.engines.split(",") if e])
        # For a comparison, files, or models by name, models alone are meant.
        default = "models" if options.files or self.patterns else ",".join(SECTIONS)
        self.what = [w for w in (options.what or default).split(",") if w]
        for w in self.what:
            if w not in SECTIONS:
                sys.exit(f"bench: --what: found '{w}', expected {', '.join(SECTIONS)}")
        sets = options.sets or ("own" if options.quick and not self.patterns else "own,networks")
        self.sets = sets.split(",") + (["corpus"] if options.corpus else [])

    def wants(self, name):
        return not self.patterns or any(fnmatch.fnmatchcase(name, p) for p in self.patterns)

    def contenders(self, case):
        """All engines; the corpus is measured beside onnxruntime alone unless openvino is named."""
        return [e for e in self.engines.values() if case.kind != "corpus" or e.name != "openvino" or self.options.engines]

    def models(self):
        if self.options.files:
            return [cases.from_file(f, BUILD, kind="file") for f in self.options.files]
        found = cases.own(BUILD, self.wants) if "own" in self.sets else []
        if "networks" in self.sets:
            found += cases.networks(BUILD, self.wants)
        if "corpus" in self.sets or self.patterns:
            found += cases.corpus(BUILD, self.wants)
        elif "networks" in self.sets:
            found += cases.corpus(BUILD, lambda name: name in cases.FROM_CORPUS and self.wants(name))
        return found

    def operators(self):
        return [c for c in cases.single(BUILD, self.wants) if c.family == "operator"]


def say(text):
    print(text, file=sys.stderr, flush=True)


# ---- the sections ----


def measure_rows(plan, found, threads_wanted, repeats, seconds, engines=None):
    rows = []
    for number, case in enumerate(found, 1):
        row = {"name": case.name, "family": case.family, "kind": case.kind, "file": os.path.getsize(case.model), "tolerance": case.tolerance,
               "measured": repeats > 0, "wanted": {str(t): case.wanted_at(t) for t in threads_wanted if case.kind != "file"}, "threads": {}, "foreign": {}}
        for threads in threads_wanted:
            entry, foreign = runners.measure(case, threads, engines or plan.contenders(case), repeats, seconds, BUILD)
            row["threads"][str(threads)], row["foreign"][str(threads)] = entry, foreign
        rows.append(row)
        ratios = " ".join(f"{stats.times(stats.ratio(row, t, 'onnxruntime')) or '-'}" for t in threads_wanted)
        note = report.verdict(row) if repeats else ""
        say(f"[{number}/{len(found)}] {case.name}: {ratios}{'; ' + note if note else ''}")
    return rows


def start_section(plan, models):
    """Whole processes and creations of sessions, each engine in turn, the least of five medians."""
    engines = [e for e in plan.engines.values() if "spin" not in e.options]
    by_name = {c.name: c for c in models}
    result = {"process": {}, "session": {}}
    rounds = 2 if plan.options.quick else 5
    for name in [n for n in TINY + LARGE if n in by_name]:
        case = by_name[name]
        result["process"][name] = processes(case, engines, rounds, 20 if name in TINY else 1)
        result["session"][name] = sessions(case, engines, rounds)
        say(f"start: {name}")
    return result


def processes(case, engines, rounds, times):
    found = {}
    for _ in range(rounds):
        for engine in engines:
            time.sleep(machine.REST)
            command = [os.path.join(BIN, "bench_spawn"), str(times)] + engine.command(case, 1, once=1)
            ended = subprocess.run(command, capture_output=True, text=True)
            if ended.returncode == 0:
                found.setdefault(engine.name, []).append(float(ended.stdout.split()[1]) / 1e6)
    return {name: {"ms": stats.best(medians)} for name, medians in found.items()}


def sessions(case, engines, rounds):
    found = {}
    for _ in range(rounds):
        for engine in engines:
            time.sleep(machine.REST)
            try:
                runner = runners.Runner(engine, case, 1)
            except runners.Refused:
                continue
            runner.close()
            before = found.get(engine.name)
            total = runner.start["load_ms"] + runner.start["first_ms"]
            if before is None or total < before["load_ms"] + before["first_ms"]:
                found[engine.name] = runner.start
    return found


def idle_section(plan, models):
    result = {}
    for case in [c for c in models if c.name in ("perceptron", "mobile", "encoder_fp32")]:
        shares = {}
        for engine in plan.engines.values():
            try:
                runner = runners.Runner(engine, case, 2)
                shares[engine.name] = round(runner.idle(1.0), 5)
                runner.close()
            except runners.Refused as why:
                say(f"idle: {case.name}: {engine.name}: {why}")
        result[case.name] = shares
    return result


def library_section(plan):
    """Bytes of what a program has to bring along, without symbols."""
    files = {"sardonyx": [os.path.join(ROOT, "build", "release", "lib", "libsardonyx.so")]}
    if "onnxruntime" in plan.engines:
        files["onnxruntime"] = [plan.engines["onnxruntime"].library]
    if "openvino" in plan.engines:
        folder = os.path.dirname(plan.engines["openvino"].library)
        wanted = ("libopenvino.so", "libopenvino_c.so", "libopenvino_onnx_frontend", "libopenvino_intel_cpu_plugin", "libtbb.so")
        files["openvino"] = [os.path.join(folder, f) for f in os.listdir(folder) if f.startswith(wanted)]
    return {name: sum(stripped(path) for path in paths) for name, paths in files.items() if all(map(os.path.exists, paths))}


def stripped(path):
    copy = os.path.join(BUILD, "stripped")
    done = subprocess.run(["strip", "-o", copy, os.path.realpath(path)], capture_output=True)
    return os.path.getsize(copy if done.returncode == 0 else os.path.realpath(path))


def dispatch_section(plan):
    """ns of a run that has nothing to do and of a node, (t(2000) - t(1000)) / 1000, graphs not rewritten."""
    found = {c.name: c for c in cases.single(BUILD, lambda name: False)}
    result = {}
    for engine in [e for e in plan.engines.values() if "spin" not in e.options]:
        least = {}
        for name in found:
            try:
                runner = runners.Runner(engine, found[name], 1, optimize=0)
                time.sleep(machine.REST)
                least[name] = min(runner.turn(plan.seconds)["ms"] for _ in range(plan.repeats)) * 1e6
                runner.close()
            except runners.Refused as why:
                say(f"dispatch: {engine.name}: {name}: {why}")
        if len(least) == len(found):
            result[engine.name] = {"run_ns": round(least["no work"], 1), "node_ns": round((least["2000 nodes"] - least["1000 nodes"]) / 1000, 2)}
    return result


def rebind_section(plan, models):
    case = next((c for c in models if c.name in ("decode", "gpt2_decode")), None)
    if case is None:
        return None
    last, repeats = (40, 3) if plan.options.quick else (100, 5)
    said = subprocess.run([os.path.join(BIN, "bench_rebind"), case.model, str(last), str(repeats)], capture_output=True, text=True)
    if said.returncode != 0:
        say(f"rebind: {said.stderr.strip()}")
        return None
    growing, bound, share = (float(line.split()[-2 if "ms" in line else -1]) for line in said.stdout.splitlines()[1:4])
    return {"model": case.name, "last": last, "growing_ms": growing, "bound_ms": bound, "ratio": share}


# ---- all of it ----


def versions():
    found = {"sardonyx": subprocess.run([os.path.join(BIN, "sardonyx"), "--version"], capture_output=True, text=True).stdout.split()[-1]}
    for package in ("onnxruntime", "openvino"):
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            pass
    return found


def command_line(arguments):
    """What was asked for, without the files that this machine alone has."""
    skipped = [k + 1 for k, a in enumerate(arguments) if a in ("--json", "--compare")]
    kept = [os.path.basename(a) if a.endswith(".onnx") else a for k, a in enumerate(arguments)
            if k not in skipped and k + 1 not in skipped and not a.startswith(("--json=", "--compare="))]
    return " ".join(["./dev bench"] + kept)


def commit():
    said = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True)
    return said.stdout.strip() or "unknown"


def run(plan):
    result = {"version": 1, "date": time.strftime("%Y-%m-%d"), "command": command_line(sys.argv[1:]), "commit": commit(),
              "machine": machine.facts(), "versions": versions(), "threads": plan.threads, "quick": plan.options.quick, "models": [], "operators": []}
    calibrate = os.path.join(BIN, "bench_calibrate")
    models = plan.models() if set(plan.what) - {"operators", "library", "dispatch"} else []
    single = plan.operators() if "operators" in plan.what else []
    if not models and not single and plan.patterns:
        sys.exit(f"bench: --models: nothing is called {plan.options.models}; there are {', '.join(list(cases.models.MODELS) + list(cases.operators.OPERATORS))}")
    begin = time.monotonic()
    checks = {"before": machine.check(calibrate, max(plan.threads))}
    for complaint in machine.complaints(checks):
        say(f"THE MACHINE IS NOT QUIET: {complaint}")
    if "models" in plan.what:
        result["models"] = measure_rows(plan, models, plan.threads, plan.repeats, plan.seconds)
    elif "memory" in plan.what:
        result["models"] = measure_rows(plan, models, [1], 0, 0)
    if single:
        # openvino compiles a single node in many ways of its own; it is measured on models
        peers = [e for n, e in plan.engines.items() if n in ("sardonyx", "onnxruntime") or plan.options.engines]
        result["operators"] = measure_rows(plan, single, plan.threads if plan.patterns else plan.threads[:1], plan.repeats, plan.seconds / 2, peers)
    sections = {"start": lambda: start_section(plan, models), "idle": lambda: idle_section(plan, models), "library": lambda: library_section(plan),
                "dispatch": lambda: dispatch_section(plan), "rebind": lambda: rebind_section(plan, models)}
    for name, section in sections.items():
        if name in plan.what:
            result[name] = section()
            say(f"{name}: done")
    checks["after"] = machine.check(calibrate, max(plan.threads))
    result["check"] = {"machine": checks, "complaints": machine.complaints(checks)}
    result["seconds"] = round(time.monotonic() - begin, 1)
    return result


def picture(result):
    """The chart by family, of the networks where there are, else of our own models."""
    rows = [r for r in result["models"] if r["kind"] in ("model", "network")]
    by_threads = [{f: r for f, r, _ in stats.by_family(rows, t)} for t in (1, 2)]
    groups = [(f, by_threads[0].get(f), by_threads[1].get(f)) for f in dict.fromkeys(list(by_threads[0]) + list(by_threads[1]))]
    if not groups:
        return None
    groups.sort(key=lambda g: -stats.geometric_mean(r for r in g[1:] if r))
    v, m = result["versions"], result["machine"]
    note = f"{m['cpu']}, {result['date']}; sardonyx {v.get('sardonyx')}, onnxruntime {v.get('onnxruntime')}; geometric mean over the models of a family"
    return chart.chart("Times faster than onnxruntime", note, groups)


def keep(result, path):
    with open(path, "w") as file:
        json.dump(result, file, indent=1)
        file.write("\n")


def main():
    options = parse()
    old = json.load(open(options.compare)) if options.compare else None
    os.makedirs(BUILD, exist_ok=True)
    result = run(Plan(options))
    keep(result, os.path.join(BUILD, "last.json"))
    if options.json:
        keep(result, options.json)
    svg = picture(result)
    if options.write:
        keep(result, os.path.join(ROOT, "bench", "results.json"))
        if svg:
            open(os.path.join(ROOT, "bench", "results.svg"), "w").write(svg)
        open(os.path.join(ROOT, "bench", "RESULTS.md"), "w").write(report.document(result, "results.svg" if svg else None))
    print(report.terminal(result))
    if old:
        found = stats.changes(old["models"] + old["operators"], result["models"] + result["operators"])
        rows = [(n, t, stats.number(a), stats.number(b), f"{c:.2f}") for n, t, a, b, c in found]
        print("\n".join(["", f"since {old['commit']} of {old['date']}, the peer's change taken out"] +
                        stats.table(["model", "threads", "ms then", "ms now", "time"], rows, (2, 3, 4))))
    return 1 if report.wrong(result["models"] + result["operators"]) else 0


if __name__ == "__main__":
    sys.exit(main())
