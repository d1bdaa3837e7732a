"""How wrong YuNet's answers are for a batch of scenes, and how far from the base model's.

Here belong the sums that are made small. Which cell answers for which face is `assignment.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from models.training.assignment import assign, decoded, paired_overlaps

_PLACE_WEIGHT = 5.0
_POINTS_WEIGHT = 3.0
_CLASS = 5
_POINTS = 6
_SURE = 0.5
_NEAR = 0.1


@dataclass(frozen=True, slots=True)
class FacesTruth:
    """One scene: ``boxes`` ``(N, 4)``, ``points`` ``(N, 10)`` in pixels, ``known`` ``(N,)``."""

    boxes: Tensor
    points: Tensor
    known: Tensor


def faces_loss(raw: Tensor, truths: Sequence[FacesTruth], grid: Tensor) -> Tensor:
    """The loss of ``(N, cells, 16)`` against what is in the scenes, by answering cell."""
    corners = decoded(raw[..., :4], grid)
    total, count = raw.new_zeros(()), 0
    for answer, placed, truth in zip(raw, corners, truths, strict=True):
        part, cells = _of_scene(answer, placed, truth, grid)
        total, count = total + part, count + cells
    return total / max(count, 1)


def _of_scene(
    answer: Tensor, placed: Tensor, truth: FacesTruth, grid: Tensor
) -> tuple[Tensor, int]:
    boxes, points = truth.boxes[truth.known], truth.points[truth.known]
    kinds = torch.zeros(len(boxes), dtype=torch.long)
    believed = torch.cat([placed, answer[:, 4:_POINTS]], -1).detach()
    chosen = assign(believed, boxes, kinds, grid)
    cells, near = chosen.cells, grid[chosen.cells]
    wanted = boxes[chosen.targets]
    place = (1 - paired_overlaps(placed[cells], wanted)).sum()
    # In shares of the face, so that a pixel weighs more in a small one.
    sides = (wanted[:, 2:] - wanted[:, :2]).prod(-1).sqrt()[:, None]
    off = (_points_px(answer[cells], near) - points[chosen.targets]) / sides
    spread = functional.smooth_l1_loss(off, torch.zeros_like(off), beta=_NEAR, reduction="sum") / 10
    likely = functional.binary_cross_entropy_with_logits(
        answer[cells, _CLASS], chosen.overlap, reduction="sum"
    )
    present = _presence(answer[:, 4], cells, truth.boxes[~truth.known], grid)
    return _PLACE_WEIGHT * place + _POINTS_WEIGHT * spread + likely + present, int(cells.sum())


def _points_px(answer: Tensor, grid: Tensor) -> Tensor:
    """``(P, 10)`` in pixels from what the head says."""
    return (answer[:, _POINTS:] + grid[:, :2].repeat(1, 5)) * grid[:, 2:3]


def _presence(logits: Tensor, cells: Tensor, unsure: Tensor, grid: Tensor) -> Tensor:
    """Presence against the answering cells; silent in boxes of which nobody can tell."""
    every = functional.binary_cross_entropy_with_logits(
        logits, cells.to(logits.dtype), reduction="none"
    )
    if not len(unsure):
        return every.sum()
    middles = (grid[:, :2] + 0.5) * grid[:, 2:3]
    inside = (middles > unsure[:, None, :2]) & (middles < unsure[:, None, 2:])
    return every[cells | ~inside.all(-1).any(0)].sum()


def nearness_loss(raw: Tensor, teacher: Tensor, grid: Tensor, from_stride: float) -> Tensor:
    """How far answers are from the base model's where it is sure of a face, at coarse strides.

    Both ``(N, cells, 16)`` as logits. Large faces are known to the base already; this keeps them.
    """
    coarse = grid[:, 2] >= from_stride
    own, other = raw[:, coarse], teacher[:, coarse]
    sure = (other[..., 4:_POINTS].sigmoid().prod(-1).sqrt()) > _SURE
    own, other = own[sure], other[sure]
    if not len(own):
        return raw.new_zeros(())
    places = [*range(4), *range(_POINTS, raw.shape[-1])]
    apart = functional.smooth_l1_loss(own[:, places], other[:, places], beta=_NEAR)
    likely = functional.binary_cross_entropy_with_logits(
        own[:, 4:_POINTS], other[:, 4:_POINTS].sigmoid()
    )
    return apart + likely
