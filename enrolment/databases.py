"""One connection to an SQL database, whichever it is: transactions, and errors that are named.

What differs between SQLite and PostgreSQL in the course of a transaction is decided here; how
each is reached is ``sqlite_files``'s and ``postgres``'s work, what is stored nobody's here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError

from enrolment.register_errors import named_errors

_HOW = "bondwatch_begin"
_BEGIN = {
    ("sqlite", True): "BEGIN IMMEDIATE",  # waits for its turn now, not in the middle
    ("sqlite", False): "BEGIN",
}
_ONE_MOMENT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"
"""PostgreSQL's usual isolation shows each statement another moment."""


class Database:
    """A connection for one thread; ``name`` is what errors call it."""

    def __init__(self, connection: Connection, name: str) -> None:
        self.connection = connection
        self.name = name
        self.dialect = connection.dialect.name

    def close(self) -> None:
        """Let go; of a connection that is lost already, too."""
        with suppress(DBAPIError):  # nobody is left to take leave of
            self.connection.close()
        self.connection.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One moment of the database, however many statements."""
        with self._transaction(writes=False) as connection:
            if self.dialect == "postgresql":
                connection.exec_driver_sql(_ONE_MOMENT)
            yield connection

    @contextmanager
    def changing(self) -> Iterator[Connection]:
        """A transaction that happens whole or not at all."""
        with self._transaction(writes=True) as connection:
            yield connection

    def scalar(self, statement: str) -> object:
        """The one value that a plain statement gives, outside any other transaction."""
        with self._transaction(writes=False) as connection:
            return connection.exec_driver_sql(statement).scalar()

    @contextmanager
    def _transaction(self, *, writes: bool) -> Iterator[Connection]:
        with named_errors(self.name):
            how = _BEGIN.get((self.dialect, writes))
            self.connection.execution_options(**{_HOW: how})
            with self.connection.begin():
                yield self.connection


def begin_by_hand(engine: Engine) -> None:
    """Let transactions of an SQLite engine begin as ``Database`` says, not as Python's driver."""

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get(_HOW) or "BEGIN")
