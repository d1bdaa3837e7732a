"""A detector that sees what a test says, and what goes with it."""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

import numpy as np

from enrolment.gallery import Gallery
from models.detector import DetectedObjects
from models.errors import ModelRunError
from vision.core.values import AlarmDecision, StaffFacts, Step
from vision.register_watch import RegisterView


class Script:
    """A detector that sees what it is told to."""

    def __init__(self) -> None:
        self.people: list[tuple[float, float, float, float]] = []
        self.broken = False
        self.asked = 0

    def fit_wh(self, frame_wh: tuple[int, int]) -> tuple[int, int]:
        del frame_wh
        return 64, 48

    def detect(self, content_bgr: np.ndarray) -> DetectedObjects:
        self.asked += 1
        if self.broken:
            raise ModelRunError("scripted: failed")
        assert content_bgr.shape == (48, 64, 3)
        count = len(self.people)
        boxes = np.array(self.people, np.float32).reshape(count, 4)
        return DetectedObjects(boxes, np.full(count, 0.9, np.float32), ("person",) * count)


def register(*staff_ids: str, version: int = 1) -> RegisterView:
    """People without photos."""
    gallery = Gallery.build(
        [], np.empty((0, 0), np.float32), register_version=version, embedding_id="e"
    )
    staff = {staff_id: StaffFacts(staff_id, frozenset({"cast"})) for staff_id in staff_ids}
    return RegisterView(version, MappingProxyType(staff), gallery, 0)


def alarms(steps: Iterable[Step]) -> list[AlarmDecision]:
    """The alarms in what followed."""
    return [d for step in steps for d in step.decisions if isinstance(d, AlarmDecision)]
