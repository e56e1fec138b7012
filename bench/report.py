"""The results as tables: for the terminal, and as RESULTS.md."""
import stats
from stats import number, times

PEERS = ("onnxruntime", "onnxruntime no spin", "openvino")


def wanted(row, threads):
    return row["wanted"].get(str(threads), 1.0)


def verdict(row):
    """What is wrong with a row, in words; empty when nothing is."""
    words = []
    for threads, engines in row["threads"].items():
        ours = engines.get("sardonyx", {})
        if "refused" in ours:
            words.append(f"sardonyx: {ours['refused']}")
        elif ours.get("outputs", "ok") != "ok":
            words.append(f"wrong at {threads} threads: {ours['outputs']}")
        vino = engines.get("openvino", {})
        if vino.get("outputs", "ok") != "ok":
            words.append(f"openvino: {vino['outputs']}")
        r = stats.ratio(row, threads, "onnxruntime")
        if r and r < 0.97 * wanted(row, threads) and threads in row["wanted"]:
            words.append(f"{threads}: {times(wanted(row, threads))} is wanted")
        if row.get("foreign", {}).get(threads, 0) > 0.1:
            words.append(f"{threads}: others used {100 * row['foreign'][threads]:.0f} % of a CPU")
    return "; ".join(dict.fromkeys(words))


def model_table(rows, threads, family=True):
    """(head, rows, columns of numbers) of one number of threads."""
    head = ["model"] + (["family"] if family else []) + ["sardonyx ms", "onnxruntime ms", "ratio"]
    spin = threads > 1
    head += (["no spin"] if spin else []) + ["openvino", ""]
    lines = []
    for row in rows:
        engines = row["threads"].get(str(threads))
        if engines is None:
            continue
        ours, theirs = engines.get("sardonyx", {}), engines.get("onnxruntime", {})
        line = [row["name"]] + ([row["family"]] if family else [])
        line += [number(ours.get("ms")), number(theirs.get("ms")) or ("refused" if "refused" in theirs else "")]
        line += [times(stats.ratio(row, threads, p)) for p in PEERS if spin or p != "onnxruntime no spin"]
        one = {**row, "threads": {str(threads): engines}}
        lines.append(line + [verdict(one)])
    first = 2 if family else 1
    return head, lines, range(first, len(head) - 1)


def summary(rows, threads):
    ratios = [r for r in (stats.ratio(row, threads, "onnxruntime") for row in rows) if r]
    if not ratios:
        return None
    slower = [row["name"] for row in rows if (stats.ratio(row, threads, "onnxruntime") or 1) < 0.97]
    short = [row["name"] for row in rows if (stats.ratio(row, threads, "onnxruntime") or 99) < 0.97 * wanted(row, threads)]
    text = f"{threads} thread{'s' if threads > 1 else ''}: geometric mean {stats.geometric_mean(ratios):.2f} over {len(ratios)}"
    text += f"; slower than onnxruntime: {', '.join(slower)}" if slower else "; none is slower than onnxruntime"
    return text + (f"; short of what is wanted: {len(short)}" if short else "")


def wrong(rows):
    """[(name, threads, what)] of outputs of ours that differ and of models that we refuse and onnxruntime runs."""
    found = []
    for row in rows:
        for threads, engines in row["threads"].items():
            ours, theirs = engines.get("sardonyx", {}), engines.get("onnxruntime", {})
            if ours.get("outputs", "ok") != "ok":
                found.append((row["name"], threads, ours["outputs"]))
            elif "refused" in ours and "refused" not in theirs:
                found.append((row["name"], threads, ours["refused"]))
    return found


def megabytes(x):
    return number(x / 1e6)


def memory_table(rows):
    """Peak of the whole process less the caller's inputs and outputs, one thread."""
    lines = []
    for row in rows:
        engines = row["threads"].get("1", {})
        if "peak" not in engines.get("sardonyx", {}):
            continue
        cells = [megabytes(e["peak"] - e["ports"]) if "peak" in e else "" for e in (engines.get(n, {}) for n in ("sardonyx", "onnxruntime", "openvino"))]
        lines.append([row["name"], megabytes(row["file"])] + cells)
    return ["model", "file MB", "sardonyx MB", "onnxruntime MB", "openvino MB"], lines, range(1, 5)


def start_tables(result):
    """[(title, head, rows, columns of numbers)]"""
    start = result.get("start")
    if not start:
        return []
    names = [n for n in ("sardonyx", "onnxruntime", "openvino") if any(n in e for e in start["process"].values())]
    whole = [[case] + [number(e.get(n, {}).get("ms")) for n in names] for case, e in start["process"].items()]
    made = [[case] + [f"{number(e[n]['load_ms'])} / {number(e[n]['load_ms'] + e[n]['first_ms'])}" if n in e else "" for n in names]
            for case, e in start["session"].items()]
    numbers = range(1, 1 + len(names))
    return [("A process from its start to its end, with one result (ms)", ["model"] + names, whole, numbers),
            ("Session creation / with the first result (ms)", ["model"] + names, made, numbers)]


def small_tables(result):
    tables = start_tables(result)
    if result.get("idle"):
        lines = [[name] + [f"{100 * share:.2f} %" for share in shares.values()] for name, shares in result["idle"].items()]
        tables.append(("CPU used in the second after a run, two threads", ["model"] + list(next(iter(result["idle"].values()))), lines, range(1, 9)))
    if result.get("library"):
        lines = [[name, megabytes(size)] for name, size in result["library"].items()]
        tables.append(("Libraries, stripped (MB)", ["library", "MB"], lines, [1]))
    if result.get("dispatch"):
        lines = [[name] + [number(v) for v in d.values()] for name, d in result["dispatch"].items()]
        tables.append(("Overheads (ns): a run with nothing to do, a node of one number without rewrites", ["engine", "run", "node"], lines, [1, 2]))
    if result.get("rebind"):
        r = result["rebind"]
        lines = [[r["model"], number(r["growing_ms"]), number(r["bound_ms"]), f"{r['ratio']:.3f}"]]
        tables.append((f"A decoder whose past grows from 1 to {r['last']}, beside each length bound beforehand (ms, sum)",
                       ["model", "growing", "bound", "ratio"], lines, [1, 2, 3]))
    return tables


def sections(result):
    """[(title, head, rows, columns of numbers)] of all that was measured."""
    found = []
    for kind, title in (("model", "Models of bench/models.py"), ("network", "Well-known networks, random weights"), ("corpus", "Corpus"), ("file", "Files")):
        rows = [r for r in result["models"] if r["kind"] == kind]
        for threads in result["threads"]:
            if any(str(threads) in r["threads"] and r["measured"] for r in rows):
                words = f"{title}, {threads} thread{'s' if threads > 1 else ''}"
                found.append((words, *model_table(rows, threads, kind in ("model", "network"))))
    for threads in result["threads"]:
        rows = [r for r in result["operators"] if str(threads) in r["threads"]]
        if rows:
            found.append((f"Operators, {threads} thread{'s' if threads > 1 else ''}", *model_table(rows, threads, False)))
    found += small_tables(result)
    head, rows, numbers = memory_table(result["models"])
    if rows:
        found.append(("Peak memory of the process, without inputs and outputs, one thread", head, rows, numbers))
    return [s for s in found if s[2]]


def means(result):
    """Lines: geometric mean of each set of models, by number of threads."""
    found = []
    for kind, title in (("model", "models"), ("network", "networks"), ("corpus", "corpus"), ("file", "files")):
        for threads in result["threads"]:
            text = summary([r for r in result["models"] if r["kind"] == kind and r["measured"]], threads)
            if text:
                found.append(f"{title}, {text}")
    for threads in result["threads"]:
        text = summary(result["operators"], threads)
        if text:
            found.append(f"operators, {text}")
    return found


def machine_lines(result):
    m = result["machine"]
    lines = [f"{m['cpu']} ({m['family']}), {m['cpus']} CPUs{', virtual' if m['virtual'] else ''}, {m['caches']}, {m['memory']}, Linux {m['kernel']}",
             f"features: {m['features']}; frequency: {m['frequency']}", ", ".join(f"{n} {v}" for n, v in result["versions"].items())]
    for name, c in result["check"]["machine"].items():
        lines.append(f"{name}: load {c['load']:.2f}, others {100 * c['foreign']:.0f} % of a CPU, steady {100 * c['steady']:.0f} %, "
                     f"threads together {100 * c['together']:.0f} % of one alone, one thread reads {c['read_gb_s']:.0f} GB/s")
    return lines


def terminal(result):
    out = machine_lines(result)
    for title, head, rows, numbers in sections(result):
        out += ["", title] + stats.table(head, rows, numbers)
    out += [""] + means(result)
    out += [f"WRONG: {name} at {threads} threads: {what}" for name, threads, what in wrong(result["models"] + result["operators"])]
    out += [f"NOT QUIET: {c}; measure again" for c in result["check"]["complaints"]]
    return "\n".join(out + [f"{result['seconds']:.0f} s"])


def document(result, chart):
    out = ["# Results", "", f"Written by `{result['command']}` on {result['date']}, revision {result['commit']}, in {result['seconds']:.0f} s.",
           "README.md says how it is measured. A ratio is the peer's time divided by ours: above 1 we are faster.", ""]
    out += [f"* {line}" for line in machine_lines(result)]
    out += [f"* **not quiet**: {c}" for c in result["check"]["complaints"]]
    out += [""] + ([f"![]({chart})", ""] if chart else []) + [f"* {line}" for line in means(result)]
    for title, head, rows, numbers in sections(result):
        out += ["", f"## {title}", ""] + stats.markdown(head, rows, numbers)
    return "\n".join(out) + "\n"
