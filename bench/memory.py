"""Does the daemon grow? Memory and open files of all its processes while cameras come and go.

``python -m bench.memory`` from the repository's root: the daemon watches cameras whose
connections the RTSP server drops once a minute, for so many minutes. Every ten seconds the
proportional set size of all processes is summed (memory that processes share is split among
those who share it, so the sum is what the daemon takes) and their open files are counted.
RTSP server and broker are no part of the daemon. ``bench/README.md`` says how to read it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median

from bench.figures import Cell, slope, table
from bench.footage import Footage, camera_clips, footage
from bench.place import Daemon, Place, measured, place

REACH_MIB_A_MINUTE = 1.0
SETTLED_AFTER_MIN = 5
_MIB = 1024 * 1024
_READY_S = 20.0
_HEADS = ("minute", "PSS, MiB", "USS, MiB", "open files", "threads")

SMALL = Footage((1280, 720), 25, 2_000_000)
"""Decoding is not what is measured: smaller pictures leave the machine to others."""


@dataclass(frozen=True)
class Plan:
    """How long, how often the cameras are dropped, and how often everything is looked at."""

    minutes: int = 20
    cameras: int = 2
    drop_every_s: float = 60.0
    look_every_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Sample:
    """All processes at one moment; ``at_s`` since the daemon was ready."""

    at_s: float
    pss_bytes: int
    uss_bytes: int
    files: int
    threads: int
    processes: int

    @property
    def minute(self) -> int:
        """The minute that the sample falls into, from 1 on."""
        return int(self.at_s // 60) + 1


def measure(plan: Plan) -> list[Sample]:
    """Watch, drop and count; prints a line for each minute to standard error as it ends."""
    samples: list[Sample] = []
    with (
        place(camera_clips(footage(SMALL), plan.cameras)) as here,
        Daemon(here.configure()) as daemon,
    ):
        time.sleep(_READY_S)
        began_s, dropped_s = time.monotonic(), 0.0
        while (at_s := time.monotonic() - began_s) < plan.minutes * 60:
            samples.append(_sample(daemon, at_s))
            _tell_minute(samples)
            # Just after a look, so that the next one finds the cameras back again.
            if at_s - dropped_s >= plan.drop_every_s:
                dropped_s = at_s
                _drop_all(here)
            next_s = began_s + len(samples) * plan.look_every_s
            time.sleep(max(0.0, next_s - time.monotonic()))
    return samples


def _drop_all(here: Place) -> None:
    for camera in here.clips:
        here.control(f"drop {camera}")


def _sample(daemon: Daemon, at_s: float) -> Sample:
    processes = list(daemon.processes().values())
    memory = [process.memory_full_info() for process in processes]
    return Sample(
        at_s,
        sum(one.pss for one in memory),
        sum(one.uss for one in memory),
        sum(process.num_fds() for process in processes),
        sum(process.num_threads() for process in processes),
        len(processes),
    )


def _tell_minute(samples: Sequence[Sample]) -> None:
    if len(samples) > 1 and samples[-1].minute != samples[-2].minute:
        row = by_minute(samples)[-2]
        line = ", ".join(f"{head} {cell}" for head, cell in zip(_HEADS, row, strict=True))
        print(line, file=sys.stderr, flush=True)


def by_minute(samples: Sequence[Sample]) -> list[list[Cell]]:
    """One row a minute: medians of its samples, and how far the open files went."""
    rows: list[list[Cell]] = []
    for minute in sorted({one.minute for one in samples}):
        mine = [one for one in samples if one.minute == minute]
        rows.append(
            [
                minute,
                round(median(one.pss_bytes for one in mine) / _MIB, 1),
                round(median(one.uss_bytes for one in mine) / _MIB, 1),
                _range([one.files for one in mine]),
                _range([one.threads for one in mine]),
            ]
        )
    return rows


def _range(values: Sequence[int]) -> str:
    low, high = min(values), max(values)
    return str(low) if low == high else f"{low} to {high}"


def growth_mib_a_minute(samples: Sequence[Sample]) -> tuple[float, float]:
    """The slopes of the summed PSS and USS once everything has settled.

    ValueError where the samples do not reach that far.
    """
    settled = [one for one in samples if one.minute > SETTLED_AFTER_MIN]
    return (
        slope([(one.at_s / 60, one.pss_bytes / _MIB) for one in settled]),
        slope([(one.at_s / 60, one.uss_bytes / _MIB) for one in settled]),
    )


def files_settled(samples: Sequence[Sample]) -> tuple[int, int]:
    """Open files, the fewest and the most, in the first and in the last settled minute.

    What counts is the median of each: a look may fall into a reconnect.
    """
    settled = [one for one in samples if one.minute > SETTLED_AFTER_MIN]
    first, last = settled[0].minute, settled[-1].minute
    ends = ([one.files for one in settled if one.minute == minute] for minute in (first, last))
    began, ended = (round(median(files)) for files in ends)
    return began, ended


def report(samples: Sequence[Sample], plan: Plan) -> str:
    """The table by minute, and what follows from it."""
    lines = [table(_HEADS, by_minute(samples)), ""]
    if plan.minutes <= SETTLED_AFTER_MIN + 1:
        return "\n".join([*lines, "too short to tell a slope"])
    began, ended = files_settled(samples)
    pss, uss = growth_mib_a_minute(samples)
    lines += [
        f"{samples[-1].processes} processes, {plan.cameras} cameras, all dropped every"
        f" {plan.drop_every_s:.0f} s",
        f"slope from minute {SETTLED_AFTER_MIN} on: PSS {pss:+.3f}, USS {uss:+.3f} MiB a minute"
        f" (to be reached: less than {REACH_MIB_A_MINUTE})",
        f"open files from minute {SETTLED_AFTER_MIN} on: {began} at first, {ended} at last",
    ]
    return "\n".join(lines)


def main() -> int:
    """Print the table, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=int, default=Plan.minutes)
    parser.add_argument("--cameras", type=int, default=Plan.cameras)
    parser.add_argument("--drop-every", type=float, default=Plan.drop_every_s, metavar="SECONDS")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    plan = Plan(chosen.minutes, chosen.cameras, chosen.drop_every)
    samples = measure(plan)
    if chosen.json:
        print(json.dumps([asdict(one) for one in samples]))
    else:
        print(report(samples, plan))
    return 0


if __name__ == "__main__":
    sys.exit(measured(main))
