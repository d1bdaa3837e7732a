"""Where a box is going: a constant-velocity filter whose time is seconds, not frames.

Only the arithmetic of one object's motion lives here; which box belongs to which object is
``vision.core.association``'s question. Inside, both axes are measured in heights of the
picture, so that a step to the side and a step forward weigh the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import Final

from vision.core.values import Box

MEASURED_WITHIN: Final = 0.03
"""Standard deviation of a detected box's centre and sides, in heights of the object."""

CENTRE_UNREST: Final = 1.0
SIZE_UNREST: Final = 0.4
"""How much the speed wanders: heights of the object per second, after one second.

A walker covers about 0.8 of his height in a second and can stop or turn within one."""

FIRST_SPEED: Final = 1.0
"""Standard deviation of the still unknown speed of a new object, heights of it per second."""

SPEED_LASTS_S: Final = 1.0
"""How long an unseen object is believed to keep its speed; the belief fades exponentially."""

LEAST_HEIGHT: Final = 0.01
"""Noise is never scaled by less, in heights of the picture."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One coordinate with its speed and their covariance; picture heights and seconds."""

    at: float
    speed: float
    at_var: float
    both_cov: float
    speed_var: float


@dataclass(frozen=True, slots=True)
class Motion:
    """The four independent coordinates of a box: centre and sides."""

    centre_x: Axis
    centre_y: Axis
    width: Axis
    height: Axis


def start(box: Box, aspect: float) -> Motion:
    """The motion of an object seen once, standing still for all one knows.

    ``aspect``: width of the picture over its height.
    """
    scale = max(box.height, LEAST_HEIGHT)
    at_var, speed_var = (MEASURED_WITHIN * scale) ** 2, (FIRST_SPEED * scale) ** 2
    return Motion(*(Axis(at, 0.0, at_var, 0.0, speed_var) for at in _measures(box, aspect)))


def predict(motion: Motion, elapsed_s: float, seen_ago_s: float) -> Motion:
    """The motion ``elapsed_s`` seconds on, ``seen_ago_s`` after the object was last seen.

    Up to ``SPEED_LASTS_S`` unseen the speed is kept, from then on it fades, so that somebody
    who stopped behind a rack is not carried out of the picture. The uncertainty grows with
    time and with the object's own height.
    """
    scale = max(motion.height.at, LEAST_HEIGHT)
    overdue_s = min(max(seen_ago_s - SPEED_LASTS_S, 0.0), elapsed_s)
    kept = exp(-overdue_s / SPEED_LASTS_S)
    centre, size = (CENTRE_UNREST * scale) ** 2, (SIZE_UNREST * scale) ** 2
    return Motion(
        _predict(motion.centre_x, elapsed_s, kept, centre),
        _predict(motion.centre_y, elapsed_s, kept, centre),
        _predict(motion.width, elapsed_s, kept, size),
        _predict(motion.height, elapsed_s, kept, size),
    )


def correct(motion: Motion, box: Box, aspect: float) -> Motion:
    """The motion after the object has been seen at ``box``."""
    noise = (MEASURED_WITHIN * max(box.height, LEAST_HEIGHT)) ** 2
    x, y, width, height = _measures(box, aspect)
    return Motion(
        _correct(motion.centre_x, x, noise),
        _correct(motion.centre_y, y, noise),
        _correct(motion.width, width, noise),
        _correct(motion.height, height, noise),
    )


def box_of(motion: Motion, aspect: float) -> Box:
    """The box where the object should be, relative coordinates, cut at the picture's edges.

    An object that has left the picture is an empty box on its edge.
    """
    half_width = max(motion.width.at, 0.0) / (2 * aspect)
    half_height = max(motion.height.at, 0.0) / 2
    x, y = motion.centre_x.at / aspect, motion.centre_y.at
    return Box(
        _within_picture(x - half_width),
        _within_picture(y - half_height),
        _within_picture(x + half_width),
        _within_picture(y + half_height),
    )


def _measures(box: Box, aspect: float) -> tuple[float, float, float, float]:
    centre_x, centre_y = (box.left + box.right) / 2 * aspect, (box.top + box.bottom) / 2
    return centre_x, centre_y, box.width * aspect, box.height


def _within_picture(coordinate: float) -> float:
    return min(max(coordinate, 0.0), 1.0)


def _predict(axis: Axis, elapsed_s: float, kept: float, unrest: float) -> Axis:
    """White noise on the acceleration, of density ``unrest``, integrated over the time."""
    t, speed = elapsed_s, axis.speed * kept
    return Axis(
        axis.at + speed * t,
        speed,
        axis.at_var + 2 * t * axis.both_cov + t * t * axis.speed_var + unrest * t**3 / 3,
        axis.both_cov + t * axis.speed_var + unrest * t * t / 2,
        axis.speed_var + unrest * t,
    )


def _correct(axis: Axis, measured: float, noise: float) -> Axis:
    surprise = measured - axis.at
    total = axis.at_var + noise
    gain, speed_gain = axis.at_var / total, axis.both_cov / total
    return Axis(
        axis.at + gain * surprise,
        axis.speed + speed_gain * surprise,
        (1 - gain) * axis.at_var,
        (1 - gain) * axis.both_cov,
        axis.speed_var - speed_gain * axis.both_cov,
    )
