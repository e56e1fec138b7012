"""How a picture becomes the model's input: ../README.md, "The arithmetic", in NumPy."""

import functools

import numpy as np

WORK_SIDE = 128  # longer side of the picture in which paper and ink are told apart
BORDER = 8  # width of the ring that shows the paper first
REACH = 32  # of the window that tells paper from stroke
LEAST_CONTRAST = 24.0  # of 255; below it there is no ink
FIELD = 5.0  # side of the field in spreads of the ink


def gray(picture):
    """Any picture of 0 to 255 ([h, w], [h, w, 3] or [h, w, 4]) to [h, w]: alpha over white."""
    picture = np.asarray(picture, np.float64)
    if picture.ndim == 2:
        return picture
    if picture.shape[2] == 4:
        alpha = picture[:, :, 3:]
        picture = (picture[:, :, :3] * alpha + 255 * (255 - alpha)) / 255
    return picture @ np.array([0.299, 0.587, 0.114])


def triangle(source, origin, step, n, outside):
    """The matrix [n, source] of weights that lays n pixels of that step on an axis."""
    centre = origin + (np.arange(n) + 0.5) * step
    if outside:  # pixels beyond the picture take part too, so all weights count in the sum
        first = int(np.floor(min(origin, 0.0) - max(1.0, step))) - 1
        last = int(np.ceil(max(origin + n * step, source) + max(1.0, step))) + 1
    else:
        first, last = 0, source
    pixel = np.arange(first, last)
    weight = np.maximum(0, 1 - np.abs(pixel + 0.5 - centre[:, None]) / max(1.0, step))
    weight /= weight.sum(axis=1, keepdims=True)
    return weight[:, -first : source - first]


def resize(picture, width, height):
    """The whole picture on width x height pixels."""
    h, w = picture.shape
    return (
        triangle(h, 0, h / height, height, False)
        @ picture
        @ triangle(w, 0, w / width, width, False).T
    )


def window(g, reduce, nothing):
    """reduce over all pixels at most REACH columns and rows away; outside there is nothing."""
    for _ in range(2):  # along one axis, then along the other
        g = np.pad(g, ((REACH, REACH), (0, 0)), constant_values=nothing)
        for reach in (1, 2, 4, 8, 16, 32, 1):  # their sum is 2 * REACH
            g = reduce(g[:-reach], g[reach:])
        g = g.T
    return g


@functools.lru_cache
def terms(h, w):
    """What the light is composed of: 1, a, b, a^2, ab, b^2 of each pixel, [h, w, 6]."""
    b, a = (np.mgrid[0:h, 0:w] + 0.5) * 2 / np.array([h, w])[:, None, None] - 1
    return np.stack([np.ones_like(a), a, b, a * a, a * b, b * b], axis=2)


def light(g):
    """The light of the paper: a plane through the border, then a curved surface through the rest."""
    h, w = g.shape
    y, x = np.mgrid[0:h, 0:w]
    allowed = np.minimum(np.minimum(x, y), np.minimum(w - 1 - x, h - 1 - y)) < BORDER
    chosen = allowed
    for n, spreads in ((3, 1), (3, 1), (3, 1), (6, 2), (6, 2), (6, 2), (6, 2)):
        if n == 6:
            allowed = np.ones_like(chosen)
        basis = terms(h, w)[:, :, :n]
        b = basis[chosen]
        normal = b.T @ b + 1e-6 * len(b) * np.eye(n)
        surface = basis @ np.linalg.solve(normal, b.T @ g[chosen])
        residual = np.abs(g - surface)
        limit = max(spreads * np.sqrt((residual[chosen] ** 2).mean()), 4.0)
        chosen = allowed & (residual <= limit)
        if chosen.sum() * 8 < allowed.sum():
            break
    return surface


def ink(g, width, height, polarity="auto"):
    """Strokes on paper: 255 where there is ink, 0 where there is paper, centred. None: no ink."""
    h, w = g.shape
    longer = max(h, w)
    g = resize(
        g,
        max(1, int(np.floor(w * WORK_SIDE / longer + 0.5))),
        max(1, int(np.floor(h * WORK_SIDE / longer + 0.5))),
    )
    h, w = g.shape
    r = g - light(g)
    if polarity == "light" or (polarity == "auto" and (r**3).sum() > 0):
        g, r = -g, -r
    shade = window(window(g, np.maximum, -np.inf), np.minimum, np.inf) - g
    d = np.maximum(0, np.minimum(-r, shade))
    largest = d.max()
    if largest < LEAST_CONTRAST:
        return None
    level = d[d >= largest / 2].mean()
    v = np.clip((d / level - 0.25) / 0.75, 0, 1)
    y, x = np.mgrid[0:h, 0:w] + 0.5
    mass = v.sum()
    cx, cy = (v * x).sum() / mass, (v * y).sum() / mass
    variance = max((v * (x - cx) ** 2).sum(), (v * (y - cy) ** 2).sum()) / mass
    step = FIELD * np.sqrt(variance + 1 / 12) / min(width, height)
    rows = triangle(h, cy - height * step / 2, step, height, True)
    columns = triangle(w, cx - width * step / 2, step, width, True)
    return 255 * (rows @ v @ columns.T)
