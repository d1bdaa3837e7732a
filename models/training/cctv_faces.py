"""The recipe of the face detector for cameras: which scenes, which schedule, which choice.

Here belongs what is particular to this model. The numbers in `RECIPE` are those of the shipped
weights; the card tells how they did.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.boxes import grid_of
from models.face_detector import YunetFaceDetector
from models.sessions import Session, open_session
from models.training.base_weights import blended, fill
from models.training.face_collection import FaceSources
from models.training.face_figures import SMALL, measured, recall_of
from models.training.face_losses import FacesTruth, faces_loss, nearness_loss
from models.training.face_scenes import Crowd, scene
from models.training.faces import Faced, Progress
from models.training.loop import Run, Schedule, Task
from models.training.weathering import ON_FACES, weathered
from models.training.yunet import STRIDES, NamedAnswers, Yunet
from models.yunet_graph import open_sizes

_HELD_OUT_WH = (640, 384)
_HELD_OUT_CROWD = Crowd(((4, 12.0, 24.0), (3, 24.0, 60.0), (2, 60.0, 180.0)))
_HELD_OUT_SEED = 99
WATCHED_SCENES, MEASURED_SCENES = 60, 600
"""How many scenes a run is watched by, and a finished model is measured on."""


BASE_SHARE = 0.8
"""The least of the base's weights with which no face from 24 px on is lost in the clips: of 0, 0.3,
0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9 and 0.95."""


@dataclass(frozen=True, slots=True)
class FacesPlan:
    """How batches are drawn. ``steps``: an epoch's; ``size_px``: the side of the square scenes.

    ``nearness``: the weight of staying near the base, at cells of stride ``near_from`` and more.
    """

    batch: int
    steps: int
    size_px: int
    crowd: Crowd
    nearness: float
    near_from: float
    seed: int


@dataclass(frozen=True, slots=True)
class FacesRecipe:
    """Everything that decides the weights, beside the data."""

    plan: FacesPlan
    schedule: Schedule


RECIPE = FacesRecipe(
    FacesPlan(
        batch=16,
        steps=100,
        size_px=320,
        crowd=Crowd(((5, 10.0, 26.0), (4, 24.0, 64.0), (1, 60.0, 180.0))),
        nearness=1.0,
        near_from=16.0,
        seed=21,
    ),
    Schedule(
        epochs=9,
        plain_epochs=0,
        warm_steps=60,
        rate=1e-3,
        last_rate=1e-5,
        decay=1e-4,
        averaging=0.99,
    ),
)


def train(
    sources: FaceSources, held_out: list[Faced], base: Path, work: Path, progress: Progress
) -> bool:
    """Trains, or goes on training. False where a signal stopped it before its end."""
    torch.manual_seed(RECIPE.plan.seed)
    teacher = base_network(base).eval()
    run = Run(base_network(base), RECIPE.schedule, work)
    loss = loss_over(sources, teacher, RECIPE.plan)

    def score(network: nn.Module) -> float:
        return recall_of(measured(detector_of(network), held_out), SMALL)

    return run.go(Task(RECIPE.plan.steps, loss, score), progress)


def loss_over(
    sources: FaceSources, teacher: nn.Module, plan: FacesPlan
) -> Callable[[nn.Module, int, int], Tensor]:
    """The loss of a step: scenes are drawn from (seed, epoch, step), so any can be drawn again."""
    grid = torch.from_numpy(grid_of(plan.size_px, plan.size_px, STRIDES).copy())

    def loss(network: nn.Module, epoch: int, step: int) -> Tensor:
        random = np.random.default_rng((plan.seed, epoch, step))
        scenes = [
            drawn(sources, plan.crowd, (plan.size_px,) * 2, random) for _ in range(plan.batch)
        ]
        with torch.no_grad():
            clean = teacher(_stacked([one.picture_bgr for one in scenes]))
        worn = [weathered(one.picture_bgr, random, ON_FACES) for one in scenes]
        answers = network(_stacked(worn))
        near = nearness_loss(answers, clean, grid, plan.near_from)
        return faces_loss(answers, [_truth(one) for one in scenes], grid) + plan.nearness * near

    return loss


def drawn(
    sources: FaceSources, crowd: Crowd, size_wh: tuple[int, int], random: np.random.Generator
) -> Faced:
    """A scene in good weather."""
    chosen = sources.backgrounds[int(random.integers(len(sources.backgrounds)))]
    return scene(chosen, sources.faces, crowd, size_wh, random)


def held_out_scenes(sources: FaceSources, count: int) -> list[Faced]:
    """Scenes to measure on, always the same ones: seen by a camera."""
    scenes = []
    for index in range(count):
        random = np.random.default_rng((_HELD_OUT_SEED, index))
        one = drawn(sources, _HELD_OUT_CROWD, _HELD_OUT_WH, random)
        worn = weathered(one.picture_bgr, random, ON_FACES)
        scenes.append(Faced(worn, one.boxes_xyxy_px, one.landmarks_px, one.known))
    return scenes


def _stacked(pictures: list[NDArray[np.uint8]]) -> Tensor:
    stacked = np.stack([one.transpose(2, 0, 1) for one in pictures]).astype(np.float32)
    return torch.from_numpy(stacked).contiguous(memory_format=torch.channels_last)


def _truth(scene: Faced) -> FacesTruth:
    points = scene.landmarks_px.reshape(-1, 10)
    parts = (scene.boxes_xyxy_px, points, scene.known)
    return FacesTruth(*(torch.from_numpy(np.ascontiguousarray(one)) for one in parts))


def base_network(base: Path) -> Yunet:
    """YuNet with its authors' weights. ValueError where the graph is another."""
    network = Yunet()
    fill(network, base, "YuNet")
    network.to(memory_format=torch.channels_last)
    return network


def last_network(work: Path, base: Path) -> Yunet:
    """The averaged weights of the last epoch, with a share of the base's.

    FileNotFoundError where no epoch was finished.
    """
    network = Yunet()
    network.load_state_dict(torch.load(work / "last.pt", weights_only=True))
    blended(network, base_network(base), BASE_SHARE)
    return network


def detector_in(path: Path) -> YunetFaceDetector:
    """The product's adapter over a file. ModelRefusedError where it is no graph of YuNet."""
    graph = open_sizes(path.stem, path.read_bytes())
    return YunetFaceDetector(path.stem, open_session(path.stem, graph))


def detector_of(network: nn.Module) -> YunetFaceDetector:
    """The product's adapter over a network in training."""
    return YunetFaceDetector("in training", _TorchSession(network))


class _TorchSession(Session):
    """A network in training in the place of an opened graph."""

    def __init__(self, network: nn.Module) -> None:
        self.name = "in training"
        self._network = NamedAnswers(network).eval()

    def run(self, batch: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        with torch.no_grad():
            answers = self._network(torch.from_numpy(batch))
        return {name: one.numpy() for name, one in zip(NamedAnswers.NAMES, answers, strict=True)}
