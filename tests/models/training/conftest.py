"""Small made-up scenes: blocks of colour in the place of forklifts and people."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from models.training.samples import FORKLIFT, PERSON, Sample


def scene(index: int, size_px: int = 96) -> Sample:
    """A grey picture with a red forklift and a green person in it."""
    picture = np.full((size_px, size_px, 3), 90, np.uint8)
    boxes = np.array([[20 + index, 30, 70 + index, 80], [40, 35, 55, 70]], np.float32)
    for (left, top, right, bottom), colour in zip(
        boxes.astype(int).tolist(), ((30, 30, 200), (40, 200, 40)), strict=True
    ):
        cv2.rectangle(picture, (left, top), (right, bottom), colour, -1)
    return Sample(picture, boxes, np.array([FORKLIFT, PERSON], np.int64), f"group-{index // 3}")


@pytest.fixture
def scenes() -> list[Sample]:
    """Nine pictures of three groups."""
    return [scene(index) for index in range(9)]
