"""A worker's own thread for evidence, so that a slow or full disk never stops the eyes.

Packets do not pass through a queue: each recording follows the pre-roll ring, whose bound is its
own. What the analysing thread leaves here is small and bounded; what is left out is told.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from vision.core.values import AlarmDecision, Change
from vision.evidence.clip_plan import ClipRules
from vision.evidence.index import EvidenceIndex
from vision.evidence.leftovers import make_whole
from vision.evidence.place import Store
from vision.evidence.recording import Beginning, Recording
from vision.evidence.stream_moments import RingClock
from vision.evidence.values import Picture, Sight
from vision.logs import logger
from vision.own_thread import OwnThread

TURN_S: Final = 0.25
SLOW_AFTER_S: Final = 5.0
"""A turn that takes longer, or a clip that is further behind, is a disk that is too slow."""

PROBE_EVERY_S: Final = 5.0
UNNAMED_S: Final = 600.0
"""A recording whose alarm has had no id for so long belongs to no alarm."""

FAILED_TOLD_S: Final = 600.0
"""How long it is told that a recording was given up for a mistake of our own."""

MOST_WAITING: Final = 5_000
END_WITHIN_S: Final = 2.0

Key = tuple[str, str]
"""An incident and a camera."""

_log = logger(__name__)


class EvidenceWriter(OwnThread):
    """``with`` starts the thread and, at the end, ends every clip and joins it."""

    def __init__(self, store: Store, rules: ClipRules, index: EvidenceIndex) -> None:
        super().__init__("evidence", END_WITHIN_S)
        self._store = store
        self._rules = rules
        self._index = index
        self._news = threading.Condition()
        self._work: deque[Callable[[], None]] = deque()
        self._closing = False
        self._busy_since_s: float | None = None
        self._behind = False
        self._left_out = 0
        self._failed_s = float("-inf")
        self._recordings: list[Recording] = []
        self._newest: dict[Key, Recording] = {}
        self._clocks: dict[int, RingClock] = {}
        self._begun_s: dict[int, float] = {}
        self._probed_s = float("-inf")

    @property
    def problem(self) -> str | None:
        """Why evidence cannot be kept at present, as a stable code; None where it can."""
        if self._began_and_ended and not self._closing:
            return "writer_died"
        if time.monotonic() - self._failed_s < FAILED_TOLD_S:
            return "recording_failed"
        since_s = self._busy_since_s
        if since_s is not None and time.monotonic() - since_s > SLOW_AFTER_S:
            return "slow"
        return self._store.problem or ("slow" if self._behind else None)

    # For other threads: each leaves something to be done, and returns.

    def begin(self, beginning: Beginning) -> None:
        """Begin an alarm's recording; ``told`` gives it its id."""
        self._leave(partial(self._begin, beginning))

    def hear(self, key: Key, change: Change, at_s: float) -> None:
        """An alarm that is being recorded changed, at this moment of the recorded stream."""
        self._leave(partial(self._hear, key, change, at_s))

    def saw(self, camera_id: str, sight: Sight, better: Mapping[int, Picture]) -> None:
        """A frame was analysed; where the thread is far behind, it is left out and counted."""
        if not self._recordings and not self._work:
            return
        if len(self._work) >= MOST_WAITING:
            self._left_out += 1
            return
        self._leave(partial(self._saw, camera_id, sight, better))

    def told(self, decision: AlarmDecision, alarm_id: str, raised_at: float) -> None:
        """The journal, or the publisher, has taken this alarm under this id."""
        self._leave(partial(self._name, decision, alarm_id, raised_at))

    def stop_camera(self, camera_id: str) -> None:
        """End all that is recorded of a camera."""
        self._leave(partial(self._stop_camera, camera_id))

    def _leave(self, work: Callable[[], None]) -> None:
        with self._news:
            self._work.append(work)
            self._news.notify()

    def _ask_to_end(self) -> None:
        with self._news:
            self._closing = True
            self._news.notify()

    # The thread's own side.

    def _run(self) -> None:
        try:
            self._turn(lambda: make_whole(self._store))
            while not self._closing:
                with self._news:
                    self._news.wait_for(lambda: self._closing, TURN_S)
                self._turn(self._do_all)
            self._turn(self._end_all)
        except Exception:  # noqa: BLE001 -- whatever it is, the worker tells of it as a fault
            _log.exception("evidence_thread_died")
        finally:
            self._index.close()

    def _turn(self, work: Callable[[], None]) -> None:
        self._busy_since_s = time.monotonic()
        try:
            work()
        finally:
            self._busy_since_s = None

    def _do_all(self) -> None:
        self._do_what_was_left()
        for recording in self._recordings:
            self._record(recording)
        self._forget_over()
        self._behind = any(one.lag_s > SLOW_AFTER_S for one in self._recordings)
        self._probe()
        self._index.write()
        if self._left_out:
            left_out, self._left_out = self._left_out, 0
            _log.error("sights_left_out", frames=left_out)

    def _record(self, recording: Recording) -> None:
        """Write what has come; one recording's trouble must not end the others."""
        clock = self._clocks.setdefault(id(recording), RingClock(recording.ring))
        try:
            recording.work(clock.now())
        except Exception:  # noqa: BLE001 -- a hostile stream finds what nobody thought of
            _log.exception("recording_failed", camera=recording.camera_id)
            self._failed_s = time.monotonic()
            recording.over = True

    def _end_all(self) -> None:
        self._do_what_was_left()
        for recording in self._recordings:
            recording.stop()
        self._index.write()

    def _do_what_was_left(self) -> None:
        while self._work:
            self._work.popleft()()

    def _begin(self, beginning: Beginning) -> None:
        recording = Recording(beginning, self._store, self._rules)
        self._recordings.append(recording)
        self._begun_s[id(recording)] = time.monotonic()
        self._newest[beginning.decision.incident, beginning.camera_id] = recording

    def _hear(self, key: Key, change: Change, at_s: float) -> None:
        if (recording := self._newest.get(key)) is not None:
            recording.hear(change, at_s)

    def _saw(self, camera_id: str, sight: Sight, better: Mapping[int, Picture]) -> None:
        for recording in self._recordings:
            if recording.camera_id == camera_id:
                track_id = recording.decision.track_id
                recording.saw(sight, None if track_id is None else better.get(track_id))

    def _name(self, decision: AlarmDecision, alarm_id: str, raised_at: float) -> None:
        for recording in self._recordings:
            if recording.decision == decision:
                recording.name(alarm_id, raised_at)

    def _stop_camera(self, camera_id: str) -> None:
        for recording in self._recordings:
            if recording.camera_id == camera_id:
                recording.stop()
        self._forget_over()

    def _forget_over(self) -> None:
        late_s = time.monotonic() - UNNAMED_S
        for recording in self._recordings:
            if not recording.is_named and self._begun_s[id(recording)] < late_s:
                _log.error("recording_without_alarm", camera=recording.camera_id)
                recording.stop()
        for recording in [one for one in self._recordings if one.over]:
            self._recordings.remove(recording)
            self._clocks.pop(id(recording), None)
            self._begun_s.pop(id(recording))
        self._newest = {k: one for k, one in self._newest.items() if not one.over}

    def _probe(self) -> None:
        """While the disk is in trouble and nothing is recorded, see whether it is over."""
        now_s = time.monotonic()
        if self._store.health.problem is None or now_s < self._probed_s + PROBE_EVERY_S:
            return
        self._probed_s = now_s
        self._store.probe()
