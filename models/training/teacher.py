"""What the base model sees: people that nobody labelled, and how much it recognises at all.

A network that learns forklifts from 295 pictures forgets people unless it keeps seeing them. The
base model, looking at a picture several times (mirrored, and in enlarged parts), is a better
witness than it is at one look; what it finds becomes a box to learn, or, where it is unsure, a
box to ignore.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np

from models.boxes import best_of_each, overlaps
from models.detector import YoloxDetector
from models.training.samples import (
    IGNORED,
    PERSON,
    Boxes,
    Picture,
    Sample,
    with_boxes,
)

SURE = 0.5
_UNSURE = 0.2
_SAME = 0.5
_KNOWN = 0.4
_PART = 0.6  # a part's share of each side: four parts overlap by a fifth of the picture
_EDGE = 0.02
Found = tuple[Boxes, "np.ndarray[tuple[int, ...], np.dtype[np.float32]]"]


class Teacher:
    """The base detector, looking more than once."""

    def __init__(self, detector: YoloxDetector) -> None:
        self._detector = detector

    def people(self, picture: Picture, *, in_parts: bool) -> Found:
        """Boxes ``(N, 4)`` in pixels and scores of the people in a picture, doubles removed."""
        looks = [self._look(picture), self._mirrored(picture)]
        if in_parts:
            looks += list(self._parts(picture))
        boxes = np.vstack([found for found, _ in looks])
        scores = np.concatenate([score for _, score in looks])
        keep = best_of_each(boxes, scores, _SAME)
        return boxes[keep], scores[keep]

    def sureness(self, picture: Picture) -> float:
        """How much of a picture the model recognises: the sum of its scores' squares."""
        height, width = picture.shape[:2]
        fitted = self._detector.fit_wh((width, height))
        seen = self._detector.detect(np.asarray(cv2.resize(picture, fitted), np.uint8))
        return float(np.square(seen.scores).sum())

    def completed(self, sample: Sample, *, in_parts: bool) -> Sample:
        """The sample with the people that the labels leave out, sure ones and unsure ones."""
        boxes, scores = self.people(sample.picture_bgr, in_parts=in_parts)
        known = sample.boxes_xyxy_px[sample.kinds == PERSON]
        new = (scores >= _UNSURE) & (overlaps(boxes, known) < _KNOWN).all(axis=1)
        kinds = np.where(scores[new] >= SURE, PERSON, IGNORED).astype(np.int64)
        return with_boxes(sample, boxes[new], kinds)

    def _look(self, picture: Picture) -> Found:
        height, width = picture.shape[:2]
        fitted = self._detector.fit_wh((width, height))
        seen = self._detector.detect(np.asarray(cv2.resize(picture, fitted), np.uint8))
        of_people = np.array([kind == "person" for kind in seen.kinds], bool)
        sides = np.array([width, height, width, height], np.float32)
        return seen.boxes_rel[of_people] * sides, seen.scores[of_people]

    def _mirrored(self, picture: Picture) -> Found:
        width = picture.shape[1]
        boxes, scores = self._look(np.ascontiguousarray(picture[:, ::-1]))
        left, top, right, bottom = boxes.T
        return np.stack([width - right, top, width - left, bottom], axis=1), scores

    def _parts(self, picture: Picture) -> Iterator[Found]:
        """Four overlapping parts; what a part's inner edge cuts through is another part's."""
        height, width = picture.shape[:2]
        wide, high = round(width * _PART), round(height * _PART)
        for left in (0, width - wide):
            for top in (0, height - high):
                part = np.ascontiguousarray(picture[top : top + high, left : left + wide])
                boxes, scores = self._look(part)
                boxes = boxes + np.array([left, top, left, top], np.float32)
                inner = np.array([left, top, left + wide, top + high], np.float32)
                at_edge = np.abs(boxes - inner) < _EDGE * width
                outer = np.array([left == 0, top == 0, left > 0, top > 0])
                keep = ~(at_edge & ~outer).any(axis=1)
                yield boxes[keep], scores[keep]


def clip_frames(path: Path, every_s: float) -> Iterator[tuple[float, Picture]]:
    """Seconds and frame ``(h, w, 3)`` BGR of a clip, one in so many seconds."""
    due_s = 0.0
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            at_s = float(frame.time or 0.0)
            if at_s >= due_s:
                due_s = at_s + every_s
                yield at_s, np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
