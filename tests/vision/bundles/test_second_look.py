"""A clip before today's models, part by part: one scene, and the clock of then."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.loading import ModelSet
from tests.clips import make_clip
from tests.vision.bundles.two_people import rules
from tests.vision.outputs.evidence import NOON
from tests.vision.sight import view_of
from vision.bundles.second_look import ClipPart, JudgedPart, SecondLook
from vision.bundles.timelines import lines_of


@pytest.fixture
def look(models: ModelSet) -> SecondLook:
    """Nobody is enrolled, and nobody is in the pictures."""
    return SecondLook(rules(models), models, view_of(models))


def moments(look: SecondLook) -> list[tuple[float, float]]:
    """Stream time and wall clock, seconds after noon, of what was analysed."""
    frames = [facts for facts in lines_of(look.text) if facts["type"] == "frame"]
    return [(one["stream_s"], round(one["wall_utc"] - NOON, 3)) for one in frames]


def test_parts_follow_each_other_by_the_wall_clock(look: SecondLook) -> None:
    """A gap is as long for the scene as it was for the camera."""
    clip = make_clip(seconds=0.6)

    assert look.judge(ClipPart(clip, NOON)) == JudgedPart(3, NOON + 0.4)
    look.judge(ClipPart(clip, NOON + 20.0))

    assert moments(look) == [
        (0.0, 0.0),
        (0.2, 0.2),
        (0.4, 0.4),
        (20.0, 20.0),
        (20.2, 20.2),
        (20.4, 20.4),
    ]


def test_a_wall_clock_that_was_set_back(look: SecondLook) -> None:
    """The scene's time runs on all the same."""
    clip = make_clip(seconds=0.6)

    look.judge(ClipPart(clip, NOON))
    look.judge(ClipPart(clip, NOON - 60.0))

    assert moments(look)[2:4] == [(0.4, 0.4), (0.401, -60.0)]


def test_what_is_judged_by_stands_first(look: SecondLook, models: ModelSet) -> None:
    """As in a timeline that the daemon writes."""
    (versions,) = lines_of(look.text)

    assert versions["type"] == "versions"
    assert versions["models"] == dict(models.versions)
    assert versions["configuration"] == "c0ffee"


def test_a_part_that_is_no_clip(look: SecondLook, tmp_path: Path) -> None:
    """It is told, and the next is judged."""
    (tmp_path / "cam1.1.mp4").write_bytes(b"no video")

    assert look.judge(ClipPart(tmp_path / "cam1.1.mp4", NOON)) == JudgedPart(0, NOON, "garbage")
    assert look.judge(ClipPart(make_clip(seconds=0.6), NOON + 1.0)).frames == 3
