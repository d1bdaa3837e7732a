"""Which picture is kept of somebody, as JPEG: the best look, or the frame of the alarm."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.clips import make_clip
from tests.vision.evidence.evidence_site import evidence_site
from tests.vision.evidence.packets import annexb_packets, looped
from tests.vision.outputs.decisions import AT, alarm
from tests.vision.sight import frame_of
from tests.vision.waiting import eventually
from vision.core.values import Box, Change, FaceMeasures, Instant, Look
from vision.evidence.camera_memory import MOST_PICTURES, CameraMemory
from vision.evidence.pictures import face_jpeg, snapshot_jpeg
from vision.evidence.values import Picture, Sight, Versions
from vision.evidence.witness import Analysed

FACE = Box(0.25, 0.25, 0.5, 0.5)
VERSIONS = Versions({}, 1, "c", None)


def look(size_px: float, track_id: int = 5, face: Box | None = FACE) -> Look:
    """A frontal face of a size."""
    return Look(track_id, AT, FaceMeasures(size_px, 200.0, 0.0, 120.0, 1.0), None, None, face)


def sight(*looks: Look, at_s: float = 0.0) -> Sight:
    """A frame in which these faces were looked at."""
    return Sight(Instant(at_s, at_s), (), looks, (), VERSIONS)


@pytest.fixture
def frame():
    """A picture of 320x240."""
    return frame_of(np.full((240, 320, 3), 90, np.uint8))


@pytest.fixture
def memory(frame):
    """A camera that has shown a picture."""
    memory = CameraMemory(keep_s=10.0)
    memory.show(frame)
    return memory


class TestMemory:
    """What is remembered of a camera."""

    def test_sights_of_the_last_seconds(self, memory, frame):
        """Older ones belong to no clip that may still come."""
        for at_s in range(20):
            memory.saw(sight(at_s=float(at_s)), frame)

        assert [one.at.stream_s for one in memory.recent()] == [float(s) for s in range(9, 20)]

    def test_the_best_look_counts(self, memory, frame):
        """A worse one changes nothing."""
        better = [memory.saw(sight(look(size)), frame) for size in (60, 40, 90)]

        assert [list(one) for one in better] == [[5], [], [5]]
        assert memory.picture_of(5) == Picture(frame, FACE, pytest.approx(0.75))

    def test_without_a_look_the_newest_picture(self, memory, frame):
        """Whoever hides the face is seen all the same."""
        memory.saw(sight(look(60, face=None)), frame)

        assert memory.picture_of(5) == memory.picture_of(None) == Picture(frame)
        assert CameraMemory(10.0).picture_of(5) is None

    def test_pictures_are_few(self, memory, frame):
        """Each takes megabytes; those of the tracks looked at last are kept."""
        for track_id in range(MOST_PICTURES + 1):
            memory.saw(sight(look(60, track_id)), frame)

        assert memory.picture_of(0).face is None
        assert memory.picture_of(MOST_PICTURES).face == FACE


class TestJpeg:
    """Pictures as files."""

    def test_the_whole_picture(self, frame):
        """In its own size."""
        assert decoded(snapshot_jpeg(Picture(frame))).shape == (240, 320, 3)

    def test_the_face_with_room_around_it(self, frame):
        """Cut to the picture at its edges; none where no face was seen."""
        cut = decoded(face_jpeg(Picture(frame, FACE)))
        edge = decoded(face_jpeg(Picture(frame, Box(0.0, 0.0, 0.25, 0.25))))

        assert cut.shape[:2] == pytest.approx((102, 136), abs=2)
        assert edge.shape[:2] == pytest.approx((81, 108), abs=2)
        assert face_jpeg(Picture(frame)) is None


def decoded(data: bytes) -> np.ndarray:
    """A JPEG's picture."""
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


def analysed(frame, *looks: Look) -> Analysed:
    """The frame after its analysis."""
    return Analysed(frame.at, (), looks, None, frame)


def test_a_better_look_during_the_alarm_takes_the_first_ones_place(tmp_path):
    """At the end the snapshot is that of the best look, and the index knows its digest."""
    stream = looped(annexb_packets(make_clip(gop=25)), 5, 2.0)
    dark, bright = (frame_of(np.full((240, 320, 3), level, np.uint8)) for level in (20, 220))
    with evidence_site(tmp_path) as site:
        site.feed(stream[:125])
        site.witness.show("cam1", dark)
        site.witness.saw("cam1", analysed(dark, look(40)))
        decision = site.raise_alarm(stream[124].at)
        snapshot = site.wait_for("cam1.jpg")
        assert cv2.imread(str(snapshot)).mean() < 60
        reference = site.witness.snapshot_of(decision, "id", AT.wall_utc)
        site.witness.show("cam1", bright)
        site.witness.saw("cam1", analysed(bright, look(80)))
        site.clear(stream[125].at)
        site.feed(stream[125:])
        eventually(lambda: len(site.kept("face")) == 2)

    assert reference == "evidence/2026-01-01/id/cam1.jpg"
    assert cv2.imread(str(snapshot)).mean() > 180
    assert site.kept("snapshot")[-1].size_bytes == snapshot.stat().st_size
    assert min(cv2.imread(str(site.folder / "cam1.face.jpg")).shape[:2]) > 80


def test_no_reference_to_a_picture_that_there_cannot_be(tmp_path):
    """A camera that has shown nothing, or that is not this worker's."""
    with evidence_site(tmp_path) as site:
        assert site.witness.snapshot_of(alarm(), "id", 0.0) is None
        assert site.witness.snapshot_of(alarm(camera_id="x"), "id", 0.0) is None
        assert site.witness.snapshot_of(alarm(camera_id=None), "id", 0.0) is None


def test_an_alarm_that_another_process_raised_ends_without_a_picture(tmp_path):
    """Unless there is one: then this worker is the next life of the one that took it."""
    cleared = alarm(Change.CLEARED, at=AT)
    frame = frame_of(np.zeros((240, 320, 3), np.uint8))
    with evidence_site(tmp_path) as site:
        site.witness.show("cam1", frame)
        assert site.witness.snapshot_of(cleared, "id", AT.wall_utc) is None
        kept = tmp_path / "evidence/2026-01-01/id/cam1.jpg"
        kept.parent.mkdir(parents=True)
        kept.touch()
        reference = site.witness.snapshot_of(cleared, "id", AT.wall_utc)

    assert reference == "evidence/2026-01-01/id/cam1.jpg"
