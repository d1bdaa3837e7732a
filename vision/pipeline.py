"""One camera's way from frames to decisions: detector, scene, faces, scene.

The same for a live camera and for a file in replay. Everything with a clock, a thread or a
disk is the caller's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from models.detector import DetectedObjects, Detector
from vision.core.scene import Scene
from vision.core.values import Box, Detection, Instant, Look, ObjectKind, Step
from vision.face_looks import FaceLooker
from vision.ingest.frame import Frame
from vision.register_watch import RegisterView

NearFrame = Callable[[], Frame | None]
"""Gets a frame of the same moment with more pixels, where there is one; decoding it costs."""


class Pipeline:
    """Feeds one scene. ``looker`` None: faces cannot be read, so nobody can be identified.

    ``looks``: what the newest frame's faces showed, ``looked_in`` the picture they were cut from.
    """

    def __init__(
        self, scene: Scene, detector: Detector, looker: FaceLooker | None, register: RegisterView
    ) -> None:
        self.scene = scene
        self._register = register
        self._detector = detector
        self._looker = looker
        self._calls: Counter[str] = Counter()
        self.looks: tuple[Look, ...] = ()
        self.looked_in: Frame | None = None

    def see_register(self, register: RegisterView, at: Instant) -> Step:
        """Go by this state of the register from now on."""
        self._register = register
        can_identify = self._looker is not None and not register.gallery.empty
        return self.scene.swap(register.staff, can_identify=can_identify, at=at)

    @property
    def calls(self) -> Counter[str]:
        """How often each model ran, by input size."""
        return self._calls + (self._looker.calls if self._looker else Counter())

    def analyse(
        self, frame: Frame, at: Instant, faces_from: NearFrame = lambda: None
    ) -> Iterator[Step]:
        """Take in one frame; yields what follows, alarms first, before any face is looked at.

        ``at``: the frame's moment in the scene's time. ``faces_from`` is asked only when there
        is a face to look for.

        Raises:
            ModelRunError: a model failed.
        """
        self.looks, self.looked_in = (), frame
        width, height = self._detector.fit_wh(frame.size_wh)
        self._calls[f"detector {width}x{height}"] += 1
        detections = detections_of(self._detector.detect(frame.bgr(width, height)))
        seen = self.scene.observe(detections, at)
        yield seen
        if self._looker is None or self._register.gallery.empty or not seen.looks_wanted:
            return
        source = self.looked_in = faces_from() or frame
        looks = self._looker.look(seen.looks_wanted, seen.tracks, source, self._register, at)
        found = self.looks = tuple(looks)
        if found:
            yield self.scene.identify(found, at)


def detections_of(objects: DetectedObjects) -> list[Detection]:
    """A detector's arrays as the core's values."""
    return [
        Detection(ObjectKind(kind), Box(*map(float, box)), float(score))
        for box, score, kind in zip(objects.boxes_rel, objects.scores, objects.kinds, strict=True)
    ]


def aspect_of(size_wh: tuple[int, int]) -> float:
    """A picture's width over its height; that of most cameras where the size is not known."""
    width, height = size_wh
    return width / height if width and height else 16 / 9
