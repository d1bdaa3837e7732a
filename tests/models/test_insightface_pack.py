"""InsightFace's detector runs over our own session, on regions of any size."""

from __future__ import annotations

import numpy as np
import pytest

from models.errors import ModelRefusedError
from models.insightface_pack import ScrfdFaceDetector
from models.sessions import open_session

NAME = "insightface_scrfd_2.5g"


def test_finds_the_faces_that_yunet_finds(shelf, portrait) -> None:
    """Two detectors of different makers agree on where faces and their landmarks are."""
    picture = portrait("two-people.jpg")

    theirs = shelf.load(NAME).detect(picture, 0.6)
    ours = shelf.load("yunet_2023mar").detect(picture, 0.6)

    assert len(theirs.scores) == len(ours.scores) == 2
    order = [np.argsort(faces.boxes_xyxy_px[:, 0]) for faces in (theirs, ours)]
    gap = theirs.landmarks_px[order[0]] - ours.landmarks_px[order[1]]
    assert np.abs(gap).max() < 8


def test_opens_no_session_of_its_own(shelf, portrait) -> None:
    """Whatever the size of a region, the one session that we opened runs."""
    detector = shelf.load(NAME)
    detector.detect(portrait("two-people.jpg"), 0.6)
    detector.detect(portrait("joe-biden.jpg"), 0.6)

    assert {id(one) for one in detector._scrfd.resolution_sessions.values()} == {
        id(detector._scrfd.session)
    }


@pytest.mark.parametrize("shape", [(0, 5, 3), (7, 9, 3)])
def test_regions_without_a_face_are_empty(shelf, shape) -> None:
    """Empty and tiny regions hold no face."""
    assert shelf.load(NAME).detect(np.zeros(shape, np.uint8), 0.5).landmarks_px.shape == (0, 5, 2)


def test_another_graph_is_refused(shelf) -> None:
    """A graph that is not SCRFD with landmarks is refused by name."""
    entry = shelf.entry(NAME)
    other = open_session("other", shelf.bytes_of("mobilefacenet_128"))

    with pytest.raises(ModelRefusedError, match=f"^{NAME}: "):
        ScrfdFaceDetector(entry, other)
