"""Names and folders of evidence."""

from __future__ import annotations

import pytest

from vision.evidence.places import (
    FileKind,
    camera_of,
    folder_of,
    growing,
    kind_of,
    next_name,
    picture_name,
    snapshot_reference,
    whole,
)

MIDNIGHT = 1_767_225_599.5  # 2025-12-31T23:59:59.5Z


def test_the_day_is_that_of_the_alarm_in_utc():
    """However long it lives, everything of an alarm is in one folder."""
    assert folder_of("a1", MIDNIGHT) == "evidence/2025-12-31/a1"
    assert folder_of("a1", MIDNIGHT + 1) == "evidence/2026-01-01/a1"
    assert snapshot_reference("a1", MIDNIGHT, "gate") == "evidence/2025-12-31/a1/gate.jpg"


def test_parts_are_counted():
    """Neither a whole nor a growing file is overwritten."""
    taken = {"gate.1.mp4", "gate.2.part.mp4", "gate-2.3.mp4", "gate.jpg"}

    assert next_name("gate", FileKind.CLIP, taken) == "gate.3.mp4"
    assert next_name("gate", FileKind.TIMELINE, taken) == "gate.1.jsonl"


@pytest.mark.parametrize("camera", ["gate", "gate-face", "gate_1"])
@pytest.mark.parametrize("kind", list(FileKind))
def test_a_name_says_what_it_is(camera, kind):
    """Of which camera, of which kind, and whether it grows."""
    pictures = {FileKind.SNAPSHOT, FileKind.FACE}
    name = picture_name(camera, kind) if kind in pictures else next_name(camera, kind, ())

    assert (camera_of(name), kind_of(name), whole(name)) == (camera, kind, None)
    assert whole(growing(name)) == name


def test_other_files():
    """What is no evidence has no kind."""
    assert kind_of("notes.txt") is None
