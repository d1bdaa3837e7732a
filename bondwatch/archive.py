"""Backups: one tar file with copies of the databases and a manifest of their digests.

No command line here. A copy is made by SQLite while the daemon goes on writing; it is private
(0600), as it holds templates of faces.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FORMAT = "bondwatch-backup-1"
MANIFEST = "manifest.json"
MAX_MANIFEST_BYTES = 64 * 1024
_CHUNK_BYTES = 1024 * 1024
_PRIVATE = 0o600


class ArchiveError(Exception):
    """A backup cannot be made or used; the message names the file, what is wrong, the remedy."""


@dataclass(frozen=True, slots=True)
class Member:
    """One database in a backup."""

    name: str
    size_bytes: int
    sha256: str


def back_up(databases: Mapping[str, Path], target: Path, made_at: datetime) -> tuple[Member, ...]:
    """Copy the databases that exist into a new tar file; it appears whole or not at all.

    Raises ArchiveError where ``target`` exists, none of them does, or one is damaged.
    """
    if target.exists():
        raise ArchiveError(f"{target} exists already; choose another name")
    present = {name: path for name, path in databases.items() if path.exists()}
    if not present:
        raise ArchiveError("there is nothing to back up yet; run 'bondwatch run' first")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder:
        copies = {name: _copied(path, Path(folder) / name) for name, path in present.items()}
        members = tuple(_member(name, copy) for name, copy in copies.items())
        part = Path(folder) / "part"
        part.touch(mode=_PRIVATE)
        with part.open("wb") as out:
            _write_tar(out, members, copies, made_at)
            out.flush()
            os.fsync(out.fileno())
        part.rename(target)
    return members


def _copied(source: Path, target: Path) -> Path:
    target.touch(mode=_PRIVATE)
    try:
        with (
            closing(sqlite3.connect(source, timeout=5.0)) as live,
            closing(sqlite3.connect(target)) as copy,
        ):
            live.backup(copy)
            # a copy in one file, without a write-ahead log beside it
            copy.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise ArchiveError(f"{source} cannot be copied ({error}); see the disk") from error
    _demand_sound(target, source)
    return target


def _demand_sound(path: Path, named: Path) -> None:
    try:
        with closing(sqlite3.connect(path)) as db:
            verdict = db.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.Error as error:
        verdict = str(error)
    if verdict != "ok":
        raise ArchiveError(f"{named} is damaged ({verdict}); use another backup")


def _member(name: str, path: Path) -> Member:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Member(name, path.stat().st_size, digest)


def _write_tar(
    out: Any, members: tuple[Member, ...], copies: Mapping[str, Path], made_at: datetime
) -> None:
    files = [{"name": m.name, "bytes": m.size_bytes, "sha256": m.sha256} for m in members]
    made = made_at.astimezone(UTC).isoformat(timespec="seconds")
    text = json.dumps({"format": FORMAT, "made_at": made, "files": files}, indent=2).encode()
    with tarfile.open(fileobj=out, mode="w") as tar:
        head = tarfile.TarInfo(MANIFEST)
        head.size, head.mode = len(text), _PRIVATE
        tar.addfile(head, io.BytesIO(text))
        for member in members:
            info = tarfile.TarInfo(member.name)
            info.size, info.mode = member.size_bytes, _PRIVATE
            with copies[member.name].open("rb") as file:
                tar.addfile(info, file)


def restore(
    source: Path,
    databases: Mapping[str, Path],
    *,
    force: bool,
    accept: Mapping[str, Callable[[Path], None]],
) -> tuple[Member, ...]:
    """Verify a whole backup, then put its databases in their places.

    What is in a place already is kept beside it as ``*.before-restore`` with ``force``, and is
    a reason to refuse without. ``accept`` opens a database once, as its owner would, and
    raises where it will not do. The caller holds the daemon's lock. Raises ArchiveError.
    """
    in_the_way = [path for path in databases.values() if path.exists()]
    if in_the_way and not force:
        raise ArchiveError(f"{in_the_way[0]} exists; give --force to put it aside")
    folder = next(iter(databases.values())).parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".restore-") as work:
        members = _unpacked(source, Path(work), databases.keys())
        for member in members:
            unpacked = Path(work) / member.name
            _demand_sound(unpacked, source)
            accept[member.name](unpacked)
        for member in members:
            place = databases[member.name]
            _put_aside(place)
            (Path(work) / member.name).rename(place)
    return members


def _unpacked(source: Path, folder: Path, known: Any) -> tuple[Member, ...]:
    try:
        with tarfile.open(source, mode="r:") as tar:
            members = _read_manifest(tar, source)
            for member in members:
                if member.name not in known:
                    raise ArchiveError(f"{source} holds {member.name!r}; this is no such backup")
                _unpack(tar, member, folder / member.name)
    except (tarfile.TarError, EOFError) as error:
        raise ArchiveError(f"{source} is no backup ({error}); choose another file") from error
    except OSError as error:
        why = error.strerror or str(error)
        raise ArchiveError(f"{source} cannot be unpacked: {why}; see that it is there") from error
    for member in members:
        if _member(member.name, folder / member.name) != member:
            raise ArchiveError(f"{source}: {member.name} is not what was backed up; use another")
    return members


def _read_manifest(tar: tarfile.TarFile, source: Path) -> tuple[Member, ...]:
    try:
        file = tar.extractfile(MANIFEST)
        manifest = json.loads(file.read(MAX_MANIFEST_BYTES)) if file else {}
        if manifest["format"] != FORMAT:
            raise ArchiveError(f"{source} has the format {manifest['format']!r}, not {FORMAT}")
        members = tuple(Member(f["name"], f["bytes"], f["sha256"]) for f in manifest["files"])
    except (KeyError, TypeError, ValueError) as error:
        raise ArchiveError(f"{source} has no sound manifest; choose another file") from error
    if not members:
        raise ArchiveError(f"{source} holds no database; choose another file")
    return members


def _unpack(tar: tarfile.TarFile, member: Member, target: Path) -> None:
    try:
        file = tar.extractfile(member.name)
    except KeyError:
        file = None
    target.touch(mode=_PRIVATE)
    with target.open("wb") as out:
        left = member.size_bytes
        while file is not None and left > 0 and (chunk := file.read(min(left, _CHUNK_BYTES))):
            out.write(chunk)
            left -= len(chunk)
        out.flush()
        os.fsync(out.fileno())


def _put_aside(path: Path) -> None:
    # a write-ahead log left behind would be taken for the restored database's own
    for suffix in ("", "-wal", "-shm"):
        old = path.with_name(path.name + suffix)
        if old.exists():
            old.rename(path.with_name(f"{path.name}.before-restore{suffix}"))
