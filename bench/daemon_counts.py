"""What the daemon's workers did, from their own record: the ``camera_counts`` lines of the log.

Each worker writes one line for each of its cameras every ten seconds, at the level debug, all
numbers counted from the worker's start.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench.bare import ModelRuns

EVENT = "camera_counts"


@dataclass(frozen=True, slots=True)
class CameraCounts:
    """One line: ``frames`` decoded, and ``calls`` by model and input size."""

    worker: str
    camera: str
    decode: str
    frames: int
    calls: Counter[str]


@dataclass(frozen=True, slots=True)
class Work:
    """What was done between two lines, or by several cameras together."""

    frames: int = 0
    calls: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: Work) -> Work:
        return Work(self.frames + other.frames, self.calls + other.calls)


def read_line(line: str) -> CameraCounts | None:
    """The counts that a line of the log holds; None for a line about something else."""
    if EVENT not in line:
        return None
    event = json.loads(line)
    if event.get("event") != EVENT:
        return None
    calls = Counter(json.loads(event["model_calls"]))
    return CameraCounts(event["process"], event["camera"], event["decode"], event["frames"], calls)


def between(before: CameraCounts, after: CameraCounts) -> Work:
    """What one camera's work consisted of from one line to another."""
    return Work(after.frames - before.frames, after.calls - before.calls)


def runs_of(calls: Counter[str], fixed: dict[str, tuple[int, int]]) -> list[ModelRuns]:
    """Runs of the graphs that these calls were.

    ``fixed``: the inputs of models that take one size alone, whatever is put into it.
    """
    runs: Counter[tuple[str, tuple[int, int]]] = Counter()
    for key, count in calls.items():
        model, _, size = key.partition(" ")
        wide, _, high = size.partition("x")
        runs[model, fixed[model] if model in fixed else (int(wide), int(high))] += count
    return [ModelRuns(model, size, count) for (model, size), count in sorted(runs.items())]


class LogFollower:
    """Reads what is added to the workers' logs. Only whole lines are taken."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read_bytes: dict[Path, int] = {}

    def new_counts(self) -> Iterator[CameraCounts]:
        """The counts written since the last call."""
        for path in sorted(self._folder.glob("w*.log")):
            with path.open("rb") as log:
                log.seek(self._read_bytes.get(path, 0))
                data = log.read()
            whole = data[: data.rfind(b"\n") + 1]
            self._read_bytes[path] = self._read_bytes.get(path, 0) + len(whole)
            found = map(read_line, whole.decode().splitlines())
            yield from (counts for counts in found if counts is not None)
