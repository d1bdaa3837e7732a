"""Clips as evidence holds them, and cases made of a few files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av

from tests.clips import make_clip
from tests.vision.evidence.packets import annexb_packets
from tests.vision.outputs.evidence import ALARM_ID, NOON, evidence_file
from vision.bundles.case import Case, CaseFile
from vision.evidence.fragment_muxer import FragmentMuxer


def recorded(clip: Path, target: Path) -> Path:
    """A clip as the daemon records it: its packets as they are, in fragments."""
    packets = annexb_packets(clip)
    muxer = FragmentMuxer(packets[0])
    target.write_bytes(b"".join(map(muxer.add, packets)) + muxer.finish())
    return target


def evidence_clip(folder: Path, codec: str = "h264", **more: Any) -> Path:
    """Two seconds by ``cam1``."""
    return recorded(make_clip(codec, **more), folder / "cam1.1.mp4")


def case_of(*paths: Path, **more: Any) -> Case:
    """One alarm with these files by ``cam1``."""
    fields: dict[str, Any] = {
        "site": "hall",
        "time_zone": "UTC",
        "alarm_id": ALARM_ID,
        "revisions": (),
        "files": tuple(map(case_file, paths)),
        "gaps": (),
        "hold": None,
        "names": {},
        "redacted": False,
        "made_at": NOON,
    } | more
    return Case(**fields)


def case_file(path: Path) -> CaseFile:
    """A file as it was gathered."""
    kinds = {".mp4": "clip", ".jsonl": "timeline"}
    picture = "face" if path.name.endswith(".face.jpg") else "snapshot"
    kind = kinds.get(path.suffix, picture)
    return CaseFile(evidence_file(name=path.name, kind=kind), path, path)


def times_s(clip: Path) -> list[float]:
    """When each picture of a clip is shown, as the file says."""
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        return [float((frame.pts or 0) * stream.time_base) for frame in container.decode(stream)]
