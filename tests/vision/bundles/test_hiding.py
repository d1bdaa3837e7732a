"""What is hidden is gone: a few colours are left of a region, and nothing beside it changes."""

from __future__ import annotations

import av
import numpy as np
import pytest

from vision.bundles.hiding import hide, hide_in_planes
from vision.core.values import Box

BOX = Box(0.25, 0.25, 0.75, 0.75)


def noise(*shape: int) -> np.ndarray:
    """A picture with nothing but detail."""
    return np.random.default_rng(7).integers(0, 256, shape, np.uint8)


def edges(picture: np.ndarray) -> float:
    """The mean step from pixel to pixel, grey levels."""
    return float(np.abs(np.diff(picture.astype(float), axis=1)).mean())


@pytest.mark.parametrize("shape", [(120, 160), (120, 160, 3), (61, 83)])
def test_no_detail_is_left(shape: tuple[int, ...]) -> None:
    """The means of few cells, blended; outside, all is as it was."""
    was = noise(*shape)
    picture = was.copy()

    hide(picture, BOX)

    height, width = shape[:2]
    rows, columns = slice(-(-height // 4), height * 3 // 4), slice(-(-width // 4), width * 3 // 4)
    assert edges(picture[rows, columns]) < edges(was[rows, columns]) / 4
    untouched = picture == was
    assert untouched[: height // 4].all()
    assert untouched[:, : width // 4].all()


def test_two_faces_of_the_same_means_cannot_be_told_apart() -> None:
    """Of a region no more than 4 x 4 colours decide what is shown."""
    one = noise(64, 64)
    other = one.reshape(4, 16, 4, 16)[:, ::-1, :, ::-1].reshape(64, 64).copy()
    assert (one != other).any()

    for picture in (one, other):
        hide(picture, Box(0.0, 0.0, 1.0, 1.0))

    assert (one == other).all()


def test_planes_of_a_picture() -> None:
    """Brightness and colour go alike, at the same place."""
    bgr = noise(120, 160, 3)
    planes = av.VideoFrame.from_ndarray(bgr, format="bgr24").to_ndarray(format="yuv420p")
    was = planes.copy()

    hide_in_planes(planes, BOX)

    luma, colour = planes[:120], planes[120:].reshape(2, 60, 80)
    assert edges(luma[30:90, 40:120]) < 2
    assert all(edges(plane[15:45, 20:60]) < 2 for plane in colour)
    assert (luma[:30] == was[:30]).all()
    assert (colour[:, :15] == was[120:].reshape(2, 60, 80)[:, :15]).all()


@pytest.mark.parametrize("box", [Box(1.1, 0, 1.2, 1), Box(-0.4, 0, -0.1, 1), Box(0, 1.0, 1, 2)])
def test_a_box_beside_the_picture_hides_nothing(box: Box) -> None:
    """Somebody has left it."""
    picture = noise(20, 20)
    hide(picture, box)

    assert (picture == noise(20, 20)).all()
