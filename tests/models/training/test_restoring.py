"""Versions of one picture are brought back to what they were made from."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from models.boxes import overlaps
from models.training.restoring import restored, tilt_deg, untilted
from models.training.samples import PERSON, Sample, mirrored, turned
from models.training.upright import _BY_EYE, upright

SIDE = 208


@pytest.fixture
def picture() -> Sample:
    """A coarse pattern that looks alike from no two sides, with two boxes of unlike shapes."""
    random = np.random.default_rng(3)
    pattern = random.integers(60, 255, (6, 6, 3)).astype(np.uint8)
    boxes = np.array([[60, 40, 90, 130], [110, 90, 180, 115]], np.float32)
    grown = cv2.resize(pattern, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    return Sample(np.asarray(grown, np.uint8), boxes, np.array([PERSON, PERSON]), "one")


def tilted(sample: Sample, degrees: float) -> Sample:
    """As the publisher did it: black corners, and a new box around each box's tilted corners."""
    middle = (SIDE - 1) / 2
    matrix = cv2.getRotationMatrix2D((middle, middle), degrees, 1)
    corners = sample.boxes_xyxy_px[:, [[0, 1], [2, 1], [0, 3], [2, 3]]]
    placed = corners @ matrix[:, :2].T + matrix[:, 2]
    boxes = np.hstack([placed.min(axis=1), placed.max(axis=1)]).astype(np.float32)
    picture = cv2.warpAffine(sample.picture_bgr, matrix, (SIDE, SIDE))
    return replace(sample, picture_bgr=np.asarray(picture, np.uint8), boxes_xyxy_px=boxes)


@pytest.mark.parametrize("degrees", [-5.0, -2.0, 0.0, 1.0, 4.0])
def test_a_tilt_is_told_and_undone(picture: Sample, degrees: float) -> None:
    """To a third of a degree, and boxes are as tight as before."""
    version = tilted(picture, degrees)

    found = tilt_deg(version.picture_bgr)

    assert abs(abs(found) - abs(degrees)) <= 0.3
    back = untilted(version, found)
    assert overlaps(back.boxes_xyxy_px, picture.boxes_xyxy_px).diagonal().min() > 0.93


def test_corners_that_are_the_pictures_own_tell_no_tilt(picture: Sample) -> None:
    """Bright corners, and a darkness that does not end, leave the picture as it is."""
    dark = replace(picture, picture_bgr=np.zeros_like(picture.picture_bgr))

    assert tilt_deg(picture.picture_bgr) == tilt_deg(dark.picture_bgr) == 0
    assert untilted(picture, 0.0) is picture


def test_versions_come_back_alike(picture: Sample) -> None:
    """However they were turned, mirrored and tilted, they lie alike and share their boxes."""
    versions = [
        tilted(picture, 3),
        tilted(turned(mirrored(picture), 1), -4),
        tilted(turned(picture, 2), 2),
    ]

    first, *others = restored(versions)

    assert overlaps(first.boxes_xyxy_px, picture.boxes_xyxy_px).diagonal().min() > 0.95
    inner = slice(20, -20)
    for other in others:
        assert (other.boxes_xyxy_px == first.boxes_xyxy_px).all()
        apart = cv2.absdiff(first.picture_bgr, other.picture_bgr)[inner, inner]
        assert apart.mean() < 6


def test_a_box_that_one_version_lacks_stays(picture: Sample) -> None:
    """The first version says which boxes there are; the others only where they lie."""
    nothing = np.zeros((0, 4), np.float32)
    bare = replace(picture, boxes_xyxy_px=nothing, kinds=np.zeros(0, np.int64))

    first, _ = restored([picture, bare])

    assert (first.boxes_xyxy_px == picture.boxes_xyxy_px).all()


class Judge:
    """Is surest where a mark stands in the upper left corner."""

    def sureness(self, picture: np.ndarray) -> float:
        return float(picture[0, 0, 0])


def test_versions_are_turned_together(picture: Sample) -> None:
    """One of them may be judged wrongly; all of them together decide."""
    right, wrong = picture.picture_bgr.copy(), picture.picture_bgr.copy()
    right[-1, 0] = 255  # the upper left corner after three quarters against the clock
    wrong[0, 0] = 255
    versions = [replace(picture, picture_bgr=each) for each in (right, right, wrong)]
    expected = [turned(one, 3) for one in versions]

    found = upright(versions, Judge())

    for one, other in zip(found, expected, strict=True):
        assert (one.picture_bgr == other.picture_bgr).all()
        assert (one.boxes_xyxy_px == other.boxes_xyxy_px).all()


def test_what_was_seen_to_lie_wrong_is_turned_by_what_was_seen(picture: Sample) -> None:
    """Whatever the judge says."""
    named = replace(picture, group=f"{next(iter(_BY_EYE))}_jpg")

    (found,) = upright([named], Judge())

    assert (found.picture_bgr == turned(named, next(iter(_BY_EYE.values()))).picture_bgr).all()
