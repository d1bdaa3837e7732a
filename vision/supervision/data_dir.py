"""The daemon's directory: making it, and making sure that one daemon alone uses it."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

PRIVATE = 0o700
"""It holds faces and names; only the service's user looks in."""

ORPHANS_WAIT_S = 15.0
"""Longer than the children of a supervisor that was killed live on."""

_POLL_S = 0.1


class DataDirError(Exception):
    """The directory cannot be used; ``what`` names it, ``remedy`` says what to do."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}; {remedy}")
        self.what, self.remedy = what, remedy


class DataDirLock:
    """Held from construction until ``close``, and by every child that inherits ``fd``.

    So a new supervisor never works beside children of one that was killed: while the process
    in the lock file lives it is refused at once, otherwise it waits until the orphans, who end
    by themselves, are gone. Raises DataDirError.
    """

    def __init__(self, data_dir: Path, *, orphans_wait_s: float = ORPHANS_WAIT_S) -> None:
        _make_private(data_dir)
        self._path = data_dir / "daemon.lock"
        try:
            self.fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _unusable(self._path, error) from error
        try:
            self._take(time.monotonic() + orphans_wait_s)
            os.ftruncate(self.fd, 0)
            os.pwrite(self.fd, f"{os.getpid()}\n".encode(), 0)
        except OSError as error:
            os.close(self.fd)
            raise _unusable(self._path, error) from error
        except DataDirError:
            os.close(self.fd)
            raise

    def close(self) -> None:
        os.close(self.fd)

    def _take(self, deadline_s: float) -> None:
        while True:
            try:
                fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.pread(self.fd, 20, 0).decode(errors="replace").strip()
                if _is_alive(holder) or time.monotonic() >= deadline_s:
                    raise DataDirError(
                        f"{self._path} is held by another daemon (process {holder or 'unknown'})",
                        "end that one, or give this one a data_dir of its own",
                    ) from None
                time.sleep(_POLL_S)
            else:
                return


def _make_private(data_dir: Path) -> None:
    try:
        data_dir.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(data_dir, error) from error


def _unusable(path: Path, error: OSError) -> DataDirError:
    why = error.strerror or type(error).__name__
    return DataDirError(
        f"{path} cannot be used: {why}",
        "set data_dir to a directory that the service's user may write, on a disk with room",
    )


def _is_alive(pid: str) -> bool:
    if not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
