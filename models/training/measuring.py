"""What a detector sees in samples, through the product's own adapter, against what is there."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from models.detector import Detector
from models.training.precision import Seen
from models.training.samples import IGNORED, KINDS, Sample


def seen(detector: Detector, samples: Sequence[Sample], kind: int) -> list[Seen]:
    """One `Seen` a sample, for one kind; boxes relative to the picture."""
    return [_seen(detector, sample, kind) for sample in samples]


def _seen(detector: Detector, sample: Sample, kind: int) -> Seen:
    height, width = sample.picture_bgr.shape[:2]
    content = cv2.resize(sample.picture_bgr, detector.fit_wh((width, height)))
    found = detector.detect(np.asarray(content, np.uint8))
    wanted = np.array([one == KINDS[kind] for one in found.kinds], bool)
    boxes = sample.boxes_xyxy_px / np.array([width, height, width, height], np.float32)
    return Seen(
        found.boxes_rel[wanted],
        found.scores[wanted],
        boxes[sample.kinds == kind],
        boxes[sample.kinds == IGNORED],
    )
