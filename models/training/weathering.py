"""What cameras do to a picture: colour casts, darkness, infra-red, blur, noise, compression.

Pure: picture in, picture of the same shape out; every choice comes from the generator given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from models.training.samples import Picture

_EVEN = 0.5
Random = np.random.Generator
Effect = Callable[[Picture, Random], Picture]
Effects = Sequence[tuple[Effect, float]]
"""What may happen, in its order, and how likely each is."""


def weathered(picture: Picture, random: Random, effects: Effects | None = None) -> Picture:
    """The picture after some of the effects, in the order in which a camera would cause them."""
    for effect, chance in _EFFECTS if effects is None else effects:
        if random.random() < chance:
            picture = effect(picture, random)
    return picture


def colour_cast(picture: Picture, random: Random) -> Picture:
    """Another hue, saturation and brightness."""
    hsv = cv2.cvtColor(picture, cv2.COLOR_BGR2HSV).astype(np.float32)
    hsv[..., 0] = (hsv[..., 0] + random.uniform(-8, 8)) % 180
    hsv[..., 1:] = np.clip(hsv[..., 1:] * random.uniform((0.5, 0.6), (1.5, 1.4)), 0, 255)
    return _picture(cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2BGR))


def infra_red(picture: Picture, random: Random) -> Picture:
    """Grey, with a lamp's bright middle and another contrast."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
    height, width = grey.shape
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    middle = random.uniform(0.3, 0.7, 2) * (width, height)
    far = np.hypot(columns - middle[0], rows - middle[1]) / np.hypot(width, height)
    grey = grey * (1.1 - random.uniform(0, 0.9) * far) * random.uniform(0.7, 1.2)
    return _picture(np.repeat(grey[..., None], 3, axis=2))


def low_light(picture: Picture, random: Random) -> Picture:
    """Darker, dark parts most, with the noise of an amplified sensor."""
    dark = 255 * (picture / 255.0) ** random.uniform(1.2, 2.2) * random.uniform(0.4, 0.9)
    return noise(_picture(dark), random)


def blur(picture: Picture, random: Random) -> Picture:
    """Out of focus, or smeared along a line by movement."""
    if random.random() < _EVEN:
        return _picture(cv2.GaussianBlur(picture, (0, 0), random.uniform(0.5, 1.8)))
    length = int(random.integers(3, 10))
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1 / length
    turn = cv2.getRotationMatrix2D(((length - 1) / 2,) * 2, random.uniform(0, 180), 1)
    line = cv2.warpAffine(kernel, turn, (length, length)).astype(np.float32)
    return _picture(cv2.filter2D(picture, -1, line / max(float(line.sum()), 1e-3)))


def softness(picture: Picture, random: Random) -> Picture:
    """A little out of focus: what a face of a dozen pixels survives."""
    return _picture(cv2.GaussianBlur(picture, (0, 0), random.uniform(0.3, 1.0)))


def noise(picture: Picture, random: Random) -> Picture:
    """Each pixel off by a little, colours apart."""
    off = random.standard_normal(picture.shape, np.float32) * random.uniform(2, 14)
    return _picture(picture + off)


def coarse(picture: Picture, random: Random) -> Picture:
    """Scaled down and up again, as a sub-stream is."""
    height, width = picture.shape[:2]
    part = random.uniform(0.4, 0.9)
    small = cv2.resize(picture, (max(1, int(width * part)), max(1, int(height * part))))
    return _picture(cv2.resize(small, (width, height)))


def compression(picture: Picture, random: Random) -> Picture:
    """JPEG's blocks and ringing."""
    quality = int(random.integers(20, 80))
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return _picture(cv2.imdecode(data, cv2.IMREAD_COLOR))


def _picture(values: object) -> Picture:
    clipped: Picture = np.clip(np.asarray(values), 0, 255).astype(np.uint8)
    return clipped


ON_FACES: Effects = (
    (colour_cast, 0.5),
    (infra_red, 0.35),
    (low_light, 0.12),
    (softness, 0.35),
    (noise, 0.2),
    (compression, 0.4),
)
"""For pictures with faces of a dozen pixels, of which stronger blur would leave nothing."""

_EFFECTS: tuple[tuple[Effect, float], ...] = (
    (colour_cast, 0.6),
    (infra_red, 0.15),
    (low_light, 0.12),
    (blur, 0.15),
    (noise, 0.12),
    (coarse, 0.15),
    (compression, 0.25),
)
