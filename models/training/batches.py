"""Batches to learn from, drawn so that any step can be made again by itself.

Every choice comes from (seed, epoch, step, place in the batch), so a run that was stopped goes on
as if it had not been.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.training.losses import Truth
from models.training.samples import Sample
from models.training.scenes import Zoom, alone, fitted, four_in_one
from models.training.weathering import weathered

_ZOOM = Zoom(0.5, 1.8)
_AS_SHOWN = 0.3


@dataclass(frozen=True, slots=True)
class Plan:
    """How batches are drawn. ``sizes_px``: sides of the square canvas, one chosen a batch."""

    batch: int
    sizes_px: tuple[int, ...]
    four_in_one: float
    seed: int


class Batches:
    """Batches over labelled pictures and frames of clips."""

    def __init__(self, labelled: Sequence[Sample], frames: Sequence[Sample], plan: Plan) -> None:
        self._samples = [*labelled, *frames]
        self._plan = plan

    def __len__(self) -> int:
        """Steps an epoch."""
        return len(self._samples) // self._plan.batch

    def draw(self, epoch: int, step: int, *, composed: bool) -> tuple[Tensor, list[Truth]]:
        """Pictures ``(N, 3, size, size)`` float32 0-255 and what is in them."""
        plan = self._plan
        order = np.random.default_rng((plan.seed, epoch)).permutation(len(self._samples))
        random = np.random.default_rng((plan.seed, epoch, step))
        size = int(random.choice(plan.sizes_px))
        chosen = order[step * plan.batch : (step + 1) * plan.batch]
        scenes = [self._scene(int(index), size, random, composed=composed) for index in chosen]
        stacked = np.stack([one.picture_bgr.transpose(2, 0, 1) for one in scenes])
        pictures = torch.from_numpy(stacked.astype(np.float32))
        truths = [
            (torch.from_numpy(one.boxes_xyxy_px), torch.from_numpy(one.kinds)) for one in scenes
        ]
        return pictures.contiguous(memory_format=torch.channels_last), truths

    def _scene(
        self, index: int, size: int, random: np.random.Generator, *, composed: bool
    ) -> Sample:
        sample = self._samples[index]
        if composed and random.random() < self._plan.four_in_one:
            others = [
                self._samples[int(one)] for one in random.integers(len(self._samples), size=3)
            ]
            scene = four_in_one([sample, *others], (size, size), random)
        elif random.random() < _AS_SHOWN:
            scene = fitted(sample, (size, size))
        else:
            scene = alone(sample, (size, size), _ZOOM, random)
        picture = weathered(scene.picture_bgr, random)
        return Sample(picture, scene.boxes_xyxy_px, scene.kinds, scene.group)
