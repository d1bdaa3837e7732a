"""What is told of is on the disk: data, name and folder come before the journal's entry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.clips import make_clip
from tests.vision.evidence.evidence_site import evidence_site, site_keys
from tests.vision.evidence.packets import annexb_packets, looped
from vision.evidence.disk import Disk, OpenFile
from vision.outputs.evidence_values import EvidenceEntry, EvidenceFile


class RecordingDisk(Disk):
    """The real disk, which writes down what is asked of it."""

    def __init__(self) -> None:
        self.log: list[tuple[str, str]] = []

    def append(self, file: OpenFile, data: bytes) -> None:
        super().append(file, data)
        self.log.append(("data", file.path.name))

    def overwrite(self, file: OpenFile, at_byte: int, data: bytes) -> None:
        super().overwrite(file, at_byte, data)
        self.log.append(("data", file.path.name))

    def sync(self, file: OpenFile) -> None:
        super().sync(file)
        self.log.append(("sync", file.path.name))

    def rename(self, old: Path, new: Path) -> None:
        super().rename(old, new)
        self.log.append(("rename", new.name))

    def sync_folder(self, path: Path) -> None:
        super().sync_folder(path)
        self.log.append(("sync_folder", path.name))

    def told(self, entry: EvidenceEntry) -> None:
        assert isinstance(entry, EvidenceFile)
        self.log.append(("told", entry.name))


@pytest.mark.parametrize("seals", [False, True])
def test_data_file_name_and_folder_are_synced_before_anybody_hears(
    tmp_path: Path, *, seals: bool
) -> None:
    """A power cut at any moment leaves no entry in the journal without its whole file."""
    keys = site_keys(tmp_path / "keys") if seals else None
    disk = RecordingDisk()
    stream = looped(annexb_packets(make_clip(gop=25)), 5, 2.0)
    with evidence_site(tmp_path, disk=disk, tell=disk.told, keys=keys) as site:
        site.feed(stream[:125])
        site.raise_alarm(stream[124].at)
        site.clear(stream[125].at)
        site.feed(stream[125:])
        names = [site.wait_kept(kind)[0].name for kind in ("clip", "timeline")]
        folder = site.folder.name

    for name in names:
        growing = name.replace(".1.", ".1.part.")
        written = last(disk.log, ("data", growing))
        told = disk.log.index(("told", name))
        assert disk.log[written + 1 : told + 1] == [
            ("sync", growing),
            ("rename", name),
            ("sync_folder", folder),
            ("told", name),
        ]


def test_each_new_folder_is_synced_by_name(tmp_path: Path) -> None:
    """A folder that a power cut takes away takes the files in it as well."""
    disk = RecordingDisk()

    disk.make_folder(tmp_path / "evidence" / "2026-01-01" / "a", tmp_path)
    disk.make_folder(tmp_path / "evidence" / "2026-01-01" / "b", tmp_path)

    synced = [name for what, name in disk.log if what == "sync_folder"]
    assert synced == [tmp_path.name, "evidence", "2026-01-01", "2026-01-01"]


def last(log: list[Any], entry: Any) -> int:
    """Where an entry is for the last time."""
    return len(log) - 1 - log[::-1].index(entry)
