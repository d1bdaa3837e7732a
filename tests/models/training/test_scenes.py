"""Composed pictures carry their boxes to the right places."""

from __future__ import annotations

import numpy as np
import pytest

from models.training.samples import IGNORED, PERSON
from models.training.scenes import Zoom, alone, fitted, four_in_one, visible


def greenest(picture: np.ndarray) -> tuple[float, float]:
    """The middle of the pixels that are green, column and row."""
    rows, columns = np.nonzero(
        (picture[..., 1] > 150) & (picture[..., 0] < 90) & (picture[..., 2] < 90)
    )
    return float(columns.mean()), float(rows.mean())


@pytest.mark.parametrize("seed", range(5))
def test_boxes_follow_the_picture(scenes, seed: int) -> None:
    """However a sample is scaled, mirrored and tilted, the person's box stays on the person."""
    placed = alone(scenes[0], (160, 160), Zoom(0.6, 0.9), np.random.default_rng(seed))

    (box,) = placed.boxes_xyxy_px[placed.kinds == PERSON]
    assert (box[:2] + box[2:]) / 2 == pytest.approx(greenest(placed.picture_bgr), abs=2)


def test_fitted_is_what_the_product_shows(scenes) -> None:
    """As large as fits, from the upper left corner."""
    shown = fitted(scenes[0], (192, 256))

    np.testing.assert_allclose(shown.boxes_xyxy_px, scenes[0].boxes_xyxy_px * 2)
    assert (shown.picture_bgr[200:] == 114).all()


def test_a_box_of_which_little_remains_is_ignored() -> None:
    """Half a person is a person, a tenth may be anything, and what is outside is gone."""
    boxes = np.array([[-5, 0, 5, 10], [-8, 0, 2, 10], [-20, 0, -5, 10]], np.float32)

    cut, kinds = visible(boxes, np.array([PERSON] * 3), (100, 100))

    assert kinds.tolist() == [PERSON, IGNORED]
    assert cut.tolist() == [[0, 0, 5, 10], [0, 0, 2, 10]]


def test_four_in_one_stays_on_the_canvas(scenes) -> None:
    """Four samples share a canvas, and no box leaves it."""
    scene = four_in_one(scenes[:4], (128, 96), np.random.default_rng(3))

    assert scene.picture_bgr.shape == (96, 128, 3)
    assert (scene.boxes_xyxy_px >= 0).all()
    assert (scene.boxes_xyxy_px <= (128, 96, 128, 96)).all()
