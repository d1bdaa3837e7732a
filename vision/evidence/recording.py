"""One alarm's evidence by one camera, from its first packet to its end.

For the evidence thread alone. Until the alarm has an id there is no folder to write to: what
comes is held, within a bound, and written once the id is known.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from vision.core.values import AlarmDecision, Change, Instant
from vision.evidence.clip_plan import ClipRules, PartEnd
from vision.evidence.clip_writer import ClipWriter
from vision.evidence.pictures import UnencodableError, face_jpeg, snapshot_jpeg
from vision.evidence.place import Place, Store
from vision.evidence.places import FileKind, folder_of
from vision.evidence.timeline_writer import TimelineWriter
from vision.evidence.values import Picture, Sight, Subject
from vision.ingest.packets import EncodedPacket
from vision.ingest.ring import Followed, PrerollRing
from vision.logs import logger

MOST_HELD_BYTES = 64 * 1024 * 1024
"""Packets of one recording that may wait for the alarm's id; most are the ring's own, too."""

_log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Beginning:
    """All that a recording begins with, gathered at the moment of the decision.

    ``at``: the alarm's moment in the time of the stream in ``ring``. ``pinned``: the pre-roll.
    ``sights``: what was seen in that time. ``picture``: the best so far.
    """

    decision: AlarmDecision
    camera_id: str
    at: Instant
    ring: PrerollRing
    pinned: Followed
    sights: tuple[Sight, ...]
    picture: Picture | None


class Recording:
    """Begins with a decision; ``name`` gives it the alarm's id."""

    def __init__(self, beginning: Beginning, store: Store, rules: ClipRules) -> None:
        self.decision = beginning.decision
        self.camera_id = beginning.camera_id
        self.over = False
        self._store = store
        self._rules = rules
        self._at = beginning.at
        self.ring = beginning.ring
        self._cursor = beginning.pinned.cursor
        self._held: deque[EncodedPacket] = deque(beginning.pinned.packets)
        self._held_bytes = sum(packet.size_bytes for packet in self._held)
        self._after_missed: list[EncodedPacket] = []
        self._sights = list(beginning.sights)
        self._picture = self._better = beginning.picture
        self._heard: list[tuple[Change, float]] = []
        self._newest = beginning.at
        self._place: Place | None = None
        self._clip: ClipWriter | None = None
        self._timeline: TimelineWriter | None = None

    def name(self, alarm_id: str, raised_at: float) -> None:
        """The alarm is known by this id: from now on there is a folder."""
        if self._clip is not None:
            return
        subject = Subject(self.decision, self.camera_id, alarm_id, folder_of(alarm_id, raised_at))
        self._place = Place(self._store, subject)
        first = self._held[0].at if self._held else self._at
        self._timeline = TimelineWriter(self._place, subject, first.wall_utc)
        self._clip = ClipWriter(self._place, self._rules, self._at, self._timeline.note)
        for change, at_s in self._heard:
            self._clip.hear(change, at_s)
        for sight in self._sights:
            self._timeline.saw(sight)
        self._sights.clear()
        self._put_pictures()

    def hear(self, change: Change, at_s: float) -> None:
        """The alarm changed, at this moment of the recorded stream."""
        if self._clip is None:
            self._heard.append((change, at_s))
        else:
            self._clip.hear(change, at_s)

    def saw(self, sight: Sight, picture: Picture | None) -> None:
        """One more analysed frame; ``picture`` where it is the best yet of the alarm's track."""
        if picture is not None and (self._better is None or _is_better(picture, self._better)):
            self._better = picture
        if self._timeline is None:
            self._sights.append(sight)
        else:
            self._timeline.saw(sight)

    def work(self, now: Instant) -> None:
        """Write what has come since; ``now`` in the time of the recorded stream."""
        self._read()
        if self._clip is None or self._timeline is None:
            return
        self._write_held(self._clip)
        if not self._clip.over:
            self._clip.pass_time(now)
        self._timeline.write()
        if self._clip.over:
            self._finish(now)

    def stop(self, why: PartEnd = PartEnd.STOPPED) -> None:
        """End it as it is; what waits for an id is lost with the alarm that never got one."""
        if self._clip is not None and not self.over:
            self._read()
            self._write_held(self._clip)
            self._clip.stop(why)
            self._finish(self._newest)
        self.over = True

    @property
    def is_named(self) -> bool:
        return self._clip is not None

    @property
    def lag_s(self) -> float:
        """How far what is written is behind what has come in; large where the disk is slow."""
        newest = self.ring.newest()
        if newest is None or self._clip is None:
            return 0.0
        return newest.at.stream_s - self._newest.stream_s

    def _read(self) -> None:
        if self._held_bytes > MOST_HELD_BYTES:
            return
        found = self.ring.follow(self._cursor)
        self._cursor = found.cursor
        if found.missed:
            _log.warning("packets_missed", camera=self.camera_id, packets=found.missed)
            self._after_missed.extend(found.packets[:1])
        self._held.extend(found.packets)
        self._held_bytes += sum(packet.size_bytes for packet in found.packets)

    def _write_held(self, clip: ClipWriter) -> None:
        while self._held and not clip.over:
            packet = self._held.popleft()
            self._held_bytes -= packet.size_bytes
            clip.take(packet, missed=self._comes_after_missed(packet))
            self._newest = packet.at

    def _comes_after_missed(self, packet: EncodedPacket) -> bool:
        """Whether others that came before this packet were dropped unread."""
        if self._after_missed and self._after_missed[0] is packet:
            del self._after_missed[0]
            return True
        return False

    def _finish(self, now: Instant) -> None:
        if self._timeline is not None:
            self._timeline.finish("over", now)
        if self._better is not self._picture:
            self._picture = self._better
            self._put_pictures()
        self.over = True

    def _put_pictures(self) -> None:
        picture, place = self._picture, self._place
        if picture is None or place is None:
            return
        at = picture.frame.at.wall_utc
        try:
            place.put_picture(FileKind.SNAPSHOT, snapshot_jpeg(picture), at)
            face = face_jpeg(picture)
            if face is not None:
                place.put_picture(FileKind.FACE, face, at)
        except UnencodableError as error:
            _log.error("picture_not_made", why=str(error))
            place.tell_gap(at, at, "picture")
        except OSError as error:
            _log.error("picture_not_written", why=error.strerror or type(error).__name__)
            place.health.fail(error)
            place.tell_gap(at, at, "picture")


def _is_better(one: Picture, other: Picture) -> bool:
    return one.quality > other.quality
