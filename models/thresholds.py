"""Which measured thresholds hold for a register of so many people.

Pure. A stranger among many is more like somebody than a stranger among few, so a threshold holds
for the gallery that it was measured with. Here belongs the choice between rows of the manifest,
and the little that may be read beyond them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from models.entries import EmbeddingSpec, MeasuredThresholds, Thresholds

FARTHEST = 10.0
"""How many times larger than measured a gallery may be before that must be said."""

NOT_MEASURED = "thresholds_not_measured"
BEYOND_MEASURED_SIZE = "register_beyond_measured_size"
MORE_ALIKE = "register_more_alike_than_measured"

_MANY_TIMES = 5.0
"""How many times more pairs may be alike than where the thresholds were measured."""

_CHANCE = 3.0
"""Standard deviations beyond that which chance may add, and ``_FEW`` pairs besides."""

_FEW = 2
Pairs = tuple[int, int]
"""How many pairs of people on a register are alike, and how many there are."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Thresholds, and what they rest on.

    ``gallery``: the size of the measured gallery; None where nothing was measured.
    ``doubt``: a stable code for why they are not to be relied on; None where they are.
    """

    thresholds: Thresholds
    gallery: int | None
    doubt: str | None = None


def thresholds_for(spec: EmbeddingSpec, people: int, looks: int, pairs: Pairs = (0, 0)) -> Choice:
    """The thresholds for a gallery of ``people`` and decisions of ``looks`` looks.

    The row of the next larger gallery measured holds, and of the next larger number of looks. For
    a gallery up to tenfold the largest, accept rises on with the logarithm of the size, as it did
    over the last two rows; beyond that it stays there, and the doubt is said. So it is where more
    ``pairs`` of the people are alike than of those on whom all this was measured.
    """
    rows = _of_looks(spec.measured, looks)
    if not rows:
        return Choice(spec.thresholds, None, NOT_MEASURED)
    choice = _of_size(rows, people)
    if choice.doubt is None and spec.alike is not None and _are_more_alike(pairs, spec.alike):
        return replace(choice, doubt=MORE_ALIKE)
    return choice


def _are_more_alike(pairs: Pairs, share: float) -> bool:
    """Whether clearly more pairs are alike than that share of them.

    An embedder that learnt from one part of mankind tells the people of another apart less well,
    and then strangers among them pass for staff.
    """
    alike, total = pairs
    allowed = _MANY_TIMES * share * total
    return alike > allowed + _CHANCE * math.sqrt(allowed) + _FEW


def _of_size(rows: list[MeasuredThresholds], people: int) -> Choice:
    for row in rows:
        if row.gallery >= people:
            return Choice(row.thresholds, row.gallery)
    return _beyond(rows, people)


def _of_looks(rows: tuple[MeasuredThresholds, ...], looks: int) -> list[MeasuredThresholds]:
    """The rows of the smallest number of looks that is enough, by size; else of the largest."""
    numbers = sorted({row.looks for row in rows})
    number = next((n for n in numbers if n >= looks), numbers[-1] if numbers else 0)
    return sorted((row for row in rows if row.looks == number), key=lambda row: row.gallery)


def _beyond(rows: list[MeasuredThresholds], people: int) -> Choice:
    last = rows[-1]
    times = min(people / last.gallery, FARTHEST)
    accept = min(1.0, last.thresholds.accept + _rise(rows) * math.log10(times))
    doubt = BEYOND_MEASURED_SIZE if people > FARTHEST * last.gallery else None
    return Choice(replace(last.thresholds, accept=round(accept, 4)), last.gallery, doubt)


def _rise(rows: list[MeasuredThresholds]) -> float:
    """How much accept rises while the gallery grows tenfold; never falls."""
    if len(rows) == 1:
        return 0.0
    before, last = rows[-2:]
    decades = math.log10(last.gallery / before.gallery)
    return max(0.0, (last.thresholds.accept - before.thresholds.accept) / decades)
