"""Labels are read, turned and split as they were meant."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.training.samples import FORKLIFT, PERSON, read_directory, split_groups, turned


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """One picture in YOLO's format, 200 by 100 px."""
    for name in ("images", "labels"):
        (tmp_path / name).mkdir()
    picture = np.zeros((100, 200, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "images" / "yard_jpg.rf.0a1b.jpg"), picture)
    labels = "0 0.5 0.5 0.5 0.4\n1 0.25 0.5 0.1 0.2\n"
    (tmp_path / "labels" / "yard_jpg.rf.0a1b.txt").write_text(labels)
    return tmp_path


def test_labels_become_corners_and_our_kinds(directory: Path) -> None:
    """The files number forklifts 0 and people 1; boxes are centres and sizes, relative."""
    (sample,) = read_directory(directory)

    assert sample.kinds.tolist() == [FORKLIFT, PERSON]
    np.testing.assert_allclose(sample.boxes_xyxy_px, [[50, 30, 150, 70], [40, 40, 60, 60]])
    assert sample.group == "yard_jpg"


def test_a_directory_without_pictures_is_named(tmp_path: Path) -> None:
    """An empty place is an error, not an empty training."""
    with pytest.raises(FileNotFoundError, match=str(tmp_path)):
        read_directory(tmp_path)


def test_versions_of_one_picture_stay_together(scenes) -> None:
    """No group is on both sides of a split, and nothing is lost."""
    learnt, held_out = split_groups(scenes, 0.34, seed=1)

    assert {one.group for one in learnt}.isdisjoint({one.group for one in held_out})
    assert (len(learnt), len(held_out)) == (6, 3)


def test_a_turn_takes_the_boxes_along(scenes) -> None:
    """What a box framed before a quarter turn it frames after it."""
    for sample in (turned(scenes[0], 1), turned(scenes[0], 2), turned(scenes[0], 3)):
        left, top, right, bottom = sample.boxes_xyxy_px[1].astype(int)
        framed = sample.picture_bgr[top + 1 : bottom - 1, left + 1 : right - 1]
        assert (framed == (40, 200, 40)).all()


def test_four_turns_are_none(scenes) -> None:
    """A whole turn gives the boxes back."""
    np.testing.assert_array_equal(
        turned(turned(scenes[0], 3), 1).boxes_xyxy_px, scenes[0].boxes_xyxy_px
    )
