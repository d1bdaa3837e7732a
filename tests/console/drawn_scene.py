"""A drawn warehouse: nobody real is in it, and where everybody is can be computed.

Somebody in an orange jacket walks from left to right; a colleague in blue stands by the shelves;
a forklift waits. Boxes are relative, as in timelines.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageDraw

from vision.core.values import Box

SIZE_WH = (640, 360)
FPS = 10
ORANGE = (235, 120, 30)
ZONE = ((0.45, 0.45), (0.98, 0.45), (0.98, 0.98), (0.36, 0.98))

_WALKS_FROM, _WALKS_BY_S = 0.10, 0.11
_PERSON_WH = (0.10, 0.46)


def walker(at_s: float) -> Box:
    """Where the person in orange is, so long after the beginning; standing still in the end."""
    left = min(_WALKS_FROM + _WALKS_BY_S * at_s, 0.62)
    return Box(left, 0.40, left + _PERSON_WH[0], 0.40 + _PERSON_WH[1])


COLLEAGUE = Box(0.80, 0.36, 0.90, 0.82)
FORKLIFT = Box(0.02, 0.30, 0.09, 0.62)


def face_of(person: Box) -> Box:
    """The face in a person's box."""
    middle, width = (person.left + person.right) / 2, 0.042
    top = person.top + 0.015
    return Box(middle - width / 2, top, middle + width / 2, top + 0.075)


def picture(at_s: float, size_wh: tuple[int, int] = SIZE_WH) -> Image.Image:
    """The scene, so long after its beginning."""
    image = Image.new("RGB", size_wh, (92, 98, 104))
    draw = ImageDraw.Draw(image)
    _draw_hall(draw, size_wh)
    _draw_forklift(draw, _pixels(FORKLIFT, size_wh))
    _draw_person(draw, COLLEAGUE, (40, 80, 150), size_wh)
    _draw_person(draw, walker(at_s), ORANGE, size_wh)
    return image


def _pixels(box: Box, size_wh: tuple[int, int]) -> tuple[float, float, float, float]:
    width, height = size_wh
    return (box.left * width, box.top * height, box.right * width, box.bottom * height)


def _draw_hall(draw: ImageDraw.ImageDraw, size_wh: tuple[int, int]) -> None:
    width, height = size_wh
    draw.rectangle((0, height * 0.42, width, height), fill=(138, 134, 126))
    for shelf in range(5):
        left = width * (0.14 + 0.17 * shelf)
        for board in range(3):
            top = height * (0.06 + 0.12 * board)
            draw.rectangle((left, top, left + width * 0.13, top + height * 0.1), fill=(120, 96, 70))
            draw.rectangle(
                (left, top, left + width * 0.06, top + height * 0.1), fill=(150, 120, 86)
            )
    draw.line((width * 0.36, height, width * 0.45, height * 0.45), fill=(225, 200, 60), width=3)


def _draw_forklift(draw: ImageDraw.ImageDraw, pixels: tuple[float, float, float, float]) -> None:
    left, top, right, bottom = pixels
    draw.rectangle((left, top + (bottom - top) * 0.45, right, bottom - 8), fill=(230, 190, 40))
    draw.rectangle((left + 6, top, right - 6, bottom), outline=(40, 40, 40), width=3)
    for middle in (left + 9, right - 9):
        draw.ellipse((middle - 8, bottom - 16, middle + 8, bottom), fill=(30, 30, 30))


def _draw_person(
    draw: ImageDraw.ImageDraw, box: Box, jacket: tuple[int, int, int], size_wh: tuple[int, int]
) -> None:
    left, top, right, bottom = _pixels(box, size_wh)
    height = bottom - top
    draw.rectangle((left + 4, top + height * 0.22, right - 4, top + height * 0.62), fill=jacket)
    for leg in (left + 8, (left + right) / 2 + 2):
        draw.rectangle((leg, top + height * 0.62, leg + 16, bottom), fill=(45, 48, 60))
    head = _pixels(face_of(box), size_wh)
    draw.ellipse(head, fill=(224, 186, 158))
    for eye in (0.32, 0.68):
        x, y = head[0] + (head[2] - head[0]) * eye, head[1] + (head[3] - head[1]) * 0.45
        draw.ellipse((x - 2, y - 2, x + 2, y + 2), fill=(40, 40, 40))


def film(target: Path, times_s: Iterable[float], *, codec: str = "libx264", b: int = 0) -> Path:
    """An MP4 with a picture of each of these moments, a tenth of a second apart."""
    options = {"preset": "ultrafast", "bf": str(b), "g": str(FPS)}
    if codec == "libx265":
        options["x265-params"] = "log-level=none:pools=1"
    with av.open(str(target), "w") as container:
        stream = container.add_stream(codec, rate=FPS, options=options)
        stream.width, stream.height = SIZE_WH
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, FPS)
        for index, at_s in enumerate(times_s):
            frame = av.VideoFrame.from_ndarray(np.asarray(picture(at_s)), format="rgb24")
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target
