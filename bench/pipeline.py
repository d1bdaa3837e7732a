"""What does the daemon cost beside the work that nobody could leave out?

``python -m bench.pipeline`` from the repository's root, for each round: the daemon watches N
cameras at 1080p25, and the CPU seconds of all its processes are taken over a window; then the
same number of frames is decoded and scaled, and the same models run on inputs of the same
sizes as often as the daemon's own record says, by the libraries alone: at a stretch, and once
more at the moments at which cameras send. RTSP server and broker are no part of the daemon and
are not counted. ``bench/README.md`` says how to read it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from statistics import median

import psutil

from bench.bare import BareParts, ModelRuns, input_wh_of
from bench.daemon_counts import CameraCounts, LogFollower, Work, between, runs_of
from bench.figures import Cell, table
from bench.footage import camera_clips, footage
from bench.paced import Rhythm
from bench.place import Daemon, Place, measured, place

REACH = 1.25
WARM_UP = 1
"""The record that the window begins with: the first is written at the start, before any frame."""

_POLL_S = 0.02
_PATIENCE_S = 60.0


@dataclass(frozen=True)
class Plan:
    """``window_lines``: how many of the daemon's ten-second records a window spans."""

    cameras: int = 2
    rounds: int = 3
    window_lines: int = 3


@dataclass(frozen=True, slots=True)
class Mark:
    """One camera's counts and the CPU seconds of its worker, at one moment."""

    counts: CameraCounts
    cpu_s: float
    mono_s: float


@dataclass(frozen=True, slots=True)
class DaemonCost:
    """CPU seconds by process over the window, and what was done for them."""

    cpu_s: Mapping[str, float]
    seconds: float
    work: Work
    decode: str

    @property
    def sum_s(self) -> float:
        return sum(self.cpu_s.values())


@dataclass(frozen=True, slots=True)
class BareCost:
    """CPU seconds of each part by itself."""

    decode_s: float
    resize_s: float
    models_s: Mapping[str, float]

    @property
    def sum_s(self) -> float:
        return self.decode_s + self.resize_s + sum(self.models_s.values())


@dataclass(frozen=True, slots=True)
class Round:
    """One round: the daemon, then the bare parts of what it did.

    ``paced_s``: their cost in the daemon's rhythm; ``bare``: of each by itself, at a stretch.
    """

    daemon: DaemonCost
    bare: BareCost
    runs: tuple[ModelRuns, ...]
    paced_s: float

    @property
    def ratio(self) -> float:
        """To the same work at the same moments."""
        return self.daemon.sum_s / self.paced_s

    @property
    def ratio_at_a_stretch(self) -> float:
        """To the same work without a pause, as no camera lets anybody do it."""
        return self.daemon.sum_s / self.bare.sum_s


def measure(plan: Plan, say: Callable[[str], None]) -> list[Round]:
    """Daemon and bare parts in turn, so that a machine that changes changes for both."""
    clip = footage()
    parts = BareParts(clip)
    rounds = []
    with place(camera_clips(clip, plan.cameras)) as here:
        configuration = here.configure()
        for number in range(plan.rounds):
            with Daemon(configuration) as daemon:
                cost = _watch(daemon, here, plan)
            done = _bare(parts, cost, plan)
            say(
                f"round {number + 1} of {plan.rounds}: ratio {done.ratio:.2f},"
                f" at a stretch {done.ratio_at_a_stretch:.2f}"
            )
            rounds.append(done)
    return rounds


def _watch(daemon: Daemon, here: Place, plan: Plan) -> DaemonCost:
    """Wait for the second record of each worker, and for some more; what lies between."""
    follower = LogFollower(here.logs)
    for _ in follower.new_counts():
        pass  # the rounds before
    wanted = WARM_UP + 1 + plan.window_lines
    marks: dict[str, list[Mark]] = {camera: [] for camera in here.clips}
    others: list[dict[str, float]] = []
    deadline = time.monotonic() + _PATIENCE_S + 10.0 * wanted
    while any(len(found) < wanted for found in marks.values()):
        if time.monotonic() > deadline:
            raise RuntimeError(f"no counts from the daemon; its log is {here.logs}")
        _look(daemon, follower, marks)
        if not others and all(len(found) > WARM_UP for found in marks.values()):
            others.append(_costs_beside(daemon, marks))
        time.sleep(_POLL_S)
    others.append(_costs_beside(daemon, marks))
    return _between(
        {camera: (found[WARM_UP], found[-1]) for camera, found in marks.items()}, others
    )


def _look(daemon: Daemon, follower: LogFollower, marks: dict[str, list[Mark]]) -> None:
    """Take the workers' new records, and what the workers have cost at that moment."""
    for counts in follower.new_counts():
        cpu_s = _cpu_s(daemon.processes()[counts.worker])
        marks[counts.camera].append(Mark(counts, cpu_s, time.monotonic()))


def _costs_beside(daemon: Daemon, marks: Mapping[str, list[Mark]]) -> dict[str, float]:
    """CPU seconds, user and system, of all the daemon's processes but the workers."""
    workers = {mark.counts.worker for found in marks.values() for mark in found}
    found = daemon.processes().items()
    return {name: _cpu_s(process) for name, process in found if name not in workers}


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _between(spans: Mapping[str, tuple[Mark, Mark]], others: list[dict[str, float]]) -> DaemonCost:
    before, after = others[0], others[-1]
    cpu_s = {name: after[name] - before[name] for name in before}
    for first, last in spans.values():
        # cameras of one worker give its cost twice, at the same moment
        cpu_s[f"worker {first.counts.worker}"] = last.cpu_s - first.cpu_s
    work = sum((between(a.counts, b.counts) for a, b in spans.values()), Work())
    seconds = median(b.mono_s - a.mono_s for a, b in spans.values())
    return DaemonCost(cpu_s, seconds, work, next(iter(spans.values()))[0].counts.decode)


def _bare(parts: BareParts, cost: DaemonCost, plan: Plan) -> Round:
    fixed = {"detector": input_wh_of(parts.detector), "embedder": input_wh_of(parts.embedder)}
    runs = runs_of(cost.work.calls, fixed)
    models_s: defaultdict[str, float] = defaultdict(float)
    for one in runs:
        models_s[one.model] += parts.run(one)
    resized = [key for key in cost.work.calls if key.startswith("detector ")]
    resize_s = sum(parts.resize(_size_of(key), cost.work.calls[key]) for key in resized)
    decode_s = parts.decode(cost.work.frames)
    paced_s = _in_rhythm(parts, cost, plan)
    faces_s = sum(s for model, s in models_s.items() if model != "detector")
    return Round(cost, BareCost(decode_s, resize_s, models_s), tuple(runs), paced_s + faces_s)


def _in_rhythm(parts: BareParts, cost: DaemonCost, plan: Plan) -> float:
    """Decoding, scaling and detecting at the daemon's moments."""
    size_wh = next(_size_of(key) for key in cost.work.calls if key.startswith("detector "))
    fps = cost.work.frames / plan.cameras / cost.seconds
    return parts.in_rhythm(size_wh, Rhythm(plan.cameras, cost.seconds, fps))


def _size_of(key: str) -> tuple[int, int]:
    wide, _, high = key.partition(" ")[2].partition("x")
    return int(wide), int(high)


def report(rounds: list[Round]) -> str:
    """The tables: each round, and the medians."""
    return "\n\n".join((_costs(rounds), _model_inputs(rounds), _verdict(rounds)))


def _costs(rounds: list[Round]) -> str:
    heads = ["CPU seconds", *(f"round {n + 1}" for n in range(len(rounds))), "median"]
    daemon = sorted({name for one in rounds for name in one.daemon.cpu_s}, reverse=True)
    models = sorted({name for one in rounds for name in one.bare.models_s})
    rows: list[list[Cell]] = [
        *(
            _row(f"daemon: {name}", [r.daemon.cpu_s.get(name, 0) for r in rounds])
            for name in daemon
        ),
        _row("daemon, all processes", [r.daemon.sum_s for r in rounds]),
        _row("bare: decode", [r.bare.decode_s for r in rounds]),
        _row("bare: scale", [r.bare.resize_s for r in rounds]),
        *(_row(f"bare: {name}", [r.bare.models_s.get(name, 0) for r in rounds]) for name in models),
        _row("bare, all parts at a stretch", [r.bare.sum_s for r in rounds]),
        _row("ratio to that", [r.ratio_at_a_stretch for r in rounds]),
        _row("bare, in the daemon's rhythm", [r.paced_s for r in rounds]),
        _row("ratio to that", [r.ratio for r in rounds]),
        _row("window, seconds", [r.daemon.seconds for r in rounds]),
        _row("frames decoded", [float(r.daemon.work.frames) for r in rounds]),
    ]
    return table(heads, rows)


def _row(name: str, values: list[float]) -> list[Cell]:
    return [name, *map(float, values), float(median(values))]


def _model_inputs(rounds: list[Round]) -> str:
    counts = [{(one.model, one.input_wh): one.count for one in r.runs} for r in rounds]
    keys = sorted(set().union(*counts))
    heads = ["model, input", *(f"calls {n + 1}" for n in range(len(rounds)))]
    named = [(f"{model} {size[0]}x{size[1]}", (model, size)) for model, size in keys]
    return table(heads, [[name, *(of.get(key, 0) for of in counts)] for name, key in named])


def _verdict(rounds: list[Round]) -> str:
    ratio = median(one.ratio for one in rounds)
    at_a_stretch = median(one.ratio_at_a_stretch for one in rounds)
    return (
        f"decode policy: {rounds[0].daemon.decode}; ratio {ratio:.2f} in the daemon's rhythm,"
        f" {at_a_stretch:.2f} at a stretch (to be reached: {REACH})"
    )


def main() -> int:
    """Print the tables, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cameras", type=int, default=Plan.cameras)
    parser.add_argument("--rounds", type=int, default=Plan.rounds)
    parser.add_argument("--window", type=int, default=10 * Plan.window_lines, help="seconds")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    lines = max(1, round(chosen.window / 10))
    plan = Plan(chosen.cameras, chosen.rounds, lines)
    rounds = measure(plan, lambda text: print(text, file=sys.stderr, flush=True))
    if chosen.json:
        ratios = [(r.ratio, r.ratio_at_a_stretch) for r in rounds]
        told = [
            asdict(one) | {"ratio": ratio, "ratio_at_a_stretch": stretch}
            for one, (ratio, stretch) in zip(rounds, ratios, strict=True)
        ]
        print(json.dumps({"rounds": told}))
    else:
        print(report(rounds))
    return 0


if __name__ == "__main__":
    sys.exit(measured(main))
