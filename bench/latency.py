"""How long from a picture to an alarm that the broker has?

``python -m bench.latency`` from the repository's root: cameras at 1080p25 show people who walk
through many small zones, until the broker has taken so many alarms that were decided by a
picture. Each is measured from the arrival of the frame that completed the decision to the
broker's PUBACK, as a relay between daemon and broker sees it. Alarms about a deadline that ran
out are told apart: no picture completes them. ``bench/README.md`` says how to read it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from bench.figures import Cell, percentile, table
from bench.footage import camera_clips, footage
from bench.mqtt_tap import MqttTap, Taken
from bench.place import Daemon, Watched, measured, place
from bondwatch.demo.scenery import ZONE
from vision.outputs.topics import ALARM, root

REACH_P95_MS = 500.0
BY_DEADLINE = frozenset({"unverified_person", "camera_offline", "camera_lagging"})
_SHARES = (0.5, 0.95, 0.99, 1.0)
_POLL_S = 0.5


@dataclass(frozen=True)
class Plan:
    """``zones``: strips of the floor for each camera; ``longest_s``: when to give up."""

    cameras: int = 3
    alarms: int = 200
    zones: int = 8
    longest_s: float = 900.0


@dataclass(frozen=True, slots=True)
class Latency:
    """One alarm's way, in milliseconds.

    ``decided_ms``: from the frame's arrival to the journal's transaction; ``carried_ms``: from
    there, over the sync to disk, to the PUBACK.
    """

    kind: str
    decided_ms: float
    carried_ms: float

    @property
    def whole_ms(self) -> float:
        return self.decided_ms + self.carried_ms


@dataclass(frozen=True, slots=True)
class Findings:
    """What was measured: alarms by pictures, the others by kind, and how long it took."""

    latencies: tuple[Latency, ...]
    apart: Counter[str]
    seconds: float


def latency_of(taken: Taken) -> Latency:
    """From the message's own times.

    ``times.wall`` is the arrival of the frame, or earlier: a frame that arrives late, as its
    stream goes, counts from when it should have come (``vision.ingest.stream_time``). So
    nothing is left out.
    """
    times = taken.message["times"]
    arrived, written = (datetime.fromisoformat(times[name]) for name in ("wall", "written"))
    decided_ms = (written - arrived).total_seconds() * 1000
    carried_ms = (taken.at - written.timestamp()) * 1000
    return Latency(taken.message["kind"], decided_ms, carried_ms)


def sorted_out(taken: Sequence[Taken]) -> tuple[list[Latency], Counter[str]]:
    """New alarms that a picture completed, and how many of other kinds there were."""
    raised = [one for one in taken if one.message["change"] == "raised"]
    by_picture = [one for one in raised if _needs_a_picture(one)]
    others = [one.message["kind"] for one in raised if not _needs_a_picture(one)]
    return [latency_of(one) for one in by_picture], Counter(others)


def _needs_a_picture(taken: Taken) -> bool:
    return taken.message["camera"] is not None and taken.message["kind"] not in BY_DEADLINE


def measure(plan: Plan) -> Findings:
    """Let people walk until there are enough alarms. RuntimeError where the daemon ends."""
    watched = Watched(strips(plan.zones), groups=(), verify_within_s=60)
    began_s = time.monotonic()
    with (
        place(camera_clips(footage(), plan.cameras)) as here,
        MqttTap(here.broker_port, root("bench") + ALARM) as tap,
    ):
        with Daemon(here.configure(watched, tap.port)) as daemon:
            while time.monotonic() - began_s < plan.longest_s:
                daemon.processes()
                if len(sorted_out(tap.taken)[0]) >= plan.alarms:
                    break
                time.sleep(_POLL_S)
        latencies, apart = sorted_out(tap.taken)
    return Findings(tuple(latencies), apart, time.monotonic() - began_s)


def strips(count: int) -> dict[str, list[list[float]]]:
    """The clip's floor, from side to side, in so many zones that somebody crosses one by one."""
    top, bottom = ZONE[0][1], ZONE[2][1]
    edges = [number / count for number in range(count + 1)]
    return {
        f"strip{number + 1}": [[left, top], [right, top], [right, bottom], [left, bottom]]
        for number, (left, right) in enumerate(pairwise(edges))
    }


def report(found: Findings) -> str:
    """The table of percentiles, and what was not measured."""
    if not found.latencies:
        return f"no alarm within {found.seconds:.0f} s"
    columns = {
        "frame's arrival to journal": [one.decided_ms for one in found.latencies],
        "journal to PUBACK": [one.carried_ms for one in found.latencies],
        "frame's arrival to PUBACK": [one.whole_ms for one in found.latencies],
    }
    heads = ["milliseconds", *(f"p{share:.0%}".rstrip("%") for share in _SHARES[:-1]), "longest"]
    rows: list[list[Cell]] = [
        [name, *(percentile(values, share) for share in _SHARES)]
        for name, values in columns.items()
    ]
    p95 = percentile(columns["frame's arrival to PUBACK"], 0.95)
    kinds = Counter(one.kind for one in found.latencies)
    return "\n".join(
        (
            table(heads, rows),
            "",
            f"{len(found.latencies)} alarms in {found.seconds:.0f} s: {_listed(kinds)}",
            f"apart, no picture completes them: {_listed(found.apart) or 'none'}",
            f"p95 {p95:.0f} ms (to be reached: {REACH_P95_MS:.0f} ms)",
        )
    )


def _listed(kinds: Counter[str]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))


def main() -> int:
    """Print the table, or one JSON object; status 1 where there were too few alarms."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cameras", type=int, default=Plan.cameras)
    parser.add_argument("--alarms", type=int, default=Plan.alarms)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    found = measure(Plan(chosen.cameras, chosen.alarms))
    if chosen.json:
        whole = [round(one.whole_ms, 1) for one in found.latencies]
        print(json.dumps({"milliseconds": whole, "apart": found.apart}))
    else:
        print(report(found))
    return 0 if len(found.latencies) >= chosen.alarms else 1


if __name__ == "__main__":
    sys.exit(measured(main))
