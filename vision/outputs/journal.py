"""The journal: the one place where the processes meet.

Every method is one short transaction; the rules are in the ``journal_*`` modules. Raises a
``JournalError`` that names the file and the remedy; then nothing was written. Times are
POSIX seconds, UTC. Safe to use from several threads, which take turns.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from vision.core.values import Decision, Occupancy
from vision.outputs import (
    journal_actions,
    journal_alarms,
    journal_decisions,
    journal_evidence,
    journal_handover,
    journal_latest,
    journal_ledger,
    journal_outbox,
    journal_subject,
)
from vision.outputs.evidence_values import (
    Deletion,
    EvidenceEntry,
    EvidenceFile,
    EvidenceFolder,
    EvidenceGap,
    ExportNote,
    Hold,
)
from vision.outputs.journal_file import JournalFile
from vision.outputs.journal_subject import AboutPerson
from vision.outputs.journal_values import (
    AckRequest,
    AckResult,
    AlarmRecord,
    BlindInterval,
    CameraState,
    CommitContext,
    Committed,
    DeadLetter,
    HandedOver,
    LedgerMark,
    LedgerNote,
    LedgerRow,
    OutboxRow,
    StateRow,
    Vouch,
)

BUSY_S = 2.0
"""How long a write waits for another process's; they are over in milliseconds."""

TAKEN_KEPT_S = 7 * 24 * 3600.0
DEAD_KEPT_S = 90 * 24 * 3600.0


class Journal:
    """An open journal. ``clock`` is the wall clock, ``monotonic`` the one that never jumps."""

    def __init__(
        self,
        file: JournalFile,
        clock: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        self._file = file
        self._clock = clock
        self._monotonic = monotonic

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        busy_s: float = BUSY_S,
    ) -> Journal:
        """Open the file, or create it with the present schema."""
        return cls(JournalFile(path, busy_s), clock, monotonic)

    def demand_in_place(self) -> None:
        """Raises JournalReplacedError where the file was removed or replaced: open it anew."""
        self._file.demand_in_place()

    def close(self) -> None:
        self._file.close()

    # decisions -------------------------------------------------------------------------

    def commit(
        self, decisions: Sequence[Decision], context: CommitContext
    ) -> tuple[Committed, ...]:
        """Write decisions and their messages, all or none; the alarms' revisions are returned."""
        with self._file.write() as db:
            writing = journal_alarms.Writing(db, context, self._clock())
            written = [journal_decisions.write(writing, decision) for decision in decisions]
        return tuple(one for one in written if one is not None)

    def adopt(self, handed: HandedOver, *, taken: bool) -> bool:
        """Write down an alarm that went out undurably; False where it was there already."""
        with self._file.write() as db:
            return journal_handover.adopt(db, handed, self._clock(), taken=taken)

    def open_alarms(self, camera_id: str | None = None) -> tuple[AlarmRecord, ...]:
        """The open alarms, of one camera or of all, the oldest first."""
        with self._file.read() as db:
            return journal_alarms.open_alarms(db, camera_id)

    def alarm(self, alarm_id: str) -> AlarmRecord | None:
        with self._file.read() as db:
            return journal_alarms.alarm_by_id(db, alarm_id)

    def list_alarms(self, *, open_only: bool = False, limit: int = 100) -> tuple[AlarmRecord, ...]:
        """Alarms, the latest first."""
        if open_only:
            return tuple(reversed(self.open_alarms()))[:limit]
        with self._file.read() as db:
            return journal_alarms.newest(db, limit)

    def tail(self, after_seq: int = 0, limit: int = 1000) -> tuple[OutboxRow, ...]:
        """Revisions of alarms written after ``after_seq``, in order."""
        with self._file.read() as db:
            return journal_outbox.tail(db, after_seq, limit)

    def latest_revisions(self, limit: int) -> tuple[OutboxRow, ...]:
        """The last revisions of alarms that were written, in order."""
        with self._file.read() as db:
            return journal_outbox.latest_revisions(db, limit)

    def ids_beginning(self, start: str) -> tuple[str, ...]:
        """The ids of alarms that begin with ``start``, at most ten."""
        with self._file.read() as db:
            return journal_alarms.ids_beginning(db, start)

    def last_seq(self) -> int:
        """The number of the newest message ever queued; 0 in a new journal."""
        with self._file.read() as db:
            return journal_outbox.last_seq(db)

    # evidence --------------------------------------------------------------------------

    def index_evidence(self, entries: Iterable[EvidenceEntry]) -> None:
        """Note files that are whole, synced and under their names, and what is missing."""
        with self._file.write() as db:
            journal_evidence.index(db, entries, self._clock())

    def evidence(self, limit: int = -1) -> tuple[EvidenceFolder, ...]:
        """What there is of each alarm, the newest first; -1: of all."""
        with self._file.read() as db:
            return journal_evidence.folders(db, limit)

    def evidence_ids_beginning(self, start: str) -> tuple[str, ...]:
        """The ids of alarms with evidence that begin with ``start``, at most ten."""
        with self._file.read() as db:
            return journal_evidence.ids_beginning(db, start)

    def evidence_of(
        self, alarm_id: str
    ) -> tuple[tuple[EvidenceFile, ...], tuple[EvidenceGap, ...], Hold | None]:
        """An alarm's files, what is missing, and who holds them."""
        with self._file.read() as db:
            return (
                journal_evidence.files_of(db, alarm_id),
                journal_evidence.gaps_of(db, alarm_id),
                journal_evidence.hold_of(db, alarm_id),
            )

    def hold_evidence(self, alarm_id: str, by: str, note: str) -> bool:
        """Keep an alarm's evidence from being deleted; False where it was held already."""
        with self._file.write() as db:
            return journal_evidence.hold(db, alarm_id, Hold(by, self._clock(), note))

    def release_evidence(self, alarm_id: str, by: str, note: str) -> bool:
        """End that; False where nobody held it."""
        with self._file.write() as db:
            return journal_evidence.release(db, alarm_id, Hold(by, self._clock(), note))

    def note_export(self, alarm_id: str, note: ExportNote) -> None:
        """Note, for the ledger too, that somebody takes an alarm's evidence away."""
        with self._file.write() as db:
            journal_evidence.exported(db, alarm_id, note, self._clock())

    def forget_evidence(self, deletion: Deletion) -> None:
        """Note that an alarm's evidence has been deleted."""
        with self._file.write() as db:
            journal_evidence.forget(db, deletion, self._clock())

    def about(self, staff_id: str) -> AboutPerson:
        """Everything that names a person of the register."""
        with self._file.read() as db:
            return journal_subject.about(db, staff_id)

    # operators -------------------------------------------------------------------------

    def acknowledge(self, request: AckRequest) -> AckResult:
        """Note an acknowledgement and queue its answer."""
        with self._file.write() as db:
            return journal_actions.acknowledge(db, request, self._clock())

    def vouch(self, alarm_id: str, staff_id: str, by: str) -> bool:
        """Note that ``by`` answers for a person; False where no such alarm is open."""
        with self._file.write() as db:
            return journal_actions.vouch(db, alarm_id, staff_id, by, self._clock())

    def vouches_after(self, seq: int) -> tuple[Vouch, ...]:
        with self._file.read() as db:
            return journal_actions.vouches_after(db, seq)

    # latest values ---------------------------------------------------------------------

    def put_camera_state(self, camera_id: str, state: CameraState, site: str) -> bool:
        """Tell how a camera does; False, and no write, where that is nothing new."""
        with self._file.read() as db:
            if not journal_latest.differs(journal_latest.camera_state(db, camera_id), state):
                return False
        with self._file.write() as db:
            journal_latest.put_camera_state(db, camera_id, state, site, self._clock())
        return True

    def camera_state(self, camera_id: str) -> CameraState | None:
        with self._file.read() as db:
            return journal_latest.camera_state(db, camera_id)

    def put_occupancy(self, value: Occupancy, site: str) -> bool:
        """Tell how many are in a zone; False, and no write, where that is nothing new."""
        with self._file.read() as db:
            if journal_latest.same_occupancy(db, value):
                return False
        with self._file.write() as db:
            journal_latest.put_occupancy(db, value, site, self._clock())
        return True

    def keep_only(self, cameras: Collection[str], zones: Collection[str]) -> None:
        """Empty the states of cameras and zones that the site no longer has."""
        with self._file.write() as db:
            journal_latest.keep_only(db, cameras, zones, self._clock())

    def beat(self, process_id: str) -> None:
        """A process says that it is alive."""
        with self._file.write() as db:
            journal_latest.beat(db, process_id, self._clock(), self._monotonic())

    def forget_beat(self, process_id: str) -> None:
        """A process ended as it should, or is no longer wanted."""
        with self._file.write() as db:
            db.execute("DELETE FROM beats WHERE process_id = ?", (process_id,))

    def beat_ages_s(self) -> dict[str, float]:
        """Seconds since each process's last beat, the publisher's included."""
        with self._file.read() as db:
            return journal_latest.beat_ages_s(db, self._monotonic())

    def oldest_beat_age_s(self) -> float | None:
        """The age of the oldest worker beat; None where no worker has one."""
        ages_s = self.beat_ages_s()
        ages_s.pop(journal_latest.PUBLISHER, None)
        return max(ages_s.values(), default=None)

    def last_beat_at(self, process_id: str) -> float | None:
        """When a process was last alive by the wall clock: where a blind interval begins."""
        with self._file.read() as db:
            return journal_latest.last_beat_at(db, process_id)

    def record_blind(self, blind: BlindInterval) -> None:
        """Note a span in which a camera was not watched."""
        with self._file.write() as db:
            db.execute(
                "INSERT INTO blind_intervals (camera_id, from_at, to_at, reason)"
                " VALUES (?, ?, ?, ?)",
                (blind.camera_id, blind.from_at, blind.to_at, blind.reason),
            )

    def blind_intervals(self, camera_id: str) -> tuple[BlindInterval, ...]:
        with self._file.read() as db:
            return journal_latest.blind_intervals(db, camera_id)

    # for the publisher -----------------------------------------------------------------

    def waiting(self, after_seq: int = 0, limit: int = 100) -> tuple[OutboxRow, ...]:
        """Messages of the ordered lane that the broker has not taken, in order."""
        with self._file.read() as db:
            return journal_outbox.waiting(db, after_seq, limit)

    def waiting_alarms(self) -> int:
        with self._file.read() as db:
            return journal_outbox.waiting_alarms(db)

    def due_states(self) -> tuple[StateRow, ...]:
        with self._file.read() as db:
            return journal_outbox.due_states(db)

    def all_states(self) -> tuple[StateRow, ...]:
        with self._file.read() as db:
            return journal_outbox.all_states(db)

    def mark_taken(self, seqs: Iterable[int], states: Iterable[StateRow] = ()) -> None:
        """The broker has taken these messages and these values."""
        with self._file.write() as db:
            journal_outbox.mark_taken(db, seqs, self._clock())
            journal_outbox.mark_states_taken(db, states)

    def mark_dead(
        self,
        seq: int,
        reason: str,
        decisions: Sequence[Decision] = (),
        context: CommitContext | None = None,
    ) -> None:
        """Put a message aside and, in the same transaction, raise what that means."""
        with self._file.write() as db:
            journal_outbox.mark_dead(db, seq, reason, self._clock())
            if context is not None:
                writing = journal_alarms.Writing(db, context, self._clock())
                for decision in decisions:
                    journal_decisions.write(writing, decision)

    def dead_letters(self, limit: int = 100) -> tuple[DeadLetter, ...]:
        with self._file.read() as db:
            return journal_outbox.dead_letters(db, limit)

    def rearm_dead(self, seqs: Iterable[int]) -> None:
        """Let messages that were put aside go out once more."""
        with self._file.write() as db:
            journal_outbox.rearm_dead(db, seqs)

    def rearm(self, taken_since_at: float, *, open_alarms: bool) -> int:
        """Let messages go out once more: those taken since then and, if asked, open alarms."""
        with self._file.write() as db:
            rearmed = journal_outbox.rearm_taken(db, taken_since_at)
            return rearmed + (journal_outbox.rearm_open_alarms(db) if open_alarms else 0)

    def prune(self, taken_kept_s: float = TAKEN_KEPT_S, dead_kept_s: float = DEAD_KEPT_S) -> int:
        """Forget messages that were taken, or put aside, longer ago; how many that were."""
        now_at = self._clock()
        with self._file.write() as db:
            journal_outbox.forget_emptied(db, now_at - journal_outbox.EMPTIED_KEPT_S)
            return journal_outbox.prune(db, now_at - taken_kept_s, now_at - dead_kept_s)

    # for the ledger --------------------------------------------------------------------

    def submit_to_ledger(self, note: LedgerNote) -> None:
        """Let something enter the ledger that is neither a message nor an operator's action."""
        with self._file.write() as db:
            journal_ledger.submit(db, note, self._clock())

    def rows_for_ledger(self, source: str, after_seq: int, limit: int) -> tuple[LedgerRow, ...]:
        """What one of ``journal_ledger.SOURCES`` has after a number, in order."""
        with self._file.read() as db:
            return journal_ledger.rows(db, source, after_seq, limit)

    def ledger_mark(self) -> LedgerMark | None:
        """What the ledger last told; None where none ever has."""
        with self._file.read() as db:
            return journal_ledger.mark(db)

    def put_ledger_mark(self, mark: LedgerMark, checkpoint: StateRow) -> None:
        """The ledger tells how far it is; ``checkpoint`` is what the world gets to see of it."""
        with self._file.write() as db:
            journal_ledger.put_mark(db, mark)
            journal_outbox.put_state(db, checkpoint, self._clock())

    def changes(self) -> int:
        """A number that differs from the last one after another process has written."""
        with self._file.read() as db:
            return int(db.execute("PRAGMA data_version").fetchone()[0])
