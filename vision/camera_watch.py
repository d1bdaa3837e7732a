"""One live camera of a worker: its stream, its scene and its health, together.

Called from the worker's one analysing thread only. Everything decided is returned; writing it
down is the worker's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from models.detector import Detector
from vision.core.health import CameraHealth, CameraReport
from vision.core.movements import OpenIncident
from vision.core.policy import ScenePolicy
from vision.core.scene import Scene
from vision.core.values import Instant, Step, TrackView
from vision.evidence.witness import Analysed, Witness
from vision.face_looks import FaceLooker
from vision.ingest.camera_source import CameraSource
from vision.ingest.frame import Frame
from vision.ingest.reasons import Reason, StreamFaultError
from vision.ingest.stream_time import Arrival
from vision.outputs.journal_values import CameraState
from vision.pipeline import Pipeline, aspect_of
from vision.register_watch import RegisterView
from vision.settings import CameraSettings

TICK_AFTER_S: Final = 0.5
"""A scene is ticked when no frame has moved it on for this long; deadlines are no more exact."""

CATCHING_UP: Final = 0.9
"""How fast a scene's time runs while it is ahead of its stream's, until they agree again."""

_STEP_S: Final = 0.001


@dataclass(frozen=True, slots=True)
class Eyes:
    """The models of one camera; None where a model could not be had."""

    detector: Detector | None
    looker: FaceLooker | None


class CameraWatch:
    """Everything about one camera, from its packets to its decisions.

    ``open_incidents`` are the camera's alarms from before a restart. The scene is made with the
    first frame, since only that tells the picture's shape.
    """

    def __init__(
        self, settings: CameraSettings, source: CameraSource, eyes: Eyes, epoch: str
    ) -> None:
        self.settings = settings
        self.source = source
        self.tracks: tuple[TrackView, ...] = ()
        self.witness: Witness | None = None
        self._eyes = eyes
        self._epoch = epoch
        self._scenes = 0
        self._health = CameraHealth(
            settings.camera_id,
            offline_after_s=settings.offline_after_s,
            lag_limit_s=settings.lag_limit_s,
        )
        self._pipeline: Pipeline | None = None
        self._policy: ScenePolicy | None = None
        self._view: RegisterView | None = None
        self._incidents: tuple[OpenIncident, ...] = ()
        self._words: list[tuple[str, str, str]] = []
        self._due_s = float("-inf")
        self._moved_s = float("-inf")
        self._seen_s = float("-inf")
        self._newest = Instant(float("-inf"), 0.0)
        self._now = self._newest

    @property
    def due_s(self) -> float:
        """When, in monotonic seconds, the next frame is wanted."""
        return self._due_s

    @property
    def calls(self) -> Counter[str]:
        """How often each model ran for this camera, by input size."""
        return self._pipeline.calls if self._pipeline else Counter()

    def open_incidents(self) -> tuple[OpenIncident, ...]:
        """The alarms about people and forklifts that are open now, for who comes after."""
        return self._incidents + (self._pipeline.scene.open_incidents() if self._pipeline else ())

    def resume(self, incidents: Iterable[OpenIncident]) -> None:
        """Take up alarms from before a restart, once there is a picture to compare them with."""
        known = tuple(incidents)
        self._incidents = tuple(entry for entry in known if entry.zone_id)
        for entry in known:
            self._health.resume(entry.kind)

    def adopt(self, policy: ScenePolicy) -> Iterator[Step]:
        """Go by these rules from now on; a scene whose zones differ begins anew."""
        self._policy = policy
        if self._pipeline is None:
            return
        shaped = replace(policy, aspect=aspect_of(self.source.health().size_wh))
        try:
            yield self._pipeline.scene.adopt(shaped, self._now)
        except ValueError:
            self._end_scene()

    def see_register(self, view: RegisterView) -> Iterator[Step]:
        """Go by this state of the register from now on."""
        self._view = view
        if self._pipeline is not None:
            yield self._pipeline.see_register(view, self._now)

    def vouch(self, incident: str, staff_id: str, by: str) -> Iterator[Step]:
        """Take a guard's word for who the person behind an alarm is.

        It waits for the scene where there is none yet, as the alarms from before a restart do.
        """
        if self._pipeline is None:
            self._words.append((incident, staff_id, by))
        else:
            yield self._pipeline.scene.vouch(incident, staff_id, by, self._now)

    def analyse(self, now: Arrival) -> Iterator[Step]:
        """Look at the newest frame, if one is due and there; yields what follows from it.

        Raises:
            ModelError: a model failed; the next frame is tried again.
        """
        if now.mono_s < self._due_s or (frame := self.source.frames.take()) is None:
            return
        gap_s = 1.0 / self.settings.analyses_per_s
        self._due_s = max(self._due_s + gap_s, now.mono_s + gap_s / 2)
        at = self._moment_of(frame)
        if self._pipeline is None:
            yield from self._begin_scene(frame, at)
        if self.witness is not None:
            self.witness.show(self.settings.camera_id, frame)
        if self._pipeline is not None:
            for step in self._pipeline.analyse(frame, at, lambda: self._faces_from(frame)):
                # Only now: while a model fails, ticks must go on.
                self._newest = self._now = at
                self._seen_s, self._moved_s = frame.at.stream_s, now.mono_s
                self.tracks = step.tracks
                yield step
            self._tell_witness(frame, at)

    def tick(self, now: Arrival) -> Iterator[Step]:
        """Let time pass: deadlines, and the health of the stream."""
        at = self._instant(now)
        health = self.source.health()
        report = CameraReport(health.silent_s, health.lag_s, _why_silent(health.reason))
        yield Step(tuple(self._health.observe(report, at)))
        if self._pipeline is not None and now.mono_s - self._moved_s >= TICK_AFTER_S:
            self._now = at
            step = self._pipeline.scene.tick(at)
            self.tracks = step.tracks
            yield step

    def state(self) -> CameraState:
        """How the camera does, as consoles are told."""
        health = self.source.health()
        return CameraState(
            online=self._health.online and health.connected,
            fps=round(health.fps, 1),
            lag_s=None if health.lag_s is None else round(health.lag_s, 1),
            why=None if health.connected else str(health.reason),
        )

    def stop(self) -> None:
        """Tell the streams to end, without waiting for them."""
        for session in (self.source.detect, self.source.record):
            if session is not None:
                session.stop()

    def close(self) -> bool:
        """End the streams; True where their threads have ended."""
        return self.source.close()

    def _instant(self, now: Arrival) -> Instant:
        """Now in the stream's time: as far on as the clock is since the newest frame."""
        if self._pipeline is None:
            return Instant(0.0, now.wall_utc)
        return Instant(self._newest.stream_s + max(0.0, now.mono_s - self._moved_s), now.wall_utc)

    def _moment_of(self, frame: Frame) -> Instant:
        """The frame's moment in the scene's time, always later than what was judged before.

        After a stream stood still, ticks may have run ahead of where it goes on. Its frames
        must be seen all the same: the scene's time goes on from there, a little slower.
        """
        on_s = CATCHING_UP * (frame.at.stream_s - self._seen_s)
        stream_s = max(frame.at.stream_s, self._now.stream_s + _STEP_S)
        if on_s < float("inf"):
            stream_s = max(stream_s, self._newest.stream_s + on_s)
        return Instant(stream_s, frame.at.wall_utc)

    def _tell_witness(self, frame: Frame, at: Instant) -> None:
        """Leave what was seen to whoever keeps evidence."""
        pipeline = self._pipeline
        if self.witness is None or pipeline is None:
            return
        source = pipeline.looked_in or frame
        analysed = Analysed(at, self.tracks, pipeline.looks, self._policy, source)
        self.witness.saw(self.settings.camera_id, analysed)

    def _begin_scene(self, frame: Frame, at: Instant) -> Iterator[Step]:
        if self._policy is None or self._view is None or self._eyes.detector is None:
            return
        policy = replace(self._policy, aspect=aspect_of(frame.size_wh))
        self._scenes += 1
        scene = Scene(policy, self._view.staff, f"{self._epoch}.{self._scenes}")
        self._pipeline = Pipeline(scene, self._eyes.detector, self._eyes.looker, self._view)
        start = Instant(at.stream_s - _STEP_S / 2, at.wall_utc)
        yield self._pipeline.see_register(self._view, start)
        incidents, self._incidents = self._incidents, ()
        yield scene.resume(incidents, start)
        words, self._words = self._words, []
        for incident, staff_id, by in words:
            yield scene.vouch(incident, staff_id, by, start)

    def _end_scene(self) -> None:
        """Give the scene up for one of another shape; its open alarms go on in that one."""
        self._incidents = self.open_incidents()
        self._pipeline = None
        self.tracks = ()

    def _faces_from(self, frame: Frame) -> Frame | None:
        """The sharper stream's frame of the same moment, where there is one."""
        try:
            return self.source.record_frame_near(frame.at)
        except StreamFaultError:
            return None  # faces are then cut from the frame itself; health tells of the stream


def _why_silent(reason: Reason) -> str:
    """Why nothing comes; a session that has not given up yet still says that it delivers."""
    return str(Reason.STOPPED_SENDING if reason is Reason.DELIVERING else reason)
