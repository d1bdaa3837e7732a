"""The configuration as the daemon took it up, kept for its children.

A child may be started anew hours later, when somebody is editing the file, or has changed what
cannot change while the daemon runs: it must go by what the supervisor goes by. So the
supervisor keeps a copy in the run directory, and children read that. Standard library and the
reader of the configuration only.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

import structlog

from vision.config_reader import read_settings
from vision.settings import Settings

NAME = "config.yaml"
_MAX_BYTES = 1024 * 1024
_PRIVATE = 0o600

_log = structlog.get_logger("configuration")


@dataclass(frozen=True, slots=True)
class KeptConfig:
    """``path`` is the file that people edit, ``kept`` the copy, or None where none is used."""

    path: Path
    kept: Path | None

    def read(self) -> Settings:
        """What the daemon goes by: the copy, or the file where none could be kept.

        ConfigError as ``read_settings``.
        """
        is_kept = self.kept is not None and self.kept.exists()
        return read_settings(self.path, content=self.kept if is_kept else None)

    def text(self) -> str | None:
        """What the daemon goes by as it is written; None where it cannot be read right now."""
        is_kept = self.kept is not None and self.kept.exists()
        try:
            with (self.kept if self.kept and is_kept else self.path).open("rb") as file:
                return file.read(_MAX_BYTES).decode(errors="replace")
        except OSError:
            return None

    def read_anew(self) -> Settings:
        """What the file says now; ``accept`` makes exactly that what is kept.

        ConfigError as ``read_settings``.
        """
        candidate = self._candidate
        if candidate is None or not self._copy_to(candidate):
            return read_settings(self.path)
        return read_settings(self.path, content=candidate)

    def keep(self) -> None:
        """Keep what the file says, at the start; it has been read a moment ago."""
        if self._candidate is not None:
            self._copy_to(self._candidate)
            self.accept()

    def accept(self) -> None:
        """Keep what was read anew; where it could not be copied, children read the file."""
        if self.kept is None or self._candidate is None:
            return
        try:
            if self._candidate.exists():
                self._candidate.replace(self.kept)
            else:
                self.kept.unlink(missing_ok=True)
        except OSError as error:
            _log.warning("configuration_not_kept", why=error.strerror or type(error).__name__)

    @property
    def _candidate(self) -> Path | None:
        return self.kept and self.kept.with_suffix(".new")

    def _copy_to(self, candidate: Path) -> bool:
        """Whether there is a copy; whatever is wrong with the file, reading it will tell."""
        try:
            candidate.unlink(missing_ok=True)
            with self.path.open("rb") as file:
                text = file.read(_MAX_BYTES + 1)
            candidate.touch(mode=_PRIVATE)
            candidate.write_bytes(text)
        except OSError as error:
            _log.warning("configuration_not_copied", why=error.strerror or type(error).__name__)
            with contextlib.suppress(OSError):  # a disk that is full or gone has been told of
                candidate.unlink(missing_ok=True)
            return False
        return True
