"""The lines between the supervisor and its children."""

import pytest

from vision.child_protocol import (
    Assign,
    Beat,
    Degraded,
    Lines,
    Ready,
    Stop,
    encode,
    parse_order,
    parse_report,
)


@pytest.mark.parametrize("order", [Assign(("gate", "dock-2")), Assign(()), Stop()])
def test_an_order_is_read_as_it_was_written(order):
    """What the supervisor writes is what the child reads."""
    assert parse_order(encode(order)) == order


@pytest.mark.parametrize(
    "report",
    [Ready(), Beat(), Degraded("models", "wrong_digest"), Degraded("models", None)],
)
def test_a_report_is_read_as_it_was_written(report):
    """What a child writes is what the supervisor reads."""
    assert parse_report(encode(report)) == report


@pytest.mark.parametrize(
    "line",
    [
        b"[h264 @ 0x55d] error while decoding MB 3 4",
        b"\xff\xfe\x00",
        b"7",
        b"[" * 100_000,
        b"{}",
        b'{"type": "beat',
        b'{"type": "gone"}',
        b'{"type": "degraded", "what": "../etc", "reason": "x"}',
        b'{"type": "degraded", "what": "models", "reason": ""}',
        b'{"type": "degraded", "what": "models", "reason": 7}',
    ],
)
def test_garbage_is_no_report(line):
    """A line that is none of the protocol's is no report and raises nothing."""
    assert parse_report(line) is None


@pytest.mark.parametrize("line", [b"", b"stop", b'{"type": "assign", "cameras": "gate"}', b"{}"])
def test_garbage_is_no_order(line):
    """A child takes no order from a line that is none."""
    assert parse_order(line) is None


def test_a_long_reason_is_cut():
    """A reason fits into one atomic write to the pipe, however long it was."""
    assert len(encode(Degraded("models", "x" * 10_000))) < 512


def test_lines_survive_being_torn():
    """A line is whole however the pipe tore it; empty lines are nothing."""
    lines = Lines()

    assert [lines.feed(part) for part in (b"on", b"e\n\ntw", b"o\n")] == [[], [b"one"], [b"two"]]


def test_an_endless_line_is_dropped_without_being_kept():
    """A line over the limit is counted and forgotten; the next one is read."""
    lines = Lines(max_bytes=10)

    taken = [
        lines.feed(part) for part in (b"x" * 11, b"x" * 1000, b"x\nshort\n", b"y" * 11 + b"\n")
    ]

    assert taken == [[], [], [b"short"], []]
    assert lines.overlong == 2
