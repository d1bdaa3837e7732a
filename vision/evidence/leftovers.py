"""Making whole what a crash left behind: growing files that nobody writes to any more.

A writer holds a lock on each file that grows, so a growing file without one has lost its writer. It
is cut behind the last fragment, or line, that is whole; then it gets its name and is told of.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from vision.evidence.clip_plan import PartEnd
from vision.evidence.disk import OpenFile, publish
from vision.evidence.place import Store
from vision.evidence.places import GROWING, ROOT, FileKind, camera_of, kind_of, whole
from vision.evidence.timeline import end
from vision.logs import logger
from vision.outputs.evidence_values import EvidenceFile

_HEAD_BYTES = 8
_LARGE_HEAD_BYTES = 16

_log = logger(__name__)


def make_whole(store: Store) -> None:
    """Look through all evidence; what cannot be mended now is left for the next time."""
    for path in sorted((store.data_dir / ROOT).glob(f"*/*/*{GROWING}.*")):
        try:
            _adopt(store, path)
        except OSError as error:
            _log.error("leftover_not_mended", file=path.name, why=error.strerror)
            store.health.fail(error)


def _adopt(store: Store, path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return
    name, kind = whole(path.name), kind_of(path.name)
    size_bytes = _whole_bytes(path, kind)
    if name is None or not size_bytes:
        os.close(descriptor)
        store.disk.remove(path)
        return
    _log.warning("leftover_made_whole", file=name, alarm=path.parent.name, bytes=size_bytes)
    ended_at = os.fstat(descriptor).st_mtime
    file = OpenFile(path, descriptor, size_bytes)
    os.ftruncate(descriptor, size_bytes)
    os.lseek(descriptor, size_bytes, os.SEEK_SET)
    if kind is FileKind.TIMELINE:
        store.disk.append(file, end(PartEnd.CRASHED).encode())
    publish(store.disk, file, path.with_name(name))
    store.tell(_kept(path.with_name(name), store.data_dir, ended_at))


def _kept(path: Path, data_dir: Path, ended_at: float) -> EvidenceFile:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    folder, kind = path.parent, kind_of(path.name)
    return EvidenceFile(
        alarm_id=folder.name,
        folder=str(folder.relative_to(data_dir)),
        name=path.name,
        kind=kind or FileKind.CLIP,
        camera_id=camera_of(path.name),
        size_bytes=path.stat().st_size,
        sha256=digest,
        begin_at=min(_begins(folder).get(path.name, ended_at), ended_at),
        end_at=ended_at,
        ended_by=PartEnd.CRASHED,
    )


def _whole_bytes(path: Path, kind: FileKind | None) -> int:
    """How much of a growing file is worth keeping."""
    if kind is FileKind.CLIP:
        return whole_fragments_bytes(path)
    if kind is FileKind.TIMELINE:
        return path.read_bytes().rfind(b"\n") + 1
    return 0


def whole_fragments_bytes(path: Path) -> int:
    """Where the last whole fragment of an MP4 ends; 0 where it has none."""
    ends = [at for name, at in _boxes(path) if name == b"mdat"]
    return ends[-1] if ends else 0


def _boxes(path: Path) -> Iterator[tuple[bytes, int]]:
    """The names of the whole top boxes, and where each ends."""
    size_bytes, at = path.stat().st_size, 0
    with path.open("rb") as file:
        while at + _HEAD_BYTES <= size_bytes:
            file.seek(at)
            head = file.read(_LARGE_HEAD_BYTES)
            length = int.from_bytes(head[:4], "big")
            if length == 1:
                length = int.from_bytes(head[_HEAD_BYTES:], "big")
            if length < _HEAD_BYTES or at + length > size_bytes:
                return
            at += length
            yield head[4:8], at


def _begins(folder: Path) -> dict[str, float]:
    """When the parts of clips begin, as far as the timelines beside them say."""
    begins = {}
    for path in folder.glob("*.jsonl"):
        for line in path.read_bytes().split(b"\n"):
            if line.startswith(b'{"type":"part"') and line.endswith(b"}"):
                # A line that a crash has torn says nothing.
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    facts = json.loads(line)
                    begins[str(facts["file"])] = float(facts["wall_utc"])
    return begins
