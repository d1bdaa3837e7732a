"""A recording through the pipeline: the same lines every time, and the right ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.loading import ModelSet
from tests.clips import make_clip
from tests.vision.sight import NOW_UTC, frame_of, view_of
from vision.core.policy import IdentityPolicy, Permit, ScenePolicy, ZonePolicy, ZoneView
from vision.ingest.reasons import StreamFaultError
from vision.register_watch import RegisterView
from vision.replay import ReplayRules, pipeline_for, replay

WHOLE_PICTURE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


@pytest.fixture(scope="module")
def rules(models: ModelSet) -> ReplayRules:
    """A zone that fills the picture."""
    measured = models.embedder.thresholds
    zone = ZonePolicy("stage", (Permit(frozenset({"cast"})),), verify_within_s=5.0)
    policy = ScenePolicy(
        "cam1",
        (zone,),
        (ZoneView("stage", WHOLE_PICTURE, counts=True),),
        IdentityPolicy(measured.accept, measured.reject, measured.margin),
    )
    return ReplayRules(policy, analyses_per_s=5.0, start_utc=NOW_UTC)


@pytest.fixture(scope="module")
def strangers(models: ModelSet, people: Path) -> RegisterView:
    """A register without the man on the stage."""
    return view_of(
        models, {"biden": people / "joe-biden.jpg", "obama": people / "barack-obama.jpg"}
    )


@pytest.fixture(scope="module")
def alarmed(
    models: ModelSet, rules: ReplayRules, strangers: RegisterView, stage: Path
) -> list[str]:
    """What a replay of the stage says with only strangers enrolled."""
    return list(replay(stage, rules, models, strangers))


def decided(lines: list[str], kind: str) -> list[dict[str, Any]]:
    """The decisions of one type."""
    return [fields for fields in map(json.loads, lines) if fields["type"] == kind]


def test_two_runs_give_the_same_bytes(
    models: ModelSet,
    rules: ReplayRules,
    strangers: RegisterView,
    stage: Path,
    alarmed: list[str],
) -> None:
    """The clock is the file's own, and nothing is left to chance."""
    assert list(replay(stage, rules, models, strangers)) == alarmed


def test_the_enrolled_man_is_registered(
    models: ModelSet, rules: ReplayRules, people: Path, stage: Path
) -> None:
    """His passage names him; a face as large as his is no stranger's."""
    register = view_of(models, {"lin": people / "lin-manuel-miranda.png"})

    lines = list(replay(stage, rules, models, register))

    evidence = [passage["evidence"] for passage in decided(lines, "passage")]
    assert "lin" in {e["staff_id"] for e in evidence if e["state"] == "registered"}
    large = [a["evidence"] for a in decided(lines, "alarm") if (a["evidence"]["face_px"] or 0) > 65]
    assert all(e["state"] != "unregistered" for e in large)


def test_with_only_others_enrolled_he_alarms(alarmed: list[str]) -> None:
    """He is in the zone and on no register."""
    raised = [a for a in decided(alarmed, "alarm") if a["change"] == "raised"]

    assert "unregistered_person" in {alarm["kind"] for alarm in raised}
    assert {alarm["zone_id"] for alarm in raised} == {"stage"}


def test_times_are_the_files(alarmed: list[str]) -> None:
    """Wall time begins where it was said to, and runs with the pictures, in order."""
    times = [json.loads(line)["at"] for line in alarmed if '"at"' in line]

    assert all(at["wall_utc"] == pytest.approx(NOW_UTC + at["stream_s"]) for at in times)
    assert all(0.0 <= at["stream_s"] < 10.0 for at in times)


def test_an_empty_scene_says_nothing_of_people(models: ModelSet, rules: ReplayRules) -> None:
    """A pattern that moves is nobody."""
    lines = list(replay(make_clip(seconds=1.0), rules, models, view_of(models)))

    assert decided(lines, "alarm") == []
    assert decided(lines, "passage") == []


def test_the_pictures_shape_is_taken_from_the_file(models: ModelSet, rules: ReplayRules) -> None:
    """An upright clip is judged as one, whatever the policy took for granted."""
    upright = frame_of(np.zeros((160, 120, 3), np.uint8))

    pipeline = pipeline_for(upright, rules.policy, models, view_of(models))

    assert pipeline.scene._policy.aspect == 0.75


def test_what_is_no_video_is_refused(tmp_path: Path, models: ModelSet, rules: ReplayRules) -> None:
    """The error names the file."""
    path = tmp_path / "notes.txt"
    path.write_text("not a video")

    with pytest.raises(StreamFaultError, match=r"notes\.txt"):
        list(replay(path, rules, models, view_of(models)))
