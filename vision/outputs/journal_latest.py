"""Latest values: how cameras do, how full zones are, which processes live; and blind spans.

Functions on an open connection; the caller holds the write transaction where one is needed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

from vision.core.values import Occupancy
from vision.outputs import journal_outbox, messages, topics
from vision.outputs.journal_values import BlindInterval, CameraState, StateRow

PUBLISHER = "publisher"
"""The publisher's own beat; it is no worker's."""

FPS_STEP = 1.0
LAG_STEP_S = 0.5
"""A camera's figures must move this far from what was told last to be told again."""


def camera_state(db: sqlite3.Connection, camera_id: str) -> CameraState | None:
    """What was told of a camera last."""
    row = db.execute(
        "SELECT online, fps, lag_s, why FROM camera_states WHERE camera_id = ?", (camera_id,)
    ).fetchone()
    if row is None:
        return None
    return CameraState(bool(row["online"]), row["fps"], row["lag_s"], row["why"])


def differs(old: CameraState | None, new: CameraState) -> bool:
    """Whether a camera's state is worth telling again."""
    if old is None or (old.online, old.why) != (new.online, new.why):
        return True
    return _moved(old.fps, new.fps, FPS_STEP) or _moved(old.lag_s, new.lag_s, LAG_STEP_S)


def _moved(old: float | None, new: float | None, step: float) -> bool:
    if old is None or new is None:
        return old is not new
    return abs(old - new) >= step


def put_camera_state(
    db: sqlite3.Connection, camera_id: str, state: CameraState, site: str, now_at: float
) -> None:
    """Set how a camera does, and tell it."""
    db.execute(
        "INSERT OR REPLACE INTO camera_states VALUES (?, ?, ?, ?, ?, ?)",
        (camera_id, state.online, state.fps, state.lag_s, state.why, now_at),
    )
    payload = messages.camera_state(camera_id, state, site, now_at)
    row = StateRow(topics.camera_state(camera_id), payload, journal_outbox.LATEST_EXPIRY_S)
    journal_outbox.put_state(db, row, now_at)


def counts(value: Occupancy) -> tuple[int, int, int, int, int]:
    """The figures of an occupancy, which alone make it another one."""
    return (
        value.people,
        value.forklifts,
        value.registered,
        value.undetermined,
        value.unregistered,
    )


def same_occupancy(db: sqlite3.Connection, value: Occupancy) -> bool:
    """Whether these figures are the ones told last."""
    row = db.execute(
        "SELECT people, forklifts, registered, undetermined, unregistered"
        " FROM occupancies WHERE zone_id = ?",
        (value.zone_id,),
    ).fetchone()
    return row is not None and tuple(row) == counts(value)


def put_occupancy(db: sqlite3.Connection, value: Occupancy, site: str, now_at: float) -> None:
    """Write a zone's occupancy where it has changed."""
    if same_occupancy(db, value):
        return
    db.execute(
        "INSERT OR REPLACE INTO occupancies VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (value.zone_id, value.camera_id, *counts(value), now_at),
    )
    payload = messages.occupancy(value, site)
    row = StateRow(topics.occupancy(value.zone_id), payload, journal_outbox.LATEST_EXPIRY_S)
    journal_outbox.put_state(db, row, now_at)


def keep_only(
    db: sqlite3.Connection, cameras: Collection[str], zones: Collection[str], now_at: float
) -> None:
    """Forget the states of cameras and zones that the site no longer has."""
    for table, column, kept in (
        ("camera_states", "camera_id", cameras),
        ("occupancies", "zone_id", zones),
    ):
        known = db.execute(f"SELECT {column} FROM {table}").fetchall()  # noqa: S608 -- our names
        gone = [row for row in known if row[0] not in kept]
        db.executemany(f"DELETE FROM {table} WHERE {column} = ?", gone)  # noqa: S608 -- our names
    kept_cameras = (topics.camera_state(camera) for camera in cameras)
    journal_outbox.empty_all_but(db, "camera/", kept_cameras, now_at)
    journal_outbox.empty_all_but(db, "zone/", (topics.occupancy(zone) for zone in zones), now_at)


def beat(db: sqlite3.Connection, process_id: str, now_at: float, monotonic_s: float) -> None:
    """Set a process's beat."""
    db.execute("INSERT OR REPLACE INTO beats VALUES (?, ?, ?)", (process_id, now_at, monotonic_s))


def beat_ages_s(db: sqlite3.Connection, monotonic_s: float) -> dict[str, float]:
    """Seconds since each process's last beat; a beat from before a reboot is infinitely old."""
    rows = db.execute("SELECT process_id, beat_monotonic_s FROM beats")
    return {
        process_id: monotonic_s - beat_s if beat_s <= monotonic_s else float("inf")
        for process_id, beat_s in rows
    }


def last_beat_at(db: sqlite3.Connection, process_id: str) -> float | None:
    """When a process was last alive, by the wall clock."""
    query = "SELECT beat_at FROM beats WHERE process_id = ?"
    row = db.execute(query, (process_id,)).fetchone()
    return None if row is None else float(row[0])


def blind_intervals(db: sqlite3.Connection, camera_id: str) -> tuple[BlindInterval, ...]:
    """A camera's blind intervals, in the order in which they were noted."""
    rows = db.execute(
        "SELECT camera_id, from_at, to_at, reason FROM blind_intervals"
        " WHERE camera_id = ? ORDER BY seq",
        (camera_id,),
    )
    return tuple(BlindInterval(*row) for row in rows)
