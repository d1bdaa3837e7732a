"""What the publisher itself must say: the broker refuses messages, the journal fails.

Pure: facts in, decisions out. Each trouble is one incident, raised once and cleared when it
is over, however many messages it costs.
"""

from __future__ import annotations

from vision.core.values import AlarmDecision, AlarmKind, Change, Instant

REFUSED = "system_degraded/publisher/refused"
JOURNAL = "system_degraded/publisher/journal"


def refused(topic: str, reason: str, at: Instant) -> AlarmDecision:
    """Messages of a topic are given up."""
    detail = (("topic", topic), ("broker", reason))
    return _decision(REFUSED, Change.RAISED, "broker_refuses_messages", at, detail)


def refusing_no_more(at: Instant) -> AlarmDecision:
    """Every topic that was refused is taken again."""
    return _decision(REFUSED, Change.CLEARED, "broker_takes_messages", at)


def journal_fails(why: str, at: Instant) -> AlarmDecision:
    """The journal cannot be written."""
    return _decision(JOURNAL, Change.RAISED, "journal_cannot_be_written", at, (("why", why),))


def journal_works(at: Instant) -> AlarmDecision:
    """The journal can be written again."""
    return _decision(JOURNAL, Change.CLEARED, "journal_can_be_written", at)


def _decision(
    incident: str,
    change: Change,
    reason: str,
    at: Instant,
    detail: tuple[tuple[str, str], ...] = (),
) -> AlarmDecision:
    return AlarmDecision(
        incident=incident,
        change=change,
        kind=AlarmKind.SYSTEM_DEGRADED,
        camera_id=None,
        at=at,
        reason=reason,
        detail=detail,
    )
