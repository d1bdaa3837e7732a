"""YOLOX finds people and forklifts at the right places."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from models.boxes import overlaps
from models.detector import YoloxDetector
from models.errors import ModelRunError

NAME = "yolox_nano_coco"


class Canned:
    """A session that puts out what it was given: the decoding is under test, not the network."""

    def __init__(self, raw: np.ndarray) -> None:
        self.raw = raw
        self.seen: np.ndarray | None = None

    def run(self, batch: np.ndarray) -> dict[str, np.ndarray]:
        """Keeps the input and gives the output."""
        self.seen = batch
        return {"output": self.raw}


def quiet() -> np.ndarray:
    """A head that sees nothing."""
    return np.zeros((1, 3549, 85), np.float32)


@pytest.mark.parametrize(
    ("frame", "content"),
    [
        ((1920, 1080), (416, 234)),
        ((1080, 1920), (234, 416)),
        ((100, 100), (416, 416)),
        ((9999, 1), (416, 1)),
    ],
)
def test_fit_keeps_the_shape(manifest, frame, content) -> None:
    """A frame is scaled to fill the input without padding counted in."""
    assert YoloxDetector(manifest.entry(NAME), Canned(quiet())).fit_wh(frame) == content


def test_decodes_cells_and_classes(manifest) -> None:
    """A cell's offset, its size as a logarithm, and objectness times class make one box."""
    raw = quiet()
    cell = 52 * 52 + 5 * 26 + 3  # second level, stride 16: row 5, column 3
    raw[0, cell, :5] = [0.5, 0.25, np.log(4), np.log(2), 0.9]
    raw[0, cell, 5 + 7] = 0.5

    found = YoloxDetector(manifest.entry(NAME), Canned(raw)).detect(
        np.zeros((208, 416, 3), np.uint8)
    )

    assert found.kinds == ("forklift",)
    assert found.scores.tolist() == pytest.approx([0.45])
    x, y, w, h = 3.5 * 16, 5.25 * 16, 64, 32
    wanted = [(x - w / 2) / 416, (y - h / 2) / 208, (x + w / 2) / 416, (y + h / 2) / 208]
    assert found.boxes_rel[0].tolist() == pytest.approx(wanted, abs=1e-5)


def test_pads_with_grey_and_scales_nothing(manifest) -> None:
    """The network gets BGR levels as they are and grey beside the picture."""
    session = Canned(quiet())
    content = np.full((234, 416, 3), (10, 20, 30), np.uint8)

    YoloxDetector(manifest.entry(NAME), session).detect(content)

    assert session.seen.shape == (1, 3, 416, 416)
    assert session.seen[0, :, 0, 0].tolist() == [10, 20, 30]
    assert session.seen[0, :, 300, 0].tolist() == [114, 114, 114]


def test_boxes_stay_within_the_picture(manifest) -> None:
    """What reaches over an edge ends there; what lies in the padding is dropped."""
    raw = quiet()
    raw[0, 0, :6] = [0, 0, 3, 3, 1, 1]
    raw[0, 51 * 52 + 5, :6] = [0, 0, 0, 0, 1, 1]  # the lowest row of cells, below the content

    found = YoloxDetector(manifest.entry(NAME), Canned(raw)).detect(
        np.zeros((100, 416, 3), np.uint8)
    )

    assert len(found.scores) == 1
    assert (found.boxes_rel >= 0).all()
    assert (found.boxes_rel <= 1).all()


@pytest.mark.parametrize("raw", [quiet() * np.nan, quiet()[:, :10], np.full_like(quiet(), np.inf)])
def test_a_broken_network_is_an_error(manifest, raw) -> None:
    """Values that are no numbers, or too few, are an error that names the model."""
    with pytest.raises(ModelRunError, match=f"^{NAME}: put out"):
        YoloxDetector(manifest.entry(NAME), Canned(raw)).detect(np.zeros((9, 9, 3), np.uint8))


def test_a_box_without_numbers_is_an_error(manifest) -> None:
    """A sure score with a place that is no number must not pass for nothing seen."""
    raw = quiet()
    raw[0, 60, :6] = [np.nan, 0, 3, 3, 1, 1]

    with pytest.raises(ModelRunError, match="not numbers"):
        YoloxDetector(manifest.entry(NAME), Canned(raw)).detect(np.zeros((9, 9, 3), np.uint8))


@pytest.mark.parametrize("shape", [(417, 10, 3), (10, 417, 3), (0, 10, 3)])
def test_a_picture_that_does_not_fit_is_refused(manifest, shape) -> None:
    """A picture of another size than `fit_wh` gives is the caller's mistake."""
    with pytest.raises(ValueError, match="is not a size from fit_wh"):
        YoloxDetector(manifest.entry(NAME), Canned(quiet())).detect(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("name", [NAME, "warehouse_yolox"])
def test_finds_the_people_of_a_real_picture(shelf, test_data, name: str) -> None:
    """Two people side by side are two people, about where they are."""
    detector = shelf.load(name)
    picture = cv2.imread(str(test_data / "people" / "two-people.jpg"))
    height, width = picture.shape[:2]

    found = detector.detect(cv2.resize(picture, detector.fit_wh((width, height))))

    people = found.boxes_rel[(found.scores > 0.5) & (np.array(found.kinds) == "person")]
    assert len(people) == 2
    assert overlaps(people[:1], people[1:]).item() < 0.5


def test_finds_most_forklifts_of_a_warehouse(shelf, test_data) -> None:
    """In real warehouse pictures most marked forklifts are found."""
    detector, found, marked = shelf.load(NAME), 0, 0
    for path in sorted((test_data / "forklift" / "val" / "images").glob("*.jpg"))[:30]:
        label = path.parent.parent / "labels" / f"{path.stem}.txt"
        rows = np.array([line.split()[:5] for line in label.read_text().splitlines()], np.float32)
        centres, halves = rows[rows[:, 0] == 0, 1:3], rows[rows[:, 0] == 0, 3:5] / 2
        objects = detector.detect(cv2.imread(str(path)))
        seen = objects.boxes_rel[np.array(objects.kinds, str) == "forklift"]
        table = overlaps(np.hstack([centres - halves, centres + halves]), seen)
        marked += len(centres)
        found += int((table.max(axis=1, initial=0) > 0.5).sum())

    assert marked == 33
    assert found >= 20
