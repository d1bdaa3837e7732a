"""Which way up a picture belongs: what the base model is surest of, and where it errs, what we saw.

Here belongs the choice. Turning is `samples.py`, and what the base model sees `teacher.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

from models.training.samples import Sample, turned
from models.training.teacher import Teacher

_MARK = "_jpg"
_BY_EYE = {
    "3JZYZSJC4MC7": 1,
    "40RYVAAKAGDC": 1,
    "4ZD5D5B6YEND": 3,
    "7U7OK6PBK4X0": 2,
    "7Y8VMEQ934RX": 1,
    "A49XU2OFO50J": 0,
    "A5I41ONMH4X9": 3,
    "DWGGM031MW2M": 3,
    "FU46N5R9C6B3": 3,
    "GGHN7T2R5XQG": 1,
    "HM5MUXJZWV0G": 0,
    "HPMATMGB7XCS": 0,
    "JDU110AVBREE": 2,
    "LBU741FZX1OZ": 3,
    "MV9PL3LER0UU": 2,
    "NVL8YR7VSQ04": 1,
    "Q2FFU22M82PS": 3,
    "RXPYYD9ZW5KH": 1,
    "Y3VTQRM6PQOD": 1,
}
"""Quarters against the clock, for the first version by name, of pictures that the base model would
leave lying or upside down. All 295 were looked at; of some nobody can say."""


def upright(versions: Sequence[Sample], teacher: Teacher) -> list[Sample]:
    """The versions of one picture, all turned alike; they lie the same way when they come."""
    quarters = _BY_EYE.get(versions[0].group.removesuffix(_MARK))
    if quarters is None:
        quarters = max(range(4), key=lambda one: _sureness(versions, one, teacher))
    return [turned(one, quarters) for one in versions]


def _sureness(versions: Sequence[Sample], quarters: int, teacher: Teacher) -> float:
    return sum(teacher.sureness(turned(one, quarters).picture_bgr) for one in versions)
