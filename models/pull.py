"""Gets weight files from their pinned addresses, when an operator asks for it.

Here belongs which files a pack needs and where each comes from. How bytes are brought is
`models.fetching`'s. No running daemon comes here.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

from models.entries import Archive, ModelEntry
from models.errors import PullError
from models.fetch_dlib import fetch
from models.fetching import FetchError, Pinned, Progress, bring, digest_of, quiet
from models.store import remedy, write_whole
from models.zips import ZipRefusedError, read_member


def pull(entry: ModelEntry, into: Path, progress: Progress = quiet) -> Path:
    """Gets an entry's file into a directory and returns its path; does nothing twice.

    What an interrupted pull left is continued. The file appears under its name only once its size
    and digest are right. PullError says what went wrong and how to carry it in by hand.
    """
    path = into / entry.file
    if path.is_file() and digest_of(path) == entry.sha256:
        return path
    if entry.converted_from is not None:
        return fetch(into, entry=entry)
    if entry.archive is not None:
        return _from_archive(entry, entry.archive, path, progress)
    if entry.url is None:
        raise PullError(f"{entry.name}: no public address is known; {remedy(entry)}")
    try:
        bring(Pinned(entry.url, entry.sha256, entry.size_bytes), path, progress)
    except (FetchError, OSError) as error:
        raise PullError(_by_hand(entry, entry.url, entry.sha256, str(error))) from error
    return path


def _from_archive(entry: ModelEntry, archive: Archive, path: Path, progress: Progress) -> Path:
    """The archive stays until all entries that lie in it have been taken out."""
    kept = path.parent / archive.file
    try:
        if not kept.is_file() or digest_of(kept) != archive.sha256:
            bring(Pinned(archive.url, archive.sha256, archive.size_bytes), kept, progress)
        with zipfile.ZipFile(kept) as opened:
            data = read_member(opened, Path(entry.file).name, entry.size_bytes, entry.sha256)
    except (FetchError, OSError, zipfile.BadZipFile, ZipRefusedError) as error:
        raise PullError(_by_hand(entry, archive.url, archive.sha256, str(error))) from error
    write_whole(path, data)
    return path


def drop_archives(entries: tuple[ModelEntry, ...], into: Path) -> None:
    """Removes the archives that entries were taken from: a half of a gigabyte for nothing."""
    for entry in entries:
        if entry.archive is not None and (into / entry.file).is_file():
            (into / entry.file).with_name(entry.archive.file).unlink(missing_ok=True)


def _by_hand(entry: ModelEntry, url: str, sha256: str, reason: str) -> str:
    return (
        f"{entry.name}: cannot be fetched from {url} ({reason}); by hand: download it elsewhere,"
        f" check that its sha256 is {sha256}, carry it here and run"
        " `bondwatch models import` on its folder or zip"
    )
