"""The picture of an asset: a landscape in the client's colour with the post's title on it, drawn, never loaded."""

import hashlib
from colorsys import hls_to_rgb, rgb_to_hls
from functools import lru_cache
from io import BytesIO
from math import pi, sin
from random import Random
from textwrap import wrap

from PIL import Image, ImageColor, ImageDraw, ImageFont

_SIZE = 900
_DRAWN = 2  # drawn at twice the size and scaled down, which smooths the edges

_Colour = tuple[int, int, int]


@lru_cache(maxsize=256)
def picture(title: str, name: str, colour: str) -> bytes:
    """A PNG of 900 by 900 pixels; the same words and colour give the same picture."""
    rng = Random(hashlib.sha256(f"{name}/{title}".encode()).digest())
    size = _SIZE * _DRAWN
    hue = rng.uniform(-0.04, 0.04)
    image = _sky(_shade(colour, 0.93, hue), _shade(colour, 0.66, hue), size)
    draw = ImageDraw.Draw(image)
    _sun(draw, rng, _shade(colour, 0.97, hue), size)
    for layer, light in enumerate((0.55, 0.42, 0.30, 0.19)):
        _hill(draw, rng, _shade(colour, light, hue), size, height=0.46 + 0.13 * layer)
    image = image.resize((_SIZE, _SIZE), Image.Resampling.LANCZOS)
    _words(ImageDraw.Draw(image), title, name, _shade(colour, 0.25, hue))
    out = BytesIO()
    image.save(out, "PNG", compress_level=6)
    return out.getvalue()


def _shade(colour: str, light: float, hue_shift: float) -> _Colour:
    red, green, blue = (part / 255 for part in ImageColor.getrgb(colour)[:3])
    hue, _, saturation = rgb_to_hls(red, green, blue)
    parts = hls_to_rgb((hue + hue_shift) % 1, light, min(saturation, 0.62))
    return round(parts[0] * 255), round(parts[1] * 255), round(parts[2] * 255)


def _sky(top: _Colour, bottom: _Colour, size: int) -> Image.Image:
    column = Image.new("RGB", (1, 256))
    for y in range(256):
        share = y / 255
        column.putpixel((0, y), tuple(round(a + (b - a) * share) for a, b in zip(top, bottom, strict=True)))
    return column.resize((size, size), Image.Resampling.BILINEAR)


def _sun(draw: ImageDraw.ImageDraw, rng: Random, colour: _Colour, size: int) -> None:
    x, y, radius = rng.uniform(0.55, 0.85) * size, rng.uniform(0.26, 0.42) * size, rng.uniform(0.08, 0.13) * size
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def _hill(draw: ImageDraw.ImageDraw, rng: Random, colour: _Colour, size: int, height: float) -> None:
    waves = [(rng.uniform(0.5, 2.4), rng.uniform(0, 2 * pi), rng.uniform(0.015, 0.055)) for _ in range(3)]
    ridge = [
        (x, (height + sum(tall * sin(x / size * 2 * pi * often + shift) for often, shift, tall in waves)) * size)
        for x in range(0, size + 8, 8)
    ]
    draw.polygon([(0, size), *ridge, (size, size)], fill=colour)


def _words(draw: ImageDraw.ImageDraw, title: str, name: str, dark: _Colour) -> None:
    margin, large = 64, ImageFont.load_default(66)
    draw.text((margin, 58), name.upper(), font=ImageFont.load_default(27), fill=dark)
    lines = wrap(title, 23)[:4]
    y = _SIZE - margin - 78 * len(lines)
    for line in lines:
        draw.text((margin, y), line, font=large, fill="white", stroke_width=1, stroke_fill="white")
        y += 78
