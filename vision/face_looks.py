"""From a wish for looks to looks: cut the head, find the face, embed it, ask the gallery.

Runs the face models for the tracks that the core asks about and for no others. What a look
means is the core's to decide; nothing here keeps state but the counts and, for seconds, the last
looks at each track (`vision.track_probes`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from models.embedder import Embedder
from models.errors import DegenerateLandmarks
from models.face_detector import DetectedFaces, FaceDetector, padded_side, size_for_faces
from models.quality import measure_face
from vision.core.identity import is_usable
from vision.core.policy import IdentityPolicy
from vision.core.values import (
    Box,
    FaceMeasures,
    Instant,
    Look,
    LookWanted,
    ObjectKind,
    Together,
    TrackView,
)
from vision.face_binding import Point, bind_face
from vision.ingest.frame import Frame
from vision.register_watch import RegisterView
from vision.track_probes import TrackProbes

Picture = NDArray[np.uint8]


class FaceLooker:
    """Answers the core's wishes for looks with one set of face models.

    ``calls`` counts what the models were asked, by model and input size, for the record.
    """

    def __init__(
        self, face_detector: FaceDetector, embedder: Embedder, policy: IdentityPolicy
    ) -> None:
        self._face_detector = face_detector
        self._embedder = embedder
        self._policy = policy
        self._probes = TrackProbes(policy.confirm_looks, policy.window_s)
        self.calls: Counter[str] = Counter()

    def look(
        self,
        wanted: Sequence[LookWanted],
        tracks: Sequence[TrackView],
        frame: Frame,
        register: RegisterView,
        at: Instant,
    ) -> Iterator[Look]:
        """Yield a look for each track whose face is certain, and good enough to say anything.

        ``tracks``: all that are visible now, so that a face is not bound to the wrong one;
        ``at``: the moment of the frame that the wish was about.

        Raises:
            ModelRunError: a model failed; the looks not yet yielded are lost.
        """
        people = [track for track in tracks if track.kind is ObjectKind.PERSON]
        for wish in wanted:
            others = [track.box for track in people if track.track_id != wish.track_id]
            crop = frame.crop_bgr(wish.head)
            faces = self.find(crop)
            index = bind_face(wish.person, others, _centres(faces, crop, wish.head))
            if index is None:
                continue
            look = self.read(crop, faces, index)
            if look is not None:
                measures, row = look
                best, runner_up = register.candidates(row)
                face = _relative(faces.boxes_xyxy_px[index], crop, wish.head)
                together = self._together(wish, row, register, at)
                yield Look(wish.track_id, at, measures, best, runner_up, face, together)

    def _together(
        self, wish: LookWanted, row: NDArray[np.float32], register: RegisterView, at: Instant
    ) -> Together | None:
        """What this look and the last ones say as one; None where it is the only one."""
        mean, looks = self._probes.add(wish.track_id, row, at.stream_s, wish.since_s)
        return None if looks == 1 else Together(*register.candidates(mean), looks)

    def find(self, crop: Picture) -> DetectedFaces:
        """The faces in a head region, in the region's own pixels."""
        height, width = crop.shape[:2]
        wide, high = size_for_faces((width, height))
        scaled = np.asarray(cv2.resize(crop, (wide, high)), np.uint8)
        self.calls[f"face_detector {padded_side(wide)}x{padded_side(high)}"] += 1
        faces = self._face_detector.detect(scaled, self._policy.min_score)
        back = np.array([width / wide, height / high], np.float32)
        return DetectedFaces(
            faces.boxes_xyxy_px * np.tile(back, 2), faces.scores, faces.landmarks_px * back
        )

    def read(
        self, crop: Picture, faces: DetectedFaces, index: int
    ) -> tuple[FaceMeasures, NDArray[np.float32]] | None:
        """Measure and embed one face; None where it would not count or cannot be aligned."""
        landmarks = faces.landmarks_px[index]
        try:
            seen = measure_face(
                crop, faces.boxes_xyxy_px[index], landmarks, float(faces.scores[index])
            )
            measures = FaceMeasures(
                seen.size_px, seen.sharpness, seen.yaw, seen.brightness, seen.score
            )
            if not is_usable(measures, self._policy):
                return None
            self.calls["embedder"] += 1
            return measures, self._embedder.embed(crop, landmarks[None])[0]
        except DegenerateLandmarks:
            return None


def _relative(box_xyxy_px: NDArray[np.float32], crop: Picture, region: Box) -> Box:
    """A box in a region's pixels, relative to the whole picture."""
    height, width = crop.shape[:2]
    left, top, right, bottom = (float(side) for side in box_xyxy_px)
    return Box(
        region.left + left / width * region.width,
        region.top + top / height * region.height,
        region.left + right / width * region.width,
        region.top + bottom / height * region.height,
    )


def _centres(faces: DetectedFaces, crop: Picture, region: Box) -> list[Point]:
    """The middles of the faces, relative to the whole picture."""
    height, width = crop.shape[:2]
    middles = (faces.boxes_xyxy_px[:, :2] + faces.boxes_xyxy_px[:, 2:]) / 2
    return [
        (
            region.left + float(x) / width * region.width,
            region.top + float(y) / height * region.height,
        )
        for x, y in middles
    ]
