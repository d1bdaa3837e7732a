"""YuNet finds faces in regions of any size, as OpenCV's own implementation does."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from models.errors import ModelRefusedError, ModelRunError
from models.face_detector import YunetFaceDetector, size_for_faces
from models.sessions import open_session
from models.yunet_graph import open_sizes

NAME, SHIPPED = "yunet_2023mar", "yunet_cctv"


def test_opening_the_sizes_changes_no_number(shelf) -> None:
    """At the size it was exported for, the opened graph gives the very same outputs."""
    graph = shelf.bytes_of(NAME)
    picture = np.random.default_rng(0).integers(0, 256, (1, 3, 640, 640)).astype(np.float32)

    before = open_session("fixed", graph).run(picture)
    after = open_session("open", open_sizes("open", graph)).run(picture)

    assert before.keys() == after.keys()
    assert all(np.array_equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize("width", [97, 160, 333, 480])
def test_equals_opencv(shelf, store, portrait, width: int) -> None:
    """Boxes, landmarks and scores are those of cv2.FaceDetectorYN, at sizes odd and even."""
    picture = portrait("two-people.jpg")
    picture = cv2.resize(picture, (width, round(width * picture.shape[0] / picture.shape[1])))
    path = str(store.find(shelf.entry(NAME)))
    peer = cv2.FaceDetectorYN.create(path, "", (picture.shape[1], picture.shape[0]), 0.6)
    theirs = peer.detect(picture)[1]
    theirs = theirs[np.argsort(-theirs[:, 14])]

    ours = shelf.load(NAME).detect(picture, 0.6)

    sides = ours.boxes_xyxy_px[:, 2:] - ours.boxes_xyxy_px[:, :2]
    np.testing.assert_allclose(ours.boxes_xyxy_px[:, :2], theirs[:, :2], atol=0.05)
    np.testing.assert_allclose(sides, theirs[:, 2:4], atol=0.05)
    np.testing.assert_allclose(ours.landmarks_px.reshape(-1, 10), theirs[:, 4:14], atol=0.05)
    np.testing.assert_allclose(ours.scores, theirs[:, 14], atol=1e-3)


@pytest.mark.parametrize("shape", [(0, 50, 3), (50, 0, 3), (1, 1, 3), (31, 200, 3)])
def test_regions_without_a_face_are_empty(shelf, shape) -> None:
    """An empty, a tiny and a blank region hold no face and cause no error."""
    faces = shelf.load(SHIPPED).detect(np.full(shape, 90, np.uint8), 0.5)

    assert (faces.boxes_xyxy_px.shape, faces.landmarks_px.shape) == ((0, 4), (0, 5, 2))


@pytest.mark.parametrize(
    ("region", "size"),
    [
        ((64, 96), (128, 192)),
        ((160, 160), (320, 320)),
        ((800, 400), (320, 160)),
        ((1, 900), (1, 320)),
    ],
)
def test_small_regions_are_enlarged_and_large_ones_shrunk(region, size) -> None:
    """The longer side is at most 320 px, the enlargement at most twofold, the shape kept."""
    assert size_for_faces(region) == size


class Broken:
    """A session whose network puts out no numbers."""

    def run(self, batch: np.ndarray) -> dict[str, np.ndarray]:
        """Not-a-number, in the right shapes."""
        area = batch.shape[2] * batch.shape[3]
        return {
            f"{part}_{stride}": np.full((1, area // stride**2, columns), np.nan, np.float32)
            for part, columns in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10))
            for stride in (8, 16, 32)
        }


def test_a_broken_network_is_an_error() -> None:
    """Values that are no numbers are an error that names the model."""
    with pytest.raises(ModelRunError, match=r"^yunet: put out"):
        YunetFaceDetector("yunet", Broken()).detect(np.zeros((64, 64, 3), np.uint8), 0.5)


def test_what_is_no_graph_is_refused() -> None:
    """Garbage is refused with the model's name."""
    with pytest.raises(ModelRefusedError, match=r"^x: not an ONNX file"):
        open_sizes("x", b"garbage")


def test_a_graph_of_another_kind_is_refused(shelf) -> None:
    """A graph with other outputs is not taken for YuNet."""
    with pytest.raises(ModelRefusedError, match=r"^x: .* are not YuNet's"):
        open_sizes("x", shelf.bytes_of("mobilefacenet_128"))
