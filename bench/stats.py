"""What is made of the times and outputs that were measured. Plain Python but for compare_outputs, so that the tests need nothing."""
import math


def median(numbers):
    ordered = sorted(numbers)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def best(medians):
    """The figure of several turns: the least of their medians, what the machine does when nothing disturbs it."""
    return min(medians)


def spread(medians):
    """How far the turns are from each other: 0.1 says that the slowest took a tenth longer than the fastest."""
    return max(medians) / min(medians) - 1


def geometric_mean(ratios):
    ratios = list(ratios)
    return math.exp(sum(math.log(r) for r in ratios) / len(ratios)) if ratios else None


def ratio(row, threads, peer, ours="sardonyx"):
    """How many times faster than a peer a row of the results is; None where one of them has no time."""
    engines = row["threads"].get(str(threads), {})
    one, other = engines.get(ours, {}).get("ms"), engines.get(peer, {}).get("ms")
    return other / one if one and other else None


def by_family(rows, threads, peer="onnxruntime"):
    """[(family, geometric mean of the ratios, number of models)] in the order in which families come."""
    groups = {}
    for row in rows:
        r = ratio(row, threads, peer)
        if r:
            groups.setdefault(row["family"], []).append(r)
    return [(family, geometric_mean(ratios), len(ratios)) for family, ratios in groups.items()]


def changes(old, new, least=0.03):
    """[(name, threads, old ms, new ms, new time over old)] of our times that differ by more than `least`, the worst first. The peer tells
    how the machine changed: where both have it, its change is taken out."""
    before = {row["name"]: row for row in old}
    found = []
    for row in new:
        for threads, engines in row["threads"].items():
            past = before.get(row["name"], {"threads": {}})["threads"].get(threads, {})
            one, other = past.get("sardonyx", {}).get("ms"), engines.get("sardonyx", {}).get("ms")
            if not one or not other:
                continue
            pace = 1.0
            if past.get("onnxruntime", {}).get("ms") and engines.get("onnxruntime", {}).get("ms"):
                pace = engines["onnxruntime"]["ms"] / past["onnxruntime"]["ms"]
            change = other / one / pace
            if abs(math.log(change)) > math.log(1 + least):
                found.append((row["name"], threads, one, other, change))
    return sorted(found, key=lambda c: -c[4])


def distance(reference, found):
    """The largest difference of float outputs, of their range."""
    import numpy as np

    most = 0.0
    for (_, b), (_, a) in zip(reference, found):
        if a is not None and b is not None and b.dtype.kind == "f" and b.size and a.size == b.size:
            span = float(np.max(np.abs(b.astype(np.float64))))
            most = max(most, float(np.max(np.abs(a.astype(np.float64).reshape(b.shape) - b))) / max(span, 1e-30))
    return most


def compare_outputs(reference, found, tolerance):
    """None where they agree, else what differs: max |a - b| <= tolerance * max |b| + 1e-6 for floats; other types equal, but integers that
    come from quantised values may differ by 1; the same largest class where there is one and it is told apart."""
    import numpy as np

    if len(reference) != len(found):
        return f"{len(found)} outputs, expected {len(reference)}"
    for index, ((name, b), (_, a)) in enumerate(zip(reference, found)):
        name = name or str(index)
        if a is None or b is None:
            continue
        if a.shape != b.shape and a.size != b.size:
            return f"'{name}' has shape {list(a.shape)}, expected {list(b.shape)}"
        a = a.reshape(b.shape)
        if b.dtype.kind != "f":
            slack = 1 if tolerance >= 3e-2 and b.dtype.kind in "iu" else 0
            same = np.array_equal(a, b) if not slack else np.all(np.abs(a.astype(np.float64) - b.astype(np.float64)) <= slack)
            if not same:
                return f"'{name}' differs in {int(np.sum(a != b))} of {b.size} elements"
            continue
        if b.size == 0:
            continue
        a, b = a.astype(np.float64), b.astype(np.float64)
        if not np.array_equal(np.isfinite(a), np.isfinite(b)):
            return f"'{name}' is not finite where the other is"
        a, b = np.where(np.isfinite(a), a, 0), np.where(np.isfinite(b), b, 0)
        span = float(np.max(np.abs(b)))
        off = float(np.max(np.abs(a - b)))
        if off > tolerance * span + 1e-6:
            return f"'{name}' is off by {off / max(span, 1e-30):.1e} of its range, expected {tolerance:g}"
        if wrong_class(a, b, span * (tolerance if tolerance >= 3e-2 else tolerance / 10)):
            return f"'{name}' has another largest class"
    return None


def wrong_class(a, b, slack):
    """Whether a row of scores has its largest elsewhere, and the reference tells the two apart by more than `slack`."""
    import numpy as np

    if b.ndim != 2 or not 2 <= b.shape[1] <= 100000:
        return False
    mine, right = a.argmax(axis=1), b.argmax(axis=1)
    rows = np.arange(b.shape[0])
    return bool(np.any((mine != right) & (b[rows, right] - b[rows, mine] > slack)))


# ---- text ----


def number(x):
    """Three digits that count: 0.00123, 1.23, 123, 12300."""
    if x is None:
        return ""
    if x == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(x))))
    return f"{x:.{min(digits, 6)}f}"


def times(x):
    return "" if x is None else f"{x:.2f}" if x < 9.95 else f"{x:.0f}"


def table(head, rows, right=()):
    """Lines of a table for the terminal; columns named in `right` (numbers) end below each other."""
    cells = [list(map(str, head))] + [[("" if c is None else str(c)) for c in row] for row in rows]
    widths = [max(len(line[k]) for line in cells) for k in range(len(head))]
    lines = []
    for line in cells:
        lines.append("  ".join(c.rjust(w) if k in right else c.ljust(w) for k, (c, w) in enumerate(zip(line, widths))).rstrip())
    return lines[:1] + ["  ".join("-" * w for w in widths)] + lines[1:]


def markdown(head, rows, right=()):
    lines = ["| " + " | ".join(head) + " |", "|" + "|".join("---:" if k in right else "---" for k in range(len(head))) + "|"]
    return lines + ["| " + " | ".join("" if c is None else str(c).replace("|", "\\|") for c in row) + " |" for row in rows]
