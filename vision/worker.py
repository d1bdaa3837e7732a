"""A camera worker's main loop: its cameras in turn, and everything that changes around them.

One thread analyses; the streams, the journal and the register have threads of their own that
never make it wait. Starting and ending all of them is ``vision.worker_main``'s.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from enrolment.register_errors import RegisterError
from models.errors import ModelError
from models.thresholds import BEYOND_MEASURED_SIZE, MORE_ALIKE, NOT_MEASURED
from vision.camera_crew import CameraCrew
from vision.camera_watch import CameraWatch
from vision.config_reader import ConfigError
from vision.core.values import Step
from vision.evidence.witness import Witness
from vision.faults import FaultBoard
from vision.ingest.reading import Clocks
from vision.journal_writer import JournalWriter
from vision.live.server import LiveServer
from vision.logs import logger
from vision.outputs.journal_values import CommitContext, no_snapshot
from vision.parent_link import ParentLink
from vision.register_watch import RegisterPolling, RegisterStatus, RegisterView
from vision.settings import Settings
from vision.worker_models import WorkerModels

TICK_EVERY_S: Final = 0.5
STATES_EVERY_S: Final = 2.0
COUNTS_EVERY_S: Final = 10.0
POLICIES_EVERY_S: Final = 3600.0

LONGEST_WAIT_S: Final = 0.1
"""The loop turns at least this often, so that its beat tells the truth."""

FOREIGN: Final = "enrolled_with_another_embedder"
_MEASURE: Final = "measure with `bondwatch evaluate thresholds`, then add rows to the manifest"
_WHEN_DOUBTFUL: Final = MappingProxyType(
    {
        NOT_MEASURED: _MEASURE,
        BEYOND_MEASURED_SIZE: _MEASURE,
        MORE_ALIKE: "use an embedder that tells these people apart, or set identity.accept by"
        " `bondwatch evaluate thresholds` on photos of them (docs/models.md)",
    }
)
"""The register holds templates that the configured embedder did not make."""

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
    witness: Witness | None = None
    live: LiveServer | None = None


class Worker:
    """The loop. ``reload`` reads the configuration anew."""

    def __init__(self, parts: WorkerParts, settings: Settings, reload: Callable[[], Settings]):
        self._parts = parts
        self._settings = settings
        self._reload = reload
        self._faults = FaultBoard(parts.link.degraded)
        self._register: RegisterStatus | None = None
        every_s = (TICK_EVERY_S, STATES_EVERY_S, COUNTS_EVERY_S, POLICIES_EVERY_S)
        self._next_s = dict.fromkeys(every_s, 0.0)

    def run(self) -> None:
        """Turn until told to stop; returns with everything decided handed to the writer.

        Raises:
            WriterDiedError: nothing that is decided could be written down any more.
        """
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
        if parts.witness is not None:
            self._faults.put("evidence", parts.witness.problem)
        if parts.live is not None:
            self._faults.put("live", parts.live.problem)
        parts.link.beat()

    def _wait_s(self) -> float:
        """Until a frame that waits is due, or for news: what is overdue wakes when it comes."""
        now_s = self._parts.clocks.mono_s()
        to_come = (watch.due_s - now_s for watch in self._parts.crew if watch.due_s > now_s)
        return min((LONGEST_WAIT_S, *to_come))

    def _analyse(self, watch: CameraWatch) -> None:
        """Look at a camera's newest frame; one camera's trouble must not blind the others."""
        part = _analysis_of(watch.settings.camera_id)
        analysed = False
        try:
            for step in watch.analyse(self._parts.clocks.arrival()):
                self._submit(step)
                analysed = True
        except ModelError as error:
            self._fail(part, "model_failed", error)
        except RegisterError:
            self._follow_register()  # says so at once; whom this face shows stays undetermined
        except Exception as error:  # noqa: BLE001 -- a hostile picture finds what nobody thought of
            self._fail(part, "internal_error", error)
        else:
            if analysed:
                self._faults.put(part, None)

    def _fail(self, part: str, reason: str, error: Exception) -> None:
        """Say once that a camera cannot be analysed, however many of its frames fail."""
        if self._faults.put(part, reason):
            _log.error("analysis_failed", part=part, why=str(error), exc_info=error)

    def _assign(self, cameras: Sequence[str]) -> None:
        self._reload_settings()
        view = self._parts.register.status.view
        before = {watch.settings.camera_id for watch in self._parts.crew}
        for _, step in self._parts.crew.assign(self._settings, cameras, view):
            self._submit(step)
        watched = {watch.settings.camera_id for watch in self._parts.crew}
        for camera_id in before - watched:
            self._faults.put(_analysis_of(camera_id), None)
        unknown = set(cameras) - watched
        self._faults.put("assignment", "unknown_camera" if unknown else None)
        self._tell_doubt(view)

    def _reload_settings(self) -> None:
        """Read the configuration anew; where it cannot be read, the last one goes on."""
        try:
            settings = self._reload()
        except ConfigError as error:
            _log.error("configuration_unreadable", why=str(error))
            self._faults.put("configuration", "unreadable")
            return
        stale = settings.models != self._settings.models
        self._faults.put("configuration", "models_need_a_restart" if stale else None)
        self._settings = replace(settings, models=self._settings.models)

    def _follow_register(self) -> None:
        """Take over a changed register; say what keeps it from being of use."""
        status = self._parts.register.status
        if self._register is not None and status.view is not self._register.view:
            for watch in self._parts.crew:
                for step in watch.see_register(status.view):
                    self._submit(step)
            self._follow_size(status.view)
        if status.problem and (self._register is None or self._register.problem != status.problem):
            _log.warning("register_problem", problem=status.problem)  # it says what to do
        self._register = status
        fault = self._register_fault(status)
        if self._faults.put("register", fault) and fault == FOREIGN:
            _log.error(
                "templates_of_another_embedder",
                templates=status.view.foreign_templates,
                embedder=self._settings.models.embedder,
                expected=self._parts.models.embedding_id,
                remedy="configure the embedder that made them, or `bondwatch enrol re-embed`",
            )

    def _follow_size(self, view: RegisterView) -> None:
        """Go by the thresholds that were measured for a register of this size."""
        if self._parts.crew.count_people(view, self._settings):
            for _, step in self._parts.crew.renew_policies(self._settings):
                self._submit(step)
        self._tell_doubt(view)

    def _tell_doubt(self, view: RegisterView) -> None:
        """Say where thresholds do not rest on a register of this size, or of such people."""
        choice = self._parts.crew.choice(self._settings)
        if self._faults.put("thresholds", choice.doubt) and choice.doubt:
            _log.warning(
                "thresholds_doubtful",
                why=choice.doubt,
                people=view.gallery.people,
                measured_with=choice.gallery,
                remedy=_WHEN_DOUBTFUL[choice.doubt],
            )

    def _follow_vouches(self) -> None:
        if not self._parts.crew:
            return  # there is no camera yet that could take a word to heart; it waits
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
                camera_id = watch.settings.camera_id
                self._parts.writer.put_state(camera_id, watch.state(), self._settings.site_id)
        if self._is_due(COUNTS_EVERY_S):
            self._tell_counts()
        if self._is_due(POLICIES_EVERY_S):
            for _, step in self._parts.crew.renew_policies(self._settings):
                self._submit(step)

    def _tell_counts(self) -> None:
        """What the cameras' work consisted of so far, for who measures what it costs."""
        for watch in self._parts.crew:
            _log.debug(
                "camera_counts",
                camera=watch.settings.camera_id,
                decode=watch.settings.decode.value,
                frames=watch.source.health().counters.frames,
                model_calls=json.dumps(watch.calls),
            )

    def _is_due(self, every_s: float) -> bool:
        now_s = self._parts.clocks.mono_s()
        if now_s < self._next_s[every_s]:
            return False
        self._next_s[every_s] = now_s + every_s
        return True

    def _submit(self, step: Step) -> None:
        register = self._parts.register.status
        witness, models = self._parts.witness, self._parts.models.versions
        if witness is not None:
            witness.judged_by(models, register.view.version, self._settings)
            witness.decide(step.decisions)
        context = CommitContext(
            site=self._settings.site_id,
            models=models,
            register_version=register.view.version,
            snapshot=no_snapshot if witness is None else witness.snapshot_of,
        )
        self._parts.writer.submit(step.decisions, context)

    def _register_fault(self, status: RegisterStatus) -> str | None:
        """What keeps the register from saying who is on it."""
        if status.problem is not None:
            return "unreadable"
        if self._parts.models.embedder is None:
            return None  # nobody can be compared with it, and that is told as the model's fault
        if status.view.without_key:
            return "keys_missing"
        if status.view.foreign_templates:
            return FOREIGN
        return "empty" if status.view.gallery.empty else None


def _analysis_of(camera_id: str) -> str:
    """The name under which a camera's analysis is reported."""
    return f"analysis.{camera_id.lower()}"
