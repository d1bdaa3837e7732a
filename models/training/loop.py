"""The training loop: steps, schedule, averaged weights, checkpoints. It knows no data and no task.

A run stopped by SIGTERM or SIGINT writes its state first and goes on from there when it is
started again.
"""

from __future__ import annotations

import copy
import math
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

_LARGEST_GRADIENT = 10.0
_STATE_EVERY_S = 120.0
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast. ``plain_epochs``: the last ones, without composed pictures."""

    epochs: int
    plain_epochs: int
    warm_steps: int
    rate: float
    last_rate: float
    decay: float
    averaging: float


@dataclass(frozen=True, slots=True)
class Task:
    """What is learnt: the steps of an epoch, the loss of one, and how good the weights are.

    ``score``: None where nothing is held out to tell it by.
    """

    steps: int
    loss: Callable[[nn.Module, int, int], Tensor]
    score: Callable[[nn.Module], float] | None = None


class Run:
    """One training, from its first step or from where it was stopped."""

    def __init__(self, network: nn.Module, schedule: Schedule, directory: Path) -> None:
        self.network = network
        self.averaged = copy.deepcopy(network).eval()
        self._schedule = schedule
        self._directory = directory
        self._optimiser = torch.optim.AdamW(_groups(network, schedule.decay), lr=schedule.rate)
        self._step = 0
        self._best = -math.inf
        self._stopping = False
        directory.mkdir(parents=True, exist_ok=True)
        if (directory / "state.pt").is_file():
            self._load()

    @property
    def best_path(self) -> Path:
        """The averaged weights of the epoch that scored best."""
        return self._directory / "best.pt"

    def go(self, task: Task, progress: Progress) -> bool:
        """Trains to the end. False where a signal asked to stop; the state is then written."""
        before = {name: signal.signal(name, self._stop) for name in _STOP_SIGNALS}
        try:
            return self._learn(task, self._schedule.epochs * task.steps, progress)
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)

    def _learn(self, task: Task, total: int, progress: Progress) -> bool:
        written_s = time.monotonic()
        while self._step < total and not self._stopping:
            self._one(task, total, progress)
            if self._step % task.steps == 0:
                self._judge(task, progress)
            if time.monotonic() - written_s > _STATE_EVERY_S:
                self._save()
                written_s = time.monotonic()
        self._save()
        return self._step >= total

    def _one(self, task: Task, total: int, progress: Progress) -> None:
        epoch, step = divmod(self._step, task.steps)
        rate = self._rate(total)
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        self.network.train()
        loss = task.loss(self.network, epoch, step)
        self._optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), _LARGEST_GRADIENT)
        self._optimiser.step()
        self._step += 1
        self._average()
        if step % 10 == 0:
            progress(f"epoch {epoch + 1} step {step}/{task.steps} loss {loss.item():.3f}")

    def _rate(self, total: int) -> float:
        """Rises in a straight line, then falls along half a cosine."""
        plan = self._schedule
        if self._step < plan.warm_steps:
            return plan.rate * (self._step + 1) / plan.warm_steps
        done = (self._step - plan.warm_steps) / max(1, total - plan.warm_steps)
        return plan.last_rate + (plan.rate - plan.last_rate) * (1 + math.cos(math.pi * done)) / 2

    def _average(self) -> None:
        """Early on the average follows quickly, or it would remember the base for ever."""
        share = self._schedule.averaging * (1 - math.exp(-self._step / 200))
        now = self.network.state_dict()
        for name, mean in self.averaged.state_dict().items():
            if mean.is_floating_point():
                mean.lerp_(now[name], 1 - share)

    def _judge(self, task: Task, progress: Progress) -> None:
        torch.save(self.averaged.state_dict(), self._directory / "last.pt")
        epoch = self._step // task.steps
        if task.score is None:
            progress(f"epoch {epoch} done")
            return
        score = task.score(self.averaged)
        progress(f"epoch {epoch} done: score {score:.4f} best {self._best:.4f}")
        if score > self._best:
            self._best = score
            torch.save(self.averaged.state_dict(), self.best_path)

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def _save(self) -> None:
        state: dict[str, Any] = {
            "network": self.network.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "step": self._step,
            "best": self._best,
        }
        scratch = self._directory / "state.part"
        torch.save(state, scratch)
        scratch.replace(self._directory / "state.pt")

    def _load(self) -> None:
        state = torch.load(self._directory / "state.pt", weights_only=True)
        self.network.load_state_dict(state["network"])
        self.averaged.load_state_dict(state["averaged"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._step, self._best = state["step"], state["best"]


def _groups(network: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Weights shrink a little at every step, biases do not; frozen ones are left out."""
    learnt = [one for one in network.parameters() if one.requires_grad]
    return [
        {"params": [one for one in learnt if one.ndim > 1], "weight_decay": decay},
        {"params": [one for one in learnt if one.ndim <= 1], "weight_decay": 0.0},
    ]
