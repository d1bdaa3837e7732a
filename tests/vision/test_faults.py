"""Faults are told when they change, and only then."""

from __future__ import annotations

from vision.faults import FaultBoard


def board() -> tuple[FaultBoard, list[tuple[str, str | None]]]:
    """A board, and what it has told."""
    told: list[tuple[str, str | None]] = []
    return FaultBoard(lambda what, reason: told.append((what, reason))), told


def test_a_fault_is_told_once() -> None:
    """However often it is put, nobody hears of it twice."""
    faults, told = board()

    assert [faults.put("journal", "full") for _ in range(3)] == [True, False, False]
    assert told == [("journal", "full")]


def test_another_reason_is_news() -> None:
    """What is wrong has become something else."""
    faults, told = board()
    faults.put("register", "empty")
    faults.put("register", "unreadable")

    assert told == [("register", "empty"), ("register", "unreadable")]


def test_an_end_is_told_once() -> None:
    """A part that works again is told as None; it may fail anew."""
    faults, told = board()
    for reason in ("full", None, None, "full"):
        faults.put("journal", reason)

    assert told == [("journal", "full"), ("journal", None), ("journal", "full")]


def test_what_never_failed_is_no_news() -> None:
    """A part that works from the start is not told of."""
    faults, told = board()

    assert not faults.put("journal", None)
    assert told == []


def test_parts_are_told_apart() -> None:
    """One part's end is not another's."""
    faults, told = board()
    faults.put("a", "x")
    faults.put("b", "x")
    faults.put("a", None)

    assert told == [("a", "x"), ("b", "x"), ("a", None)]
