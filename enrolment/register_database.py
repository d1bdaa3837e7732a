"""The register's database: found, created or brought up to date, and opened.

Which schema there is, and who may migrate, is decided here; queries live in ``register``.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

from enrolment import postgres, sqlite_files
from enrolment.databases import Database
from enrolment.places import PostgresDatabase, RegisterPlace
from enrolment.sqlite_files import FileKind

SCHEMA = 1
REGISTER = FileKind("register", 0x42574452, SCHEMA)  # "BWDR"


def open_database(place: RegisterPlace, *, busy_timeout_s: float, read_only: bool) -> Database:
    """Open the register's database with today's schema.

    A writer makes an empty register where there is none; a reader raises
    ``RegisterMissingError``. An older schema is brought up to date first, by either.
    """
    if isinstance(place.database, PostgresDatabase):
        return _open_postgres(place.database, busy_timeout_s=busy_timeout_s, read_only=read_only)
    path = place.database.path
    if not read_only:
        sqlite_files.create_if_missing(path, REGISTER, lambda c: _migrate(c, 0))
    how = {"busy_timeout_s": busy_timeout_s, "read_only": read_only}
    database = sqlite_files.connect(path, REGISTER, **how)  # type: ignore[arg-type] # both by name
    if sqlite_files.schema_of(database) == SCHEMA:
        return database
    database.close()
    _update_file(path, busy_timeout_s)
    return sqlite_files.connect(path, REGISTER, **how)  # type: ignore[arg-type] # both by name


def _update_file(path: Path, busy_timeout_s: float) -> None:
    database = sqlite_files.connect(path, REGISTER, busy_timeout_s=busy_timeout_s, read_only=False)
    try:
        with database.changing() as connection:
            found = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
            if found < SCHEMA:  # nobody else was quicker
                _migrate(connection, found)
                connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA}")
        sqlite_files.pragma(database, "wal_checkpoint(TRUNCATE)")
    finally:
        database.close()


def _open_postgres(server: PostgresDatabase, *, busy_timeout_s: float, read_only: bool) -> Database:
    what = REGISTER.what
    how = {"busy_timeout_s": busy_timeout_s}
    database = postgres.connect(server, what, read_only=read_only, **how)
    try:
        found = postgres.schema_of(database)
        postgres.demand_usable(database, found, SCHEMA, read_only=read_only)
        if found < SCHEMA:
            _update_postgres(server, busy_timeout_s)
    except BaseException:
        database.close()
        raise
    return database


def _update_postgres(server: PostgresDatabase, busy_timeout_s: float) -> None:
    database = postgres.connect(
        server, REGISTER.what, busy_timeout_s=busy_timeout_s, read_only=False
    )
    try:
        with database.changing() as connection:
            postgres.take_migration_lock(database)
            found = postgres.schema_in(connection)
            if found < SCHEMA:  # nobody else was quicker
                _migrate(connection, found)
    finally:
        database.close()


def _migrate(connection: Connection, found: int) -> None:
    from enrolment.migrating import upgrade  # noqa: PLC0415 - Alembic is slow to import

    upgrade(connection, found)
