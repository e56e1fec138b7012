"""Whether two results are the same.

All but floating point: equal. A float passes where |a - b| <= eps (64 |b| + 16 max|b| + eps) + 16 tiny, eps and tiny being the type's: every
node's own rounding, sums that are taken in another order, and functions like the sigmoid where they all but vanish. Where that is too narrow, the graph is evaluated again with each rounding node off, eight times,
by up to 1, 4 and 16 units in the last place: twice what that moves an element is added, and the result in float64 will do as well as
the peer's. So an ill-conditioned graph is no finding, and a well-conditioned one is compared narrowly."""
import ml_dtypes
import numpy as np

import oracle

AMPLITUDES = (1, 4, 16, 16, 16, 16, 16, 16)


def describe(value):
    if isinstance(value, list):
        return f"sequence of {len(value)}"
    return "nothing" if value is None else f"{value.dtype}{list(value.shape)}"


def strict(dtype, expected, coarse):
    info = ml_dtypes.finfo(dtype)
    finite = np.abs(expected[np.isfinite(expected)])
    largest = float(finite.max()) if finite.size else 0.0
    with np.errstate(invalid="ignore"):
        return oracle.epsilon(dtype, coarse) * (64 * np.abs(expected) + 16 * largest) + float(info.eps) ** 2 + 16 * float(info.tiny)


def difference(got, expected, extra=0.0, coarse=False):
    """None where they agree, else what differs, in words. `extra` is added to the tolerance."""
    if isinstance(expected, list) or isinstance(got, list):
        if not (isinstance(got, list) and isinstance(expected, list)) or len(got) != len(expected):
            return f"found {describe(got)}, expected {describe(expected)}"
        extra = extra if isinstance(extra, list) else [extra] * len(expected)
        return next((d for d in (difference(g, e, x, coarse) for g, e, x in zip(got, expected, extra)) if d), None)
    strings = expected.dtype.kind in "OUST"
    if got.shape != expected.shape or (got.dtype != expected.dtype and not strings):
        return f"found {describe(got)}, expected {describe(expected)}"
    if strings or expected.dtype.kind in "iub" or expected.dtype in (np.dtype(bool),):
        wrong = np.atleast_1d(np.asarray(got != expected, bool))
        if not strings and np.any(extra):
            wrong = np.atleast_1d(np.abs(got.astype(np.float64) - expected.astype(np.float64)) > extra)
        return first_of(wrong, got, expected)
    a, b = np.atleast_1d(got.astype(np.float64)), np.atleast_1d(expected.astype(np.float64))
    with np.errstate(invalid="ignore"):
        allowed = strict(expected.dtype, b, coarse) + extra
        near = np.abs(a - b) <= allowed
    same = (a == b) | (np.isnan(a) & np.isnan(b)) | near | ~np.isfinite(np.broadcast_to(extra, b.shape))
    return first_of(~same, got, expected)


def first_of(wrong, got, expected):
    count = int(np.count_nonzero(wrong))
    if count == 0:
        return None
    at = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
    element = lambda array: np.atleast_1d(array)[at]
    return f"{count} of {wrong.size} differ, first at {[int(i) for i in at]}: found {element(got)!r}, expected {element(expected)!r}"


def spread(graph, name):
    """How far disturbances move each element of a value; infinite where one changes its shape or makes or ends a NaN."""
    others = [oracle.disturbed(graph, amplitude, seed)[name] for seed, amplitude in enumerate(AMPLITUDES)]
    base = graph.values[name]
    if isinstance(base, list):
        kept = all(isinstance(o, list) and len(o) == len(base) for o in others)
        return [spread_of(b, [o[k] for o in others]) for k, b in enumerate(base)] if kept else [np.inf] * len(base)
    return spread_of(base, others)


def spread_of(base, others):
    if base.dtype.kind in "OUST":
        return 0.0
    wide = np.atleast_1d(base.astype(np.float64))
    moved = np.zeros(wide.shape)
    for other in others:
        if other is None or other.shape != base.shape:
            return np.inf
        with np.errstate(invalid="ignore"):
            now = np.atleast_1d(other.astype(np.float64))
            step = np.abs(now - wide)
        step[np.isnan(step)] = np.inf
        step[(now == wide) | (np.isnan(now) & np.isnan(wide))] = 0
        moved = np.maximum(moved, step)
    finite = moved[np.isfinite(moved)]
    mean = float(finite.mean()) if finite.size else 0.0
    return 2 * np.maximum(moved, mean)


def disagreement(graph, name, got):
    """What is wrong with a result of the whole graph, in words; None where nothing is."""
    expected = graph.values[name]
    found = difference(got, expected, 0.0, graph.coarse)
    if found is None:
        return None
    extra = spread(graph, name)
    if describe(got) != describe(expected):  # a shape that follows from data may change
        return None if np.ndim(extra) == 0 and np.isinf(extra) and got.dtype == expected.dtype else found
    found = difference(got, expected, extra, graph.coarse)
    if found is not None and not isinstance(expected, list) and expected.dtype.kind not in "OUSTiub":
        exact = oracle.in_double(graph)[name]
        if exact.shape == expected.shape and difference(got, exact.astype(expected.dtype), extra, graph.coarse) is None:
            return None
    return found
