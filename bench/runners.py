"""The engines as processes: bench_run_NAME does the work and takes the time, this speaks its protocol and lets them take turns."""
import glob
import importlib.util
import os
import select
import subprocess
import time

import machine
import stats
import tensors

PATIENCE = 300  # seconds for an answer


class Refused(Exception):
    """An engine cannot run this model; the text says why."""


def package_file(package, pattern):
    spec = importlib.util.find_spec(package)
    found = sorted(glob.glob(os.path.join(os.path.dirname(spec.origin), pattern))) if spec else []
    return found[-1] if found else None


class Engine:
    def __init__(self, name, program, library=None, **options):
        self.name, self.program, self.library, self.options = name, program, library, options

    def command(self, case, threads, **more):
        given = {"threads": threads, **self.options, **more}
        words = [self.program, case.model, case.inputs] + [f"{k}={v}" for k, v in given.items()]
        return words + ([f"library={self.library}"] if self.library else [])


def engines(folder, wanted):
    """{name: Engine} of those that are there; onnxruntime comes a second time with threads that do not spin."""
    program = lambda name: os.path.join(folder, "bench_run_" + name)
    runtime = package_file("onnxruntime", "capi/libonnxruntime.so.*")
    vino = package_file("openvino", "libs/libopenvino_c.so.*")
    found = [Engine("sardonyx", program("sardonyx"))]
    if runtime:
        found.append(Engine("onnxruntime", program("onnxruntime"), runtime))
        found.append(Engine("onnxruntime no spin", program("onnxruntime"), runtime, spin=0))
    if vino:
        found.append(Engine("openvino", program("openvino"), vino))
    return {e.name: e for e in found if not wanted or e.name in wanted or e.name.split()[0] in wanted}


class Runner:
    """A process with a model loaded and run once."""

    def __init__(self, engine, case, threads, **more):
        self.engine = engine
        self.process = subprocess.Popen(engine.command(case, threads, **more), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, env={**os.environ, "SDX_THREADS": ""} if "SDX_THREADS" in os.environ else None)
        self.buffer = b""
        try:
            opened, loaded, first = self.answer("ready")
        except Refused:
            self.close()
            raise
        self.start = {"open_ms": opened / 1e6, "load_ms": loaded / 1e6, "first_ms": first / 1e6}

    def answer(self, word):
        end = time.monotonic() + PATIENCE
        while b"\n" not in self.buffer:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))
            if not ready:
                self.process.kill()
                raise Refused(f"no answer within {PATIENCE} s")
            piece = os.read(self.process.stdout.fileno(), 65536)
            if not piece:
                status = self.process.wait()
                raise Refused(f"ended with status {status}" if status >= 0 else f"ended by signal {-status}")
            self.buffer += piece
        line, _, self.buffer = self.buffer.partition(b"\n")
        kind, _, rest = line.decode(errors="replace").partition(" ")
        if kind == "error":
            raise Refused(rest)
        if kind != word:
            return self.answer(word)  # what a library prints by itself
        return [float(f) for f in rest.split()]

    def ask(self, word, argument=""):
        try:
            self.process.stdin.write(f"{word} {argument}".strip().encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # the answer says why
        return self.answer(word)

    def turn(self, seconds):
        median, fastest, samples, wall, cpu, preempted = self.ask("turn", seconds)
        return {"ms": median / 1e6, "fastest_ms": fastest / 1e6, "samples": int(samples), "cpu": cpu / wall, "preempted": int(preempted)}

    def outputs(self, path):
        self.ask("outputs", path)
        return tensors.read(path)

    def memory(self):
        peak, anonymous, ports = self.ask("memory")
        return {"peak": int(peak), "anonymous": int(anonymous), "ports": int(ports)}

    def idle(self, seconds):
        return self.ask("idle", seconds)[0] / 1e9 / seconds

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


def start_all(case, threads, contenders, found):
    runners = []
    for engine in contenders:
        entry = found[engine.name] = {}
        try:
            runner = Runner(engine, case, threads)
            entry.update(runner.start)
            runners.append(runner)
        except Refused as why:
            entry["refused"] = str(why)
    return runners


def take_turns(runners, repeats, seconds, found):
    turns = {r: [] for r in runners}
    for repeat in range(repeats):
        order = runners[repeat % len(runners):] + runners[:repeat % len(runners)]
        for runner in order:
            if "refused" in found[runner.engine.name]:
                continue
            time.sleep(machine.REST)
            try:
                turns[runner].append(runner.turn(seconds))
            except Refused as why:
                found[runner.engine.name]["refused"] = str(why)
    for runner, taken in turns.items():
        if taken and "refused" not in found[runner.engine.name]:
            medians = [t["ms"] for t in taken]
            found[runner.engine.name].update(ms=stats.best(medians), spread=round(stats.spread(medians), 3), turns=medians,
                                             cpu=round(max(t["cpu"] for t in taken), 2))


def noise(case, runners, reference, scratch, name):
    """What a quantised model makes of roundings that may fall either way: half as much again as the reference is off from itself without
    rewrites. 0 for other models."""
    if case.tolerance < 3e-2:
        return 0.0
    if case.noise is None:
        case.noise = 0.0
        try:
            runner = Runner(next(r.engine for r in runners if r.engine.name == name), case, 1, optimize=0)
            case.noise = 1.5 * stats.distance(reference, runner.outputs(os.path.join(scratch, "outputs")))
            runner.close()
        except Refused:
            pass
    return case.noise


def verdicts(case, runners, found, scratch, reference="onnxruntime"):
    """What the outputs of each engine say beside the reference's: 'ok' or what differs."""
    made = {}
    for runner in runners:
        name = runner.engine.name
        if "refused" in found[name]:
            continue
        try:
            made[name] = runner.outputs(os.path.join(scratch, "outputs"))
            found[name].update(runner.memory())
        except Refused as why:
            found[name]["refused"] = str(why)
    if reference not in made:
        return
    bound = max(case.tolerance, noise(case, runners, made[reference], scratch, reference))
    for name, outputs in made.items():
        if name != reference:
            found[name]["outputs"] = stats.compare_outputs(made[reference], outputs, bound) or "ok"


def measure(case, threads, contenders, repeats, seconds, scratch):
    """{engine: figures} of one model and one number of threads, and how much of a CPU others used meanwhile."""
    found = {}
    contenders = [e for e in contenders if threads > 1 or "spin" not in e.options]
    runners = start_all(case, threads, contenders, found)
    watch = machine.Watch([r.process.pid for r in runners])
    if runners and repeats:
        take_turns(runners, repeats, seconds, found)
    foreign = watch.end()
    verdicts(case, runners, found, scratch)
    for runner in runners:
        runner.close()
    return found, round(foreign, 3)
