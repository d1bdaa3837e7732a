"""The one table of words that people read, English and Chinese, and sentences made of it.

Pure but for reading the table, which lies beside this file. A *said* is a sentence not yet in any
language: ``{"say": key, "with": {...}}``, where a value is text, a number, ``{"word": key}`` or
``{"at": POSIX seconds}``. The replay page speaks the same ones with the same table.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

Said = dict[str, Any]
Clock = Callable[[float], str]
"""POSIX seconds to the text that people read."""

_HOLE = re.compile(r"\{(\w+)\}")
_UNKNOWN = "-"


class Language(StrEnum):
    """What the table has; in its order."""

    ENGLISH = "en"
    CHINESE = "zh"


@cache
def table() -> Mapping[str, list[str]]:
    """Key to what is said, in the order of ``Language``."""
    text = resources.files("console").joinpath("words.json").read_text(encoding="utf-8")
    words: dict[str, list[str]] = json.loads(text)
    return words


def said(key: str, **values: Any) -> Said:
    """A sentence to be said later."""
    return {"say": key, "with": values}


def coded(family: str, code: str | None) -> Any:
    """A value that is a code of ours, such as a reason; None where there is no code."""
    return None if code is None else {"word": f"{family}.{code}"}


def moment(at: float) -> dict[str, float]:
    """A value that is a time."""
    return {"at": at}


def word(key: str, language: Language) -> str:
    """What a key is called; a code that the table does not know is shown as it is."""
    names = table().get(key)
    if names is None:
        return key.partition(".")[2].replace("_", " ")
    return names[list(Language).index(language)]


def sentence(what: Said, language: Language, clock: Clock) -> str:
    """A said, in a language. Values are put in once, so braces in them mean nothing."""
    values = what["with"]

    def fill(hole: re.Match[str]) -> str:
        return _value(values.get(hole[1]), language, clock)

    return _HOLE.sub(fill, word(what["say"], language))


def _value(value: Any, language: Language, clock: Clock) -> str:
    if value is None:
        return _UNKNOWN
    if isinstance(value, dict):
        return clock(value["at"]) if "at" in value else word(value["word"], language)
    return str(value)
