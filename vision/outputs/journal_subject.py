"""What the journal holds about one person of the register, for that person to be told.

Functions on an open connection; nothing is changed.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class AboutPerson:
    """Messages as they were published; what guards did; the names of evidence files by alarm."""

    alarms: tuple[dict[str, Any], ...] = ()
    passages: tuple[dict[str, Any], ...] = ()
    actions: tuple[dict[str, Any], ...] = ()
    evidence: tuple[dict[str, Any], ...] = ()


def about(db: sqlite3.Connection, staff_id: str) -> AboutPerson:
    """Everything that names a staff id, oldest first."""
    alarms = db.execute(
        "SELECT alarm_id, payload FROM alarms"
        " WHERE json_extract(payload, '$.identity.staff_id') = ? ORDER BY raised_at",
        (staff_id,),
    ).fetchall()
    passages = db.execute(
        "SELECT payload FROM passages WHERE staff_id = ? ORDER BY happened_at", (staff_id,)
    )
    actions = db.execute(
        "SELECT done_at, action, alarm_id, done_by, note, result FROM operator_actions"
        " WHERE staff_id = ? ORDER BY seq",
        (staff_id,),
    )
    return AboutPerson(
        tuple(json.loads(row["payload"]) for row in alarms),
        tuple(json.loads(row["payload"]) for row in passages),
        tuple(dict(row) for row in actions),
        tuple(_evidence(db, row["alarm_id"]) for row in alarms),
    )


def _evidence(db: sqlite3.Connection, alarm_id: str) -> dict[str, Any]:
    names = db.execute(
        "SELECT folder, name FROM evidence_files WHERE alarm_id = ? ORDER BY name", (alarm_id,)
    )
    return {"alarm_id": alarm_id, "files": [f"{row['folder']}/{row['name']}" for row in names]}
