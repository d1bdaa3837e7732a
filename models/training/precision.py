"""Average precision and recall of boxes, as COCO counts them.

Pure numpy. Each picture brings its found boxes with scores and its true boxes; nothing here knows
a network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.boxes import overlaps

Boxes = NDArray[np.float32]
Floats = NDArray[np.float64]
_HALF = 0.5
LEVELS = tuple(np.arange(0.5, 1.0, 0.05).round(2).tolist())


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One picture and one kind: what was found and what is there.

    ``ignored``: boxes that count for nothing either way.
    """

    found: Boxes
    scores: NDArray[np.float32]
    true: Boxes
    ignored: Boxes


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Found boxes by falling score: score, precision and recall so far."""

    scores: Floats
    precision: Floats
    recall: Floats

    @property
    def average_precision(self) -> float:
        """The area under the curve, read at 101 recalls."""
        if not len(self.scores):
            return 0.0
        falling = np.maximum.accumulate(self.precision[::-1])[::-1]
        at = np.searchsorted(self.recall, np.linspace(0, 1, 101), side="left")
        return float(np.append(falling, 0.0)[np.minimum(at, len(falling))].mean())

    def recall_at(self, precision: float) -> float:
        """The largest recall at which precision is at least so high; 0 where it never is."""
        reached = self.recall[self.precision >= precision]
        return float(reached.max()) if len(reached) else 0.0


def curve(pictures: Sequence[Seen], overlap: float = 0.5) -> Curve:
    """The curve over all pictures. ValueError where there is no true box at all."""
    total = sum(len(one.true) for one in pictures)
    if not total:
        raise ValueError("no true boxes: nothing can be measured")
    scores = np.concatenate([one.scores for one in pictures]).astype(np.float64)
    hits = np.concatenate([matched(one, overlap) for one in pictures])
    counted = hits >= 0
    order = np.argsort(-scores[counted], kind="stable")
    right = np.cumsum(hits[counted][order])
    precision = right / np.arange(1, len(right) + 1)
    return Curve(scores[counted][order], precision, right / total)


def average_precision(pictures: Sequence[Seen]) -> tuple[float, float]:
    """AP at an overlap of 0.5, and its mean over 0.5 to 0.95."""
    each = [curve(pictures, level).average_precision for level in LEVELS]
    return each[0], float(np.mean(each))


def matched(one: Seen, overlap: float) -> NDArray[np.int64]:
    """For each found box: 1 right, 0 wrong, -1 counts for nothing."""
    hits = (partners(one.found, one.scores, one.true, overlap) >= 0).astype(np.int64)
    at_ignored = (overlaps(one.found, one.ignored) >= min(overlap, _HALF)).any(axis=1)
    hits[(hits == 0) & at_ignored] = -1
    return hits


def partners(
    found: Boxes, scores: NDArray[np.float32], true: Boxes, overlap: float
) -> NDArray[np.int64]:
    """For each found box the true box that is its own, or -1. Best score chooses first."""
    own = np.full(len(found), -1, np.int64)
    table = overlaps(found, true)
    for index in np.argsort(-scores, kind="stable"):
        if len(true) and table[index].max() >= overlap:
            own[index] = table[index].argmax()
            table[:, own[index]] = -1
    return own
