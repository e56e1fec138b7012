#!/usr/bin/env python3
"""Makes the pictures in pictures/: ten test digits as if drawn on paper, and four as if photographed.

What train.py keeps for the test and digits.onnx has never seen. Run it after train.py; Pillow writes
the PNG and JPEG files.
"""

import pathlib

import numpy as np
from PIL import Image

import hand
import prepare
import train

FOLDER = pathlib.Path(__file__).resolve().parent / "pictures"


DRAWN = (2, 3, 6, 8, 7, 11, 6, 6, 5, 4)  # which of the test digits 0, 1, ... 9; chosen by eye


def on_paper(drawn, side):
    """Dark strokes on light paper, [side, side] of 0 to 255."""
    return 246 - 216 * prepare.resize(drawn, side, side)


def main():
    rng = np.random.default_rng(train.SEED)
    _, images, _, names = train.split()
    FOLDER.mkdir(exist_ok=True)

    def drawn(name, which, bend):
        return hand.draw(images[np.flatnonzero(names == name)[which]], rng, bend, thin=0.5)

    def write(file, picture, **options):
        image = Image.fromarray(np.round(picture).clip(0, 255).astype(np.uint8))
        image.save(FOLDER / file, optimize=True, **options)

    for name, which in enumerate(DRAWN):
        write(f"{name}.png", on_paper(drawn(name, which, 0), 112))
    write("photo-2.png", hand.photograph(drawn(2, 8, 0.4), 200, rng))
    turned = Image.Exif()
    turned[0x0112] = 6  # orientation: held upright, stored lying, as telephones do
    photograph = np.rot90(hand.photograph(drawn(4, 11, 0.4), 640, rng))
    write("photo-4.jpg", photograph, quality=80, exif=turned)
    write("photo-7.ppm", hand.photograph(drawn(7, 3, 0.4), 140, rng))
    write("photo-9.png", 255 - hand.photograph(drawn(9, 10, 0.4), 160, rng))  # chalk


if __name__ == "__main__":
    main()
