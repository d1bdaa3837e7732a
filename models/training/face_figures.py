"""How well faces are found: recall at a rate of false alarms, by size, and how exact points are.

Here belongs the counting, in plain numpy, through the product's own adapter. Scenes to count on
come from the caller.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.boxes import areas, overlaps
from models.face_detector import FaceDetector
from models.training.faces import Faced, Points, size_px
from models.training.precision import partners
from models.training.samples import Boxes

EVERY_SCORE = 0.05
DAILY_SCORE = 0.6
"""From which on a camera's faces count, unless the configuration says otherwise."""
FALSE_PER_PICTURE = 0.1
SMALL, MIDDLE, LARGE = (12.0, 24.0), (24.0, 60.0), (60.0, np.inf)
BANDS = {"12 to 24 px": SMALL, "24 to 60 px": MIDDLE, "from 60 px": LARGE}
_SAME = 0.5
_UNSURE = 0.3
Floats = NDArray[np.float32]
Band = tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class FaceCount:
    """All pictures' faces in a row, and the false alarms.

    For each known face: ``sizes_px``, ``scores`` (of what found it, or 0) and ``off``: the mean
    distance of its points over that between its eyes, not-a-number where it was not found.
    ``false_scores``: of what is no face. ``pictures``: how many.
    """

    sizes_px: Floats
    scores: Floats
    off: Floats
    false_scores: Floats
    pictures: int

    @property
    def threshold(self) -> float:
        """The lowest score at which false alarms are rare enough."""
        allowed = int(FALSE_PER_PICTURE * self.pictures)
        falling = np.sort(self.false_scores)[::-1]
        return float(falling[allowed]) if len(falling) > allowed else EVERY_SCORE


def measured(detector: FaceDetector, pictures: Sequence[Faced]) -> FaceCount:
    """Counts what a detector finds in pictures, from `EVERY_SCORE` on."""
    each = [_one(detector, picture) for picture in pictures]
    sizes, scores, off, false = (np.concatenate(column) for column in zip(*each, strict=True))
    return FaceCount(sizes, scores, off, false, len(each))


def _one(detector: FaceDetector, picture: Faced) -> tuple[Floats, Floats, Floats, Floats]:
    found = detector.detect(picture.picture_bgr, EVERY_SCORE)
    boxes, points = (one[picture.known] for one in (picture.boxes_xyxy_px, picture.landmarks_px))
    own = partners(found.boxes_xyxy_px, found.scores, boxes, _SAME)
    scores = np.zeros(len(boxes), np.float32)
    off = np.full(len(boxes), np.nan, np.float32)
    hit = own >= 0
    scores[own[hit]] = found.scores[hit]
    off[own[hit]] = points_off(found.landmarks_px[hit], points[own[hit]])
    # A second box at a face, or a box where nobody can tell, is no false alarm.
    excused = _at(found.boxes_xyxy_px, picture.boxes_xyxy_px)
    return size_px(boxes), scores, off, found.scores[~hit & ~excused]


def points_off(found: Points, true: Points) -> Floats:
    """Mean distance of five points ``(N, 5, 2)`` over the distance between the true eyes."""
    eyes = np.linalg.norm(true[:, 0] - true[:, 1], axis=1)
    away = np.linalg.norm(found - true, axis=2).mean(axis=1)
    return np.asarray(away / np.maximum(eyes, 1e-3), np.float32)


def _at(found: Boxes, faces: Boxes) -> NDArray[np.bool_]:
    """Which boxes overlap a face by `_UNSURE`, ``(N,)``."""
    return np.asarray((overlaps(found, faces) >= _UNSURE).any(axis=1) & (areas(found) > 0))


def recall_of(count: FaceCount, band: Band, threshold: float | None = None) -> float:
    """The share of the faces of a size that is found; by default at `FALSE_PER_PICTURE`."""
    at = count.threshold if threshold is None else threshold
    meant = _in(count, band)
    # A score equal to the threshold's is a false alarm too many.
    return float((count.scores[meant] > at).mean()) if meant.any() else float("nan")


def side_by_side(counts: Sequence[FaceCount]) -> Iterator[tuple[str, list[float]]]:
    """Figures of several detectors on the same pictures, each with one value a detector."""
    yield "threshold at 1 false alarm in 10 pictures", [one.threshold for one in counts]
    for words, band in BANDS.items():
        yield f"{words}: faces", [float(_in(one, band).sum()) for one in counts]
        yield f"{words}: recall", [recall_of(one, band) for one in counts]
        yield (
            f"{words}: recall at score {DAILY_SCORE}",
            [recall_of(one, band, DAILY_SCORE) for one in counts],
        )
        yield f"{words}: points off", _points(counts, band)
    yield (
        f"false alarms a picture at score {DAILY_SCORE}",
        [float((one.false_scores > DAILY_SCORE).sum() / one.pictures) for one in counts],
    )


def _points(counts: Sequence[FaceCount], band: Band) -> list[float]:
    """Mean over the faces that all of them found at their thresholds."""
    found = np.all([one.scores > one.threshold for one in counts], axis=0)
    meant = found & _in(counts[0], band)
    return [float(one.off[meant].mean()) if meant.any() else float("nan") for one in counts]


def _in(count: FaceCount, band: Band) -> NDArray[np.bool_]:
    return np.asarray((count.sizes_px >= band[0]) & (count.sizes_px < band[1]))
