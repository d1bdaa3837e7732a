"""The register's database: found, created or brought up to date, and opened.

Which schema there is, and who may migrate, is decided here; queries live in ``register``.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import partial

from sqlalchemy import Connection

from enrolment import postgres, sqlite_files
from enrolment.databases import Database
from enrolment.key_store import KeyStore
from enrolment.places import PostgresDatabase, RegisterPlace
from enrolment.sealing import Cipher
from enrolment.site_keys import REMEDY, SiteKeyError
from enrolment.sqlite_files import FileKind

SCHEMA = 4
CHANNEL = "bondwatch_register"
"""Where a PostgreSQL server tells that the register has changed."""

REGISTER = FileKind("register", 0x42574452, SCHEMA)  # "BWDR"


def open_database(place: RegisterPlace, *, busy_timeout_s: float, read_only: bool) -> Database:
    """Open the register's database with today's schema.

    A writer makes an empty register where there is none; a reader raises
    ``RegisterMissingError``. An older schema is brought up to date first, by either.
    """
    if isinstance(place.database, PostgresDatabase):
        connect = partial(
            postgres.connect, place.database, REGISTER.what, busy_timeout_s=busy_timeout_s
        )
        return _open_on_server(place, connect, read_only=read_only)
    path = place.database.path
    connect = partial(sqlite_files.connect, path, REGISTER, busy_timeout_s=busy_timeout_s)
    if not read_only:
        sqlite_files.create_if_missing(path, REGISTER, lambda c: _migrate(c, place, 0))
    database = connect(read_only=read_only)
    if sqlite_files.schema_of(database) == SCHEMA:
        return database
    database.close()
    with closing(connect(read_only=False)) as database:
        _update_file(database, place)
    return connect(read_only=read_only)


def _update_file(database: Database, place: RegisterPlace) -> None:
    with database.changing() as connection:
        found = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
        if found < SCHEMA:  # nobody else was quicker
            _migrate(connection, place, found)
            connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA}")
    sqlite_files.pragma(database, "wal_checkpoint(TRUNCATE)")


def _open_on_server(
    place: RegisterPlace, connect: Callable[..., Database], *, read_only: bool
) -> Database:
    database = connect(read_only=read_only)
    try:
        found = postgres.schema_of(database)
        postgres.demand_usable(database, found, SCHEMA, read_only=read_only)
        if found < SCHEMA:
            with closing(connect(read_only=False)) as writable:
                _update_server(writable, place)
    except BaseException:
        database.close()
        raise
    return database


def _update_server(database: Database, place: RegisterPlace) -> None:
    with database.changing() as connection:
        postgres.take_migration_lock(database)
        found = postgres.schema_in(connection)
        if found < SCHEMA:  # nobody else was quicker
            _migrate(connection, place, found)


def _migrate(connection: Connection, place: RegisterPlace, found: int) -> None:
    from enrolment.migrating import upgrade  # noqa: PLC0415 - Alembic is slow to import

    def cipher_for(person_id: str) -> Cipher:
        with open_keys(place) as keys:
            return keys.cipher_for(person_id)

    upgrade(connection, found, cipher_for)


def open_keys(place: RegisterPlace) -> KeyStore:
    """The register's keys; ``SiteKeyError`` says what to do where there are none."""
    if place.keys is None:
        raise SiteKeyError(f"no site key is set up for register {place}; {REMEDY}")
    return KeyStore.open(place.keys)
