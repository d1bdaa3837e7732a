"""Reading one mapping of the document, key by key, and gathering what is wrong with it.

A ``Section`` hands out values of the type that is asked for, within the range that is asked
for. A wrong value becomes a problem and its default is handed out instead, so that reading goes
on and every mistake is told at once. What the keys mean is the readers' business.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from vision.configuration.document import WHOLE_FILE, Entry, Mapping, Value
from vision.configuration.problems import Problems, shown

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Range:
    """What a number may be, both ends included, and in which unit."""

    low: float
    high: float
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g} {self.unit}".rstrip()


class Section:
    """One mapping at ``path``; keys that nobody asks for are mistakes (see ``close``)."""

    def __init__(self, problems: Problems, path: str, entry: Entry) -> None:
        self.problems = problems
        self.path = path
        self.line = entry.line
        self._asked: list[str] = []
        self._missing: dict[str, str] = {}
        self._mapping: Mapping = {}
        self.is_mapping = isinstance(entry.value, dict)
        if isinstance(entry.value, dict):
            self._mapping = entry.value
        elif entry.value is not None:
            problems.add(
                entry.line, path or WHOLE_FILE, "is no mapping", "write 'key: value' lines"
            )

    @property
    def is_empty(self) -> bool:
        return not self._mapping

    def where(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def wrong(self, key: str, problem: str, remedy: str) -> None:
        """Records a mistake of a key, in its line or, where it is missing, in the section's."""
        entry = self._mapping.get(key)
        self.problems.add(entry.line if entry else self.line, self.where(key), problem, remedy)

    def find(self, key: str) -> Entry | None:
        """The key's entry; None where it is missing or left empty."""
        if key not in self._asked:
            self._asked.append(key)
        entry = self._mapping.get(key)
        return None if entry is None or entry.value is None else entry

    def need(self, key: str, remedy: str) -> Entry | None:
        """The same, but a missing key is a mistake."""
        entry = self.find(key)
        if entry is None:
            self.missing(key, remedy)
        return entry

    def missing(self, key: str, remedy: str) -> None:
        """Notes a key that should be there; told by ``close``, unless it is only misspelt."""
        if self.is_mapping:
            self._missing[key] = remedy

    def text(self, key: str, default: _T, check: Callable[[str], str | None]) -> str | _T:
        """A text; ``check`` gives what is wrong with it as ``problem; remedy``, or None."""
        entry = self.find(key)
        if entry is None:
            return default
        return default if (text := self.as_text(key, entry, check)) is None else text

    def as_text(self, key: str, entry: Entry, check: Callable[[str], str | None]) -> str | None:
        """The text of an entry found under ``key``; None where it is none, and that is told."""
        if not isinstance(entry.value, str):
            problem = f"{_kind(entry.value)} where a text belongs"
            self.problems.add(entry.line, self.where(key), problem, "write a word or quote it")
            return None
        complaint = check(entry.value)
        if complaint is None:
            return entry.value
        problem, _, remedy = complaint.partition("; ")
        self.problems.add(entry.line, self.where(key), problem, remedy)
        return None

    def number(self, key: str, default: _T, within: Range) -> float | _T:
        entry = self.find(key)
        return default if entry is None else self._number(key, entry.value, default, within)

    def integer(self, key: str, default: _T, within: Range) -> int | _T:
        entry = self.find(key)
        if entry is None:
            return default
        value = self._number(key, entry.value, default, within)
        if isinstance(value, float) and not value.is_integer():
            self.wrong(key, f"{value:g} is no whole number", f"write {within}")
            return default
        return int(value) if isinstance(value, float) else value

    def _number(self, key: str, value: Value, default: _T, within: Range) -> float | _T:
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not math.isfinite(value)
        ):
            self.wrong(key, f"{_quoted(value)} is no number", f"write {within}")
            return default
        if not within.low <= value <= within.high:
            self.wrong(key, f"{value:g} is out of range", f"write {within}")
            return default
        return float(value)

    def flag(self, key: str) -> bool | None:
        """A flag, false where it is missing; None where it is wrong and that has been told."""
        entry = self.find(key)
        if entry is None:
            return False
        if isinstance(entry.value, bool):
            return entry.value
        self.wrong(key, f"{_quoted(entry.value)} is neither true nor false", "write true or false")
        return None

    def section(self, key: str) -> Section | None:
        """The mapping under a key; None where there is none."""
        entry = self.find(key)
        return None if entry is None else Section(self.problems, self.where(key), entry)

    def items(self, key: str, entry: Entry | None) -> Iterator[tuple[str, Entry]]:
        """The entries of a list found under ``key`` with their paths; anything else is told."""
        if entry is None:
            return
        if not isinstance(entry.value, list):
            problem = f"{_kind(entry.value)} where a list belongs"
            self.problems.add(entry.line, self.where(key), problem, "write '- ' items or [..]")
            return
        for index, item in enumerate(entry.value):
            yield f"{self.where(key)}[{index}]", item

    def entries(self) -> Iterator[tuple[str, Entry]]:
        """All entries, for mappings whose keys are data; they count as asked for."""
        self._asked.extend(self._mapping)
        yield from self._mapping.items()

    def close(self) -> None:
        """Tells every key that was not asked for, it would have no effect, and what is missing."""
        for key, entry in self._mapping.items():
            if key in self._asked:
                continue
            near = difflib.get_close_matches(key, self._asked, n=1)
            for meant in near:
                self._missing.pop(meant, None)
            known = ", ".join(self._asked)
            remedy = f"did you mean {near[0]}?" if near else f"remove it; known here: {known}"
            self.problems.add(entry.line, self.where(key), "is no known key", remedy)
        for key, remedy in self._missing.items():
            self.wrong(key, "is missing", remedy)


def _kind(value: Value) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return "nothing" if value is None else _quoted(value)


def _quoted(value: Value) -> str:
    return _kind(value) if isinstance(value, dict | list) else shown(value)
