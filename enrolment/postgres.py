"""Databases of a PostgreSQL server: how to connect, and which schema is there.

What is stored lives elsewhere. The driver is imported when a connection is made: a site with a
file needs none.
"""

from __future__ import annotations

import math

from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from enrolment.databases import Database
from enrolment.places import PostgresDatabase
from enrolment.register_errors import (
    RegisterError,
    RegisterMissingError,
    RegisterNewerError,
    named_errors,
)
from enrolment.secret_sources import read_secret

_CONNECT_TIMEOUT_S = 5
_MIGRATION_LOCK = 0x42574452
"""Whoever migrates holds this advisory lock: two that start at once take turns."""


def connect(
    place: PostgresDatabase, what: str, *, busy_timeout_s: float, read_only: bool
) -> Database:
    """Connect; ``RegisterMissingError`` where that cannot be done."""
    try:
        url = make_url(place.url)
    except ArgumentError:
        raise RegisterError(f"the {what}'s URL is none; see config.yaml") from None
    url = url.set(drivername="postgresql+psycopg")
    if place.username is not None:
        password = None if place.password is None else read_secret(place.password)
        url = url.set(username=read_secret(place.username), password=password)
    settings = {
        "lock_timeout": f"{math.ceil(busy_timeout_s * 1000)}",
        "default_transaction_read_only": "on" if read_only else "off",
        "application_name": "bondwatch",
        "timezone": "UTC",
    }
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    arguments = {"options": options, "connect_timeout": _CONNECT_TIMEOUT_S}
    try:
        engine = create_engine(
            url, connect_args=arguments, poolclass=NullPool, hide_parameters=True
        )
    except ModuleNotFoundError as exc:
        raise RegisterError(
            f"{what} {place} needs a driver; pip install 'bondwatch[postgresql]'"
        ) from exc
    name = f"{what} {place}"
    with named_errors(name):
        return Database(engine.connect(), name)


def schema_of(database: Database) -> int:
    """The number of the schema that a database has, 0 for an empty one."""
    with database.reading() as connection:
        return schema_in(connection)


def schema_in(connection: Connection) -> int:
    """The same, within a transaction."""
    if not inspect(connection).has_table("alembic_version"):
        return 0
    return int(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def take_migration_lock(database: Database) -> None:
    """Wait within a transaction until nobody else migrates; it ends with the transaction."""
    database.connection.execute(
        text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK}
    )


def demand_usable(database: Database, found: int, known: int, *, read_only: bool) -> None:
    """``RegisterNewerError``, or ``RegisterMissingError`` for a reader of an empty database."""
    if found > known:
        raise RegisterNewerError(
            f"{database.name} has schema {found}, this Bondwatch knows {known}; update Bondwatch"
        )
    if read_only and not found:
        raise RegisterMissingError(
            f"{database.name} does not exist; enrol somebody, or correct the URL"
        )


def listen(place: PostgresDatabase, what: str, channel: str) -> Database:
    """A connection of its own that hears what is told on a channel, from now on."""
    database = connect(place, what, busy_timeout_s=1.0, read_only=True)
    with named_errors(database.name):
        database.connection.execution_options(isolation_level="AUTOCOMMIT")
        database.connection.exec_driver_sql(f'LISTEN "{channel}"')
    return database


def wait(listener: Database, timeout_s: float) -> bool:
    """Whether something was told within the time."""
    import psycopg  # noqa: PLC0415 - a site with a file has none

    driver = listener.connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101 - ``listen`` made it
    try:
        return any(True for _ in driver.notifies(timeout=timeout_s, stop_after=1))
    except psycopg.Error as exc:
        raise RegisterMissingError(
            f"{listener.name} cannot be reached; see that its server runs"
        ) from exc


def tell(connection: Connection, channel: str) -> None:
    """Tell all who listen, once the transaction has happened."""
    connection.exec_driver_sql(f'NOTIFY "{channel}"')
