"""The face detector that this project trained: it loads with nothing beside the checkout."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from models.alignment import DLIB_150, similarity_to
from models.loading import ModelLoader
from models.sessions import open_session
from models.store import WEIGHTS_DIRECTORY, WeightStore

NAME, BASE = "yunet_cctv", "yunet_2023mar"
MOST_BYTES = 512 * 1024
SHIPPED = WeightStore([WEIGHTS_DIRECTORY])
SCORE = 0.6


@pytest.fixture(scope="module")
def detector():
    """The shipped detector, from the checkout alone."""
    return ModelLoader(SHIPPED).face_detector(NAME)


def test_the_file_is_small(manifest) -> None:
    """The detector travels in the repository."""
    assert manifest.entry(NAME).size_bytes <= MOST_BYTES


def test_any_batch_and_size_is_taken(manifest) -> None:
    """Two pictures at once get the answers that each gets alone."""
    session = open_session(NAME, SHIPPED.read(manifest.entry(NAME)))
    pictures = np.random.default_rng(0).uniform(0, 255, (2, 3, 96, 160)).astype(np.float32)

    both = session.run(pictures)

    for index in (0, 1):
        alone = session.run(pictures[index : index + 1])
        assert both.keys() == alone.keys()
        for name, values in alone.items():
            np.testing.assert_allclose(both[name][index], values[0], atol=1e-4)


def test_an_empty_picture_is_empty(detector) -> None:
    """A grey wall has no face."""
    assert len(detector.detect(np.full((320, 320, 3), 114, np.uint8), SCORE).scores) == 0


def test_a_portrait_has_its_face_and_points(detector, shelf, portrait) -> None:
    """Large faces are where the base model has them, and their points carry a face."""
    picture = cv2.resize(portrait("barack-obama.jpg"), (320, 320))

    ours, theirs = detector.detect(picture, SCORE), shelf.load(BASE).detect(picture, SCORE)

    assert len(ours.scores) == len(theirs.scores) == 1
    eyes = np.linalg.norm(theirs.landmarks_px[0, 0] - theirs.landmarks_px[0, 1])
    assert np.abs(ours.landmarks_px - theirs.landmarks_px).max() < 0.2 * eyes
    similarity_to(DLIB_150, ours.landmarks_px[0])


def test_a_small_grey_face_is_found(detector, shelf, portrait) -> None:
    """A face of some twenty pixels in a noisy grey picture is surer than to the base model."""
    picture = cv2.cvtColor(portrait("barack-obama.jpg"), cv2.COLOR_BGR2GRAY)
    small = cv2.resize(picture, (64, 64), interpolation=cv2.INTER_AREA).astype(np.float32)
    small += np.random.default_rng(1).normal(0, 8, small.shape)
    scene = np.full((160, 160, 3), 90, np.uint8)
    scene[48:112, 48:112] = np.clip(small, 0, 255).astype(np.uint8)[..., None]

    ours, theirs = (one.detect(scene, 0.2) for one in (detector, shelf.load(BASE)))

    assert len(ours.scores) >= 1
    assert ours.scores[0] > (theirs.scores[0] if len(theirs.scores) else 0)
