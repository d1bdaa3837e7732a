"""Reading evidence again: the one place where its files are opened, sealed ones and plain ones.

A sealed file is found to be whole and unchanged while it is read; a plain one is held against the
index alone (``fault_of``). Nothing here writes in the clear but where it is told to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from enrolment.evidence_keys import EvidenceKeys
from enrolment.places import KeyPlace
from enrolment.register_errors import RegisterError
from enrolment.sealing import Cipher
from vision.evidence.evidence_errors import EvidenceDamagedError, EvidenceKeyMissingError
from vision.evidence.places import whole
from vision.evidence.sealed_form import (
    CLOSING_AT,
    ChunkBrokenError,
    ExtentError,
    FileSeal,
    Head,
    NotClosedError,
)
from vision.outputs.evidence_values import EvidenceFile

_PIECE_BYTES: Final = 1024 * 1024
_PRIVATE: Final = 0o600


class EvidenceReader:
    """Opens evidence; for one thread. ``keys`` None: what is sealed cannot be read.

    The key store is asked when the first sealed file is read, and not before.
    """

    def __init__(
        self,
        keys: KeyPlace | None,
        open_keys: Callable[[KeyPlace | None], EvidenceKeys] = EvidenceKeys.open,
    ) -> None:
        self._place = keys
        self._open_keys = open_keys
        self._keys: EvidenceKeys | None = None
        self._ciphers: dict[str, Cipher] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._keys is not None:
            self._keys.__exit__(kind, error, trace)
            self._keys = None

    def seal_of(self, stored: Path, source: BinaryIO) -> tuple[FileSeal, Head] | None:
        """What opens a file that is open at its beginning; None where it is plain.

        Raises EvidenceKeyMissingError.
        """
        head = Head.read(source)
        if head is None:
            return None
        name = whole(stored.name) or stored.name
        cipher = self._cipher(stored, head.key_id)
        return FileSeal(cipher, head.key_id, head.file_id, stored.parent.name, name), head

    def pieces(self, stored: Path) -> Iterator[bytes]:
        """The content in the clear, piece by piece; of a growing file what is whole of it.

        Raises EvidenceUnreadableError, and OSError where the disk fails. What came before an
        error is as it was written.
        """
        with stored.open("rb") as source:
            sealed = self.seal_of(stored, source)
            if sealed is None:
                source.seek(0)
                while piece := source.read(_PIECE_BYTES):
                    yield piece
            elif whole(stored.name) is not None:
                yield from whole_pieces(sealed[0], source)
            else:
                yield from _all_pieces(stored, source, *sealed)

    def fault_of(self, data_dir: Path, file: EvidenceFile) -> str | None:
        """What is wrong with a file that the index tells of; None where it is as it was."""
        stored, digest, size_bytes = data_dir / file.folder / file.name, hashlib.sha256(), 0
        if not stored.is_file():
            return "not there"
        try:
            for piece in self.pieces(stored):
                digest.update(piece)
                size_bytes += len(piece)
        except EvidenceDamagedError as error:
            return f"damaged at byte {error.at_byte}"
        except EvidenceKeyMissingError as error:
            return f"cannot be opened with key {error.key_id}: {error.why}"
        except OSError as error:
            return f"cannot be read: {error.strerror}"
        if size_bytes != file.size_bytes:
            return f"has {size_bytes} bytes"
        return None if digest.hexdigest() == file.sha256 else "changed"

    def _cipher(self, stored: Path, key_id: str) -> Cipher:
        if key_id not in self._ciphers:
            try:
                if self._keys is None:
                    self._keys = self._open_keys(self._place)
                self._ciphers[key_id] = self._keys.cipher(key_id)
            except (RegisterError, OSError) as error:
                raise EvidenceKeyMissingError(stored, key_id, str(error)) from error
        return self._ciphers[key_id]


def copy_plain(stored: Path, target: Path, reader: EvidenceReader | None = None) -> None:
    """Put a file of evidence where people can use it, in the clear, readable by its owner alone.

    Without a ``reader``, or with one that has no keys, what is sealed cannot be copied. Nothing
    is left at ``target`` where it fails: EvidenceDamagedError, EvidenceKeyMissingError, OSError.
    """
    own = EvidenceReader(None) if reader is None else reader
    with target.open("wb") as out:
        try:
            target.chmod(_PRIVATE)
            for piece in own.pieces(stored):
                out.write(piece)
            out.flush()
        except BaseException:
            target.unlink(missing_ok=True)
            raise


def key_of(stored: Path) -> str | None:
    """The id of the key that a file is sealed with; None where it is plain. OSError."""
    with stored.open("rb") as source:
        head = Head.read(source)
    return None if head is None else head.key_id


def whole_pieces(seal: FileSeal, source: BinaryIO) -> Iterator[bytes]:
    """What opens of a sealed file that was not closed, up to the first chunk that does not."""
    try:
        for chunk in seal.opened(source):
            yield chunk.plain
    except ChunkBrokenError:
        return


def _all_pieces(stored: Path, source: BinaryIO, seal: FileSeal, head: Head) -> Iterator[bytes]:
    try:
        yield from seal.pieces(source, head)
    except NotClosedError as error:
        what = "it was never closed" if head.is_open else "its closing seal does not open"
        raise EvidenceDamagedError(stored, CLOSING_AT, what) from error
    except ChunkBrokenError as error:
        what = f"chunk {error.index} does not open in its place"
        raise EvidenceDamagedError(stored, error.at_byte, what) from error
    except ExtentError as error:
        what = f"{error.found} chunks where {error.closed} were written"
        raise EvidenceDamagedError(stored, error.at_byte, what) from error
