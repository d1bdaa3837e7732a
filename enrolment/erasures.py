"""Whom others have to forget as well: the staff ids of people who were removed.

A ledger keeps what cameras said of somebody under the staff id, so it has to be told that id.
It stays here for a month, which is how long an old alarm may still bring it up again, and is
erased then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert, select, update

from enrolment.register_tables import ERASURES

KEPT_S = 30 * 86400.0


@dataclass(frozen=True, slots=True)
class Erasure:
    """Somebody was removed by the change ``version`` of the register.

    ``until_at``: POSIX seconds; when somebody was enrolled under the same staff id again. What is
    said from then on is about them. None: nobody was.
    """

    version: int
    staff_id: str
    erased_at: float
    until_at: float | None = None


def note_removed(connection: Connection, staff_id: str, version: int) -> None:
    """Somebody is removed."""
    row = {"version": version, "staff_id": staff_id, "erased_at": _now()}
    connection.execute(insert(ERASURES), row)


def note_added(connection: Connection, staff_id: str) -> None:
    """The staff id is somebody's again."""
    theirs = ERASURES.c.staff_id == staff_id
    last = update(ERASURES).where(theirs, ERASURES.c.until_at.is_(None))
    connection.execute(last.values(until_at=_now()))


def read(connection: Connection) -> tuple[Erasure, ...]:
    """Everybody who is to be forgotten, by the order of their removals."""
    query = select(ERASURES).order_by(ERASURES.c.version)
    return tuple(
        Erasure(row.version, row.staff_id, row.erased_at, row.until_at)
        for row in connection.execute(query)
    )


def drop_old(connection: Connection) -> int:
    """Forget whom everybody had a month to forget; how many."""
    old = delete(ERASURES).where(ERASURES.c.erased_at < _now() - KEPT_S)
    return connection.execute(old).rowcount


def _now() -> float:
    return datetime.now(UTC).timestamp()
