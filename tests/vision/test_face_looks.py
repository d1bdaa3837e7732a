"""From a wish for a look to the look: real models, real photos as frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.loading import ModelSet
from tests.vision.sight import NOW_UTC, WHOLE, frame_of, moment, photo, view_of, wish
from vision.core.policy import IdentityPolicy
from vision.core.roster import head_of
from vision.core.values import Box, IdentityEvidence, IdentityState, Look, ObjectKind, TrackView
from vision.face_looks import FaceLooker
from vision.ingest.frame import Frame
from vision.register_watch import RegisterView

UNDETERMINED = IdentityEvidence(IdentityState.UNDETERMINED)


def track(track_id: int, box: Box, kind: ObjectKind = ObjectKind.PERSON) -> TrackView:
    """Something that is visible now."""
    return TrackView(track_id, kind, box, frozenset(), UNDETERMINED, None)


@pytest.fixture
def policy(models: ModelSet) -> IdentityPolicy:
    """The embedder's own thresholds."""
    measured = models.embedder.thresholds
    return IdentityPolicy(measured.accept, measured.reject, measured.margin)


@pytest.fixture
def looker(models: ModelSet, policy: IdentityPolicy) -> FaceLooker:
    """A looker with real models and fresh counts."""
    return FaceLooker(models.face_detector, models.embedder, policy)


@pytest.fixture(scope="module")
def register(models: ModelSet, people: Path) -> RegisterView:
    """Two people are enrolled."""
    return view_of(
        models,
        {"obama": people / "barack-obama-2.jpg", "lin": people / "lin-manuel-miranda.png"},
    )


def looks_at(
    looker: FaceLooker, frame: Frame, register: RegisterView, *others: TrackView
) -> list[Look]:
    """What a look at somebody who fills the frame finds."""
    tracks = [track(1, WHOLE), *others]
    return list(looker.look([wish(WHOLE, head_of(WHOLE))], tracks, frame, register, moment(3.0)))


def test_an_enrolled_face_is_most_like_its_owner(
    looker: FaceLooker, register: RegisterView, people: Path, policy: IdentityPolicy
) -> None:
    """Another photo of somebody enrolled names them first, and somebody else second."""
    frame = frame_of(photo(people / "barack-obama.jpg"))

    (look,) = looks_at(looker, frame, register)

    assert (look.track_id, look.at.wall_utc) == (1, NOW_UTC + 3.0)
    assert look.best is not None
    assert look.best.staff_id == "obama"
    assert look.best.similarity >= policy.accept
    assert look.runner_up is not None
    assert look.runner_up.staff_id == "lin"


def test_a_stranger_is_like_nobody(
    looker: FaceLooker, register: RegisterView, people: Path, policy: IdentityPolicy
) -> None:
    """Somebody who is not enrolled stays under the threshold."""
    (look,) = looks_at(looker, frame_of(photo(people / "joe-biden.jpg")), register)

    assert look.best is not None
    assert look.best.similarity < policy.accept


def test_measures_are_those_of_the_frame(
    looker: FaceLooker, register: RegisterView, people: Path
) -> None:
    """A face is as large as in the camera's picture, whatever size the detector saw it at."""
    sizes = []
    for longer_px in (240, 960):
        frame = frame_of(photo(people / "barack-obama.jpg", longer_px))
        (look,) = looks_at(looker, frame, register)
        sizes.append(look.measures.size_px)

    assert sizes[1] / sizes[0] == pytest.approx(4.0, rel=0.1)


def test_two_faces_in_one_person_give_no_look(
    looker: FaceLooker, register: RegisterView, people: Path
) -> None:
    """Nobody knows which of them is the tracked one."""
    assert looks_at(looker, frame_of(photo(people / "two-people.jpg")), register) == []


def test_a_face_that_may_be_anothers_gives_no_look(
    looker: FaceLooker, register: RegisterView, people: Path
) -> None:
    """Somebody else's head is in the same place; a forklift has none."""
    frame = frame_of(photo(people / "barack-obama.jpg"))

    assert looks_at(looker, frame, register, track(2, WHOLE)) == []
    assert len(looks_at(looker, frame, register, track(2, WHOLE, ObjectKind.FORKLIFT))) == 1


def test_each_wish_is_answered_for_its_own_track(
    looker: FaceLooker, register: RegisterView, people: Path
) -> None:
    """Two people side by side are looked at one by one."""
    frame = frame_of(photo(people / "two-people.jpg", 960))
    left, right = Box(0.0, 0.0, 0.5, 1.0), Box(0.5, 0.0, 1.0, 1.0)
    wishes = [wish(left, left, 1), wish(right, right, 2)]

    looks = looker.look(wishes, [track(1, left), track(2, right)], frame, register, moment(0.0))

    assert [look.track_id for look in looks] == [1, 2]


def test_an_empty_region_gives_no_look(looker: FaceLooker, register: RegisterView) -> None:
    """No face, no look; the embedder is not asked."""
    grey = np.full((240, 320, 3), 90, np.uint8)

    assert looks_at(looker, frame_of(grey), register) == []
    assert looker.calls["embedder"] == 0


def test_a_region_of_no_size_gives_no_look(looker: FaceLooker, register: RegisterView) -> None:
    """A track at the very edge may have nearly no head left."""
    edge = Box(1.0, 1.0, 1.0, 1.0)
    frame = frame_of(np.full((120, 160, 3), 90, np.uint8))

    assert list(looker.look([wish(edge, edge)], [], frame, register, moment(0.0))) == []


def test_a_face_that_would_not_count_is_not_embedded(
    models: ModelSet, policy: IdentityPolicy, register: RegisterView, people: Path
) -> None:
    """The quality gate comes before the costly part."""
    dark = (photo(people / "barack-obama.jpg") * 0.12).astype(np.uint8)
    looker = FaceLooker(models.face_detector, models.embedder, policy)

    assert looks_at(looker, frame_of(dark), register) == []
    assert looker.calls["embedder"] == 0


def test_calls_are_counted_by_input_size(
    looker: FaceLooker, register: RegisterView, people: Path
) -> None:
    """The sizes are those the network really got: multiples of 32."""
    looks_at(looker, frame_of(photo(people / "barack-obama.jpg")), register)

    (sized,) = [name for name in looker.calls if name.startswith("face_detector ")]
    width, height = map(int, sized.removeprefix("face_detector ").split("x"))
    assert width % 32 == height % 32 == 0
    assert looker.calls == {sized: 1, "embedder": 1}
