"""The cameras that one worker owns: opened, kept and closed as assignments and settings change.

A camera whose stream settings did not change keeps its connection through a reload.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from models.thresholds import Choice, Pairs
from vision.camera_watch import CameraWatch
from vision.core.movements import OpenIncident
from vision.core.policy import ScenePolicy
from vision.core.values import AlarmDecision, Change, Instant, Step
from vision.evidence.witness import Witness
from vision.ingest.camera_source import CameraSource
from vision.ingest.reading import SessionEvent
from vision.ingest.session import SessionOptions
from vision.logs import logger
from vision.outputs.journal import Journal
from vision.outputs.journal_errors import JournalError
from vision.register_watch import RegisterView
from vision.scene_policies import to_scene_policy
from vision.settings import CameraSettings, Settings
from vision.worker_models import WorkerModels, pairs_alike

_log = logger(__name__)


class CameraCrew:
    """The watches of one worker, by camera id.

    ``epoch``: unique to this life of the worker. ``wake`` is called from the streams' threads
    after each new frame that is due. ``witness``: who keeps evidence of what the cameras show.
    """

    def __init__(
        self,
        models: WorkerModels,
        epoch: str,
        wake: Callable[[], None],
        witness: Witness | None = None,
    ) -> None:
        self._witness = witness
        self._models = models
        self._epoch = epoch
        self._wake = wake
        self._watches: dict[str, CameraWatch] = {}
        self._hanging: list[CameraWatch] = []
        self._generation = 0
        self._people = 0
        self._alike: Pairs = (0, 0)

    def __len__(self) -> int:
        return len(self._watches)

    def __iter__(self) -> Iterator[CameraWatch]:
        return iter(tuple(self._watches.values()))

    def get(self, camera_id: str) -> CameraWatch | None:
        return self._watches.get(camera_id)

    def source_of(self, camera_id: str) -> CameraSource | None:
        """A camera's streams, for another thread to read from; None where there is no such one."""
        watch = self._watches.get(camera_id)
        return None if watch is None else watch.source

    def assign(
        self, settings: Settings, cameras: Iterable[str], view: RegisterView
    ) -> Iterator[tuple[CameraWatch, Step]]:
        """Own exactly these cameras, by these settings; yields what follows for each."""
        self.count_people(view, settings)
        mine = frozenset(cameras)
        wanted = {c.camera_id: c for c in settings.cameras if c.camera_id in mine}
        gone = [w for w in self if not _same_stream(w.settings, wanted.get(w.settings.camera_id))]
        left_open = {w.settings.camera_id: w.open_incidents() for w in gone}
        self.close(gone)
        configured = {camera.camera_id for camera in settings.cameras}
        for closed in gone:
            camera_id = closed.settings.camera_id
            if camera_id not in configured:
                yield closed, _removed(camera_id, left_open[camera_id])
        for camera in wanted.values():
            watch = self._watches.get(camera.camera_id)
            if watch is None:
                watch = self._open(camera, settings, view)
                watch.resume(_to_resume(settings, camera.camera_id, left_open))
            watch.settings = camera
            for step in watch.adopt(self._policy(settings, camera)):
                yield watch, step

    def renew_policies(self, settings: Settings) -> Iterator[tuple[CameraWatch, Step]]:
        """Expand the hours anew: a policy's horizon is some days."""
        for watch in self:
            for step in watch.adopt(self._policy(settings, watch.settings)):
                yield watch, step

    def close(self, watches: Iterable[CameraWatch]) -> bool:
        """End these cameras' streams side by side; True where all threads have ended.

        Those of cameras closed earlier as well, which may have hung then.
        """
        leaving = [*watches, *self._hanging]
        for watch in leaving:
            if self._watches.pop(watch.settings.camera_id, None) and self._witness is not None:
                self._witness.detach(watch.settings.camera_id)
        if not leaving:
            return True
        with ThreadPoolExecutor(len(leaving)) as pool:
            ended = tuple(pool.map(CameraWatch.close, leaving))
        self._hanging = [w for w, done in zip(leaving, ended, strict=True) if not done]
        return all(ended)

    def stop(self) -> None:
        """Tell all streams to end, without waiting for them."""
        for watch in self:
            watch.stop()

    def _policy(self, settings: Settings, camera: CameraSettings) -> ScenePolicy:
        chosen = self.choice(settings)
        return to_scene_policy(settings, camera, chosen.thresholds, time.time())

    def choice(self, settings: Settings) -> Choice:
        """The thresholds for the register as it was last seen, and what they rest on."""
        looks = settings.identity.confirm_looks
        return self._models.thresholds_for(self._people, looks, self._alike)

    def count_people(self, view: RegisterView, settings: Settings) -> bool:
        """Note how many people there are, and how alike; true where the choice changes."""
        before = self.choice(settings)
        self._people = view.gallery.people
        self._alike = pairs_alike(self._models.spec, view.gallery, settings.identity)
        return self.choice(settings) != before

    def _open(self, camera: CameraSettings, settings: Settings, view: RegisterView) -> CameraWatch:
        self._generation += 1

        def on_frame() -> None:
            if time.monotonic() >= watch.due_s:
                self._wake()

        options = SessionOptions(
            on_event=_logging(camera.camera_id), on_frame=on_frame, wanted_s=lambda: watch.due_s
        )
        eyes = self._models.eyes(self._policy(settings, camera).identity)
        epoch = f"{self._epoch}.{self._generation}"
        watch = CameraWatch(camera, CameraSource(camera, options), eyes, epoch)
        for _ in watch.see_register(view):
            pass
        if self._witness is not None:
            watch.witness = self._witness
            self._witness.attach(camera.camera_id, watch.source.preroll)
        watch.source.start()
        self._watches[camera.camera_id] = watch
        return watch


def open_incidents(settings: Settings, camera_id: str) -> tuple[OpenIncident, ...]:
    """The camera's alarms that were open when the last worker of it ended.

    Where the journal cannot be read they stay open in it, and nobody continues them.
    """
    try:
        journal = Journal.open(settings.journal_path)
        try:
            records = journal.open_alarms(camera_id)
        finally:
            journal.close()
    except JournalError as error:
        _log.error("open_alarms_unreadable", camera=camera_id, why=str(error))
        return ()
    return tuple(OpenIncident(r.incident, r.kind, r.zone_id or "") for r in records)


def _to_resume(
    settings: Settings, camera_id: str, left_open: Mapping[str, tuple[OpenIncident, ...]]
) -> Iterator[OpenIncident]:
    """What a camera's new watch takes up: the old one's alarms, or else the journal's.

    The old one's, where there was one, may not have been written down yet.
    """
    known = left_open.get(camera_id)
    yield from known or ()
    for entry in open_incidents(settings, camera_id):
        if known is None or not entry.zone_id:
            yield entry


def _removed(camera_id: str, incidents: Iterable[OpenIncident]) -> Step:
    """End what is open about a camera that is configured no more: nobody else would."""
    at = Instant(0.0, time.time())
    return Step(
        tuple(
            AlarmDecision(
                entry.incident,
                Change.CLEARED,
                entry.kind,
                camera_id,
                at,
                "camera_removed",
                zone_id=entry.zone_id,
            )
            for entry in incidents
        )
    )


def _same_stream(old: CameraSettings, new: CameraSettings | None) -> bool:
    """Whether a camera can keep its connection: all but its rules and views is as it was."""
    return new is not None and _stream_of(old) == _stream_of(new)


def _stream_of(camera: CameraSettings) -> CameraSettings:
    return replace(camera, views=(), analyses_per_s=1.0)


def _logging(camera_id: str) -> Callable[[SessionEvent], None]:
    def on_event(event: SessionEvent) -> None:
        _log.info(
            "stream_event",
            camera=camera_id,
            kind=event.kind,
            reason=str(event.reason),
            detail=event.detail,
        )

    return on_event
