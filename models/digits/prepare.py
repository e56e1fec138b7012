"""How a picture becomes the model's input: ../README.md, "The arithmetic", in NumPy."""

import numpy as np

WORK_SIDE = 128  # longer side of the picture in which paper and ink are told apart
BORDER = 8  # width of the ring that shows the paper
LEAST_CONTRAST = 16.0  # of 255; below it there is no ink
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


def paper(g):
    """The plane of light, fitted to the border."""
    h, w = g.shape
    y, x = np.mgrid[0:h, 0:w].astype(np.float64)
    ring = np.minimum(np.minimum(x, y), np.minimum(w - 1 - x, h - 1 - y)) < BORDER
    chosen = ring
    for _ in range(4):
        mx, my, mg = x[chosen].mean(), y[chosen].mean(), g[chosen].mean()
        dx, dy, dg = x[chosen] - mx, y[chosen] - my, g[chosen] - mg
        xx, xy, yy = (dx * dx).mean(), (dx * dy).mean(), (dy * dy).mean()
        xg, yg = (dx * dg).mean(), (dy * dg).mean()
        determinant = xx * yy - xy * xy
        slope_x = slope_y = 0.0
        if determinant >= 1e-6:
            slope_x = (xg * yy - yg * xy) / determinant
            slope_y = (yg * xx - xg * xy) / determinant
        plane = mg + slope_x * (x - mx) + slope_y * (y - my)
        residual = np.abs(g - plane)
        limit = max(np.sqrt((residual[chosen] ** 2).mean()), 4.0)
        choice = ring & (residual <= limit)
        if choice.sum() * 4 < ring.sum():
            break
        chosen = choice
    return plane


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
    r = g - paper(g)
    dark = polarity == "dark" or (polarity == "auto" and (r**3).sum() <= 0)
    d = np.maximum(0, -r if dark else r)
    largest = d.max()
    if largest < LEAST_CONTRAST:
        return None
    level = d[d >= largest / 2].mean()
    v = np.clip(2 * (d / level - 0.25), 0, 1)
    y, x = np.mgrid[0:h, 0:w] + 0.5
    mass = v.sum()
    cx, cy = (v * x).sum() / mass, (v * y).sum() / mass
    variance = max((v * (x - cx) ** 2).sum(), (v * (y - cy) ** 2).sum()) / mass
    step = FIELD * np.sqrt(variance + 1 / 12) / min(width, height)
    rows = triangle(h, cy - height * step / 2, step, height, True)
    columns = triangle(w, cx - width * step / 2, step, width, True)
    return 255 * (rows @ v @ columns.T)
