"""Reads lists of names, such as ``groups``."""

from __future__ import annotations

from vision.configuration.section import Section
from vision.configuration.words import name_fault


def read_names(section: Section, key: str) -> tuple[str, ...] | None:
    """The names of a list, each once; None where something in it is wrong and has been told."""
    before = len(section.problems.found)
    names: list[str] = []
    for path, item in section.items(key, section.find(key)):
        if not isinstance(item.value, str):
            section.problems.add(item.line, path, "is no name", "write a word or quote it")
        elif (fault := name_fault(item.value)) is not None:
            problem, _, remedy = fault.partition("; ")
            section.problems.add(item.line, path, problem, remedy)
        elif item.value in names:
            section.problems.add(item.line, path, "stands here twice", "remove one of them")
        else:
            names.append(item.value)
    return tuple(names) if len(section.problems.found) == before else None
