"""Putting one file of evidence where somebody can look at it, in the clear; no command line."""

from __future__ import annotations

from pathlib import Path

from bondwatch.failures import CommandError
from vision.evidence.reading import EvidenceReader, copy_plain
from vision.outputs.evidence_values import EvidenceFile
from vision.settings import Settings


def open_file(
    settings: Settings, files: tuple[EvidenceFile, ...], name: str, target: Path
) -> EvidenceFile | None:
    """Copy an alarm's file to ``target``, which must not exist; held against the index before.

    ``files``: those that the index knows of the alarm. A file that still grows is in none: what
    is whole of it is copied, and None comes back. Raises CommandError, EvidenceUnreadableError,
    OSError.
    """
    if target.exists():
        raise CommandError(f"{target} exists already", "choose another name")
    with EvidenceReader(settings.register_place.keys) as reader:
        known = next((file for file in files if file.name == name), None)
        stored = _stored(settings, files, name) if known is None else _of(settings, known)
        copy_plain(stored, target, reader)
        fault = None if known is None else reader.fault_of(settings.data_dir, known)
    if fault is not None:
        target.unlink()
        raise CommandError(f"{stored} {fault}", "it is not what was recorded; see its copies")
    return known


def _of(settings: Settings, file: EvidenceFile) -> Path:
    return settings.data_dir / file.folder / file.name


def _stored(settings: Settings, files: tuple[EvidenceFile, ...], name: str) -> Path:
    """A file that the index does not know yet, in the folder of those that it knows."""
    for file in files:
        stored = settings.data_dir / file.folder / name
        if stored.parent == settings.data_dir / file.folder and stored.is_file():
            return stored
    raise CommandError(f"there is no {name!r} of this alarm", "'bondwatch evidence show' lists all")
