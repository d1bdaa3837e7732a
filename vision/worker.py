"""A camera worker's main loop: its cameras in turn, and everything that changes around them.

One thread analyses; the streams, the journal and the register have threads of their own that
never make it wait. Starting and ending all of them is ``vision.worker_main``'s.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from models.errors import ModelError
from vision.camera_crew import CameraCrew
from vision.camera_watch import CameraWatch
from vision.core.values import Step
from vision.faults import FaultBoard
from vision.ingest.reading import Clocks
from vision.journal_writer import JournalWriter
from vision.logs import logger
from vision.outputs.journal_values import CommitContext
from vision.parent_link import ParentLink
from vision.register_watch import RegisterPolling, RegisterStatus
from vision.settings import Settings
from vision.worker_models import WorkerModels

TICK_EVERY_S: Final = 0.5
STATES_EVERY_S: Final = 2.0
POLICIES_EVERY_S: Final = 3600.0

LONGEST_WAIT_S: Final = 0.1
"""The loop turns at least this often, so that its beat tells the truth."""

_log = logger(__name__)


@dataclass(frozen=True, slots=True)
class WorkerParts:
    """What a worker is put together from; ``wake`` is set whenever there is something to do."""

    link: ParentLink
    models: WorkerModels
    crew: CameraCrew
    writer: JournalWriter
    register: RegisterPolling
    wake: threading.Event
    clocks: Clocks = field(default_factory=Clocks)


class Worker:
    """The loop. ``reload`` reads the configuration anew."""

    def __init__(self, parts: WorkerParts, settings: Settings, reload: Callable[[], Settings]):
        self._parts = parts
        self._settings = settings
        self._reload = reload
        self._faults = FaultBoard(parts.link.degraded)
        self._register: RegisterStatus | None = None
        self._next_s = dict.fromkeys((TICK_EVERY_S, STATES_EVERY_S, POLICIES_EVERY_S), 0.0)

    def run(self) -> None:
        """Turn until told to stop; returns with everything decided handed to the writer."""
        for role, reason in self._parts.models.faults.items():
            self._faults.put(f"models.{role}", reason)
        self._parts.link.ready()
        while not self._parts.link.stopping:
            self._turn()
            self._parts.wake.wait(self._wait_s())
            self._parts.wake.clear()

    def _turn(self) -> None:
        parts = self._parts
        self._follow_register()
        cameras = parts.link.next_assignment()
        if cameras is not None:
            self._assign(cameras)
        self._follow_vouches()
        for watch in parts.crew:
            self._analyse(watch)
        self._do_what_is_due()
        parts.writer.rescue()
        self._faults.put("journal", "not_writable" if parts.writer.problem else None)
        parts.link.beat()

    def _wait_s(self) -> float:
        """Until the next frame is due, or for news: frames before their time need no turn."""
        now_s = self._parts.clocks.mono_s()
        due = min((watch.due_s for watch in self._parts.crew), default=now_s + LONGEST_WAIT_S)
        return min(LONGEST_WAIT_S, max(0.0, due - now_s) or LONGEST_WAIT_S)

    def _analyse(self, watch: CameraWatch) -> None:
        try:
            for step in watch.analyse(self._parts.clocks.arrival()):
                self._submit(step)
        except ModelError as error:
            _log.error("analysis_failed", camera=watch.settings.camera_id, why=str(error))
            self._faults.put(f"analysis.{watch.settings.camera_id.lower()}", "model_failed")
        else:
            self._faults.put(f"analysis.{watch.settings.camera_id.lower()}", None)

    def _assign(self, cameras: Iterable[str]) -> None:
        self._settings = self._reload()
        view = self._parts.register.status.view
        for _, step in self._parts.crew.assign(self._settings, cameras, view):
            self._submit(step)

    def _follow_register(self) -> None:
        """Take over a changed register; say what keeps it from being of use."""
        status = self._parts.register.status
        if self._register is not None and status.view is not self._register.view:
            for watch in self._parts.crew:
                for step in watch.see_register(status.view):
                    self._submit(step)
        if status.problem and (self._register is None or self._register.problem != status.problem):
            _log.warning("register_problem", problem=status.problem)  # it says what to do
        self._register = status
        self._faults.put("register", _register_fault(status))

    def _follow_vouches(self) -> None:
        for vouch in self._parts.writer.take_vouches():
            for camera_id in vouch.cameras:
                watch = self._parts.crew.get(camera_id)
                for step in watch.vouch(vouch.incident, vouch.staff_id, vouch.by) if watch else ():
                    self._submit(step)

    def _do_what_is_due(self) -> None:
        if self._is_due(TICK_EVERY_S):
            now = self._parts.clocks.arrival()
            for watch in self._parts.crew:
                for step in watch.tick(now):
                    self._submit(step)
        if self._is_due(STATES_EVERY_S):
            for watch in self._parts.crew:
                self._parts.writer.put_state(watch.settings.camera_id, watch.state())
        if self._is_due(POLICIES_EVERY_S):
            for _, step in self._parts.crew.renew_policies(self._settings):
                self._submit(step)

    def _is_due(self, every_s: float) -> bool:
        now_s = self._parts.clocks.mono_s()
        if now_s < self._next_s[every_s]:
            return False
        self._next_s[every_s] = now_s + every_s
        return True

    def _submit(self, step: Step) -> None:
        register = self._parts.register.status
        context = CommitContext(
            site=self._settings.site_id,
            models=self._parts.models.versions,
            register_version=register.view.version,
        )
        self._parts.writer.submit(step.decisions, context)


def _register_fault(status: RegisterStatus) -> str | None:
    """What keeps the register from saying who is on it."""
    if status.problem is not None:
        return "unreadable"
    if status.view.without_key:
        return "keys_missing"
    if status.view.foreign_templates:
        return "enrolled_with_another_embedder"
    return "empty" if status.view.gallery.empty else None
