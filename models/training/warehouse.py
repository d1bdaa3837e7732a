"""The recipe of the warehouse detector: which data, which schedule, which choice.

Here belongs what is particular to this model. The numbers in `RECIPE` are those of the shipped
weights; the card tells how they did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.boxes import grid_of
from models.detector import YoloxDetector
from models.entries import ClassSpec, ModelEntry
from models.manifest import read_manifest
from models.sessions import Session, open_session
from models.training.base_weights import blended, network_of
from models.training.batches import Batches, Plan
from models.training.collection import Collection, Progress, collect, kept
from models.training.loop import Run, Schedule, Task
from models.training.losses import loss_of
from models.training.measuring import seen
from models.training.precision import average_precision
from models.training.samples import FORKLIFT, KINDS, PERSON, Sample
from models.training.teacher import Teacher
from models.training.yolox_nano import STRIDES, Probabilities, YoloxNano

BASE = "yolox_nano_coco"
SIZE_PX = 416
_COCO_PERSON, _COCO_TRUCK = 0, 7


BASE_SHARE = 0.2
"""The most of the base's weights that leaves no AP of the held-out pictures lower: of 0, 0.1, 0.2,
0.3 and 0.4."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the weights, beside the data."""

    plan: Plan
    schedule: Schedule


RECIPE = Recipe(
    Plan(batch=8, sizes_px=(320, 384, 448), four_in_one=0.5, seed=20),
    Schedule(
        epochs=15,
        plain_epochs=4,
        warm_steps=120,
        rate=5e-4,
        last_rate=1e-5,
        decay=1e-3,
        averaging=0.999,
    ),
)


def collection(data: Path, base: Path, work: Path, progress: Progress) -> Collection:
    """The data of the recipe, from the file in ``work`` or made now."""
    teacher = Teacher(base_detector(base))
    return kept(work / "collection.npz", lambda: collect(data, teacher, RECIPE.plan.seed, progress))


def train(samples: Collection, base: Path, work: Path, progress: Progress) -> bool:
    """Trains, or goes on training. False where a signal stopped it before its end."""
    torch.manual_seed(RECIPE.plan.seed)
    network = network_of(base, (_COCO_PERSON, _COCO_TRUCK))
    network.freeze_early()
    network.to(memory_format=torch.channels_last)
    batches = Batches(samples.labelled, samples.frames, RECIPE.plan)
    progress(f"{len(samples.labelled)} pictures, {len(samples.frames)} frames of clips")
    last_composed = RECIPE.schedule.epochs - RECIPE.schedule.plain_epochs

    def loss(network: nn.Module, epoch: int, step: int) -> Tensor:
        composed = epoch < last_composed
        pictures, truths = batches.draw(epoch, step, composed=composed)
        grid = torch.from_numpy(grid_of(pictures.shape[3], pictures.shape[2], STRIDES))
        return loss_of(network(pictures), truths, grid, edges=not composed).total

    task = Task(len(batches), loss, lambda network: score(network, samples.held_out))
    return Run(network, RECIPE.schedule, work).go(task, progress)


def last_network(work: Path, base: Path) -> YoloxNano:
    """The averaged weights of the last epoch, with a share of the base's.

    FileNotFoundError where no epoch was finished. Not those of the epoch that scored best on what
    was held out: from the ninth on the scores differ by less than chance, and the last epochs
    place boxes better.
    """
    network = YoloxNano(len(KINDS))
    network.load_state_dict(torch.load(work / "last.pt", weights_only=True))
    blended(network, network_of(base, (_COCO_PERSON, _COCO_TRUCK)), BASE_SHARE)
    return network


def base_detector(base: Path, min_score: float | None = None) -> YoloxDetector:
    """The product's adapter over the base model. ModelRefusedError where it is no graph."""
    return _detector(read_manifest().entry(BASE), base, min_score)


def own_detector(weights: Path, min_score: float | None = None) -> YoloxDetector:
    """The same over an exported network."""
    return _detector(_entry(), weights, min_score)


def _detector(entry: ModelEntry, weights: Path, min_score: float | None) -> YoloxDetector:
    session = open_session(entry.name, weights.read_bytes())
    return YoloxDetector(entry, session, *(() if min_score is None else (min_score,)))


def score(network: nn.Module, samples: Sequence[Sample]) -> float:
    """How good weights are: the mean over the kinds of AP50 and AP50:95."""
    detector = YoloxDetector(_entry(), TorchSession(network))
    each = [average_precision(seen(detector, samples, kind)) for kind in (PERSON, FORKLIFT)]
    return float(np.mean(each))


class TorchSession(Session):
    """A network under training in the place of an opened graph, for the product's adapter."""

    def __init__(self, network: nn.Module) -> None:
        self.name = "in training"
        self._network = Probabilities(network).eval()

    def run(self, batch: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        with torch.no_grad():
            return {"output": self._network(torch.from_numpy(batch)).numpy()}


def _entry() -> ModelEntry:
    """The base's entry, with the classes of the network in training."""
    classes = tuple(ClassSpec(index, kind, kind) for index, kind in enumerate(KINDS))
    return replace(read_manifest().entry(BASE), classes=classes, class_count=len(KINDS))
