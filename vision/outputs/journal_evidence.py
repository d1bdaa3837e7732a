"""The index of evidence: which files there are, what is missing, what is held, what was deleted.

Each file's digest, and whatever is done to evidence, goes to the ledger in the same transaction.

Functions on an open connection; the caller holds the transaction.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Final

from vision.outputs import journal_ledger
from vision.outputs.evidence_values import (
    Deletion,
    EvidenceEntry,
    EvidenceFile,
    EvidenceFolder,
    EvidenceGap,
    ExportNote,
    Hold,
)
from vision.outputs.journal_values import LedgerNote

RETENTION = "retention"
"""Who deletes evidence whose time is over."""

EXPORT = "export"
"""What is noted when somebody takes evidence away."""

_LEDGER_KINDS: Final = MappingProxyType({"clip": "clip", "timeline": "timeline"})
"""Files whose kind the ledger has a name for; all others are pictures."""


def index(db: sqlite3.Connection, entries: Iterable[EvidenceEntry], now_at: float) -> None:
    """Note whole files and gaps; a file of a name that is there already takes its place."""
    for entry in entries:
        if isinstance(entry, EvidenceFile):
            _put_file(db, entry, now_at)
        else:
            db.execute(
                "INSERT INTO evidence_gaps (alarm_id, camera_id, from_at, to_at, reason,"
                " written_at) VALUES (?, ?, ?, ?, ?, ?)",
                (
                    entry.alarm_id,
                    entry.camera_id,
                    entry.from_at,
                    entry.to_at,
                    entry.reason,
                    now_at,
                ),
            )


def _put_file(db: sqlite3.Connection, file: EvidenceFile, now_at: float) -> None:
    db.execute(
        "DELETE FROM evidence_files WHERE alarm_id = ? AND name = ?", (file.alarm_id, file.name)
    )
    db.execute(
        "INSERT INTO evidence_files (alarm_id, folder, name, kind, camera_id, size_bytes, sha256,"
        " begin_at, end_at, ended_by, written_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            file.alarm_id,
            file.folder,
            file.name,
            file.kind,
            file.camera_id,
            file.size_bytes,
            file.sha256,
            file.begin_at,
            file.end_at,
            file.ended_by,
            now_at,
        ),
    )
    kind = _LEDGER_KINDS.get(file.kind, "picture")
    note = LedgerNote(kind, f"{file.alarm_id}/{file.name}", _text(asdict(file)))
    journal_ledger.submit(db, note, now_at)


def files_of(db: sqlite3.Connection, alarm_id: str) -> tuple[EvidenceFile, ...]:
    """An alarm's files, in the order of their beginnings."""
    rows = db.execute(
        "SELECT alarm_id, folder, name, kind, camera_id, size_bytes, sha256, begin_at, end_at,"
        " ended_by FROM evidence_files WHERE alarm_id = ? ORDER BY begin_at, name",
        (alarm_id,),
    )
    return tuple(EvidenceFile(*row) for row in rows)


def gaps_of(db: sqlite3.Connection, alarm_id: str) -> tuple[EvidenceGap, ...]:
    """What is missing of an alarm's clips."""
    rows = db.execute(
        "SELECT alarm_id, camera_id, from_at, to_at, reason FROM evidence_gaps"
        " WHERE alarm_id = ? ORDER BY from_at",
        (alarm_id,),
    )
    return tuple(EvidenceGap(*row) for row in rows)


_FOLDERS = """
WITH known AS (
  SELECT alarm_id, begin_at, end_at, folder, 1 AS files, size_bytes, 0 AS gaps FROM evidence_files
  UNION ALL SELECT alarm_id, from_at, to_at, '', 0, 0, 1 FROM evidence_gaps
)
SELECT k.alarm_id, max(k.folder), sum(k.files), sum(k.size_bytes), min(k.begin_at), max(k.end_at),
  sum(k.gaps), max(h.held_by IS NOT NULL), coalesce(max(a.is_open), 0)
FROM known k LEFT JOIN evidence_holds h USING (alarm_id) LEFT JOIN alarms a USING (alarm_id)
GROUP BY k.alarm_id ORDER BY min(k.begin_at) DESC LIMIT ?
"""


def folders(db: sqlite3.Connection, limit: int = -1) -> tuple[EvidenceFolder, ...]:
    """What there is of each alarm, the newest first; ``limit`` -1: of all."""
    rows = db.execute(_FOLDERS, (limit,))
    return tuple(
        EvidenceFolder(
            alarm_id=row[0],
            folder=row[1],
            files=row[2],
            size_bytes=row[3],
            begin_at=row[4],
            end_at=row[5],
            gaps=row[6],
            is_held=bool(row[7]),
            is_open=bool(row[8]),
        )
        for row in rows
    )


def hold_of(db: sqlite3.Connection, alarm_id: str) -> Hold | None:
    """Who keeps an alarm's evidence from being deleted."""
    row = db.execute(
        "SELECT held_by, held_at, note FROM evidence_holds WHERE alarm_id = ?", (alarm_id,)
    ).fetchone()
    return None if row is None else Hold(*row)


def hold(db: sqlite3.Connection, alarm_id: str, hold: Hold) -> bool:
    """Keep evidence from being deleted; False where somebody does already."""
    if hold_of(db, alarm_id) is not None:
        return False
    db.execute(
        "INSERT INTO evidence_holds (alarm_id, held_by, held_at, note) VALUES (?, ?, ?, ?)",
        (alarm_id, hold.by, hold.at, hold.note),
    )
    _note(db, "hold", alarm_id, hold)
    return True


def release(db: sqlite3.Connection, alarm_id: str, released: Hold) -> bool:
    """Let evidence be deleted again when its time comes; False where nobody held it."""
    if hold_of(db, alarm_id) is None:
        return False
    db.execute("DELETE FROM evidence_holds WHERE alarm_id = ?", (alarm_id,))
    _note(db, "release", alarm_id, released)
    return True


def forget(db: sqlite3.Connection, deletion: Deletion, now_at: float) -> None:
    """Note that the files of an alarm are gone, how many and why; its gaps tell nothing more."""
    count, size_bytes = db.execute(
        "SELECT count(*), coalesce(sum(size_bytes), 0) FROM evidence_files WHERE alarm_id = ?",
        (deletion.alarm_id,),
    ).fetchone()
    db.execute("DELETE FROM evidence_files WHERE alarm_id = ?", (deletion.alarm_id,))
    db.execute("DELETE FROM evidence_gaps WHERE alarm_id = ?", (deletion.alarm_id,))
    done = Hold(RETENTION, now_at, deletion.reason)
    _note(db, "delete", deletion.alarm_id, done, (count, size_bytes))


def exported(db: sqlite3.Connection, alarm_id: str, note: ExportNote, now_at: float) -> None:
    """Note that somebody takes a bundle of an alarm's evidence away."""
    done = Hold(note.by, now_at, note.note)
    told = {"role": note.role, "manifest_sha256": note.manifest_sha256}
    _note(db, EXPORT, alarm_id, done, (note.files, note.size_bytes), told)


def ids_beginning(db: sqlite3.Connection, start: str) -> tuple[str, ...]:
    """The ids of alarms with evidence that begin with ``start``, at most ten."""
    query = (
        "SELECT alarm_id FROM evidence_files WHERE substr(alarm_id, 1, ?1) = ?2"
        " UNION SELECT alarm_id FROM evidence_gaps WHERE substr(alarm_id, 1, ?1) = ?2 LIMIT 10"
    )
    return tuple(row[0] for row in db.execute(query, (len(start), start)))


def _note(
    db: sqlite3.Connection,
    action: str,
    alarm_id: str,
    done: Hold,
    extent: tuple[int, int] = (0, 0),
    more: Mapping[str, str] = MappingProxyType({}),
) -> None:
    db.execute(
        "INSERT INTO evidence_actions (done_at, action, alarm_id, done_by, note, files,"
        " size_bytes) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (done.at, action, alarm_id, done.by, done.note, *extent),
    )
    kind = "retention_deletion" if action == "delete" else "operator_action"
    content = {"action": action, "alarm_id": alarm_id, **asdict(done), "extent": extent, **more}
    note = LedgerNote(kind, f"{alarm_id}/{action}", _text(content))
    journal_ledger.submit(db, note, done.at)


def _text(content: dict[str, object]) -> str:
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False)
