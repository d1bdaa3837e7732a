"""A frame's way through detector, scene and faces: real models, a real photo."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from models.detector import DetectedObjects
from models.loading import ModelSet
from tests.vision.sight import frame_of, moment, photo, view_of
from vision.core.policy import IdentityPolicy, Permit, ScenePolicy, ZonePolicy, ZoneView
from vision.core.scene import Scene
from vision.core.values import (
    AlarmDecision,
    AlarmKind,
    Box,
    Detection,
    IdentityState,
    ObjectKind,
    Step,
)
from vision.face_looks import FaceLooker
from vision.ingest.frame import Frame
from vision.pipeline import Pipeline, aspect_of, detections_of
from vision.register_watch import RegisterView

WHOLE_PICTURE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


@pytest.fixture(scope="module")
def register(models: ModelSet, people: Path) -> RegisterView:
    """One person is enrolled."""
    return view_of(models, {"obama": people / "barack-obama-2.jpg"})


@pytest.fixture(scope="module")
def portrait(people: Path) -> np.ndarray:
    """The same person in another photo."""
    return photo(people / "barack-obama.jpg")


class Rig:
    """A pipeline over one zone that fills the picture; frames are 0.2 s apart."""

    def __init__(self, models: ModelSet, register: RegisterView, *, sees_faces: bool = True):
        measured = models.embedder.thresholds
        identity = IdentityPolicy(measured.accept, measured.reject, measured.margin)
        policy = ScenePolicy(
            "cam1",
            (ZonePolicy("dock", (Permit(frozenset({"cast"})),), verify_within_s=1.0),),
            (ZoneView("dock", WHOLE_PICTURE, counts=True),),
            identity,
        )
        looker = FaceLooker(models.face_detector, models.embedder, identity)
        scene = Scene(policy, register.staff, "e")
        self.pipeline = Pipeline(scene, models.detector, looker if sees_faces else None, register)
        self.pipeline.see_register(register, moment(-0.1))
        self.count = 0

    def show(
        self, picture: np.ndarray, times: int, faces_from: Callable[[], Frame | None] = lambda: None
    ) -> list[Step]:
        """Show a picture for so many frames; every step that follows."""
        steps = []
        for _ in range(times):
            frame = frame_of(picture, self.count * 0.2)
            steps += self.pipeline.analyse(frame, frame.at, faces_from)
            self.count += 1
        return steps


def alarms(steps: list[Step]) -> list[AlarmDecision]:
    """The alarms in what followed."""
    return [d for step in steps for d in step.decisions if isinstance(d, AlarmDecision)]


def test_somebody_enrolled_is_recognised(
    models: ModelSet, register: RegisterView, portrait: np.ndarray
) -> None:
    """Detector, face and gallery together name the person, and nothing alarms."""
    rig = Rig(models, register)

    steps = rig.show(portrait, 10)

    (track,) = steps[-1].tracks
    assert (track.evidence.state, track.evidence.staff_id) == (IdentityState.REGISTERED, "obama")
    assert alarms(steps) == []


def test_without_a_looker_everybody_stays_unverified(
    models: ModelSet, register: RegisterView, portrait: np.ndarray
) -> None:
    """Faces cannot be read: the deadline makes that an alarm."""
    rig = Rig(models, register, sees_faces=False)

    (alarm,) = alarms(rig.show(portrait, 10))

    assert (alarm.kind, alarm.zone_id) == (AlarmKind.UNVERIFIED_PERSON, "dock")
    assert alarm.incident == "unidentified/dock/cam1"
    assert all(name.startswith("detector ") for name in rig.pipeline.calls)


def test_an_empty_register_costs_no_face_models(models: ModelSet, portrait: np.ndarray) -> None:
    """There is nobody to compare with, so nobody is looked at; the zone has one alarm."""
    rig = Rig(models, view_of(models))

    (alarm,) = alarms(rig.show(portrait, 10))

    assert alarm.kind is AlarmKind.UNVERIFIED_PERSON
    assert not any(name.startswith("face_detector") for name in rig.pipeline.calls)


def test_somebody_taken_off_the_register_alarms_at_once(
    models: ModelSet, register: RegisterView, portrait: np.ndarray
) -> None:
    """A swap re-judges who is there now; no frame is needed for it."""
    rig = Rig(models, register)
    rig.show(portrait, 10)

    step = rig.pipeline.see_register(view_of(models), moment(2.0))

    assert [alarm.kind for alarm in alarms([step])] == [AlarmKind.UNAUTHORISED_PERSON]


def test_a_sharper_frame_is_asked_for_only_when_a_face_is_wanted(
    models: ModelSet, register: RegisterView, portrait: np.ndarray
) -> None:
    """Decoding it costs as much as everything else."""
    rig = Rig(models, register)
    asked = []

    def sharper() -> Frame | None:
        asked.append(rig.count)
        return frame_of(portrait)

    rig.show(np.zeros_like(portrait), 5, sharper)
    assert asked == []

    rig.show(portrait, 10, sharper)
    assert 3 <= len(asked) < 10


def test_nothing_in_the_picture_is_no_news(models: ModelSet, register: RegisterView) -> None:
    """An empty scene yields a step without tracks for each frame."""
    rig = Rig(models, register)

    steps = rig.show(np.full((240, 320, 3), 90, np.uint8), 3)

    assert len(steps) == 3
    assert all(step.tracks == () for step in steps)


def test_detections_are_the_detectors_arrays_as_values() -> None:
    """Boxes, scores and kinds keep their order."""
    objects = DetectedObjects(
        np.array([[0.0, 0.25, 0.5, 1.0]], np.float32), np.array([0.5], np.float32), ("forklift",)
    )

    assert detections_of(objects) == [Detection(ObjectKind.FORKLIFT, Box(0.0, 0.25, 0.5, 1.0), 0.5)]


@pytest.mark.parametrize(
    ("size_wh", "aspect"), [((640, 480), 4 / 3), ((0, 0), 16 / 9), ((640, 0), 16 / 9)]
)
def test_the_aspect_is_the_pictures(size_wh: tuple[int, int], aspect: float) -> None:
    """A size that is not known yet is taken for what most cameras have."""
    assert aspect_of(size_wh) == aspect
