"""The recipe of the warehouse detector: which data, which schedule, which choice.

Here belongs what is particular to this model. The numbers in `RECIPE` are those of the shipped
weights; the card tells how they did.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from models.boxes import grid_of
from models.detector import YoloxDetector
from models.entries import ClassSpec, ModelEntry
from models.manifest import read_manifest
from models.sessions import open_session
from models.training.base_weights import blended, network_of
from models.training.batches import Batches, Plan
from models.training.collection import Collection, Progress, collect, kept
from models.training.loop import Run, Schedule, Task
from models.training.losses import loss_of
from models.training.normalising import fold, normalise, prepare
from models.training.samples import KINDS
from models.training.teacher import Teacher
from models.training.yolox_nano import STRIDES, YoloxNano

BASE = "yolox_nano_coco"
SIZE_PX = 416
_COCO_PERSON, _COCO_TRUCK = 0, 7


BASE_SHARE = 0.3
"""Of 0, 0.1, 0.2, 0.3 and 0.4 the one with the highest AP of people among those that forget nobody
in the clips; the card has the figures of each."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the weights, beside the data."""

    plan: Plan
    schedule: Schedule


RECIPE = Recipe(
    Plan(batch=16, sizes_px=(320, 384, 448), four_in_one=0.5, seed=20),
    Schedule(
        epochs=18,
        plain_epochs=4,
        warm_steps=100,
        rate=7e-4,
        last_rate=1.4e-5,
        decay=1e-3,
        averaging=0.9985,
    ),
)
_FIRST_LOOKS = 12
"""Batches that batch normalisation's first means and spreads are taken from."""


def collection(data: Path, base: Path, work: Path, progress: Progress) -> Collection:
    """The data of the recipe, from the file in ``work`` or made now."""
    teacher = Teacher(base_detector(base))
    return kept(work / "collection.npz", lambda: collect(data, teacher, progress))


def train(samples: Collection, base: Path, work: Path, progress: Progress) -> bool:
    """Trains, or goes on training. False where a signal stopped it before its end."""
    torch.manual_seed(RECIPE.plan.seed)
    batches = Batches(samples.labelled, samples.frames, RECIPE.plan)
    network = network_of(base, (_COCO_PERSON, _COCO_TRUCK))
    network.freeze_early()
    normalise(network, (batches.draw(0, step, composed=True)[0] for step in range(_FIRST_LOOKS)))
    network.to(memory_format=torch.channels_last)
    progress(f"{len(samples.labelled)} pictures, {len(samples.frames)} frames of clips")
    last_composed = RECIPE.schedule.epochs - RECIPE.schedule.plain_epochs

    def loss(network: nn.Module, epoch: int, step: int) -> Tensor:
        composed = epoch < last_composed
        pictures, truths = batches.draw(epoch, step, composed=composed)
        grid = torch.from_numpy(grid_of(pictures.shape[3], pictures.shape[2], STRIDES))
        return loss_of(network(pictures), truths, grid, edges=not composed).total

    return Run(network, RECIPE.schedule, work).go(Task(len(batches), loss), progress)


def last_network(work: Path, base: Path) -> YoloxNano:
    """The averaged weights of the last epoch, with a share of the base's.

    FileNotFoundError where no epoch was finished.
    """
    network = YoloxNano(len(KINDS))
    network.freeze_early()
    prepare(network)
    network.load_state_dict(torch.load(work / "last.pt", weights_only=True))
    fold(network)
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


def _entry() -> ModelEntry:
    """The base's entry, with the classes of the network in training."""
    classes = tuple(ClassSpec(index, kind, kind) for index, kind in enumerate(KINDS))
    return replace(read_manifest().entry(BASE), classes=classes, class_count=len(KINDS))
