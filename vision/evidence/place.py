"""One alarm's place on the disk: new files in its folder, and telling of those that are whole.

What is sealed, each file under the data key of its place, is decided here; how is not.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from enrolment.evidence_keys import EvidenceKey
from enrolment.places import KeyPlace
from vision.evidence.disk import Disk
from vision.evidence.growing_file import GrowingFile
from vision.evidence.key_stock import KeyStock, is_for_want_of_a_key
from vision.evidence.places import ROOT, FileKind, growing, next_name, picture_name
from vision.evidence.sealed_form import FILE_ID_BYTES, FileSeal
from vision.evidence.values import Subject
from vision.outputs.evidence_values import EvidenceEntry, EvidenceFile, EvidenceGap

UNMUXABLE: Final = "unmuxable"
PROBE: Final = ".probe"


@dataclass(slots=True)
class DiskHealth:
    """Whether evidence can be kept now: ``problem`` is a stable code, None where it can."""

    problem: str | None = None

    def fail(self, error: OSError) -> None:
        """Something could not be written; of a key that is missing the stock of keys tells."""
        if is_for_want_of_a_key(error):
            return
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        self.problem = "no_room" if full else "not_writable"

    def well(self) -> None:
        """Something was written again; what is wrong with a stream is not mended by that."""
        if self.problem != UNMUXABLE:
            self.problem = None


@dataclass(frozen=True, slots=True)
class Store:
    """Where all evidence lies. Clips stop while less than ``stop_below_bytes`` is free.

    ``tell`` is given every file that is whole, and every gap. ``stock``: the keys that new files
    are sealed with; None where they are written in the clear. ``keys``: where the keys are of
    what was sealed before.
    """

    disk: Disk
    data_dir: Path
    stop_below_bytes: int
    health: DiskHealth
    tell: Callable[[EvidenceEntry], None]
    stock: KeyStock | None = None
    keys: KeyPlace | None = None

    @property
    def problem(self) -> str | None:
        """Why evidence cannot be kept at present, as a stable code; None where it can."""
        return self.health.problem or (None if self.stock is None else self.stock.problem)

    def demand_room(self) -> None:
        """Raises OSError (ENOSPC) where what is left belongs to the journal."""
        if self.disk.free_bytes(self.data_dir) < self.stop_below_bytes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def probe(self) -> None:
        """Find out whether the disk takes something again."""
        root = self.data_dir / ROOT
        path = root / PROBE
        try:
            self.demand_room()
            self.disk.make_folder(root, self.data_dir)
            self.disk.remove(path)
            file = self.disk.create(path)
            try:
                self.disk.append(file, b"probe")
                self.disk.sync(file)
            finally:
                self.disk.close(file)
                self.disk.remove(path)
        except OSError as error:
            self.health.fail(error)
        else:
            self.health.well()


class Place:
    """The folder of one alarm, for one camera. Raises OSError wherever the disk fails."""

    def __init__(self, store: Store, subject: Subject) -> None:
        self._store = store
        self._subject = subject
        self._folder = store.data_dir / subject.folder
        self._key: EvidenceKey | None = None
        self.health = store.health

    def new_file(self, kind: FileKind) -> GrowingFile:
        """A file that grows. OSError (ENOKEY) where it was to be sealed and cannot be."""
        disk = self._store.disk
        self._prepare()
        name = next_name(
            self._subject.camera_id, kind, {path.name for path in self._folder.iterdir()}
        )
        return GrowingFile(disk, self._folder, name, self._seal(name))

    def append(self, file: GrowingFile, data: bytes) -> None:
        """Let a file grow, while there is room."""
        if data:
            self._store.demand_room()
            file.append(data)
            self.health.well()

    def keep(
        self, file: GrowingFile, kind: FileKind, span_at: tuple[float, float], why: str
    ) -> None:
        """Make a grown file whole, and tell of it."""
        file.finish()
        self._tell(file.name, kind, (file.size_bytes, file.sha256), span_at, why)

    def put_picture(self, kind: FileKind, data: bytes, at: float) -> None:
        """Write a picture, or put it in the place of an earlier one."""
        disk, name = self._store.disk, picture_name(self._subject.camera_id, kind)
        self._prepare()
        disk.remove(self._folder / growing(name))
        file = GrowingFile(disk, self._folder, name, self._seal(name))
        try:
            file.append(data)
            self.keep(file, kind, (at, at), "")
        except OSError:
            file.discard()
            raise

    def tell_gap(self, from_at: float, to_at: float, why: str) -> None:
        """Say that packets of a span are not kept."""
        subject = self._subject
        self._store.tell(EvidenceGap(subject.alarm_id, subject.camera_id, from_at, to_at, why))

    def _prepare(self) -> None:
        """What new files need: room, a key where they are to be sealed, and the folder."""
        self._store.demand_room()
        if self._key is None and self._store.stock is not None:
            self._key = self._store.stock.draw()
        self._store.disk.make_folder(self._folder, self._store.data_dir)

    def _seal(self, name: str) -> FileSeal | None:
        if self._key is None:
            return None
        key, file_id = self._key, os.urandom(FILE_ID_BYTES)
        return FileSeal(key.cipher, key.key_id, file_id, self._subject.alarm_id, name)

    def _tell(
        self,
        name: str,
        kind: FileKind,
        content: tuple[int, str],
        span_at: tuple[float, float],
        why: str,
    ) -> None:
        subject = self._subject
        self._store.tell(
            EvidenceFile(
                subject.alarm_id,
                subject.folder,
                name,
                kind,
                subject.camera_id,
                *content,
                *span_at,
                why,
            )
        )
