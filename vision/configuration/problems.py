"""What can be wrong in the configuration, and the list in which it is gathered.

A mistake is a value, so that all of them can be told at once. What is a mistake, the readers
beside this module decide.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from vision.redaction import redact

_SHOWN_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where it is, what is wrong, what to do about it. ``line`` starts at 1."""

    file: str
    line: int
    key: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.key}: {self.problem}; {self.remedy}"


class ConfigError(Exception):
    """The configuration cannot be used; ``problems`` holds every mistake, in line order."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass(slots=True)
class Problems:
    """The mistakes found so far in one file."""

    file: str
    found: list[Problem] = field(default_factory=list)

    def add(self, line: int, key: str, problem: str, remedy: str) -> None:
        self.found.append(Problem(self.file, line, key, problem, remedy))

    def error(self) -> ConfigError:
        """Everything found, in the order of the file's lines."""
        return ConfigError(tuple(sorted(self.found, key=lambda problem: problem.line)))


def shown(value: object) -> str:
    """A value as an error may quote it: one line, short, free of secrets."""
    text = repr(redact(value) if isinstance(value, str) else value)
    if len(text) <= _SHOWN_CHARACTERS:
        return text
    return text[: _SHOWN_CHARACTERS - 3] + "..."
