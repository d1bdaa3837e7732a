"""Which detection continues which track in one frame, and how sure that is.

Geometry of boxes only: no identities, no ages beyond "seconds since last seen", no scores.
Boxes come as arrays ``(N, 4)`` of left, top, right, bottom in relative coordinates.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vision.core.assignment import Pairs, assign
from vision.core.values import Box

Array = NDArray[np.float64]
Round = tuple[Sequence[int], Sequence[int], float]

MARGIN: Final = 0.1
MARGIN_PER_S: Final = 0.5
MARGIN_MAX: Final = 0.8
"""Boxes are compared with a rim around them, in parts of their own width and height: a small
one, more for each second since the track was last seen, up to a limit. The rim lets a walker
be found again at two frames a second, where his boxes no longer overlap (buffered IoU, after
Yang et al., "Hard to track objects with irregular motions and similar appearances", 2023)."""

OVERLAP_LIMIT: Final = 0.9
"""Costs under this are one minus the IoU of the rimmed boxes."""

REACH: Final = 0.2
REACH_PER_S: Final = 1.2
REACH_MAX: Final = 1.2
"""How far a centre may be from where it was expected when nothing overlaps, in heights of the
object: a runner covers about two in a second, and prediction knows part of it."""

DISTANCE_LIMIT: Final = 2.0
"""Costs from 1 up to this are one plus the distance in parts of the reach."""

SIZE_RATIO: Final = 0.6
"""Where only distance speaks, the smaller height must be at least this part of the larger."""

SWAP_TOO_CHEAP: Final = 0.35
"""Two tracks are in doubt if exchanging their detections would cost less than this more."""

TINY: Final = 1e-9


def as_array(boxes: Sequence[Box]) -> Array:
    """Boxes as ``(N, 4)``, also when there are none."""
    rows = [(b.left, b.top, b.right, b.bottom) for b in boxes]
    return np.array(rows, dtype=np.float64).reshape(-1, 4)


def association_costs(tracks: Array, unseen_s: Array, detections: Array, aspect: float) -> Array:
    """What it would cost to continue each track with each detection: ``(N, M)``, inf for never.

    ``tracks`` (N, 4): where they are expected now; ``unseen_s`` (N,): seconds since each was
    last seen; ``detections`` (M, 4); ``aspect``: width of the picture over its height.
    ``[i, j]`` is under ``OVERLAP_LIMIT`` where the rimmed boxes overlap, between 1 and
    ``DISTANCE_LIMIT`` where only the distance of the centres allows the pair.
    """
    rim = np.minimum(MARGIN + MARGIN_PER_S * unseen_s, MARGIN_MAX)[:, None]
    overlap = _iou(_with_rim(tracks[:, None, :], rim), _with_rim(detections[None, :, :], rim))
    costs = 1.0 - overlap
    by_distance = 1.0 + _distances(tracks, unseen_s, detections, aspect)
    by_distance[by_distance >= DISTANCE_LIMIT] = np.inf
    combined: Array = np.where(costs < OVERLAP_LIMIT, costs, by_distance)
    return combined


def match_in_rounds(costs: Array, rounds: Iterable[Round]) -> Pairs:
    """Pair rows with columns, round by round; what an earlier round took is gone for the next.

    A round is the rows and columns that take part and the limit under which they may pair.
    """
    pairs: Pairs = []
    for rows, columns, limit in rounds:
        taken_rows, taken_columns = {i for i, _ in pairs}, {j for _, j in pairs}
        free_rows = [i for i in rows if i not in taken_rows]
        free_columns = [j for j in columns if j not in taken_columns]
        if not free_rows or not free_columns:
            continue  # most rounds of most frames: not worth NumPy's overhead
        chosen = assign(costs[np.ix_(free_rows, free_columns)], limit)
        pairs.extend((free_rows[i], free_columns[j]) for i, j in chosen)
    return pairs


def doubtful_swaps(costs: Array, pairs: Pairs) -> Pairs:
    """Pairs of rows whose detections might as well belong to each other.

    This catches people who pass each other between two frames, whose boxes meet in neither.
    """
    if len(pairs) < 2:  # noqa: PLR2004 -- it takes two
        return []
    rows, columns = (np.array(side, dtype=np.intp) for side in zip(*pairs, strict=True))
    between = costs[np.ix_(rows, columns)]
    own = between.diagonal()
    extra = between + between.T - own[:, None] - own[None, :]
    near = np.argwhere(np.triu(extra < SWAP_TOO_CHEAP, k=1))
    return [(int(rows[i]), int(rows[j])) for i, j in near]


def overlapping(boxes: Array, threshold: float) -> Pairs:
    """Index pairs of boxes that share ``threshold`` or more of the smaller one's area."""
    shared = _shared_area(boxes[:, None, :], boxes[None, :, :])
    areas = _area(boxes)
    parts = shared / np.maximum(np.minimum(areas[:, None], areas[None, :]), TINY)
    return [(int(i), int(j)) for i, j in np.argwhere(np.triu(parts >= threshold, k=1))]


def _distances(tracks: Array, unseen_s: Array, detections: Array, aspect: float) -> Array:
    """Distances of the centres in parts of each track's reach; inf where the sizes differ."""
    from_centre, to_centre = _centres(tracks, aspect), _centres(detections, aspect)
    away = np.hypot(*np.moveaxis(from_centre[:, None, :] - to_centre[None, :, :], -1, 0))
    heights = np.maximum(tracks[:, 3] - tracks[:, 1], TINY)[:, None]
    others = np.maximum(detections[:, 3] - detections[:, 1], TINY)[None, :]
    reach = np.minimum(REACH + REACH_PER_S * unseen_s, REACH_MAX)[:, None] * heights
    alike = np.minimum(heights, others) >= SIZE_RATIO * np.maximum(heights, others)
    parts: Array = np.where(alike, away / reach, np.inf)
    return parts


def _centres(boxes: Array, aspect: float) -> Array:
    centres: Array = (boxes[:, :2] + boxes[:, 2:]) / 2 * np.array([aspect, 1.0])
    return centres


def _with_rim(boxes: Array, rim: Array) -> Array:
    grow = (boxes[..., 2:] - boxes[..., :2]) * rim[..., None]
    return np.concatenate([boxes[..., :2] - grow, boxes[..., 2:] + grow], axis=-1)


def _iou(one: Array, other: Array) -> Array:
    shared = _shared_area(one, other)
    either: Array = np.maximum(_area(one) + _area(other) - shared, TINY)
    return shared / either


def _shared_area(one: Array, other: Array) -> Array:
    low = np.maximum(one[..., :2], other[..., :2])
    high = np.minimum(one[..., 2:], other[..., 2:])
    return _product(np.maximum(high - low, 0.0))


def _area(boxes: Array) -> Array:
    return _product(np.maximum(boxes[..., 2:] - boxes[..., :2], 0.0))


def _product(sides: Array) -> Array:
    """Width times height; ``np.prod`` takes three times as long for so few boxes."""
    product: Array = sides[..., 0] * sides[..., 1]
    return product
