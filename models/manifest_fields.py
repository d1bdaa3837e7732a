"""One mapping of the manifest, key by key, and the values that keys may have.

Here belong the small checks; which keys an entry has is `models.manifest`'s.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any, TypeVar

_T = TypeVar("_T")
_E = TypeVar("_E", bound=StrEnum)
_DIGEST = re.compile(r"[0-9a-f]{64}")
TEMPLATES = ("arcface_112", "dlib_150")


class Fields:
    """Takes keys out of a mapping; whatever is left at the end is unknown."""

    def __init__(self, where: str, body: object, mistakes: list[str]) -> None:
        self._where = where
        self.mistakes = mistakes
        self._left: dict[str, Any] = dict(body) if isinstance(body, Mapping) else {}
        if not isinstance(body, Mapping):
            self.mistake("must be a mapping")

    def inside(self, key: str, body: object) -> Fields:
        """The same for a mapping below this one."""
        return Fields(f"{self._where}.{key}", body, self.mistakes)

    def has(self, key: str) -> bool:
        return key in self._left

    def mistake(self, text: str) -> None:
        """Notes what is wrong here."""
        self.mistakes.append(f"{self._where}: {text}")

    def need(self, key: str, read: Callable[[Any], _T]) -> _T | None:
        """The value of a key; None, and a mistake noted, where it is missing or wrong."""
        if key not in self._left:
            self.mistake(f"{key} is missing")
            return None
        try:
            return read(self._left.pop(key))
        except ValueError as error:
            self.mistake(f"{key}: {error}")
            return None

    def done(self) -> None:
        """Notes the keys that nobody asked for."""
        for key in self._left:
            self.mistake(f"{key} is not a key of the manifest")


def text(value: object) -> str:
    """A string that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be text")
    return value


def boolean(value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ValueError("must be true or false")  # noqa: TRY004 - one type for all mistakes
    return value


def integer(value: object) -> int:
    """A whole number from 0 up."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("must be a whole number, 0 or more")
    return value


def number(value: object) -> float:
    """Any number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be a number")  # noqa: TRY004 - one type for all mistakes
    return float(value)


def cosine(value: object) -> float:
    """A number in [-1, 1]."""
    read = number(value)
    if not -1 <= read <= 1:
        raise ValueError("must lie between -1 and 1")
    return read


def share(value: object) -> float:
    """A number in [0, 1]."""
    read = number(value)
    if not 0 <= read <= 1:
        raise ValueError("must lie between 0 and 1")
    return read


def mapping(value: object) -> Mapping[str, object]:
    """A mapping."""
    if not isinstance(value, Mapping):
        raise ValueError("must be a mapping")  # noqa: TRY004 - one type for all mistakes
    return value


def sequence(value: object) -> Sequence[object]:
    """A list that is not empty."""
    if not isinstance(value, list) or not value:
        raise ValueError("must be a list with something in it")
    return value


def integers(count: int) -> Callable[[object], tuple[int, ...]]:
    """A list of that many whole numbers."""

    def read(value: object) -> tuple[int, ...]:
        if len(sequence(value)) != count:
            raise ValueError(f"must be {count} whole numbers")
        return tuple(integer(item) for item in sequence(value))

    return read


def triple(value: object) -> tuple[float, float, float]:
    """Three numbers, one a channel."""
    if len(sequence(value)) != 3:  # noqa: PLR2004 - a picture has three channels
        raise ValueError("must be three numbers")
    first, second, third = (number(item) for item in sequence(value))
    return first, second, third


def optional(read: Callable[[Any], _T]) -> Callable[[object], _T | None]:
    """The same, or null."""
    return lambda value: None if value is None else read(value)


def choice(words: type[_E]) -> Callable[[object], _E]:
    """One of an enumeration's words."""

    def read(value: object) -> _E:
        return words(one_of(tuple(words))(value))

    return read


def one_of(words: Sequence[str]) -> Callable[[object], str]:
    """One of some words."""

    def read(value: object) -> str:
        if value not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return str(value)

    return read


template = one_of(TEMPLATES)


def digest(value: object) -> str:
    """A SHA-256 in lower case hexadecimals."""
    if not _DIGEST.fullmatch(str(value)):
        raise ValueError("must be 64 lower case hexadecimal digits")
    return str(value)


def https(value: object) -> str:
    """An address that starts with https://."""
    if not text(value).startswith("https://"):
        raise ValueError("must be an https address")
    return str(value)


def relative_path(value: object) -> str:
    """A file below a model directory; never a way out of it."""
    path = PurePosixPath(text(value))
    if path.is_absolute() or ".." in path.parts:
        raise ValueError("must stay below the model directory")
    return str(path)
