"""What the daemon's own record says that it did."""

from __future__ import annotations

import json
from collections import Counter

from bench.bare import ModelRuns
from bench.daemon_counts import CameraCounts, LogFollower, Work, between, read_line, runs_of


def line(frames: int, calls: dict[str, int]) -> str:
    """A line as a worker writes it."""
    event = {
        "camera": "cam1",
        "decode": "everything",
        "frames": frames,
        "model_calls": json.dumps(calls),
        "event": "camera_counts",
        "level": "debug",
        "process": "w1",
        "pid": 7,
    }
    return json.dumps(event)


def test_a_record_is_read_from_its_line():
    """Frames and calls, and whose they are."""
    assert read_line(line(50, {"embedder": 3})) == CameraCounts(
        "w1", "cam1", "everything", 50, Counter(embedder=3)
    )


def test_other_lines_are_passed_over():
    """The log is about much else, and may mention the event's name."""
    assert read_line('{"event": "stream_event", "why": "camera_counts"}') is None
    assert read_line("not JSON at all") is None


def test_between_two_records_lies_their_difference():
    """Calls of a size that came up only later are counted from nothing."""
    before = CameraCounts("w1", "cam1", "everything", 100, Counter({"detector 416x234": 20}))
    after = CameraCounts(
        "w1", "cam1", "everything", 350, Counter({"detector 416x234": 70, "embedder": 2})
    )

    assert between(before, after) == Work(250, Counter({"detector 416x234": 50, "embedder": 2}))


def test_runs_have_the_size_that_the_graph_was_given():
    """A detector's input is always the same, however much of it a picture fills."""
    calls = Counter({"detector 416x234": 5, "detector 416x312": 2, "face_detector 96x320": 1})

    runs = runs_of(calls + Counter(embedder=4), {"detector": (416, 416), "embedder": (150, 150)})

    assert runs == [
        ModelRuns("detector", (416, 416), 7),
        ModelRuns("embedder", (150, 150), 4),
        ModelRuns("face_detector", (96, 320), 1),
    ]


def test_a_log_is_followed_by_whole_lines(tmp_path):
    """Half a line is left until the rest of it has come, and nothing is read twice."""
    log, follower = tmp_path / "w1.log", LogFollower(tmp_path)
    whole = line(1, {})
    log.write_text(whole + "\n" + whole[:30])
    first = list(follower.new_counts())
    log.write_text(whole + "\n" + whole + "\n")

    second = list(follower.new_counts())

    assert (len(first), len(second), list(follower.new_counts())) == (1, 1, [])
