"""Writing the core's decisions: which table each goes to, and which message it becomes.

Functions on an open connection; the caller holds the write transaction.
"""

from __future__ import annotations

import uuid

from vision.core.values import AlarmDecision, Decision, Occupancy, PassageDecision
from vision.outputs import journal_alarms, journal_latest, journal_outbox, messages, topics
from vision.outputs.journal_alarms import Writing
from vision.outputs.journal_values import Committed


def write(writing: Writing, decision: Decision) -> Committed | None:
    """Write one decision; a value where a revision of an alarm came of it."""
    if isinstance(decision, AlarmDecision):
        return journal_alarms.write(writing, decision)
    if isinstance(decision, PassageDecision):
        _write_passage(writing, decision)
    else:
        _write_occupancy(writing, decision)
    return None


def _write_passage(writing: Writing, decision: PassageDecision) -> None:
    passage_id = str(uuid.uuid4())
    payload = messages.passage(decision, passage_id, writing.context)
    writing.db.execute(
        "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            passage_id,
            decision.at.wall_utc,
            decision.camera_id,
            decision.zone_id,
            decision.direction.value,
            decision.evidence.staff_id if decision.evidence else None,
            payload,
        ),
    )
    journal_outbox.append(writing.db, topics.PASSAGE, payload, writing.now_at)


def _write_occupancy(writing: Writing, decision: Occupancy) -> None:
    journal_latest.put_occupancy(writing.db, decision, writing.context.site, writing.now_at)
