"""The detector that this project trained and ships: it loads with nothing beside the checkout."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.loading import ModelLoader
from models.sessions import open_session
from models.store import WEIGHTS_DIRECTORY, WeightStore
from models.training.measuring import seen
from models.training.precision import average_precision
from models.training.samples import FORKLIFT, PERSON, read_directory

NAME = "warehouse_yolox"
MOST_BYTES = 4 * 1024 * 1024
SHIPPED = WeightStore([WEIGHTS_DIRECTORY])


@pytest.fixture(scope="module")
def detector():
    """The shipped detector, from the checkout alone."""
    return ModelLoader(SHIPPED).detector(NAME)


def test_every_shipped_file_has_an_entry_and_a_card(manifest) -> None:
    """No weights without a licence, a digest and a description of what they learnt from."""
    known = {one.file: one for one in manifest.entries.values()}
    shipped = sorted(WEIGHTS_DIRECTORY.glob("*.onnx"))

    assert shipped
    for path in shipped:
        entry = known[path.name]
        assert hashlib.sha256(path.read_bytes()).hexdigest() == entry.sha256
        card = (WEIGHTS_DIRECTORY.parent / "cards" / f"{path.stem}.md").read_text()
        assert entry.sha256 in card
        assert entry.licence in card


def test_the_file_is_small(manifest) -> None:
    """The detector travels in the repository."""
    assert manifest.entry(NAME).size_bytes <= MOST_BYTES


def test_any_batch_is_taken(manifest) -> None:
    """Two pictures at once get the answers that each gets alone."""
    session = open_session(NAME, SHIPPED.read(manifest.entry(NAME)))
    pictures = np.random.default_rng(0).uniform(0, 255, (2, 3, 416, 416)).astype(np.float32)

    both = session.run(pictures)["output"]

    alone = [session.run(pictures[index : index + 1])["output"][0] for index in (0, 1)]
    np.testing.assert_allclose(both, alone, atol=1e-3)


def test_an_empty_picture_is_empty(detector) -> None:
    """A grey wall holds nobody."""
    assert detector.detect(np.full((416, 416, 3), 114, np.uint8)).kinds == ()


def test_forklifts_and_people_are_found(detector, test_data: Path) -> None:
    """On pictures that were held back, forklifts and people are found as the card says."""
    samples = read_directory(test_data / "forklift" / "val")

    forklift, person = (
        average_precision(seen(detector, samples, kind))[0] for kind in (FORKLIFT, PERSON)
    )

    assert forklift >= 0.87
    assert person >= 0.62


def test_a_portrait_is_a_person(detector, portrait) -> None:
    """Somebody close to the camera is still somebody."""
    picture = portrait("barack-obama.jpg")
    height, width = picture.shape[:2]
    found = detector.detect(cv2.resize(picture, detector.fit_wh((width, height))))

    assert found.kinds[0] == "person"
