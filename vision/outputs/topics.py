"""The topics below a site's root. Names only."""

from __future__ import annotations

import re

ALARM = "alarm"
PASSAGE = "passage"
STATUS = "status"
HEARTBEAT = "heartbeat"
LEDGER_CHECKPOINT = "ledger/checkpoint"
ACKS = "alarm/+/ack"

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_ACK = re.compile(rf"alarm/({_UUID})/ack")


def root(site: str) -> str:
    """``bondwatch/v1/<site>/``, with which every topic begins."""
    return f"bondwatch/v1/{site}/"


def alarm_state(alarm_id: str) -> str:
    """Retained while the alarm is open."""
    return f"alarm/{alarm_id}/state"


def ack_result(alarm_id: str) -> str:
    """The answer to an acknowledgement."""
    return f"alarm/{alarm_id}/ack/result"


def occupancy(zone_id: str) -> str:
    """How many are in a zone."""
    return f"zone/{zone_id}/occupancy"


def camera_state(camera_id: str) -> str:
    """How a camera does."""
    return f"camera/{camera_id}/state"


def acknowledged_alarm_id(topic: str) -> str | None:
    """The alarm that a message on ``alarm/<alarm_id>/ack`` is about; None for no such topic."""
    found = _ACK.fullmatch(topic)
    return found.group(1) if found else None
