"""Takes weight files that were carried in, from a folder or a zip.

Files are known by size and digest, never by name or place, so it does not matter how they were
packed or renamed on the way, and what is not pinned in the manifest is never taken. Nothing here
uses the network.
"""

from __future__ import annotations

import hashlib
import stat
import tempfile
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from models.entries import ModelEntry
from models.errors import WeightWrongError
from models.fetch_dlib import fetch
from models.fetching import digest_of
from models.store import write_whole
from models.zips import ZipRefusedError, members_of, read_bounded

_WEIGHT_LIKE = frozenset({".onnx", ".dat", ".zip"})


@dataclass(slots=True)
class Carried:
    """What an import found.

    ``taken``: entries whose file is in place now. ``refused``: a line for each file that looks
    like weights and is not taken: the file, what was expected, and what to do. ``withheld``:
    entries that are there, but whose licence nobody accepted.
    """

    taken: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    withheld: list[str] = field(default_factory=list)


class Carrier:
    """Imports into one directory. ``allowed``: entries whose licence stands in nobody's way."""

    def __init__(
        self, entries: Collection[ModelEntry], into: Path, allowed: Collection[str]
    ) -> None:
        self._into = into
        self._allowed = frozenset(allowed)
        self._entries = tuple(entries)
        self._sizes = {size for entry in entries for size, _ in _pins(entry)}

    def take(self, source: Path) -> Carried:
        """Takes everything known out of a folder or a zip.

        WeightWrongError where the source is neither, or a zip that cannot be trusted.
        """
        found = Carried()
        if source.is_dir():
            self._take_folder(source, found)
        elif zipfile.is_zipfile(source):
            self._take_zip(source, found)
        else:
            raise WeightWrongError(
                f"{source} is neither a folder nor a zip; carry the files of the pack in one"
            )
        return found

    def _take_folder(self, folder: Path, found: Carried) -> None:
        for path in sorted(folder.rglob("*")):
            # A link or a device is no carried file, and reading one may never end.
            if not stat.S_ISREG(path.lstat().st_mode):
                continue
            size = path.stat().st_size
            if size in self._sizes and self._take(path.read_bytes(), found):
                continue
            if path.suffix == ".zip" and zipfile.is_zipfile(path):
                self._take_zip(path, found)
            elif path.suffix in _WEIGHT_LIKE:
                found.refused.append(self._unknown(path.name, size, digest_of(path)))

    def _take_zip(self, source: Path, found: Carried) -> None:
        try:
            with zipfile.ZipFile(source) as archive:
                for member in members_of(archive):
                    self._take_member(archive, member, found)
        except (zipfile.BadZipFile, ZipRefusedError) as error:
            raise WeightWrongError(
                f"{source} cannot be used: {error}; carry the files in again"
            ) from error

    def _take_member(
        self, archive: zipfile.ZipFile, member: zipfile.ZipInfo, found: Carried
    ) -> None:
        size = member.file_size
        if size in self._sizes:
            data = read_bounded(archive, member, size)
            if len(data) == size and self._take(data, found):
                return
            digest = hashlib.sha256(data).hexdigest()
        else:
            digest = "of no pinned size, not read"
        name = PurePosixPath(member.filename).name
        if PurePosixPath(name).suffix in _WEIGHT_LIKE:
            found.refused.append(self._unknown(name, size, digest))

    def _take(self, data: bytes, found: Carried) -> bool:
        """Puts bytes in place for every entry that pins them; False where none does."""
        pin = (len(data), hashlib.sha256(data).hexdigest())
        owners = [entry for entry in self._entries if pin in _pins(entry)]
        for entry in owners:
            if entry.name not in self._allowed:
                found.withheld.append(entry.name)
                continue
            self._place(entry, data, pin)
            found.taken.append(entry.name)
        return bool(owners)

    def _place(self, entry: ModelEntry, data: bytes, pin: tuple[int, str]) -> None:
        if pin == (entry.size_bytes, entry.sha256):
            write_whole(self._into / entry.file, data)
            return
        with tempfile.NamedTemporaryFile() as origin:  # what the entry's file is converted from
            origin.write(data)
            origin.flush()
            fetch(self._into, Path(origin.name), entry)

    def _unknown(self, name: str, size: int, digest: str) -> str:
        namesake = next((e for e in self._entries if Path(e.file).name == name), None)
        if namesake is None:
            return (
                f"{name} ({size} bytes, sha256 {digest}) is in no entry of the manifest: not taken;"
                " an embedder or detector of your own needs an entry first (docs/models.md)"
            )
        return (
            f"{name} ({size} bytes, sha256 {digest}) is not what {namesake.name} pins"
            f" ({namesake.size_bytes} bytes, sha256 {namesake.sha256}): not taken;"
            " carry it in again"
        )


def _pins(entry: ModelEntry) -> Iterator[tuple[int, str]]:
    """Sizes and digests by which an entry can be had."""
    yield entry.size_bytes, entry.sha256
    if entry.converted_from is not None:
        yield entry.converted_from.size_bytes, entry.converted_from.sha256
