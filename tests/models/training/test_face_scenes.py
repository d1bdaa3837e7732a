"""Scenes with faces: what is set into them is where the labels say."""

from __future__ import annotations

import numpy as np
import pytest

from models.training.busts import bust
from models.training.face_scenes import Crowd, scene, shrunk
from models.training.faces import Faced, mirrored, size_px
from models.training.samples import split_groups

from .face_drawings import close_up, wall

CROWD = Crowd(((3, 12.0, 24.0), (2, 24.0, 60.0)))
SIZE_WH = (160, 128)


def composed(seed: int) -> Faced:
    """A scene, the same for the same seed."""
    return scene(wall(), [close_up()], CROWD, SIZE_WH, np.random.default_rng(seed))


@pytest.mark.parametrize("size", [12.0, 40.0, 150.0])
def test_a_head_is_as_large_as_asked(size) -> None:
    """The box of a head has the wanted size within a pixel, and its points lie in it."""
    head = bust(close_up(), size, np.random.default_rng(1))

    left, top, right, bottom = head.box_xyxy_px
    assert size_px(head.box_xyxy_px) == pytest.approx(size, abs=1)
    assert (head.landmarks_px.mean(axis=0) > (left, top)).all()
    assert (head.landmarks_px.mean(axis=0) < (right, bottom)).all()


def test_a_head_covers_only_its_own_square() -> None:
    """What is no head leaves the background alone."""
    head = bust(close_up(), 30.0, np.random.default_rng(2))

    assert head.cover.min() == 0
    assert head.cover.max() <= 1 + 1e-6
    assert (head.shown[head.cover[..., 0] == 0] == 0).all()


def test_a_scene_can_be_drawn_again() -> None:
    """The generator alone decides."""
    first, second = composed(3), composed(3)

    assert np.array_equal(first.picture_bgr, second.picture_bgr)
    assert np.array_equal(first.boxes_xyxy_px, second.boxes_xyxy_px)


def test_faces_are_where_the_labels_say() -> None:
    """A plain wall changes where heads are, and only faces of the asked sizes are set."""
    scenes = [composed(seed) for seed in range(20)]
    sizes = np.concatenate([size_px(one.boxes_xyxy_px) for one in scenes])

    assert len(sizes) > 20
    assert sizes.min() > 11
    assert sizes.max() < 61
    for one in scenes:
        for left, top, right, bottom in np.maximum(one.boxes_xyxy_px, 0).astype(int):
            assert one.picture_bgr[top:bottom, left:right].std() > 1


def test_a_face_of_which_little_is_left_is_not_known() -> None:
    """Nothing is learnt from a face that the picture's edge cuts away."""
    corner = wall(faces=1)
    scenes = [
        scene(corner, [close_up()], Crowd(()), SIZE_WH, np.random.default_rng(seed))
        for seed in range(40)
    ]

    cut = [one for one in scenes if len(one.known) and one.boxes_xyxy_px[0, :2].min() < -30]
    assert cut
    assert not any(one.known.any() for one in cut)
    assert any(one.known.any() for one in scenes)


def test_shrinking_moves_boxes_and_points() -> None:
    """Half the size is half of every coordinate."""
    half = shrunk(wall(faces=1), 0.5)

    assert half.picture_bgr.shape == (75, 100, 3)
    assert half.boxes_xyxy_px.tolist() == [[5, 5, 25, 30]]
    assert (half.landmarks_px == 15).all()


def test_a_mirrored_face_keeps_its_left_eye_on_the_left() -> None:
    """Mirroring changes left and right points over; twice is nothing."""
    points = close_up().landmarks_px

    once = mirrored(points, 320)

    assert once[0, 0] < once[1, 0]
    assert np.array_equal(mirrored(once, 320), points)


def test_nobody_is_on_both_sides_of_the_split() -> None:
    """All pictures of a person are learnt from, or none."""
    faces = [close_up(f"person {index // 3}") for index in range(30)]

    learnt, held = split_groups(faces, 0.2, seed=1)

    assert not {one.group for one in learnt} & {one.group for one in held}
    assert len({one.group for one in held}) == 2
