"""What the replay page and the report of a long alarm cost: ``python -m bench.pages``.

One camera, 1080p25 at 4 Mbit/s, for so many seconds, with one person in every fifth frame.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from bench.evidence import packets_of
from bench.figures import table
from bench.footage import footage
from console.replay_page import write_replay_page
from console.report_pdf import write_report
from vision.bundles.case import Case, CaseFile
from vision.evidence.fragment_muxer import FragmentMuxer
from vision.evidence.places import FileKind
from vision.outputs.evidence_values import EvidenceFile

_ALARM_ID = "6f1ed002-ab55-4bb5-8f2f-8a8c6f6f1ed0"
_NOON = 1_767_268_800.0
_ANALYSED_PER_S = 5
_MB = 1e6


def case_of(clip: Path, seconds: float, folder: Path) -> Case:
    """An alarm that lived so long."""
    files = (
        _kept(_long_clip(clip, seconds, folder / "cam1.1.mp4"), FileKind.CLIP, seconds),
        _kept(_timeline(seconds, folder / "cam1.1.jsonl"), FileKind.TIMELINE, seconds),
    )
    return Case("hall", "UTC", _ALARM_ID, (), files, (), None, {}, redacted=False, made_at=_NOON)


def _long_clip(clip: Path, seconds: float, target: Path) -> Path:
    packets = packets_of(clip, seconds)
    muxer = FragmentMuxer(packets[0])
    with target.open("wb") as file:
        for packet in packets:
            file.write(muxer.add(packet))
        file.write(muxer.finish())
    return target


def _timeline(seconds: float, target: Path) -> Path:
    part = {"type": "part", "file": "cam1.1.mp4", "wall_utc": _NOON, "size_wh": [1920, 1080]}
    frames = (_frame(index / _ANALYSED_PER_S) for index in range(int(seconds * _ANALYSED_PER_S)))
    lines = [part, *frames, {"type": "end", "why": "over"}]
    target.write_text("\n".join(map(json.dumps, lines)))
    return target


def _frame(at_s: float) -> dict[str, object]:
    identity = {"state": "undetermined", "staff_id": None, "similarity": 0.9, "looks": 1}
    track = {"track": 1, "object": "person", "box": [0.1, 0.2, 0.3, 0.9], "zones": ["floor"]}
    track |= {"identity": identity, "verdict": None}
    return {"type": "frame", "wall_utc": _NOON + at_s, "tracks": [track], "looks": []}


def _kept(path: Path, kind: FileKind, seconds: float) -> CaseFile:
    data = path.read_bytes()
    span = (_NOON, _NOON + seconds)
    digest = hashlib.sha256(data).hexdigest()
    file = EvidenceFile(_ALARM_ID, "", path.name, kind, "cam1", len(data), digest, *span, "longest")
    return CaseFile(file, path, path)


def spent(write: Callable[[Case, Path], None], case: Case, target: Path) -> tuple[float, float]:
    """CPU in seconds, and the size of what was written in MB."""
    began_s = time.process_time()
    write(case, target)
    return time.process_time() - began_s, target.stat().st_size / _MB


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=300.0)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bondwatch-bench-") as name:
        folder = Path(name)
        case = _made_elsewhere(footage(), wanted.seconds, folder)
        before_mib = _peak_mib()
        rows: list[list[str | float | None]] = [["the clip", None, _size(folder / "cam1.1.mp4")]]
        rows.append(["the replay page", *spent(write_replay_page, case, folder / "replay.html")])
        rows.append(["the report", *spent(write_report, case, folder / "report.pdf")])
        print(table(("", "CPU, s", "MB"), rows))
    print(f"\npeak memory: {before_mib:.0f} MiB before, {_peak_mib():.0f} MiB after")
    return 0


def _made_elsewhere(clip: Path, seconds: float, folder: Path) -> Case:
    """The case, without the memory that making its clip has taken."""
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, fresh) as another:
        return another.submit(case_of, clip, seconds, folder).result()


def _size(path: Path) -> float:
    return path.stat().st_size / _MB


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
