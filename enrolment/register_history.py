"""What was done to a record, when, by whom and why: readable while the person is there.

Every change is written twice in its own transaction: in full into ``history``, which goes with
the person, and as salted digests into ``outbox``, which stays for a ledger to read. The salts
lie in rows that can be erased; without them a digest says nothing.
"""

from __future__ import annotations

import getpass
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from enrolment.people import check_name
from enrolment.register_tables import ACCOUNTS, HISTORY, OUTBOX, PEOPLE


@dataclass(frozen=True, slots=True)
class Note:
    """Who changes the register, and why."""

    by: str = field(default_factory=getpass.getuser)
    why: str = ""

    def checked(self) -> Note:
        """Return the note; ``ValueError`` for an account or a reason that could deceive."""
        check_name(self.by, "account")
        if self.why:
            check_name(self.why, "reason")
        return self


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of one record; ``changes``: field, what it was, what it became."""

    version: int
    at: datetime
    by: str
    action: str
    why: str
    changes: dict[str, list[Any]]


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """The same for a ledger: hexadecimal HMAC-SHA256 digests instead of what could be erased."""

    seq: int
    version: int
    at: datetime
    action: str
    subject_digest: str
    account_digest: str
    content_digest: str


def new_salt() -> str:
    """What makes digests of one person's data say nothing once it is erased."""
    return secrets.token_hex(16)


def digest(salt: str, text: str) -> str:
    """HMAC-SHA256 of a text under a salt, hexadecimal."""
    return hmac.new(bytes.fromhex(salt), text.encode(), hashlib.sha256).hexdigest()


def write(
    connection: Connection,
    staff_id: str,
    note: Note,
    action: str,
    changes: dict[str, list[Any]],
    version: int,
) -> None:
    """Write one change of a record that is there, into history and outbox."""
    now = datetime.now(UTC).timestamp()
    text = json.dumps(changes, sort_keys=True, ensure_ascii=False)
    full = {"version": version, "at": now, "action": action}
    said = {"account": note.by, "why": note.why, "changes": text}
    connection.execute(insert(HISTORY), {"staff_id": staff_id, **full, **said})
    salt = connection.execute(
        select(PEOPLE.c.salt).where(PEOPLE.c.staff_id == staff_id)
    ).scalar_one()
    content = json.dumps([staff_id, action, now, note.by, note.why, text], ensure_ascii=False)
    digests = {
        "subject_digest": digest(salt, staff_id),
        "account_digest": digest(_account_salt(connection, note.by), note.by),
        "content_digest": digest(salt, content),
    }
    connection.execute(insert(OUTBOX), {**full, **digests})


def read_history(connection: Connection, staff_id: str) -> tuple[Entry, ...]:
    """All changes of one record, oldest first."""
    query = select(HISTORY).where(HISTORY.c.staff_id == staff_id).order_by(HISTORY.c.history_id)
    return tuple(
        Entry(
            row.version,
            datetime.fromtimestamp(row.at, UTC),
            row.account,
            row.action,
            row.why,
            json.loads(row.changes),
        )
        for row in connection.execute(query)
    )


def read_outbox(connection: Connection, after: int, limit: int) -> tuple[OutboxEntry, ...]:
    """Entries with a higher number, oldest first."""
    query = select(OUTBOX).where(OUTBOX.c.seq > after).order_by(OUTBOX.c.seq).limit(limit)
    return tuple(
        OutboxEntry(
            row.seq,
            row.version,
            datetime.fromtimestamp(row.at, UTC),
            row.action,
            row.subject_digest,
            row.account_digest,
            row.content_digest,
        )
        for row in connection.execute(query)
    )


def _account_salt(connection: Connection, account: str) -> str:
    query = select(ACCOUNTS.c.salt).where(ACCOUNTS.c.account == account)
    found = connection.execute(query).scalar()
    if found is None:
        found = new_salt()
        connection.execute(insert(ACCOUNTS), {"account": account, "salt": found})
    return found
