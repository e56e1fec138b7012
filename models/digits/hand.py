"""Draws the 8 x 8 digits of scikit-learn as a hand with a pen would: bent, thin or thick, anywhere
on unevenly lit paper. Everything random comes from the generator that the caller passes."""

import numpy as np

SIDE = 64  # a drawing, before it is laid on paper
CELLS = 12  # of the data set's 8 cells and 2 of paper to each side, on one SIDE


def cubic(n, cells):
    """The matrix [n, cells] that spreads samples over n pixels (Catmull-Rom; edge samples repeat)."""
    position = (np.arange(n) + 0.5) * cells / n - 0.5
    cell = np.arange(-2, cells + 2)
    distance = np.abs(position[:, None] - cell)
    near = 1.5 * distance**3 - 2.5 * distance**2 + 1
    far = -0.5 * distance**3 + 2.5 * distance**2 - 4 * distance + 2
    weight = np.where(distance < 1, near, np.where(distance < 2, far, 0))
    return weight @ np.eye(cells)[np.clip(cell, 0, cells - 1)]


def bilinear(picture, x, y):
    """Samples at x, y (pixel centres at whole numbers); 0 outside."""
    padded = np.pad(picture, 1)
    x = np.clip(x + 1, 0, padded.shape[1] - 1.001)
    y = np.clip(y + 1, 0, padded.shape[0] - 1.001)
    i, j = y.astype(int), x.astype(int)
    fy, fx = y - i, x - j
    top = padded[i, j] * (1 - fx) + padded[i, j + 1] * fx
    bottom = padded[i + 1, j] * (1 - fx) + padded[i + 1, j + 1] * fx
    return top * (1 - fy) + bottom * fy


def blur(picture, radius):
    """A Gaussian of that radius in pixels; beyond the edge nothing counts."""

    def kernel(n):
        weight = np.exp(-0.5 * ((np.arange(n) - np.arange(n)[:, None]) / radius) ** 2)
        return weight / weight.sum(axis=1, keepdims=True)

    return kernel(picture.shape[0]) @ picture @ kernel(picture.shape[1]).T


def smooth_field(rng):
    """SIDE x SIDE smooth random values, about -1 to 1."""
    spread = cubic(SIDE, 5)
    return spread @ rng.uniform(-1, 1, (5, 5)) @ spread.T


def stroke(u, thin):
    """Ink of 0 to 1 from a blurred digit u: what stands out of its surroundings, cut at one level."""
    ridge = u - thin * blur(u, 0.8 * SIDE / CELLS)
    return np.clip((ridge / ridge.max() - 0.35) * 5 + 0.5, 0, 1)


def bent(rng, bend=1.0):
    """For each pixel of a drawing, x and y of what is seen there: turned, sheared, stretched."""
    angle = bend * rng.uniform(-0.25, 0.25)
    shear = bend * rng.uniform(-0.25, 0.25)
    wide, tall = 1 + bend * rng.uniform(-0.25, 0.25, 2)
    y, x = np.mgrid[0:SIDE, 0:SIDE] - (SIDE - 1) / 2
    x, y = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    x = (x + shear * y) * wide + bend * 1.5 * smooth_field(rng)
    y = y * tall + bend * 1.5 * smooth_field(rng)
    return x + (SIDE - 1) / 2, y + (SIDE - 1) / 2


def draw(digit, rng, bend=1.0, thin=None):
    """An 8 x 8 digit of 0 to 16 as ink of 0 to 1 on SIDE x SIDE."""
    spread = cubic(SIDE, CELLS)
    u = spread @ np.pad(digit / 16.0, 2) @ spread.T
    return stroke(bilinear(u, *bent(rng, bend)), rng.uniform(0, 0.85) if thin is None else thin)


# Lines of digits as people draw them who are rare among the writers of the data set: points in a
# square of side 1, y downwards.
PEN = {
    1: [
        [[(0.3, 0.3), (0.55, 0.05), (0.55, 0.95)]],
        [[(0.3, 0.3), (0.55, 0.05), (0.55, 0.95)], [(0.3, 0.95), (0.8, 0.95)]],
    ],
    4: [
        [[(0.3, 0.05), (0.2, 0.55), (0.8, 0.55)], [(0.7, 0.15), (0.65, 0.95)]],
        [[(0.65, 0.95), (0.65, 0.05), (0.15, 0.65), (0.9, 0.65)]],
    ],
    7: [
        [[(0.15, 0.08), (0.85, 0.05), (0.45, 0.95)]],
        [[(0.15, 0.08), (0.85, 0.05), (0.4, 0.95)], [(0.3, 0.5), (0.8, 0.48)]],
    ],
}


def pen(lines, rng):
    """Lines drawn with a pen of any thickness, bent by chance, like draw()."""
    at = np.stack(bent(rng), axis=2) / SIDE * CELLS / 8 - (CELLS / 8 - 1) / 2
    nearest = np.full((SIDE, SIDE), np.inf)
    for line in lines:
        points = np.array(line) + rng.normal(0, 0.03, (len(line), 2))
        for start, end in zip(points[:-1], points[1:]):
            along = (at - start) @ (end - start) / ((end - start) @ (end - start))
            closest = start + np.clip(along, 0, 1)[:, :, None] * (end - start)
            nearest = np.minimum(nearest, np.linalg.norm(at - closest, axis=2))
    return np.clip((rng.uniform(0.02, 0.1) - nearest) * SIDE * 8 / CELLS + 0.5, 0, 1)


def photograph(drawn, side, rng):
    """A drawing on a larger sheet under uneven light, as a camera sees it: [h, w, 3] of 0 to 255."""
    width, height = side, int(side * rng.uniform(0.75, 1.0))
    scale = min(width, height) * rng.uniform(0.45, 0.85) / drawn.shape[0]
    x0, y0 = (rng.uniform(0, n - drawn.shape[0] * scale) for n in (width, height))
    x, y = (np.arange(width) - x0) / scale - 0.5, (np.arange(height) - y0) / scale - 0.5
    ink = bilinear(drawn, *np.meshgrid(x, y)) * rng.uniform(0.55, 0.95)
    tilt_x, tilt_y = rng.uniform(-0.25, 0.25, 2)
    sx, sy = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    light = rng.uniform(0.6, 0.9) * (1 + tilt_x * sx + tilt_y * sy - 0.08 * (sx**2 + sy**2))
    paper = light[:, :, None] * rng.uniform([1.0, 0.95, 0.85], [1.0, 1.0, 1.0])
    pen = light[:, :, None] * rng.uniform([0.0, 0.0, 0.05], [0.25, 0.25, 0.45])
    seen = paper + ink[:, :, None] * (pen - paper)
    return np.clip(255 * (seen + rng.normal(0, 0.015, seen.shape)), 0, 255)
