"""Alarms that cannot be journalled now: their message, and its way to the publisher.

Pure. The message says ``"durable": false``; the alarm is journalled later under its id.
"""

from __future__ import annotations

import json
import uuid

from vision.core.values import AlarmDecision, Change
from vision.outputs import journal_handover, messages
from vision.outputs.journal_values import CommitContext, HandedOver


def handed_over(decision: AlarmDecision, context: CommitContext, now_at: float) -> HandedOver:
    """The alarm that a decision raises, under a new id, as revision 1."""
    revision = messages.Revision(
        alarm_id=str(uuid.uuid4()),
        number=1,
        change=Change.RAISED,
        raised_at=decision.at.wall_utc,
        written_at=now_at,
        cameras=() if decision.camera_id is None else (decision.camera_id,),
        durable=False,
    )
    payload = messages.alarm(decision, revision, context)
    return HandedOver(revision.alarm_id, decision.incident, payload)


def encode(handed: HandedOver) -> bytes:
    """A handed over alarm as one datagram."""
    return messages.encode({"incident": handed.incident, "payload": handed.payload}).encode()


def decode(datagram: bytes) -> HandedOver:
    """The alarm in a datagram. Raises ValueError where there is none."""
    try:
        outer = json.loads(datagram)
        payload = json.loads(outer["payload"])
        handed = HandedOver(payload["alarm_id"], outer["incident"], outer["payload"])
        if str(uuid.UUID(handed.alarm_id)) != handed.alarm_id or payload["durable"] is not False:
            raise ValueError("not an undurable alarm")
        journal_handover.decision_of(handed)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not a handed over alarm ({type(error).__name__})") from error
    return handed
