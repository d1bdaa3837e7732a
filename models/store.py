"""Finds weight files and hands out their bytes, verified.

Here belongs where files are looked for and the proof that they are the right ones. Bytes are
read once, and the bytes that were hashed are the bytes that are handed out, so nobody can swap
a file between the check and the use. Nothing here uses the network (`models.pull` does, and
only when an operator asks for it).

The places, in this order, the first that holds the file wins:

1. ``models/weights/`` beside this code: the weights that this project trained itself;
2. the model directory: the configuration's, then the environment's ``BONDWATCH_MODELS``;
3. the cache, where set-up and pulls put files: ``.cache/models`` of the checkout that this code
   runs from, or ``$XDG_CACHE_HOME/bondwatch/models`` (``~/.cache/...``) where it is installed
   as a package.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from models.entries import ModelEntry
from models.errors import WeightMissingError, WeightWrongError

ENVIRONMENT_VARIABLE = "BONDWATCH_MODELS"
_ROOM = Path(__file__).resolve().parent
WEIGHTS_DIRECTORY = _ROOM / "weights"


def cache_directory() -> Path:
    """Where set-up and pulls put weight files."""
    checkout = _ROOM.parent
    if (checkout / "pyproject.toml").is_file():
        return checkout / ".cache" / "models"
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "bondwatch" / "models"


def search_path(directory: Path | None = None) -> tuple[Path, ...]:
    """The directories in which weights are looked for; ``directory``: the configuration's."""
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    wanted = (directory, Path(named) if named else None)
    return (WEIGHTS_DIRECTORY, *(path for path in wanted if path is not None), cache_directory())


class WeightStore:
    """The weight files of some directories."""

    def __init__(self, directories: Sequence[Path]) -> None:
        self.directories = tuple(directories)

    def find(self, entry: ModelEntry) -> Path:
        """The path of an entry's file, not yet verified. WeightMissingError names the places."""
        for directory in self.directories:
            path = directory / entry.file
            if path.is_file():
                return path
        places = ", ".join(str(directory) for directory in self.directories)
        raise WeightMissingError(
            f"{entry.name}: {entry.file} is in none of {places}; {remedy(entry)}"
        )

    def read(self, entry: ModelEntry) -> bytes:
        """The verified bytes of an entry's file.

        WeightMissingError where no directory has it, WeightWrongError where it cannot be read
        or is another file than the manifest pins. A wrong file is refused, never passed over
        for one in a later directory.
        """
        path = self.find(entry)
        try:
            data = path.read_bytes()
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise WeightWrongError(f"{entry.name}: {path} cannot be read: {reason}") from error
        if (found := hashlib.sha256(data).hexdigest()) != entry.sha256:
            raise WeightWrongError(
                f"{entry.name}: {path} is not the file that the manifest pins: sha256 {found} "
                f"({len(data)} bytes), expected {entry.sha256} ({entry.size_bytes} bytes); "
                f"remove it, then {remedy(entry)}"
            )
        return data


def standard_store(directory: Path | None = None) -> WeightStore:
    """The store over the standard places; ``directory``: the configuration's, if it names one."""
    return WeightStore(search_path(directory))


def remedy(entry: ModelEntry) -> str:
    """What an operator can do to get an entry's file."""
    if entry.converted_from is not None:
        return "run `python -m models.fetch_dlib`, or set BONDWATCH_MODELS to a directory with it"
    if entry.url is not None:
        return (
            f"run `bondwatch models pull {entry.name}`, or set BONDWATCH_MODELS to a directory"
            " with it"
        )
    return "set BONDWATCH_MODELS to a directory with it"


def write_whole(path: Path, data: bytes) -> None:
    """Puts a file in place at once: readers see all of it or, after a crash, nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with scratch.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        scratch.replace(path)
    finally:
        # After the rename there is nothing left to remove.
        with suppress(FileNotFoundError):
            scratch.unlink()
