"""Values that point elsewhere: paths, secrets, streams.

A relative path is relative to the configuration's folder, wherever the daemon is started. A
secret is named, by an environment variable or a file, and never stands in the configuration.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from vision.configuration.section import Section
from vision.configuration.words import path_fault, scheme_of, stream_fault, variable_fault
from vision.settings import Secret

_SECRET_REMEDY = "write {env: NAME} or {file: PATH}"  # noqa: S105 - a remedy, no secret


@dataclass(frozen=True, slots=True)
class Sources:
    """Reads such values for a configuration that lies in ``folder``, an absolute path."""

    folder: Path

    def path(self, section: Section, key: str) -> Path | None:
        text = section.text(key, None, path_fault)
        return None if text is None else self._resolved(text)

    def stream(self, section: Section, key: str) -> str | None:
        """A stream's URL, or the absolute path of a video file."""
        text = section.text(key, None, stream_fault)
        if text is None or scheme_of(text) not in (None, "file"):
            return text
        plain = unquote(urlsplit(text).path) if scheme_of(text) else text
        return str(self._resolved(plain))

    def secret(self, section: Section, key: str) -> Secret | None:
        """Where a secret comes from. What stands here instead is told but never quoted."""
        entry = section.find(key)
        if entry is None:
            return None
        if not isinstance(entry.value, dict):
            section.wrong(key, "a secret does not stand in the configuration", _SECRET_REMEDY)
            return None
        inner = Section(section.problems, section.where(key), entry)
        variable, file = inner.text("env", None, variable_fault), self.path(inner, "file")
        given = [name for name in ("env", "file") if inner.find(name)]
        inner.close()
        if len(given) == 1:
            return Secret(variable, file)
        if inner.is_empty:
            section.wrong(key, "names no source", _SECRET_REMEDY)
        if given:
            section.wrong(key, "names two sources", "keep env or file, not both")
        return None

    def _resolved(self, text: str) -> Path:
        return (self.folder / Path(text).expanduser()).resolve()
