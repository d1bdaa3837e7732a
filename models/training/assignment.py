"""Which cells learn which box: each box takes the cells that already see it best.

A box may claim cells inside it or near its middle. It takes as many as their overlaps add up to,
the cheapest first, where cheap means: well placed and of the right kind. (The idea of SimOTA,
from Ge et al., "YOLOX", 2021.)
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

_NEAR_CELLS = 2.5
_BEST_OVERLAPS = 10
_PLACE_WEIGHT = 3.0
_OUTSIDE = 1e5
_FORBIDDEN = 1e9
_TINY = 1e-8


@dataclass(frozen=True, slots=True)
class Assignment:
    """``cells`` ``(P,)`` bool; for each of them: ``targets`` the box, ``overlap`` with it now."""

    cells: Tensor
    targets: Tensor
    overlap: Tensor


def decoded(raw: Tensor, grid: Tensor) -> Tensor:
    """``(..., cells, 4)`` corners in pixels from the head's centres and logarithmic sizes."""
    strides = grid[:, 2:3]
    centres = (raw[..., :2] + grid[:, :2]) * strides
    halves = raw[..., 2:4].clamp(max=8.0).exp() * strides / 2
    return torch.cat([centres - halves, centres + halves], -1)


def overlaps(first: Tensor, second: Tensor) -> Tensor:
    """Intersection over union of boxes ``(N, 4)`` and ``(M, 4)``: ``(N, M)``."""
    return paired_overlaps(first[:, None], second[None])


def paired_overlaps(first: Tensor, second: Tensor) -> Tensor:
    """Intersection over union of boxes that stand at the same place of both tensors."""
    low = torch.maximum(first[..., :2], second[..., :2])
    high = torch.minimum(first[..., 2:], second[..., 2:])
    shared = (high - low).clamp(min=0).prod(-1)
    areas = [(one[..., 2:] - one[..., :2]).prod(-1) for one in (first, second)]
    return shared / (areas[0] + areas[1] - shared + _TINY)


@torch.no_grad()
def assign(answers: Tensor, boxes: Tensor, kinds: Tensor, grid: Tensor) -> Assignment:
    """Cells for the boxes ``(N, 4)`` of one picture.

    ``answers`` ``(cells, 5 + classes)``: decoded corners, then logits.
    """
    if not len(boxes):
        nothing = boxes.new_zeros(0)
        return Assignment(grid.new_zeros(len(grid), dtype=torch.bool), nothing.long(), nothing)
    inside, central = _candidates(boxes, grid)
    overlap = overlaps(boxes, answers[:, :4])
    cost = _cost(answers, kinds, overlap) + _OUTSIDE * ~(inside & central)
    cost = torch.where(inside | central, cost, _FORBIDDEN)
    taken = _cheapest(cost, torch.where(inside | central, overlap, 0))
    rivals = torch.where(taken, cost, 2 * _FORBIDDEN)
    owner = rivals.argmin(0)
    cells = taken.any(0)
    return Assignment(cells, owner[cells], overlap[owner[cells], cells.nonzero()[:, 0]])


def _candidates(boxes: Tensor, grid: Tensor) -> tuple[Tensor, Tensor]:
    """Cells whose middle lies in the box, and cells near the box's middle: ``(N, cells)`` each."""
    middles = (grid[:, :2] + 0.5) * grid[:, 2:3]
    inside = ((middles > boxes[:, None, :2]) & (middles < boxes[:, None, 2:])).all(-1)
    centres = (boxes[:, None, :2] + boxes[:, None, 2:]) / 2
    near = (middles - centres).abs() < _NEAR_CELLS * grid[:, 2:3]
    return inside, near.all(-1)


def _cost(answers: Tensor, kinds: Tensor, overlap: Tensor) -> Tensor:
    """How badly each cell explains each box, ``(N, cells)``."""
    presence = answers[:, 4:5].sigmoid()
    believed = (answers[:, 5:].sigmoid() * presence).sqrt().clamp(_TINY, 1 - 1e-6)
    wanted = functional.one_hot(kinds, believed.shape[1]).to(believed.dtype)
    unlike = -(wanted @ believed.log().T + (1 - wanted) @ (1 - believed).log().T)
    return unlike - _PLACE_WEIGHT * (overlap + _TINY).log()


def _cheapest(cost: Tensor, overlap: Tensor) -> Tensor:
    """For each box as many of its cheapest cells as its best overlaps add up to, at least one."""
    best = overlap.topk(min(_BEST_OVERLAPS, overlap.shape[1]), dim=1).values
    counts = best.sum(1).int().clamp(min=1)
    rank = cost.argsort(1).argsort(1)
    return (rank < counts[:, None]) & (cost < _FORBIDDEN)
