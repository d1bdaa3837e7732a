"""Making whole what a crash left behind: growing files that nobody writes to any more.

A writer holds a lock on each file that grows, so a growing file without one has lost its writer. It
is cut behind the last fragment, or line, that is whole; then it gets its name and is told of. What
was sealed stays so: the chunk that the cut goes through is sealed anew, as far as it is kept.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from vision.evidence.clip_plan import PartEnd
from vision.evidence.disk import OpenFile
from vision.evidence.evidence_errors import EvidenceUnreadableError
from vision.evidence.growing_file import GrowingFile, Written
from vision.evidence.mp4_boxes import whole_fragments_bytes
from vision.evidence.place import Store
from vision.evidence.places import GROWING, ROOT, FileKind, camera_of, kind_of, whole
from vision.evidence.reading import EvidenceReader, whole_pieces
from vision.evidence.sealed_form import HEAD_BYTES, ChunkBrokenError, FileSeal
from vision.evidence.timeline import end
from vision.logs import logger
from vision.outputs.evidence_values import EvidenceFile

_MENDED = (FileKind.CLIP, FileKind.TIMELINE)
"""What is worth something when it is not whole."""

_PIECE_BYTES = 1024 * 1024

_log = logger(__name__)


def make_whole(store: Store) -> None:
    """Look through all evidence; what cannot be mended now is left for the next time."""
    with EvidenceReader(store.keys) as reader:
        for path in sorted((store.data_dir / ROOT).glob(f"*/*/*{GROWING}.*")):
            try:
                _adopt(store, reader, path)
            except OSError as error:
                _log.error("leftover_not_mended", file=path.name, why=error.strerror)
                store.health.fail(error)
            except EvidenceUnreadableError as error:
                _log.error("leftover_not_mended", file=path.name, why=str(error))


def _adopt(store: Store, reader: EvidenceReader, path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return
    file = OpenFile(path, descriptor)
    try:
        _mend(store, reader, file)
    except BaseException:
        store.disk.close(file)
        raise


def _mend(store: Store, reader: EvidenceReader, file: OpenFile) -> None:
    path, name, kind = file.path, whole(file.path.name), kind_of(file.path.name)
    with path.open("rb") as source:
        sealed = reader.seal_of(path, source) if kind in _MENDED else None
        seal = None if sealed is None else sealed[0]
        whole_bytes = _whole_bytes(_pieces(source, seal), kind)
        if name is None or not whole_bytes:
            store.disk.close(file)
            store.disk.remove(path)
            return
        _log.warning("leftover_made_whole", file=name, alarm=path.parent.name, bytes=whole_bytes)
        ended_at = os.fstat(file.descriptor).st_mtime
        begins = _begins(path.parent, reader)
        written, rest = _cut(file, source, seal, whole_bytes)
    grown = GrowingFile.adopted(store.disk, file, path.with_name(name), seal, written)
    grown.append(rest)
    if kind is FileKind.TIMELINE:
        grown.append(end(PartEnd.CRASHED).encode())
    grown.finish()
    begin_at = min(begins.get(name, ended_at), ended_at)
    store.tell(_kept(store, path.with_name(name), grown, (begin_at, ended_at)))


def _kept(
    store: Store, path: Path, grown: GrowingFile, span_at: tuple[float, float]
) -> EvidenceFile:
    return EvidenceFile(
        alarm_id=path.parent.name,
        folder=str(path.parent.relative_to(store.data_dir)),
        name=path.name,
        kind=kind_of(path.name) or FileKind.CLIP,
        camera_id=camera_of(path.name),
        size_bytes=grown.size_bytes,
        sha256=grown.sha256,
        begin_at=span_at[0],
        end_at=span_at[1],
        ended_by=PartEnd.CRASHED,
    )


def _whole_bytes(pieces: Iterable[bytes], kind: FileKind | None) -> int:
    """How much of a growing file's content is worth keeping."""
    if kind is FileKind.CLIP:
        return whole_fragments_bytes(pieces)
    if kind is FileKind.TIMELINE:
        return _whole_lines_bytes(pieces)
    return 0


def _whole_lines_bytes(pieces: Iterable[bytes]) -> int:
    begin, end_at = 0, 0
    for piece in pieces:
        if b"\n" in piece:
            end_at = begin + piece.rindex(b"\n") + 1
        begin += len(piece)
    return end_at


def _pieces(source: BinaryIO, seal: FileSeal | None) -> Iterator[bytes]:
    """The content of a growing file, as far as it is whole."""
    if seal is not None:
        yield from whole_pieces(seal, source)
        return
    source.seek(0)
    while piece := source.read(_PIECE_BYTES):
        yield piece


def _cut(
    file: OpenFile, source: BinaryIO, seal: FileSeal | None, whole_bytes: int
) -> tuple[Written, bytes]:
    """Cut the file to what is kept: what that is, and the content that is to be sealed anew."""
    written, rest, end_byte = Written(), b"", 0
    if seal is None:
        end_byte = whole_bytes
        for piece in _pieces(source, None):
            written.add(piece[: whole_bytes - written.size_bytes])
    else:
        end_byte = HEAD_BYTES
        with contextlib.suppress(ChunkBrokenError):
            for chunk in seal.opened(source):
                rest = chunk.plain[: whole_bytes - written.size_bytes]
                if len(rest) < len(chunk.plain):
                    break
                written.add(chunk.plain)
                written.chunks, end_byte, rest = written.chunks + 1, chunk.end_byte, b""
    os.ftruncate(file.descriptor, end_byte)
    os.lseek(file.descriptor, end_byte, os.SEEK_SET)
    file.size_bytes = end_byte
    return written, rest


def _begins(folder: Path, reader: EvidenceReader) -> dict[str, float]:
    """When the parts of clips begin, as far as the timelines beside them say."""
    begins = {}
    for path in folder.glob("*.jsonl"):
        for line in _lines(path, reader):
            if line.startswith(b'{"type":"part"') and line.endswith(b"}"):
                # A line that a crash has torn says nothing.
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    facts = json.loads(line)
                    begins[str(facts["file"])] = float(facts["wall_utc"])
    return begins


def _lines(path: Path, reader: EvidenceReader) -> list[bytes]:
    """The lines of a timeline, as far as it can be read."""
    found: list[bytes] = []
    with contextlib.suppress(EvidenceUnreadableError):
        found.extend(reader.pieces(path))
    return b"".join(found).split(b"\n")
