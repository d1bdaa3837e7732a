"""How wrong the network's answers are for a batch of pictures.

Here belongs the sum that is made small. Which cell answers for which box is `assignment.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from models.training.assignment import Assignment, assign, decoded, paired_overlaps
from models.training.samples import IGNORED

_PLACE_WEIGHT = 5.0
_COVERED = 0.5
Truth = tuple[Tensor, Tensor]
"""Boxes ``(N, 4)`` in pixels and kinds ``(N,)`` of one picture, the ignored ones among them."""


@dataclass(frozen=True, slots=True)
class Loss:
    """The parts of a batch's loss, each already divided by the number of answering cells."""

    place: Tensor
    presence: Tensor
    kind: Tensor
    edges: Tensor

    @property
    def total(self) -> Tensor:
        return self.place + self.presence + self.kind + self.edges


def loss_of(raw: Tensor, truths: Sequence[Truth], grid: Tensor, *, edges: bool) -> Loss:
    """The loss of logits ``(N, cells, 5 + classes)``.

    ``edges``: whether centre and size are also pulled straight at their targets, which sharpens
    boxes once pictures are no longer composed of four.
    """
    corners = decoded(raw[..., :4], grid)
    sums = [raw.new_zeros(()) for _ in range(4)]
    count = 0
    for answer, placed, truth in zip(raw, corners, truths, strict=True):
        parts, cells = _of_picture(torch.cat([placed, answer[:, 4:]], -1), answer, truth, grid)
        sums = [whole + part for whole, part in zip(sums, parts, strict=True)]
        count += cells
    place, presence, kind, straight = (whole / max(count, 1) for whole in sums)
    return Loss(_PLACE_WEIGHT * place, presence, kind, straight if edges else 0 * straight)


def _of_picture(
    answers: Tensor, raw: Tensor, truth: Truth, grid: Tensor
) -> tuple[tuple[Tensor, Tensor, Tensor, Tensor], int]:
    """The four sums over a picture's cells, and how many cells answer for a box."""
    boxes, kinds = truth
    known = kinds != IGNORED
    boxes, unsure, kinds = boxes[known], boxes[~known], kinds[known]
    chosen = assign(answers.detach(), boxes, kinds, grid)
    presence = _presence(answers, chosen, unsure)
    wanted = boxes[chosen.targets]
    cells = answers[chosen.cells]
    place = (1 - paired_overlaps(cells[:, :4], wanted).square()).sum()
    likeness = functional.one_hot(kinds[chosen.targets], answers.shape[1] - 5)
    kind = functional.binary_cross_entropy_with_logits(
        cells[:, 5:], likeness * chosen.overlap[:, None], reduction="sum"
    )
    straight = (raw[chosen.cells, :4] - _encoded(wanted, grid[chosen.cells])).abs().sum()
    return (place, presence, kind, straight), len(cells)


def _presence(answers: Tensor, chosen: Assignment, unsure: Tensor) -> Tensor:
    """Objectness against the chosen cells; silent where an ignored box explains the answer."""
    every = functional.binary_cross_entropy_with_logits(
        answers[:, 4], chosen.cells.to(answers.dtype), reduction="none"
    )
    if not len(unsure):
        return every.sum()
    low = torch.maximum(answers[:, None, :2], unsure[None, :, :2])
    high = torch.minimum(answers[:, None, 2:4], unsure[None, :, 2:])
    own = (answers[:, 2:4] - answers[:, :2]).prod(-1).clamp(min=1e-6)
    covered = ((high - low).clamp(min=0).prod(-1) / own[:, None] > _COVERED).any(1)
    return every[chosen.cells | ~covered].sum()


def _encoded(boxes: Tensor, grid: Tensor) -> Tensor:
    """What the head would have to say for these boxes, ``(P, 4)``."""
    strides = grid[:, 2:3]
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2 / strides - grid[:, :2]
    return torch.cat([centres, ((boxes[:, 2:] - boxes[:, :2]) / strides).clamp(min=1e-3).log()], 1)
