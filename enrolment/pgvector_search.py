"""Asking pgvector for the two most similar people, without ever waiting long.

A camera's pictures wait while this waits, so libpq is asked without blocking: a server that is
slow, gone or frozen is an error after a second. Filling the table is ``pgvector_table``'s work.
"""

from __future__ import annotations

import select
import time
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from enrolment import postgres
from enrolment.databases import Database
from enrolment.places import PostgresDatabase
from enrolment.register_errors import GallerySearchError, named_errors

if TYPE_CHECKING:
    from psycopg.pq.abc import PGconn, PGresult

SEARCH_WITHIN_S = 1.0
_WHAT = "register"

_TWO_PEOPLE = b"""
    SELECT staff_id, greatest(least(-(embedding <#> $2::vector), 1), -1) AS similarity
    FROM gallery_vectors WHERE embedding_id = $1
    ORDER BY similarity DESC, staff_id
    LIMIT 2
"""
"""The table has one row a person: the middle of their templates."""


class VectorSearch:
    """A connection that does nothing else. Opened by one thread, asked by another."""

    def __init__(self, place: PostgresDatabase, embedding_id: str) -> None:
        self._place = place
        self._embedding_id = embedding_id
        self._lock = Lock()
        self._database: Database | None = None
        self.problem: str | None = None

    def open(self, dim: int) -> None:
        """Connect anew, and ask once where there is anybody; ``RegisterError``."""
        self.close()
        database = postgres.connect(
            self._place, _WHAT, busy_timeout_s=SEARCH_WITHIN_S, read_only=True
        )
        try:
            database.connection.execution_options(isolation_level="AUTOCOMMIT")
            with named_errors(database.name):
                limit_ms = int(1000 * SEARCH_WITHIN_S)
                database.connection.exec_driver_sql(f"SET statement_timeout = {limit_ms}")
        except BaseException:
            database.close()
            raise
        with self._lock:
            self._database, self.problem = database, None
        if dim:
            self.two_people(np.eye(1, dim, dtype=np.float32)[0])

    def close(self) -> None:
        """Let go of the connection; whoever asks then is told so."""
        with self._lock:
            self._drop("is not connected")

    def two_people(self, probe: NDArray[np.float32]) -> list[tuple[str, float]]:
        """The most similar person and the next one, with cosine similarities.

        ``probe``: ``(D,)``, unit length. ``GallerySearchError`` after ``SEARCH_WITHIN_S`` at most,
        and at once for every later call until ``open`` was called.
        """
        with self._lock:
            if self._database is None:
                raise GallerySearchError(self.problem)
            try:
                return self._asked(self._database, probe)
            except (GallerySearchError, OSError) as exc:
                self._drop(f"cannot be searched ({exc or type(exc).__name__})")
                raise GallerySearchError(self.problem) from exc

    def _drop(self, why: str) -> None:
        self.problem = f"the gallery of {_WHAT} {self._place} {why}; see that its server runs"
        if self._database is not None:
            database, self._database = self._database, None
            database.connection.invalidate()  # a query may be under way: no polite goodbye
            database.close()

    def _asked(self, database: Database, probe: NDArray[np.float32]) -> list[tuple[str, float]]:
        import psycopg  # noqa: PLC0415 - a site with a file has none

        driver = database.connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)  # noqa: S101 - ``postgres.connect`` made it
        values = [self._embedding_id.encode(), str(probe.tolist()).encode()]
        try:
            driver.pgconn.send_query_params(_TWO_PEOPLE, values)
            result = _result(driver.pgconn, time.monotonic() + SEARCH_WITHIN_S)
        except psycopg.Error as exc:
            raise GallerySearchError(type(exc).__name__) from None
        if result.status != psycopg.pq.ExecStatus.TUPLES_OK:
            raise GallerySearchError(f"SQLSTATE {_state(result)}")
        return [
            ((result.get_value(row, 0) or b"").decode(), float(result.get_value(row, 1) or b"nan"))
            for row in range(result.ntuples)
        ]


def _result(connection: PGconn, until_s: float) -> PGresult:
    """The answer to what was sent; ``TimeoutError`` (an ``OSError``) where it does not come."""
    last: PGresult | None = None
    while True:
        while connection.flush():
            _wait(connection, select.POLLOUT | select.POLLIN, until_s)
            connection.consume_input()
        while connection.is_busy():
            _wait(connection, select.POLLIN, until_s)
            connection.consume_input()
        result = connection.get_result()
        if result is None:
            break
        last = result
    if last is None:
        raise GallerySearchError("no answer")
    return last


def _wait(connection: PGconn, events: int, until_s: float) -> None:
    waiting = select.poll()
    waiting.register(connection.socket, events)
    left_s = until_s - time.monotonic()
    if left_s <= 0 or not waiting.poll(1000 * left_s):
        raise TimeoutError(f"no answer within {SEARCH_WITHIN_S:g} s")


def _state(result: PGresult) -> str:
    import psycopg  # noqa: PLC0415 - as above

    return (result.error_field(psycopg.pq.DiagnosticField.SQLSTATE) or b"none").decode()
