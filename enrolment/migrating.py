"""Bringing a register's schema up to date, in one transaction or not at all.

Alembic is imported by nobody else, and this module only where there is something to do: a
command that finds its register up to date does not pay for it. Each migration is one file in
``migrations/versions``, ``rNNNN_what.py`` with the revision ``NNNN``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from enrolment.sealing import Cipher

_SCRIPTS = Path(__file__).parent / "migrations"


CipherFor = Callable[[str], Cipher]


def upgrade(
    connection: Connection, found: int, cipher_for: CipherFor, wanted: str = "head"
) -> None:
    """Migrate within the connection's transaction, from schema ``found``, 0 where there is none.

    ``cipher_for`` makes the cipher of a record's id, for what has to be sealed. A file of before
    there were migrations has schema 1 and no record of it; it gets one.
    """
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["cipher_for"] = cipher_for
    scripts = ScriptDirectory.from_config(config)
    if found:
        MigrationContext.configure(connection).stamp(scripts, f"{found:04d}")

    def steps(revision: object, _: MigrationContext) -> object:
        return scripts._upgrade_revs(wanted, revision)  # type: ignore[arg-type]  # noqa: SLF001 - as alembic's own command does

    with EnvironmentContext(config, scripts, fn=steps, destination_rev=wanted) as environment:
        environment.configure(connection=connection)
        environment.run_migrations()
